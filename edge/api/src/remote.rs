//! The server's side on the network: the same requests over TLS 1.3, from those who show a token.
//!
//! Nobody is read from for long before a token has been found good: a connection then has
//! [`INTRODUCTION`], and of such connections there are few. Afterwards each request has a time and a
//! size, and each user so many connections; so nobody keeps the others out.

use crate::server::{self, Service};
use crate::{Caller, Response};
use axum::Json;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::IntoResponse;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use trust::{Authority, Doors, Pass, Room};

/// From the connection to a good token.
const INTRODUCTION: Duration = Duration::from_secs(10);
/// A request with its answer; a node lets nobody wait that long.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two requests, and for the head of one.
const SILENCE: Duration = Duration::from_secs(30);
/// How long somebody may take nothing of what is sent to it.
const DEAF: Duration = Duration::from_secs(30);
/// The head of a request, in bytes.
const LARGEST_HEAD: usize = 32 << 10;
/// A whole request, in bytes: several users may send one at once.
const LARGEST_REQUEST: usize = 16 << 20;
const ROOM: Room = Room { all: 256, strangers: 32, strangers_of_one: 8, of_one: 16 };
/// After an error of the listener, which may be one of the whole machine.
const BREATH: Duration = Duration::from_millis(100);

/// Answers whoever connects to `listener`, for ever.
pub async fn serve_remote<S: Service>(listener: TcpListener, service: Arc<S>) {
    let doors = Doors::new(ROOM);
    loop {
        match listener.accept().await {
            Ok((stream, from)) => {
                let authority = service.authority();
                if let (Some(pass), Some(authority)) = (doors.enter(from.ip()), authority) {
                    let door =
                        Door { service: service.clone(), authority, from, pass: share(pass) };
                    tokio::spawn(attend(stream, door));
                }
            }
            Err(_) => sleep(BREATH).await,
        }
    }
}

type SharedPass = Arc<Mutex<Pass>>;

fn share(pass: Pass) -> SharedPass {
    Arc::new(Mutex::new(pass))
}

/// What one connection knows.
struct Door<S> {
    service: Arc<S>,
    /// The cluster's at the time: whose key has changed since has to connect anew.
    authority: Arc<Authority>,
    from: SocketAddr,
    pass: SharedPass,
}

impl<S> Clone for Door<S> {
    fn clone(&self) -> Self {
        Self {
            service: self.service.clone(),
            authority: self.authority.clone(),
            from: self.from,
            pass: self.pass.clone(),
        }
    }
}

/// The life of a connection. Whatever ends it early ends nothing else, and nobody has to be told.
async fn attend<S: Service>(stream: TcpStream, door: Door<S>) {
    if os::network::give_up_on_the_deaf(&stream, DEAF).is_err() {
        return;
    }
    let acceptor = TlsAcceptor::from(door.authority.tls());
    let Ok(Ok(stream)) = timeout(INTRODUCTION, acceptor.accept(stream)).await else { return };
    let pass = door.pass.clone();
    let router = server::routes::<S>()
        .layer(DefaultBodyLimit::max(LARGEST_REQUEST))
        .layer(middleware::from_fn_with_state(door.clone(), admit::<S>))
        .with_state(door.service);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE)
        .max_buf_size(LARGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        _ = &mut connection => {}
        () = sleep(INTRODUCTION) => {
            if is_proved(&pass) {
                let _ = connection.await;
            }
        }
    }
}

fn is_proved(pass: &SharedPass) -> bool {
    pass.lock().unwrap_or_else(PoisonError::into_inner).is_proved()
}

/// Lets those in who show a good token, before anything else of their request is read.
async fn admit<S: Service>(
    State(door): State<Door<S>>,
    mut request: Request,
    next: Next,
) -> axum::response::Response {
    match door.caller(&request) {
        Ok(caller) => request.extensions_mut().insert(ConnectInfo(caller)),
        Err((status, reason)) => {
            let close = [(header::CONNECTION, "close")];
            return (status, close, Json(Response::Forbidden { reason })).into_response();
        }
    };
    match timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}

impl<S: Service> Door<S> {
    fn caller(&self, request: &Request) -> Result<Caller, (StatusCode, String)> {
        let shown = request.headers().get(header::AUTHORIZATION);
        let shown = shown.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(shown) = shown else {
            let why = "over TLS a token is needed, in a header `Authorization: Bearer TOKEN`: make one \
                       with `systole token create` on a node";
            return Err((StatusCode::UNAUTHORIZED, why.to_owned()));
        };
        let token = self.authority.open(shown, self.service.date());
        let token = token.map_err(|why| (StatusCode::UNAUTHORIZED, why.to_string()))?;
        let announced = request.headers().get(header::CONTENT_LENGTH);
        let announced = announced.and_then(|value| value.to_str().ok()?.parse().ok());
        if announced.is_some_and(|bytes: usize| bytes > LARGEST_REQUEST) {
            let most = LARGEST_REQUEST >> 20;
            let why =
                format!("over TLS a request has {most} MiB at most: send it on a node itself");
            return Err((StatusCode::PAYLOAD_TOO_LARGE, why));
        }
        let caller = Caller::vouched_for(token, self.from.ip());
        let name = match &caller {
            Caller::Remote { name, .. } => name.as_str(),
            // All of them together are one.
            Caller::Newcomer { .. } | Caller::Local { .. } => "",
        };
        let mut pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        match pass.proved(name) {
            true => Ok(caller),
            false => {
                let why = format!("{} connections of {name} are open already", ROOM.of_one);
                Err((StatusCode::SERVICE_UNAVAILABLE, why))
            }
        }
    }
}
