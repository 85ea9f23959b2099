//! The API on the network: where this node listens, and what the cluster vouches with.

use crate::service::Door;
use crate::standing::Standing;
use api::Host;
use group::ClusterKey;
use std::fmt;
use std::net::SocketAddr;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use trust::Authority;

/// Between two attempts to listen where it cannot be done yet.
const PAUSE: Duration = Duration::from_secs(5);

/// Where a node listens for requests over TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RemoteApi {
    /// At its addresses on the rings, at the usual port.
    #[default]
    Rings,
    /// There.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

/// This is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place to listen at: write `none`, `rings`, 10.0.0.1 or 0.0.0.0:5407")]
pub struct RemoteApiError(String);

impl FromStr for RemoteApi {
    type Err = RemoteApiError;

    fn from_str(text: &str) -> Result<Self, RemoteApiError> {
        let wrong = || RemoteApiError(text.to_owned());
        match text {
            "none" => Ok(Self::Off),
            "rings" => Ok(Self::Rings),
            _ => {
                let Host { name, port } = text.parse().map_err(|_| wrong())?;
                let address = name.parse().map_err(|_| wrong())?;
                Ok(Self::At(SocketAddr::new(address, port)))
            }
        }
    }
}

impl fmt::Display for RemoteApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rings => f.write_str("rings"),
            Self::At(address) => address.fmt(f),
            Self::Off => f.write_str("none"),
        }
    }
}

/// What stands on the network for this node.
#[derive(Debug)]
pub(crate) struct Remote {
    api: RemoteApi,
    standing: Standing,
    /// Of the key that it was made of last.
    authority: Mutex<Option<(ClusterKey, Arc<Authority>)>>,
}

impl Remote {
    pub(crate) fn new(api: RemoteApi, standing: Standing) -> Self {
        Self { api, standing, authority: Mutex::default() }
    }

    /// What the cluster vouches with; none where another program keeps the key.
    pub(crate) fn authority(&self) -> Option<Arc<Authority>> {
        let key = self.standing.now().group.as_ref()?.key.clone();
        let mut kept = self.authority.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((of, authority)) if *of == key => Some(authority.clone()),
            _ => {
                let made = Authority::new(&key).map(Arc::new);
                let made = made.map_err(|error| tracing::error!("{error}")).ok()?;
                *kept = Some((key, made.clone()));
                Some(made)
            }
        }
    }

    /// Where nodes of the cluster answer, this one first: the others are taken to listen at their rings.
    pub(crate) fn hosts(&self) -> Vec<Host> {
        let reading = self.standing.now();
        let host = |address: &SocketAddr| Host { name: address.ip().to_string(), port: api::PORT };
        let own: Vec<Host> = match self.api {
            RemoteApi::Off => return Vec::new(),
            RemoteApi::At(address) if !address.ip().is_unspecified() => {
                vec![Host { name: address.ip().to_string(), port: address.port() }]
            }
            RemoteApi::At(address) => {
                let port = address.port();
                reading.own.values().map(|own| Host { port, ..host(own) }).collect()
            }
            RemoteApi::Rings => reading.own.values().map(host).collect(),
        };
        let others = reading.peers.iter().map(host).filter(|it| !own.contains(it));
        let others: Vec<Host> = others.collect();
        own.into_iter().chain(others).collect()
    }

    /// Where this node is to listen.
    fn doors(&self) -> Vec<SocketAddr> {
        match self.api {
            RemoteApi::Off => Vec::new(),
            RemoteApi::At(address) => vec![address],
            RemoteApi::Rings => {
                let reading = self.standing.now();
                let door = |own: &SocketAddr| SocketAddr::new(own.ip(), api::PORT);
                let mut doors: Vec<SocketAddr> = reading.own.values().map(door).collect();
                doors.sort_unstable();
                doors.dedup();
                doors
            }
        }
    }
}

/// Listens for as long as the node runs. What keeps it from that keeps the node from nothing else.
pub(crate) fn listen(door: &Arc<Door>) {
    if door.remote.authority().is_none() {
        if door.remote.api != RemoteApi::Off {
            tracing::info!("the API is served here alone: the cluster's key is another program's");
        }
        return;
    }
    for address in door.remote.doors() {
        tokio::spawn(listen_at(address, door.clone()));
    }
}

async fn listen_at(address: SocketAddr, door: Arc<Door>) {
    let mut has_failed = false;
    loop {
        match TcpListener::bind(address).await {
            Ok(listener) => {
                tracing::info!("the API is served over TLS at {address}");
                return api::serve_remote(listener, door).await;
            }
            Err(error) if !has_failed => {
                tracing::warn!(
                    "the API cannot be served at {address}, and is tried again: {error}"
                );
                has_failed = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_to_listen_is_written_and_read() {
        for (text, expected) in [
            ("none", Some("none")),
            ("rings", Some("rings")),
            ("10.0.0.1", Some("10.0.0.1:5407")),
            ("0.0.0.0:99", Some("0.0.0.0:99")),
            ("::", Some("[::]:5407")),
            ("oss1", None),
            ("", None),
        ] {
            let read = text.parse::<RemoteApi>().ok().map(|api| api.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
            let again = read.and_then(|text| text.parse::<RemoteApi>().ok());
            assert_eq!(again, text.parse().ok());
        }
    }
}
