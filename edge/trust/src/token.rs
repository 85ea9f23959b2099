//! What a cluster hands out to those who may talk to it.

use base::{DecodeError, WallTime, codec_enum, codec_struct};

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// Requests, with the rights of the user of this name.
    User(String),
    /// One node may become part of the cluster.
    Node,
}
codec_enum!(Grant { 0 = User(name), 1 = Node });

/// A promise of the cluster to whoever shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is good for.
    pub grant: Grant,
    /// Until when.
    pub until: WallTime,
    /// No two have the same.
    pub id: u128,
}
codec_struct!(Token { grant, until, id });

/// Why a token is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is no token at all.
    #[error("this is no token: was a part of it lost on the way? ({0})")]
    Garbled(DecodeError),
    /// The cluster has not made it.
    #[error(
        "this token was not made by this cluster, or the cluster's key has been changed since; ask \
         for another"
    )]
    Foreign,
    /// Its time is over.
    #[error(
        "this token was good until {} s ago; ask for another, or look at the clocks", ago.as_secs()
    )]
    Expired {
        /// How long ago that was, by the cluster's clock.
        ago: std::time::Duration,
    },
}
