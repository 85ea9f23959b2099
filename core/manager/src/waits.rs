//! What a cluster waits for, and for how long at the most: for whoever asks why nothing happens.

use crate::{Manager, State};
use base::{NodeId, WallTime};
use cluster::JoinState;
use std::fmt;
use std::time::Duration;

/// Something that ends by itself, or by its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wait {
    /// After a cold start nothing is done before these nodes were seen, or the time is over
    /// (`dc-deadtime`).
    Unseen {
        /// Their names.
        nodes: Vec<String>,
        /// How long still.
        left: Duration,
        /// Whether they are fenced then (`startup-fencing`).
        fenced: bool,
    },
    /// A node leaves in order, as soon as it runs nothing any more (`shutdown-escalation`).
    Leaving {
        /// Its name.
        node: String,
        /// What may still be active there.
        runs: Vec<String>,
        /// How long still.
        left: Duration,
    },
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unseen { nodes, left, fenced } => {
                let then = match fenced {
                    true => {
                        "then what was not seen is fenced before anything is started that it may run"
                    }
                    false => "then the others go on without",
                };
                let (nodes, left) = (nodes.join(", "), left.as_secs());
                write!(
                    f,
                    "the cluster has just been started and waits for {nodes}, for {left} s at the \
                     most (dc-deadtime); {then}"
                )
            }
            Self::Leaving { node, runs, left } => {
                let runs = match runs.as_slice() {
                    [] => "nothing that it must stop".to_owned(),
                    runs => runs.join(", "),
                };
                let left = left.as_secs();
                write!(
                    f,
                    "{node} is leaving and still runs {runs}; it goes in {left} s at the latest \
                     (shutdown-escalation)"
                )
            }
        }
    }
}

impl Manager {
    /// What the cluster waits for, as far as this node knows.
    pub fn waits(&self) -> Vec<Wait> {
        if !self.is_joined() {
            return Vec::new();
        }
        let left = self.hold_left().filter(|_| !self.state().begun);
        let nodes: Vec<String> = self.unseen().into_iter().map(|(_, name)| name).collect();
        let unseen = left.filter(|_| !nodes.is_empty()).map(|left| {
            let configuration = &self.state().configuration;
            let fenced = configuration.is_property_on("startup-fencing")
                && configuration.is_property_on("fencing-enabled");
            Wait::Unseen { nodes, left, fenced }
        });
        unseen.into_iter().chain(self.state().leaving(self.clock().at)).collect()
    }
}

impl State {
    /// Who is on its way out.
    fn leaving(&self, now: WallTime) -> Vec<Wait> {
        let members = self.status.nodes.iter().filter(|(_, it)| it.join == JoinState::Member);
        let leaving = members.filter_map(|(id, status)| {
            let since: i64 = status.attributes.get("shutdown")?.parse().ok()?;
            let node = NodeId(id.parse().ok()?);
            let patience = self.configuration.property("shutdown-escalation");
            let end = WallTime::from_seconds(since)
                + cluster::value::duration(patience).unwrap_or_default();
            Some(Wait::Leaving {
                node: status.name.clone(),
                runs: self.may_be_active_on(node),
                left: end.saturating_since(now),
            })
        });
        leaving.collect()
    }
}
