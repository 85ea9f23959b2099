//! `systole node` and what it starts: the daemon, and the built-in agents.

mod drain;

use crate::answer::{DONE, Failure, Outcome, line, say_aside};
use crate::connection::run_directory;
use crate::verbs::{Place, duration};
use api::{ConfChange, NodeReport, Request};
use clap::{Args, Subcommand, ValueEnum};
use daemon::{EngineKind, Options, RemoteApi};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

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
    /// Where requests are taken over TLS: none, rings (its addresses there, port 5407), or an
    /// address of this machine [:PORT]
    #[arg(long, value_name = "ADDRESS", default_value_t = RemoteApi::Rings)]
    api: RemoteApi,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Engine {
    /// This program itself
    Own,
    /// A running Corosync (cargo feature `corosync`)
    Corosync,
}

/// Ours if there is one, else Corosync's.
pub(crate) fn configuration_file() -> PathBuf {
    let own = PathBuf::from("/etc/systole/corosync.conf");
    if own.exists() { own } else { "/etc/corosync/corosync.conf".into() }
}

impl NodeArguments {
    pub(crate) fn options(self, run: Option<&Path>) -> Options {
        let Self { config, state, key, engine, api } = self;
        let engine = match engine {
            Engine::Own => EngineKind::Own,
            Engine::Corosync => EngineKind::Corosync,
        };
        Options { config, key, state, run: run_directory(run), engine, api }
    }
}

/// A change of the nodes there are, made in every node's file while the cluster runs.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum NodeChange {
    /// List a node that is to come, on all nodes
    Add {
        /// Its name, as `hostname` prints it there
        name: String,
        /// Its address on ring 0, on ring 1, and so on
        #[arg(required = true, value_name = "ADDRESS")]
        addresses: Vec<String>,
        /// Its number [default: one more than the highest]
        #[arg(long)]
        id: Option<u32>,
        /// Its votes
        #[arg(long, default_value_t = 1)]
        votes: u32,
        #[command(flatten)]
        place: Place,
    },
    /// Take a node out of the list, on all others
    Remove {
        /// Its name or its number
        node: String,
        #[command(flatten)]
        place: Place,
    },
    /// Put a node into standby, and wait until it is empty; say what is left when the time is over
    Drain {
        /// Its name [default: this node]
        node: Option<String>,
        /// How long to wait
        #[arg(long, value_name = "TIME", default_value = "10min", value_parser = duration)]
        within: Duration,
        #[command(flatten)]
        place: Place,
    },
    /// Let a node go on that is on hold because its daemon failed again and again
    Resume {
        #[command(flatten)]
        place: Place,
    },
}

impl NodeChange {
    /// Has it made, and says what is left to do.
    pub(crate) fn make(self) -> Outcome {
        match self {
            Self::Add { name, addresses, id, votes, place } => {
                let connection = place.connection();
                let id = match id {
                    Some(id) => id,
                    None => next_id(&connection.node()?),
                };
                let change = ConfChange::AddNode { id, name: name.clone(), addresses, votes };
                connection.change(&Request::ChangeConf(change))?;
                line(&format!(
                    "{name} is listed as node {id}. Copy corosync.conf and authkey to it, and start \
                     `systole node` there."
                ));
            }
            Self::Remove { node, place } => {
                let change = ConfChange::RemoveNode { node: node.clone() };
                place.connection().change(&Request::ChangeConf(change))?;
                line(&format!("{node} is listed no more. `crm node delete` forgets its settings."));
            }
            Self::Drain { node, within, place } => {
                return drain::drain(&place.connection(), node, within);
            }
            Self::Resume { place } => return resume(place.run.as_deref()),
        }
        DONE
    }
}

/// What keeps the node on hold is taken away; its parent process sees that.
fn resume(run: Option<&Path>) -> Outcome {
    let notice = api::hold_path(&run_directory(run));
    match std::fs::remove_file(&notice) {
        Ok(()) => {
            line("This node goes on: `systole status` shows whether it comes back.");
            DONE
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(Failure::Other("this node is not on hold".into()))
        }
        Err(error) => Err(Failure::Other(format!("{}: {error}", notice.display()))),
    }
}

/// The number of the next node.
pub(crate) fn next_id(node: &NodeReport) -> u32 {
    let peers = node.links.iter().flat_map(|link| &link.peers);
    peers.map(|peer| peer.id).chain([node.id]).max().unwrap_or(0).saturating_add(1)
}

/// Runs a node until it is told to stop.
pub(crate) fn supervise(arguments: NodeArguments, run: Option<&Path>) -> ExitCode {
    daemon::supervise(&arguments.options(run))
}

/// Runs the daemon itself; its parent starts it again when it dies.
pub(crate) fn daemon(arguments: NodeArguments, run: Option<&Path>) -> ExitCode {
    daemon::run(&arguments.options(run))
}

/// Is an agent for one action.
pub(crate) fn agent(words: &[String]) -> ExitCode {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let code = match words[..] {
        ["ocf", provider, kind, action] => agents::builtin_main(provider, kind, action),
        ["systemd", unit, action] => agents::systemd_main(unit, action),
        _ => {
            say_aside("write: agent ocf PROVIDER TYPE ACTION, or: agent systemd UNIT ACTION");
            return ExitCode::from(3);
        }
    };
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
