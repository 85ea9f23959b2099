//! Time, and everything that happens in it.

mod agents;
mod event;
mod faults;
mod traffic;

use crate::network::Network;
use crate::recording::{Digest, Recording, Said};
use crate::script::{Luck, Script};
use crate::server::{Server, Site};
use crate::truth::{Promise, Truth};
use base::{Instant, NodeId, Rng, WallTime};
use cluster::Configuration;
use event::{Event, Queue};
use group::{GroupCommand, GroupEvent};
use manager::{Acknowledgement, Kept, Reply, RequestId};
use node::Node;
use std::collections::BTreeMap;
use std::time::Duration;
use traffic::Wiretap;

/// A world in virtual time.
pub struct World {
    now: Instant,
    rng: Rng,
    voices: Rng,
    network: Network,
    site: Site,
    servers: BTreeMap<NodeId, Server>,
    truth: Truth,
    recording: Recording,
    queue: Queue,
    wiretap: Wiretap,
    /// Good rings of each pair, as last told to the truth.
    good_rings: BTreeMap<(NodeId, NodeId), u8>,
    log: Vec<String>,
    trace: u64,
    /// Since when nothing goes wrong any more.
    whole_since: Option<Instant>,
    spoken: u64,
}

impl World {
    /// A world in which all servers are dark, each with `configuration` on its disk, until the
    /// script switches them on.
    pub fn new(script: &Script, configuration: &Configuration) -> Self {
        let mut rng = Rng::new(script.setup.seed);
        let site = Site::new(&script.setup);
        let server = |id: &NodeId| {
            let rng = rng.fork("server");
            (*id, Server::new(*id, Kept::only(configuration.clone()), rng))
        };
        let servers: BTreeMap<NodeId, Server> = site.names.keys().map(server).collect();
        let mut world = Self {
            now: Instant::default(),
            network: Network::new(script.setup.nodes, script.setup.rings, rng.fork("network")),
            wiretap: Wiretap::new(rng.fork("wiretap")),
            voices: rng.fork("voices"),
            rng: rng.fork("world"),
            site,
            servers,
            truth: Truth::default(),
            recording: Recording::default(),
            queue: Queue::default(),
            good_rings: BTreeMap::new(),
            log: Vec::new(),
            trace: 0,
            whole_since: None,
            spoken: 0,
        };
        for (at, fault) in &script.events {
            world.queue.put(*at, Event::Fault(fault.clone()));
        }
        if script.setup.chatter {
            let nodes: Vec<NodeId> = world.servers.keys().copied().collect();
            for node in nodes {
                world.queue.put(world.now, Event::Speaks { node, goes_on: true });
            }
        }
        world
    }

    /// The time in this world.
    pub const fn now(&self) -> Instant {
        self.now
    }

    /// What is really active where, and what befell whom.
    pub const fn truth(&self) -> &Truth {
        &self.truth
    }

    /// What the processes were told.
    pub const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// What happened, a line each, for whoever has to find out why.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// A fingerprint of everything that happened, to the last datagram.
    pub const fn trace(&self) -> u64 {
        self.trace
    }

    /// The daemon of a node, if it runs.
    pub fn daemon(&self, node: NodeId) -> Option<&Node> {
        self.servers.get(&node)?.daemon.as_ref()
    }

    /// Lets time pass.
    pub fn run_until(&mut self, end: Instant) {
        while let Some((at, event)) = self.queue.next(end) {
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(end);
    }

    fn put_after(&mut self, delay: Duration, event: Event) {
        self.queue.put(self.now + delay, event);
    }

    fn note(&mut self, line: &str) {
        let line = format!("{} {line}", self.now);
        self.mix(Digest::of(line.as_bytes()).0);
        self.log.push(line);
    }

    const fn mix(&mut self, word: u64) {
        self.trace = (self.trace ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }
}

/// What happens.
impl World {
    fn happen(&mut self, event: Event) {
        if let Some(until) = self.held_up(&event) {
            self.queue.put(until, event);
            return;
        }
        match event {
            Event::Wake(node) => self.wake(node),
            Event::Datagram { to, link, packet } => self.arrive(to, link, packet),
            Event::Planned { to, incarnation, request } => {
                let planned = Box::new(request.plan());
                self.tell(
                    to,
                    incarnation,
                    manager::Input::Planned { serial: request.serial, planned },
                );
            }
            Event::Told { to, incarnation, input } => self.tell(to, incarnation, *input),
            Event::AgentEnds { on, incarnation, run } => self.agent_ends(on, incarnation, run),
            Event::PowerSwitched { by, incarnation, run, conduct } => {
                self.fenced(by, incarnation, (&run, conduct));
            }
            Event::Stored { on, incarnation, kept } => {
                self.stored(on, incarnation, *kept);
            }
            Event::DaemonStarts(node) => self.daemon_starts(node),
            Event::Speaks { node, goes_on } => self.speaks(node, goes_on),
            Event::Fault(fault) => self.fail(&fault),
        }
    }

    /// A paused server sees everything when it goes on.
    fn held_up(&self, event: &Event) -> Option<Instant> {
        let node = match event {
            Event::Wake(node) | Event::DaemonStarts(node) | Event::Speaks { node, .. } => node,
            Event::Planned { to, .. } | Event::Told { to, .. } => to,
            Event::AgentEnds { on, .. } | Event::Stored { on, .. } => on,
            Event::Datagram { .. } | Event::PowerSwitched { .. } | Event::Fault(_) => return None,
        };
        let until = self.servers.get(node)?.paused_until;
        (until > self.now).then_some(until)
    }

    fn wake(&mut self, node: NodeId) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        if server.wake_at.is_some_and(|at| at <= self.now) {
            server.wake_at = None;
            self.step(node, node::Input::Wake);
        }
    }

    fn tell(&mut self, to: NodeId, incarnation: u64, input: manager::Input) {
        let Some(server) = self.servers.get(&to) else { return };
        if server.incarnation != incarnation {
            return;
        }
        if server.paused_until > self.now {
            let input = Box::new(input);
            self.queue.put(server.paused_until, Event::Told { to, incarnation, input });
            return;
        }
        self.step(to, node::Input::Manager(input));
    }

    fn step(&mut self, node: NodeId, input: node::Input<'_>) {
        let now = self.now;
        let mut out = Vec::new();
        let Some(server) = self.servers.get_mut(&node) else { return };
        let Some(daemon) = server.daemon.as_mut() else { return };
        let wall = WallTime::from_seconds(1_700_000_000) + now.since_start();
        let wall = WallTime(wall.0.saturating_add(server.clock_off));
        let was_joined = daemon.manager().is_joined();
        daemon.step(now, wall, input, &mut out);
        let taught = !was_joined && daemon.manager().is_joined();
        self.truth.tally.taught += u64::from(taught);
        let (stage, kept) = (daemon.group().stage(), daemon.group().kept());
        let wake = daemon.next_wake().max(now + Duration::from_micros(50));
        if server.wake_at.is_none_or(|at| at > wake) {
            server.wake_at = Some(wake);
            self.queue.put(wake, Event::Wake(node));
        }
        if let Some(life) = self.recording.lives.get_mut(server.life) {
            life.reach(now, stage);
            life.most_kept = life.most_kept.max(kept);
        }
        self.hear_what_to_leave_alone(node);
        for output in out {
            self.carry_out(node, output);
        }
    }

    fn hear_what_to_leave_alone(&mut self, node: NodeId) {
        let Some(server) = self.servers.get_mut(&node) else { return };
        if let Some(daemon) = &server.daemon {
            let configuration = &daemon.manager().state().configuration;
            let is_news = server.left_alone.hear(self.now, &self.site.names[&node], configuration);
            if is_news {
                let services = server.left_alone.services().map(str::to_owned).collect();
                self.truth.left_alone.push((self.now, node, services));
            }
        }
    }

    fn carry_out(&mut self, node: NodeId, output: node::Output) {
        match output {
            // All nodes are listed, with their addresses.
            node::Output::Announce { .. } | node::Output::Met { .. } => {}
            node::Output::Send { link, to, bytes } => self.send(node, link, to, bytes),
            node::Output::PersistViewCounter(counter) => {
                if let Some(server) = self.servers.get_mut(&node) {
                    server.persist_view_counter(counter);
                }
            }
            node::Output::Asked(command) => self.asked(node, &command),
            node::Output::Told(event) => self.told(node, event),
            node::Output::PersistExpectedVotes(votes) => {
                if let Some(server) = self.servers.get_mut(&node) {
                    server.expected_votes = votes;
                }
            }
            node::Output::Manager(output) => self.manage(node, *output),
        }
    }

    fn asked(&mut self, node: NodeId, command: &GroupCommand) {
        let Some(server) = self.servers.get(&node) else { return };
        if let GroupCommand::Submit { payload, delivery, .. } = command
            && let Some(life) = self.recording.lives.get_mut(server.life)
        {
            let (digest, delivery) = (Digest::of(payload), *delivery);
            life.said.push(Said { at: self.now, digest, delivery });
        }
    }

    fn told(&mut self, node: NodeId, event: GroupEvent) {
        match &event {
            GroupEvent::View { view, left } => {
                let quorum = if view.quorum.quorate { "quorate" } else { "NOT quorate" };
                let nodes: Vec<String> = view.nodes().iter().map(ToString::to_string).collect();
                self.note(&format!("n{node}: view {} {nodes:?} {quorum}, left {left:?}", view.id));
            }
            GroupEvent::Suspected { .. } | GroupEvent::Paused { .. } => {
                self.note(&format!("n{node}: {event:?}"));
            }
            _ => {}
        }
        let Some(server) = self.servers.get_mut(&node) else { return };
        if let GroupEvent::View { view, .. } = &event {
            server.is_quorate = view.quorum.quorate;
        }
        if let Some(life) = self.recording.lives.get_mut(server.life) {
            life.hear(self.now, event);
        }
    }

    fn manage(&mut self, node: NodeId, output: manager::Output) {
        let Some(server) = self.servers.get(&node) else { return };
        let incarnation = server.incarnation;
        match output {
            manager::Output::Plan(request) => {
                // A busy machine takes its time now and then.
                let is_slow = self.site.setup.luck == Luck::Fickle && self.rng.percent(10);
                let slow = if is_slow { self.rng.below(2000) } else { 0 };
                if is_slow {
                    let until = self.now + Duration::from_millis(5 + slow);
                    self.truth.slow_plans.push((self.now, until));
                }
                let request = Box::new(request);
                let event = Event::Planned { to: node, incarnation, request };
                self.put_after(Duration::from_millis(5 + slow), event);
            }
            manager::Output::Run(run) => self.agent_begins(node, incarnation, run),
            manager::Output::End(run) => {
                let event = Event::AgentEnds { on: node, incarnation, run };
                self.put_after(Duration::from_millis(1), event);
            }
            manager::Output::Fence(run) => self.fencing_begins(node, incarnation, run),
            manager::Output::Store(kept) => {
                let kept = Box::new(kept);
                let takes = Duration::from_millis(1 + self.rng.below(20));
                if let Some(server) = self.servers.get_mut(&node) {
                    // One write after the other.
                    server.disk_busy_until = server.disk_busy_until.max(self.now) + takes;
                    let event = Event::Stored { on: node, incarnation, kept };
                    self.queue.put(server.disk_busy_until, event);
                }
            }
            manager::Output::Event(event) => self.note(&format!("n{node}: {}", event.kind)),
            manager::Output::Finished => self.daemon_left(node),
            manager::Output::Reply(request, Reply::Done(sure)) => {
                self.promised(node, request, sure);
            }
            manager::Output::Reply(_, Reply::Refused(why)) => {
                self.truth.refusals.push(format!("{} n{node}: {why}", self.now));
            }
            manager::Output::Group(_) | manager::Output::Reply(..) => {}
        }
    }

    fn promised(&mut self, node: NodeId, request: RequestId, sure: Acknowledgement) {
        if let Some(mark) = u32::try_from(request.0).ok().filter(|_| request != faults::NOBODY) {
            self.note(&format!("n{node}: mark {mark} is made: {sure:?}"));
            self.truth.promises.push(Promise { at: self.now, node, mark, sure });
        }
    }

    /// A write is on disk, if the power held until then.
    fn stored(&mut self, on: NodeId, incarnation: u64, kept: Kept) {
        let standing = kept.standing();
        let Some(server) = self.servers.get_mut(&on) else { return };
        if !server.has_power_since(incarnation) {
            self.truth.tally.lost_writes += 1;
            return;
        }
        server.kept = kept;
        self.tell(on, incarnation, manager::Input::Stored(standing));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{fenced_pairs, storm};

    #[test]
    fn the_same_script_gives_the_same_run() {
        let run = |seed| {
            let script = storm(seed);
            let mut world = World::new(&script, &fenced_pairs(&script.setup));
            world.run_until(script.end);
            (world.trace(), world.log().to_vec())
        };
        assert_eq!(run(7), run(7));
        assert_ne!(run(7).0, run(8).0);
    }
}
