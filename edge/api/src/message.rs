//! Requests and responses.

use crate::configuration::{
    Forget, Language, LoadMode, MoveEnd, ObjectChanges, Preview, Replay, RevisionDetail,
    RevisionReport, TrialReport,
};
use crate::secret::SecretRequest;
use serde::{Deserialize, Serialize};
use trust::{Access, Secret};

/// What a client asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Another request, with the rights of another user. Only root and hacluster may ask so.
    As {
        /// That user's name.
        user: String,
        /// What that user asks for.
        what: Box<Self>,
    },
    /// Configuration and status as CIB XML.
    Cib,
    /// The configuration in the crm language.
    Show {
        /// What of it, as `crm configure show` is told; none for all.
        words: Vec<String>,
    },
    /// How this node sees the cluster: view, quorum, links.
    Node,
    /// The links of all nodes, as each of them sees its own.
    Rings,
    /// The map of keys that `corosync-cmapctl` shows.
    Map {
        /// Which of them.
        map: MapName,
    },
    /// Named groups of client processes, with their members.
    Groups,
    /// What happened after event number `after`.
    Events {
        /// The number of the last event that the client has; 0 for all that are kept.
        after: u64,
    },
    /// Change the configuration by a text.
    Load {
        /// The text.
        text: String,
        /// In which language it is.
        language: Language,
        /// What becomes of what the text does not name.
        mode: LoadMode,
        /// What to call the text in messages: a file's name.
        name: String,
        /// Do it although agents are missing here, or something that runs would be removed.
        #[serde(default)]
        force: bool,
    },
    /// Change objects of the configuration, each from what it was when it was looked at.
    Change(Box<ObjectChanges>),
    /// What a change of the configuration would change, and what the cluster would do then; nothing
    /// is changed.
    Preview {
        /// The change.
        change: Box<Self>,
    },
    /// The changes of the configuration that are kept.
    Revisions,
    /// What one of them changed.
    Revision {
        /// Its name, see [`RevisionReport`].
        revision: String,
    },
    /// The configuration as it was after one of them.
    ConfigurationAt {
        /// Its name.
        revision: String,
    },
    /// Take one of them back, or carry out again one that was taken back or did not count.
    Replay(Replay),
    /// Keep the change that is on trial.
    Confirm,
    /// Let a text alone say what carries a label; everything else stays.
    Apply {
        /// The objects, as in [`Request::Load`].
        text: String,
        /// The text's language.
        language: Language,
        /// The tag that names them. What it named before and is not in the text goes.
        label: String,
        /// What to call the text in messages.
        name: String,
        /// Do it although agents are missing here, or something that runs would be removed.
        force: bool,
    },
    /// Remove objects from the configuration.
    Remove {
        /// Their ids; of a group or clone what is inside stays.
        ids: Vec<String>,
        /// Do it although something that runs would be removed.
        #[serde(default)]
        force: bool,
    },
    /// Set or remove a meta attribute of a resource.
    ResourceMeta {
        /// The resource.
        resource: String,
        /// The attribute.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
    /// Set or remove a permanent attribute of a node.
    NodeAttribute {
        /// The node's name.
        node: String,
        /// The attribute.
        name: String,
        /// Its value; none removes it.
        value: Option<String>,
    },
    /// Set or remove an attribute of a node that lasts until it leaves.
    Attribute(AttributeChange),
    /// Make a resource prefer a node above all others, or ban it from where it is.
    Move {
        /// The resource.
        resource: String,
        /// Where to; none bans it from where it is.
        node: Option<String>,
        /// How long that counts.
        #[serde(default)]
        until: MoveEnd,
    },
    /// Take back what [`Request::Move`] did.
    Clear {
        /// The resource.
        resource: String,
    },
    /// Forget failures and look again.
    Cleanup {
        /// Of this resource, or of all.
        resource: Option<String>,
        /// On this node, or on all.
        node: Option<String>,
        /// What of it is forgotten.
        #[serde(default)]
        what: Forget,
    },
    /// Count a resource as failed on a node, so that it is recovered there.
    Fail {
        /// The resource.
        resource: String,
        /// The node's name.
        node: String,
    },
    /// Grant a ticket, revoke it, or say something else of it.
    Ticket {
        /// Its name.
        ticket: String,
        /// None: nothing is known of it any more.
        change: Option<TicketChange>,
    },
    /// Vouch that a lost node is certainly down.
    ConfirmDown {
        /// The node's name.
        node: String,
    },
    /// Change votes, for as long as the cluster runs.
    Quorum(VoteChange),
    /// Stop everything on this node and leave the cluster.
    Shutdown,
    /// Something about values that are kept outside of the configuration. Only root and hacluster
    /// may handle them.
    Secret(SecretRequest),
    /// Every node reads its `corosync.conf` again.
    Reload,
    /// Every node changes its `corosync.conf`, and reads it again.
    ChangeConf(ConfChange),
    /// The daemon of a node ends at once, without leaving in order.
    Kill {
        /// The node's number.
        node: u32,
    },
    /// What somebody needs to ask from elsewhere, with the rights of a user. Only root and hacluster
    /// may hand that out.
    GiveAccess {
        /// The user's name.
        user: String,
        /// For how long it is good.
        seconds: u64,
    },
    /// What a machine needs to become a node, once. Only root and hacluster may hand that out.
    Invite {
        /// For how long it is good.
        seconds: u64,
    },
    /// Become a node. Only with what [`Request::Invite`] gave, over TLS.
    Join(Newcomer),
}

/// A machine that wants to become a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Newcomer {
    /// What it is to be called.
    pub name: String,
    /// Its address on ring 0, on ring 1, and so on; where there are none, the cluster chooses from
    /// those it has.
    pub addresses: Vec<String>,
    /// All addresses that it has.
    pub has: Vec<String>,
}

/// What makes a machine a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Admission {
    /// Its number.
    pub id: u32,
    /// The file that all nodes have, `corosync.conf`.
    pub conf: String,
    /// The cluster's key; base64.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub key: Secret,
    /// What somebody should know.
    pub warnings: Vec<String>,
}

/// A change of `corosync.conf`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum ConfChange {
    /// A node comes.
    AddNode {
        /// Its number.
        id: u32,
        /// Its name.
        name: String,
        /// Its address on ring 0, on ring 1, and so on.
        addresses: Vec<String>,
        /// Its votes.
        votes: u32,
    },
    /// A node goes.
    RemoveNode {
        /// Its name or its number.
        node: String,
    },
    /// A setting changes.
    Set {
        /// Its path, as `totem.token` or `nodelist.node.0.name`.
        path: String,
        /// Its value; none takes it out.
        value: Option<String>,
    },
}

/// A map of keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum MapName {
    /// The configuration, and how this node sees the cluster.
    Icmap,
    /// What has been measured.
    Stats,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MapEntry {
    /// Its path, as `nodelist.node.0.ring0_addr`.
    pub key: String,
    /// The type of its value: `u8`, `u16`, `u32`, `u64`, `i32` or `str`.
    pub kind: String,
    /// Its value, as it is printed.
    pub value: String,
}

/// A change of a node attribute.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AttributeChange {
    /// The node's name; this node when not given.
    pub node: Option<String>,
    /// The attribute.
    pub name: String,
    /// Its value; none removes it.
    pub value: Option<String>,
    /// Wait this many milliseconds for further changes before telling the others.
    pub dampen_ms: u64,
}

/// What becomes of a ticket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum TicketChange {
    /// This site has it from now on.
    Grant,
    /// This site has it no longer.
    Revoke,
    /// It is about to be revoked: what is promoted by it is demoted first.
    Standby,
    /// It counts again.
    Activate,
    /// Something else is said of it.
    Set {
        /// What.
        name: String,
        /// None takes it away.
        value: Option<String>,
    },
}

/// A change of votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "change", rename_all = "kebab-case")]
pub enum VoteChange {
    /// So many votes are expected.
    Expect {
        /// Not fewer than are here, and so many that the view stays quorate.
        votes: u32,
    },
    /// A node has so many votes.
    Weigh {
        /// Its number; this node when not given.
        node: Option<u32>,
        /// Its votes.
        votes: u32,
    },
    /// Do not wait for nodes that were not seen since the start.
    CancelWaitForAll,
    /// What the arbiter said to this view is not valid any more.
    ForgetArbiter,
}

/// What a client gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "response", rename_all = "kebab-case")]
pub enum Response {
    /// To [`Request::Cib`].
    Cib {
        /// The CIB as XML.
        xml: String,
    },
    /// To [`Request::Show`].
    Text {
        /// The objects that were picked.
        text: String,
    },
    /// To [`Request::Node`].
    Node(Box<NodeReport>),
    /// To [`Request::Rings`].
    Rings {
        /// All members of the view, by number.
        nodes: Vec<RingsReport>,
    },
    /// To [`Request::Map`].
    Map {
        /// Ascending by key.
        entries: Vec<MapEntry>,
    },
    /// To [`Request::Groups`].
    Groups {
        /// By name.
        groups: Vec<NamedGroupReport>,
    },
    /// To [`Request::Preview`].
    Preview(Box<Preview>),
    /// To [`Request::Revisions`].
    Revisions {
        /// Oldest first.
        revisions: Vec<RevisionReport>,
        /// Those that one half of the cluster made alone, and that did not count when it met the
        /// other.
        aside: Vec<RevisionReport>,
        /// The one that has to be confirmed.
        trial: Option<TrialReport>,
    },
    /// To [`Request::Revision`].
    Revision(Box<RevisionDetail>),
    /// To [`Request::Events`].
    Events {
        /// Oldest first.
        events: Vec<EventReport>,
    },
    /// To [`Request::GiveAccess`] and [`Request::Invite`].
    Access(Access),
    /// To [`SecretRequest::Tell`].
    Secret {
        /// The value; base64.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        value: Secret,
    },
    /// To [`Request::Join`].
    Admission(Box<Admission>),
    /// It is done.
    Done {
        /// How sure it is.
        acknowledgement: Acknowledgement,
        /// What was noticed on the way.
        warnings: Vec<String>,
    },
    /// It is not done, and nothing has changed: whoever asks may not do it.
    Forbidden {
        /// By which rule, or for want of which.
        reason: String,
    },
    /// It is not done, and nothing has changed.
    Refused {
        /// Why, one reason a line, each saying what would be right.
        reasons: Vec<String>,
    },
}

/// How sure a change is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "level", rename_all = "kebab-case")]
pub enum Acknowledgement {
    /// All members have it; it is not of the kind that goes to disk.
    Applied,
    /// A majority of the voters has it on disk.
    Majority {
        /// The configuration's version.
        version: String,
    },
    /// All members have it on disk, but they are no majority.
    SingleCopy {
        /// The configuration's version.
        version: String,
    },
    /// There was nothing to do.
    Unchanged,
}

/// How a node sees the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NodeReport {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Whether it knows the cluster's state.
    pub joined: bool,
    /// The view it is in.
    pub view: Option<ViewReport>,
    /// Its links, by ring.
    pub links: Vec<LinkReport>,
    /// Packets that were none of this cluster's, or sealed with another key.
    pub foreign_packets: u64,
    /// What is wrong with this node, beside its links.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// Views installed since the daemon started.
    #[serde(default)]
    pub views_installed: u64,
    /// How often it suspected another node since the daemon started.
    #[serde(default)]
    pub suspicions: u64,
    /// The program's version.
    pub version: String,
}

/// A view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ViewReport {
    /// Its id.
    pub id: String,
    /// When this node installed it: microseconds on the machine's monotonic clock
    /// (`CLOCK_BOOTTIME`), which all nodes of a lab share.
    #[serde(default)]
    pub installed_at: Option<u64>,
    /// Its members.
    pub members: Vec<MemberReport>,
    /// The name of the node that decides.
    pub coordinator: String,
    /// Whether it may act.
    pub quorate: bool,
    /// Why, in words.
    pub quorum: String,
    /// Votes of its members.
    pub votes: u32,
    /// Votes there could be.
    pub expected_votes: u32,
    /// The most votes that any member has expected.
    pub highest_expected: u32,
    /// Votes that are needed.
    pub needed_votes: u32,
    /// The modes in force, in the words of `corosync-quorumtool`.
    pub flags: Vec<String>,
    /// The arbiter's part, where there is one.
    pub arbiter: Option<ArbiterReport>,
}

/// The third voice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ArbiterReport {
    /// How many votes it has to give.
    pub votes: u32,
    /// What it says to this view: `granted`, `withheld`, `unknown`.
    pub vote: String,
}

/// A member of a view.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct MemberReport {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its votes.
    pub votes: u32,
}

/// The links of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RingsReport {
    /// The node's number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its links, by ring.
    pub links: Vec<LinkReport>,
    /// Why nothing is known of them, when that is so.
    pub failure: Option<String>,
}

/// One ring, seen from one node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkReport {
    /// The ring's number.
    pub ring: u8,
    /// This node's address on it.
    pub address: String,
    /// The interface that has this address; `None` while there is none.
    #[serde(default)]
    pub interface: Option<String>,
    /// That interface, when it is a bond.
    #[serde(default)]
    pub bond: Option<BondReport>,
    /// What is wrong here although packets may pass, with what to do about it.
    #[serde(default)]
    pub warnings: Vec<String>,
    /// The other nodes.
    pub peers: Vec<PeerReport>,
}

/// Several network interfaces as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BondReport {
    /// Its name.
    pub name: String,
    /// Its mode, in the kernel's words: `fault-tolerance (active-backup)`.
    pub mode: String,
    /// The slave in use, where only one is at a time.
    pub active: Option<String>,
    /// Its interfaces.
    pub slaves: Vec<SlaveReport>,
}

/// An interface of a bond.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SlaveReport {
    /// Its name.
    pub name: String,
    /// Whether it has a link.
    pub is_up: bool,
}

/// A peer on a ring.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct PeerReport {
    /// Its number.
    pub id: u32,
    /// Its name.
    pub name: String,
    /// Its address on this ring.
    pub address: String,
    /// Whether packets pass in both directions.
    pub connected: bool,
    /// For how many milliseconds that has been so.
    pub since_ms: u64,
    /// Why they do not pass, or last did not, in words; `None` when they always have.
    pub failure: Option<String>,
    /// How often they have ceased to pass.
    pub downs: u32,
    /// Smoothed round-trip time in microseconds.
    pub round_trip_us: Option<u64>,
    /// Of a thousand of the peer's last heartbeats, so many did not come.
    pub loss_per_mille: u16,
    /// The largest UDP payload known to pass, in bytes; 0 before that was tried.
    pub datagram: u16,
}

/// A named group of client processes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct NamedGroupReport {
    /// Its name.
    pub name: String,
    /// Its members, by node and process.
    pub members: Vec<ProcessReport>,
}

/// A member of a named group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProcessReport {
    /// The number of its node.
    pub node: u32,
    /// Its number on that node.
    pub pid: u32,
    /// Which of its connections to that node's daemon.
    pub connection: u32,
    /// The node's address on its first ring.
    pub address: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EventReport {
    /// Counts up from 1.
    pub number: u64,
    /// When: milliseconds since the epoch.
    pub at_ms: i64,
    /// `suspected`, `view`, `quorum`, `joined`, `departed`, `fencing-started`, `fencing-ended`,
    /// `confirmed-down`, `action`, `configured`, `alarm`.
    pub kind: String,
    /// The node, or the resource instance.
    pub subject: String,
    /// The node on which it happened, for actions.
    pub node: Option<String>,
    /// The agent's action, for actions.
    pub task: Option<String>,
    /// Whether something went wrong.
    pub failed: bool,
    /// The same in words.
    pub text: String,
}
