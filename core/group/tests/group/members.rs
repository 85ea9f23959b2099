//! Named groups of client processes on a [`World`], and P1 to P4 over what the clients were told.

use crate::world::World;
use base::NodeId;
use group::processes::{
    Change, ConnectionId, GroupName, Input, Output, Process, Processes, Reason,
};
use group::{GroupEvent, ViewId};
use std::collections::BTreeMap;

/// What a client was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Members { members: Vec<Process>, joined: Vec<Change>, left: Vec<Change> },
    Said { sender: Process, body: Vec<u8> },
}

/// Where in its node's history: the view, and who had been together with it until all were level.
type Stage = (ViewId, String);

#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) process: Process,
    pub(crate) group: GroupName,
    pub(crate) log: Vec<(Stage, Heard)>,
    life: usize,
    said: u32,
    pub(crate) gone: bool,
}

impl Client {
    /// Has it been told that it is a member?
    fn is_in(&self) -> bool {
        !self.log.is_empty() && !self.gone
    }
}

/// The daemon's part of one life of a node.
struct Desk {
    processes: Processes,
    heard: usize,
    stages: Vec<Stage>,
}

pub(crate) struct Clients {
    pub(crate) world: World,
    pub(crate) clients: Vec<Client>,
    /// By life.
    desks: BTreeMap<usize, Desk>,
    /// Exchanges that a view change cut short.
    pub(crate) aborted: u32,
}

impl Clients {
    pub(crate) fn new(world: World) -> Self {
        Self { world, clients: Vec::new(), desks: BTreeMap::new(), aborted: 0 }
    }

    pub(crate) fn join(&mut self, node: u32, group: &str) -> usize {
        let connection = ConnectionId(u32::try_from(self.clients.len()).expect("few"));
        let process = Process { node: NodeId(node), pid: 100 + connection.0, connection };
        let group = GroupName::new(group).expect("short");
        let life = self.world.life_index(node);
        let log = Vec::new();
        let client = Client { process, group: group.clone(), log, life, said: 0, gone: false };
        self.clients.push(client);
        self.ask(life, Input::Join { process, group });
        self.clients.len() - 1
    }

    /// The client says its next number, if it is a member and its node is up.
    pub(crate) fn say(&mut self, client: usize, size: usize) {
        let Some(found) = self.clients.get_mut(client).filter(|client| client.is_in()) else {
            return;
        };
        if self.world.lives[found.life].over {
            return;
        }
        found.said += 1;
        let mut body = found.said.to_le_bytes().to_vec();
        body.resize(size.max(4), 7);
        let (process, group, life) = (found.process, found.group.clone(), found.life);
        self.ask(life, Input::Say { process, group, body });
    }

    /// The client falls behind, or catches up.
    pub(crate) fn follow(&mut self, client: usize, behind: bool) {
        let Client { process, life, .. } = self.clients[client];
        self.ask(life, Input::Behind { process, behind });
    }

    /// Are speakers to a group held back on `node`?
    pub(crate) fn is_slow(&self, node: u32, group: &str) -> bool {
        let group = GroupName::new(group).expect("short");
        self.desks[&self.world.life_index(node)].processes.is_slow(&group)
    }

    pub(crate) fn part(&mut self, client: usize, reason: Reason) {
        let Some(found) = self.clients.get_mut(client).filter(|client| client.is_in()) else {
            return;
        };
        found.gone = true;
        let (process, group, life) = (found.process, found.group.clone(), found.life);
        match reason {
            Reason::Leave => self.ask(life, Input::Leave { process, group }),
            _ => self.ask(life, Input::Gone(process)),
        }
    }

    pub(crate) fn run(&mut self, millis: u64) {
        for _ in 0..millis {
            self.world.run(1);
            self.listen();
        }
    }

    pub(crate) fn until(&mut self, limit: u64, done: impl Fn(&Self) -> bool) {
        for _ in 0..limit {
            if done(self) {
                return;
            }
            self.run(1);
        }
        panic!("not within {limit} ms: {:#?}", self.world.summary());
    }

    /// The members that `node` knows.
    pub(crate) fn members(&self, node: u32, group: &str) -> Vec<Process> {
        let desk = &self.desks[&self.world.life_index(node)];
        let found = desk.processes.groups().find(|(name, _)| name.as_str() == group);
        found.map_or_else(Vec::new, |(_, members)| members.iter().copied().collect())
    }

    /// Takes to each daemon what its group layer has said since.
    fn listen(&mut self) {
        for life in 0..self.world.lives.len() {
            let desk = self.desk(life);
            let heard = desk.heard;
            let news = self.world.lives[life].told[heard..].to_vec();
            self.desk(life).heard += news.len();
            for told in news {
                self.aborted += u32::from(self.hear(life, &told.event));
                self.ask(life, Input::Group(told.event));
            }
        }
    }

    fn desk(&mut self, life: usize) -> &mut Desk {
        let node = self.world.lives[life].node;
        self.desks.entry(life).or_insert_with(|| Desk {
            processes: Processes::new(node),
            heard: 0,
            stages: Vec::new(),
        })
    }

    /// Notes the stage; true when a view cuts an exchange short.
    fn hear(&mut self, life: usize, event: &GroupEvent) -> bool {
        let desk = self.desk(life);
        let GroupEvent::View { view, .. } = event else { return false };
        let level = desk.processes.is_level();
        let class = match desk.stages.last() {
            Some((id, _)) if level => id.to_string(),
            Some((id, class)) => format!("{id}<{class}"),
            None => format!("life {life}"),
        };
        let cut_short = !level && !desk.stages.is_empty();
        desk.stages.push((view.id, class));
        cut_short
    }

    fn ask(&mut self, life: usize, input: Input) {
        let node = self.world.lives[life].node;
        let desk = self.desk(life);
        let mut out = Vec::new();
        let was_level = desk.processes.is_level();
        desk.processes.step(input, &mut out);
        let still = was_level && desk.processes.is_level();
        if still && let Some((id, _)) = desk.stages.last().cloned() {
            // The first that all do alike.
            let level = (id, "level".to_owned());
            if desk.stages.last() != Some(&level) {
                desk.stages.push(level);
            }
        }
        let stage = desk.stages.last().cloned();
        for output in out {
            match output {
                Output::Group(command) => {
                    if !self.world.lives[life].over {
                        self.world.command(node.0, command);
                    }
                }
                Output::Message(message) => {
                    let (sender, body) = (message.sender, message.body().to_vec());
                    self.tell(&message.to, &stage, &Heard::Said { sender, body });
                }
                Output::Configuration { to, configuration } => {
                    let (members, left) = (configuration.members, configuration.left);
                    let joined = configuration.joined;
                    self.tell(&to, &stage, &Heard::Members { members, joined, left });
                }
                other => panic!("{other:?}"),
            }
        }
    }

    fn tell(&mut self, to: &[ConnectionId], stage: &Option<Stage>, heard: &Heard) {
        for connection in to {
            let client = &mut self.clients[connection.0 as usize];
            let own = |change: &Change| change.process == client.process;
            let first = matches!(heard, Heard::Members { joined, .. } if joined.iter().any(own));
            assert_eq!(client.log.is_empty(), first, "P4: {client:?} {heard:?}");
            let stage = stage.clone().expect("nothing is told before the first view");
            client.log.push((stage, heard.clone()));
        }
    }

    /// P1 and P2: who shares a stage is told the same, and all of it if they go on together.
    pub(crate) fn check(&self) {
        for (index, one) in self.clients.iter().enumerate() {
            for other in self.clients[index + 1..].iter().filter(|c| c.group == one.group) {
                self.compare(one, other);
            }
        }
    }

    fn compare(&self, one: &Client, other: &Client) {
        let (Some(ours), Some(theirs)) = (self.desks.get(&one.life), self.desks.get(&other.life))
        else {
            return;
        };
        let of = |client: &Client, stage: &Stage| -> Vec<Heard> {
            let log = client.log.iter().filter(|(at, _)| at == stage);
            log.map(|(_, heard)| heard.clone()).collect()
        };
        for (place, stage) in ours.stages.iter().enumerate() {
            let Some(there) = theirs.stages.iter().position(|at| at == stage) else { continue };
            let (a, b) = (of(one, stage), of(other, stage));
            let Some((a, b)) = align(&a, &b) else { continue };
            let common = a.len().min(b.len());
            assert_eq!(a[..common], b[..common], "P1, P2: {one:?} {other:?} in {stage:?}");
            let next = ours.stages.get(place + 1);
            let together = next.is_some() && next == theirs.stages.get(there + 1);
            if together && !one.gone && !other.gone {
                assert_eq!(a, b, "P1: {one:?} {other:?} in {stage:?}");
            }
        }
    }

    /// After everything is mended: one table everywhere, and nothing that was said is lost (P3).
    pub(crate) fn check_at_rest(&self) {
        let nodes: Vec<u32> = self.world.nodes().iter().map(|node| node.0).collect();
        for group in ["a", "b"] {
            let alive = |client: &&Client| !client.gone && !self.world.lives[client.life].over;
            let there = self.clients.iter().filter(alive).filter(|c| c.group.as_str() == group);
            let mut expected: Vec<_> = there.map(|client| client.process).collect();
            expected.sort_unstable();
            for node in &nodes {
                assert_eq!(self.members(*node, group), expected, "P2: {group} on {node}");
            }
        }
        for client in self.clients.iter().filter(|client| !client.gone) {
            if self.world.lives[client.life].over {
                continue;
            }
            let own = client.log.iter().filter_map(|(_, heard)| match heard {
                Heard::Said { sender, body } if *sender == client.process => {
                    Some(u32::from_le_bytes([body[0], body[1], body[2], body[3]]))
                }
                _ => None,
            });
            let own: Vec<_> = own.collect();
            assert_eq!(own, (1..=client.said).collect::<Vec<_>>(), "P3: {:?}", client.process);
        }
    }
}

/// The parts of two logs from where both were members on.
fn align<'a>(one: &'a [Heard], other: &'a [Heard]) -> Option<(&'a [Heard], &'a [Heard])> {
    let (a, b) = (one.first()?, other.first()?);
    if let Some(from) = one.iter().position(|heard| heard == b) {
        return Some((&one[from..], other));
    }
    other.iter().position(|heard| heard == a).map(|from| (one, &other[from..]))
}
