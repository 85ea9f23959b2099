//! How closely each peer is listened to, and who is greeted when.
//!
//! Few peers are all greeted at every heartbeat. Of many, a node greets at every heartbeat only those
//! it watches; the other members of its view are watched by others, and are greeted in turn, as
//! are the nodes that are in no view with it. When a watcher doubts a node, everybody looks for
//! itself: it has to answer soon ([`Peer::must_answer`]).

use super::{Peer, Peers, path};
use crate::frame::{Intent, Urgency};
use crate::planted::{self, Planted};
use crate::watch;
use base::{Instant, NodeId};
use std::time::Duration;

/// Strangers greeted at a heartbeat: while there is no view yet, and later.
const STRANGERS: usize = 8;
const LATER_STRANGERS: usize = 2;
/// Doubts that fit a heartbeat.
const DOUBTS: usize = 8;

/// How closely a peer is listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attention {
    /// Greeted at every heartbeat; silence for [`crate::Timing::patience`] counts.
    Close,
    /// A member whom others watch: it is there until it does not answer when asked.
    Loose,
    /// In no view with this node; greeted in turn, and borne in silence for some turns.
    Distant,
}

impl Peers {
    /// Listens as a member of the view of `members` does, or as one of no view.
    pub(crate) fn attend(&mut self, members: &[NodeId]) {
        let close = watch::watched_by(self.me.node, members);
        let few = self.peers.len() <= watch::FEW;
        let me = self.me.node;
        self.members = members.iter().copied().filter(|node| *node != me).collect();
        for (node, peer) in &mut self.peers {
            peer.attention = if few || close.contains(node) {
                Attention::Close
            } else if members.contains(node) {
                Attention::Loose
            } else {
                Attention::Distant
            };
        }
        for attention in [Attention::Close, Attention::Loose, Attention::Distant] {
            let limit = path::limit(self.timing, self.interval(attention));
            let peers = self.peers.values_mut().filter(|peer| peer.attention == attention);
            peers.flat_map(|peer| &mut peer.paths).for_each(|path| path.limit = limit);
        }
    }

    /// How often one of this kind is greeted.
    fn interval(&self, attention: Attention) -> Duration {
        let count = self.all_of(attention).count();
        let turns = match attention {
            Attention::Close => 1,
            Attention::Loose => count,
            Attention::Distant => count.div_ceil(self.strangers()),
        };
        self.timing.heartbeat * u32::try_from(turns.max(1)).unwrap_or(u32::MAX)
    }

    /// How long it takes until every node of no view with this one was greeted.
    pub(crate) fn turn_of_strangers(&self) -> Duration {
        self.interval(Attention::Distant)
    }

    const fn strangers(&self) -> usize {
        if self.members.is_empty() { STRANGERS } else { LATER_STRANGERS }
    }

    fn all_of(&self, attention: Attention) -> impl Iterator<Item = NodeId> {
        let all = self.peers.iter().filter(move |(_, peer)| peer.attention == attention);
        all.map(|(node, _)| *node)
    }

    /// Does this node leave the watching of some members to others?
    pub(crate) fn is_large(&self) -> bool {
        self.peers.len() > watch::FEW
    }

    /// Whom to greet at this heartbeat.
    pub(crate) fn round(&mut self) -> Vec<(NodeId, Urgency)> {
        let close = self.all_of(Attention::Close).map(|node| (node, Urgency::Routine));
        let mut round: Vec<_> = close.collect();
        let loose: Vec<_> = self.all_of(Attention::Loose).collect();
        let distant: Vec<_> = self.all_of(Attention::Distant).collect();
        let strangers = self.strangers();
        for (nodes, count, turn) in
            [(loose, 1, &mut self.loose_turn), (distant, strangers, &mut self.distant_turn)]
        {
            let count = count.min(nodes.len());
            let next = (0..count).map(|ahead| nodes[(*turn + ahead) % nodes.len()]);
            round.extend(next.map(|node| (node, Urgency::AnswerNow)));
            *turn = turn.wrapping_add(count);
        }
        round
    }

    /// Is `node` greeted at every heartbeat?
    pub(crate) fn is_close(&self, node: NodeId) -> bool {
        self.peers.get(&node).is_some_and(|peer| peer.attention == Attention::Close)
    }

    /// Is `node` here to stay, and not silent for too long?
    pub(crate) fn hears(&self, node: NodeId, now: Instant) -> bool {
        let Some(peer) = self.peers.get(&node) else { return false };
        let Some(session) = &peer.session else { return false };
        if planted::is(Planted::MistakeGoodbye) && self.nodes().any(|node| self.leaves(node)) {
            return false;
        }
        let patience = match peer.attention {
            Attention::Close => self.timing.patience,
            Attention::Loose => Duration::MAX,
            Attention::Distant => self.timing.patience + self.interval(Attention::Distant) * 3,
        };
        let silence = now.saturating_since(session.heard_at);
        let asked = peer.must_answer.is_none_or(|since| {
            session.heard_at >= since || now.saturating_since(since) < self.scrutiny()
        });
        session.intent == Intent::Stays && silence < patience && asked
    }

    /// How long a peer may take to answer when others doubt it: together with what they have waited
    /// already this is the patience.
    fn scrutiny(&self) -> Duration {
        self.timing.patience / 2
    }

    /// `node` must show that it is there, if that is not watched anyway.
    pub(crate) fn scrutinise(&mut self, node: NodeId, now: Instant) {
        let Some(peer) = self.peers.get_mut(&node) else { return };
        let asked = peer.must_answer.is_some_and(|since| !peer.has_answered(since));
        if peer.attention != Attention::Close && !asked {
            peer.must_answer = Some(now);
            peer.probe_at = now;
        }
    }

    /// Watched members that have been silent for half the patience, if there are members who do
    /// not watch them.
    pub(crate) fn doubts(&self, now: Instant) -> Vec<NodeId> {
        if self.all_of(Attention::Loose).next().is_none() {
            return Vec::new();
        }
        let silent = self.all_of(Attention::Close).filter(|node| {
            let silence = self.silence(*node, now);
            self.members.contains(node)
                && silence.is_some_and(|silence| silence >= self.scrutiny())
                && !self.leaves(*node)
        });
        silent.take(DOUBTS).collect()
    }

    /// After a pause of our own: whoever was heard before it gets the whole patience again (L6).
    pub(crate) fn forgive(&mut self, asleep_since: Instant, now: Instant) {
        let patience = self.timing.patience;
        for peer in self.peers.values_mut() {
            if peer.must_answer.is_some_and(|since| !peer.has_answered(since)) {
                peer.must_answer = Some(now);
            }
            let Some(session) = peer.session.as_mut() else { continue };
            if asleep_since.saturating_since(session.heard_at) < patience {
                session.heard_at = now;
            }
        }
    }

    /// May a heartbeat that asked for an answer be answered now? At most every few milliseconds,
    /// so that asking on all links does not multiply.
    pub(crate) fn may_answer(&mut self, to: NodeId, now: Instant) -> bool {
        let gap = self.timing.heartbeat / 20;
        let Some(peer) = self.peers.get_mut(&to) else { return false };
        let due = peer.answered_at.is_none_or(|at| now.saturating_since(at) >= gap);
        if due {
            peer.answered_at = Some(now);
        }
        due
    }

    /// Peers that must be asked now: watched ones that have missed two heartbeats, many times while
    /// patience lasts, so that even a link that loses three packets in ten shows life in time (G9);
    /// and those under scrutiny.
    pub(crate) fn due_probes(&mut self, now: Instant) -> Vec<NodeId> {
        let (quiet, scrutiny, patience) = (self.quiet(), self.scrutiny(), self.timing.patience);
        let every = patience / 50;
        let mut due = Vec::new();
        for (node, peer) in &mut self.peers {
            let Some(session) = &peer.session else { continue };
            let silence = now.saturating_since(session.heard_at);
            let close = peer.attention == Attention::Close;
            let missed = close && silence >= quiet && silence < patience;
            let asked = peer.must_answer.is_some_and(|since| {
                session.heard_at < since && now.saturating_since(since) < scrutiny
            });
            if (missed || asked) && peer.probe_at <= now {
                peer.probe_at = now + if missed { every } else { every * 2 };
                due.push(*node);
            }
        }
        due
    }

    /// When a peer will have been quiet for too long, or its time to answer is over.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = self.peers.values().flat_map(|peer| {
            let session = peer.session.as_ref()?;
            let over = session.heard_at + self.timing.patience;
            let watched = peer.attention == Attention::Close && now < over;
            let missed =
                watched.then(|| (session.heard_at + self.quiet()).max(peer.probe_at).min(over));
            let asked = peer.must_answer.filter(|since| session.heard_at < *since);
            let asked = asked.map(|since| since + self.scrutiny()).filter(|end| now < *end);
            let asked = asked.map(|end| peer.probe_at.min(end));
            missed.into_iter().chain(asked).min()
        });
        due.min()
    }

    fn quiet(&self) -> Duration {
        self.timing.heartbeat * 5 / 2
    }
}

impl Peer {
    /// Was it heard since it had to answer?
    fn has_answered(&self, since: Instant) -> bool {
        self.session.as_ref().is_some_and(|session| session.heard_at >= since)
    }
}
