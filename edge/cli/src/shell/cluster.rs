//! `crm cluster`: the node of this machine as a whole.

use super::corosync::status;
use super::levels::{Command, command, query};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome};
use crate::connection::Connection;
use crate::systemd;
use crate::terminal::interrupt;
use crate::tools::membership::forget;
use crate::verbs;
use crate::verbs::status::{self as standing, Waiting};
use api::{ClientError, ConfChange, Request};
use std::time::Duration;

pub(super) const COMMANDS: &[Command] = &[
    command("status", "", "show this node's links and the quorum", status),
    query("health", "", "show what is wrong, in short", |shell, _| {
        standing::show(&shell.connection, shell.form)
    }),
    command("init", "[--name CLUSTER]", "make a new cluster, or invite a machine", |_, call| {
        verb("init", call)
    }),
    command("join", "TOKEN|-", "make this machine a node of a cluster", |_, call| {
        verb("join", call)
    }),
    command("start", "", "start this node", |shell, _| start(shell)),
    command("stop", "", "stop this node; what it runs moves to others", |shell, _| stop(shell)),
    command("restart", "", "stop this node and start it again", |shell, _| {
        stop(shell)?;
        start(shell)
    }),
    command("enable", "", "start this node when its machine starts", |_, _| {
        systemd::node("enable").map(|()| std::process::ExitCode::SUCCESS)
    }),
    command("disable", "", "do not start it then", |_, _| {
        systemd::node("disable").map(|()| std::process::ExitCode::SUCCESS)
    }),
    command("remove", "NODE...", "take nodes that are stopped out of the cluster", remove),
    command("wait_for_startup", "[SECONDS]", "wait until this node has joined", wait_for_startup),
];

/// Between two looks whether it is gone.
const AGAIN: Duration = Duration::from_millis(50);

/// How long a node may take to start, or to stop everything that it runs.
const PATIENCE: Duration = Duration::from_secs(600);

/// A verb of the program, with the options that it has.
fn verb(name: &str, call: &Call<'_>) -> Outcome {
    let words = ["systole", name].map(str::to_owned).into_iter();
    verbs::outcome(&words.chain(call.words.iter().cloned()).collect::<Vec<_>>())
}

fn start(shell: &Shell) -> Outcome {
    if Connection::to_node().node().is_ok() {
        shell.inform("this node runs already");
        return DONE;
    }
    systemd::node("start")?;
    wait(PATIENCE)
}

/// Stops the node, and waits until it is gone.
fn stop(shell: &Shell) -> Outcome {
    let node = Connection::to_node();
    match node.change(&Request::Shutdown) {
        Err(Failure::Client(ClientError::NotRunning { .. })) => {
            shell.inform("this node does not run");
            return DONE;
        }
        other => other?,
    }
    let end = os::clock::monotonic() + PATIENCE;
    while os::clock::monotonic() < end {
        if node.node().is_err() {
            return DONE;
        }
        interrupt::pause(AGAIN)?;
    }
    let seconds = PATIENCE.as_secs();
    let text =
        format!("this node has not stopped in {seconds} s; `crm status` tells what it waits for");
    Err(Failure::TimedOut(text))
}

/// Each is taken out of all files, and what the configuration says about it is forgotten.
fn remove(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    call.needs(0, "the node")?;
    for node in call.words {
        Connection::to_node()
            .change(&Request::ChangeConf(ConfChange::RemoveNode { node: node.clone() }))?;
        match forget(&shell.connection, node, shell.is_forced) {
            Err(Failure::NoSuchObject(_)) => {}
            other => other?,
        }
        shell.inform(&format!("{node} is no longer part of the cluster"));
    }
    DONE
}

fn wait_for_startup(_: &mut Shell, call: &Call<'_>) -> Outcome {
    let seconds = call.word(0).map_or(Ok(PATIENCE.as_secs()), |text| {
        text.parse().map_err(|_| Failure::Usage(format!("`{text}` is no number of seconds")))
    });
    wait(Duration::from_secs(seconds?))
}

fn wait(timeout: Duration) -> Outcome {
    standing::wait(&Connection::to_node(), &Waiting { members: 1, timeout })
}
