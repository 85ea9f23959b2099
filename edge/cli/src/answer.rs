//! How a command ends: what it prints, and its exit code.

use crate::terminal::interrupt;
use crate::tools::markup;
use crate::words::{of_system, without_numbers};
use api::{Acknowledgement, ClientError};
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::time::Duration;

/// Why a command did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// There is no answer from the node.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is no cluster to ask. Nothing was done.
    #[error("{0}")]
    NotConnected(String),
    /// The node refused. Nothing was changed.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// Whoever asks may not do it. Nothing was changed.
    #[error("{0}")]
    Forbidden(String),
    /// The command line makes no sense. Nothing was done.
    #[error("{0}")]
    Usage(String),
    /// What was named does not exist. Nothing was done.
    #[error("{0}")]
    NoSuchObject(String),
    /// It cannot be undone, and nobody said that it is meant all the same. Nothing was done.
    #[error("{0}")]
    Unsafe(String),
    /// What was to be made is there already. Nothing was done.
    #[error("{0}")]
    Exists(String),
    /// What is there is newer than what was given. Nothing was done.
    #[error("{0}")]
    Older(String),
    /// What is to be looked at is missing, or is none of its kind.
    #[error("{0}")]
    Data(String),
    /// A file is there already, or cannot be made. Nothing was done.
    #[error("{0}")]
    CannotCreate(String),
    /// A file cannot be read.
    #[error("{0}")]
    NoInput(String),
    /// A file cannot be read, or is none of its kind.
    #[error("{0}")]
    Unreadable(String),
    /// A configuration is wrong.
    #[error("{0}")]
    Configuration(String),
    /// The answer is none that fits.
    #[error("{0}")]
    Protocol(String),
    /// Somebody pressed Ctrl-C while something was waited for.
    #[error("no longer waiting; what was asked for goes on by itself")]
    Interrupted,
    /// The condition that was waited for did not come.
    #[error("{0}")]
    TimedOut(String),
    /// Anything else, with what to do about it.
    #[error("{0}")]
    Other(String),
    /// Not a failure at all: the help was asked for.
    #[error("{0}")]
    Help(String),
}

/// What a command hands back.
pub(crate) type Outcome = Result<ExitCode, Failure>;

/// It is done.
pub(crate) const DONE: Outcome = Ok(ExitCode::SUCCESS);

/// Whose exit codes are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codes {
    /// 0 done, 1 not done, 2 a wrong command line.
    Plain,
    /// 0 yes, 1 no, 2 it cannot be said.
    Question,
    /// Those that scripts around Pacemaker know.
    Pacemaker,
}

impl Codes {
    fn of(self, failure: &Failure) -> u8 {
        match (self, failure) {
            (_, Failure::Help(_)) => 0,
            (_, Failure::Interrupted) => INTERRUPTED,
            (Self::Plain, Failure::Usage(_)) | (Self::Question, _) => 2,
            (Self::Plain, _) => 1,
            (Self::Pacemaker, failure) => pacemaker_code(failure),
        }
    }
}

/// As shells have it of what Ctrl-C has ended.
const INTERRUPTED: u8 = 130;

/// The numbers are Pacemaker's `crm_exit_t`: part of the interface of its tools.
fn pacemaker_code(failure: &Failure) -> u8 {
    match failure {
        Failure::Help(_) => 0,
        Failure::Interrupted => INTERRUPTED,
        Failure::Client(
            ClientError::NotRunning { .. }
            | ClientError::OnHold(_)
            | ClientError::Unreachable { .. },
        )
        | Failure::NotConnected(_) => 102,
        Failure::Client(
            ClientError::Forbidden(_) | ClientError::NotLetIn(_) | ClientError::Impostor(_),
        )
        | Failure::Forbidden(_) => 4,
        Failure::Client(ClientError::TimedOut) | Failure::TimedOut(_) => 124,
        Failure::Client(ClientError::Broken(_)) | Failure::Protocol(_) => 76,
        Failure::Refused(_) | Failure::Other(_) => 1,
        Failure::Usage(_) => 64,
        Failure::CannotCreate(_) => 73,
        Failure::Older(_) => 103,
        Failure::NoSuchObject(_) => 105,
        Failure::Unsafe(_) => 107,
        Failure::Exists(_) => 108,
        Failure::Data(_) => 65,
        Failure::Client(ClientError::NoAccess { .. }) | Failure::NoInput(_) => 66,
        Failure::Unreadable(_) => 70,
        Failure::Configuration(_) => 78,
    }
}

/// The same, for a tool that may have been asked to answer as XML.
pub(crate) fn finish_tool(
    program: &str,
    codes: Codes,
    args: &[String],
    outcome: Outcome,
) -> ExitCode {
    match outcome {
        // Who has made a mistake in the command line is a person.
        Err(failure) if markup::wants_xml(args) && !is_for_people(&failure) => {
            let code = codes.of(&failure);
            let message = crate::tools::crm_error::exit_words(code);
            let errors: Vec<String> =
                failure.to_string().lines().map(|line| format!("{program}: {line}")).collect();
            print(&markup::result(program, args, Vec::new(), (code, &message), &errors));
            ExitCode::from(code)
        }
        outcome => finish(program, codes, outcome),
    }
}

const fn is_for_people(failure: &Failure) -> bool {
    matches!(failure, Failure::Usage(_) | Failure::Help(_))
}

/// Says on standard error what went wrong, each line with the program's name in front.
pub(crate) fn finish(program: &str, codes: Codes, outcome: Outcome) -> ExitCode {
    let failure = match outcome {
        Ok(code) => return code,
        Err(failure) => failure,
    };
    let code = codes.of(&failure);
    let text = failure.to_string();
    if matches!(failure, Failure::Help(_)) {
        print(&text);
    } else {
        complain(program, &text);
    }
    ExitCode::from(code)
}

/// Writes lines to standard error, each with the program's name in front.
pub(crate) fn complain(program: &str, text: &str) {
    for line in without_numbers(text).lines() {
        say_aside(&prefixed(program, line));
    }
}

/// A line that names its place in a text, or shows it, needs no further name in front.
fn prefixed(program: &str, line: &str) -> String {
    let is_named = line.strip_prefix(program).is_some_and(|rest| rest.starts_with(':'));
    match is_named || line.starts_with("    ") {
        true => line.to_owned(),
        false => format!("{program}: {line}"),
    }
}

/// Writes a line to standard error; when nobody reads there is nobody to be told.
pub(crate) fn say_aside(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Writes to standard output. Who reads it may go away (`crm_mon -1 | head`): that ends the
/// program quietly, as it ends every other filter.
pub(crate) fn print(text: &str) {
    let mut output = std::io::stdout().lock();
    let written = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(141),
        Err(error) => {
            complain("systole", &format!("standard output: {}", of_system(&error)));
            std::process::exit(1);
        }
        Ok(()) => {}
    }
}

/// Writes a line to standard output.
pub(crate) fn line(text: &str) {
    print(&format!("{text}\n"));
}

/// Asks whoever sits at the terminal; where nobody does, it is no.
pub(crate) fn asked(question: &str) -> bool {
    if !os::terminal::input_is_terminal() {
        return false;
    }
    /// Between two looks whether somebody has pressed Ctrl-C instead, which is no.
    const AGAIN: Duration = Duration::from_millis(200);
    print(&format!("{question} (y/n) "));
    while !os::terminal::input_waits(AGAIN) {
        if interrupt::is_pressed() {
            print("\n");
            return false;
        }
    }
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && answer.trim().eq_ignore_ascii_case("y")
}

/// What comes with a change that was made: warnings, and how far it can be trusted.
pub(crate) fn acknowledge(acknowledgement: &Acknowledgement, warnings: &[String]) {
    for warning in warnings {
        // One that tells its place in a text says already what it is.
        let mark = if warning.contains(": warning: ") { "" } else { "WARNING: " };
        say_aside(&format!("{mark}{warning}"));
    }
    if let Acknowledgement::SingleCopy { version } = acknowledgement {
        say_aside(&format!(
            "WARNING: configuration {version} is stored by the members of this view only, and they \
             are no majority: a majority that starts without them does not have it"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_in_front_once() {
        assert_eq!(prefixed("crm", "no"), "crm: no");
        assert_eq!(prefixed("crm", "crm:1:12: error: no"), "crm:1:12: error: no");
        assert_eq!(prefixed("crm", "    primitive"), "    primitive");
    }

    #[test]
    fn scripts_get_the_codes_they_know() {
        let cases = [
            (Failure::Usage("x".into()), 2, 64),
            (Failure::NoSuchObject("x".into()), 1, 105),
            (Failure::Exists("x".into()), 1, 108),
            (Failure::Refused(vec!["x".into()]), 1, 1),
            (Failure::Configuration("x".into()), 1, 78),
            (Failure::Help("x".into()), 0, 0),
            (Failure::Interrupted, 130, 130),
            (Failure::Client(ClientError::TimedOut), 1, 124),
            (Failure::Client(ClientError::Forbidden("/x".into())), 1, 4),
            (Failure::Forbidden("x".into()), 1, 4),
            (
                Failure::Client(ClientError::NotRunning {
                    path: "/x".into(),
                    source: ErrorKind::NotFound.into(),
                }),
                1,
                102,
            ),
        ];
        for (failure, plain, pacemaker) in cases {
            assert_eq!(Codes::Plain.of(&failure), plain, "{failure:?}");
            assert_eq!(Codes::Pacemaker.of(&failure), pacemaker, "{failure:?}");
        }
    }
}
