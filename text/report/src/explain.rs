//! Why resources are where they are: for every node what speaks for and against it.

use cluster::{Role, Score};
use scheduler::index::{Key, ResourceIndex};
use scheduler::model::{Node, Step, Weights};
use scheduler::{Contribution, Decision, Placement};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Where one instance is, where it will be, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The instance's id.
    pub id: String,
    /// The group, clone or bundle that it is directly inside of.
    pub parent: Option<String>,
    /// Where it is, or may be, active now.
    pub now: Vec<String>,
    /// The role that it has.
    pub role: Role,
    /// Where it will be.
    pub node: Option<String>,
    /// The role that it will have.
    pub next_role: Role,
    /// Whether that cannot be brought about for the time being.
    pub is_held_up: bool,
    /// Why it is there or nowhere, in one sentence.
    pub reason: String,
    /// All nodes, by name.
    pub rows: Vec<Row>,
}

/// What speaks for and against one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node's name.
    pub node: String,
    /// Why nothing is started on it, in a word or two, where that is so.
    pub state: Option<&'static str>,
    /// The score; `None` where the resource is not allowed at all.
    pub score: Option<Score>,
    /// What the score is made of.
    pub parts: Vec<Contribution>,
}

/// The instances that `id` stands for, explained: the resource itself, all instances of a clone's
/// primitive, all that is inside of a group, clone or bundle. Empty when nothing has that id.
pub fn explain(decision: &Decision<'_>, id: &str) -> Vec<Explanation> {
    let situation = &decision.situation;
    let is_meant = |at: ResourceIndex| {
        let resource = &situation.resources[at];
        let own = resource.definition.as_ref().map(|it| it.id.as_str());
        resource.id == id || resource.history_id == id || own == Some(id)
    };
    let mut meant: BTreeSet<&str> = BTreeSet::new();
    for at in situation.resources.keys() {
        let line = std::iter::successors(Some(at), |at| situation.resources[*at].parent);
        if line.into_iter().any(is_meant) {
            meant.insert(&situation.resources[at].id);
        }
    }
    let placements = decision.placements.iter();
    let meant = placements.filter(|placement| meant.contains(placement.instance.as_str()));
    meant.map(|placement| explanation(decision, placement)).collect()
}

/// What could have been meant when nothing has the id `id`.
pub fn closest<'d>(decision: &'d Decision<'_>, id: &str) -> Option<&'d str> {
    let resources = decision.situation.resources.values();
    base::suggest::closest(id, resources.map(|resource| resource.id.as_str()))
}

fn explanation(decision: &Decision<'_>, placement: &Placement) -> Explanation {
    let situation = &decision.situation;
    let resource = situation.resource(&placement.instance).map(|at| &situation.resources[at]);
    let mut summary = decision.summary.iter();
    let now = resource.map_or(&[][..], |it| &it.running_on);
    let parent = resource.and_then(|it| it.parent).map(|at| &situation.resources[at]);
    let weights = resource.map(|resource| &resource.weights);
    let mut steps = weights.map(Weights::steps_by_node).unwrap_or_default();
    let rows = situation.node_order.iter().map(|node| {
        let steps = steps.get_mut(node.position()).map(std::mem::take).unwrap_or_default();
        row(&situation.nodes[*node], weights.and_then(|it| it.score(*node)), &steps)
    });
    Explanation {
        id: placement.instance.clone(),
        parent: parent.map(|parent| parent.id.clone()),
        now: now.iter().map(|node| situation.nodes[*node].name.clone()).collect(),
        role: resource.map_or(Role::Stopped, |it| it.role),
        node: placement.node.clone().filter(|_| placement.role != Role::Stopped),
        next_role: placement.role,
        is_held_up: summary.any(|line| line.subject == placement.instance && line.blocked),
        reason: placement.reason.clone(),
        rows: rows.collect(),
    }
}

/// A plan tells no more of large clusters than it must, so this asks the resource's own table.
fn row(node: &Node<'_>, score: Option<Score>, steps: &[&Step]) -> Row {
    let part = |step: &&Step| Contribution { score: step.score, source: step.source.to_string() };
    let parts = steps.iter().map(part).collect();
    Row { node: node.name.clone(), state: state(node), score, parts }
}

/// Why nothing is started on a node.
const fn state(node: &Node<'_>) -> Option<&'static str> {
    if node.is_unclean {
        Some("has to be fenced")
    } else if node.is_pending {
        Some("is joining")
    } else if !node.is_online {
        Some("offline")
    } else if node.is_shutting_down {
        Some("shuts down")
    } else if node.is_standby {
        Some("standby")
    } else if node.is_in_maintenance {
        Some("maintenance")
    } else {
        None
    }
}

/// The explanations as text; only the row of `node`, if one is given.
pub fn text(explanations: &[Explanation], node: Option<&str>) -> String {
    let mut text = String::new();
    for (at, explanation) in explanations.iter().enumerate() {
        if at > 0 {
            text.push('\n');
        }
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "{}", headline(explanation));
        if !explanation.reason.is_empty() {
            let _ = writeln!(text, "  Why: {}", explanation.reason);
        }
        if explanation.is_held_up {
            text.push_str("  It cannot be done for the time being; `systole plan` says more.\n");
        }
        write_rows(&mut text, explanation, node);
    }
    text
}

/// `ost0 (of group g) is Started on oss1 and goes to oss2.`
fn headline(explanation: &Explanation) -> String {
    let Explanation { id, parent, now, role, node, next_role, .. } = explanation;
    let parent = parent.as_ref().map_or_else(String::new, |parent| format!(" (in {parent})"));
    let places = now.join(", ");
    let with_role = |role: Role| match role {
        Role::Promoted => " promoted",
        Role::Unpromoted => " unpromoted",
        Role::Started | Role::Stopped => "",
    };
    let (has, will) = (with_role(*role), with_role(*next_role));
    let what = match (now.as_slice(), node) {
        ([], None) => "runs nowhere and is not started".to_owned(),
        ([], Some(node)) => format!("runs nowhere and is started on {node}{will}"),
        ([..], None) => format!("runs on {places}{has} and is stopped"),
        ([one], Some(node)) if one == node && role == next_role => {
            format!("runs on {places}{has} and stays there")
        }
        ([one], Some(node)) if one == node => format!("runs on {places}{has} and becomes{will}"),
        ([..], Some(node)) => format!("runs on {places}{has} and goes to {node}{will}"),
    };
    format!("{id}{parent} {what}.")
}

fn write_rows(text: &mut String, explanation: &Explanation, only: Option<&str>) {
    let shown = |row: &&Row| only.is_none_or(|only| row.node == only);
    let rows = explanation.rows.iter().filter(shown);
    let names = rows.clone().map(|row| row.node.chars().count()).max().unwrap_or(0);
    let scores = rows.clone().map(|row| score(row).len()).max().unwrap_or(0);
    for row in rows {
        let mark = if explanation.node.as_ref() == Some(&row.node) { '>' } else { ' ' };
        let _ = write!(text, "  {mark} {:<names$}  {:>scores$}", row.node, score(row));
        // What adds nothing is told only where there is nothing else to tell.
        let is_all = row.parts.iter().all(|part| part.score == Score::ZERO);
        let told = row.parts.iter().filter(|part| is_all || part.score != Score::ZERO);
        let parts: Vec<String> =
            told.map(|part| format!("{} {}", part.score, part.source)).collect();
        if row.score.is_none() {
            text.push_str("  not allowed here");
        } else if !parts.is_empty() {
            let _ = write!(text, "  = {}", parts.join(" + "));
        }
        if let Some(state) = row.state {
            let _ = write!(text, "  [{state}]");
        }
        text.push('\n');
    }
}

fn score(row: &Row) -> String {
    row.score.map_or_else(|| "-".to_owned(), |score| score.to_string())
}
