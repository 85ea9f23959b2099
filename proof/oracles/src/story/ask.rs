//! What people want.

use cluster::{Configuration, Edit, Forget, Lasting, TicketChange};
use crmsh::{Mode, load};
use manager::Command;
use std::time::Duration;

/// Somebody wants something of the cluster, and asks its lowest node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// `configure primitive ...`: the configuration says this from now on.
    Configure(String),
    /// `move location ...`: so it does until the resource is where that wants it.
    Move(String),
    /// `delete a`: a resource is taken out of it.
    Delete(String),
    /// `attribute n1 NAME VALUE`: a node's attribute until it leaves; without a value it goes.
    Attribute(String, String, Option<String>),
    /// `clean a` or `clean a n1`: failures are forgotten.
    Clean(String, Option<String>),
    /// `refresh a` or `refresh a n1`: all results are forgotten.
    Refresh(String, Option<String>),
    /// `ticket T granted`, `ticket T revoked`.
    Ticket(String, TicketChange),
    /// `fail a n1`: a resource counts as failed.
    Fail(String, String),
}

impl Wish {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let word = |at: usize| words.get(at).map(|word| (*word).to_owned());
        Some(match *words.first()? {
            "configure" => Self::Configure(text.strip_prefix("configure ")?.to_owned()),
            "move" => Self::Move(text.strip_prefix("move ")?.to_owned()),
            "delete" => Self::Delete(word(1)?),
            "attribute" => Self::Attribute(word(1)?, word(2)?, word(3)),
            "clean" => Self::Clean(word(1)?, word(2)),
            "refresh" => Self::Refresh(word(1)?, word(2)),
            "ticket" => Self::Ticket(
                word(1)?,
                match *words.get(2)? {
                    "granted" => TicketChange::Grant,
                    "revoked" => TicketChange::Revoke,
                    _ => return None,
                },
            ),
            "fail" => Self::Fail(word(1)?, word(2)?),
            _ => return None,
        })
    }

    /// What a client would ask a node for, given the configuration as it is.
    pub(super) fn command(&self, configuration: &Configuration) -> Result<Command, String> {
        Ok(match self.clone() {
            Self::Configure(text) => edit(edits(&text, configuration)?, Lasting::Always),
            Self::Move(text) => edit(edits(&text, configuration)?, Lasting::WhileNeeded),
            Self::Delete(id) => edit(vec![Edit::Remove(id)], Lasting::Always),
            Self::Attribute(node, name, value) => {
                Command::Attribute { node, name, value, dampen: Duration::ZERO }
            }
            Self::Clean(resource, node) => {
                Command::Cleanup { resource: Some(resource), node, what: Forget::Failures }
            }
            Self::Refresh(resource, node) => {
                Command::Cleanup { resource: Some(resource), node, what: Forget::Everything }
            }
            Self::Ticket(ticket, change) => Command::Ticket { ticket, change: Some(change) },
            Self::Fail(resource, node) => Command::Fail { resource, node },
        })
    }
}

/// What a text in the crm shell's language changes.
pub(super) fn edits(text: &str, onto: &Configuration) -> Result<Vec<Edit>, String> {
    let loaded = load(text, onto, Mode::Update);
    let lines = |errors: Vec<crmsh::Diagnostic>| {
        errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    };
    loaded.map(|loaded| loaded.edits).map_err(lines)
}

fn edit(edits: Vec<Edit>, lasting: Lasting) -> Command {
    Command::Edit { edits, base: None, by: "somebody".into(), message: String::new(), lasting }
}
