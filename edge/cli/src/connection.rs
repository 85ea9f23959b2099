//! The way to the node of this machine.

use crate::answer::Failure;
use api::{Client, NodeReport, Request, Response};
use cib::Cib;
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
        match self.ask(request)? {
            Response::Done { acknowledgement, warnings } => {
                crate::answer::acknowledge(&acknowledgement, &warnings);
                Ok(())
            }
            other => Err(unexpected(&other)),
        }
    }

    /// How the node sees the cluster.
    pub(crate) fn node(&self) -> Result<NodeReport, Failure> {
        match self.ask(&Request::Node)? {
            Response::Node(report) => Ok(report),
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
        read.map(|(cib, _)| cib).map_err(|error| Failure::Configuration(format!("{name}: {error}")))
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
    text.map_err(|error| Failure::NoInput(format!("{}: {error}", path.display())))
}

fn unexpected(response: &Response) -> Failure {
    let kind = match response {
        Response::Cib { .. } => "a CIB",
        Response::Node(_) => "a node report",
        Response::Events { .. } => "events",
        Response::Done { .. } => "an acknowledgement",
        Response::Refused { .. } => "a refusal",
    };
    Failure::Protocol(format!(
        "the node answered with {kind}, which is no answer to this; is it of another version?"
    ))
}
