//! `systole apply`: the configuration is to be as a file says, whatever it is now.
//!
//! The exit code is for programs: 0 when everything was so already, 2 when it was changed, 3 when it
//! would be changed and nobody agreed to it, 1 when it cannot be.

use crate::answer::{Outcome, asked, line, print};
use crate::input::read_file;
use crate::output::{self, Form, Output, tell};
use crate::preview;
use crate::verbs::Place;
use api::{Language, LoadMode, ObjectChanges, Preview, Request};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const NOTHING_TO_DO: u8 = 0;
const CHANGED: u8 = 2;
const NOT_AGREED: u8 = 3;

/// What is to be applied, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct ApplyArguments {
    /// The whole configuration, in the crm language or XML; - is standard input
    file: PathBuf,
    /// Do it without asking
    #[arg(short, long)]
    yes: bool,
    /// Show what would change and what the cluster would do, and change nothing
    #[arg(short = 'n', long, conflicts_with = "yes")]
    dry_run: bool,
    /// Although agents are missing, or something that runs is removed
    #[arg(long)]
    force: bool,
    /// Why; it is kept with the revision
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    message: String,
    /// Take it back by itself unless it is confirmed (`systole config confirm`) within this time
    #[arg(long, value_name = "TIME", value_parser = crate::verbs::duration)]
    confirm: Option<Duration>,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    place: Place,
}

/// Applies it.
pub(crate) fn run(arguments: &ApplyArguments) -> Outcome {
    let connection = arguments.place.connection();
    let text = read_file(&arguments.file)?;
    let is_xml = text.trim_start().starts_with('<');
    let load = Request::Load {
        text,
        language: if is_xml { Language::Xml } else { Language::Crm },
        mode: LoadMode::Replace,
        name: arguments.file.display().to_string(),
        force: arguments.force,
    };
    let foreseen = preview::of(&connection, &load)?;
    if preview::is_empty(&foreseen) {
        match arguments.output.form() {
            Form::Text => line("nothing to do"),
            Form::Json => told_json("nothing-to-do", &foreseen),
        }
        return Ok(ExitCode::from(NOTHING_TO_DO));
    }
    if arguments.output.form() == Form::Text {
        print(&preview::text(&foreseen)?);
    }
    if arguments.dry_run || (!arguments.yes && !agreed(arguments.output.form())) {
        if arguments.output.form() == Form::Json {
            told_json("not-agreed", &foreseen);
        }
        return Ok(ExitCode::from(NOT_AGREED));
    }
    // Exactly what was shown: where somebody else is faster it is merged, or refused.
    let changes = ObjectChanges {
        name: "apply".to_owned(),
        force: arguments.force,
        message: arguments.message.clone(),
        confirm_within: arguments.confirm.map(|time| time.as_secs()),
        ..foreseen.changes.clone()
    };
    connection.change(&Request::Change(Box::new(changes)))?;
    if arguments.output.form() == Form::Json {
        told_json("changed", &foreseen);
    }
    Ok(ExitCode::from(CHANGED))
}

/// What came of it, for programs.
fn told_json(outcome: &str, foreseen: &Preview) {
    tell(json!({ "outcome": outcome, "preview": output::preview(foreseen) }));
}

/// Asks at a terminal; elsewhere nobody can agree, and a program is told by other means.
fn agreed(form: Form) -> bool {
    if form == Form::Json {
        return false;
    }
    if !os::terminal::input_is_terminal() {
        line("nothing was changed: --yes does it without asking");
        return false;
    }
    asked("Do it?")
}
