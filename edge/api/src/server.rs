//! The server's side.

use crate::{Request, Response, stream};
use axum::Json;
use axum::extract::connect_info::{ConnectInfo, Connected};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::{get, post};
use axum::serve::IncomingStream;
use std::future::Future;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::net::UnixListener;
use tokio::sync::watch;

/// The largest request, in bytes: a configuration with a great many resources.
pub const LARGEST_REQUEST: usize = 64 << 20;

/// Who asks, as the kernel vouches, and what the machine calls them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's number.
    pub user: u32,
    /// The user's name, where the machine has one for that number.
    pub name: Option<String>,
    /// The names of the groups that the user is in.
    pub groups: Vec<String>,
    /// The process's number.
    pub process: Option<i32>,
}

impl Caller {
    /// The user of this number.
    pub fn new(user: u32, process: Option<i32>) -> Self {
        let name = os::account::user_name(user);
        let groups = name.as_deref().map(os::account::groups_of).unwrap_or_default();
        Self { user, name, groups, process }
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Caller {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            Ok(credentials) => Self::new(credentials.uid(), credentials.pid()),
            // Nobody in particular: has no rights.
            Err(_) => Self { user: u32::MAX, name: None, groups: Vec::new(), process: None },
        }
    }
}

/// Carries requests out.
pub trait Service: Send + Sync + 'static {
    /// Says, whenever something has happened, the number of the newest event.
    fn news(&self) -> watch::Receiver<u64>;

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
pub async fn serve(path: &Path, service: impl Service) -> Result<(), ServeError> {
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
    let router = axum::Router::new()
        .route("/v1", post(answer))
        .route("/v1/events", get(stream::events))
        .route("/v1/openapi.json", get(openapi))
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .with_state(Arc::new(service));
    let router = router.into_make_service_with_connect_info::<Caller>();
    axum::serve(listener, router).await.map_err(failed)
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
