//! The loop around the adapter: one thread that hears what Corosync tells and says what is to be said.

use super::{Engine, Listeners, Ready};
use crate::Options;
use crate::managing::now;
use crate::reply;
use crate::rings::{Order, RingReport, ToRings, WAKER};
use crate::site::Addresses;
use crate::start::StartError;
use base::{Instant, NodeId};
use conf::ClusterConf;
use corosync::{Adapter, Connection, ConnectionError, Input, Output, Process, Sent};
use group::{Birth, Counters, GroupEvent, LinkFailure, LinkId, LinkState, LinkStatus};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;
use tokio::sync::oneshot;

/// How soon a multicast is tried again that Corosync had no room for.
const RETRY: Duration = Duration::from_millis(2);
/// How often the links are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Connects to the Corosync that runs here.
pub(super) fn open(options: &Options, conf: &ClusterConf) -> Result<Ready, StartError> {
    let (connection, site) = Connection::open()?;
    let poll = Poll::new().map_err(StartError::System)?;
    let waker = Arc::new(Waker::new(poll.registry(), WAKER).map_err(StartError::System)?);
    for (descriptor, token) in connection.descriptors()?.iter().zip(0..) {
        let registered =
            poll.registry().register(&mut SourceFd(descriptor), Token(token), Interest::READABLE);
        registered.map_err(StartError::System)?;
    }
    let (to_engine, orders) = ToRings::new(waker);
    let nodes = site.names.keys().copied().collect();
    let (node, names) = (site.node, site.names);
    let addresses = Addresses::listed(conf, node)
        .map_err(|source| StartError::Site { path: options.config.clone(), source })?;
    let peers = addresses.peers.clone();
    let registry = poll.registry().try_clone().map_err(StartError::System)?;
    let engine = Box::new(OverCorosync { connection, poll, orders, nodes, peers });
    Ok(Ready { engine, registry, orders: to_engine, node, names, addresses, group: None })
}

struct OverCorosync {
    connection: Connection,
    poll: Poll,
    orders: Receiver<Order>,
    nodes: Vec<NodeId>,
    peers: BTreeMap<(LinkId, NodeId), SocketAddr>,
}

impl Engine for OverCorosync {
    fn run(mut self: Box<Self>, birth: Birth, listeners: Listeners) {
        let me = Process { node: birth.node, pid: std::process::id() };
        let mut desk = Desk {
            adapter: Adapter::new(me, birth),
            out: Vec::new(),
            outbox: VecDeque::new(),
            links: Links::default(),
            counters: Counters::default(),
            listeners,
        };
        if let Err(error) = self.serve(&mut desk) {
            // Half a node is worse than none: the parent starts another, which waits for Corosync.
            tracing::error!("{error}");
            std::process::abort();
        }
    }
}

impl OverCorosync {
    fn serve(&mut self, desk: &mut Desk) -> Result<(), ConnectionError> {
        self.connection.join()?;
        let mut events = Events::with_capacity(8);
        loop {
            desk.links.look(&self.connection, &self.nodes, &mut desk.listeners);
            if let Err(error) = self.poll.poll(&mut events, Some(desk.sleep()))
                && error.kind() != std::io::ErrorKind::Interrupted
            {
                tracing::error!("cannot wait for Corosync any more: {error}");
                std::process::abort();
            }
            events.iter().for_each(|event| desk.listeners.groups.notice(event));
            // What has come in is heard before time is looked at: a node that was held up must not
            // take unread answers for silence.
            self.connection.dispatch(|input| desk.step(input))?;
            loop {
                match self.orders.try_recv() {
                    Ok(Order::Command(command)) => desk.step(Input::Command(command)),
                    Ok(Order::Groups(answer)) => desk.listeners.list_groups(answer),
                    Ok(Order::Report(answer)) => desk.report(answer, self.peers.clone()),
                    // Nobody asks for it: the file is Corosync's.
                    Ok(Order::Reconfigure(_)) => {}
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return Ok(()),
                }
            }
            if desk.adapter.next_wake().is_some_and(|wake| wake <= now()) {
                desk.step(Input::Wake);
            }
            for command in desk.listeners.groups.listen() {
                desk.step(Input::Command(command));
            }
            desk.send(&self.connection)?;
            desk.listeners.groups.write();
        }
    }
}

/// What waits for room in Corosync's queues.
enum Waiting {
    Multicast(Vec<u8>),
    Leave,
}

/// The adapter and where its outputs go.
struct Desk {
    adapter: Adapter,
    out: Vec<Output>,
    outbox: VecDeque<Waiting>,
    links: Links,
    counters: Counters,
    listeners: Listeners,
}

impl Desk {
    fn sleep(&self) -> Duration {
        if self.listeners.groups.is_busy() {
            return Duration::ZERO;
        }
        let wake = self.adapter.next_wake().map_or(LOOK, |wake| wake.saturating_since(now()));
        let longest = if self.outbox.is_empty() { LOOK } else { RETRY };
        wake.min(longest)
    }

    fn step(&mut self, input: Input<'_>) {
        self.counters.received += u64::from(matches!(input, Input::Delivered { .. }));
        self.adapter.step(now(), input, &mut self.out);
        for output in self.out.drain(..) {
            match output {
                Output::Multicast(bytes) => self.outbox.push_back(Waiting::Multicast(bytes)),
                Output::Leave => self.outbox.push_back(Waiting::Leave),
                Output::PersistViewCounter(counter) => self.listeners.write_down(counter),
                Output::Event(event) => {
                    self.counters.views += u64::from(matches!(event, GroupEvent::View { .. }));
                    self.counters.delivered +=
                        u64::from(matches!(event, GroupEvent::Deliver { .. }));
                    self.listeners.tell(event);
                }
                Output::End(why) => {
                    tracing::error!("{why}");
                    std::process::abort();
                }
            }
        }
    }

    /// Sends what Corosync has room for.
    fn send(&mut self, connection: &Connection) -> Result<(), ConnectionError> {
        while let Some(first) = self.outbox.front() {
            match first {
                Waiting::Leave => connection.leave()?,
                Waiting::Multicast(bytes) => match connection.multicast(bytes)? {
                    Sent::Yes => self.counters.sent += 1,
                    Sent::NotYet => break,
                },
            }
            self.outbox.pop_front();
        }
        Ok(())
    }

    fn report(
        &self,
        answer: oneshot::Sender<RingReport>,
        addresses: BTreeMap<(LinkId, NodeId), SocketAddr>,
    ) {
        let links = self.links.all.values().copied().collect();
        let (counters, history) = (self.counters, self.listeners.history);
        // Corosync looks for strangers itself.
        let complaints = Vec::new();
        reply::give(answer, RingReport { links, counters, history, complaints, addresses });
    }
}

/// How Corosync's links are, as it says when it is asked.
#[derive(Default)]
struct Links {
    next: Instant,
    all: BTreeMap<(NodeId, LinkId), LinkStatus>,
}

impl Links {
    /// Looks, once in a while, and tells what has changed.
    fn look(&mut self, connection: &Connection, nodes: &[NodeId], listeners: &mut Listeners) {
        let now = now();
        if now < self.next {
            return;
        }
        self.next = now + LOOK;
        for &node in nodes {
            for (link, state, datagram) in connection.links(node) {
                let known = self.all.get(&(node, link)).copied();
                let status = status(known, (node, link), state, datagram, now);
                self.all.insert((node, link), status);
                if known.is_some_and(|known| known.state != state) {
                    listeners.tell(GroupEvent::LinkChanged(status));
                }
            }
        }
    }
}

fn status(
    known: Option<LinkStatus>,
    (node, link): (NodeId, LinkId),
    state: LinkState,
    datagram: u16,
    now: Instant,
) -> LinkStatus {
    let same = known.filter(|known| known.state == state);
    let fell = same.is_none() && known.is_some() && state == LinkState::Disconnected;
    let failed = (state == LinkState::Disconnected).then_some(LinkFailure::Silent);
    LinkStatus {
        link,
        node,
        state,
        since: same.map_or(now, |known| known.since),
        failure: failed.or_else(|| known.and_then(|known| known.failure)),
        downs: known.map_or(0, |known| known.downs) + u32::from(fell),
        round_trip: None,
        loss_per_mille: 0,
        datagram,
    }
}
