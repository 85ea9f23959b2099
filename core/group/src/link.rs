//! All peers of this node, over several links: who is who, what comes from whom, which link carries
//! what.
//!
//! A *session* is one process of a peer, and is confirmed only by a heartbeat that echoes a stamp
//! of ours that is fresh. So nothing that was recorded earlier, not even a past life of the peer,
//! can be taken for the peer (G8).

mod attention;
mod path;
mod session;
mod size;

use crate::MAX_NODES;
use crate::config::{Admission, GroupConfig, LinkPolicy, Timing};
use crate::frame::{
    self, Addressee, Blob, Frame, Greeting, Intent, PART_OVERHEAD, Post, Process, Pulse, Route,
    Urgency,
};
use crate::machine::Output;
use crate::planted::{self, Planted};
use crate::seal::{self, Header, Keyring, ProcessKey, Receiver, Sealer};
use crate::types::{Counters, LinkId, LinkState, LinkStatus};
use attention::Attention;
use base::{Encode, Instant, NodeId};
use path::{Path, Stamp, moment, stamp};
use session::Session;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Past incarnations of a peer that are remembered as over.
const RETIRED: usize = 8;
/// Strangers answered by one word to everybody.
const STRANGERS: usize = 24;
/// How often the links' states are looked at.
const REVIEW: Duration = Duration::from_millis(10);

/// All peers of this node.
#[derive(Debug)]
pub(crate) struct Peers {
    me: Process,
    keyring: Keyring,
    sealer: Sealer,
    policy: LinkPolicy,
    timing: Timing,
    admission: Admission,
    own_links: Vec<LinkId>,
    peers: BTreeMap<NodeId, Peer>,
    /// The other members of the view.
    members: Vec<NodeId>,
    /// Who is owed an answer to a heartbeat.
    to_answer: BTreeSet<NodeId>,
    /// Who has been found where since this was last asked.
    met: Vec<(LinkId, NodeId)>,
    /// Was a stranger heard who knows this node only from the network?
    asked: bool,
    /// How many foreign datagrams may still be looked at closely until then.
    looks: (u32, Instant),
    loose_turn: usize,
    distant_turn: usize,
    part_id: u64,
    review_at: Instant,
    /// The content of the datagram being read; kept, so that its memory is used again.
    content: Vec<u8>,
    pub(crate) counters: Counters,
}

#[derive(Debug)]
pub(crate) struct Peer {
    paths: Vec<Path>,
    session: Option<Session>,
    retired: Vec<u64>,
    turn: usize,
    attention: Attention,
    /// Since when it has to show that it is there.
    must_answer: Option<Instant>,
    probe_at: Instant,
    answered_at: Option<Instant>,
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
        let keyring = Keyring::new(config);
        let mut peers = Self {
            me,
            sealer: keyring.sealer(me.node, me.incarnation),
            keyring,
            policy: config.policy,
            timing: config.timing,
            admission: config.admission,
            own_links: Vec::new(),
            peers: BTreeMap::new(),
            members: Vec::new(),
            to_answer: BTreeSet::new(),
            met: Vec::new(),
            asked: false,
            looks: (0, now),
            loose_turn: 0,
            distant_turn: 0,
            part_id: 0,
            review_at: now,
            content: Vec::new(),
            counters: Counters::default(),
        };
        peers.reconfigure(config, now);
        peers
    }

    /// Goes on with other peers, links, clocks or keys; what stays keeps its state.
    pub(crate) fn reconfigure(&mut self, config: &GroupConfig, now: Instant) {
        self.keyring = Keyring::new(config);
        self.sealer.change_key(self.keyring.sealer(self.me.node, self.me.incarnation));
        (self.policy, self.timing) = (config.policy, config.timing);
        self.admission = config.admission;
        let own = config.nodes.iter().find(|node| node.node == self.me.node);
        self.own_links = own.map(|node| node.links.clone()).unwrap_or_default();
        let mut before = std::mem::take(&mut self.peers);
        for node in config.nodes.iter().filter(|node| node.node != self.me.node) {
            let old = before.remove(&node.node);
            let mut peer = old.unwrap_or_else(|| Peer::new(Vec::new(), now));
            let mut paths = std::mem::take(&mut peer.paths);
            for &link in node.links.iter().filter(|link| self.own_links.contains(link)) {
                let at = paths.iter().position(|path| path.link == link);
                let kept = at.map(|at| paths.swap_remove(at));
                let mut path = kept.unwrap_or_else(|| self.path(link, now));
                path.priority = priority(config, link);
                path.size.set_limit(config.datagram_limit, now);
                peer.paths.push(path);
            }
            self.peers.insert(node.node, peer);
        }
        let me = (!self.members.is_empty()).then_some(self.me.node);
        let mut members: Vec<_> = self.members.iter().copied().chain(me).collect();
        members.sort_unstable();
        self.attend(&members);
    }

    /// A link to a peer of which nothing is known yet.
    fn path(&self, link: LinkId, now: Instant) -> Path {
        let mut path = Path::new(link, now);
        // Where listed nodes are is configured.
        path.is_located = self.admission == Admission::Listed;
        path
    }

    /// Who has been found where.
    pub(crate) fn take_met(&mut self) -> Vec<(LinkId, NodeId)> {
        std::mem::take(&mut self.met)
    }

    /// Does a stranger wait for a word to everybody?
    pub(crate) const fn is_asked(&self) -> bool {
        self.asked
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

    /// Has the current process of `node` said good-bye?
    pub(crate) fn leaves(&self, node: NodeId) -> bool {
        let session = self.peers.get(&node).and_then(|peer| peer.session.as_ref());
        session.is_some_and(|session| session.intent == Intent::Leaves)
    }

    /// The largest smoothed round trip over working links.
    pub(crate) fn round_trip(&self) -> Duration {
        let paths = self.peers.values().flat_map(|peer| &peer.paths);
        let working = paths.filter(|path| path.state() == LinkState::Connected);
        working.filter_map(Path::round_trip).max().unwrap_or_default()
    }

    /// Opens a datagram. Whatever is wrong with it is counted and has no other effect (G8).
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        link: LinkId,
        datagram: &[u8],
    ) -> Option<Received> {
        let header = self.known_header(datagram)?;
        let mut content = std::mem::take(&mut self.content);
        let received = if self.is_genuine(header, datagram, &mut content) {
            if header.sender == self.me.node {
                let own = header.incarnation == self.me.incarnation;
                self.counters.namesakes += u64::from(!own);
            }
            match self.peers.get(&header.sender).and_then(|peer| peer.session.as_ref()) {
                Some(session) if session.incarnation == header.incarnation => {
                    self.hear(now, link, header, &content)
                }
                _ => {
                    self.meet(now, link, header, &content);
                    None
                }
            }
        } else {
            self.note_foreign(now, header, datagram, &mut content);
            None
        };
        self.content = content;
        received
    }

    /// The header, if it speaks of a key that this node has.
    fn known_header(&mut self, datagram: &[u8]) -> Option<Header> {
        let header = Header::read(datagram);
        let known = header.filter(|header| self.keyring.knows(*header));
        if known.is_none() {
            self.counters.foreign += 1;
            self.counters.alien += u64::from(header.is_none());
            self.counters.other_key += u64::from(header.is_some());
        }
        known
    }

    /// Opens a datagram into `content`.
    fn is_genuine(&mut self, header: Header, datagram: &[u8], content: &mut Vec<u8>) -> bool {
        let me = self.me.node;
        let session = self.peers.get_mut(&header.sender).and_then(|peer| peer.session.as_mut());
        match session.filter(|session| session.incarnation == header.incarnation) {
            Some(session) => {
                if !session.key.fits(header) {
                    // The sender has gone on to another of the keys.
                    let Some(key) = self.keyring.of(header) else { return false };
                    if !key.open(header, me, datagram, content) {
                        return false;
                    }
                    session.key = key;
                    return true;
                }
                session.key.open(header, me, datagram, content)
            }
            None => {
                let key = self.keyring.of(header);
                key.is_some_and(|key| key.open(header, me, datagram, content))
            }
        }
    }

    /// Something that this node cannot open, although it has the key. Is it for another node of this
    /// cluster? Then either the sender or this node has got a number or an address wrong, which is
    /// worth knowing; otherwise the cluster's name. Looked at now and then only, for it costs more
    /// than it takes to send.
    fn note_foreign(
        &mut self,
        now: Instant,
        header: Header,
        datagram: &[u8],
        content: &mut Vec<u8>,
    ) {
        const A_SECOND: (u32, Duration) = (16, Duration::from_secs(1));
        self.counters.foreign += 1;
        // What speaks as this node sends to whomever it takes this one for.
        let is_namesake = header.sender == self.me.node;
        let Some(key) = self.keyring.of(header).filter(|_| !is_namesake) else { return };
        // Several at once: heartbeats of all nodes come together.
        if now >= self.looks.1 {
            self.looks = (A_SECOND.0, now + A_SECOND.1);
        }
        let Some(left) = self.looks.0.checked_sub(1) else { return };
        self.looks.0 = left;
        let mut others = self.peers.keys();
        let meant = others.find(|node| key.open(header, **node, datagram, content));
        self.counters.misaddressed += u64::from(meant.is_some());
        self.counters.other_cluster += u64::from(meant.is_none());
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
        let Some(at) = peer.paths.iter_mut().find(|at| at.link == link) else {
            self.counters.malformed += 1;
            return None;
        };
        // What was held up on the way, or held back by somebody, is no sign of life.
        let lives = at.window.is_ahead(header.counter);
        if !at.window.is_new(header.counter) && !planted::is(Planted::AcceptReplays) {
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
            match frame {
                Frame::Heartbeat(greeting) => {
                    at.note(self.me, now, header.incarnation, greeting);
                    seen = at.confirmed;
                }
                Frame::Passed { size } => at.size.on_passed(*size, now),
                _ => {}
            }
        }
        let session = peer.session.as_mut()?;
        if lives {
            session.heard_at = now;
            if !std::mem::replace(&mut at.is_located, true) {
                self.met.push((link, header.sender));
            }
        }
        session.take_in(&mut frames);
        Some(Received { from: header.sender, frames, seen })
    }

    /// A packet of a process that is not confirmed: only a heartbeat is looked at, for its echo.
    fn meet(&mut self, now: Instant, link: LinkId, header: Header, content: &[u8]) {
        self.counters.unconfirmed += 1;
        if content == frame::content(&[Frame::Misplaced]) {
            // Two that have one number say it of each other: that settles nothing.
            self.counters.misplaced += u64::from(header.sender != self.me.node);
            return;
        }
        self.admit(now, header.sender);
        let Some(peer) = self.peers.get_mut(&header.sender) else { return };
        if peer.retired.contains(&header.incarnation) {
            return;
        }
        let Ok(frames) = frame::read(content) else { return };
        let Some(Frame::Heartbeat(greeting)) = frames.first() else { return };
        let Some(at) = peer.paths.iter_mut().find(|at| at.link == link && link == greeting.link)
        else {
            return;
        };
        let incarnation = header.incarnation;
        at.strange = Some(Stamp { incarnation, stamp: greeting.stamp, at: now });
        let fresh = greeting.echoes.iter().any(|echo| {
            let age = now.saturating_since(moment(echo.stamp));
            echo.of == self.me.incarnation && age <= self.timing.patience
        });
        let fresh = fresh || planted::is(Planted::TrustEchoes);
        if fresh && let Some(key) = self.keyring.of(header) {
            let at = at.link;
            peer.confirm(now, header, key, self.admission);
            if self.admission == Admission::Anyone {
                let met = peer.paths.iter_mut().filter(|path| path.link == at);
                met.for_each(|path| path.is_located = true);
                self.met.push((at, header.sender));
            }
        } else {
            self.asked = true;
        }
        if fresh || greeting.urgency != Urgency::Answer {
            self.to_answer.insert(header.sender);
        }
    }

    /// Listens to a node that is not listed, where that is permitted, if there is room.
    fn admit(&mut self, now: Instant, node: NodeId) {
        let room = self.peers.len() + 1 < MAX_NODES && node != self.me.node && node != NodeId(0);
        if self.admission == Admission::Anyone && room && !self.peers.contains_key(&node) {
            let paths = self.own_links.iter().map(|link| self.path(*link, now)).collect();
            self.peers.insert(node, Peer::new(paths, now));
        }
    }

    /// A heartbeat to everybody on each network, which answers all strangers heard there.
    pub(crate) fn announce(&mut self, now: Instant, pulse: &Pulse, out: &mut Vec<Output>) {
        self.asked = false;
        for link in self.own_links.clone() {
            let paths = self.peers.values().flat_map(|peer| &peer.paths);
            let on_it = paths.filter(|path| path.link == link);
            let echoes = on_it.flat_map(|path| path.strange_echo(now, self.timing.patience));
            let greeting = Greeting {
                link,
                stamp: stamp(now),
                number: 0,
                echoes: echoes.take(STRANGERS).collect(),
                urgency: Urgency::Answer,
                pulse: pulse.clone(),
            };
            let content = frame::content(&[Frame::Heartbeat(Box::new(greeting))]);
            let bytes = self.sealer.seal(Receiver::Everybody, &content);
            self.counters.sent += 1;
            out.push(Output::Announce { link, bytes });
        }
    }

    /// `node` is owed an answer.
    pub(crate) fn owe(&mut self, node: NodeId) {
        self.to_answer.insert(node);
    }

    /// Who gets an answer now.
    pub(crate) fn take_answers(&mut self, now: Instant) -> Vec<NodeId> {
        let owed = std::mem::take(&mut self.to_answer);
        owed.into_iter().filter(|node| self.may_answer(*node, now)).collect()
    }

    /// Sends heartbeats to `to` over all links.
    pub(crate) fn greet(
        &mut self,
        now: Instant,
        to: NodeId,
        (pulse, urgency): (&Pulse, Urgency),
        out: &mut Vec<Output>,
    ) {
        let Some(peer) = self.peers.get_mut(&to) else { return };
        for at in planted::greeted(&mut peer.paths).iter_mut().filter(|at| at.is_located) {
            let greeting = Greeting {
                link: at.link,
                stamp: stamp(now),
                number: at.number(),
                echoes: at.echoes(now, self.timing.patience),
                urgency,
                pulse: pulse.clone(),
            };
            let content = frame::content(&[Frame::Heartbeat(Box::new(greeting))]);
            let bytes = self.sealer.seal(Receiver::Node(to), &content);
            self.counters.sent += 1;
            out.push(Output::Send { link: at.link, to, bytes });
        }
    }

    /// Answers `to`'s question over `link` whether such a datagram passes.
    pub(crate) fn on_probe(&mut self, to: NodeId, link: LinkId, size: u16, out: &mut Vec<Output>) {
        let content = frame::content(&[Frame::Passed { size }]);
        let bytes = self.sealer.seal(Receiver::Node(to), &content);
        self.counters.sent += 1;
        out.push(Output::Send { link, to, bytes });
    }

    pub(crate) fn misplaced(&mut self, node: NodeId) -> Arc<[u8]> {
        self.counters.sent += 1;
        self.sealer.seal(Receiver::Node(node), &frame::content(&[Frame::Misplaced]))
    }

    /// Tries whether larger datagrams pass, on links that work.
    pub(crate) fn try_sizes(&mut self, now: Instant, out: &mut Vec<Output>) {
        for (to, peer) in &mut self.peers {
            let working = peer.paths.iter_mut();
            for at in working.filter(|at| at.state() == LinkState::Connected) {
                let Some(size) = at.size.due(now) else { continue };
                let probe = |padding| Frame::Probe { size, padding: Blob(vec![0; padding].into()) };
                let bare = frame::content(&[probe(0)]).len() + seal::OVERHEAD;
                let content = frame::content(&[probe(usize::from(size).saturating_sub(bare))]);
                let bytes = self.sealer.seal(Receiver::Node(*to), &content);
                self.counters.sent += 1;
                out.push(Output::Send { link: at.link, to: *to, bytes });
            }
        }
    }

    /// Packs, seals and sends.
    pub(crate) fn dispatch(&mut self, now: Instant, posts: Vec<Post>, out: &mut Vec<Output>) {
        let mut bundles: BTreeMap<(Addressee, Route), (usize, Vec<u8>)> = BTreeMap::new();
        for post in posts {
            let key = (post.to, post.route);
            let room = bundles.get(&key).map_or_else(|| self.room(key, now), |bundle| bundle.0);
            if post.bytes.len() > room {
                for part in self.parts(&post.bytes, room) {
                    self.transmit(now, key, &part, out);
                }
                continue;
            }
            let (_, bundle) = bundles.entry(key).or_insert_with(|| (room, Vec::new()));
            if bundle.len() + post.bytes.len() > room {
                let full = std::mem::replace(bundle, post.bytes);
                self.transmit(now, key, &full, out);
            } else {
                bundle.extend_from_slice(&post.bytes);
            }
        }
        for (key, (_, bundle)) in bundles {
            self.transmit(now, key, &bundle, out);
        }
    }

    /// How many bytes of frames a datagram to all members carries now.
    pub(crate) fn room_to_members(&self, now: Instant) -> usize {
        self.room((Addressee::Members, Route::Policy), now)
    }

    fn room(&self, (to, route): (Addressee, Route), now: Instant) -> usize {
        let peers = self.addressees(to).into_iter().filter_map(|node| self.peers.get(&node));
        let sizes = peers.filter_map(|peer| {
            let carriers = peer.carriers(route, self.policy, self.timing, now);
            carriers.iter().map(|at| at.size.datagram()).min()
        });
        let datagram = sizes.min().map_or(0, usize::from);
        datagram.saturating_sub(seal::OVERHEAD + 1).max(frame::ROOM)
    }

    fn addressees(&self, to: Addressee) -> Vec<NodeId> {
        match to {
            Addressee::Node(node) => vec![node],
            Addressee::Members => self.members.clone(),
            Addressee::MembersBut(one) => {
                self.members.iter().copied().filter(|node| *node != one).collect()
            }
        }
    }

    fn parts(&mut self, bytes: &[u8], room: usize) -> Vec<Vec<u8>> {
        self.part_id += 1;
        let pieces: Vec<_> = bytes.chunks(room - PART_OVERHEAD).collect();
        let count = u16::try_from(pieces.len()).unwrap_or(u16::MAX);
        let part = |(index, bytes): (u16, &[u8])| {
            let bytes = Blob::from(bytes);
            Frame::Part { id: self.part_id, index, count, bytes }.to_bytes()
        };
        (0..count).zip(pieces).map(part).collect()
    }

    fn transmit(
        &mut self,
        now: Instant,
        (to, route): (Addressee, Route),
        frames: &[u8],
        out: &mut Vec<Output>,
    ) {
        let nodes = self.addressees(to);
        if nodes.is_empty() {
            return;
        }
        let receiver = match to {
            Addressee::Node(node) => Receiver::Node(node),
            Addressee::Members | Addressee::MembersBut(_) => Receiver::Everybody,
        };
        let mut content = Vec::with_capacity(frames.len() + 1);
        content.push(frame::VERSION);
        content.extend_from_slice(frames);
        let bytes = self.sealer.seal(receiver, &content);
        for to in nodes {
            let Some(peer) = self.peers.get_mut(&to) else { continue };
            peer.turn = peer.turn.wrapping_add(1);
            for at in peer.carriers(route, self.policy, self.timing, now) {
                self.counters.sent += 1;
                out.push(Output::Send { link: at.link, to, bytes: bytes.clone() });
            }
        }
    }

    /// All links, by link and node.
    pub(crate) fn status(&self) -> Vec<LinkStatus> {
        let of = |(node, peer): (&NodeId, &Peer)| -> Vec<_> {
            peer.paths.iter().map(|at| at.status(*node)).collect()
        };
        let mut all: Vec<_> = self.peers.iter().flat_map(of).collect();
        all.sort_by_key(|status| (status.link, status.node));
        all
    }

    /// Links whose state is another than when last looked at.
    pub(crate) fn changes(&mut self, now: Instant) -> Vec<LinkStatus> {
        if now < self.review_at {
            return Vec::new();
        }
        self.review_at = now + REVIEW;
        let mut changes = Vec::new();
        for (node, peer) in &mut self.peers {
            let changed = peer.paths.iter_mut().filter_map(|at| {
                let changed = at.review(now);
                changed.then(|| at.status(*node))
            });
            changes.extend(changed);
        }
        changes
    }
}

fn priority(config: &GroupConfig, link: LinkId) -> u8 {
    config.priorities.get(&link).copied().unwrap_or(1)
}

impl Peer {
    const fn new(paths: Vec<Path>, now: Instant) -> Self {
        Self {
            paths,
            session: None,
            retired: Vec::new(),
            turn: 0,
            attention: Attention::Distant,
            must_answer: None,
            probe_at: now,
            answered_at: None,
        }
    }

    /// From here on `header`'s process is the peer.
    fn confirm(&mut self, now: Instant, header: Header, key: ProcessKey, admission: Admission) {
        if let Some(past) = &self.session {
            self.retired.push(past.incarnation);
            let surplus = self.retired.len().saturating_sub(RETIRED);
            self.retired.drain(..surplus);
        }
        self.session = Some(Session::new(header.incarnation, key, now));
        for at in &mut self.paths {
            at.begin(header.incarnation, header.counter);
            at.is_located = admission == Admission::Listed;
        }
    }

    /// The links that what goes this way takes now: of those that can be relied on those that were
    /// confirmed last, so that a link is left at the first sign of silence.
    fn carriers(
        &self,
        route: Route,
        policy: LinkPolicy,
        timing: Timing,
        now: Instant,
    ) -> Vec<&Path> {
        if route == Route::Everywhere || policy == LinkPolicy::Active {
            return self.paths.iter().collect();
        }
        let fresh = |at: &&Path| {
            let age = at.confirmed.map(|at| now.saturating_since(at));
            age.is_some_and(|age| age <= timing.heartbeat * 5 / 2)
        };
        let steady = |at: &&Path| at.is_steady(now);
        let connected = |at: &&Path| at.state() == LinkState::Connected;
        let mut usable: Vec<_> = self.paths.iter().filter(|at| steady(at) && fresh(at)).collect();
        if usable.is_empty() {
            usable = self.paths.iter().filter(steady).collect();
        }
        if usable.is_empty() {
            usable = self.paths.iter().filter(connected).collect();
        }
        if usable.is_empty() {
            return self.paths.iter().collect();
        }
        let chosen = match policy {
            LinkPolicy::RoundRobin => usable[self.turn % usable.len()],
            LinkPolicy::Passive | LinkPolicy::Active => {
                let best = usable.iter().min_by_key(|at| (std::cmp::Reverse(at.priority), at.link));
                best.copied().unwrap_or(usable[0])
            }
        };
        vec![chosen]
    }
}
