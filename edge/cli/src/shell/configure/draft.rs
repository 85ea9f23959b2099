//! A configuration that is being changed and is not real yet.

use crate::answer::{Failure, say_aside};
use crate::connection::Connection;
use crate::edit::{Manner, request, send};
use crate::preview;
use api::{Language, LoadMode, Preview, Request};
use cib::Cib;
use cluster::validate::Severity;
use cluster::{Configuration, Difference, Edit};
use crmsh::{Diagnostic, Mode};

/// What it was and what it is to be.
#[derive(Clone, Debug)]
pub(in crate::shell) struct Draft {
    before: Configuration,
    after: Configuration,
}

impl Draft {
    /// Of what is real now.
    pub(super) fn begin(connection: &Connection) -> Result<Self, Failure> {
        let before = connection.cib()?.configuration;
        Ok(Self { after: before.clone(), before })
    }

    /// What it is to be.
    pub(in crate::shell) const fn configuration(&self) -> &Configuration {
        &self.after
    }

    /// Whether it differs from what is real.
    pub(in crate::shell) fn is_changed(&self) -> bool {
        !self.before.is_same(&self.after)
    }

    /// In what it differs.
    pub(super) fn difference(&self) -> Difference {
        Difference::between(&self.before, &self.after)
    }

    /// Changes it by a text of the language; tells what was noticed.
    pub(super) fn load(
        &mut self,
        text: &str,
        (mode, is_forced): (Mode, bool),
        name: &str,
    ) -> Result<(), Failure> {
        // Whoever insists gets what can be kept although it is wrong.
        let load = if is_forced { crmsh::load_tolerant } else { crmsh::load };
        let loaded = load(text, &self.after, mode).map_err(|all| refused(&all, name))?;
        for warning in &loaded.warnings {
            say_aside(&format!("WARNING: {warning}"));
        }
        self.apply(&loaded.edits)
    }

    /// Changes it by edits.
    pub(super) fn apply(&mut self, edits: &[Edit]) -> Result<(), Failure> {
        self.after.apply(edits).map_err(|refusal| Failure::Refused(vec![refusal.to_string()]))
    }

    /// Takes a whole configuration in its place.
    pub(super) fn replace(&mut self, configuration: Configuration) {
        self.after = configuration;
    }

    /// What would become of it.
    pub(super) fn preview(&self, connection: &Connection) -> Result<Preview, Failure> {
        let manner = Manner { name: "commit", force: true, ..Manner::default() };
        preview::of(connection, &request(&self.difference(), manner))
    }

    /// Makes it real.
    pub(in crate::shell) fn commit(
        &self,
        connection: &Connection,
        manner: Manner<'_>,
    ) -> Result<(), Failure> {
        send(connection, (&self.before, &self.after), manner)
    }
}

impl Draft {
    /// Makes it real as a whole: what others have changed meanwhile goes.
    pub(super) fn commit_whole(
        &self,
        connection: &Connection,
        manner: Manner<'_>,
    ) -> Result<(), Failure> {
        if manner.trial.is_some() || !manner.message.is_empty() {
            let help = "`commit replace` takes neither -m nor --confirm";
            return Err(Failure::Usage(help.to_owned()));
        }
        let cib = Cib { configuration: self.after.clone(), ..Cib::default() };
        connection.change_by_program(&Request::Load {
            text: cib::write(&cib),
            language: Language::Xml,
            mode: LoadMode::Replace,
            name: manner.name.to_owned(),
            force: manner.force,
        })
    }
}

fn refused(diagnostics: &[Diagnostic], name: &str) -> Failure {
    let errors = diagnostics.iter().filter(|found| found.severity == Severity::Error);
    Failure::Refused(errors.map(|found| found.in_file(name)).collect())
}
