//! The loop around the group machine: one thread, one UDP socket a ring, nothing that blocks.

use crate::managing::{ToManager, now};
use crate::storage::ToDisk;
use base::NodeId;
use group::{Counters, Group, GroupCommand, Input, LinkId, LinkStatus, Output};
use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;
use tokio::sync::oneshot;

const WAKER: Token = Token(usize::MAX);
/// So many datagrams of a ring are heard at once before time is looked at again.
const AT_ONCE: usize = 256;
/// The largest datagram there is.
const DATAGRAM: usize = 65_536;

/// How the other threads reach this one.
#[derive(Clone)]
pub(crate) struct ToRings {
    orders: Sender<Order>,
    waker: Arc<Waker>,
}

enum Order {
    Command(GroupCommand),
    Report(oneshot::Sender<RingReport>),
}

/// How the links are.
#[derive(Clone, Debug)]
pub(crate) struct RingReport {
    pub(crate) links: Vec<LinkStatus>,
    pub(crate) counters: Counters,
}

impl ToRings {
    /// Hands a command over; false when the thread has ended.
    pub(crate) fn command(&self, command: GroupCommand) -> bool {
        self.order(Order::Command(command))
    }

    /// Asks how the links are.
    pub(crate) async fn report(&self) -> Option<RingReport> {
        let (answer, report) = oneshot::channel();
        self.order(Order::Report(answer)).then_some(())?;
        report.await.ok()
    }

    fn order(&self, order: Order) -> bool {
        self.orders.send(order).is_ok() && self.waker.wake().is_ok()
    }
}

/// Why a ring cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The address is not this node's, or somebody else uses the port.
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
        io::ErrorKind::AddrNotAvailable => {
            "; no interface of this machine has this address: check the nodelist and the interface"
        }
        _ => "",
    }
}

/// The sockets, and who is where on them.
pub(crate) struct Rings {
    poll: Poll,
    sockets: Vec<(LinkId, UdpSocket)>,
    peers: BTreeMap<(LinkId, NodeId), SocketAddr>,
    orders: Receiver<Order>,
}

impl Rings {
    /// Listens on every ring.
    ///
    /// # Errors
    /// When that is not possible on one of them.
    pub(crate) fn open(
        own: &BTreeMap<LinkId, SocketAddr>,
        peers: BTreeMap<(LinkId, NodeId), SocketAddr>,
    ) -> Result<(Self, ToRings), RingError> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        let mut sockets = Vec::new();
        for (&ring, &address) in own {
            let failed = |source| RingError::Listen { ring, address, source };
            let mut socket = UdpSocket::bind(address).map_err(failed)?;
            let token = Token(sockets.len());
            poll.registry().register(&mut socket, token, Interest::READABLE).map_err(failed)?;
            sockets.push((ring, socket));
        }
        let (send, orders) = std::sync::mpsc::channel();
        Ok((Self { poll, sockets, peers, orders }, ToRings { orders: send, waker }))
    }

    /// Steps the group with whatever comes, until nobody gives orders any more.
    pub(crate) fn run(mut self, group: Group, manager: &Sender<ToManager>, disk: &Sender<ToDisk>) {
        let mut station = Station { group, out: Vec::new(), manager, disk };
        let mut events = Events::with_capacity(64);
        let mut buffer = vec![0; DATAGRAM];
        let mut unread = false;
        let mut strangers = Strangers::default();
        loop {
            let sleep = station.group.next_wake().saturating_since(now());
            let sleep = sleep.min(Duration::from_secs(1));
            match self.poll.poll(&mut events, Some(if unread { Duration::ZERO } else { sleep })) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    // Half a node is worse than none: the parent starts another.
                    tracing::error!("cannot wait for packets any more: {error}");
                    std::process::abort();
                }
                _ => {}
            }
            // What has come in is heard before time is looked at: a node that was held up must
            // not take unread greetings for silence.
            unread = false;
            for index in 0..self.sockets.len() {
                unread |= self.receive(index, &mut buffer, &mut station);
            }
            loop {
                match self.orders.try_recv() {
                    Ok(Order::Command(command)) => station.step(Input::Command(command)),
                    Ok(Order::Report(answer)) => station.report(answer),
                    Err(std::sync::mpsc::TryRecvError::Empty) => break,
                    Err(std::sync::mpsc::TryRecvError::Disconnected) => return,
                }
            }
            if station.group.next_wake() <= now() {
                station.step(Input::Wake);
            }
            strangers.look(&station.group);
            for (link, to, bytes) in station.pass_on() {
                self.send(link, to, &bytes);
            }
        }
    }

    /// Hears what has come in on a ring, so much at once; says whether there may be more.
    fn receive(&self, index: usize, buffer: &mut [u8], station: &mut Station<'_>) -> bool {
        let Some((link, socket)) = self.sockets.get(index) else { return false };
        for _ in 0..AT_ONCE {
            match socket.recv_from(buffer) {
                Ok((length, _)) => {
                    let bytes = buffer.get(..length).unwrap_or_default();
                    station.step(Input::Datagram { link: *link, bytes });
                    for (link, to, bytes) in station.pass_on() {
                        self.send(link, to, &bytes);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                // An unreachable peer is reported on the next read; the links notice by silence.
                Err(_) => {}
            }
        }
        true
    }

    /// A datagram that cannot be sent is a lost datagram: the links notice.
    fn send(&self, link: LinkId, to: NodeId, bytes: &[u8]) {
        let socket = self.sockets.iter().find(|(ring, _)| *ring == link);
        if let (Some((_, socket)), Some(peer)) = (socket, self.peers.get(&(link, to)))
            && let Err(error) = socket.send_to(bytes, *peer)
        {
            tracing::trace!("ring {link}: not sent to {peer}: {error}");
        }
    }
}

/// Packets that cannot be opened: most often a node with another key, which its people look for
/// in the log.
#[derive(Default)]
struct Strangers {
    told: u64,
    next: base::Instant,
}

impl Strangers {
    /// Says so at most once a minute.
    fn look(&mut self, group: &Group) {
        let count = group.counters().foreign;
        if count > self.told && now() >= self.next {
            let news = count - self.told;
            tracing::warn!(
                "{news} packets could not be opened: they are sealed with another key, or not \
                 from this cluster; do all nodes have the same authkey and cluster_name?"
            );
            self.told = count;
            self.next = now() + Duration::from_secs(60);
        }
    }
}

/// The group machine and where its events go.
struct Station<'a> {
    group: Group,
    out: Vec<Output>,
    manager: &'a Sender<ToManager>,
    disk: &'a Sender<ToDisk>,
}

impl Station<'_> {
    fn step(&mut self, input: Input<'_>) {
        self.group.step(now(), input, &mut self.out);
    }

    fn report(&self, answer: oneshot::Sender<RingReport>) {
        let report = RingReport { links: self.group.links(), counters: self.group.counters() };
        if answer.send(report).is_err() {
            tracing::debug!("a client went away before its answer came");
        }
    }

    /// Hands events to the manager, and gives back what has to be sent.
    fn pass_on(&mut self) -> Vec<(LinkId, NodeId, Vec<u8>)> {
        let mut datagrams = Vec::new();
        for output in self.out.drain(..) {
            let delivered = match output {
                Output::Send { link, to, bytes } => {
                    datagrams.push((link, to, bytes));
                    true
                }
                Output::Event(event) => {
                    let input = manager::Input::Group(event);
                    self.manager.send(ToManager::Input(input)).is_ok()
                }
                // Counters far above were reserved on disk before the start: nobody waits here.
                Output::PersistViewCounter(counter) => {
                    self.disk.send(ToDisk::ViewCounter(counter)).is_ok()
                }
            };
            if !delivered {
                tracing::debug!("the daemon is ending; an event was dropped");
            }
        }
        datagrams
    }
}
