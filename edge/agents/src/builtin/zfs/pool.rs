//! What is known about a pool on this node.

use crate::builtin::context::{Context, Failure};
use crate::code::OcfCode;
use std::path::PathBuf;
use std::time::Duration;
use std::{fmt, fs, io};

/// A pool by its name.
pub(super) struct Pool<'a> {
    pub(super) name: &'a str,
    context: &'a Context,
    /// The kernel's statistics of all pools.
    kstats: PathBuf,
}

/// How it is, zpool(8) and zpoolconcepts(7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Health {
    NotImported,
    Online,
    /// Works, with fewer disks than it should have.
    Degraded,
    /// `SUSPENDED`, `FAULTED`, `UNAVAIL`, ...
    Failed(String),
}

impl Health {
    fn of(word: &str) -> Self {
        match word.trim() {
            "ONLINE" => Self::Online,
            "DEGRADED" => Self::Degraded,
            other => Self::Failed(other.to_owned()),
        }
    }

    pub(super) fn works(&self) -> bool {
        matches!(self, Self::Online | Self::Degraded)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotImported => "not imported",
            Self::Online => "ONLINE",
            Self::Degraded => "DEGRADED",
            Self::Failed(word) => word,
        })
    }
}

impl<'a> Pool<'a> {
    pub(super) fn read(kstats: &std::path::Path, context: &'a Context) -> Result<Self, Failure> {
        let name = context.text("pool");
        // A name becomes part of a path; zpool takes neither of these, nor what looks like an option.
        if name.contains('/') || name.starts_with(['.', '-']) {
            let reason = format!("parameter pool is {name:?}, which is no name of a pool");
            return Err(Failure::new(OcfCode::Configured, reason));
        }
        Ok(Self { name, context, kstats: kstats.to_owned() })
    }

    /// A pool that the kernel knows has a folder of statistics, with its state in it since OpenZFS
    /// 0.7.10.
    pub(super) fn health(&self) -> Result<Health, Failure> {
        let folder = self.kstats.join(self.name);
        match fs::read_to_string(folder.join("state")) {
            Ok(word) => Ok(Health::of(&word)),
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Failure::generic(format!("cannot read {}: {error}", folder.display())))
            }
            Err(_) if folder.exists() => self.ask()?.ok_or_else(|| {
                let name = self.name;
                Failure::generic(format!("the kernel knows pool {name}, and zpool does not"))
            }),
            Err(_) if self.kstats.exists() => Ok(Health::NotImported),
            // No module, no pool; or a system that keeps its statistics elsewhere.
            Err(_) => Ok(self.ask()?.unwrap_or(Health::NotImported)),
        }
    }

    /// What zpool says; `None` when it is not there or knows no such pool.
    fn ask(&self) -> Result<Option<Health>, Failure> {
        const USUAL: Duration = Duration::from_secs(30);
        if self.context.find("zpool").is_none() {
            return Ok(None);
        }
        let patience = self.context.patience(USUAL).min(USUAL);
        let arguments = ["list", "-H", "-o", "health", self.name];
        let said = self.context.call_within(patience, "zpool", &arguments)?;
        Ok((said.code == Some(0)).then(|| Health::of(&said.stdout)))
    }
}
