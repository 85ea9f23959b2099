//! What happened, in order, bounded.

use base::{WallTime, codec_enum, codec_struct};
use cluster::Version;
use group::ViewId;
use scheduler::plan::{PowerAction, Task};
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Counts up from 1; the same event has the same number on all members.
    pub number: u64,
    /// When, by the clock of the node that saw it.
    pub at: WallTime,
    /// What.
    pub kind: EventKind,
}
codec_struct!(Event { number, at, kind });

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A node fell silent.
    Suspected {
        /// The node's name.
        node: String,
        /// For how long it had not been heard.
        silent: Duration,
    },
    /// A view was installed.
    View {
        /// Its id.
        id: ViewId,
        /// The members' names.
        members: Vec<String>,
        /// Whether it may act.
        quorate: bool,
    },
    /// Votes have changed within a view, and with them the right to act.
    Quorum {
        /// Whether the view may act.
        quorate: bool,
        /// The count of votes, and the rule that decided.
        why: String,
    },
    /// A node takes part.
    Joined {
        /// The node's name.
        node: String,
    },
    /// A node left in order.
    Departed {
        /// The node's name.
        node: String,
    },
    /// A node is to be fenced.
    FencingStarted {
        /// The node's name.
        target: String,
        /// How.
        how: PowerAction,
        /// By which device.
        device: String,
        /// By which node.
        by: String,
        /// Why.
        reason: String,
    },
    /// Fencing has ended.
    FencingEnded {
        /// The node's name.
        target: String,
        /// By which device.
        device: String,
        /// Why it failed; `None` when a device confirmed that the node is off.
        failure: Option<String>,
    },
    /// A person vouched that a node is down.
    ConfirmedDown {
        /// The node's name.
        target: String,
        /// Who.
        by: String,
    },
    /// An action on a resource has ended.
    Action {
        /// The instance.
        instance: String,
        /// The node's name.
        node: String,
        /// What the agent was asked to do.
        task: Task,
        /// How often.
        interval: Duration,
        /// The agent's exit code.
        code: i32,
        /// What went wrong; `None` when the result is the expected one.
        failure: Option<String>,
        /// How long it took.
        took: Duration,
    },
    /// The configuration has changed.
    Configured {
        /// To this version.
        version: Version,
        /// By whom.
        by: String,
    },
    /// Something that a person has to look at.
    Alarm {
        /// What.
        text: String,
    },
}
codec_enum!(EventKind {
    0 = Suspected { node, silent },
    1 = View { id, members, quorate },
    2 = Joined { node },
    3 = Departed { node },
    4 = FencingStarted { target, how, device, by, reason },
    5 = FencingEnded { target, device, failure },
    6 = ConfirmedDown { target, by },
    7 = Action { instance, node, task, interval, code, failure, took },
    8 = Configured { version, by },
    9 = Alarm { text },
    10 = Quorum { quorate, why },
});

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Suspected { node, silent } => {
                write!(f, "{node} has not been heard for {} ms", silent.as_millis())
            }
            Self::View { id, members, quorate } => {
                let quorum = if *quorate { "with quorum" } else { "WITHOUT quorum" };
                write!(f, "view {id} is {} {quorum}", members.join(" "))
            }
            Self::Quorum { quorate: true, why } => write!(f, "quorum is regained: {why}"),
            Self::Quorum { quorate: false, why } => write!(f, "quorum is LOST: {why}"),
            Self::Joined { node } => write!(f, "{node} takes part"),
            Self::Departed { node } => write!(f, "{node} left in order"),
            Self::FencingStarted { target, how, device, by, reason } => {
                write!(f, "fencing {target} ({}) by {device} on {by}: {reason}", how.name())
            }
            Self::FencingEnded { target, device, failure: None } => {
                write!(f, "{target} was fenced by {device}")
            }
            Self::FencingEnded { target, device, failure: Some(why) } => {
                write!(f, "fencing {target} by {device} FAILED: {why}")
            }
            Self::ConfirmedDown { target, by } => write!(f, "{by} vouches that {target} is down"),
            Self::Action { instance, node, task, failure, took, .. } => {
                let took = took.as_millis();
                match failure {
                    None => write!(f, "{} of {instance} on {node} took {took} ms", task.name()),
                    Some(why) => {
                        write!(f, "{} of {instance} on {node} FAILED: {why}", task.name())
                    }
                }
            }
            Self::Configured { version, by } => write!(f, "configuration {version} by {by}"),
            Self::Alarm { text } => write!(f, "ALARM: {text}"),
        }
    }
}

/// The last events, oldest first. Copies of it, one for everybody who asks, share them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    events: VecDeque<Arc<Event>>,
    written: u64,
}

impl Journal {
    /// How many events are kept (H1).
    const LIMIT: usize = 1000;

    pub(crate) fn write(&mut self, at: WallTime, kind: EventKind) {
        self.written += 1;
        self.events.push_back(Arc::new(Event { number: self.written, at, kind }));
        if self.events.len() > Self::LIMIT {
            self.events.pop_front();
        }
    }

    /// How many events were ever written: the number of the newest.
    pub const fn written(&self) -> u64 {
        self.written
    }

    /// The events after number `after` that are still kept.
    pub fn since(&self, after: u64) -> impl Iterator<Item = &Event> {
        self.events.iter().map(Arc::as_ref).filter(move |event| event.number > after)
    }
}

impl base::Encode for Journal {
    fn encode(&self, out: &mut Vec<u8>) {
        self.written.encode(out);
        self.events.iter().cloned().collect::<Vec<Arc<Event>>>().encode(out);
    }
}

impl base::Decode for Journal {
    fn decode(reader: &mut base::Reader<'_>) -> Result<Self, base::DecodeError> {
        let written = u64::decode(reader)?;
        Ok(Self { written, events: Vec::decode(reader)?.into() })
    }
}
