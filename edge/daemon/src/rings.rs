//! The loop around the group machine: one thread, one UDP socket a ring, nothing that blocks.

mod socket;
mod strangers;

use crate::engine::{History, Listeners};
use crate::groups::Directory;
use crate::managing::now;
use crate::reply;
use crate::site::Addresses;
use base::NodeId;
use group::{Counters, Group, GroupCommand, GroupConfig, Input, LinkId, LinkStatus, Output};
use mio::{Events, Interest, Poll, Registry, Token, Waker};
use socket::{Buffers, Outbox, RingSocket, Train};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;
use strangers::{Known, Strangers};
use tokio::sync::oneshot;

/// Wakes the thread for an order.
pub(crate) const WAKER: Token = Token(usize::MAX);
const READY: Token = Token(0);
/// So many times a ring is read before time is looked at again.
const AT_ONCE: usize = 32;

/// How the other threads reach this one.
#[derive(Clone)]
pub(crate) struct ToRings {
    orders: Sender<Order>,
    waker: Arc<Waker>,
}

/// What is wanted of the thread.
pub(crate) enum Order {
    Command(GroupCommand),
    Groups(oneshot::Sender<Directory>),
    Report(oneshot::Sender<RingReport>),
    Reconfigure(Box<Change>),
}

/// Other addresses and another configuration, and who wants to know what came of it.
pub(crate) struct Change {
    addresses: Addresses,
    group: GroupConfig,
    answer: oneshot::Sender<Result<(), RingError>>,
}

/// How the links are, and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct RingReport {
    pub(crate) links: Vec<LinkStatus>,
    pub(crate) counters: Counters,
    pub(crate) history: History,
    /// What comes that does not fit, in words, and on which ring.
    pub(crate) complaints: Vec<(LinkId, String)>,
    /// Where the nodes are, as far as that is known.
    pub(crate) addresses: BTreeMap<(LinkId, NodeId), SocketAddr>,
}

impl ToRings {
    /// For a thread that `waker` wakes, and the other end.
    pub(crate) fn new(waker: Arc<Waker>) -> (Self, Receiver<Order>) {
        let (send, orders) = std::sync::mpsc::channel();
        (Self { orders: send, waker }, orders)
    }

    /// Hands a command over; false when the thread has ended.
    pub(crate) fn command(&self, command: GroupCommand) -> bool {
        self.order(Order::Command(command))
    }

    /// Asks for all named groups.
    pub(crate) async fn groups(&self) -> Option<Directory> {
        let (answer, groups) = oneshot::channel();
        self.order(Order::Groups(answer)).then_some(())?;
        groups.await.ok()
    }

    /// Asks how the links are.
    pub(crate) async fn report(&self) -> Option<RingReport> {
        let (answer, report) = oneshot::channel();
        self.order(Order::Report(answer)).then_some(())?;
        report.await.ok()
    }

    /// Goes on with other addresses and another configuration; nothing when the thread has ended.
    /// When a ring cannot be used, nothing has changed.
    pub(crate) async fn reconfigure(
        &self,
        addresses: Addresses,
        group: GroupConfig,
    ) -> Option<Result<(), RingError>> {
        let (answer, result) = oneshot::channel();
        let change = Box::new(Change { addresses, group, answer });
        self.order(Order::Reconfigure(change)).then_some(())?;
        result.await.ok()
    }

    fn order(&self, order: Order) -> bool {
        self.orders.send(order).is_ok() && self.waker.wake().is_ok()
    }
}

/// Why a ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// Somebody else uses the port, or the system has no such network.
    #[error("ring {ring}: cannot listen on {address}: {source}{}", advice(source))]
    Listen {
        /// Which ring.
        ring: LinkId,
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The system gives no event queue.
    #[error("cannot wait for packets: {0}")]
    Poll(#[from] io::Error),
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "; another program uses this port: is a node or Corosync running here already? Stop it, \
             or set another mcastport"
        }
        _ => "",
    }
}

/// The sockets, and who is where on them.
pub(crate) struct Rings {
    poll: Poll,
    sockets: Vec<RingSocket>,
    peers: BTreeMap<(LinkId, NodeId), SocketAddr>,
    orders: Receiver<Order>,
}

impl Rings {
    /// Listens on every ring. An address that this machine does not have yet is waited for.
    ///
    /// # Errors
    /// When that is not possible on one of them.
    pub(crate) fn open(addresses: &Addresses) -> Result<(Self, ToRings), RingError> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let (to_rings, orders) = ToRings::new(waker);
        let peers = addresses.peers.clone();
        let mut rings = Self { poll, sockets: Vec::new(), peers, orders };
        for (ring, address) in &addresses.own {
            rings.sockets.extend(rings.listen(*ring, *address, addresses)?);
        }
        Ok((rings, to_rings))
    }

    /// Of the queue that the thread waits at.
    pub(crate) fn registry(&self) -> io::Result<Registry> {
        self.poll.registry().try_clone()
    }

    fn listen(
        &self,
        ring: LinkId,
        address: SocketAddr,
        addresses: &Addresses,
    ) -> Result<Vec<RingSocket>, RingError> {
        let failed = |source| RingError::Listen { ring, address, source };
        let meeting = addresses.meeting.get(&ring);
        let mut sockets = RingSocket::open(ring, address, meeting).map_err(failed)?;
        for socket in &mut sockets {
            let registry = self.poll.registry();
            // All are read whenever one is ready, so that no ring is heard before another.
            registry.register(&mut socket.socket, READY, Interest::READABLE).map_err(failed)?;
        }
        Ok(sockets)
    }

    /// Rings whose address stays are kept as they are; new ones are opened before old ones are
    /// closed.
    fn readdress(&mut self, addresses: &Addresses) -> Result<(), RingError> {
        let kept = |socket: &RingSocket| addresses.own.get(&socket.link) == Some(&socket.address);
        let mut opened = Vec::new();
        for (ring, address) in &addresses.own {
            if !self.sockets.iter().any(|socket| socket.link == *ring && kept(socket)) {
                opened.extend(self.listen(*ring, *address, addresses)?);
            }
        }
        self.sockets.retain(kept);
        self.sockets.append(&mut opened);
        self.peers = addresses.peers.clone();
        Ok(())
    }

    fn reconfigure(&mut self, change: Change, station: &mut Station) {
        let Change { addresses, group, answer } = change;
        let result = self.readdress(&addresses);
        if result.is_ok() {
            let command = GroupCommand::Reconfigure(Box::new(group));
            station.step(Input::Command(command));
        }
        if answer.send(result).is_err() {
            tracing::debug!("whoever wanted the change went away before it was made");
        }
    }

    /// Steps the group with whatever comes, until nobody gives orders any more.
    pub(crate) fn run(mut self, group: Group, listeners: Listeners) {
        let (out, outbox) = (Vec::new(), Outbox::default());
        let strangers = Strangers::new(group.node(), now());
        let (met, meets) = (Vec::new(), self.sockets.iter().any(RingSocket::meets));
        // With one processor there is nobody to wait for while this thread has it.
        let lingers =
            std::thread::available_parallelism().is_ok_and(|processors| processors.get() > 1);
        let mut station = Station { group, out, outbox, listeners, met, meets, strangers, lingers };
        let mut events = Events::with_capacity(64);
        let mut buffers = Buffers::default();
        let mut unread = false;
        loop {
            match self.poll.poll(&mut events, Some(station.sleep(unread))) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    // Half a node is worse than none: the parent starts another.
                    tracing::error!("cannot wait for packets any more: {error}");
                    std::process::abort();
                }
                _ => {}
            }
            events.iter().for_each(|event| station.listeners.groups.notice(event));
            // What has come in is heard before time is looked at: a node that was held up must
            // not take unread greetings for silence.
            unread = false;
            for index in 0..self.sockets.len() {
                unread |= self.receive(index, &mut buffers, &mut station);
            }
            loop {
                match self.orders.try_recv() {
                    Ok(Order::Command(command)) => station.step(Input::Command(command)),
                    Ok(Order::Groups(answer)) => station.listeners.list_groups(answer),
                    Ok(Order::Report(answer)) => station.report(answer, self.peers.clone()),
                    Ok(Order::Reconfigure(change)) => self.reconfigure(*change, &mut station),
                    Err(std::sync::mpsc::TryRecvError::Empty) => break,
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => return,
                }
            }
            if station.group.next_wake() <= now() {
                station.step(Input::Wake);
            }
            station.tell_of_strangers(&self.peers);
            station.hear_clients();
            self.pass_on(&mut station);
            station.listeners.groups.write();
        }
    }

    /// Hears what has come in on a ring, so much at once; says whether there may be more.
    fn receive(&mut self, index: usize, buffers: &mut Buffers, station: &mut Station) -> bool {
        for _ in 0..AT_ONCE {
            let Some(socket) = self.sockets.get(index) else { return false };
            let link = socket.link;
            let Some(trains) = socket.receive(buffers) else { return false };
            for train in trains {
                if self.strays(link, &train, station) {
                    continue;
                }
                let Train { bytes, each, from } = train;
                let before = station.group.counters();
                station.step(Input::Train { link, bytes, each });
                let counted = (&before, &station.group.counters());
                station.strangers.note(now(), (link, from.ip()), counted);
                let met = station.met.drain(..).map(|(link, node)| ((link, node), from));
                self.peers.extend(met);
            }
            self.pass_on(station);
        }
        true
    }

    /// Does it come from where another node is, or nobody? Then a number or an address is wrong
    /// somewhere, and whoever sent it is told so. What speaks as this node is heard nevertheless,
    /// for then it may be this node that is told.
    fn strays(&self, link: LinkId, train: &Train<'_>, station: &mut Station) -> bool {
        let Some(claimed) = Group::claimed_sender(train.bytes) else { return false };
        let known = self.peers.get(&(link, claimed));
        if station.meets || known.is_some_and(|known| known.ip() == train.from.ip()) {
            return false;
        }
        let socket = self.sockets.iter().find(|socket| socket.link == link);
        if let Some(socket) = socket.filter(|_| station.strangers.may_answer(now())) {
            socket.answer(train.from, &station.group.misplaced(claimed));
        }
        if claimed == station.group.node() {
            return false;
        }
        station.strangers.note_elsewhere(now(), (link, train.from.ip()), claimed);
        true
    }

    fn pass_on(&self, station: &mut Station) {
        station.pass_on();
        station.outbox.send(&self.sockets, &self.peers);
    }
}

/// The group machine and where its events go.
struct Station {
    group: Group,
    out: Vec<Output>,
    outbox: Outbox,
    listeners: Listeners,
    /// Nodes whose address the train just taken in has shown.
    met: Vec<(LinkId, NodeId)>,
    /// Are nodes found on the network, instead of listed?
    meets: bool,
    strangers: Strangers,
    /// May the thread look again instead of sleeping?
    lingers: bool,
}

impl Station {
    fn step(&mut self, input: Input<'_>) {
        let before = self.out.len();
        self.group.step(now(), input, &mut self.out);
        for output in &self.out[before..] {
            if let Output::Met { link, node } = output {
                self.met.push((*link, *node));
            }
        }
    }

    /// How long nothing needs to be done. Where a message is likely to come before a sleeper would
    /// have woken up, not at all; others who want the processor get it first.
    fn sleep(&self, unread: bool) -> Duration {
        if unread || self.listeners.groups.is_busy() {
            return Duration::ZERO;
        }
        let now = now();
        if self.lingers && self.group.is_brisk(now) {
            std::thread::yield_now();
            return Duration::ZERO;
        }
        self.group.next_wake().saturating_since(now).min(Duration::from_secs(1))
    }

    fn hear_clients(&mut self) {
        let commands = self.listeners.groups.listen();
        if !commands.is_empty() {
            self.step(Input::Commands(commands));
        }
    }

    /// Says in the log what does not fit, where that is new.
    fn tell_of_strangers(&mut self, addresses: &BTreeMap<(LinkId, NodeId), SocketAddr>) {
        if self.strangers.is_due(now()) {
            let (links, heard) = (self.group.links(), self.heard());
            let known = Known { addresses, links: &links, heard };
            for line in self.strangers.news(now(), &known) {
                tracing::warn!("{line}");
            }
        }
    }

    /// How many datagrams have come from anybody.
    fn heard(&self) -> u64 {
        let Counters { received, foreign, unconfirmed, .. } = self.group.counters();
        received + foreign + unconfirmed
    }

    fn report(
        &self,
        answer: oneshot::Sender<RingReport>,
        addresses: BTreeMap<(LinkId, NodeId), SocketAddr>,
    ) {
        let (links, heard) = (self.group.links(), self.heard());
        let known = Known { addresses: &addresses, links: &links, heard };
        let report = RingReport {
            complaints: self.strangers.complaints(now(), &known),
            links,
            counters: self.group.counters(),
            history: self.listeners.history,
            addresses,
        };
        reply::give(answer, report);
    }

    /// Hands events to those they are for, and datagrams to the outbox.
    fn pass_on(&mut self) {
        for output in self.out.drain(..) {
            match output {
                Output::Send { link, to, bytes } => self.outbox.put(link, to, bytes),
                Output::Announce { link, bytes } => self.outbox.announce(link, bytes),
                // Noted when it was said.
                Output::Met { .. } => {}
                Output::Event(event) => self.listeners.tell(event),
                Output::PersistViewCounter(counter) => self.listeners.write_down(counter),
                Output::PersistExpectedVotes(votes) => self.listeners.write_votes_down(votes),
            }
        }
    }
}
