//! Told as XML.

use super::options::Options;
use super::tell::Tell;
use crate::answer::{Failure, print};
use crate::words::of_system;
use cluster::Element;
use rehearsal::{Event, Modification};
use report::simulation::Notes;
use report::xml::{self, Form};
use scheduler::model::ScoreNote;
use scheduler::{Situation, SummaryLine};
use std::path::PathBuf;

/// What was told so far.
#[derive(Debug)]
pub(super) struct Xml {
    request: String,
    notes: Notes,
    /// Where it goes, when that is not standard output.
    file: Option<PathBuf>,
    parts: Vec<Element>,
}

impl Xml {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            request: options.request.clone(),
            notes: options.notes,
            file: options.files.told.clone(),
            parts: Vec::new(),
        }
    }
}

fn status(name: &str, situation: &Situation<'_>) -> Element {
    xml::group(name, vec![xml::nodes(situation), xml::resources(situation, Form::Newest)])
}

impl Tell for Xml {
    fn remark(&mut self, _: &str) {}

    fn present(&mut self, situation: &Situation<'_>) {
        self.parts.push(status("cluster_status", situation));
    }

    fn modified(&mut self, modifications: &[Modification]) {
        self.parts.push(xml::modifications(modifications));
    }

    fn noted(&mut self, notes: &[ScoreNote]) {
        self.parts.extend(xml::notes(notes, self.notes));
    }

    fn planned(&mut self, lines: &[SummaryLine]) {
        self.parts.push(xml::actions(lines));
    }

    fn played(&mut self, events: &[Event]) {
        self.parts.push(xml::events(events));
    }

    fn future(&mut self, situation: &Situation<'_>) {
        self.parts.push(status("revised_cluster_status", situation));
    }

    fn finish(&mut self, code: u8) -> Result<(), Failure> {
        let message = if code == 0 { "OK" } else { "Invalid transition" };
        let parts = std::mem::take(&mut self.parts);
        let text =
            cib::write_element(&xml::result(Form::Newest, &self.request, parts, (code, message)));
        match &self.file {
            Some(path) => std::fs::write(path, text).map_err(|error| {
                Failure::Other(format!("{}: {}", path.display(), of_system(&error)))
            }),
            None => {
                print(&text);
                Ok(())
            }
        }
    }
}
