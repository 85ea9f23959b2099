//! What goes wrong, and how everything is made whole again.

use super::World;
use super::event::Event;
use crate::fault::Fault;
use crate::orders::{command, left_over};
use crate::server::Server;
use crate::truth::{Activity, Ending, Hindrance, Path};
use crate::wires::{Trouble, Wires};
use base::{Instant, NodeId};
use cluster::Configuration;
use manager::{Command, RequestId};
use std::sync::Arc;
use std::time::Duration;

/// The end of what has not ended.
const OPEN: Instant = Instant::after_start(Duration::MAX);

/// Whose answers nobody waits for.
pub(super) const NOBODY: RequestId = RequestId(0);

impl World {
    /// All faults end: all cables are mended, all power is on, all daemons run, agents begin to do
    /// well; and when they have
    /// come together, nobody is left in standby and nothing in maintenance ([`World::put_in_order`]).
    pub fn make_whole(&mut self) {
        self.note("all is made whole");
        self.whole_since = Some(self.now);
        self.rewire(&Wires::ALL, Trouble::Mended);
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in nodes {
            self.servers.get_mut(&node).into_iter().for_each(|server| server.conducts.clear());
            self.slow_down(node, Duration::ZERO);
            self.put_after(Duration::ZERO, Event::Fault(Fault::PowerOn(node)));
            self.put_after(Duration::from_millis(200), Event::DaemonStarts(node));
        }
    }

    /// Somebody ends what is not over of what people have said, where the lowest node knows it.
    pub fn put_in_order(&mut self) {
        let Some(asked) = self.servers.keys().next().copied() else { return };
        let Some(configuration) = self.configuration_of(asked) else { return };
        for fault in left_over(&configuration) {
            let command = command(&fault, &configuration);
            command.into_iter().for_each(|command| self.ask(asked, command));
        }
    }

    /// Whether there is nothing of that, as far as the lowest node knows.
    pub fn is_in_order(&self) -> bool {
        let asked = self.servers.keys().next();
        let configuration = asked.and_then(|asked| self.configuration_of(*asked));
        configuration.is_some_and(|configuration| left_over(&configuration).is_empty())
    }

    fn configuration_of(&self, node: NodeId) -> Option<Arc<Configuration>> {
        Some(Arc::clone(&self.daemon(node)?.manager().state().configuration))
    }

    /// Something goes wrong now.
    pub fn fail(&mut self, fault: &Fault) {
        self.note(&fault.to_string());
        self.raise_voices();
        match fault {
            Fault::PowerOff(node) => self.go_dark(*node),
            Fault::PowerOn(node) => self.boot(*node),
            Fault::Wipe(node) => {
                self.go_dark(*node);
                self.truth.tally.lost_disks += 1;
                self.servers.get_mut(node).into_iter().for_each(Server::lose_disk);
            }
            Fault::KillDaemon(node) => self.kill(*node),
            Fault::Leave(node) => self.ask(*node, Command::Shutdown),
            Fault::Start(node) => self.put_after(Duration::ZERO, Event::DaemonStarts(*node)),
            Fault::Pause(node, pause) => self.pause(*node, *pause),
            Fault::Slow(node, each) => self.slow_down(*node, *each),
            Fault::ClockJump(node, seconds) => {
                if let Some(server) = self.servers.get_mut(node) {
                    server.clock_off = server.clock_off.saturating_add(seconds * 1000);
                }
            }
            Fault::Wires(wires, trouble) => self.rewire(wires, *trouble),
            Fault::Heal => self.rewire(&Wires::ALL, Trouble::Mended),
            Fault::Replay(node, count) => self.replay(*node, *count),
            Fault::Garbage(node, count) => self.garbage(*node, *count),
            Fault::Talk(node, count) => self.talk(*node, *count),
            Fault::ServiceDies(node, service) => {
                self.truth.set(self.now, *node, service, Activity::Inactive);
            }
            Fault::ServiceRuns(node, service) => {
                self.truth.set(self.now, *node, service, Activity::Active);
            }
            Fault::Agent(node, service, task, conduct) => {
                if let Some(server) = self.servers.get_mut(node) {
                    server.conducts.insert((service.clone(), task.clone()), *conduct);
                }
            }
            Fault::Standby(..) | Fault::Maintenance(_) | Fault::Manage(..) => self.say(fault),
            Fault::Load(node, load) => self.feel(*node, *load),
            Fault::Cleanup(what) => {
                self.ask_somebody(&Command::Cleanup { resource: None, node: None, what: *what });
            }
            Fault::Edit(node, mark) => {
                let request = RequestId(u64::from(*mark));
                let configuration = self.configuration_of(*node);
                let command = configuration.and_then(|it| command(fault, &it));
                command.into_iter().for_each(|command| self.ask_as(request, *node, command));
            }
        }
    }

    /// Its daemon looks at the load, and sees this.
    fn feel(&mut self, node: NodeId, load: u32) {
        if let Some(server) = self.servers.get(&node) {
            self.tell(node, server.incarnation, manager::Input::Load(load));
        }
    }

    fn kill(&mut self, node: NodeId) {
        if self.daemon(node).is_some() {
            self.end_process(node, Ending::Killed);
            let delay = Duration::from_millis(50 + self.rng.below(100));
            self.put_after(delay, Event::DaemonStarts(node));
        }
    }

    fn pause(&mut self, node: NodeId, pause: Duration) {
        let Some(server) = self.servers.get_mut(&node).filter(|server| server.powered) else {
            return;
        };
        let (from, until) = (self.now, (self.now + pause).max(server.paused_until));
        server.paused_until = until;
        self.truth.hindrances.push(Hindrance { node, from, until, is_pause: true });
    }

    fn slow_down(&mut self, node: NodeId, each: Duration) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        let drained = server.busy_until.max(self.now);
        server.slowness = each;
        let open = |one: &&mut Hindrance| one.node == node && one.until == OPEN;
        self.truth.hindrances.iter_mut().filter(open).for_each(|one| one.until = drained);
        if !each.is_zero() {
            let (from, until) = (self.now, OPEN);
            self.truth.hindrances.push(Hindrance { node, from, until, is_pause: false });
        }
    }

    fn rewire(&mut self, wires: &Wires, trouble: Trouble) {
        self.network.suffer(wires, trouble);
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for one in &nodes {
            for other in nodes.iter().filter(|other| *other > one) {
                let good_rings = self.network.good_rings(*one, *other);
                let before = self.good_rings.insert((*one, *other), good_rings);
                if before.unwrap_or(self.site.setup.rings) != good_rings {
                    let (at, one, other) = (self.now, *one, *other);
                    self.truth.paths.push(Path { at, one, other, good_rings });
                }
            }
        }
    }

    /// Somebody asks a node for something.
    pub fn ask(&mut self, node: NodeId, command: Command) {
        self.ask_as(NOBODY, node, command);
    }

    fn ask_as(&mut self, request: RequestId, node: NodeId, command: Command) {
        let Some(server) = self.servers.get(&node) else { return };
        self.tell(node, server.incarnation, manager::Input::Request(request, command));
    }

    /// A person changes what whichever node answers has; a refusal is as good as an answer here.
    fn say(&mut self, fault: &Fault) {
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in nodes {
            let configuration = self.configuration_of(node);
            let command = configuration.and_then(|configuration| command(fault, &configuration));
            command.into_iter().for_each(|command| self.ask(node, command));
        }
    }

    /// A person asks whichever node answers; a refusal is as good as an answer here.
    fn ask_somebody(&mut self, command: &Command) {
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in nodes {
            self.ask(node, command.clone());
        }
    }
}
