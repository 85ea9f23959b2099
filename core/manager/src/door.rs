//! What comes into a manager and what goes out of it.

use crate::clock::ClockOff;
use crate::{Event, Kept, Outcome, Planned, Standing, State, Wait};
use base::{NodeId, WallTime};
use cluster::{Configuration, Edit, Forget, Lasting, Status, TicketChange, Version};
use group::{GroupCommand, GroupEvent, QuorumChange, QuorumRefusal, View};
use scheduler::plan::{ActionKey, Invocation, PowerAction, Task};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Names a request of a client of this node, until it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Names a running agent on this node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(pub u64);

/// Something happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// The time that [`crate::Manager::next_wake`] named has come.
    Wake,
    /// The group layer says something.
    Group(GroupEvent),
    /// Somebody asks for something.
    Request(RequestId, Command),
    /// The plan that was asked for.
    Planned {
        /// The number of the request it answers.
        serial: u64,
        /// The plan.
        planned: Box<Planned>,
    },
    /// An agent, or a fence agent, has ended.
    Ran {
        /// Which run.
        run: RunId,
        /// How it ended.
        outcome: Outcome,
    },
    /// These nodes are listed now, with their names.
    Listed(BTreeMap<NodeId, String>),
    /// A configuration of this standing is on disk.
    Stored(Standing),
    /// This machine's load average of the last minute, in hundredths.
    Load(u32),
}

/// Something is to be done.
#[derive(Clone, Debug)]
pub enum Output {
    /// For the group layer.
    Group(GroupCommand),
    /// Make a plan, anywhere but on this thread, and bring it as [`Input::Planned`].
    Plan(PlanRequest),
    /// Run a resource agent and bring the end as [`Input::Ran`].
    Run(Run),
    /// Run a fence agent and bring the end as [`Input::Ran`].
    Fence(FenceRun),
    /// End a run early; its end comes as [`Input::Ran`] all the same.
    End(RunId),
    /// Write this to disk and say so with [`Input::Stored`].
    Store(Kept),
    /// The answer to a request.
    Reply(RequestId, Reply),
    /// A line for the log of this node.
    Event(Event),
    /// This node has left in order: the daemon may end.
    Finished,
}

/// Everything a plan is made from.
#[derive(Clone, Debug)]
pub struct PlanRequest {
    /// Comes back with the plan.
    pub serial: u64,
    /// What people want.
    pub configuration: Arc<Configuration>,
    /// What is.
    pub status: Status,
    /// What was sent and has not ended.
    pub in_flight: Vec<ActionKey>,
    /// The constraints that go when nothing depends on them any more.
    pub passing: Vec<String>,
    /// Whether there is quorum.
    pub has_quorum: bool,
    /// The coordinator's node id.
    pub coordinator: Option<String>,
    /// The date.
    pub now: WallTime,
}

/// A resource agent is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Names this run.
    pub id: RunId,
    /// The resource instance.
    pub instance: String,
    /// What the agent is asked to do.
    pub task: Task,
    /// How often; zero for once.
    pub interval: Duration,
    /// How.
    pub invocation: Invocation,
}

/// A fence agent is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FenceRun {
    /// Names this run.
    pub id: RunId,
    /// The device.
    pub device: String,
    /// The node to be fenced.
    pub target: String,
    /// How.
    pub how: PowerAction,
    /// The agent with its parameters.
    pub invocation: Invocation,
}

/// What a client asks for.
#[derive(Clone, Debug)]
pub enum Command {
    /// Everything that is known, for whoever shows it.
    Read,
    /// Change the configuration.
    Edit {
        /// What to change.
        edits: Vec<Edit>,
        /// Refuse if the configuration is no longer of this version.
        base: Option<Version>,
        /// Who asks, in words.
        by: String,
        /// Why, in the words of who asks; may be empty.
        message: String,
        /// How long it is to last.
        lasting: Lasting,
    },
    /// The change on trial is to stay.
    Confirm,
    /// Set or remove a node attribute that lasts until the node leaves.
    Attribute {
        /// The node's name.
        node: String,
        /// The attribute.
        name: String,
        /// Its value; `None` removes it.
        value: Option<String>,
        /// Wait this long for further changes before telling the others.
        dampen: Duration,
    },
    /// Forget failures and look again.
    Cleanup {
        /// Of this resource, or of all.
        resource: Option<String>,
        /// On this node, or on all.
        node: Option<String>,
        /// What of it is forgotten.
        what: Forget,
    },
    /// A ticket is granted, revoked, put aside, or says something else.
    Ticket {
        /// Its name.
        ticket: String,
        /// None: it is forgotten.
        change: Option<TicketChange>,
    },
    /// A resource counts as failed on a node.
    Fail {
        /// The resource.
        resource: String,
        /// The node's name.
        node: String,
    },
    /// A person vouches that a lost node is certainly down.
    ConfirmDown {
        /// The node's name.
        node: String,
        /// Who vouches.
        by: String,
    },
    /// One machine may become a node.
    Invite {
        /// Names the invitation; no two have the same.
        id: u128,
        /// Until when it is good.
        until: WallTime,
    },
    /// The machine is here, and shows it.
    UseInvitation {
        /// Its name.
        id: u128,
    },
    /// Change votes.
    Quorum(QuorumChange),
    /// Stop everything here and leave.
    Shutdown,
}

/// The answer to a [`Command`].
#[derive(Clone, Debug)]
pub enum Reply {
    /// To [`Command::Read`].
    Snapshot(Box<Snapshot>),
    /// It is done.
    Done(Acknowledgement),
    /// It is not done, and nothing has changed.
    Refused(Refused),
}

/// How sure a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// Every member of the view has it; it is not of the kind that goes to disk.
    Applied,
    /// A majority of the voters has it on disk (C1).
    Majority(Version),
    /// Every member of the view has it on disk, but they are no majority (C1b).
    SingleCopy(Version),
}

/// Why something was not done. Nothing has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// The edit does not fit the configuration.
    #[error(transparent)]
    Edit(#[from] cluster::Refusal),
    /// The configuration would be wrong.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<cluster::validate::Problem>),
    /// Somebody else changed the configuration meanwhile.
    #[error("the configuration is at version {now}, no longer at {base}: look at it again")]
    Changed {
        /// The version the edit was made against.
        base: Version,
        /// The version that is.
        now: Version,
    },
    /// Another change is on trial.
    #[error(
        "the change to {version} is on trial for another {} s: `systole config confirm` keeps it, \
         `systole config undo {version}` takes it back", left.as_secs()
    )]
    OnTrial {
        /// The revision.
        version: Version,
        /// How long it may still be confirmed.
        left: Duration,
    },
    /// Nothing is on trial.
    #[error("no change of the configuration waits to be confirmed")]
    NothingOnTrial,
    /// No such node.
    #[error("there is no node `{0}`")]
    UnknownNode(String),
    /// No such resource.
    #[error("there is no resource `{0}`")]
    UnknownResource(String),
    /// The node is there.
    #[error("node `{0}` is a member of the cluster: it is not down")]
    NotDown(String),
    /// This node does not know the cluster's state (yet).
    #[error("this node has not joined the cluster yet; try again in a moment")]
    NotJoined,
    /// The invitation is none.
    #[error(
        "this invitation has been used, or its time is over, or the whole cluster has been stopped \
         since it was given out: ask for another with `systole init` on one of the nodes"
    )]
    NotInvited,
    /// Too many have been invited and have not come.
    #[error("{0} machines have been invited and have not come: nobody else can be")]
    TooManyInvitations(usize),
    /// These nodes have no quorum.
    #[error("these nodes have no quorum, and may not change anything: {0}")]
    NoQuorum(String),
    /// The votes cannot be changed so.
    #[error(transparent)]
    Votes(#[from] QuorumRefusal),
    /// This node was apart from the others, and has taken over their state.
    #[error(
        "this node was cut off meanwhile, and has taken over what the others agreed on; look \
         whether the change is there before you repeat it"
    )]
    TakenOver,
    /// It was accepted, but what became of it is not known.
    #[error("no answer within {} s; look whether the change is there before you repeat it", .0.as_secs())]
    Unknown(Duration),
}

/// Everything that is known on this node.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The replicated state.
    pub state: Arc<State>,
    /// The view, once there is one.
    pub view: Option<View>,
    /// Whether the state is the cluster's, or only what this node had on disk.
    pub joined: bool,
    /// Whether this machine's clock is far from the cluster's.
    pub clock_off: Option<ClockOff>,
    /// What the cluster waits for.
    pub waits: Vec<Wait>,
}
