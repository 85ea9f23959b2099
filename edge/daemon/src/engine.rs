//! What tells who is there and what was said in which order. The rest of the daemon does not know
//! which of them runs.

#[cfg(feature = "corosync")]
mod over_corosync;

use crate::Options;
use crate::asker;
use crate::colleagues::Colleagues;
use crate::groups::{Directory, Groups};
use crate::managing::{ToManager, now};
use crate::reply;
use crate::rings::{Rings, ToRings};
use crate::site::Addresses;
use crate::start::StartError;
use crate::storage::ToDisk;
use base::{Instant, NodeId};
use conf::ClusterConf;
use group::{Birth, Channel, Group, GroupConfig, GroupEvent, Refusal, ViewId};
use mio::Registry;
use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use tokio::sync::oneshot;

/// The group layer's thread. Orders come by the [`ToRings`] that was made with it.
pub(crate) trait Engine: Send {
    /// Takes part in the cluster as a new process, until nobody gives orders any more.
    fn run(self: Box<Self>, birth: Birth, listeners: Listeners);
}

/// An engine that is ready to run, and what it says of the nodes.
pub(crate) struct Ready {
    pub(crate) engine: Box<dyn Engine>,
    /// Of the queue that the engine's thread waits at.
    pub(crate) registry: Registry,
    pub(crate) orders: ToRings,
    /// This node.
    pub(crate) node: NodeId,
    /// All that are listed.
    pub(crate) names: BTreeMap<NodeId, String>,
    /// Who is where.
    pub(crate) addresses: Addresses,
    /// What our own engine is told; nothing where that is another's business.
    pub(crate) group: Option<GroupConfig>,
}

/// Our own: the group machine, on its rings.
pub(crate) struct OnRings {
    pub(crate) rings: Rings,
    pub(crate) config: GroupConfig,
}

impl Engine for OnRings {
    fn run(self: Box<Self>, birth: Birth, listeners: Listeners) {
        self.rings.run(Group::new(self.config, birth, now()), listeners);
    }
}

/// A Corosync that runs on this machine.
#[cfg(feature = "corosync")]
pub(crate) fn over_corosync(options: &Options, conf: &ClusterConf) -> Result<Ready, StartError> {
    over_corosync::open(options, conf)
}

/// Corosync's client libraries would have to be there already when this is built.
#[cfg(not(feature = "corosync"))]
pub(crate) fn over_corosync(_: &Options, _: &ClusterConf) -> Result<Ready, StartError> {
    Err(StartError::NoSuchEngine)
}

/// Who hears what the engine says.
pub(crate) struct Listeners {
    manager: Sender<ToManager>,
    disk: Sender<ToDisk>,
    /// Served by the thread that tells: see there.
    pub(crate) groups: Groups,
    colleagues: Colleagues,
    asker: Sender<GroupEvent>,
    pub(crate) history: History,
}

/// What has been heard from the engine. Kept here because the manager may be busy when a view
/// comes: the moment it is told is not the moment the view is installed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct History {
    /// The last view, and when it was installed.
    pub(crate) view: Option<(ViewId, Instant)>,
    /// How often another node was suspected.
    pub(crate) suspicions: u64,
}

impl History {
    fn note(&mut self, event: &GroupEvent) {
        match event {
            GroupEvent::View { view, .. } => self.view = Some((view.id, now())),
            GroupEvent::Suspected { .. } => self.suspicions += 1,
            _ => {}
        }
    }
}

/// Which of the upper layers an event is for.
enum Audience {
    Manager,
    Groups,
    Daemons,
    All,
}

fn audience(event: &GroupEvent) -> Audience {
    match event {
        GroupEvent::Deliver { channel, .. } | GroupEvent::Absorbed { channel, .. } => match channel
        {
            Channel::Cluster => Audience::Manager,
            Channel::Processes => Audience::Groups,
            Channel::Daemons => Audience::Daemons,
        },
        GroupEvent::View { .. } | GroupEvent::Left | GroupEvent::Refused(Refusal::Leaving) => {
            Audience::All
        }
        _ => Audience::Manager,
    }
}

impl Listeners {
    pub(crate) fn new(
        manager: Sender<ToManager>,
        disk: Sender<ToDisk>,
        groups: Groups,
        colleagues: Colleagues,
        asker: Sender<GroupEvent>,
    ) -> Self {
        Self { manager, disk, groups, colleagues, asker, history: History::default() }
    }

    /// Hands an event to those it is for.
    pub(crate) fn tell(&mut self, event: GroupEvent) {
        self.history.note(&event);
        if asker::concerns(&event) && self.asker.send(event.clone()).is_err() {
            tracing::debug!("the daemon is ending; the arbiter is not asked any more");
        }
        match audience(&event) {
            Audience::Manager => self.tell_manager(event),
            Audience::Groups => self.groups.hear(event),
            Audience::Daemons => self.colleagues.tell(event),
            Audience::All => {
                self.groups.hear(event.clone());
                self.colleagues.tell(event.clone());
                self.tell_manager(event);
            }
        }
    }

    /// Answers with all named groups.
    pub(crate) fn list_groups(&self, answer: oneshot::Sender<Directory>) {
        reply::give(answer, self.groups.directory());
    }

    fn tell_manager(&self, event: GroupEvent) {
        let input = manager::Input::Group(event);
        if self.manager.send(ToManager::Input(input)).is_err() {
            tracing::debug!("the daemon is ending; an event was dropped");
        }
    }

    /// Counters far above were reserved on disk before the start: nobody waits here.
    pub(crate) fn write_down(&self, counter: u64) {
        if self.disk.send(ToDisk::ViewCounter(counter)).is_err() {
            tracing::debug!("the daemon is ending; a view counter was not written");
        }
    }

    /// The highest number of votes ever expected, where that is tracked.
    pub(crate) fn write_votes_down(&self, votes: u32) {
        if self.disk.send(ToDisk::ExpectedVotes(votes)).is_err() {
            tracing::debug!("the daemon is ending; expected votes were not written");
        }
    }
}
