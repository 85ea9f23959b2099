//! `ocf:pacemaker:Stateful`: a promotable resource that is a file. For trying things out.

use super::Answer;
use super::context::{Context, Failure, remove_state, warn, write_state};
use super::dummy::dump_environment;
use super::metadata::{Action, Change, Content, Metadata, Need, Parameter};
use crate::code::OcfCode;
use std::io;
use std::path::Path;
use std::thread::sleep;

/// How much an instance asks to be promoted: one that is promoted already asks for more, so that
/// the role does not wander.
const UNPROMOTED_SCORE: &str = "5";
const PROMOTED_SCORE: &str = "10";

pub(crate) const METADATA: Metadata = Metadata {
    name: "Stateful",
    short: "A promotable resource that does nothing",
    long: "Remembers in a file whether it is promoted or not, and does nothing else. Good for \
           trying out promotable clones. It asks to be promoted with a score of 5, and of 10 \
           while it is.",
    parameters: &[
        Parameter {
            name: "state",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::RestartAndUnique,
            short: "State file",
            long: "The file that holds the role while the resource is started. Without it, a \
                   file named after the resource in the folder for agents' state.",
        },
        Parameter {
            name: "envfile",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Reload,
            short: "File to write the environment to",
            long: "A file to which each action adds the variables it was called with.",
        },
        Parameter {
            name: "notify_delay",
            content: Content::Text("0"),
            need: Need::Optional,
            change: Change::Reload,
            short: "Seconds a notification takes",
            long: "How long each notification takes, to see what slow ones do.",
        },
    ],
    actions: &[
        Action::once("start", "20s"),
        Action::once("stop", "20s"),
        Action { role: Some("Promoted"), ..Action::monitor("20s", "10s") },
        Action { role: Some("Unpromoted"), ..Action::monitor("20s", "11s") },
        Action::once("promote", "10s"),
        Action::once("demote", "10s"),
        Action::once("notify", "5s"),
        Action::once("reload-agent", "10s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

/// What stands in the file, as the installed agent of this name has it; older ones wrote the others.
const PROMOTED: [&str; 3] = ["Promoted", "promoted", "master"];
const UNPROMOTED: [&str; 3] = ["Unpromoted", "unpromoted", "slave"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Stopped,
    Unpromoted,
    Promoted,
}

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    dump_environment(context, action)?;
    let state = context.state_file("state", ".state");
    let role = role(&state)?;
    match action {
        "stop" => become_role(context, &state, Role::Stopped),
        "promote" if role == Role::Stopped => Err(not_started("promoted")),
        "promote" => become_role(context, &state, Role::Promoted),
        "demote" if role == Role::Stopped => Err(not_started("demoted")),
        "start" | "demote" => become_role(context, &state, Role::Unpromoted),
        "monitor" => Ok(match role {
            Role::Stopped => OcfCode::NotRunning,
            Role::Unpromoted => OcfCode::Ok,
            Role::Promoted => OcfCode::RunningPromoted,
        }),
        "notify" => {
            sleep(context.time("notify_delay")?);
            Ok(OcfCode::Ok)
        }
        _ => context.time("notify_delay").map(|_| OcfCode::Ok),
    }
}

fn role(state: &Path) -> Result<Role, Failure> {
    match std::fs::read_to_string(state) {
        Ok(text) if PROMOTED.contains(&text.trim()) => Ok(Role::Promoted),
        Ok(text) if UNPROMOTED.contains(&text.trim()) => Ok(Role::Unpromoted),
        Ok(_) => Err(Failure::generic(format!(
            "{} does not say which role it is: remove it",
            state.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Role::Stopped),
        Err(error) => Err(Failure::generic(format!("cannot read {}: {error}", state.display()))),
    }
}

fn become_role(context: &Context, state: &Path, role: Role) -> Answer {
    match role {
        Role::Stopped => {
            remove_state(state)?;
            ask(context, &["-D"]);
        }
        Role::Unpromoted => {
            write_state(state, &format!("{}\n", UNPROMOTED[0]))?;
            ask(context, &["-v", UNPROMOTED_SCORE]);
        }
        Role::Promoted => {
            write_state(state, &format!("{}\n", PROMOTED[0]))?;
            ask(context, &["-v", PROMOTED_SCORE]);
        }
    }
    Ok(OcfCode::Ok)
}

/// A score that cannot be set changes who is promoted next, not what this instance does now.
fn ask(context: &Context, what: &[&str]) {
    let arguments: Vec<&str> =
        ["--promotion", "-l", "reboot"].iter().chain(what).copied().collect();
    match context.call("crm_attribute", &arguments) {
        Ok(said) if said.code == Some(0) => {}
        Ok(said) => warn(&format!("the promotion score was not changed: {}", said.complaint())),
        Err(failure) => warn(&format!("the promotion score was not changed: {}", failure.reason)),
    }
}

fn not_started(what: &str) -> Failure {
    Failure::new(OcfCode::NotRunning, format!("it is not started and cannot be {what}"))
}
