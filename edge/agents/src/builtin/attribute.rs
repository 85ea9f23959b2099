//! `ocf:pacemaker:attribute`: a node attribute that says whether a resource is active.

use super::Answer;
use super::context::{Context, Failure, remove_state, write_state};
use super::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use std::path::Path;

pub(crate) const METADATA: Metadata = Metadata {
    name: "attribute",
    short: "A node attribute with one value while active and another while not",
    long: "Sets a node attribute when it starts and another value when it stops. Rules that read \
           the attribute let resources follow this one in ways that no constraint can say.",
    parameters: &[
        Parameter::optional(
            "state",
            Content::Text(""),
            "State file",
            "The file that exists while the resource is started. Without it, a file named after \
             the resource in the folder for agents' state.",
        )
        .unique(),
        Parameter::optional(
            "name",
            Content::Text(""),
            "Name of the attribute",
            "The node attribute that is set. Without it, opa- and the name of the resource.",
        )
        .unique(),
        Parameter::optional(
            "active_value",
            Content::Text("1"),
            "Value while active",
            "What the attribute is while the resource is started.",
        ),
        Parameter::optional(
            "inactive_value",
            Content::Text("0"),
            "Value while inactive",
            "What the attribute is after the resource was stopped.",
        ),
    ],
    actions: &[
        Action::once("start", "20s"),
        Action::once("stop", "20s"),
        Action::monitor("20s", "10s"),
        Action::once("reload", "20s"),
        Action::once("migrate_to", "20s"),
        Action::once("migrate_from", "20s"),
        Action::once("validate-all", "20s"),
        Action::once("meta-data", "5s"),
    ],
};

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let state = context.state_file_of("state", "opa", ".state");
    let name = match context.text("name") {
        "" => format!("opa-{}", context.instance()),
        given => given.to_owned(),
    };
    match action {
        "start" | "migrate_from" | "reload" => {
            context.put_attribute(&name, context.text("active_value"))?;
            write_state(&state, "")?;
            Ok(OcfCode::Ok)
        }
        "stop" | "migrate_to" => stop(context, &state, &name),
        "monitor" => monitor(context, &state, &name),
        _ => Ok(OcfCode::Ok),
    }
}

fn stop(context: &Context, state: &Path, name: &str) -> Answer {
    if state.exists() {
        context.put_attribute(name, context.text("inactive_value"))?;
    }
    remove_state(state)?;
    Ok(OcfCode::Ok)
}

fn monitor(context: &Context, state: &Path, name: &str) -> Answer {
    if !state.exists() {
        return Ok(OcfCode::NotRunning);
    }
    let wanted = context.text("active_value");
    let found = context.attribute(name)?;
    if found.as_deref().unwrap_or_default() == wanted {
        return Ok(OcfCode::Ok);
    }
    let found = match found {
        Some(value) => format!("{value:?}"),
        None => "not set".to_owned(),
    };
    Err(Failure::generic(format!(
        "the node attribute {name} is {found}, not {wanted:?}: somebody else has changed it"
    )))
}
