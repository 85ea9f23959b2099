//! TLS on plain sockets, with a deadline.

use crate::identity::SessionSecret;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ConnectionCommon, Error};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::time::{Duration, Instant};
use trust::{Expected, Fingerprint};

/// Told in the handshake; the fingerprint is what counts.
pub(crate) const NAME: &str = "arbiter";
const EXPORTER: &[u8] = b"EXPORTER systole arbiter";

/// For a cluster that expects this certificate and no other.
pub(crate) fn client(expected: Fingerprint) -> Result<ClientConnection, Error> {
    let config = trust::client(Expected::Certificate(expected))?;
    let name = ServerName::try_from(NAME).map_err(|_| Error::EncryptError)?;
    ClientConnection::new(config, name)
}

/// A TCP stream on which everything together has to be done by a deadline: bytes that drip in one
/// by one do not keep it open.
#[derive(Debug)]
pub(crate) struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Timed {
    pub(crate) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self { stream, deadline: Instant::now() + limit }
    }

    fn left(&self) -> io::Result<Duration> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A TLS session over such a stream.
pub(crate) struct Session<C> {
    connection: C,
    stream: Timed,
}

impl<C, D> Session<C>
where
    C: Deref<Target = ConnectionCommon<D>> + DerefMut,
    D: rustls::SideData,
{
    /// Shakes hands; gives what nobody else can compute, too.
    pub(crate) fn open(mut connection: C, mut stream: Timed) -> io::Result<(Self, SessionSecret)> {
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        let secret = connection.export_keying_material([0; 32], EXPORTER, None);
        let secret = secret.map_err(io::Error::other)?;
        Ok((Self { connection, stream }, secret))
    }

    /// What comes next has so much time.
    pub(crate) fn allow(&mut self, limit: Duration) {
        self.stream.deadline = Instant::now() + limit;
    }

    /// The session as a stream of bytes.
    pub(crate) fn stream(&mut self) -> rustls::Stream<'_, C, Timed> {
        rustls::Stream::new(&mut self.connection, &mut self.stream)
    }
}
