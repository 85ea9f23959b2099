//! Datagrams on their way, what somebody records of them, and what nodes have to say.

use super::World;
use super::event::{Event, Packet};
use crate::truth::Intrusion;
use base::{Instant, NodeId, Rng};
use group::{Channel, Delivery, GroupCommand, LinkId};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Somebody who records datagrams, to send them again later.
#[derive(Debug)]
pub(super) struct Wiretap {
    rng: Rng,
    /// Some of all that was ever sent.
    recorded: Vec<(NodeId, LinkId, Packet)>,
    sent: u64,
    /// Watched datagrams that a process took: which, on which link, who.
    taken: BTreeSet<(u64, LinkId, NodeId, u64)>,
}

/// So many datagrams are kept.
const KEPT: usize = 400;

impl Wiretap {
    pub(super) const fn new(rng: Rng) -> Self {
        Self { rng, recorded: Vec::new(), sent: 0, taken: BTreeSet::new() }
    }

    /// Is this one of those that are recorded?
    fn is_wanted(&mut self) -> bool {
        self.sent += 1;
        self.recorded.len() < KEPT / 4 || self.rng.below(30) == 0
    }

    fn record(&mut self, to: NodeId, link: LinkId, packet: &Packet) {
        let entry = (to, link, packet.clone());
        if self.recorded.len() < KEPT {
            self.recorded.push(entry);
        } else {
            let place = usize::try_from(self.rng.below(KEPT as u64)).unwrap_or(0);
            self.recorded[place] = entry;
        }
    }
}

impl World {
    pub(super) fn send(&mut self, from: NodeId, link: LinkId, to: NodeId, bytes: Arc<[u8]>) {
        // The seal's tag at the end is a fingerprint of all before it.
        let tag = bytes.iter().rev().take(8).fold(0, |tag, byte| tag << 8 | u64::from(*byte));
        let place = u64::from(from.0) << 40 | u64::from(to.0) << 20 | u64::from(link.0);
        self.mix(place ^ u64::try_from(self.now.since_start().as_micros()).unwrap_or(0));
        self.mix(tag);
        let arrivals = self.network.carry(self.now, (from, to, link), bytes.len());
        self.truth.tally.swallowed = self.network.swallowed;
        let is_recorded = self.wiretap.is_wanted();
        let is_watched = is_recorded || arrivals[1].is_some();
        let id = self.wiretap.sent;
        let sender = self.servers.get(&from).map_or(0, |server| server.life);
        let (is_damaged, has_waited) = (false, false);
        let packet = Packet { id, bytes, sender, is_watched, is_damaged, has_waited };
        if is_recorded {
            self.wiretap.record(to, link, &packet);
        }
        let mut packet = Some(packet);
        for (arrival, more) in [(arrivals[0], arrivals[1].is_some()), (arrivals[1], false)] {
            let Some(arrival) = arrival else { continue };
            let copy = if more { packet.clone() } else { packet.take() };
            let Some(mut packet) = copy else { continue };
            if arrival.is_damaged {
                packet.is_damaged = true;
                self.truth.tally.damaged += 1;
                let mut bytes = packet.bytes.to_vec();
                self.network.damage(&mut bytes);
                packet.bytes = bytes.into();
            }
            self.put_after(arrival.delay, Event::Datagram { to, link, packet });
        }
    }

    /// A datagram comes in, or out of the receive buffer.
    pub(super) fn arrive(&mut self, to: NodeId, link: LinkId, mut packet: Packet) {
        match self.waits(to, packet.has_waited) {
            Wait::No => self.hear(to, link, &packet),
            Wait::Until(at) => {
                packet.has_waited = true;
                self.queue.put(at, Event::Datagram { to, link, packet });
            }
            Wait::Dropped => self.truth.tally.overflowed += 1,
        }
    }

    fn waits(&mut self, to: NodeId, has_waited: bool) -> Wait {
        let Some(server) = self.servers.get_mut(&to) else { return Wait::No };
        if server.paused_until > self.now {
            server.held += u32::from(!has_waited);
            let full = server.held > self.site.setup.buffer && !has_waited;
            return if full { Wait::Dropped } else { Wait::Until(server.paused_until) };
        }
        server.held = 0;
        if server.slowness.is_zero() || has_waited {
            return Wait::No;
        }
        let heard = server.busy_until.max(self.now) + server.slowness;
        if heard.saturating_since(self.now) > server.slowness * self.site.setup.buffer {
            return Wait::Dropped;
        }
        server.busy_until = heard;
        Wait::Until(heard)
    }

    fn hear(&mut self, to: NodeId, link: LinkId, packet: &Packet) {
        let input = node::Input::Datagram { link, bytes: &packet.bytes };
        if !packet.is_watched && !packet.is_damaged {
            self.step(to, input);
            return;
        }
        let received = |world: &Self| world.daemon(to).map(|node| node.group().counters().received);
        let before = received(self);
        self.step(to, input);
        if received(self) == before {
            return;
        }
        let Some(server) = self.servers.get(&to) else { return };
        let is_new = self.wiretap.taken.insert((packet.id, link, to, server.incarnation));
        let is_of_the_past = self.is_of_the_past(packet.sender, server.life);
        if packet.is_damaged || !is_new || is_of_the_past {
            let (at, was_damaged) = (self.now, packet.is_damaged);
            self.note(&format!("n{to} takes a datagram that it must not take"));
            self.truth.intrusions.push(Intrusion { at, node: to, was_damaged });
        }
    }

    /// Did the process that sent something end long before the one began that took it? They have
    /// never met.
    fn is_of_the_past(&self, sender: usize, receiver: usize) -> bool {
        let lives = &self.recording.lives;
        let ended = lives.get(sender).and_then(|life| life.ended);
        let on_its_way = Duration::from_secs(3);
        ended
            .zip(lives.get(receiver))
            .is_some_and(|((end, _), taker)| end + on_its_way < taker.born)
    }

    /// Some of what was recorded for `to` reaches it again.
    pub(super) fn replay(&mut self, to: NodeId, count: u32) {
        let recorded = self.wiretap.recorded.iter().filter(|(other, ..)| *other == to);
        let recorded: Vec<(LinkId, Packet)> =
            recorded.map(|(_, link, packet)| (*link, packet.clone())).collect();
        for _ in 0..count {
            let Some((link, packet)) = self.wiretap.rng.pick(&recorded).cloned() else { return };
            let delay = Duration::from_micros(self.wiretap.rng.below(100_000));
            self.truth.tally.replayed += 1;
            self.put_after(delay, Event::Datagram { to, link, packet });
        }
    }

    /// Something reaches `to` that nobody of the cluster sent: noise, or noise that begins as what
    /// was recorded.
    pub(super) fn garbage(&mut self, to: NodeId, count: u32) {
        for _ in 0..count {
            let size = 1 + usize::try_from(self.wiretap.rng.below(200)).unwrap_or(0);
            let recorded = self.wiretap.rng.pick(&self.wiretap.recorded).cloned();
            let mut bytes =
                recorded.map(|(_, _, packet)| packet.bytes.to_vec()).unwrap_or_default();
            bytes.truncate(size / 4);
            while bytes.len() < size {
                bytes.push(u8::try_from(self.wiretap.rng.below(256)).unwrap_or(0));
            }
            self.truth.tally.damaged += 1;
            let bytes = bytes.into();
            let (id, sender) = (0, 0);
            let (is_watched, is_damaged, has_waited) = (true, true, false);
            let packet = Packet { id, bytes, sender, is_watched, is_damaged, has_waited };
            let delay = Duration::from_micros(self.wiretap.rng.below(100_000));
            self.put_after(delay, Event::Datagram { to, link: LinkId(0), packet });
        }
    }

    /// A node has something to say to the others, of many sizes and both kinds.
    pub(super) fn speaks(&mut self, node: NodeId, goes_on: bool) {
        let is_late = self.whole_since.is_some_and(|since| since + CHATTER < self.now);
        if is_late {
            return;
        }
        if goes_on {
            let pause = Duration::from_millis(300 + self.voices.below(5000));
            self.put_after(pause, Event::Speaks { node, goes_on });
        }
        self.spoken += 1;
        let large = if self.voices.percent(4) { 20_000 } else { 150 };
        let size = 9 + usize::try_from(self.voices.below(large)).unwrap_or(0);
        // No manager begins like this, so none takes it for its own.
        let mut payload = vec![0xff];
        payload.extend_from_slice(&self.spoken.to_le_bytes());
        payload.resize(size, b'.');
        let delivery = if self.voices.percent(50) { Delivery::Safe } else { Delivery::Agreed };
        self.step(
            node,
            node::Input::Group(GroupCommand::Submit {
                payload,
                delivery,
                channel: Channel::Cluster,
            }),
        );
    }

    /// When something goes wrong, something is to be under way.
    pub(super) fn raise_voices(&mut self) {
        if !self.site.setup.chatter {
            return;
        }
        let nodes: Vec<NodeId> = self.servers.keys().copied().collect();
        for node in nodes {
            let after = Duration::from_millis(self.voices.below(900));
            self.put_after(after, Event::Speaks { node, goes_on: false });
        }
    }

    pub(super) fn talk(&mut self, node: NodeId, count: u32) {
        for _ in 0..count {
            let after: Instant = self.now + Duration::from_micros(self.voices.below(20_000));
            self.queue.put(after, Event::Speaks { node, goes_on: false });
        }
    }
}

/// For how long nodes go on talking when all is whole.
const CHATTER: Duration = Duration::from_secs(8);

/// What becomes of a datagram that comes in.
enum Wait {
    No,
    Until(Instant),
    Dropped,
}
