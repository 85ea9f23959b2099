//! The way to the cluster: the node of this machine, or a file that stands in for all of it.

mod cib_file;
mod paper;
mod rehearsal;
mod shadow;
mod transient;

use crate::answer::Failure;
use crate::input::located;
use crate::output::Form;
use api::{Acknowledgement, Client, MapEntry, MapName, NodeReport, Request, Response};
use cib::Cib;
use cluster::Element;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub(crate) use cib_file::CibFile;
pub(crate) use shadow::{Shadows, of_environment as active_shadow};

/// Says where the node's socket is, for programs that take no such option.
const RUN_VARIABLE: &str = "SYSTOLE_RUN";

/// Names the file that gives access to a cluster elsewhere.
const ACCESS_VARIABLE: &str = "SYSTOLE_ACCESS";

/// Names the user whose rights count, as Pacemaker's tools have it.
const USER_VARIABLE: &str = "CIB_user";

/// Where requests go. What goes to a file never reaches the node of this machine.
#[derive(Clone, Debug)]
pub(crate) enum Connection {
    /// To a node, of this machine or elsewhere, which asks the others.
    Node(Client),
    /// To a node, with the rights of another user, which only root and hacluster are given.
    As {
        /// The node.
        node: Client,
        /// The user's name.
        user: String,
    },
    /// To a file, which is read and written here.
    File(CibFile),
    /// To one of them, and only to ask: of what would be changed it is told what would become of
    /// it, in that form.
    Rehearsal(Box<Self>, Form),
}

/// Where a node keeps its socket: what was said, else the environment, else the usual place.
pub(crate) fn run_directory(given: Option<&Path>) -> PathBuf {
    let variable = || std::env::var_os(RUN_VARIABLE).filter(|text| !text.is_empty());
    given
        .map(Path::to_owned)
        .or_else(|| variable().map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from(api::DEFAULT_RUN_DIRECTORY))
}

/// What the shell works on, for the tools that it runs. Programs of their own would find it in
/// their environment, which a process cannot safely change for itself.
static CHOSEN: Mutex<Option<Connection>> = Mutex::new(None);

impl Connection {
    /// To the node with this run directory; where none is given, as [`Connection::usual`].
    pub(crate) fn new(given: Option<&Path>) -> Self {
        match given {
            Some(_) => Self::Node(Client::new(&run_directory(given))),
            None => Self::usual(),
        }
    }

    /// To the cluster elsewhere that this file gives access to.
    pub(crate) fn elsewhere(access: PathBuf) -> Self {
        Self::Node(Client::by_file(access)).acting_as_told()
    }

    /// To what was chosen instead, the shadow copy or the file that the environment names, else
    /// to the node.
    pub(crate) fn usual() -> Self {
        if let Some(chosen) = CHOSEN.lock().unwrap_or_else(PoisonError::into_inner).clone() {
            return chosen;
        }
        match active_shadow() {
            Some(name) => Self::File(Shadows::usual().file(&name)).acting_as_told(),
            None => Self::below_shadows(),
        }
    }

    /// What shadow copies are copies of.
    pub(crate) fn below_shadows() -> Self {
        CibFile::of_environment().map_or_else(Self::to_node, Self::File).acting_as_told()
    }

    /// With the rights of the user that the environment names, if it does.
    fn acting_as_told(self) -> Self {
        match std::env::var(USER_VARIABLE) {
            Ok(user) if !user.is_empty() => self.acting_as(&user),
            _ => self,
        }
    }

    /// With the rights of another user.
    pub(crate) fn acting_as(self, user: &str) -> Self {
        match self {
            Self::Node(node) | Self::As { node, .. } => Self::As { node, user: user.to_owned() },
            Self::File(file) => Self::File(file.acting_as(user)),
            Self::Rehearsal(real, form) => Self::Rehearsal(Box::new(real.acting_as(user)), form),
        }
    }

    /// From now on this is the usual way; as if the environment said so.
    pub(crate) fn choose(self) {
        *CHOSEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(self);
    }

    /// To the cluster or the node that the environment names, or the usual one, whatever stands in
    /// for the cluster: for tools that ask how nodes hear each other.
    pub(crate) fn to_node() -> Self {
        let access = std::env::var_os(ACCESS_VARIABLE).filter(|text| !text.is_empty());
        let here = || Client::new(&run_directory(None));
        Self::Node(access.map_or_else(here, |file| Client::by_file(file.into())))
    }

    /// The file that stands in for the cluster.
    pub(crate) const fn file(&self) -> Option<&CibFile> {
        match self {
            Self::Node(_) | Self::As { .. } | Self::Rehearsal(..) => None,
            Self::File(file) => Some(file),
        }
    }

    /// Asks; a refusal is a failure.
    pub(crate) fn ask(&self, request: &Request) -> Result<Response, Failure> {
        let response = match self {
            Self::Node(node) => node.call(request)?,
            Self::As { node, user } => {
                let what = Box::new(request.clone());
                node.call(&Request::As { user: user.clone(), what })?
            }
            Self::File(file) => paper::answer(file, request)?,
            Self::Rehearsal(real, form) => return rehearsal::answer(real, *form, request),
        };
        match response {
            Response::Refused { reasons } => Err(Failure::Refused(reasons)),
            Response::Forbidden { reason } => Err(Failure::Forbidden(reason)),
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

    /// The configuration in the crm language, or what `words` pick of it.
    pub(crate) fn shown(&self, words: &[&str]) -> Result<String, Failure> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        match self.ask(&Request::Show { words })? {
            Response::Text { text } => Ok(text),
            other => Err(unexpected(&other)),
        }
    }

    /// Configuration and status.
    pub(crate) fn cib(&self) -> Result<Cib, Failure> {
        let read = cib::read_tolerant(&self.cib_text()?);
        read.map(|(cib, _)| cib).map_err(|error| self.wrong(&error))
    }

    /// The same as the tree it is written as.
    pub(crate) fn tree(&self) -> Result<Element, Failure> {
        cib::read_element(&self.cib_text()?).map_err(|error| self.wrong(&error))
    }

    fn cib_text(&self) -> Result<String, Failure> {
        match self.ask(&Request::Cib)? {
            Response::Cib { xml } => Ok(xml),
            other => Err(unexpected(&other)),
        }
    }

    fn wrong(&self, error: &cib::CibError) -> Failure {
        let name = match self {
            Self::Node(_) | Self::As { .. } => "the node's answer".to_owned(),
            Self::File(file) => file.name(),
            Self::Rehearsal(real, _) => return real.wrong(error),
        };
        Failure::Configuration(located(&name, error))
    }

    /// The name of the node that is meant when none is named: for an agent the node it works for.
    pub(crate) fn this_node(&self) -> Result<String, Failure> {
        match std::env::var("OCF_RESKEY_CRM_meta_on_node") {
            Ok(name) if !name.is_empty() => Ok(name),
            _ => match self {
                Self::Rehearsal(real, _) => real.this_node(),
                Self::Node(_) | Self::As { .. } => Ok(self.node()?.name),
                // Nodes are usually called as their machines are.
                Self::File(_) => Ok(os::machine::host_name()),
            },
        }
    }
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
        Response::Text { .. } => "a configuration in words",
        Response::Node(_) => "a node report",
        Response::Rings { .. } => "the links of all nodes",
        Response::Map { .. } => "a map of keys",
        Response::Groups { .. } => "named groups",
        Response::Events { .. } => "events",
        Response::Preview(_) => "a preview",
        Response::Access(_) => "access for somebody",
        Response::Secret { .. } => "a secret",
        Response::Admission(_) => "what makes a machine a node",
        Response::Revisions { .. } | Response::Revision(_) => "revisions",
        Response::Done { .. } => "an acknowledgement",
        Response::Refused { .. } | Response::Forbidden { .. } => "a refusal",
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
}
