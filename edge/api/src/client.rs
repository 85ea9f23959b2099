//! The client's side.

use crate::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::UnixStream;

/// The longest that an answer may take: a little more than a node makes its clients wait.
const PATIENCE: Duration = Duration::from_secs(35);

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
    /// The user may not.
    #[error("you may not talk to the node (socket {}); root and the group of that file may", .0.display())]
    Forbidden(PathBuf),
    /// The connection broke, or what came is no answer of ours.
    #[error("the node gave no proper answer: {0}; whether it did what was asked is not known")]
    Broken(String),
    /// No answer in time.
    #[error("the node gave no answer for {} s; whether it did what was asked is not known", PATIENCE.as_secs())]
    TimedOut,
}

/// Talks to the node whose socket is at a path.
#[derive(Clone, Debug)]
pub struct Client {
    path: PathBuf,
}

impl Client {
    /// A client for the node with this run directory.
    pub fn new(run_directory: &Path) -> Self {
        Self { path: crate::socket_path(run_directory) }
    }

    /// Asks, and waits for the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn call(&self, request: &Request) -> Result<Response, ClientError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| ClientError::Broken(error.to_string()))?;
        runtime.block_on(async {
            match tokio::time::timeout(PATIENCE, self.ask(request)).await {
                Ok(answer) => answer,
                Err(_) => Err(ClientError::TimedOut),
            }
        })
    }

    async fn ask(&self, request: &Request) -> Result<Response, ClientError> {
        let broken = |error: &dyn std::fmt::Display| ClientError::Broken(error.to_string());
        let stream =
            UnixStream::connect(&self.path).await.map_err(|source| match source.kind() {
                io::ErrorKind::PermissionDenied => ClientError::Forbidden(self.path.clone()),
                _ => ClientError::NotRunning { path: self.path.clone(), source },
            })?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| broken(&error))?;
        let connection = tokio::spawn(connection);
        let body = serde_json::to_vec(request).map_err(|error| broken(&error))?;
        let request = hyper::Request::post("/v1")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| broken(&error))?;
        let response = sender.send_request(request).await.map_err(|error| broken(&error))?;
        let status = response.status();
        let body = response.into_body().collect().await.map_err(|error| broken(&error))?;
        let body = body.to_bytes();
        connection.abort();
        if !status.is_success() {
            return Err(broken(&format!("{status}: {}", String::from_utf8_lossy(&body))));
        }
        serde_json::from_slice(&body).map_err(|error| broken(&error))
    }
}
