//! One peer over several links: sessions, round trips, which link carries what.
//!
//! A *session* is one process of a peer, and is confirmed only by a heartbeat that echoes a stamp
//! of ours that is fresh. So nothing that was recorded earlier, not even a past life of the peer,
//! can be taken for the peer (G8).

use crate::config::{GroupConfig, LinkPolicy, NodeConfig, Timing};
use crate::frame::{
    self, Blob, Echo, Frame, Greeting, Intent, Post, Process, Pulse, Route, Urgency,
};
use crate::machine::Output;
use crate::seal::{Header, Keys, ProcessKey, ReplayWindow, Sealer};
use crate::types::{Counters, LinkId, LinkState, LinkStatus};
use base::{Decode, Encode, Instant, NodeId};
use std::collections::BTreeMap;
use std::time::Duration;

/// Past incarnations of a peer that are remembered as over.
const RETIRED: usize = 8;
/// Frames being put together per peer, and parts per frame.
const ASSEMBLIES: usize = 4;
const PARTS: u16 = 512;

/// All peers of this node.
#[derive(Debug)]
pub(crate) struct Peers {
    me: Process,
    keys: Keys,
    sealer: Sealer,
    policy: LinkPolicy,
    timing: Timing,
    peers: BTreeMap<NodeId, Peer>,
    part_id: u64,
    pub(crate) counters: Counters,
}

#[derive(Debug)]
struct Peer {
    links: Vec<PeerLink>,
    session: Option<Session>,
    retired: Vec<u64>,
    turn: usize,
    probe_at: Instant,
    answered_at: Option<Instant>,
}

#[derive(Debug)]
struct Session {
    incarnation: u64,
    key: ProcessKey,
    heard_at: Instant,
    intent: Intent,
    parts: BTreeMap<u64, Assembly>,
}

#[derive(Debug)]
struct Assembly {
    pieces: Vec<Option<Vec<u8>>>,
}

#[derive(Debug)]
struct PeerLink {
    link: LinkId,
    window: ReplayWindow,
    /// The last stamp of the confirmed process, and of one that wants to be.
    stamp: Option<Stamp>,
    strange: Option<Stamp>,
    /// When we sent what the peer last echoed: until then both directions worked.
    confirmed: Option<Instant>,
    round_trip: Option<Duration>,
    reported: LinkState,
}

#[derive(Clone, Copy, Debug)]
struct Stamp {
    incarnation: u64,
    stamp: u64,
    at: Instant,
}

/// Frames of a confirmed peer.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) from: NodeId,
    pub(crate) frames: Vec<Frame>,
    /// The newest own moment that the peer has certainly seen, if this packet tells.
    pub(crate) seen: Option<Instant>,
}

impl Peers {
    pub(crate) fn new(config: &GroupConfig, me: Process, now: Instant) -> Self {
        let keys = Keys::new(config);
        let own: &[LinkId] =
            config.nodes.iter().find(|node| node.node == me.node).map_or(&[], |node| &node.links);
        let others = config.nodes.iter().filter(|node| node.node != me.node);
        let peers = others.map(|node| (node.node, Peer::new(own, node, now))).collect();
        Self {
            me,
            sealer: Sealer::new(&keys, me.node, me.incarnation),
            keys,
            policy: config.policy,
            timing: config.timing,
            peers,
            part_id: 0,
            counters: Counters::default(),
        }
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.peers.keys().copied()
    }

    /// The confirmed process of `node`.
    pub(crate) fn process(&self, node: NodeId) -> Option<Process> {
        let incarnation = self.peers.get(&node)?.session.as_ref()?.incarnation;
        Some(Process { node, incarnation })
    }

    /// For how long nothing was heard from `node`; nothing when it never was.
    pub(crate) fn silence(&self, node: NodeId, now: Instant) -> Option<Duration> {
        let session = self.peers.get(&node)?.session.as_ref()?;
        Some(now.saturating_since(session.heard_at))
    }

    /// Is `node` here to stay, and heard on some link?
    pub(crate) fn hears(&self, node: NodeId, now: Instant) -> bool {
        self.silence(node, now).is_some_and(|silence| silence < self.timing.patience)
            && !self.leaves(node)
    }

    /// Has the current process of `node` said good-bye?
    pub(crate) fn leaves(&self, node: NodeId) -> bool {
        let session = self.peers.get(&node).and_then(|peer| peer.session.as_ref());
        session.is_some_and(|session| session.intent == Intent::Leaves)
    }

    /// After a pause of our own: whoever was heard before it gets the whole patience again (L6).
    pub(crate) fn forgive(&mut self, asleep_since: Instant, now: Instant) {
        for session in self.peers.values_mut().filter_map(|peer| peer.session.as_mut()) {
            if asleep_since.saturating_since(session.heard_at) < self.timing.patience {
                session.heard_at = now;
            }
        }
    }

    /// The largest smoothed round trip over working links.
    pub(crate) fn round_trip(&self) -> Duration {
        let links = self.peers.values().flat_map(|peer| &peer.links);
        links.filter_map(|link| link.round_trip).max().unwrap_or_default()
    }

    /// Opens a datagram. Whatever is wrong with it is counted and has no other effect (G8).
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        link: LinkId,
        datagram: &[u8],
    ) -> Option<Received> {
        let Some(header) = self.keys.header(datagram) else {
            self.counters.foreign += 1;
            return None;
        };
        let known = self.peers.get(&header.sender).and_then(|peer| peer.session.as_ref());
        match known {
            Some(session) if session.incarnation == header.incarnation => {
                let content = session.key.open(header, self.me.node, datagram);
                let content = self.genuine(content)?;
                self.hear(now, link, header, &content)
            }
            _ => {
                let key = self.keys.of(header.sender, header.incarnation);
                let content = key.open(header, self.me.node, datagram);
                let content = self.genuine(content)?;
                self.meet(now, link, header, &content);
                None
            }
        }
    }

    fn genuine(&mut self, content: Option<Vec<u8>>) -> Option<Vec<u8>> {
        self.counters.foreign += u64::from(content.is_none());
        content
    }

    /// A packet of the confirmed process.
    fn hear(
        &mut self,
        now: Instant,
        link: LinkId,
        header: Header,
        content: &[u8],
    ) -> Option<Received> {
        let peer = self.peers.get_mut(&header.sender)?;
        let Some(at) = peer.links.iter_mut().find(|at| at.link == link) else {
            self.counters.malformed += 1;
            return None;
        };
        if !at.window.is_new(header.counter) {
            self.counters.replayed += 1;
            return None;
        }
        let Ok(mut frames) = frame::read(content) else {
            self.counters.malformed += 1;
            return None;
        };
        if frames.iter().any(|frame| matches!(frame, Frame::Heartbeat(g) if g.link != link)) {
            self.counters.malformed += 1;
            return None;
        }
        self.counters.received += 1;
        let mut seen = None;
        for frame in &frames {
            if let Frame::Heartbeat(greeting) = frame {
                at.note(self.me, now, header.incarnation, greeting);
                seen = at.confirmed;
            }
        }
        let session = peer.session.as_mut()?;
        session.heard_at = now;
        session.take_in(&mut frames);
        Some(Received { from: header.sender, frames, seen })
    }

    /// A packet of a process that is not confirmed: only a heartbeat is looked at, for its echo.
    fn meet(&mut self, now: Instant, link: LinkId, header: Header, content: &[u8]) {
        self.counters.unconfirmed += 1;
        let Some(peer) = self.peers.get_mut(&header.sender) else { return };
        if peer.retired.contains(&header.incarnation) {
            return;
        }
        let Ok(frames) = frame::read(content) else { return };
        let Some(Frame::Heartbeat(greeting)) = frames.first() else { return };
        let Some(at) = peer.links.iter_mut().find(|at| at.link == link && link == greeting.link)
        else {
            return;
        };
        let incarnation = header.incarnation;
        at.strange = Some(Stamp { incarnation, stamp: greeting.stamp, at: now });
        let fresh = greeting.echoes.iter().any(|echo| {
            let age = now.saturating_since(moment(echo.stamp));
            echo.of == self.me.incarnation && age <= self.timing.patience
        });
        if fresh {
            let key = self.keys.of(header.sender, incarnation);
            peer.confirm(now, header, key);
        }
    }

    /// Sends heartbeats to `to` over all links.
    pub(crate) fn greet(
        &mut self,
        now: Instant,
        to: NodeId,
        (pulse, urgency): (&Pulse, Urgency),
        out: &mut Vec<Output>,
    ) {
        let Some(peer) = self.peers.get(&to) else { return };
        for at in &peer.links {
            let greeting = Greeting {
                link: at.link,
                stamp: stamp(now),
                echoes: at.echoes(now, self.timing.patience),
                urgency,
                pulse: pulse.clone(),
            };
            let mut content = vec![frame::VERSION];
            Frame::Heartbeat(Box::new(greeting)).encode(&mut content);
            let bytes = self.sealer.seal(to, &content);
            self.counters.sent += 1;
            out.push(Output::Send { link: at.link, to, bytes });
        }
    }

    /// May a heartbeat that asked for an answer be answered now? At most every few milliseconds,
    /// so that asking on all links does not multiply.
    pub(crate) fn may_answer(&mut self, to: NodeId, now: Instant) -> bool {
        let Some(peer) = self.peers.get_mut(&to) else { return false };
        let gap = self.timing.heartbeat / 20;
        let due = peer.answered_at.is_none_or(|at| now.saturating_since(at) >= gap);
        if due {
            peer.answered_at = Some(now);
        }
        due
    }

    /// Peers that have missed two heartbeats and must be asked now, many times while patience
    /// lasts: even a link that loses three packets in ten then shows life in time (G9).
    pub(crate) fn due_probes(&mut self, now: Instant) -> Vec<NodeId> {
        let (quiet, patience) = (self.quiet(), self.timing.patience);
        let every = (self.timing.heartbeat / 10).max(patience / 50);
        let mut due = Vec::new();
        for (node, peer) in &mut self.peers {
            let Some(session) = &peer.session else { continue };
            let silence = now.saturating_since(session.heard_at);
            if silence >= quiet && silence < patience && peer.probe_at <= now {
                peer.probe_at = now + every;
                due.push(*node);
            }
        }
        due
    }

    /// When a peer will have been quiet for too long, or its patience is over.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = self.peers.values().filter_map(|peer| {
            let heard_at = peer.session.as_ref()?.heard_at;
            let over = heard_at + self.timing.patience;
            (now < over).then(|| (heard_at + self.quiet()).max(peer.probe_at).min(over))
        });
        due.min()
    }

    fn quiet(&self) -> Duration {
        self.timing.heartbeat * 5 / 2
    }

    /// Packs, seals and sends.
    pub(crate) fn dispatch(&mut self, now: Instant, posts: Vec<Post>, out: &mut Vec<Output>) {
        let mut bundles: BTreeMap<(NodeId, bool), Vec<u8>> = BTreeMap::new();
        for post in posts {
            let route = (post.to, post.route == Route::Everywhere);
            if post.bytes.len() > frame::ROOM {
                for part in self.parts(&post.bytes) {
                    self.transmit(now, route, &part, out);
                }
                continue;
            }
            let bundle = bundles.entry(route).or_default();
            if bundle.len() + post.bytes.len() > frame::ROOM {
                let full = std::mem::take(bundle);
                self.transmit(now, route, &full, out);
                bundles.insert(route, post.bytes);
            } else {
                bundle.extend_from_slice(&post.bytes);
            }
        }
        for (route, bundle) in bundles {
            self.transmit(now, route, &bundle, out);
        }
    }

    fn parts(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        self.part_id += 1;
        let pieces: Vec<_> = bytes.chunks(frame::PIECE).collect();
        let count = u16::try_from(pieces.len()).unwrap_or(u16::MAX);
        let part = |(index, bytes): (u16, &[u8])| {
            let bytes = Blob(bytes.to_vec());
            Frame::Part { id: self.part_id, index, count, bytes }.to_bytes()
        };
        (0..count).zip(pieces).map(part).collect()
    }

    fn transmit(
        &mut self,
        now: Instant,
        (to, everywhere): (NodeId, bool),
        frames: &[u8],
        out: &mut Vec<Output>,
    ) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        let links = if everywhere {
            peer.links.iter().map(|at| at.link).collect()
        } else {
            peer.carriers(self.policy, self.timing, now)
        };
        let mut content = vec![frame::VERSION];
        content.extend_from_slice(frames);
        let bytes = self.sealer.seal(to, &content);
        self.counters.sent += links.len() as u64;
        out.extend(links.into_iter().map(|link| Output::Send { link, to, bytes: bytes.clone() }));
    }

    /// All links, by link and node.
    pub(crate) fn status(&self, now: Instant) -> Vec<LinkStatus> {
        let mut all: Vec<_> = self
            .peers
            .iter()
            .flat_map(|(node, peer)| peer.links.iter().map(|at| at.status(*node, self.timing, now)))
            .collect();
        all.sort_by_key(|status| (status.link, status.node));
        all
    }

    /// Links whose state is another than when last asked.
    pub(crate) fn changes(&mut self, now: Instant) -> Vec<LinkStatus> {
        let mut changes = Vec::new();
        for (node, peer) in &mut self.peers {
            for at in &mut peer.links {
                let status = at.status(*node, self.timing, now);
                if status.state != at.reported {
                    at.reported = status.state;
                    changes.push(status);
                }
            }
        }
        changes
    }
}

impl Peer {
    fn new(own: &[LinkId], peer: &NodeConfig, now: Instant) -> Self {
        let common = peer.links.iter().filter(|link| own.contains(link));
        Self {
            links: common.map(|link| PeerLink::new(*link)).collect(),
            session: None,
            retired: Vec::new(),
            turn: 0,
            probe_at: now,
            answered_at: None,
        }
    }

    /// From here on `header`'s process is the peer.
    fn confirm(&mut self, now: Instant, header: Header, key: ProcessKey) {
        if let Some(past) = &self.session {
            self.retired.push(past.incarnation);
            let surplus = self.retired.len().saturating_sub(RETIRED);
            self.retired.drain(..surplus);
        }
        self.session = Some(Session {
            incarnation: header.incarnation,
            key,
            heard_at: now,
            intent: Intent::Stays,
            parts: BTreeMap::new(),
        });
        for at in &mut self.links {
            at.window = ReplayWindow::starting_after(header.counter);
            at.stamp = at.strange.take().filter(|stamp| stamp.incarnation == header.incarnation);
            at.confirmed = None;
        }
    }

    fn carriers(&mut self, policy: LinkPolicy, timing: Timing, now: Instant) -> Vec<LinkId> {
        let works = |at: &&PeerLink| at.state(timing, now) == LinkState::Connected;
        let working: Vec<_> = self.links.iter().filter(works).map(|at| at.link).collect();
        if working.is_empty() || policy == LinkPolicy::Active {
            return self.links.iter().map(|at| at.link).collect();
        }
        self.turn = self.turn.wrapping_add(1);
        let chosen = match policy {
            LinkPolicy::RoundRobin => self.turn % working.len(),
            LinkPolicy::Passive | LinkPolicy::Active => 0,
        };
        vec![working[chosen]]
    }
}

impl Session {
    /// Notes what concerns the session, and replaces the last part of a frame by the frame.
    fn take_in(&mut self, frames: &mut Vec<Frame>) {
        for frame in std::mem::take(frames) {
            match frame {
                Frame::Part { id, index, count, bytes } => {
                    frames.extend(self.assemble(id, (index, count), bytes.0));
                }
                Frame::Heartbeat(greeting) => {
                    self.intent = greeting.pulse.intent;
                    frames.push(Frame::Heartbeat(greeting));
                }
                other => frames.push(other),
            }
        }
    }

    fn assemble(&mut self, id: u64, (index, count): (u16, u16), bytes: Vec<u8>) -> Option<Frame> {
        if index >= count || count > PARTS || bytes.len() > frame::ROOM {
            return None;
        }
        let empty = || Assembly { pieces: vec![None; usize::from(count)] };
        let assembly = self.parts.entry(id).or_insert_with(empty);
        *assembly.pieces.get_mut(usize::from(index))? = Some(bytes);
        if assembly.pieces.iter().all(Option::is_some) {
            let whole: Vec<u8> =
                self.parts.remove(&id)?.pieces.into_iter().flatten().flatten().collect();
            return Frame::from_bytes(&whole).ok();
        }
        if self.parts.len() > ASSEMBLIES {
            self.parts.pop_first();
        }
        None
    }
}

impl PeerLink {
    fn new(link: LinkId) -> Self {
        Self {
            link,
            window: ReplayWindow::starting_after(0),
            stamp: None,
            strange: None,
            confirmed: None,
            round_trip: None,
            reported: LinkState::Disconnected,
        }
    }

    fn note(&mut self, me: Process, now: Instant, incarnation: u64, greeting: &Greeting) {
        self.stamp = Some(Stamp { incarnation, stamp: greeting.stamp, at: now });
        for echo in greeting.echoes.iter().filter(|echo| echo.of == me.incarnation) {
            let sent = moment(echo.stamp);
            if sent > now || self.confirmed.is_some_and(|confirmed| sent <= confirmed) {
                continue;
            }
            self.confirmed = Some(sent);
            let sample =
                now.saturating_since(sent).saturating_sub(Duration::from_micros(echo.held));
            self.round_trip = Some(self.round_trip.map_or(sample, |mean| (mean * 7 + sample) / 8));
        }
    }

    /// An echo older than patience would be refused, so it is not sent.
    fn echoes(&self, now: Instant, patience: Duration) -> Vec<Echo> {
        let stamps = self.stamp.iter().chain(&self.strange);
        let fresh = stamps.filter(|stamp| now.saturating_since(stamp.at) <= patience);
        let echo = |stamp: &Stamp| Echo {
            of: stamp.incarnation,
            stamp: stamp.stamp,
            held: micros(now.saturating_since(stamp.at)),
        };
        fresh.map(echo).collect()
    }

    fn state(&self, timing: Timing, now: Instant) -> LinkState {
        let limit = timing.patience + timing.heartbeat;
        match self.confirmed {
            Some(confirmed) if now.saturating_since(confirmed) <= limit => LinkState::Connected,
            _ => LinkState::Disconnected,
        }
    }

    fn status(&self, node: NodeId, timing: Timing, now: Instant) -> LinkStatus {
        let (link, state) = (self.link, self.state(timing, now));
        LinkStatus { link, node, state, round_trip: self.round_trip }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn stamp(now: Instant) -> u64 {
    micros(now.since_start())
}

fn moment(stamp: u64) -> Instant {
    Instant::after_start(Duration::from_micros(stamp))
}
