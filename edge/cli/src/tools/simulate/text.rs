//! Told as text: titles without bullets, entries behind `* `, and a blank line between parts.

use super::options::Options;
use super::tell::Tell;
use crate::answer::{Failure, print};
use crate::words::of_system;
use rehearsal::{Event, Modification};
use report::monitor::{self, Pending, Section};
use report::simulation::{self, Notes};
use scheduler::model::ScoreNote;
use scheduler::{Situation, SummaryLine};
use std::path::PathBuf;

/// The text, and what of it matters for the layout of the rest.
#[derive(Debug)]
pub(super) struct Text {
    /// Whether only what is asked for by name is told.
    is_quiet: bool,
    notes: Notes,
    /// What is told of a state beside nodes and resources.
    sections: Vec<Section>,
    /// Where it goes, when that is not standard output, and what was told so far.
    file: Option<(PathBuf, String)>,
    has_told: bool,
}

impl Text {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            is_quiet: options.quiet,
            notes: options.notes,
            sections: options.sections(),
            file: options.files.told.clone().map(|path| (path, String::new())),
            has_told: false,
        }
    }

    fn put(&mut self, text: &str) {
        match &mut self.file {
            Some((_, told)) => told.push_str(text),
            None => print(text),
        }
    }

    /// A part that is laid out already.
    fn page(&mut self, text: &str) {
        let apart = if std::mem::replace(&mut self.has_told, true) { "\n" } else { "" };
        self.put(&format!("{apart}{text}"));
    }

    /// A part: a title and what stands below it, with one bullet each.
    fn part(&mut self, title: &str, entries: impl IntoIterator<Item = String>) {
        if !self.is_quiet {
            let lines: String = entries.into_iter().map(|entry| format!("  * {entry}\n")).collect();
            self.page(&format!("{title}:\n{lines}"));
        }
    }
}

impl Tell for Text {
    fn remark(&mut self, line: &str) {
        if !self.is_quiet {
            self.put(&format!("{line}\n"));
        }
    }

    fn present(&mut self, situation: &Situation<'_>) {
        if self.is_quiet {
            return;
        }
        if situation.options.is_in_maintenance {
            self.page(monitor::MAINTENANCE);
        }
        if let Some(line) = monitor::out_of_action(situation) {
            self.page(&format!("{line}\n"));
        }
        let status = monitor::current_status(situation, Pending::Shown, &self.sections);
        self.page(&format!("Current cluster status:\n{status}"));
    }

    fn modified(&mut self, modifications: &[Modification]) {
        let lines = modifications.iter().map(simulation::modification);
        self.part("Performing Requested Modifications", lines);
    }

    fn noted(&mut self, notes: &[ScoreNote]) {
        let Some(title) = self.notes.title() else { return };
        let shown = self.notes;
        let lines = notes.iter().filter(|note| shown.show(note)).map(simulation::score);
        if self.is_quiet {
            let lines: String = lines.map(|line| format!("{line}\n")).collect();
            self.put(&lines);
        } else {
            self.part(title, lines);
        }
    }

    fn planned(&mut self, lines: &[SummaryLine]) {
        self.part("Transition Summary", simulation::transition_summary(lines));
    }

    fn played(&mut self, events: &[Event]) {
        self.part("Executing Cluster Transition", events.iter().map(simulation::event));
    }

    fn future(&mut self, situation: &Situation<'_>) {
        if !self.is_quiet {
            let status = monitor::current_status(situation, Pending::LeftOut, &self.sections);
            self.page(&format!("Revised Cluster Status:\n{status}"));
        }
    }

    fn finish(&mut self, _: u8) -> Result<(), Failure> {
        match self.file.take() {
            Some((path, told)) => std::fs::write(&path, told).map_err(|error| {
                Failure::Other(format!("{}: {}", path.display(), of_system(&error)))
            }),
            None => Ok(()),
        }
    }
}
