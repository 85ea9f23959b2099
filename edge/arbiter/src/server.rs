//! The arbiter's side: a thread for each connection.

use crate::frame::{self, FrameError, Hello, Refused, ToArbiter, ToCluster, VERSION};
use crate::identity::{PublicIdentity, SessionSecret};
use crate::registry::{Registry, RegistryError};
use crate::status::{Counts, ServedCluster, Status};
use crate::tls::{Session, Timed};
use base::Instant;
use group::arbiter::{Arbitration, Standing, Terms};
use rustls::{ServerConfig, ServerConnection};
use std::fs::File;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use trust::{Doors, Fingerprint, Pass, Room};

/// From the connection to the proof.
const INTRODUCTION: Duration = Duration::from_secs(5);
/// Between two reports; a cluster asks every second.
const SILENCE: Duration = Duration::from_secs(15);
/// No connection is answered more often: nobody needs it, and others are to be answered, too.
const PACE: Duration = Duration::from_millis(10);
/// How many connections there may be. Of a cluster one for each partition, and some that are dead.
const ROOM: Room = Room { all: 2048, strangers: 64, strangers_of_one: 16, of_one: 32 };
const STACK: usize = 256 << 10;
/// After an error of the listener, which may be one of the whole machine.
const BREATH: Duration = Duration::from_millis(100);

/// What becomes of clusters that nobody has told the arbiter of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newcomers {
    /// They are refused.
    #[default]
    Refused,
    /// The first that comes with a name is remembered by it.
    Trusted,
}

/// How an arbiter is started.
#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Where it listens: the first of these that this machine has.
    pub listen: Vec<SocketAddr>,
    /// Where its things are.
    pub registry: Registry,
    /// Whom it serves.
    pub newcomers: Newcomers,
}

/// Why an arbiter does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something in its folder cannot be used.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The certificate and its key are of no use.
    #[error(
        "the certificate cannot be used: {0}; remove certificate.der and tell the clusters the new fingerprint"
    )]
    Certificate(#[from] rustls::Error),
    /// Somebody else listens there, or this is no address of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: String,
        /// What the system said.
        source: io::Error,
    },
    /// Two arbiters must not promise the same vote.
    #[error("another arbiter runs with this folder already")]
    Running,
}

/// An arbiter that listens.
pub struct Server {
    listener: TcpListener,
    status: UnixListener,
    shared: Arc<Shared>,
    _lock: File,
}

/// What all connections share.
struct Shared {
    address: SocketAddr,
    fingerprint: Fingerprint,
    tls: Arc<ServerConfig>,
    registry: Registry,
    newcomers: Newcomers,
    arbitration: Mutex<Arbitration>,
    counts: Mutex<Counts>,
    doors: Doors,
}

fn now() -> Instant {
    Instant::after_start(os::clock::monotonic())
}

/// What panicked cannot have left anything half done: each lock is held for one assignment.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Server {
    /// Listens; nobody is answered before [`Self::run`].
    ///
    /// # Errors
    /// When its folder, its certificate or its address cannot be used.
    pub fn open(options: ServerOptions) -> Result<Self, StartError> {
        let ServerOptions { listen, registry, newcomers } = options;
        registry.prepare()?;
        let in_folder = |source| StartError::Listen {
            address: registry.status_socket().display().to_string(),
            source,
        };
        let lock = os::file::lock(&registry.lock()).map_err(in_folder)?;
        let lock = lock.ok_or(StartError::Running)?;
        let credentials = registry.credentials()?;
        let fingerprint = Fingerprint::of(&credentials.certificate);
        let tls = trust::server(credentials.certificate, credentials.key)?;
        let failed = |source| {
            let addresses: Vec<String> = listen.iter().map(ToString::to_string).collect();
            StartError::Listen { address: addresses.join(" or "), source }
        };
        let listener = TcpListener::bind(listen.as_slice()).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        os::file::remove_if_there(&registry.status_socket()).map_err(in_folder)?;
        let status = UnixListener::bind(registry.status_socket()).map_err(in_folder)?;
        let shared = Shared {
            address,
            fingerprint,
            tls,
            registry,
            newcomers,
            arbitration: Mutex::new(Arbitration::new(Terms::default(), now())),
            counts: Mutex::default(),
            doors: Doors::new(ROOM),
        };
        Ok(Self { listener, status, shared: Arc::new(shared), _lock: lock })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// By what clusters know it.
    pub fn fingerprint(&self) -> Fingerprint {
        self.shared.fingerprint
    }

    /// Writes what happens to standard error from now on.
    pub fn log() {
        let lines = tracing_subscriber::fmt().with_writer(io::stderr);
        lines.with_ansi(false).with_target(false).init();
    }

    /// Serves for ever.
    ///
    /// # Errors
    /// When the system gives no thread to tell the status.
    pub fn run(self) -> io::Result<()> {
        let Self { listener, status, shared, _lock } = self;
        let teller = shared.clone();
        std::thread::Builder::new().name("status".into()).spawn(move || teller.tell(&status))?;
        loop {
            match listener.accept() {
                Ok((stream, from)) => shared.clone().welcome(stream, from),
                Err(error) => {
                    tracing::warn!("a connection was lost before it began: {error}");
                    std::thread::sleep(BREATH);
                }
            }
        }
    }
}

/// Why a connection ended.
enum End {
    /// As connections do.
    Gone,
    Refused(Refused),
    /// What came made no sense.
    Damaged,
}

impl From<FrameError> for End {
    fn from(error: FrameError) -> Self {
        match error {
            FrameError::Io(_) => Self::Gone,
            FrameError::TooLong(_) | FrameError::Content(_) => Self::Damaged,
        }
    }
}

impl Shared {
    fn welcome(self: Arc<Self>, stream: TcpStream, from: SocketAddr) {
        let Some(pass) = self.doors.enter(from.ip()) else {
            held(&self.counts).turned_away += 1;
            return;
        };
        held(&self.counts).accepted += 1;
        let thread = std::thread::Builder::new().name("cluster".into()).stack_size(STACK);
        let shared = self.clone();
        if let Err(error) = thread.spawn(move || shared.attend(stream, from, pass)) {
            tracing::warn!("no thread for {from}: {error}");
            held(&self.counts).turned_away += 1;
        }
    }

    /// The life of a connection.
    fn attend(&self, stream: TcpStream, from: SocketAddr, mut pass: Pass) {
        let opened = stream.set_nodelay(true).and_then(|()| {
            let connection = ServerConnection::new(self.tls.clone()).map_err(io::Error::other)?;
            Session::open(connection, Timed::new(stream, INTRODUCTION))
        });
        let Ok((mut session, secret)) = opened else {
            held(&self.counts).unproved += 1;
            return;
        };
        let cluster = match self.introduce(&mut session, &secret, &mut pass) {
            Ok(cluster) => cluster,
            Err(end) => {
                held(&self.counts).unproved += 1;
                if let End::Refused(why) = end {
                    tracing::info!("{from} was refused: {why}");
                    // Whether it arrives does not matter.
                    let _ = frame::write(&mut session.stream(), &ToCluster::Refused(why));
                }
                return;
            }
        };
        if let Err(End::Damaged) = self.serve(&mut session, &cluster) {
            tracing::warn!("{from}, of {cluster}, says what makes no sense; it is left");
            held(&self.counts).damaged += 1;
        }
    }

    /// Who is it? Gives the cluster's name.
    fn introduce(
        &self,
        session: &mut Session<ServerConnection>,
        secret: &SessionSecret,
        pass: &mut Pass,
    ) -> Result<String, End> {
        let hello = match frame::read(&mut session.stream())? {
            ToArbiter::Hello(hello) => hello,
            ToArbiter::Report(_) => return Err(End::Refused(Refused::NotUnderstood)),
        };
        let Hello { version, cluster, node, identity, proof } = hello;
        let identity = <[u8; 32]>::try_from(identity.as_slice());
        let identity = identity.map_err(|_| End::Refused(Refused::NotUnderstood))?;
        let identity = PublicIdentity::from_bytes(identity);
        if !identity.has_signed((secret, &cluster, node), &proof) {
            return Err(End::Refused(Refused::NoProof));
        }
        self.admit(&cluster, identity).map_err(End::Refused)?;
        if !pass.proved(&cluster) {
            return Err(End::Refused(Refused::Full));
        }
        let version = version.min(VERSION);
        frame::write(&mut session.stream(), &ToCluster::Welcome { version })
            .map_err(FrameError::from)?;
        Ok(cluster)
    }

    fn admit(&self, cluster: &str, identity: PublicIdentity) -> Result<(), Refused> {
        let known = self.registry.identities(cluster).map_err(|error| {
            tracing::warn!("{error}");
            Refused::UnknownCluster
        })?;
        match (known.is_empty(), self.newcomers) {
            (false, _) if known.contains(&identity) => Ok(()),
            (false, _) => Err(Refused::OtherIdentity),
            (true, Newcomers::Refused) => Err(Refused::UnknownCluster),
            (true, Newcomers::Trusted) => {
                tracing::info!("{cluster} is new here, and known by {identity} from now on");
                self.registry.add(cluster, identity).map_err(|error| {
                    tracing::warn!("{error}");
                    Refused::Full
                })
            }
        }
    }

    /// Answers reports until the other side goes.
    fn serve(&self, session: &mut Session<ServerConnection>, cluster: &str) -> Result<(), End> {
        loop {
            session.allow(SILENCE);
            let ToArbiter::Report(report) = frame::read(&mut session.stream())? else {
                return Err(End::Damaged);
            };
            if !report.is_sound() {
                return Err(End::Damaged);
            }
            let answer = held(&self.arbitration).answer(now(), cluster, &report);
            held(&self.counts).answered += 1;
            frame::write(&mut session.stream(), &ToCluster::Answer(answer))
                .map_err(FrameError::from)?;
            std::thread::sleep(PACE);
        }
    }

    /// Tells whoever asks on the status socket.
    fn tell(&self, listener: &UnixListener) {
        for stream in listener.incoming() {
            let told = stream.and_then(|mut stream| {
                stream.set_write_timeout(Some(INTRODUCTION))?;
                stream.write_all(serde_json::to_string(&self.status())?.as_bytes())
            });
            if let Err(error) = told {
                tracing::debug!("the status was not told: {error}");
                std::thread::sleep(PACE);
            }
        }
    }

    fn status(&self) -> Status {
        let now = now();
        let ids = |nodes: &std::collections::BTreeSet<base::NodeId>| -> Vec<u32> {
            nodes.iter().map(|node| node.0).collect()
        };
        let served = |standing: Standing| {
            let (holder, since) = match &standing.holder {
                Some((_, members, since)) => (ids(members), *since),
                None => (Vec::new(), now),
            };
            let held_for = now.saturating_since(since).as_millis();
            ServedCluster {
                name: standing.cluster,
                holder,
                held_for_ms: u64::try_from(held_for).unwrap_or(u64::MAX),
                others: standing.others.iter().map(|(_, members)| ids(members)).collect(),
            }
        };
        Status {
            address: self.address.to_string(),
            fingerprint: self.fingerprint.to_string(),
            connections: self.doors.inside(),
            counts: *held(&self.counts),
            clusters: held(&self.arbitration).standings(now).into_iter().map(served).collect(),
        }
    }
}
