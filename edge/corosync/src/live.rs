//! The Corosync that runs on this machine, through its client libraries.

mod callbacks;
mod site;
mod votes;

use crate::door::Input;
use base::NodeId;
use callbacks::Told;
use group::{LinkId, LinkState};
use rust_corosync::{CsError, DispatchFlags, TrackFlags, cfg, cpg, quorum};
pub use site::Site;
use std::os::fd::RawFd;
use std::time::{Duration, Instant};
use votes::Votes;

/// The closed process group that all daemons of a cluster join.
const GROUP: &str = "systole";
/// For so long a Corosync is waited for that is just starting.
const PATIENCE: Duration = Duration::from_secs(30);
/// How often it is tried meanwhile.
const RETRY: Duration = Duration::from_millis(100);
/// More links between two nodes there are not.
const LINKS: u8 = 8;

/// Why Corosync cannot be used, or not any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConnectionError {
    /// It is not there, or does not let this process in.
    #[error(
        "Corosync does not answer ({library}: {why}): is it running on this node? Start it \
         (`systemctl start corosync`), and run as root"
    )]
    Absent {
        /// Which of its libraries said so.
        library: &'static str,
        /// What it said.
        why: String,
    },
    /// It was there.
    #[error(
        "the connection to Corosync is lost ({library}: {why}): it has ended, or has cut this \
         process off; its log says why"
    )]
    Lost {
        /// Which of its libraries said so.
        library: &'static str,
        /// What it said.
        why: String,
    },
}

/// Whether a multicast was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It has its place in the queue.
    Yes,
    /// Corosync's queues are full, or its ring is forming anew: try again in a moment.
    NotYet,
}

/// Connections to the group service, the quorum service and the configuration service.
pub struct Connection {
    group: cpg::Handle,
    quorum: quorum::Handle,
    votes: Votes,
    links: cfg::Handle,
}

impl Connection {
    /// Connects, and says where this is. A Corosync that is just starting is waited for, half a
    /// minute at the most.
    ///
    /// # Errors
    /// When there is none, or it does not let this process in.
    pub fn open() -> Result<(Self, Site), ConnectionError> {
        let until = Instant::now() + PATIENCE;
        let group = persist("cpg", until, || cpg::initialize(&callbacks::group(), 0))?;
        let (quorum, kind) =
            persist("quorum", until, || quorum::initialize(&callbacks::quorum(), 0))?;
        let votes = Votes::open(&kind);
        let shutdown = cfg::Callbacks { corosync_cfg_shutdown_callback_fn: None };
        let links = persist("cfg", until, || cfg::initialize(&shutdown))?;
        let node = persist("cpg", until, || cpg::local_get(&group))?;
        let site = persist("cmap", until, || Site::read(NodeId(node.into())))?;
        Ok((Self { group, quorum, votes, links }, site))
    }

    /// Takes part in the group; what is said in it from now on is dispatched.
    ///
    /// # Errors
    /// When Corosync has gone.
    pub fn join(&self) -> Result<(), ConnectionError> {
        let until = Instant::now() + PATIENCE;
        // Changes first, so that none falls between them and the present, which a connection that
        // is told of changes cannot ask for any more.
        persist("quorum", until, || quorum::trackstart(&self.quorum, TrackFlags::Changes))?;
        let (present, _) =
            persist("quorum", until, || quorum::initialize(&callbacks::quorum(), 0))?;
        persist("quorum", until, || quorum::trackstart(&present, TrackFlags::Current))?;
        pass(quorum::dispatch(&present, DispatchFlags::One), "quorum")?;
        persist("cpg", until, || cpg::join(&self.group, GROUP))
    }

    /// Leaves the group; that this is done is dispatched as a configuration without this process.
    ///
    /// # Errors
    /// When Corosync has gone.
    pub fn leave(&self) -> Result<(), ConnectionError> {
        let until = Instant::now() + PATIENCE;
        persist("cpg", until, || cpg::leave(&self.group, GROUP))
    }

    /// What becomes readable when there is something to dispatch.
    ///
    /// # Errors
    /// When Corosync has gone.
    pub fn descriptors(&self) -> Result<[RawFd; 2], ConnectionError> {
        let group = cpg::fd_get(&self.group).map_err(lost("cpg"))?;
        let quorum = quorum::fd_get(&self.quorum).map_err(lost("quorum"))?;
        Ok([group, quorum])
    }

    /// Passes on everything that Corosync has told and `hear` has not heard.
    ///
    /// # Errors
    /// When Corosync has gone.
    pub fn dispatch(&self, mut hear: impl FnMut(Input<'_>)) -> Result<(), ConnectionError> {
        pass(quorum::dispatch(&self.quorum, DispatchFlags::All), "quorum")?;
        pass(cpg::dispatch(&self.group, DispatchFlags::All), "cpg")?;
        for told in callbacks::drain() {
            hear(match &told {
                Told::Configuration { members, left, joined } => Input::Configuration {
                    members: members.clone(),
                    left: left.clone(),
                    joined: joined.clone(),
                },
                Told::Ring(ring) => Input::Ring(*ring),
                Told::Quorum { ring, nodes, quorate } => {
                    self.votes.count(*ring, nodes.clone(), *quorate)
                }
                Told::Delivered { from, bytes } => Input::Delivered { from: *from, bytes },
            });
        }
        if self.votes == Votes::NoProvider {
            hear(Input::NoQuorumProvider);
        }
        Ok(())
    }

    /// Sends to the group.
    ///
    /// # Errors
    /// When Corosync has gone.
    pub fn multicast(&self, bytes: &[u8]) -> Result<Sent, ConnectionError> {
        match cpg::mcast_joined(&self.group, cpg::Guarantee::TypeAgreed, bytes) {
            Ok(()) => Ok(Sent::Yes),
            Err(CsError::CsErrTryAgain | CsError::CsErrQueueFull) => Ok(Sent::NotYet),
            Err(why) => Err(lost("cpg")(why)),
        }
    }

    /// How the links to a node are: whether they are connected, and the largest datagram. Empty when
    /// Corosync does not say.
    pub fn links(&self, node: NodeId) -> Vec<(LinkId, LinkState, u16)> {
        let node = rust_corosync::NodeId::from(node.0);
        let Ok(status) = cfg::node_status_get(&self.links, node, cfg::NodeStatusVersion::V1) else {
            return Vec::new();
        };
        let link = |(id, link): (u8, &cfg::LinkStatus)| {
            let state = if link.connected { LinkState::Connected } else { LinkState::Disconnected };
            (LinkId(id), state, u16::try_from(link.mtu).unwrap_or(u16::MAX))
        };
        let configured = (0..LINKS).zip(&status.link_status).filter(|(_, link)| link.enabled);
        configured.map(link).collect()
    }
}

/// Tries until Corosync has time: it has none while it starts and while its ring is forming.
fn persist<T>(
    library: &'static str,
    until: Instant,
    mut attempt: impl FnMut() -> Result<T, CsError>,
) -> Result<T, ConnectionError> {
    loop {
        match attempt() {
            Ok(value) => return Ok(value),
            Err(why) if Instant::now() >= until || why == CsError::CsErrAccess => {
                return Err(ConnectionError::Absent { library, why: why.to_string() });
            }
            Err(_) => std::thread::sleep(RETRY),
        }
    }
}

fn pass(outcome: Result<(), CsError>, library: &'static str) -> Result<(), ConnectionError> {
    match outcome {
        Ok(()) | Err(CsError::CsErrTryAgain) => Ok(()),
        Err(why) => Err(lost(library)(why)),
    }
}

fn lost(library: &'static str) -> impl Fn(CsError) -> ConnectionError {
    move |why| ConnectionError::Lost { library, why: why.to_string() }
}
