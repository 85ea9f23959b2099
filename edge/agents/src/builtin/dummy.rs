//! `ocf:pacemaker:Dummy`: a resource that is a file. For trying things out.

use super::Answer;
use super::context::{Context, Failure, remove_state, write_state};
use super::metadata::{Action, Change, Content, Metadata, Need, Parameter};
use crate::code::OcfCode;
use std::fmt::Write;
use std::path::Path;
use std::thread::sleep;

pub(crate) const METADATA: Metadata = Metadata {
    name: "Dummy",
    short: "A resource that does nothing",
    long: "Remembers in a file whether it is started, and does nothing else. Good for trying out \
           constraints, failovers and reloads without touching a service.",
    parameters: &[
        Parameter {
            name: "state",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::RestartAndUnique,
            short: "State file",
            long: "The file that exists while the resource is started. Without it, a file named \
                   after the resource in the folder for agents' state.",
        },
        Parameter {
            name: "passwd",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Reload,
            short: "A secret without use",
            long: "Has no effect. There to see how secrets are treated.",
        },
        Parameter {
            name: "fake",
            content: Content::Text("dummy"),
            need: Need::Optional,
            change: Change::Reload,
            short: "A value without use",
            long: "Has no effect. There to be changed, and to see the resource reloaded.",
        },
        Parameter {
            name: "op_sleep",
            content: Content::Text("0"),
            need: Need::Optional,
            change: Change::Reload,
            short: "Seconds each action takes",
            long: "How long each start, stop, monitor and migration takes, to see what slow \
                   actions do.",
        },
        Parameter {
            name: "fail_start_on",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Reload,
            short: "Node on which starting fails",
            long: "The name of a node. There, starting fails.",
        },
        Parameter {
            name: "envfile",
            content: Content::Text(""),
            need: Need::Optional,
            change: Change::Reload,
            short: "File to write the environment to",
            long: "A file to which each action adds the variables it was called with.",
        },
    ],
    actions: &[
        Action::once("start", "20s"),
        Action::once("stop", "20s"),
        Action::monitor("20s", "10s"),
        Action::once("reload", "20s"),
        Action::once("reload-agent", "20s"),
        Action::once("migrate_to", "20s"),
        Action::once("migrate_from", "20s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    dump_environment(context, action)?;
    let state = context.state_file("state", ".state");
    match action {
        "start" | "migrate_from" => start(context, &state),
        "stop" | "migrate_to" => stop(context, &state),
        "monitor" => monitor(context, &state),
        _ => validate(context, &state),
    }
}

fn start(context: &Context, state: &Path) -> Answer {
    sleep(context.time("op_sleep")?);
    let node = context.node();
    if context.text("fail_start_on") == node {
        return Err(Failure::generic(format!(
            "starting on {node} fails because parameter fail_start_on names it"
        )));
    }
    write_state(state, "started\n")?;
    Ok(OcfCode::Ok)
}

fn stop(context: &Context, state: &Path) -> Answer {
    sleep(context.time("op_sleep")?);
    remove_state(state)?;
    Ok(OcfCode::Ok)
}

fn monitor(context: &Context, state: &Path) -> Answer {
    sleep(context.time("op_sleep")?);
    Ok(if state.exists() { OcfCode::Ok } else { OcfCode::NotRunning })
}

fn validate(context: &Context, state: &Path) -> Answer {
    context.time("op_sleep")?;
    let probe = state.with_extension("check");
    write_state(&probe, "")?;
    remove_state(&probe)?;
    Ok(OcfCode::Ok)
}

/// Adds what the action was called with to the file named by parameter `envfile`.
pub(super) fn dump_environment(context: &Context, action: &str) -> Result<(), Failure> {
    let file = context.text("envfile");
    if file.is_empty() {
        return Ok(());
    }
    let mut text = std::fs::read_to_string(file).unwrap_or_default();
    let _ = writeln!(text, "== {action}");
    for (name, value) in context.variables() {
        let _ = writeln!(text, "{name}={value}");
    }
    write_state(Path::new(file), &text)
}
