//! All actions as a picture for Graphviz: what is done in bold, what cannot be done dashed.

use scheduler::model::{Action, Relation, Task};
use scheduler::{Decision, Situation};
use std::collections::HashSet;
use std::fmt::Write;

/// Which actions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// What is to be done, whether or not it can be.
    Needed,
    /// What was thought of and is not needed, too.
    All,
}

/// How actions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// By name.
    Plain,
    /// With their numbers.
    Numbered,
}

/// The picture.
pub fn dot(decision: &Decision<'_>, shown: Shown, labels: Labels) -> String {
    let actions = &decision.actions;
    let names: Vec<String> = actions
        .iter()
        .map(|(index, action)| match labels {
            Labels::Plain => name(&decision.situation, action),
            Labels::Numbered => {
                format!("{} ({})", name(&decision.situation, action), index.number())
            }
        })
        .collect();
    let name_of = |index| &names[scheduler::index::Key::position(index)];
    let mut text = " digraph \"g\" {\n".to_owned();
    let mut drawn = HashSet::new();
    for (index, action) in actions.iter() {
        let Some(style) = style(&decision.situation, action, shown) else { continue };
        drawn.insert(index);
        let font =
            if action.flags.is_pseudo && style.font == "black" { "orange" } else { style.font };
        let Style { line, colour, .. } = style;
        let name = escaped(name_of(index));
        let _ =
            writeln!(text, "\"{name}\" [ style={line} color=\"{colour}\" fontcolor=\"{font}\"]");
    }
    for (index, action) in actions.iter() {
        for link in &action.before {
            let is_shown = link.is_in_graph
                || (drawn.contains(&link.other)
                    && drawn.contains(&index)
                    && link.relation != Relation::SAME_NODE_OR_TARGET);
            if !link.is_in_graph && link.relation.is_none() {
                continue;
            }
            if is_shown || shown == Shown::All {
                let line = if link.is_in_graph { "bold" } else { "dashed" };
                let (first, then) = (escaped(name_of(link.other)), escaped(name_of(index)));
                let _ = writeln!(text, "\"{first}\" -> \"{then}\" [ style = {line}]");
            }
        }
    }
    text.push_str("}\n");
    text
}

struct Style {
    line: &'static str,
    colour: &'static str,
    font: &'static str,
}

/// How an action is drawn; nothing for one that is left out.
fn style(situation: &Situation<'_>, action: &Action, shown: Shown) -> Option<Style> {
    let is_unmanaged = action.resource.is_some_and(|it| !situation.resources[it].is_managed);
    let style = |line, colour, font| Some(Style { line, colour, font });
    if action.flags.is_in_graph {
        style("bold", "green", "black")
    } else if is_unmanaged {
        (shown == Shown::All).then_some(())?;
        style("dashed", "red", "purple")
    } else if action.flags.is_optional {
        (shown == Shown::All).then_some(())?;
        style("dashed", "blue", "black")
    } else {
        style("dashed", "red", "black")
    }
}

/// What an action is called: its key under the name that the history knows, and its node.
fn name(situation: &Situation<'_>, action: &Action) -> String {
    let node = action.node.map(|node| situation.nodes[node].name.as_str());
    let node = node.or_else(|| (!action.flags.is_pseudo).then_some("<none>"));
    let task = action.operation.task;
    let prefix = if task == Task::Cancel { "Cancel " } else { "" };
    let known_as = action.resource.and_then(|resource| {
        let resource = &situation.resources[resource];
        Some(&resource.history_id).filter(|name| **name != resource.id)
    });
    let key = match known_as {
        Some(name) if task == Task::Cancel => {
            format!("{name}_monitor_{}", action.operation.interval)
        }
        Some(name) if matches!(task, Task::Notify(..) | Task::Notified(..)) => {
            let word = |name: &str| action.meta.get(name).map_or("", String::as_str);
            let (kind, of) = (word("notify_key_type"), word("notify_key_operation"));
            format!("{name}_{kind}_notify_{of}_0")
        }
        Some(name) => format!("{name}_{}", action.operation),
        None if task == Task::Fence => {
            let how = action.meta.get("stonith_action").map_or("", String::as_str);
            format!("stonith '{how}'")
        }
        // A node's own action is called by what it does.
        None if action.resource.is_none() && node.is_some() => task_name(action).to_owned(),
        None => action.key.clone(),
    };
    match node {
        Some(node) => format!("{prefix}{key} {node}"),
        None => format!("{prefix}{key}"),
    }
}

/// Free points are called as their key.
fn task_name(action: &Action) -> &str {
    match action.operation.task {
        Task::LoadStopped | Task::OneOrMore | Task::CloneOneOrMore => &action.key,
        task => task.name(),
    }
}

fn escaped(name: &str) -> String {
    name.replace('"', "\\\"")
}
