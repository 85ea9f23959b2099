//! TLS 1.3, with a certificate that is known by its fingerprint.

use crate::identity::{Fingerprint, SessionSecret};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::version::TLS13;
use rustls::{
    CertificateError, ClientConfig, ClientConnection, ConnectionCommon, DigitallySignedStruct,
    Error, ServerConfig, SignatureScheme,
};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Told in the handshake; the fingerprint is what counts.
pub(crate) const NAME: &str = "arbiter";
const EXPORTER: &[u8] = b"EXPORTER systole arbiter";

/// For the arbiter.
pub(crate) fn server(certificate: Vec<u8>, key: Vec<u8>) -> Result<Arc<ServerConfig>, Error> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key));
    let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_protocol_versions(&[&TLS13])?
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)?;
    // Nothing is kept of a session that has ended.
    config.send_tls13_tickets = 0;
    Ok(Arc::new(config))
}

/// For a cluster that expects this certificate and no other.
pub(crate) fn client(expected: Fingerprint) -> Result<ClientConnection, Error> {
    let provider = Arc::new(ring::default_provider());
    let pinned = Arc::new(Pinned { expected, provider: provider.clone() });
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(pinned)
        .with_no_client_auth();
    let name = ServerName::try_from(NAME).map_err(|_| Error::EncryptError)?;
    ClientConnection::new(Arc::new(config), name)
}

/// Who issued a certificate, and until when it is good, does not matter: it is this one, and the
/// other side has its key.
#[derive(Debug)]
struct Pinned {
    expected: Fingerprint,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if Fingerprint::of(certificate) == self.expected {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(Error::General("TLS 1.2 is not spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
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
