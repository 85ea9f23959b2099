//! Group and manager composed: one whole node as one machine.
//!
//! The simulator runs this type as it is. The daemon runs its two halves on threads of their own,
//! with the same wiring, so that nothing the manager does can delay a heartbeat.
//!
//! **What it never does.** Anything but pass on: events of the group to the manager, commands of
//! the manager to the group.

use base::{Instant, NodeId, WallTime};
use group::{Group, GroupCommand, GroupEvent, LinkId};
use manager::Manager;
use std::sync::Arc;

/// Something happened.
#[derive(Debug)]
pub enum Input<'a> {
    /// The time that [`Node::next_wake`] named has come.
    Wake,
    /// A datagram came in.
    Datagram {
        /// On this ring.
        link: LinkId,
        /// The sealed packet.
        bytes: &'a [u8],
    },
    /// Something for the manager.
    Manager(manager::Input),
    /// Somebody beside the manager speaks to the group.
    Group(GroupCommand),
}

/// Something is to be done.
#[derive(Debug)]
pub enum Output {
    /// A datagram is to be sent.
    Send {
        /// On this ring.
        link: LinkId,
        /// To this node.
        to: NodeId,
        /// The sealed packet. Those that go to several nodes are the same allocation.
        bytes: Arc<[u8]>,
    },
    /// A datagram is to be sent to whoever listens on a ring.
    Announce {
        /// On this ring.
        link: LinkId,
        /// The sealed packet.
        bytes: Arc<[u8]>,
    },
    /// The datagram just taken in came from this node, whose address may not have been known.
    Met {
        /// On this ring.
        link: LinkId,
        /// Who sent it.
        node: NodeId,
    },
    /// Keep this number on disk and give it to the next process as [`group::Birth::view_counter`].
    PersistViewCounter(u64),
    /// Keep this number on disk and give it to the next process as [`group::Birth::expected_votes`].
    PersistExpectedVotes(u32),
    /// What the manager wants done; never [`manager::Output::Group`].
    Manager(Box<manager::Output>),
    /// Nothing to do: the group half was asked for this. Whoever watches sees what passes between
    /// the halves, in the order in which it does.
    Asked(GroupCommand),
    /// Nothing to do: the group half said this to the manager.
    Told(GroupEvent),
}

/// One node.
pub struct Node {
    group: Group,
    manager: Manager,
    now: Instant,
    wall: WallTime,
}

impl Node {
    /// A node made of its two halves.
    pub fn new(group: Group, manager: Manager) -> Self {
        Self { group, manager, now: Instant::default(), wall: WallTime::default() }
    }

    /// The group half, to look at.
    pub const fn group(&self) -> &Group {
        &self.group
    }

    /// The manager half, to look at.
    pub const fn manager(&self) -> &Manager {
        &self.manager
    }

    /// Takes one input and says what is to be done.
    pub fn step(&mut self, now: Instant, wall: WallTime, input: Input<'_>, out: &mut Vec<Output>) {
        (self.now, self.wall) = (now, wall);
        let mut said = Vec::new();
        match input {
            Input::Wake => {
                self.group.step(now, group::Input::Wake, &mut said);
                self.think(manager::Input::Wake, &mut said, out);
            }
            Input::Datagram { link, bytes } => {
                self.group.step(now, group::Input::Datagram { link, bytes }, &mut said);
            }
            Input::Manager(input) => self.think(input, &mut said, out),
            Input::Group(command) => self.ask(command, &mut said, out),
        }
        self.pass_on(said, out);
    }

    /// When to call [`Node::step`] with [`Input::Wake`] at the latest.
    pub fn next_wake(&self) -> Instant {
        let group = self.group.next_wake();
        self.manager.next_wake().map_or(group, |manager| manager.min(group))
    }

    /// What the group says goes to the manager, until neither has anything to say.
    fn pass_on(&mut self, mut said: Vec<group::Output>, out: &mut Vec<Output>) {
        while !said.is_empty() {
            let mut more = Vec::new();
            for output in said {
                match output {
                    group::Output::Send { link, to, bytes } => {
                        out.push(Output::Send { link, to, bytes });
                    }
                    group::Output::Announce { link, bytes } => {
                        out.push(Output::Announce { link, bytes });
                    }
                    group::Output::Met { link, node } => out.push(Output::Met { link, node }),
                    group::Output::PersistViewCounter(counter) => {
                        out.push(Output::PersistViewCounter(counter));
                    }
                    group::Output::PersistExpectedVotes(votes) => {
                        out.push(Output::PersistExpectedVotes(votes));
                    }
                    group::Output::Event(event) => {
                        out.push(Output::Told(event.clone()));
                        self.think(manager::Input::Group(event), &mut more, out);
                    }
                }
            }
            said = more;
        }
    }

    /// One step of the manager; its commands go to the group at once.
    fn think(
        &mut self,
        input: manager::Input,
        said: &mut Vec<group::Output>,
        out: &mut Vec<Output>,
    ) {
        let mut wanted = Vec::new();
        self.manager.step(self.now, self.wall, input, &mut wanted);
        for output in wanted {
            match output {
                manager::Output::Group(command) => self.ask(command, said, out),
                other => out.push(Output::Manager(Box::new(other))),
            }
        }
    }

    fn ask(&mut self, command: GroupCommand, said: &mut Vec<group::Output>, out: &mut Vec<Output>) {
        out.push(Output::Asked(command.clone()));
        self.group.step(self.now, group::Input::Command(command), said);
    }
}
