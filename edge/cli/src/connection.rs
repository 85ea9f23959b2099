//! The way to the node of this machine.

use crate::answer::Failure;
use crate::words::of_system;
use api::{Acknowledgement, Client, MapEntry, MapName, NodeReport, Request, Response};
use cib::{Cib, CibError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Says where the node's socket is, for programs that take no such option.
const RUN_VARIABLE: &str = "SYSTOLE_RUN";
/// Names a file that stands in for the cluster, as Pacemaker's tools have it.
const CIB_FILE_VARIABLE: &str = "CIB_file";

/// The node that requests go to.
#[derive(Clone, Debug)]
pub(crate) struct Connection {
    client: Client,
}

/// Where a node keeps its socket: what was said, else the environment, else the usual place.
pub(crate) fn run_directory(given: Option<&Path>) -> PathBuf {
    let variable = || std::env::var_os(RUN_VARIABLE).filter(|text| !text.is_empty());
    given
        .map(Path::to_owned)
        .or_else(|| variable().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(api::DEFAULT_RUN_DIRECTORY))
}

impl Connection {
    /// To the node with this run directory.
    pub(crate) fn new(given: Option<&Path>) -> Self {
        Self { client: Client::new(&run_directory(given)) }
    }

    /// To the node that the environment names, or the usual one.
    pub(crate) fn usual() -> Self {
        Self::new(None)
    }

    /// Asks; a refusal is a failure.
    pub(crate) fn ask(&self, request: &Request) -> Result<Response, Failure> {
        match self.client.call(request)? {
            Response::Refused { reasons } => Err(Failure::Refused(reasons)),
            response => Ok(response),
        }
    }

    /// Asks for a change, and says what was noticed on the way.
    pub(crate) fn change(&self, request: &Request) -> Result<(), Failure> {
        self.changed(request).map(drop)
    }

    /// The same; tells whether there was anything to do.
    pub(crate) fn changed(&self, request: &Request) -> Result<Acknowledgement, Failure> {
        match self.ask(request)? {
            Response::Done { acknowledgement, warnings } => {
                crate::answer::acknowledge(&acknowledgement, &warnings);
                Ok(acknowledgement)
            }
            other => Err(unexpected(&other)),
        }
    }

    /// Asks for a change by a text that a program wrote: places in it tell people nothing.
    pub(crate) fn change_by_program(&self, load: &Request) -> Result<(), Failure> {
        let Request::Load { name, .. } = load else { return self.change(load) };
        let plain = |texts: Vec<String>| -> Vec<String> {
            texts.iter().map(|text| without_place(text, name).to_owned()).collect()
        };
        match self.ask(load) {
            Ok(Response::Done { acknowledgement, warnings }) => {
                crate::answer::acknowledge(&acknowledgement, &plain(warnings));
                Ok(())
            }
            Ok(other) => Err(unexpected(&other)),
            Err(Failure::Refused(reasons)) => Err(Failure::Refused(plain(reasons))),
            Err(failure) => Err(failure),
        }
    }

    /// How the node sees the cluster.
    pub(crate) fn node(&self) -> Result<NodeReport, Failure> {
        match self.ask(&Request::Node)? {
            Response::Node(report) => Ok(*report),
            other => Err(unexpected(&other)),
        }
    }

    /// A map of keys, ascending.
    pub(crate) fn map(&self, map: MapName) -> Result<Vec<MapEntry>, Failure> {
        match self.ask(&Request::Map { map })? {
            Response::Map { entries } => Ok(entries),
            other => Err(unexpected(&other)),
        }
    }

    /// Configuration and status: the cluster's, or those of the file in `CIB_file`.
    pub(crate) fn cib(&self) -> Result<Cib, Failure> {
        let (text, name) = match offline_file() {
            Some(path) => (read_file(&path)?, path.display().to_string()),
            None => (self.cib_text()?, "the node's answer".to_owned()),
        };
        let read = cib::read_tolerant(&text);
        read.map(|(cib, _)| cib).map_err(|error| Failure::Configuration(located(&name, &error)))
    }

    fn cib_text(&self) -> Result<String, Failure> {
        match self.ask(&Request::Cib)? {
            Response::Cib { xml } => Ok(xml),
            other => Err(unexpected(&other)),
        }
    }

    /// The name of the node that is meant when none is named: for an agent the node it works for.
    pub(crate) fn this_node(&self) -> Result<String, Failure> {
        match std::env::var("OCF_RESKEY_CRM_meta_on_node") {
            Ok(name) if !name.is_empty() => Ok(name),
            _ => Ok(self.node()?.name),
        }
    }
}

/// The file that stands in for the cluster, if the environment names one.
pub(crate) fn offline_file() -> Option<PathBuf> {
    std::env::var_os(CIB_FILE_VARIABLE).filter(|text| !text.is_empty()).map(PathBuf::from)
}

/// A file's text; `-` is standard input.
pub(crate) fn read_file(path: &Path) -> Result<String, Failure> {
    let text = if path == Path::new("-") {
        std::io::read_to_string(std::io::stdin())
    } else {
        std::fs::read_to_string(path)
    };
    text.map_err(|error| {
        let path = if path == Path::new("-") { Path::new("standard input") } else { path };
        Failure::NoInput(match error.kind() {
            ErrorKind::InvalidData => {
                format!("{} is no text file: it has bytes that are not UTF-8", path.display())
            }
            _ => format!("{}: {}", path.display(), of_system(&error)),
        })
    })
}

/// What is wrong with a text in XML, with its place in front.
pub(crate) fn located(name: &str, error: &CibError) -> String {
    let CibError { line, column, what, help } = error;
    let help = if help.is_empty() { String::new() } else { format!("; {help}") };
    format!("{name}:{line}:{column}: error: {what}{help}")
}

/// `text` without the text's name, line and column in front of it, and without the line it is
/// about below.
fn without_place<'t>(text: &'t str, name: &str) -> &'t str {
    let first = text.split("\n    ").next().unwrap_or(text);
    let Some(rest) = first.strip_prefix(name) else { return first };
    let is_place = |letter: char| letter.is_ascii_digit() || letter == ':';
    rest.trim_start_matches(is_place).trim_start()
}

pub(crate) fn unexpected(response: &Response) -> Failure {
    let kind = match response {
        Response::Cib { .. } => "a CIB",
        Response::Node(_) => "a node report",
        Response::Rings { .. } => "the links of all nodes",
        Response::Map { .. } => "a map of keys",
        Response::Groups { .. } => "named groups",
        Response::Events { .. } => "events",
        Response::Done { .. } => "an acknowledgement",
        Response::Refused { .. } => "a refusal",
    };
    Failure::Protocol(format!(
        "the node answered with {kind}, which is no answer to this; is it of another version?"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_texts_of_programs_are_left_out() {
        assert_eq!(without_place("cibadmin:6:7: error: a: no", "cibadmin"), "error: a: no");
        assert_eq!(without_place("ban: error: a: no\n    x\n    ^", "ban"), "error: a: no");
        assert_eq!(without_place("a: no", "commit"), "a: no");
    }

    #[test]
    fn a_file_that_is_no_text_is_told_as_such() {
        let path = std::env::temp_dir().join(format!("systole-no-text-{}", std::process::id()));
        std::fs::write(&path, [0xff, 0xfe]).expect("the folder can be written");
        let said = read_file(&path).expect_err("it is no text").to_string();
        std::fs::remove_file(&path).expect("it is ours");
        assert!(said.contains("is no text file"), "{said}");
        let said = read_file(Path::new("/nonexistent")).expect_err("it is not there").to_string();
        assert_eq!(said, "/nonexistent: No such file or directory");
    }
}
