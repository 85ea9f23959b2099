//! A process's side of the socket.

use crate::buffer::{Heard, Inbox, Outbox, TooLong};
use crate::frame::{self, ToClient, ToDaemon};
use crate::{VERSION, socket_path};
use base::DecodeError;
use group::processes::{Configuration, GroupName, MAX_MESSAGE, Process};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::BTreeMap;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// So much is gathered before it is written without being asked to.
const BATCH: usize = 64 << 10;
/// The daemon answers the first word within this time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A connection to the node's daemon. Blocks in [`Client::receive`] only.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    process: Process,
    inbox: Inbox,
    outbox: Outbox,
    groups: BTreeMap<GroupName, Vec<Process>>,
}

/// What a client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody said something to a group that this client is a member of.
    Message {
        /// The group.
        group: GroupName,
        /// Who; this client as well.
        sender: Process,
        /// What.
        body: Vec<u8>,
    },
    /// The membership of such a group has changed. The first one says that this client is a
    /// member, the last that it is no longer.
    Configuration(Configuration),
    /// What was asked for is not done: why, and what to do.
    NotDone(String),
}

/// What came of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what was not taken has to be sent again"]
pub enum Sent {
    /// The message is on its way, or will be with the next call.
    Taken,
    /// The daemon takes no more for now, and nothing was sent: receive, then try again.
    WouldBlock,
}

/// Why a connection is of no use (any more).
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens.
    #[error("cannot reach the node's daemon at {}: {source}; is it running here?", path.display())]
    NoDaemon {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The daemon ended the connection.
    #[error("the node's daemon closed the connection: {0}")]
    Closed(String),
    /// The stream failed.
    #[error("lost the node's daemon: {0}; connect again")]
    Lost(#[from] io::Error),
    /// The daemon says what this version does not understand.
    #[error("the node's daemon speaks another protocol ({0}); use programs of one version")]
    Garbled(#[from] DecodeError),
    /// So is this.
    #[error(transparent)]
    TooLong(#[from] TooLong),
    /// More bytes than can be sent at once.
    #[error("{0} bytes are more than the {MAX_MESSAGE} that fit; send them in parts")]
    TooLarge(usize),
}

impl Client {
    /// Connects to the daemon whose run directory this is.
    ///
    /// # Errors
    /// When there is none, or it does not want this client.
    pub fn connect(run_directory: &Path) -> Result<Self, ClientError> {
        let path = socket_path(run_directory);
        let stream = UnixStream::connect(&path).and_then(|stream| {
            stream.set_nonblocking(true)?;
            Ok(stream)
        });
        let stream = stream.map_err(|source| ClientError::NoDaemon { path, source })?;
        let mut client = Self {
            stream,
            process: Process::default(),
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            groups: BTreeMap::new(),
        };
        client.outbox.put(&ToDaemon::Hello { version: VERSION }, &[]);
        match client.frame(Some(PATIENCE))? {
            Some((ToClient::Welcome { process, .. }, _)) => client.process = process,
            Some((ToClient::Goodbye { why }, _)) => return Err(ClientError::Closed(why)),
            _ => return Err(ClientError::Closed("it does not say who this is".into())),
        }
        Ok(client)
    }

    /// Who this client is: its node, its number there, its connection.
    pub const fn process(&self) -> Process {
        self.process
    }

    /// The members of a group that this client is a member of, ascending, as of the last change
    /// that was received; nobody in any other.
    pub fn members(&self, group: &GroupName) -> &[Process] {
        self.groups.get(group).map_or(&[], Vec::as_slice)
    }

    /// Asks to be a member. It is one when [`Event::Configuration`] says so.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn join(&mut self, group: &GroupName) -> Result<(), ClientError> {
        self.outbox.put(&ToDaemon::Join { group: group.clone() }, &[]);
        self.flush()
    }

    /// Asks to be no member any more. It is none when [`Event::Configuration`] says so.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn leave(&mut self, group: &GroupName) -> Result<(), ClientError> {
        self.outbox.put(&ToDaemon::Leave { group: group.clone() }, &[]);
        self.flush()
    }

    /// Says `body` to all members of `group`, this client included. Small messages are gathered
    /// and written together, by [`Client::flush`] or the next [`Client::receive`] at the latest.
    ///
    /// # Errors
    /// When `body` is too long, or the connection is lost.
    pub fn send(&mut self, group: &GroupName, body: &[u8]) -> Result<Sent, ClientError> {
        if body.len() > MAX_MESSAGE {
            return Err(ClientError::TooLarge(body.len()));
        }
        if self.outbox.waiting() >= BATCH {
            self.flush()?;
            if self.outbox.waiting() >= BATCH {
                return Ok(Sent::WouldBlock);
            }
        }
        self.outbox.put(&ToDaemon::Say { group: group.clone() }, body);
        Ok(Sent::Taken)
    }

    /// Writes what has been gathered, as far as the daemon takes it.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn flush(&mut self) -> Result<(), ClientError> {
        match self.outbox.write(&mut &self.stream) {
            // Why it was closed can still be read.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written.map(drop)?),
        }
    }

    /// The next event; waits for it at most so long, for ever when no time is given.
    ///
    /// # Errors
    /// When the connection is lost, or the daemon ended it.
    pub fn receive(&mut self, wait: Option<Duration>) -> Result<Option<Event>, ClientError> {
        self.frame(wait)?.map(|(head, body)| self.understand(head, body)).transpose()
    }

    /// The next frame: its head and its body.
    fn frame(
        &mut self,
        wait: Option<Duration>,
    ) -> Result<Option<(ToClient, Vec<u8>)>, ClientError> {
        let mut waited = false;
        loop {
            if let Some(frame) = self.inbox.take()? {
                let (head, body) = frame::read(frame)?;
                return Ok(Some((head, body.to_vec())));
            }
            self.flush()?;
            match self.inbox.read(&mut &self.stream)? {
                Heard::Some => {}
                Heard::End => return Err(ClientError::Closed("it has ended".into())),
                Heard::Nothing if waited || wait == Some(Duration::ZERO) => return Ok(None),
                Heard::Nothing => {
                    waited = wait.is_some();
                    self.wait(wait)?;
                }
            }
        }
    }

    fn understand(&mut self, head: ToClient, body: Vec<u8>) -> Result<Event, ClientError> {
        match head {
            ToClient::Message { group, sender } => Ok(Event::Message { group, sender, body }),
            ToClient::Configuration(configuration) => {
                let Configuration { group, members, .. } = &configuration;
                if members.contains(&self.process) {
                    self.groups.insert(group.clone(), members.clone());
                } else {
                    self.groups.remove(group);
                }
                Ok(Event::Configuration(configuration))
            }
            ToClient::NotDone { why } => Ok(Event::NotDone(why)),
            ToClient::Welcome { .. } => Err(ClientError::Closed("it says welcome twice".into())),
            ToClient::Goodbye { why } => Err(ClientError::Closed(why)),
        }
    }

    /// Until there is something to read, or room to write what waits.
    fn wait(&self, wait: Option<Duration>) -> io::Result<()> {
        let mut wanted = PollFlags::IN;
        if self.outbox.waiting() > 0 {
            wanted |= PollFlags::OUT;
        }
        let limit = wait.map(|wait| Timespec {
            tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: wait.subsec_nanos().into(),
        });
        match poll(&mut [PollFd::new(&self.stream, wanted)], limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}
