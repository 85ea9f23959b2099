//! Who asks.

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use base::WallTime;
use std::net::IpAddr;
use tokio::net::UnixListener;
use trust::{Grant, Token};

/// Who asks, and who vouches for that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    /// A process of this machine; the kernel says so.
    Local {
        /// The user's number.
        user: u32,
        /// The user's name, where the machine has one for that number.
        name: Option<String>,
        /// The names of the groups that the user is in.
        groups: Vec<String>,
        /// The process's number.
        process: Option<i32>,
    },
    /// Somebody on the network; a token of the cluster says so.
    Remote {
        /// The user's name.
        name: String,
        /// Where from.
        address: IpAddr,
        /// Until when the token is good.
        until: WallTime,
    },
    /// A machine that may become a node; a token of the cluster says so, once.
    Newcomer {
        /// The token's.
        token: u128,
        /// Where from.
        address: IpAddr,
    },
}

impl Caller {
    /// A process of the user of this number.
    pub fn local(user: u32, process: Option<i32>) -> Self {
        let name = os::account::user_name(user);
        let groups = name.as_deref().map(os::account::groups_of).unwrap_or_default();
        Self::Local { user, name, groups, process }
    }

    /// Whoever shows this token, which has been found good.
    pub(crate) fn vouched_for(token: Token, address: IpAddr) -> Self {
        match token.grant {
            Grant::User(name) => Self::Remote { name, address, until: token.until },
            Grant::Node => Self::Newcomer { token: token.id, address },
        }
    }

    /// Whether what vouches for them is good no more at the date `now`.
    pub(crate) fn is_over(&self, now: WallTime) -> bool {
        matches!(self, Self::Remote { until, .. } if *until < now)
    }
}

impl Connected<IncomingStream<'_, UnixListener>> for Caller {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Self {
        match stream.io().peer_cred() {
            Ok(credentials) => Self::local(credentials.uid(), credentials.pid()),
            // Nobody in particular: has no rights.
            Err(_) => Self::Local { user: u32::MAX, name: None, groups: Vec::new(), process: None },
        }
    }
}
