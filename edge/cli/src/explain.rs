//! `systole explain`: why a resource is where it is, or nowhere.

use crate::answer::{DONE, Failure, Outcome, print};
use crate::offline::{Format, Subject};
use report::explain::{self, Explanation, Row};
use scheduler::Decision;
use serde_json::{Value, json};

/// Explains `resource`, for `node` only if one is given.
pub(crate) fn run(subject: &Subject, resource: &str, node: Option<&str>) -> Outcome {
    let picture = subject.picture()?;
    let facts = picture.facts();
    let decision = scheduler::decide(&facts);
    let explanations = explain::explain(&decision, resource);
    if explanations.is_empty() {
        return Err(unknown_resource(&decision, resource));
    }
    if let Some(node) = node {
        check_node(&decision, node)?;
    }
    print(&match subject.format {
        Format::Text => explain::text(&explanations, node),
        Format::Json => {
            let all = explanations.iter().map(|it| as_json(it, node));
            format!("{:#}\n", json!({ "resources": all.collect::<Vec<Value>>() }))
        }
    });
    DONE
}

fn unknown_resource(decision: &Decision<'_>, resource: &str) -> Failure {
    let nearest = explain::closest(decision, resource);
    Failure::NoSuchObject(unknown("resource", resource, nearest))
}

fn check_node(decision: &Decision<'_>, node: &str) -> Result<(), Failure> {
    let nodes = || decision.situation.nodes.values().map(|node| node.name.as_str());
    if nodes().any(|name| name == node) {
        return Ok(());
    }
    let nearest = base::suggest::closest(node, nodes());
    Err(Failure::NoSuchObject(unknown("node", node, nearest)))
}

fn unknown(what: &str, id: &str, nearest: Option<&str>) -> String {
    let help = nearest.map_or_else(String::new, |nearest| format!("; did you mean {nearest}?"));
    format!("there is no {what} {id}{help}")
}

fn as_json(explanation: &Explanation, node: Option<&str>) -> Value {
    let rows = explanation.rows.iter().filter(|row| node.is_none_or(|node| row.node == node));
    json!({
        "id": explanation.id,
        "parent": explanation.parent,
        "active-on": explanation.now,
        "role": explanation.role.name(),
        "node": explanation.node,
        "next-role": explanation.next_role.name(),
        "blocked": explanation.is_held_up,
        "why": explanation.reason,
        "nodes": rows.map(row_as_json).collect::<Vec<Value>>(),
    })
}

/// Scores are text, as everywhere: `INFINITY` is no number.
fn row_as_json(row: &Row) -> Value {
    let parts = row
        .parts
        .iter()
        .map(|part| json!({ "score": part.score.to_string(), "source": part.source }));
    json!({
        "node": row.node,
        "state": row.state,
        "score": row.score.map(|score| score.to_string()),
        "contributions": parts.collect::<Vec<Value>>(),
    })
}
