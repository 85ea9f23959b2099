//! The loop between the processes of this node and named groups: one thread, so that no client can
//! delay a heartbeat. Whatever has come in is handled in one turn, then all that follows goes out:
//! one message to the rings, one write for each client.

mod peer;

use crate::managing::now;
use crate::rings::ToRings;
use base::NodeId;
use group::processes::{ConnectionId, GroupName, Input, Output, Process, Processes};
use group::{GroupCommand, GroupEvent};
use local::frame::ToClient;
use mio::net::UnixListener;
use mio::{Events, Interest, Poll, Token, Waker};
use peer::{Peer, Presence};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, TryRecvError};
use std::time::Duration;
use tokio::sync::oneshot;

const WAKER: Token = Token(usize::MAX);
const LISTENER: Token = Token(usize::MAX - 1);
/// How often clients are looked at that do not read.
const LOOK: Duration = Duration::from_secs(1);
/// More are turned away.
const MOST_CLIENTS: usize = 1000;

/// All groups with their members, by name.
pub(crate) type Directory = Vec<(GroupName, Vec<Process>)>;

/// How the other threads reach this one.
#[derive(Clone)]
pub(crate) struct ToGroups {
    orders: Sender<Order>,
    bell: Arc<Bell>,
}

enum Order {
    Hear(Vec<GroupEvent>),
    List(oneshot::Sender<Directory>),
}

/// Wakes the thread, once for all that comes before it has looked.
struct Bell {
    waker: Waker,
    rung: AtomicBool,
}

impl ToGroups {
    /// Tells what the group layer says; false when the thread has ended.
    pub(crate) fn tell(&self, events: Vec<GroupEvent>) -> bool {
        self.order(Order::Hear(events))
    }

    /// Asks for all groups.
    pub(crate) async fn list(&self) -> Option<Directory> {
        let (answer, list) = oneshot::channel();
        self.order(Order::List(answer)).then_some(())?;
        list.await.ok()
    }

    fn order(&self, order: Order) -> bool {
        let sent = self.orders.send(order).is_ok();
        sent && (self.bell.rung.swap(true, Ordering::AcqRel) || self.bell.waker.wake().is_ok())
    }
}

/// The socket and who is connected to it.
pub(crate) struct Groups {
    poll: Poll,
    listener: UnixListener,
    orders: Receiver<Order>,
    bell: Arc<Bell>,
    rings: ToRings,
    node: NodeId,
    processes: Processes,
    peers: BTreeMap<ConnectionId, Peer>,
    /// The number of the last connection.
    last: u32,
    out: Vec<Output>,
    commands: Vec<GroupCommand>,
}

impl Groups {
    /// Listens on `path`. A socket left by a daemon that died is replaced; the file may be used by
    /// its owner and its group.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub(crate) fn open(path: &Path, node: NodeId, rings: ToRings) -> io::Result<(Self, ToGroups)> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let poll = Poll::new()?;
        let mut listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
        let waker = Waker::new(poll.registry(), WAKER)?;
        let bell = Arc::new(Bell { waker, rung: AtomicBool::new(false) });
        let (send, orders) = std::sync::mpsc::channel();
        let groups = Self {
            poll,
            listener,
            orders,
            bell: bell.clone(),
            rings,
            node,
            processes: Processes::new(node),
            peers: BTreeMap::new(),
            last: 0,
            out: Vec::new(),
            commands: Vec::new(),
        };
        Ok((groups, ToGroups { orders: send, bell }))
    }

    /// Passes on what is said, until nobody gives orders any more.
    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        loop {
            match self.poll.poll(&mut events, self.patience()) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    tracing::error!("cannot wait for clients of groups any more: {error}");
                    std::process::abort();
                }
                _ => {}
            }
            for event in &events {
                match event.token() {
                    WAKER => {}
                    LISTENER => self.welcome(),
                    Token(token) => {
                        let connection = u32::try_from(token).map(ConnectionId).unwrap_or_default();
                        if let Some(peer) = self.peers.get_mut(&connection) {
                            peer.notice(event);
                        }
                    }
                }
            }
            if !self.hear_orders() {
                return;
            }
            self.hear_clients();
            self.send();
        }
    }

    /// How long to wait: not at all when somebody has said something that there is room for.
    fn patience(&self) -> Option<Duration> {
        let room = self.processes.has_room();
        if room && self.peers.values().any(Peer::speaks) {
            return Some(Duration::ZERO);
        }
        self.peers.values().any(Peer::is_behind).then_some(LOOK)
    }

    fn welcome(&mut self) {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => {
                    tracing::warn!("a client of groups could not be connected: {error}");
                    return;
                }
            };
            self.last = self.last.wrapping_add(1);
            let connection = ConnectionId(self.last);
            let interest = Interest::READABLE | Interest::WRITABLE;
            let token = Token(connection.0 as usize);
            let pid = os::network::peer_process(&stream);
            match (pid, self.poll.registry().register(&mut stream, token, interest)) {
                (Ok(pid), Ok(())) => {
                    let process = Process { node: self.node, pid, connection };
                    let mut peer = Peer::new(stream, process);
                    if self.peers.len() >= MOST_CLIENTS {
                        peer.dismiss("too many processes are connected; try again later");
                    }
                    self.peers.insert(connection, peer);
                }
                (pid, registered) => {
                    let why = pid.err().or_else(|| registered.err());
                    tracing::warn!("a client of groups could not be connected: {why:?}");
                }
            }
        }
    }

    /// Takes in what the other threads say; false when they have ended.
    fn hear_orders(&mut self) -> bool {
        // First, so that whoever comes while this looks rings again.
        self.bell.rung.store(false, Ordering::Release);
        loop {
            match self.orders.try_recv() {
                Ok(Order::Hear(events)) => {
                    for event in events {
                        self.processes.step(Input::Group(event), &mut self.out);
                        self.pass_on();
                    }
                }
                Ok(Order::List(answer)) => {
                    let list = |(name, members): (&GroupName, &std::collections::BTreeSet<_>)| {
                        (name.clone(), members.iter().copied().collect())
                    };
                    if answer.send(self.processes.groups().map(list).collect()).is_err() {
                        tracing::debug!("a client went away before its answer came");
                    }
                }
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }

    /// Each client in turn says what fits into one read.
    fn hear_clients(&mut self) {
        for peer in self.peers.values_mut() {
            if peer.speaks() {
                peer.listen(&mut self.processes, &mut self.out);
            }
        }
        self.pass_on();
    }

    fn pass_on(&mut self) {
        for output in self.out.drain(..) {
            match output {
                Output::Group(command) => self.commands.push(command),
                Output::Message(message) => {
                    let (group, sender) = (message.group.clone(), message.sender);
                    let head = ToClient::Message { group, sender };
                    tell(&mut self.peers, &message.to, &head, message.body());
                }
                Output::Configuration { to, configuration } => {
                    let head = ToClient::Configuration(configuration);
                    tell(&mut self.peers, &to, &head, &[]);
                }
                Output::NotDone { to, why } => {
                    let head = ToClient::NotDone { why: why.to_string() };
                    tell(&mut self.peers, &[to], &head, &[]);
                }
                Output::Left => {
                    for peer in self.peers.values_mut() {
                        peer.dismiss("this node leaves the cluster; connect again when it is back");
                    }
                }
            }
        }
    }

    /// What follows from all that goes out at once; and who is done for goes.
    fn send(&mut self) {
        let now = now();
        let gone: Vec<ConnectionId> = self
            .peers
            .iter_mut()
            .filter_map(|(connection, peer)| {
                (peer.write(now) == Presence::Gone).then_some(*connection)
            })
            .collect();
        for connection in gone {
            if let Some(peer) = self.peers.remove(&connection) {
                self.processes.step(Input::Gone(peer.process()), &mut self.out);
            }
        }
        self.pass_on();
        let commands = std::mem::take(&mut self.commands);
        if !commands.is_empty() && !self.rings.commands(commands) {
            tracing::debug!("the daemon is ending; what processes said was dropped");
        }
    }
}

fn tell(
    peers: &mut BTreeMap<ConnectionId, Peer>,
    to: &[ConnectionId],
    head: &ToClient,
    body: &[u8],
) {
    for connection in to {
        if let Some(peer) = peers.get_mut(connection) {
            peer.tell(head, body);
        }
    }
}
