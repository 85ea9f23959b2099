//! The processes of this node that use named groups. They are served by the engine's own thread,
//! because each hand-over to another would cost a message more than all the rest of its way; so that
//! no client can delay a heartbeat, none is waited for, and in one turn each may say no more than fits
//! one read. Whatever has come in is handled in that turn, then all that follows goes out: one
//! write for each client.

mod peer;

use crate::managing::now;
use base::NodeId;
use group::processes::{ConnectionId, GroupName, Input, Output, Process, Processes};
use group::{GroupCommand, GroupEvent};
use local::frame::ToClient;
use mio::event::Event;
use mio::net::UnixListener;
use mio::{Interest, Registry, Token};
use peer::{Peer, Presence};
use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Connection 0, which no client has; the tokens before it are the engine's own.
const LISTENER: Token = Token(1 << 10);
/// More are turned away.
const MOST_CLIENTS: usize = 1000;

/// All groups with their members, by name.
pub(crate) type Directory = Vec<(GroupName, Vec<Process>)>;

/// The socket and who is connected to it.
pub(crate) struct Groups {
    registry: Registry,
    listener: UnixListener,
    node: NodeId,
    processes: Processes,
    peers: BTreeMap<ConnectionId, Peer>,
    /// The number of the last connection.
    last: ConnectionId,
    out: Vec<Output>,
    commands: Vec<GroupCommand>,
}

const fn token(connection: ConnectionId) -> Token {
    Token(LISTENER.0 + connection.0 as usize)
}

fn connection(token: Token) -> Option<ConnectionId> {
    let number = token.0.checked_sub(LISTENER.0)?;
    u32::try_from(number).ok().map(ConnectionId)
}

impl Groups {
    /// Listens on `path`; `registry` is of the queue that the thread waits at which will serve this.
    /// A socket left by a daemon that died is replaced; the file may be used by its owner and its
    /// group.
    ///
    /// # Errors
    /// When the socket cannot be made.
    pub(crate) fn open(path: &Path, node: NodeId, registry: Registry) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        os::file::remove_if_there(path)?;
        let mut listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660))?;
        registry.register(&mut listener, LISTENER, Interest::READABLE)?;
        Ok(Self {
            registry,
            listener,
            node,
            processes: Processes::new(node),
            peers: BTreeMap::new(),
            last: ConnectionId(0),
            out: Vec::new(),
            commands: Vec::new(),
        })
    }

    /// Something happened at one of the thread's sockets; those of others are passed over.
    pub(crate) fn notice(&mut self, event: &Event) {
        match connection(event.token()) {
            Some(ConnectionId(0)) => self.welcome(),
            Some(connection) => {
                if let Some(peer) = self.peers.get_mut(&connection) {
                    peer.notice(event);
                }
            }
            None => {}
        }
    }

    /// Has somebody said something that there is room for, and that has not been heard yet?
    pub(crate) fn is_busy(&self) -> bool {
        let spoken = self.peers.values().any(|peer| peer.speaks(&self.processes));
        spoken || !self.commands.is_empty()
    }

    /// All groups.
    pub(crate) fn directory(&self) -> Directory {
        let all = self.processes.groups();
        all.map(|(name, members)| (name.clone(), members.iter().copied().collect())).collect()
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
            self.last = ConnectionId(self.last.0.wrapping_add(1).max(1));
            let connection = self.last;
            let interest = Interest::READABLE | Interest::WRITABLE;
            let pid = os::network::peer_process(&stream);
            match (pid, self.registry.register(&mut stream, token(connection), interest)) {
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

    /// Takes in what the group layer says.
    pub(crate) fn hear(&mut self, event: GroupEvent) {
        self.processes.step(Input::Group(event), &mut self.out);
        self.pass_on();
    }

    /// Each client in turn says what fits into one read. Gives what the group layer is to do.
    pub(crate) fn listen(&mut self) -> Vec<GroupCommand> {
        for peer in self.peers.values_mut() {
            if peer.speaks(&self.processes) {
                peer.listen(&mut self.processes, &mut self.out);
            }
        }
        self.pass_on();
        std::mem::take(&mut self.commands)
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

    /// Clients are told what waits for them, as far as they read; and who is done for goes.
    pub(crate) fn write(&mut self) {
        let now = now();
        let mut gone = Vec::new();
        for (connection, peer) in &mut self.peers {
            if peer.write(now) == Presence::Gone {
                gone.push(*connection);
            } else if let Some(change) = peer.change_of_pace() {
                self.processes.step(change, &mut self.out);
            }
        }
        for connection in gone {
            if let Some(peer) = self.peers.remove(&connection) {
                self.processes.step(Input::Gone(peer.process()), &mut self.out);
            }
        }
        self.pass_on();
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
