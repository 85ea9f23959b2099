//! What `corosync.conf` said when it was last read, for those who show it and those who compare.

use crate::map::ConfMap;
use arbiter::Place;
use base::NodeId;
use group::{GroupConfig, LinkId};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError, RwLock};

/// One reading of the file.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    /// What nodes are called.
    pub(crate) names: BTreeMap<NodeId, String>,
    /// Where this node is.
    pub(crate) own: BTreeMap<LinkId, SocketAddr>,
    /// Where the others are, ring by ring, as far as that is known.
    pub(crate) peers: Vec<SocketAddr>,
    /// The file as keys.
    pub(crate) map: ConfMap,
    /// What the group layer was told; nothing where another program is that layer.
    pub(crate) group: Option<GroupConfig>,
    /// The arbiter, where there is one that can be asked.
    pub(crate) arbiter: Option<Place>,
}

/// The last reading, shared.
#[derive(Clone, Debug)]
pub(crate) struct Standing(Arc<RwLock<Arc<Reading>>>);

impl Standing {
    pub(crate) fn new(reading: Reading) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(reading))))
    }

    /// What stands now.
    pub(crate) fn now(&self) -> Arc<Reading> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn replace(&self, reading: Reading) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(reading);
    }
}
