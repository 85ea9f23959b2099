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
    /// `systemd:UNIT`.
    Systemd {
        /// `nginx`, `nginx.service`, `postgresql@15-main`, `backup.timer`, ...
        unit: String,
    },
    /// `lsb:NAME`: a script in `/etc/init.d`.
    Lsb {
        /// `nginx`, ...
        name: String,
    },
    /// `service:NAME`: the unit of that name where systemd runs and has it, else the script.
    Service {
        /// `nginx`, ...
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

/// The text names no class of agents that can be run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no agent: write ocf:PROVIDER:TYPE, systemd:UNIT, lsb:SCRIPT, service:NAME or \
     stonith:NAME"
)]
pub struct UnknownClass(pub String);

impl Agent {
    /// The agent that a configuration names in three parts.
    ///
    /// # Errors
    /// When there are no agents of that class, or none with (or without) a provider.
    pub fn of_class(class: &str, provider: Option<&str>, kind: &str) -> Result<Self, UnknownClass> {
        let name = kind.to_owned();
        match (class, provider) {
            ("ocf", Some(provider)) => Ok(Self::ocf(provider, kind)),
            ("stonith", _) => Ok(Self::fence(kind)),
            ("systemd", None) => Ok(Self::Systemd { unit: name }),
            ("lsb", None) => Ok(Self::Lsb { name }),
            ("service", None) => Ok(Self::Service { name }),
            (class, Some(provider)) => Err(UnknownClass(format!("{class}:{provider}:{kind}"))),
            (class, None) => Err(UnknownClass(format!("{class}:{kind}"))),
        }
    }

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
            Self::Systemd { unit } => write!(f, "systemd:{unit}"),
            Self::Lsb { name } => write!(f, "lsb:{name}"),
            Self::Service { name } => write!(f, "service:{name}"),
        }
    }
}

impl FromStr for Agent {
    type Err = UnknownClass;

    fn from_str(text: &str) -> Result<Self, UnknownClass> {
        let unknown = || UnknownClass(text.to_owned());
        let (class, rest) = text.split_once(':').ok_or_else(unknown)?;
        let (provider, kind) = match rest.split_once(':') {
            // The name of a unit may have a colon in it.
            Some(_) if class == "systemd" => (None, rest),
            Some((provider, kind)) => (Some(provider), kind),
            None => (None, rest),
        };
        if kind.contains(':') && class == "ocf" {
            return Err(unknown());
        }
        Self::of_class(class, provider, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_the_class_and_is_written_as_it_was_read() {
        for name in [
            "ocf:heartbeat:Filesystem",
            "stonith:external/ipmi",
            "systemd:postgresql@15-main",
            "systemd:dev-by\\x2did:0.swap",
            "lsb:nginx",
            "service:nginx",
        ] {
            assert_eq!(name.parse::<Agent>().unwrap().to_string(), name);
        }
        for name in ["nginx", "upstart:nginx", "ocf:nginx", "ocf:a:b:c", "lsb:heartbeat:nginx", ""]
        {
            let unknown = name.parse::<Agent>().unwrap_err().to_string();
            assert!(unknown.starts_with(&format!("{name:?} is no agent")), "{unknown}");
        }
    }
}
