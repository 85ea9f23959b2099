//! Where a daemon finds its things.

use std::path::PathBuf;

/// Paths of one node. Many nodes can live on one machine when they differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The cluster's nodes and networks, in the form of `corosync.conf`.
    pub config: PathBuf,
    /// The cluster key; looked for beside the configuration and in the usual places when not
    /// given.
    pub key: Option<PathBuf>,
    /// What survives a restart.
    pub state: PathBuf,
    /// What does not: the socket, records of running agents.
    pub run: PathBuf,
}

impl Options {
    /// The command line that a process with these options is started by.
    pub(crate) fn arguments(&self) -> Vec<std::ffi::OsString> {
        let mut arguments: Vec<std::ffi::OsString> = vec![
            "--config".into(),
            self.config.clone().into(),
            "--state".into(),
            self.state.clone().into(),
            "--run".into(),
            self.run.clone().into(),
        ];
        if let Some(key) = &self.key {
            arguments.extend(["--key".into(), key.clone().into()]);
        }
        arguments
    }

    /// Where the key may be, the first that exists counts.
    pub(crate) fn key_candidates(&self) -> Vec<PathBuf> {
        match &self.key {
            Some(key) => vec![key.clone()],
            None => vec![
                self.config.with_file_name("authkey"),
                "/etc/systole/authkey".into(),
                "/etc/corosync/authkey".into(),
            ],
        }
    }
}
