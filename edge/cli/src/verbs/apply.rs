//! `systole apply`: the configuration is to be as a file says, whatever it is now.
//!
//! The exit code is for programs: 0 when everything was so already, 2 when it was changed, 3 when it
//! would be changed and nobody agreed to it, 1 when it cannot be.

use crate::answer::{Failure, Outcome, asked, line, print};
use crate::input::read_file;
use crate::output::{self, Form, Output, tell};
use crate::preview;
use crate::verbs::Place;
use crate::words::of_system;
use api::{Language, LoadMode, ObjectChanges, Preview, Request};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const NOTHING_TO_DO: u8 = 0;
const CHANGED: u8 = 2;
const NOT_AGREED: u8 = 3;

/// What is to be applied, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct ApplyArguments {
    /// The whole configuration, in the crm language or XML; a folder stands for all its files in the
    /// order of their names, - for standard input
    file: PathBuf,
    /// The file is a part only: what it says is named by this tag, what the tag named before and the file
    /// no longer has goes, and everything else stays
    #[arg(long, value_name = "TAG")]
    prune: Option<String>,
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
    let foreseen = preview::of(&connection, &wish(arguments)?)?;
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

/// What the configuration is to be.
fn wish(arguments: &ApplyArguments) -> Result<Request, Failure> {
    let text = read_all(&arguments.file)?;
    let is_xml = text.trim_start().starts_with('<');
    let language = if is_xml { Language::Xml } else { Language::Crm };
    let (name, force) = (arguments.file.display().to_string(), arguments.force);
    Ok(match arguments.prune.clone() {
        Some(label) => Request::Apply { text, language, label, name, force },
        None => Request::Load { text, language, mode: LoadMode::Replace, name, force },
    })
}

/// A file's text, or that of all files in a folder, one behind the other.
fn read_all(place: &Path) -> Result<String, Failure> {
    if !place.is_dir() {
        return read_file(place);
    }
    let failed = |error| Failure::NoInput(format!("{}: {}", place.display(), of_system(&error)));
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(place).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes()[0] == b'.');
        if path.is_file() && !is_hidden {
            files.push(path);
        }
    }
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| read_file(file)).collect::<Result<_, _>>()?;
    let is_xml = |text: &String| text.trim_start().starts_with('<');
    if texts.len() > 1 && texts.iter().any(is_xml) {
        return Err(Failure::NoInput(format!(
            "{}: files in XML cannot be put together; apply them one by one with --prune, each with a \
             tag of its own",
            place.display()
        )));
    }
    Ok(texts.join("\n"))
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
