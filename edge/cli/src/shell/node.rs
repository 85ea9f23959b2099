//! `crm node`: what nodes are to do.

use super::levels::{Command, command, query};
use super::{Call, Shell, for_each};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::output::{self, Form};
use crate::picture::Picture;
use crate::secrets;
use crate::tools::membership::{forget, unknown};
use crate::verbs::status::nodes_as_json;
use api::{AttributeChange, Request};
use cluster::{first_value, merged, secret};
use serde_json::json;

pub(super) const COMMANDS: &[Command] = &[
    query("show list status", "[NODE]", "list nodes and their attributes", show),
    command(
        "standby",
        "[NODE|--all] [reboot|forever]",
        "move everything away from it",
        |shell, call| switch(shell, call, ("standby", "on")),
    ),
    command("online", "[NODE|--all]", "let it run resources again", |shell, call| {
        switch(shell, call, ("standby", "off"))
    }),
    command("maintenance", "[NODE|--all]", "leave everything on it alone", |shell, call| {
        switch(shell, call, ("maintenance", "true"))
    }),
    command("ready", "[NODE|--all]", "take care of everything on it again", |shell, call| {
        switch(shell, call, ("maintenance", "false"))
    }),
    command(
        "attribute",
        "NODE set|show|delete ATTRIBUTE [VALUE]",
        "change an attribute",
        |s, c| attribute(s, c, Kept::ForEver),
    ),
    command(
        "utilization",
        "NODE set|show|delete CAPACITY [VALUE]",
        "change what it offers",
        utilization,
    ),
    command(
        "status-attr",
        "NODE set|show|delete ATTRIBUTE [VALUE]",
        "change an attribute until the node leaves",
        |s, c| attribute(s, c, Kept::UntilItLeaves),
    ),
    command("clearstate confirm-down", "NODE", "vouch that it is certainly down", clear_state),
    command("fence", "NODE", "not offered: says what to use", |_, _| {
        Err(Failure::Other(crate::fencing::NO_FENCING.into()))
    }),
    command("delete", "NODE", "forget a node that is gone for good", delete),
    command("server", "[NODE...]", "list the names of nodes", server),
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
    if shell.form == Form::Json {
        return tell(shell, wanted);
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
                line(&format!("\t{name}={}", secret::shown(name, value)));
            }
        }
    }
    DONE
}

/// What nodes do, and what is configured of them, for programs.
fn tell(shell: &Shell, wanted: Option<&str>) -> Outcome {
    let picture = Picture::take(&shell.connection)?;
    let is_wanted = |name: &str| wanted.is_none_or(|wanted| wanted == name);
    let mut nodes = nodes_as_json(&picture.situation(), is_wanted);
    for node in &mut nodes {
        let entry = node["name"].as_str().and_then(|name| picture.cib.configuration.node(name));
        let configured = entry.map(|entry| {
            let mut values = merged(&entry.attributes, |_| false);
            values.iter_mut().for_each(|(name, value)| *value = secret::shown(name, value));
            values
        });
        node["configured"] = json!(configured);
    }
    output::tell(json!({ "nodes": nodes }));
    DONE
}

/// The nodes that are named; all of them by `--all`.
fn meant(shell: &Shell, call: &Call<'_>) -> Result<Vec<String>, Failure> {
    // `standby reboot` names no node.
    let is_name = |word: &&String| !["reboot", "forever"].contains(&word.as_str());
    let words: Vec<&String> = call.words.iter().filter(is_name).collect();
    if words.iter().any(|word| *word == "--all") {
        let nodes = shell.connection.cib()?.configuration.nodes;
        return Ok(nodes.iter().map(|node| node.name.clone()).collect());
    }
    Ok(vec![node(shell, words.first().map(|word| word.as_str()))?])
}

fn switch(shell: &mut Shell, call: &Call<'_>, (name, value): (&str, &str)) -> Outcome {
    let kept = match call.words.iter().any(|word| word == "reboot") {
        true => Kept::UntilItLeaves,
        false => Kept::ForEver,
    };
    let nodes = meant(shell, call)?;
    for_each(&nodes, |node| {
        set(shell, node, (name, Some(value)), kept)?;
        shell.inform(&match (name, value) {
            ("standby", "on") => format!("{node} is in standby: what it runs moves to other nodes"),
            ("standby", _) => format!("{node} may run resources again"),
            (_, "true") => format!("{node} is in maintenance: what it runs is left alone"),
            _ => format!("what {node} runs is taken care of again"),
        });
        Ok(())
    })
}

/// What a node offers, for resources that need some of it.
fn utilization(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (node, name) = (call.needs(0, "the node")?, call.needs(2, "the name")?);
    let change = match call.word(1) {
        Some("set") => vec!["--update", call.needs(3, "the value")?],
        Some("delete") => vec!["--delete"],
        Some("show") => vec!["--query"],
        _ => return Err(Failure::Usage("NODE set|show|delete NAME [VALUE]".into())),
    };
    let words = ["--utilization", "--node", node, "--name", name].into_iter().chain(change);
    let words: Vec<String> = words.map(str::to_owned).collect();
    crate::tools::attributes::crm_attribute_at(&shell.connection, &words)
}

fn server(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let nodes = shell.connection.cib()?.configuration.nodes;
    let is_meant = |name: &String| call.words.is_empty() || call.words.contains(name);
    for entry in nodes.iter().filter(|entry| is_meant(&entry.name)) {
        line(&entry.name);
    }
    DONE
}

fn set(
    shell: &Shell,
    node: &str,
    (name, value): (&str, Option<&str>),
    kept: Kept,
) -> Result<(), Failure> {
    let (node, name, value) = (node.to_owned(), name.to_owned(), value.map(str::to_owned));
    shell.connection.change(&match kept {
        Kept::ForEver => Request::NodeAttribute { node, name, value },
        Kept::UntilItLeaves => {
            Request::Attribute(AttributeChange { node: Some(node), name, value, dampen_ms: 0 })
        }
    })
}

fn attribute(shell: &mut Shell, call: &Call<'_>, kept: Kept) -> Outcome {
    let node = call.needs(0, "the node")?;
    let name = call.needs(2, "the attribute's name")?;
    match call.word(1) {
        Some("set") => set(shell, node, (name, Some(call.needs(3, "the value")?)), kept)?,
        Some("delete") => set(shell, node, (name, None), kept)?,
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
            let value = secrets::value(name, value);
            line(&format!("scope={scope}  name={name} value={value}"));
        }
        _ => return Err(Failure::Usage("NODE set|show|delete NAME [VALUE]".into())),
    }
    DONE
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
