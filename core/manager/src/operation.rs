//! What is said in the common order: operations on the replicated state.

use crate::clock::{Clock, Era};
use crate::load::Load;
use crate::parameters::Traits;
use crate::{EventKind, Revision, Standing, State};
use base::{BootId, Decode, DecodeError, Encode, NodeId, Reader, WallTime};
use base::{codec_enum, codec_struct};
use cluster::{Edit, Forget, Lasting, OperationRecord, OperationStatus, TicketChange, Version};
use group::ViewId;
use scheduler::plan::{ActionKey, Invocation};
use std::collections::BTreeMap;
use std::time::Duration;

/// The format that this version writes and reads.
const FORMAT: u8 = 5;

/// Names an action in flight, the same on all members and never used for another: two halves of
/// a cluster that count on apart from each other do not give the same name twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlightId {
    /// The view in which it began.
    pub view: ViewId,
    /// Counts up.
    pub number: u64,
}
codec_struct!(FlightId { view, number });

/// An action that was sent and has not ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flight {
    /// What it does.
    pub key: ActionKey,
    /// Who carries it out.
    pub executor: NodeId,
    /// How: the resource agent, or for fencing the device's agent.
    pub invocation: Invocation,
    /// The fence device; the empty text for other actions.
    pub device: String,
    /// The life of the target that is to be ended; zero for other actions (F4).
    pub life: BootId,
    /// Why.
    pub reason: String,
    /// The record that its own took the place of in the history, noted when it began: what is known
    /// of the resource until it has ended.
    pub before: Option<OperationRecord>,
}
codec_struct!(Flight { key, executor, invocation, device, life, reason, before });

/// How a run of an agent ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// How the running ended.
    pub status: OperationStatus,
    /// What the agent said.
    pub code: i32,
    /// Its own words, when it failed.
    pub reason: String,
    /// How long it took.
    pub took: Duration,
    /// What its parameters are like, where it has said so.
    pub traits: Traits,
}
codec_struct!(Outcome { status, code, reason, took, traits });

/// A change of the replicated state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Operation {
    /// The sender takes part from here on, if this is still `view`. What it ran before is unknown
    /// until probed.
    Introduce { view: ViewId, name: String, boot: BootId, incarnation: u64, cores: u32 },
    /// The state at the start of `view`, for those who did not come along with it.
    Snapshot { view: ViewId, state: Box<State> },
    /// The configuration changes.
    Edit { base: Option<Version>, edits: Vec<Edit>, by: String, message: String, lasting: Lasting },
    /// A node attribute changes: at once, or together with those of other nodes when its
    /// dampening has ended.
    Attribute { node: String, name: String, value: Option<String>, dampen: Duration },
    /// These actions begin, if this is still `view`.
    Intend { view: ViewId, flights: Vec<Flight> },
    /// An action has ended.
    Ended { flight: FlightId, outcome: Outcome },
    /// A recurring monitor of the sender says something new.
    MonitorChanged { instance: String, interval: Duration, outcome: Outcome },
    /// Failures, or all results, are forgotten, and what is there is looked at again.
    Cleanup { resource: Option<String>, node: Option<String>, what: Forget },
    /// A ticket comes, goes or says something else; none: nothing is known of it any more.
    Ticket { ticket: String, change: Option<TicketChange> },
    /// A person says that a resource has failed on a node.
    Fail { resource: String, node: String },
    /// A person vouches that a node is down.
    ConfirmDown { node: String, by: String },
    /// The sender has this version of the configuration on disk.
    Stored { standing: Standing },
    /// The wait for nodes that were not seen since the start is over. These are the nodes there
    /// should be.
    Begin { nodes: BTreeMap<NodeId, String> },
    /// What the sender noticed, for the journal.
    Observed { at: WallTime, events: Vec<EventKind> },
    /// The sender wants to leave: stop what it runs.
    Leave,
    /// The sender runs nothing any more and goes.
    Depart,
    /// The dampening of this attribute has ended.
    Settle { name: String },
    /// The sender has made these changes while it was apart, and has taken over what the others
    /// agreed on.
    Aside { revisions: Vec<Revision> },
    /// The revision on trial is to stay.
    Confirm { version: Version },
    /// Nobody has confirmed it in time.
    EndTrial { version: Version },
    /// Nothing would be done without this constraint either, which was put for a move.
    EndMove { constraint: String, version: Version },
    /// One machine may become a node, until then.
    Invite { id: u128, until: WallTime },
    /// It is here, and shows the invitation.
    UseInvitation { id: u128 },
    /// The cluster's clock goes on or back by so many milliseconds, if this is still `era`.
    SetClock { era: Era, next: Era, by: i64 },
    /// The sender is as hard at work as this from here on.
    Load { load: Load },
}
codec_enum!(Operation {
    0 = Introduce { view, name, boot, incarnation, cores },
    1 = Snapshot { view, state },
    2 = Edit { base, edits, by, message, lasting },
    3 = Attribute { node, name, value, dampen },
    4 = Intend { view, flights },
    5 = Ended { flight, outcome },
    6 = MonitorChanged { instance, interval, outcome },
    7 = Cleanup { resource, node, what },
    8 = ConfirmDown { node, by },
    9 = Stored { standing },
    10 = Begin { nodes },
    11 = Observed { at, events },
    12 = Leave,
    13 = Depart,
    14 = Settle { name },
    15 = SetClock { era, next, by },
    16 = Aside { revisions },
    17 = Confirm { version },
    18 = EndTrial { version },
    19 = Ticket { ticket, change },
    20 = Fail { resource, node },
    21 = Invite { id, until },
    22 = UseInvitation { id },
    23 = EndMove { constraint, version },
    24 = Load { load },
});

/// An operation on its way, with the cluster's date as its sender reckons it: applying it looks at
/// no clock.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Message {
    /// The sender's own number for it, by which it finds who waits for it.
    pub(crate) serial: u64,
    pub(crate) clock: Clock,
    pub(crate) operation: Operation,
}

impl Encode for Message {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(FORMAT);
        self.serial.encode(out);
        self.clock.encode(out);
        self.operation.encode(out);
    }
}

impl Decode for Message {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            FORMAT => {}
            tag => return Err(DecodeError::UnknownTag { what: "message format", tag }),
        }
        let serial = u64::decode(reader)?;
        let clock = Clock::decode(reader)?;
        Ok(Self { serial, clock, operation: Operation::decode(reader)? })
    }
}
