//! The client's side.

use crate::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::{StatusCode, header};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};
use tokio::runtime::{self, Runtime};
use tokio::task::yield_now;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use trust::{Access, AccessError, Expected, Host};

/// The longest that an answer may take: a little more than a node makes its clients wait.
const PATIENCE: Duration = Duration::from_secs(35);
/// The longest that a node may take to shake hands; then another one is tried.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Told in the handshake; the pin is what counts.
const NAME: &str = "systole";

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody listens. `crm_mon` and the others exit with 102 on it.
    #[error("no node is running here (nothing listens on {}: {source})", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Nobody listens, and for a reason: the node is on hold.
    #[error("{0}")]
    OnHold(String),
    /// The user may not.
    #[error("you may not talk to the node (socket {}); root and the group of that file may", .0.display())]
    Forbidden(PathBuf),
    /// No node of a cluster elsewhere can be talked to.
    #[error(
        "no node of the cluster answers: {}; are they running, and does `systole node --api` let them \
         listen there?", tried.join(", ")
    )]
    Unreachable {
        /// Each address with what the system said.
        tried: Vec<String>,
    },
    /// Somebody else answers there, who was shown nothing.
    #[error(
        "{0} is not the cluster this access was given out by: it has another key. Was the cluster's key \
         changed? Then ask for a new access; if not, somebody is in between"
    )]
    Impostor(Host),
    /// The file that says where the cluster is, and shows it who asks, is of no use.
    #[error("{}: {why}", file.display())]
    NoAccess {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The token is not believed.
    #[error("the cluster does not let you in: {0}")]
    NotLetIn(String),
    /// The connection broke, or what came is no answer of ours.
    #[error("the node gave no proper answer: {0}; whether it did what was asked is not known")]
    Broken(String),
    /// No answer in time.
    #[error("the node gave no answer for {} s; whether it did what was asked is not known", PATIENCE.as_secs())]
    TimedOut,
}

/// Talks to a node. What it is asked one after the other goes over one connection, where the node is
/// on this machine.
#[derive(Clone, Debug)]
pub struct Client {
    way: Way,
    kept: Arc<Mutex<Option<Line>>>,
}

/// A connection, and what makes it go on.
#[derive(Debug)]
struct Line {
    runtime: Runtime,
    sender: SendRequest<Full<Bytes>>,
    /// What has to be shown with each request.
    shown: Option<String>,
}

#[derive(Clone, Debug)]
enum Way {
    /// To the node whose socket is at a path.
    Socket(PathBuf),
    /// To any node of a cluster elsewhere.
    Network(Access),
    /// The same, as a file says when somebody asks.
    File(PathBuf),
}

/// What HTTP is spoken over.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

impl Client {
    /// A client for the node with this run directory.
    pub fn new(run_directory: &Path) -> Self {
        Self::to(Way::Socket(crate::socket_path(run_directory)))
    }

    /// A client for a cluster elsewhere.
    pub fn remote(access: Access) -> Self {
        Self::to(Way::Network(access))
    }

    /// A client for the cluster that this file gives access to, see [`Access`].
    pub fn by_file(file: PathBuf) -> Self {
        Self::to(Way::File(file))
    }

    fn to(way: Way) -> Self {
        Self { way, kept: Arc::default() }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn call(&self, request: &Request) -> Result<Response, ClientError> {
        let mut line = match self.take_line() {
            Some(line) => line,
            None => self.new_line()?,
        };
        let answer = line.ask(request);
        if answer.is_ok() && matches!(self.way, Way::Socket(_)) {
            *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(line);
        }
        answer
    }

    /// The connection that was used last, unless the node has closed it meanwhile.
    fn take_line(&self) -> Option<Line> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.filter(Line::is_open)
    }

    fn new_line(&self) -> Result<Line, ClientError> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| broken(&error))?;
        let opening = async {
            let (stream, shown) = self.connect().await?;
            let (sender, connection) =
                handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
            tokio::spawn(connection);
            Ok((sender, shown))
        };
        let opened = runtime.block_on(async { timeout(PATIENCE, opening).await });
        let (sender, shown) = opened.unwrap_or(Err(ClientError::TimedOut))?;
        Ok(Line { runtime, sender, shown })
    }

    /// What HTTP is spoken over, and what has to be shown there.
    async fn connect(&self) -> Result<(Box<dyn Stream>, Option<String>), ClientError> {
        let access = match &self.way {
            Way::Socket(path) => return Ok((knock(path).await?, None)),
            Way::Network(access) => access.clone(),
            Way::File(file) => read_access(file)?,
        };
        Ok((reach(&access).await?, Some(format!("Bearer {}", access.token))))
    }
}

fn broken(error: &dyn std::fmt::Display) -> ClientError {
    ClientError::Broken(error.to_string())
}

impl Line {
    /// Whether it can be used once more.
    fn is_open(&self) -> bool {
        // Twice: for the news to come in, and for what goes on here to hear of it.
        self.runtime.block_on(async {
            yield_now().await;
            yield_now().await;
        });
        self.sender.is_ready()
    }

    fn ask(&mut self, request: &Request) -> Result<Response, ClientError> {
        let Self { runtime, sender, shown } = self;
        runtime.block_on(async {
            match timeout(PATIENCE, ask(sender, shown.as_deref(), request)).await {
                Ok(answer) => answer,
                Err(_) => Err(ClientError::TimedOut),
            }
        })
    }
}

async fn ask(
    sender: &mut SendRequest<Full<Bytes>>,
    shown: Option<&str>,
    request: &Request,
) -> Result<Response, ClientError> {
    let body = serde_json::to_vec(request).map_err(|error| broken(&error))?;
    let mut request = hyper::Request::post("/v1")
        .header(header::HOST, "localhost")
        .header(header::CONTENT_TYPE, "application/json");
    if let Some(shown) = shown {
        request = request.header(header::AUTHORIZATION, shown);
    }
    let request = request.body(Full::new(Bytes::from(body))).map_err(|error| broken(&error))?;
    let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
    let status = response.status();
    let body = response.into_body().collect().await.map_err(|error| broken(&error))?;
    let body = body.to_bytes();
    let answer = serde_json::from_slice(&body).map_err(|error| broken(&error));
    match (status, answer) {
        (StatusCode::UNAUTHORIZED, Ok(Response::Forbidden { reason })) => {
            Err(ClientError::NotLetIn(reason))
        }
        (status, answer) if status.is_success() => answer,
        _ => Err(broken(&format!("{status}: {}", String::from_utf8_lossy(&body)))),
    }
}

fn read_access(file: &Path) -> Result<Access, ClientError> {
    let no_access = |why: String| ClientError::NoAccess { file: file.to_owned(), why };
    let text = std::fs::read_to_string(file).map_err(|error| no_access(error.to_string()))?;
    text.parse().map_err(|error: AccessError| no_access(error.to_string()))
}

async fn knock(path: &Path) -> Result<Box<dyn Stream>, ClientError> {
    match UnixStream::connect(path).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            Err(ClientError::Forbidden(path.to_owned()))
        }
        Err(source) => {
            Err(match path.parent().map(crate::hold_path).map(std::fs::read_to_string) {
                Some(Ok(why)) => ClientError::OnHold(why.trim_end().to_owned()),
                _ => ClientError::NotRunning { path: path.to_owned(), source },
            })
        }
    }
}

/// The first node that answers and is of the cluster.
async fn reach(access: &Access) -> Result<Box<dyn Stream>, ClientError> {
    let config = trust::client(Expected::Key(access.pin));
    let config = config.map_err(|error| ClientError::Broken(error.to_string()))?;
    let connector = TlsConnector::from(config);
    let (mut tried, mut impostor) = (Vec::new(), None);
    for host in &access.addresses {
        let shaken = timeout(HANDSHAKE, shake_hands(&connector, host)).await;
        match shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            Ok(stream) => return Ok(stream),
            // It was shown nothing: another node may still be the one.
            Err(error) if trust::is_impostor(&error) => impostor = Some(host.clone()),
            Err(error) => tried.push(format!("{host} ({error})")),
        }
    }
    Err(impostor.map_or(ClientError::Unreachable { tried }, ClientError::Impostor))
}

async fn shake_hands(connector: &TlsConnector, host: &Host) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((host.name.as_str(), host.port)).await?;
    stream.set_nodelay(true)?;
    let name = ServerName::try_from(NAME).map_err(io::Error::other)?;
    Ok(Box::new(connector.connect(name, stream).await?))
}
