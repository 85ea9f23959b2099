//! How a running arbiter stands, for whoever may use its folder.

use crate::registry::Registry;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

/// The arbiter as a whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Where it listens.
    pub address: String,
    /// Its fingerprint.
    pub fingerprint: String,
    /// Connections of clusters at this moment.
    pub connections: usize,
    /// What was counted since its start.
    pub counts: Counts,
    /// The clusters that have asked since its start, by name.
    pub clusters: Vec<ServedCluster>,
}

/// Counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Reports that were answered.
    pub answered: u64,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that were closed at once, because there were too many.
    pub turned_away: u64,
    /// Connections that ended before anybody had proved who it is.
    pub unproved: u64,
    /// Connections that were closed because what came made no sense.
    pub damaged: u64,
}

/// One cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServedCluster {
    /// Its name.
    pub name: String,
    /// The nodes that have the vote; empty when nobody has.
    pub holder: Vec<u32>,
    /// For how long they, or those whom they come from, have had it.
    pub held_for_ms: u64,
    /// The partitions that have asked lately and have it not.
    pub others: Vec<Vec<u32>>,
}

/// Asks the arbiter that runs with this registry.
///
/// # Errors
/// When none runs, or it may not be asked.
pub fn read_status(registry: &Registry) -> io::Result<Status> {
    let mut stream = UnixStream::connect(registry.status_socket())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    serde_json::from_str(&text).map_err(io::Error::other)
}
