//! `ocf:lustre:healthLUSTRE`: whether Lustre on this server calls itself healthy, as a node attribute.

use super::{load_modules, recovery};
use crate::builtin::Answer;
use crate::builtin::context::{Context, SetAttribute, remove_state, warn, write_state};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use std::time::Duration;

pub(crate) const METADATA: Metadata = Metadata {
    name: "healthLUSTRE",
    short: "Health of a Lustre server as an attribute",
    long: "Keeps a node attribute that is 1 while Lustre on this server is healthy (lctl get_param \
           health_check), and 0 while it is not, or does not answer. Rules use it to keep targets \
           away: -inf: lustred lte 0 or not_defined lustred. Run it as a clone.\n\n\
           The attribute lustre-recovery says how far the clients of this server's targets are with \
           their recovery, for people: complete, or which target waits for how many.",
    parameters: &[
        Parameter::optional(
            "pidfile",
            Content::Text(""),
            "State file",
            "The file that exists while the resource is started. Without it, a file named after \
             the resource in the folder for agents' state.",
        ),
        Parameter::optional(
            "dampen",
            Content::Text("5s"),
            "How long a change is held back",
            "How long to wait for more changes before the cluster acts on one.",
        )
        .reloadable(),
        Parameter::optional(
            "name",
            Content::Text("lustred"),
            "Name of the attribute",
            "The node attribute that rules refer to.",
        )
        .reloadable(),
        Parameter::optional(
            "debug",
            Content::Switch("false"),
            "Say what Lustre said",
            "Print the answer also while it is good.",
        )
        .reloadable(),
    ],
    actions: &[
        Action::once("start", "60s"),
        Action::once("stop", "20s"),
        Action::once("reload", "100s"),
        Action::once("reload-agent", "100s"),
        Action { depth: Some("0"), ..Action::monitor("60s", "10s") },
        Action::once("validate-all", "30s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    context.time("dampen")?;
    let state = context.state_file("pidfile", "");
    match action {
        "start" => {
            load_modules(context)?;
            write_state(&state, "")?;
            publish(context, SetAttribute::ValueAndDampening)
        }
        "monitor" if !state.exists() => Ok(OcfCode::NotRunning),
        "monitor" => publish(context, SetAttribute::Value),
        "reload" | "reload-agent" => publish(context, SetAttribute::ValueAndDampening),
        "stop" => {
            for name in [context.text("name"), recovery::ATTRIBUTE] {
                context.delete_attribute(name, context.text("dampen"));
            }
            remove_state(&state)?;
            Ok(OcfCode::Ok)
        }
        _ => {
            context.needs("lctl")?;
            Ok(OcfCode::Ok)
        }
    }
}

fn publish(context: &Context, how: SetAttribute) -> Answer {
    context.needs("lctl")?;
    let healthy = is_healthy(context);
    let value = if healthy { "1" } else { "0" };
    context.set_attribute(context.text("name"), value, how, context.text("dampen"))?;
    if healthy {
        recovery::publish(context, how)?;
    }
    Ok(OcfCode::Ok)
}

/// A server that does not answer is not healthy: what would ask it hangs as well.
fn is_healthy(context: &Context) -> bool {
    let patience = context.patience(Duration::from_secs(60));
    let answer = match context.call_within(patience, "lctl", &["get_param", "-n", "health_check"]) {
        // Below the first line stands what is wrong with which device, sometimes also what is not.
        Ok(said) if said.code == Some(0) => {
            said.stdout.lines().next().unwrap_or_default().trim().to_owned()
        }
        Ok(said) => said.complaint(),
        Err(failure) => failure.reason,
    };
    let healthy = answer == "healthy" || answer == "health_check=healthy";
    if !healthy || context.is_on("debug").unwrap_or(false) {
        warn(&format!("Lustre says: {answer}"));
    }
    healthy
}
