//! Total order inside one view: one member, the sequencer, gives every piece its position.
//!
//! *Agreed* pieces are delivered when all before them have been; *safe* ones when, besides, every
//! member has acknowledged them. When the view ends, `freeze` stops deliveries, and after
//! the survivors are level `conclude` delivers the rest (G3, G6, G7).

mod log;
mod outgoing;
mod sending;
mod sequencer;

use crate::frame::{
    Blob, CHUNKS_OVERHEAD, Chunk, Content, Floor, Frame, Marks, Posts, Process, ROOM, Source, Span,
};
use crate::planted::{self, Planted};
use crate::quorum::{Pending, Tally, Terms};
use crate::types::{Channel, GroupEvent, ViewId};
use base::{Instant, NodeId};
use log::{Arrival, Log};
pub(crate) use outgoing::Outgoing;
use sending::{BURST, Burst, Sending};
use sequencer::{Numbered, Sequencer};
use std::collections::BTreeMap;
use std::time::Duration;

/// How long an acknowledgement may wait for company, and a gap for a late packet.
const ACKNOWLEDGE_AFTER: Duration = Duration::from_millis(5);
const REPAIR_AFTER: Duration = Duration::from_millis(3);
/// So many new pieces are acknowledged at once.
const ACKNOWLEDGE_EVERY: u64 = 32;
/// A retransmission waits at least this long.
const RETRY_AFTER: Duration = Duration::from_millis(30);
/// Pieces sent at a time to one who asks for what it lacks.
const FETCH_BURST: usize = 64;
const SPANS: usize = 32;
/// A member that has so many bytes more in the order is told only where they stand.
const SPARED: usize = 512;
/// For so long after the last message its sequencer tells everybody how far they are.
const STIRRED: Duration = Duration::from_secs(1);
/// For so long after a message the next is likely to come: about as long as two wake-ups take.
const BRISK: Duration = Duration::from_micros(60);

/// Up to where each node's latest process is delivered: incarnation and serial.
pub(crate) type Floors = BTreeMap<NodeId, (u64, u64)>;

/// Whether the order goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    Running,
    /// The node doubts that the view still exists.
    Held,
    /// The view is being replaced; it never runs again.
    Frozen,
}

/// What a new view starts with.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) me: NodeId,
    pub(crate) view: ViewId,
    pub(crate) members: Vec<Process>,
    pub(crate) sequencer: NodeId,
    pub(crate) floors: Floors,
}

/// One member's part in the order of one view.
#[derive(Debug)]
pub(crate) struct Order {
    start: Start,
    flow: Flow,
    log: Log,
    delivered: u64,
    assemblies: BTreeMap<NodeId, Assembly>,
    sequencer: Option<Sequencer>,
    sending: Sending,
    acknowledged: u64,
    acknowledge_at: Option<Instant>,
    repair_at: Option<Instant>,
    retry_after: Duration,
    /// Positions given and not yet sent.
    fresh: Vec<Numbered>,
    announced: u64,
    /// How many bytes of frames fit a datagram to the members.
    room: usize,
    /// When something was last put into the order.
    stirred_at: Instant,
}

#[derive(Debug)]
struct Assembly {
    serial: u64,
    next: u32,
    bytes: Vec<u8>,
}

/// Where the order's effects go.
#[derive(Debug)]
pub(crate) struct Effects<'a> {
    pub(crate) posts: &'a mut Posts,
    pub(crate) events: &'a mut Vec<GroupEvent>,
    pub(crate) outgoing: &'a mut Outgoing,
    pub(crate) tally: &'a mut Tally,
}

impl Order {
    pub(crate) fn new(start: Start, now: Instant) -> Self {
        let members: Vec<_> = start.members.iter().map(|member| member.node).collect();
        let leads = start.me == start.sequencer;
        let mut order = Self {
            flow: Flow::Running,
            log: Log::default(),
            delivered: 0,
            assemblies: BTreeMap::new(),
            sequencer: leads.then(|| Sequencer::new(&members, now)),
            sending: Sending::new(now),
            acknowledged: 0,
            acknowledge_at: None,
            repair_at: None,
            retry_after: RETRY_AFTER,
            fresh: Vec::new(),
            announced: 0,
            room: ROOM,
            stirred_at: now,
            start,
        };
        order.open(now);
        order
    }

    /// The sequencer comes from the line of views that goes on; what has been delivered in that
    /// line is the first thing everybody must know.
    fn open(&mut self, now: Instant) {
        let floor = |(node, (incarnation, serial)): (&NodeId, &(u64, u64))| Floor {
            process: Process { node: *node, incarnation: *incarnation },
            serial: *serial,
        };
        let floors = self.start.floors.iter().map(floor).collect();
        let chunk = Chunk { sender: self.start.me, content: Content::Opening { floors } };
        if let Some(sequencer) = &mut self.sequencer {
            let position = sequencer.claim(chunk.weight(), now);
            self.place(Numbered { position, number: 0, chunk }, now);
        }
    }

    pub(crate) const fn view(&self) -> ViewId {
        self.start.view
    }

    pub(crate) const fn floors(&self) -> &Floors {
        &self.start.floors
    }

    /// Stops deliveries for good: the view is being replaced.
    pub(crate) const fn freeze(&mut self) {
        self.flow = Flow::Frozen;
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.flow == Flow::Frozen
    }

    pub(crate) fn hold(&mut self) {
        if self.flow == Flow::Running {
            self.flow = Flow::Held;
        }
    }

    pub(crate) fn release(&mut self) {
        if self.flow == Flow::Held {
            self.flow = Flow::Running;
        }
    }

    /// What heartbeats report. Nothing once frozen: what comes in after this member has said what it
    /// brings along may not count as received, or it would be called safe without being so (G7).
    pub(crate) fn marks(&self) -> Marks {
        match self.flow {
            Flow::Frozen => Marks::default(),
            Flow::Running | Flow::Held => {
                Marks { aru: self.log.aru, stable: self.log.stable, top: self.log.top }
            }
        }
    }

    pub(crate) const fn aru(&self) -> u64 {
        self.log.aru
    }

    pub(crate) const fn delivered(&self) -> u64 {
        self.delivered
    }

    pub(crate) fn kept(&self) -> usize {
        self.log.kept()
    }

    pub(crate) fn beyond(&self) -> Vec<Span> {
        self.log.beyond()
    }

    /// Motions that are here and not delivered yet.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        let chunk = |position| Some((position, self.log.at(position)?));
        let ahead = (self.delivered + 1..=self.log.top).filter_map(chunk);
        let motion = |(position, chunk): (u64, &Chunk)| match chunk.content {
            Content::Motion { serial, motion } if serial > self.floor(chunk.sender) => {
                Some(Pending { position, by: chunk.sender, motion })
            }
            _ => None,
        };
        ahead.filter_map(motion).collect()
    }

    /// Waits for retransmission three round trips, and no less than [`RETRY_AFTER`].
    pub(crate) fn set_round_trip(&mut self, round_trip: Duration) {
        self.retry_after = RETRY_AFTER.max(round_trip * 3);
    }

    /// How many bytes of frames fit a datagram to the members.
    pub(crate) const fn set_room(&mut self, room: usize) {
        self.room = room;
    }

    /// Is this the sequencer, and may a member not know yet how far the order has got?
    pub(crate) fn is_stirred(&self, now: Instant) -> bool {
        self.sequencer.is_some()
            && self.flow != Flow::Frozen
            && now.saturating_since(self.stirred_at) < STIRRED
    }

    /// Is something likely to come sooner than a thread that sleeps would wake up? At the sequencer
    /// after each message; elsewhere while a lone one of this member's has no place yet.
    pub(crate) fn is_brisk(&self, now: Instant) -> bool {
        let since = match self.sequencer {
            Some(_) => Some(self.stirred_at),
            None => self.sending.lone_since(),
        };
        let running = self.flow == Flow::Running;
        running && since.is_some_and(|since| now.saturating_since(since) < BRISK)
    }

    // What the others say.

    pub(crate) fn on_submit(&mut self, from: NodeId, first: u64, chunks: Vec<Chunk>) {
        let Some(sequencer) = &mut self.sequencer else { return };
        if self.flow == Flow::Frozen {
            return;
        }
        sequencer.owe(from, first);
        for (number, chunk) in (first..=u64::MAX).zip(chunks) {
            // Only the sequencer's own opening sets floors.
            if !matches!(chunk.content, Content::Opening { .. }) {
                sequencer.take(from, number, chunk);
            }
        }
    }

    pub(crate) fn on_taken(&mut self, now: Instant, next: u64) {
        self.sending.take(now, next);
    }

    /// Own pieces from number `first` on stand at these positions.
    pub(crate) fn on_placed(&mut self, now: Instant, stable: u64, first: u64, positions: Vec<u64>) {
        self.sending.take(now, first.saturating_add(positions.len() as u64));
        let placed = (first..=u64::MAX).zip(positions);
        let chunk = |(number, position)| Some((position, self.sending.piece(number)?.clone()));
        let chunks = placed.map_while(chunk).collect();
        self.on_ordered(now, stable, chunks);
    }

    pub(crate) fn on_ordered(&mut self, now: Instant, stable: u64, chunks: Vec<(u64, Chunk)>) {
        let (mut urgent, mut known) = (false, false);
        for (position, chunk) in chunks {
            let safe = chunk.is_safe();
            match self.log.insert(position, chunk) {
                Arrival::New => urgent |= safe,
                Arrival::Known => known = true,
            }
        }
        self.log.settle(stable);
        if urgent || self.log.aru >= self.acknowledged + ACKNOWLEDGE_EVERY {
            self.acknowledge_at = Some(now);
        } else if known || self.log.aru > self.acknowledged {
            // What is known already came over another link too, or our acknowledgement was lost.
            self.acknowledge_at.get_or_insert(now + ACKNOWLEDGE_AFTER);
        }
    }

    pub(crate) fn on_acknowledge(&mut self, now: Instant, from: NodeId, aru: u64) {
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.acknowledge(from, aru, now);
        }
    }

    /// Also answered for a view that is over: others may still have to get level.
    pub(crate) fn on_fetch(
        &mut self,
        now: Instant,
        from: NodeId,
        spans: &[Span],
        posts: &mut Posts,
    ) {
        let chunks = self.log.pick(spans, FETCH_BURST);
        if let Some(sequencer) = &mut self.sequencer {
            sequencer.narrow(now);
        }
        self.send_again(from, chunks, posts);
    }

    pub(crate) fn on_marks(&mut self, now: Instant, from: NodeId, marks: Marks) {
        self.on_acknowledge(now, from, marks.aru);
        self.log.settle(marks.stable);
        if from == self.start.sequencer {
            self.log.announce(marks.top);
        }
    }

    // The member's own turn.

    /// Does all that can be done now.
    pub(crate) fn turn(&mut self, now: Instant, effects: &mut Effects<'_>) {
        loop {
            if self.flow == Flow::Running {
                self.pump(now, effects.outgoing);
                self.number(now);
                self.deliver(self.log.aru, Terms::Regular, effects);
            }
            if !self.progress(now) {
                break;
            }
        }
        if self.flow != Flow::Frozen {
            self.speak(now, effects.posts);
        }
        if !planted::is(Planted::NeverForget) {
            self.log.forget(self.delivered);
        }
    }

    /// Own receipt counts as an acknowledgement at the sequencer; true when that made room.
    fn progress(&mut self, now: Instant) -> bool {
        let Some(sequencer) = &mut self.sequencer else { return false };
        sequencer.acknowledge(self.start.me, self.log.aru, now);
        self.log.settle(sequencer.stable()) && self.flow == Flow::Running
    }

    /// Moves own pieces towards the sequencer.
    fn pump(&mut self, now: Instant, outgoing: &mut Outgoing) {
        let me = self.start.me;
        let Some(sequencer) = &mut self.sequencer else {
            return self.sending.fill(now, || outgoing.next_chunk(self.room));
        };
        while sequencer.has_room(me)
            && let Some(chunk) = outgoing.next_chunk(self.room)
        {
            sequencer.take(me, sequencer.taken(me), chunk);
        }
    }

    fn number(&mut self, now: Instant) {
        while let Some(numbered) = self.sequencer.as_mut().and_then(|s| s.number(now)) {
            self.place(numbered, now);
        }
    }

    fn place(&mut self, numbered: Numbered, now: Instant) {
        self.stirred_at = now;
        let Numbered { position, chunk, .. } = numbered.clone();
        self.fresh.push(numbered);
        let arrival = self.log.insert(position, chunk);
        assert_eq!(arrival, Arrival::New, "G3: position {position} was given twice");
    }

    /// Sends what is new, and again what seems lost.
    fn speak(&mut self, now: Instant, posts: &mut Posts) {
        if self.sequencer.is_some() {
            self.announce(now, posts);
        } else {
            self.submit(now, posts);
            self.acknowledge(now, posts);
            self.repair(now, posts);
        }
    }

    fn announce(&mut self, now: Instant, posts: &mut Posts) {
        let fresh = std::mem::take(&mut self.fresh);
        let awaited = (self.announced + 1..=self.log.stable).any(|position| self.is_safe(position));
        if !fresh.is_empty() || awaited {
            self.announced = self.log.stable;
            self.spread(fresh, posts);
        }
        let Some(sequencer) = &mut self.sequencer else { return };
        let (me, view) = (self.start.me, self.start.view);
        for (node, next) in sequencer.answers() {
            posts.send(node, &Frame::Taken { view, next });
        }
        for (node, first) in sequencer.stuck(now, self.retry_after) {
            if node != me && !planted::is(Planted::NeverAskAgain) {
                let span = Span { first, last: first + BURST as u64 - 1 };
                let chunks = self.log.pick(&[span], BURST);
                self.send_again(node, chunks, posts);
            }
        }
    }

    /// Sends each member what it does not have: of its own, if that is much, only the positions.
    fn spread(&self, fresh: Vec<Numbered>, posts: &mut Posts) {
        let mut weights: BTreeMap<NodeId, usize> = BTreeMap::new();
        for Numbered { chunk, .. } in fresh.iter().filter(|it| it.chunk.sender != self.start.me) {
            *weights.entry(chunk.sender).or_default() += chunk.weight();
        }
        weights.retain(|_, weight| *weight >= SPARED);
        let (theirs, common): (Vec<_>, Vec<_>) =
            fresh.into_iter().partition(|it| weights.contains_key(&it.chunk.sender));
        for &origin in weights.keys() {
            let own: Vec<_> = theirs.iter().filter(|it| it.chunk.sender == origin).collect();
            let (view, stable) = (self.start.view, self.log.stable);
            let first = own.first().map_or(0, |it| it.number);
            let positions = own.iter().map(|it| it.position).collect();
            posts.send(origin, &Frame::Placed { view, stable, first, positions });
            if self.start.members.len() > 2 {
                let chunks = own.iter().map(|it| (it.position, it.chunk.clone())).collect();
                self.ordered(chunks).iter().for_each(|frame| posts.send_others(origin, frame));
            }
        }
        if theirs.is_empty() || !common.is_empty() {
            let chunks = common.into_iter().map(|it| (it.position, it.chunk)).collect();
            self.ordered(chunks).iter().for_each(|frame| posts.send_members(frame));
        }
    }

    fn is_safe(&self, position: u64) -> bool {
        self.log.at(position).is_some_and(Chunk::is_safe)
    }

    fn submit(&mut self, now: Instant, posts: &mut Posts) {
        let Some(burst) = self.sending.burst(now, self.retry_after) else { return };
        let Burst { mut first, chunks, again } = burst;
        let view = self.start.view;
        for chunks in bundles(chunks.into_iter(), self.room, Chunk::weight) {
            let count = chunks.len() as u64;
            let frame = Frame::Submit { view, first, chunks };
            if again {
                posts.send_everywhere(self.start.sequencer, &frame);
            } else {
                posts.send(self.start.sequencer, &frame);
            }
            first += count;
        }
    }

    fn acknowledge(&mut self, now: Instant, posts: &mut Posts) {
        if self.acknowledge_at.is_some_and(|at| at <= now) {
            self.acknowledge_at = None;
            self.acknowledged = self.log.aru;
            let (view, aru) = (self.start.view, self.log.aru);
            posts.send(self.start.sequencer, &Frame::Acknowledge { view, aru });
        }
    }

    fn repair(&mut self, now: Instant, posts: &mut Posts) {
        if self.log.aru >= self.log.top || planted::is(Planted::NeverAskAgain) {
            self.repair_at = None;
            return;
        }
        if *self.repair_at.get_or_insert(now + REPAIR_AFTER) <= now {
            self.repair_at = Some(now + self.retry_after);
            let spans = self.log.gaps(self.log.top, SPANS);
            posts.send(self.start.sequencer, &Frame::Fetch { view: self.start.view, spans });
        }
    }

    /// Frames with `chunks`, or at least with what is stable.
    fn ordered(&self, chunks: Vec<(u64, Chunk)>) -> Vec<Frame> {
        let (view, stable) = (self.start.view, self.log.stable);
        let weight = |(_, chunk): &(u64, Chunk)| chunk.weight();
        let mut bundles = bundles(chunks.into_iter(), self.room, weight);
        if bundles.is_empty() {
            bundles.push(Vec::new());
        }
        bundles.into_iter().map(|chunks| Frame::Ordered { view, stable, chunks }).collect()
    }

    /// What seems lost goes over all links: the one that was chosen may have lost it.
    fn send_again(&self, to: NodeId, chunks: Vec<(u64, Chunk)>, posts: &mut Posts) {
        for frame in self.ordered(chunks) {
            posts.send_everywhere(to, &frame);
        }
    }

    /// The next moment at which [`Order::turn`] has something to do by itself.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        if self.flow == Flow::Frozen {
            return None;
        }
        let sequencer = self.sequencer.as_ref().and_then(|s| s.next_due(self.retry_after));
        let sending = self.sending.due(self.retry_after).filter(|_| self.sequencer.is_none());
        let gap = self.sequencer.is_none() && self.log.aru < self.log.top;
        let repair = self.repair_at.filter(|_| gap);
        let acknowledge = self.acknowledge_at.filter(|_| self.sequencer.is_none());
        [sequencer, sending, acknowledge, repair].into_iter().flatten().min()
    }

    // Delivery.

    fn deliver(&mut self, end: u64, terms: Terms, effects: &mut Effects<'_>) {
        while self.delivered < end {
            let Some(chunk) = self.log.at(self.delivered + 1) else { break };
            let waits = chunk.is_safe() && !planted::is(Planted::SafeTooEarly);
            if waits && terms == Terms::Regular && self.delivered + 1 > self.log.stable {
                break;
            }
            let chunk = chunk.clone();
            self.delivered += 1;
            if chunk.sender == self.start.me {
                self.sending.settle();
            }
            match chunk.content {
                Content::Opening { floors } => self.adopt(&floors, effects),
                Content::Piece { serial, part, parts, bytes, .. } => {
                    let piece = Piece { sender: chunk.sender, serial, part, parts, bytes };
                    self.assemble(piece, effects);
                }
                Content::Batch { serial, messages, .. } => {
                    for (serial, message) in (serial..).zip(messages) {
                        self.hand_up(chunk.sender, serial, message.0.to_vec(), effects);
                    }
                }
                Content::Motion { serial, motion } => {
                    if self.settle(chunk.sender, serial, effects) {
                        let event = effects.tally.deliver(terms, chunk.sender, &motion);
                        effects.events.extend(event);
                    }
                }
            }
        }
    }

    /// What the line has delivered is delivered, also for those who have just been merged into it.
    fn adopt(&mut self, floors: &[Floor], effects: &mut Effects<'_>) {
        let floor = |floor: &Floor| (floor.process.node, (floor.process.incarnation, floor.serial));
        self.start.floors = floors.iter().map(floor).collect();
        let absorbed = effects.outgoing.settle(self.floor(self.start.me));
        let opened = absorbed.into_iter().filter_map(Channel::open);
        let events = opened.map(|(channel, payload)| GroupEvent::Absorbed { channel, payload });
        effects.events.extend(events);
    }

    fn incarnation(&self, node: NodeId) -> u64 {
        let member = self.start.members.iter().find(|member| member.node == node);
        member.map_or(0, |member| member.incarnation)
    }

    /// The last serial delivered of `node`'s process in this view.
    fn floor(&self, node: NodeId) -> u64 {
        let floor = self.start.floors.get(&node);
        let same = floor.filter(|(incarnation, _)| *incarnation == self.incarnation(node));
        same.map_or(0, |(_, serial)| *serial)
    }

    fn assemble(&mut self, piece: Piece, effects: &mut Effects<'_>) {
        let Piece { sender, serial, part, parts, bytes } = piece;
        if part == 0 {
            let whole = Assembly { serial, next: 0, bytes: Vec::new() };
            self.assemblies.insert(sender, whole);
        }
        let Some(assembly) = self.assemblies.get_mut(&sender) else { return };
        // One more for the channel.
        let room = (crate::MAX_PAYLOAD + 1).saturating_sub(assembly.bytes.len());
        if assembly.serial != serial || assembly.next != part || bytes.0.len() > room {
            self.assemblies.remove(&sender);
            return;
        }
        assembly.bytes.extend_from_slice(&bytes.0);
        assembly.next += 1;
        if assembly.next != parts {
            return;
        }
        let whole = self.assemblies.remove(&sender).map(|assembly| assembly.bytes);
        self.hand_up(sender, serial, whole.unwrap_or_default(), effects);
    }

    /// A whole message, unless the line has delivered it before (G4).
    fn hand_up(
        &mut self,
        sender: NodeId,
        serial: u64,
        ordered: Vec<u8>,
        effects: &mut Effects<'_>,
    ) {
        if self.settle(sender, serial, effects)
            && let Some((channel, payload)) = Channel::open(ordered)
        {
            effects.events.push(GroupEvent::Deliver { channel, sender, payload });
        }
    }

    /// A whole message is here; true when the line has not delivered it before.
    fn settle(&mut self, sender: NodeId, serial: u64, effects: &mut Effects<'_>) -> bool {
        if serial <= self.floor(sender) && !planted::is(Planted::DeliverAgain) {
            return false;
        }
        self.start.floors.insert(sender, (self.incarnation(sender), serial));
        if sender == self.start.me {
            effects.outgoing.settle(serial);
        }
        true
    }

    // The end of the view.

    /// Asks the holders for what is missing up to `target`; true when nothing is.
    pub(crate) fn level(&self, target: u64, sources: &[Source], posts: &mut Posts) -> bool {
        let gaps = self.log.gaps(target, SPANS);
        for source in sources.iter().filter(|source| source.holder != self.start.me) {
            let within = |gap: &Span| Span {
                first: gap.first.max(source.span.first),
                last: gap.last.min(source.span.last),
            };
            let spans: Vec<_> =
                gaps.iter().map(within).filter(|span| span.first <= span.last).collect();
            if !spans.is_empty() {
                posts.send(source.holder, &Frame::Fetch { view: self.start.view, spans });
            }
        }
        gaps.is_empty()
    }

    /// Delivers the rest up to `target`, all of which is here. Half messages end here; their
    /// senders start them again.
    pub(crate) fn conclude(&mut self, target: u64, effects: &mut Effects<'_>) {
        assert!(self.log.aru >= target, "G6: the survivors are not level");
        assert!(self.delivered <= target, "G6: more was delivered than the survivors agreed on");
        self.deliver(target, Terms::Transitional, effects);
        assert_eq!(self.delivered, target, "G6: not everything agreed on was delivered");
        self.assemblies.clear();
    }
}

struct Piece {
    sender: NodeId,
    serial: u64,
    part: u32,
    parts: u32,
    bytes: Blob,
}

/// As many to a frame as fit a datagram with room for `room` bytes.
fn bundles<T>(
    items: impl Iterator<Item = T>,
    room: usize,
    weight: impl Fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut bundles: Vec<Vec<T>> = Vec::new();
    let mut filled = room;
    for item in items {
        let size = weight(&item);
        if filled + size > room - CHUNKS_OVERHEAD {
            bundles.push(Vec::new());
            filled = 0;
        }
        filled += size;
        if let Some(bundle) = bundles.last_mut() {
            bundle.push(item);
        }
    }
    bundles
}
