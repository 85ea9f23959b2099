//! What clients ask for.

use super::{Leaving, Manager};
use crate::Snapshot;
use crate::door::{Acknowledgement, Command, Output, Refused, Reply, RequestId};
use crate::operation::Operation;
use crate::state::EditRefusal;
use base::NodeId;
use cluster::Version;
use std::sync::Arc;

impl Manager {
    pub(super) fn request(&mut self, id: RequestId, command: Command, out: &mut Vec<Output>) {
        let refusal = match command {
            Command::Read => {
                let snapshot = Snapshot {
                    state: Arc::clone(&self.state),
                    view: self.view.clone(),
                    joined: self.is_joined(),
                    clock_off: self.clock_off(),
                    waits: self.waits(),
                };
                out.push(Output::Reply(id, Reply::Snapshot(Box::new(snapshot))));
                None
            }
            Command::Shutdown => {
                self.leave();
                out.push(Output::Reply(id, Reply::Done(Acknowledgement::Applied)));
                None
            }
            _ if !self.is_joined() => Some(Refused::NotJoined),
            Command::Quorum(change) => {
                self.ask_for_votes(id, change, out);
                None
            }
            command => self.change(id, command, out).err(),
        };
        if let Some(refused) = refusal {
            out.push(Output::Reply(id, Reply::Refused(refused)));
        }
    }

    pub(super) fn leave(&mut self) {
        if self.leaving == Leaving::No {
            self.leaving = Leaving::Asked;
            let property = match self.is_joined() && self.state.begun {
                true => "shutdown-escalation",
                false => "dc-deadtime",
            };
            let patience = cluster::value::duration(self.state.configuration.property(property));
            self.leave_by = Some(self.now + patience.unwrap_or_default());
        }
    }

    pub(super) fn change(
        &mut self,
        id: RequestId,
        command: Command,
        out: &mut Vec<Output>,
    ) -> Result<(), Refused> {
        let operation = match command {
            Command::Attribute { node, name, value, dampen } => {
                self.known_node(&node)?;
                Operation::Attribute { node, name, value, dampen }
            }
            Command::Edit { edits, base, by, message, lasting } => {
                self.state.check_trial(lasting)?;
                self.check_edit(&edits, base)?;
                Operation::Edit { base, edits, by, message, lasting }
            }
            Command::Confirm => {
                let trial = self.state.trial.as_ref().ok_or(Refused::NothingOnTrial)?;
                Operation::Confirm { version: trial.version }
            }
            Command::Cleanup { resource, node, what } => {
                if let Some(resource) = &resource
                    && !self.state.knows(resource)
                {
                    return Err(Refused::UnknownResource(resource.clone()));
                }
                if let Some(node) = &node {
                    self.known_node(node)?;
                }
                Operation::Cleanup { resource, node, what }
            }
            // Two halves of a cluster that each had it would run what is tied to it twice.
            Command::Ticket { .. } if !self.state.may_act() => return Err(self.no_quorum()),
            Command::Ticket { ticket, change } => Operation::Ticket { ticket, change },
            Command::Fail { resource, node } => {
                let known = self.known_node(&node)?;
                if !self.state.has_run(&resource, known) {
                    return Err(Refused::UnknownResource(resource));
                }
                Operation::Fail { resource, node }
            }
            Command::ConfirmDown { node, by } => {
                let known = self.known_node(&node)?;
                let status = self.state.status.nodes.get(&known.to_string());
                if status.is_some_and(|status| status.in_membership) {
                    return Err(Refused::NotDown(node));
                }
                Operation::ConfirmDown { node, by }
            }
            Command::Invite { id, until } => Operation::Invite { id, until },
            Command::UseInvitation { id } => Operation::UseInvitation { id },
            Command::Read | Command::Shutdown | Command::Quorum(_) => return Ok(()),
        };
        self.submit_for(Some(id), operation, out);
        Ok(())
    }

    pub(super) fn known_node(&self, name: &str) -> Result<NodeId, Refused> {
        self.state.node_id(name).ok_or_else(|| Refused::UnknownNode(name.to_owned()))
    }

    fn no_quorum(&self) -> Refused {
        let why = self.view.as_ref().map(|view| view.quorum.to_string());
        Refused::NoQuorum(why.unwrap_or_default())
    }

    /// C2, C6: what would be refused where it stands in the order is refused at once.
    fn check_edit(&self, edits: &[cluster::Edit], base: Option<Version>) -> Result<(), Refused> {
        let checked = self.state.check_edit(base, edits).map(drop);
        checked.map_err(|why| match why {
            EditRefusal::NoQuorum => self.no_quorum(),
            why => why.into(),
        })
    }

    /// New lines of the journal, for this node's log.
    pub(super) fn tell(&mut self, out: &mut Vec<Output>) {
        let news = self.state.journal.since(self.told).cloned();
        out.extend(news.map(Output::Event));
        self.told = self.state.journal.written();
    }
}
