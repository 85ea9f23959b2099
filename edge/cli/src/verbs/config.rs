//! `systole config`: every configuration that was, who changed it, and taking changes back.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::{Connection, unexpected};
use crate::output::{self, Form, Output, objects, tell};
use crate::secrets;
use crate::terminal::{pager, paint};
use crate::verbs::Place;
use api::{ObjectChanges, Replay, Request, Response, RevisionDetail, RevisionReport, TrialReport};
use base::WallTime;
use clap::{Args, Subcommand};
use jiff::tz::TimeZone;
use serde_json::json;

/// What to do with the history of the configuration.
#[derive(Args, Clone, Debug)]
pub(crate) struct ConfigArguments {
    #[command(subcommand)]
    verb: ConfigVerb,
}

#[derive(Clone, Debug, Subcommand)]
enum ConfigVerb {
    /// List the changes that are kept, newest first
    Log {
        /// At most so many
        #[arg(short = 'n', long, value_name = "N")]
        number: Option<usize>,
        /// Those instead that one half of the cluster made alone, and that do not count
        #[arg(long)]
        aside: bool,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Show the configuration as it was after a change
    Show {
        /// The revision, as `log` names it [default: what is now]
        revision: Option<String>,
        /// As XML
        #[arg(long, conflicts_with_all = ["output", "json"])]
        xml: bool,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Show what a change changed
    Diff {
        /// The revision [default: the last]
        revision: Option<String>,
        #[command(flatten)]
        output: Output,
        #[command(flatten)]
        place: Place,
    },
    /// Take a change back; what was changed since elsewhere stays
    Undo(Again),
    /// Carry a change out again: one that was taken back, or one that did not count
    Redo(Again),
    /// Keep the change that is on trial
    Confirm {
        #[command(flatten)]
        place: Place,
    },
}

/// Which revision is carried out once more, or backwards.
#[derive(Args, Clone, Debug)]
struct Again {
    /// The revision
    revision: String,
    /// Although something that runs is removed
    #[arg(long)]
    force: bool,
    /// Why
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    message: String,
    #[command(flatten)]
    place: Place,
}

impl Again {
    fn carry_out(self, backwards: bool) -> Outcome {
        let Self { revision, force, message, place } = self;
        let replay = Replay { revision, backwards, force, message };
        place.connection().change(&Request::Replay(replay))?;
        DONE
    }
}

/// Does it.
pub(crate) fn run(arguments: ConfigArguments) -> Outcome {
    match arguments.verb {
        ConfigVerb::Log { number, aside, output, place } => {
            log(&place.connection(), number.unwrap_or(usize::MAX), aside, output.form())
        }
        ConfigVerb::Show { revision, xml, output, place } => {
            let language = if xml { Language::Xml } else { output.form().into() };
            show(&place.connection(), revision, language)
        }
        ConfigVerb::Diff { revision, output, place } => {
            diff(&place.connection(), revision, output.form())
        }
        ConfigVerb::Undo(again) => again.carry_out(true),
        ConfigVerb::Redo(again) => again.carry_out(false),
        ConfigVerb::Confirm { place } => {
            place.connection().change(&Request::Confirm)?;
            DONE
        }
    }
}

/// All that are kept, those that did not count, and the one on trial.
struct History {
    revisions: Vec<RevisionReport>,
    aside: Vec<RevisionReport>,
    trial: Option<TrialReport>,
}

fn history(connection: &Connection) -> Result<History, Failure> {
    match connection.ask(&Request::Revisions)? {
        Response::Revisions { revisions, aside, trial } => Ok(History { revisions, aside, trial }),
        other => Err(unexpected(&other)),
    }
}

pub(crate) fn log(connection: &Connection, most: usize, aside: bool, form: Form) -> Outcome {
    let history = history(connection)?;
    let mut list = if aside { history.aside } else { history.revisions };
    list.reverse();
    list.truncate(most);
    if form == Form::Json {
        tell(json!({ "revisions": list, "trial": history.trial }));
        return DONE;
    }
    for revision in &list {
        let trial = history.trial.as_ref().filter(|trial| trial.revision == revision.name);
        print(&entry(revision, trial, &TimeZone::system()));
    }
    match (list.is_empty(), aside) {
        (true, true) => line("no change was left aside"),
        (true, false) => line("no change is kept yet"),
        (false, _) => {}
    }
    DONE
}

fn entry(revision: &RevisionReport, trial: Option<&TrialReport>, zone: &TimeZone) -> String {
    let RevisionReport { name, at_ms, by, origin, message, .. } = revision;
    let when = report::date(WallTime(*at_ms), zone);
    let mut text = format!("{name}  {when}  {by} on {origin}\n");
    if let Some(trial) = trial {
        let left = trial.left_ms.div_ceil(1000);
        text.push_str(&format!("    on trial: `systole config confirm` within {left} s\n"));
    }
    if !message.is_empty() {
        text.push_str(&format!("    {}\n", report::printable(message)));
    }
    for (sign, ids) in [('+', &revision.added), ('~', &revision.changed), ('-', &revision.removed)]
    {
        if !ids.is_empty() {
            text.push_str(&format!("    {sign} {}\n", ids.join(" ")));
        }
    }
    text
}

/// In which a configuration is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Crm,
    Json,
    Xml,
}

impl From<Form> for Language {
    fn from(form: Form) -> Self {
        match form {
            Form::Text => Self::Crm,
            Form::Json => Self::Json,
        }
    }
}

pub(crate) fn show(
    connection: &Connection,
    revision: Option<String>,
    language: Language,
) -> Outcome {
    let cib = match revision {
        None => connection.cib()?,
        Some(revision) => match connection.ask(&Request::ConfigurationAt { revision })? {
            Response::Cib { xml } => crate::input::cib_of("the node's answer", &xml)?,
            other => return Err(unexpected(&other)),
        },
    };
    if language == Language::Crm {
        pager::show(&paint::language(&crmsh::show(&cib.configuration, &secrets::USUAL)));
        return DONE;
    }
    let root = cib::to_element(&cib);
    let configuration = root.elements().find(|child| child.name == "configuration");
    if language == Language::Json {
        let version = cib.configuration.version.to_string();
        let objects = configuration.map(objects).unwrap_or_default();
        tell(json!({ "configuration": version, "objects": objects }));
    } else {
        let shown = configuration.map(|it| cib::write_element(&secrets::tree(it.clone())));
        print(&shown.unwrap_or_default());
    }
    DONE
}

pub(crate) fn diff(connection: &Connection, revision: Option<String>, form: Form) -> Outcome {
    let revision = match revision {
        Some(revision) => revision,
        None => match history(connection)?.revisions.pop() {
            Some(last) => last.name,
            None => return Err(Failure::NoSuchObject("no change is kept yet".into())),
        },
    };
    let detail = match connection.ask(&Request::Revision { revision })? {
        Response::Revision(detail) => *detail,
        other => return Err(unexpected(&other)),
    };
    let RevisionDetail { report: head, before, after, orders, whole } = detail;
    let changes = ObjectChanges { before, after, orders, whole, ..ObjectChanges::default() };
    if form == Form::Json {
        tell(json!({ "revision": head, "changes": output::changes(&changes) }));
        return DONE;
    }
    let difference = change::from_wire(&changes)
        .map_err(|why| Failure::Protocol(format!("the node's answer is wrong: {why}")))?;
    print(&entry(&head, None, &TimeZone::system()));
    pager::show(&paint::changes(&report::changes::lines(&difference, &secrets::USUAL)));
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_says_who_when_where_why_and_what() {
        let revision = RevisionReport {
            name: "0.12".into(),
            before: "0.11".into(),
            at_ms: 1_700_000_000_000,
            by: "root via crm".into(),
            origin: "oss1".into(),
            message: "more\nroom".into(),
            added: vec!["ost1".into()],
            changed: vec!["ost2".into(), "ost3".into()],
            removed: vec![],
        };
        let trial = TrialReport { revision: "0.12".into(), left_ms: 59_001 };
        assert_eq!(
            entry(&revision, Some(&trial), &TimeZone::UTC),
            "0.12  Tue Nov 14 22:13:20 2023  root via crm on oss1\n    on trial: `systole config \
             confirm` within 60 s\n    more\\nroom\n    + ost1\n    ~ ost2 ost3\n"
        );
    }
}
