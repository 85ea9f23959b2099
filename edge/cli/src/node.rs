//! `systole node` and what it starts: the daemon, and the built-in agents.

use crate::connection::run_directory;
use clap::{Args, ValueEnum};
use daemon::{EngineKind, Options};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Where a node finds its things.
#[derive(Args, Clone, Debug)]
pub(crate) struct NodeArguments {
    /// The cluster's nodes and networks, in the form of corosync.conf
    #[arg(long, value_name = "FILE", default_value_os_t = configuration_file())]
    config: PathBuf,
    /// Folder for what survives a restart
    #[arg(long, value_name = "DIR", default_value = "/var/lib/systole")]
    state: PathBuf,
    /// The cluster's key [default: authkey beside the configuration, then the usual places]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// What tells who is there: this program, or a Corosync that runs on this machine
    #[arg(long, value_name = "ENGINE", default_value_t = Engine::Own, value_enum)]
    engine: Engine,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// This program itself
    Own,
    /// A running Corosync (cargo feature `corosync`)
    Corosync,
}

/// Ours if there is one, else Corosync's.
fn configuration_file() -> PathBuf {
    let own = PathBuf::from("/etc/systole/corosync.conf");
    if own.exists() { own } else { "/etc/corosync/corosync.conf".into() }
}

impl NodeArguments {
    fn options(self, run: Option<&Path>) -> Options {
        let Self { config, state, key, engine } = self;
        let engine = match engine {
            Engine::Own => EngineKind::Own,
            Engine::Corosync => EngineKind::Corosync,
        };
        Options { config, key, state, run: run_directory(run), engine }
    }
}

/// Runs a node until it is told to stop.
pub(crate) fn supervise(arguments: NodeArguments, run: Option<&Path>) -> ExitCode {
    daemon::supervise(&arguments.options(run))
}

/// Runs the daemon itself; its parent starts it again when it dies.
pub(crate) fn daemon(arguments: NodeArguments, run: Option<&Path>) -> ExitCode {
    daemon::run(&arguments.options(run))
}

/// Is a built-in agent for one action.
pub(crate) fn agent(provider: &str, kind: &str, action: &str) -> ExitCode {
    let code = agents::builtin_main(provider, kind, action);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
