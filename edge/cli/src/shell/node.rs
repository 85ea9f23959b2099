//! `crm node`: what nodes are to do.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::membership::{forget, unknown};
use api::{AttributeChange, Request};
use cluster::{first_value, merged};

pub(super) const COMMANDS: &[Command] = &[
    command("show list status", "[NODE]", "list nodes and their attributes", show),
    command("standby", "[NODE] [reboot|forever]", "move everything away from it", |shell, call| {
        switch(shell, call, ("standby", "on"))
    }),
    command("online", "[NODE]", "let it run resources again", |shell, call| {
        switch(shell, call, ("standby", "off"))
    }),
    command("maintenance", "[NODE]", "leave everything on it alone", |shell, call| {
        switch(shell, call, ("maintenance", "true"))
    }),
    command("ready", "[NODE]", "take care of everything on it again", |shell, call| {
        switch(shell, call, ("maintenance", "false"))
    }),
    command("attribute", "NODE set|show|delete NAME [VALUE]", "change an attribute", |s, c| {
        attribute(s, c, Kept::ForEver)
    }),
    command(
        "status-attr",
        "NODE set|show|delete NAME [VALUE]",
        "change an attribute until the node leaves",
        |s, c| attribute(s, c, Kept::UntilItLeaves),
    ),
    command("clearstate confirm-down", "NODE", "vouch that it is certainly down", clear_state),
    command("fence", "NODE", "not offered: says what to use", |_, _| {
        Err(Failure::Other(crate::fencing::NO_FENCING.into()))
    }),
    command("delete", "NODE", "forget a node that is gone for good", delete),
];

/// How long an attribute is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kept {
    ForEver,
    UntilItLeaves,
}

/// The node that is named, or this one.
fn node(shell: &Shell, name: Option<&str>) -> Result<String, Failure> {
    match name {
        Some(name) => Ok(name.to_owned()),
        None => shell.connection.this_node(),
    }
}

fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = shell.connection.cib()?.configuration;
    let wanted = call.word(0);
    if let Some(name) = wanted
        && configuration.node(name).is_none()
    {
        return Err(unknown(&configuration.nodes, name));
    }
    for entry in &configuration.nodes {
        if wanted.is_none_or(|name| name == entry.name) {
            line(&format!(
                "{}({}): {}",
                entry.name,
                entry.id,
                entry.kind.as_deref().unwrap_or("member")
            ));
            for (name, value) in merged(&entry.attributes, |_| false) {
                line(&format!("\t{name}={value}"));
            }
        }
    }
    DONE
}

fn switch(shell: &mut Shell, call: &Call<'_>, (name, value): (&str, &str)) -> Outcome {
    // `standby reboot` names no node.
    let lifetimes = ["reboot", "forever"];
    let named = call.word(0).filter(|word| !lifetimes.contains(word));
    let kept = match call.words.iter().any(|word| word == "reboot") {
        true => Kept::UntilItLeaves,
        false => Kept::ForEver,
    };
    let node = node(shell, named)?;
    set(shell, &node, (name, Some(value)), kept)?;
    shell.inform(&match (name, value) {
        ("standby", "on") => format!("{node} is in standby: what it runs moves to other nodes"),
        ("standby", _) => format!("{node} may run resources again"),
        (_, "true") => format!("{node} is in maintenance: what it runs is left alone"),
        _ => format!("what {node} runs is taken care of again"),
    });
    DONE
}

fn set(shell: &Shell, node: &str, (name, value): (&str, Option<&str>), kept: Kept) -> Outcome {
    let (node, name, value) = (node.to_owned(), name.to_owned(), value.map(str::to_owned));
    shell.connection.change(&match kept {
        Kept::ForEver => Request::NodeAttribute { node, name, value },
        Kept::UntilItLeaves => {
            Request::Attribute(AttributeChange { node: Some(node), name, value, dampen_ms: 0 })
        }
    })?;
    DONE
}

fn attribute(shell: &mut Shell, call: &Call<'_>, kept: Kept) -> Outcome {
    let node = call.needs(0, "the node")?;
    let name = call.needs(2, "the attribute's name")?;
    match call.word(1) {
        Some("set") => set(shell, node, (name, Some(call.needs(3, "the value")?)), kept),
        Some("delete") => set(shell, node, (name, None), kept),
        Some("show") => {
            let cib = shell.connection.cib()?;
            let entry = cib.configuration.node(node);
            let status = cib.status.nodes.values().find(|status| status.name == node);
            let (scope, value) = match kept {
                Kept::ForEver => {
                    ("nodes", entry.and_then(|entry| first_value(&entry.attributes, name)))
                }
                Kept::UntilItLeaves => {
                    let value = status.and_then(|status| status.attributes.get(name));
                    ("status", value.map(String::as_str))
                }
            };
            let value = value.ok_or_else(|| {
                Failure::NoSuchObject(format!("{node} has no attribute `{name}`"))
            })?;
            line(&format!("scope={scope}  name={name} value={value}"));
            DONE
        }
        _ => Err(Failure::Usage("NODE set|show|delete NAME [VALUE]".into())),
    }
}

fn clear_state(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let node = call.needs(0, "the node")?.to_owned();
    let question = format!("Is {node} certainly down? Its resources will be started elsewhere.");
    if shell.mode == super::Use::Prompt && !shell.confirms(&question) {
        return Err(Failure::Other("nothing was done".into()));
    }
    shell.connection.change(&Request::ConfirmDown { node })?;
    DONE
}

fn delete(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let node = call.needs(0, "the node")?;
    forget(&shell.connection, node, shell.is_forced)?;
    shell.inform(&format!("{node} is forgotten"));
    DONE
}
