//! The server's side, on this machine.

use crate::{Caller, Request, Response, stream};
use axum::extract::connect_info::ConnectInfo;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::{Json, Router};
use base::WallTime;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::watch;
use trust::Authority;

/// The largest request, in bytes: a configuration with a great many resources.
pub const LARGEST_REQUEST: usize = 64 << 20;

/// Carries requests out.
pub trait Service: Send + Sync + 'static {
    /// Says, whenever something has happened, the number of the newest event.
    fn news(&self) -> watch::Receiver<u64>;

    /// What the cluster vouches with towards the network; nothing where it has no key of its own.
    fn authority(&self) -> Option<Arc<Authority>>;

    /// The date by which tokens expire.
    fn date(&self) -> WallTime;

    /// The answer to `request`.
    fn answer(&self, caller: Caller, request: Request) -> impl Future<Output = Response> + Send;
}

/// Why a node cannot listen.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {}: {source}; is another node running with this run directory?", path.display())]
pub struct ServeError {
    path: PathBuf,
    source: io::Error,
}

/// The group of those who may ask at all.
const GROUP: &str = "haclient";

/// Listens on `path` for ever. A socket left by a daemon that died is replaced; the file may be
/// used by its owner, and by the group `haclient` where the machine has one.
///
/// # Errors
/// When the socket cannot be made.
pub async fn serve<S: Service>(path: &Path, service: Arc<S>) -> Result<(), ServeError> {
    let failed = |source| ServeError { path: path.to_owned(), source };
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(path).map_err(failed)?;
    if let Some(group) = os::account::group_id(GROUP) {
        // Who is not root cannot give a file to another group; then it stays with its own.
        let _ = std::os::unix::fs::chown(path, None, Some(group));
    }
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o660)).map_err(failed)?;
    let router = routes::<S>().layer(DefaultBodyLimit::max(LARGEST_REQUEST)).with_state(service);
    let router = router.into_make_service_with_connect_info::<Caller>();
    axum::serve(listener, router).await.map_err(failed)
}

/// What there is, for whoever is a [`Caller`].
pub(crate) fn routes<S: Service>() -> Router<Arc<S>> {
    Router::new()
        .route("/v1", post(answer::<S>))
        .route("/v1/events", get(stream::events::<S>))
        .route("/v1/openapi.json", get(openapi))
}

async fn answer<S: Service>(
    State(service): State<Arc<S>>,
    ConnectInfo(caller): ConnectInfo<Caller>,
    Json(request): Json<Request>,
) -> Json<Response> {
    Json(service.answer(caller, request).await)
}

/// What there is to ask for, for programs that read that.
async fn openapi() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], crate::OPENAPI)
}
