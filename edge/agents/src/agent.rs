//! Which agent is meant.

use std::fmt;
use std::str::FromStr;

/// An agent by name. Whether it exists is the [`Catalogue`](crate::Catalogue)'s question.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Agent {
    /// `ocf:PROVIDER:KIND`.
    Ocf {
        /// `heartbeat`, `pacemaker`, `lustre`, ...
        provider: String,
        /// `Filesystem`, `ping`, ...
        kind: String,
    },
    /// `stonith:NAME`: a `fence_*` program, or `external/*` in the older plugin interface.
    Fence {
        /// `fence_ipmilan`, `external/ipmi`, ...
        name: String,
    },
}

/// Where an agent's code comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A subcommand of our own binary.
    BuiltIn,
    /// A program in the file system.
    Installed,
}

/// The text names no class of agents that can be run as a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no agent: write ocf:PROVIDER:TYPE or stonith:NAME")]
pub struct UnknownClass(pub String);

impl Agent {
    /// `ocf:PROVIDER:KIND`.
    pub fn ocf(provider: &str, kind: &str) -> Self {
        Self::Ocf { provider: provider.to_owned(), kind: kind.to_owned() }
    }

    /// `stonith:NAME`.
    pub fn fence(name: &str) -> Self {
        Self::Fence { name: name.to_owned() }
    }
}

impl fmt::Display for Agent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ocf { provider, kind } => write!(f, "ocf:{provider}:{kind}"),
            Self::Fence { name } => write!(f, "stonith:{name}"),
        }
    }
}

impl FromStr for Agent {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        match text.split(':').collect::<Vec<_>>()[..] {
            ["ocf", provider, kind] => Ok(Self::ocf(provider, kind)),
            ["stonith", name] => Ok(Self::fence(name)),
            _ => Err(UnknownClass(text.to_owned())),
        }
    }
}
