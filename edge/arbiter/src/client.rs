//! The cluster's side.

use crate::frame::{self, FrameError, Hello, Refused, ToArbiter, ToCluster, VERSION};
use crate::identity::Identity;
use crate::tls::{self, Session, Timed};
use base::NodeId;
use group::arbiter::{Answer, Report};
use rustls::ClientConnection;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;
use trust::Fingerprint;

/// Where an arbiter is, and how it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// A name or an address.
    pub host: String,
    /// A TCP port.
    pub port: u16,
    /// Its certificate's.
    pub fingerprint: Fingerprint,
}

/// Why an arbiter has not answered. Nothing is known then; ask again later, over a new connection.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// There is no such host, or nobody answers there in time.
    #[error("{host}:{port}: {source}")]
    Unreachable {
        /// The arbiter's host.
        host: String,
        /// Its port.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody else answers there.
    #[error(
        "{host}:{port} has another certificate than `quorum.device.net.fingerprint` says; compare \
         it with `systole arbiter fingerprint` there"
    )]
    Impostor {
        /// The arbiter's host.
        host: String,
        /// Its port.
        port: u16,
    },
    /// It does not want to speak to this cluster.
    #[error("{host}: {why}; run `systole arbiter add {cluster} {identity}` there")]
    Refused {
        /// The arbiter's host.
        host: String,
        /// What it said.
        why: Refused,
        /// This cluster.
        cluster: String,
        /// What it would have to know of it.
        identity: String,
    },
    /// It says what nobody understands.
    #[error("{host}: {what}; which version of systole runs there?")]
    Strange {
        /// The arbiter's host.
        host: String,
        /// What came.
        what: String,
    },
}

/// A connection to an arbiter that has accepted this cluster.
pub struct Client {
    session: Session<ClientConnection>,
    place: Place,
}

impl Client {
    /// Connects and proves who this is, all within `limit` an address of the host.
    ///
    /// # Errors
    /// When the arbiter cannot be reached, is another, or refuses.
    pub fn connect(
        place: &Place,
        identity: &Identity,
        node: NodeId,
        limit: Duration,
    ) -> Result<Self, AskError> {
        let stream = reach(place, limit).map_err(|error| unreachable_at(place, error))?;
        let connection = tls::client(place.fingerprint);
        let connection =
            connection.map_err(|error| unreachable_at(place, io::Error::other(error)))?;
        let opened = Session::open(connection, Timed::new(stream, limit));
        let (session, secret) = opened.map_err(|error| match trust::is_impostor(&error) {
            true => AskError::Impostor { host: place.host.clone(), port: place.port },
            false => unreachable_at(place, error),
        })?;
        let mut client = Self { session, place: place.clone() };
        let hello = Hello {
            version: VERSION,
            cluster: identity.cluster().to_owned(),
            node,
            identity: identity.public().bytes().to_vec(),
            proof: identity.sign(&secret, node),
        };
        match client.say(&ToArbiter::Hello(hello))? {
            ToCluster::Welcome { .. } => Ok(client),
            ToCluster::Refused(why) => Err(AskError::Refused {
                host: place.host.clone(),
                why,
                cluster: identity.cluster().to_owned(),
                identity: identity.public().to_string(),
            }),
            ToCluster::Answer(_) => Err(client.strange("an answer before the question")),
        }
    }

    /// Reports a view, and waits for the answer at most `limit`.
    ///
    /// # Errors
    /// When none comes; then the connection is of no use any more.
    pub fn ask(&mut self, report: &Report, limit: Duration) -> Result<Answer, AskError> {
        self.session.allow(limit);
        match self.say(&ToArbiter::Report(report.clone()))? {
            ToCluster::Answer(answer) => Ok(answer),
            ToCluster::Welcome { .. } | ToCluster::Refused(_) => {
                Err(self.strange("no answer to the question"))
            }
        }
    }

    fn say(&mut self, words: &ToArbiter) -> Result<ToCluster, AskError> {
        let mut stream = self.session.stream();
        let answer = frame::write(&mut stream, words)
            .map_err(FrameError::from)
            .and_then(|()| frame::read(&mut stream));
        answer.map_err(|error| match error {
            FrameError::Io(error) => unreachable_at(&self.place, error),
            other => self.strange(&other.to_string()),
        })
    }

    fn strange(&self, what: &str) -> AskError {
        AskError::Strange { host: self.place.host.clone(), what: what.to_owned() }
    }
}

fn reach(place: &Place, limit: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (place.host.as_str(), place.port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, limit) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn unreachable_at(place: &Place, source: io::Error) -> AskError {
    AskError::Unreachable { host: place.host.clone(), port: place.port, source }
}
