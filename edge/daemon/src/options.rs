//! Where a daemon finds its things.

use crate::RemoteApi;
use std::path::PathBuf;

/// What tells who is there and what was said in which order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineKind {
    /// This program itself.
    #[default]
    Own,
    /// The Corosync that runs on this machine.
    Corosync,
}

impl EngineKind {
    /// As it is written on the command line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Corosync => "corosync",
        }
    }
}

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
    /// What tells who is there.
    pub engine: EngineKind,
    /// Where requests are taken over TLS.
    pub api: RemoteApi,
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
            "--engine".into(),
            self.engine.word().into(),
            "--api".into(),
            self.api.to_string().into(),
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
