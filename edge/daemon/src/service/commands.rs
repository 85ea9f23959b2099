//! Requests that change what is, and no configuration: attributes, failures, votes.

use super::{Door, done, refused};
use api::{Request, Response, VoteChange};
use base::NodeId;
use group::QuorumChange;
use manager::Command;
use std::time::Duration;

impl Door {
    /// Hands one of them to the manager.
    pub(super) async fn command(&self, by: String, request: Request) -> Response {
        let command = match request {
            Request::Attribute(change) => Command::Attribute {
                node: change.node.unwrap_or_else(|| self.me.name.clone()),
                name: change.name,
                value: change.value,
                dampen: Duration::from_millis(change.dampen_ms),
            },
            Request::Cleanup { resource, node, what } => {
                Command::Cleanup { resource, node, what: change::forget(what) }
            }
            Request::Ticket { ticket, change } => {
                Command::Ticket { ticket, change: change.map(change::ticket) }
            }
            Request::Fail { resource, node } => Command::Fail { resource, node },
            Request::ConfirmDown { node } => Command::ConfirmDown { node, by },
            Request::Quorum(change) => return self.vote(change).await,
            Request::Confirm => Command::Confirm,
            Request::Shutdown => Command::Shutdown,
            _ => return refused(&"this request is not understood"),
        };
        done(self.ask(command).await, Vec::new())
    }

    /// The group knows the rules, and says what does not fit them.
    async fn vote(&self, change: VoteChange) -> Response {
        let change = match change {
            VoteChange::Expect { votes } => QuorumChange::Expect(votes),
            VoteChange::Weigh { node, votes } => {
                QuorumChange::Weigh { node: node.map_or(self.me.node, NodeId), votes }
            }
            VoteChange::CancelWaitForAll => QuorumChange::CancelWaitForAll,
            VoteChange::ForgetArbiter => QuorumChange::ForgetArbiter,
        };
        done(self.ask(Command::Quorum(change)).await, Vec::new())
    }
}
