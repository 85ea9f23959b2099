//! Why resources are where they are: for every node what speaks for and against it.

use crate::words::printable;
use cluster::{Role, Score};
use scheduler::index::{Key, ResourceIndex};
use scheduler::model::{Node, ScoreNote, Situation, Source, Step, Weights};
use scheduler::{Contribution, Decision, Placement};
use std::collections::BTreeSet;

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
    /// How much it wants to be promoted, where it will be.
    pub promotion: Option<Score>,
    /// All nodes, by name.
    pub rows: Vec<Row>,
}

/// What speaks for and against one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The node's name.
    pub node: String,
    /// Why it cannot be chosen, in a word or two, where that is so.
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
    // Resources have no history of their own where others run inside of them.
    if id.is_empty() {
        return Vec::new();
    }
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

fn explanation(decision: &Decision<'_>, placement: &Placement) -> Explanation {
    let situation = &decision.situation;
    let at = situation.resource(&placement.instance);
    let resource = at.map(|at| &situation.resources[at]);
    let group = at.and_then(|at| group_of(situation, at));
    let mut summary = decision.summary.iter();
    let now = resource.map_or(&[][..], |it| &it.running_on);
    let parent = resource.and_then(|it| it.parent).map(|at| &situation.resources[at]);
    let weights = resource.map(|resource| &resource.weights);
    let mut steps = weights.map(Weights::steps_by_node).unwrap_or_default();
    let rows: Vec<Row> = situation
        .node_order
        .iter()
        .map(|node| {
            let steps = steps.get_mut(node.position()).map(std::mem::take).unwrap_or_default();
            row(&situation.nodes[*node], weights.and_then(|it| it.score(*node)), &steps, group)
        })
        .collect();
    let reason = weights.map_or_else(
        || placement.reason.clone(),
        |weights| in_own_words(&placement.reason, weights, group),
    );
    Explanation {
        id: placement.instance.clone(),
        parent: parent.map(|parent| parent.id.clone()),
        now: now.iter().map(|node| situation.nodes[*node].name.clone()).collect(),
        role: resource.map_or(Role::Stopped, |it| it.role),
        node: placement.node.clone().filter(|_| placement.role != Role::Stopped),
        next_role: placement.role,
        is_held_up: summary.any(|line| line.subject == placement.instance && line.blocked),
        reason: if is_alone(&reason, &rows) { ONLY_ONE.to_owned() } else { reason },
        promotion: promotion(decision, placement),
        rows,
    }
}

/// Why something is on the only node that there is for it.
const ONLY_ONE: &str = "no other node can have it";

/// Whether a node was said to have the fewest resources where it had nothing to be compared with.
fn is_alone(reason: &str, rows: &[Row]) -> bool {
    let can_have = |row: &&Row| {
        row.state.is_none() && row.score.is_some_and(|score| score != Score::MINUS_INFINITY)
    };
    reason.ends_with(" has the fewest resources") && rows.iter().filter(can_have).count() == 1
}

/// The promotion score that placement noted, of what it promotes.
fn promotion(decision: &Decision<'_>, placement: &Placement) -> Option<Score> {
    if placement.role != Role::Promoted {
        return None;
    }
    decision.notes.iter().find_map(|note| match note {
        ScoreNote::Promotion { resource, score, .. } if *resource == placement.instance => {
            Some(*score)
        }
        _ => None,
    })
}

/// The group that a resource is a member of.
fn group_of<'s>(situation: &'s Situation<'_>, at: ResourceIndex) -> Option<&'s str> {
    let mut line = std::iter::successors(Some(at), |at| situation.resources[*at].parent);
    let group = line.find(|at| situation.resources[*at].is_group())?;
    Some(&situation.resources[group].id)
}

/// By this id the scheduler knows what keeps the members of a group together.
const GROUP_MEMBERS: &str = "#group-members";

/// Where a part of a score comes from, without names that nobody has given.
fn source(source: &Source, group: Option<&str>) -> String {
    match (source, group) {
        (Source::Symmetric, _) => "allowed everywhere".to_owned(),
        (Source::Colocation { constraint, with }, Some(group))
            if constraint.as_ref() == GROUP_MEMBERS =>
        {
            format!("member of group {group} (with {with})")
        }
        // What else is named so is a connection, whose container needs it on the same node.
        (Source::Colocation { constraint, with }, _) if constraint.starts_with('#') => {
            format!("has to be with {with}")
        }
        _ => source.to_string(),
    }
}

/// The scheduler's sentence, in which sources go by the words of [`source`].
fn in_own_words(reason: &str, weights: &Weights, group: Option<&str>) -> String {
    if !reason.contains('#') {
        return reason.to_owned();
    }
    let mut words: Vec<(String, String)> =
        weights.steps.iter().map(|it| (it.source.to_string(), source(&it.source, group))).collect();
    // The name of one resource may be the beginning of another's.
    words.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    words.iter().fold(reason.to_owned(), |reason, (from, to)| reason.replace(from, to))
}

/// A plan tells no more of large clusters than it must, so this asks the resource's own table.
fn row(node: &Node<'_>, score: Option<Score>, steps: &[&Step], group: Option<&str>) -> Row {
    let part =
        |step: &&Step| Contribution { score: step.score, source: source(&step.source, group) };
    let parts = steps.iter().map(part).collect();
    Row { node: node.name.clone(), state: state(node), score, parts }
}

/// Why a node cannot be chosen.
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
        for line in lines(explanation, node) {
            text.push_str(&printable(&line));
            text.push('\n');
        }
    }
    text
}

fn lines(explanation: &Explanation, node: Option<&str>) -> Vec<String> {
    let mut lines = vec![headline(explanation)];
    if !explanation.reason.is_empty() {
        lines.push(format!("  Why: {}", explanation.reason));
    }
    // The same is not said twice.
    let is_said = explanation.reason.starts_with("promotion score");
    if let Some(score) = explanation.promotion.filter(|_| !is_said) {
        lines.push(format!("  Why promoted: its promotion score is {score}"));
    }
    if explanation.is_held_up {
        let more = "It cannot be done for the time being; `systole plan` says more.";
        lines.push(format!("  {more}"));
    }
    lines.extend(rows(explanation, node));
    lines
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

fn rows(explanation: &Explanation, only: Option<&str>) -> Vec<String> {
    let shown = |row: &&Row| only.is_none_or(|only| row.node == only);
    let rows = explanation.rows.iter().filter(shown);
    let names = rows.clone().map(|row| row.node.chars().count()).max().unwrap_or(0);
    let scores = rows.clone().map(|row| score(row).len()).max().unwrap_or(0);
    let line = |row: &Row| {
        let is_chosen = explanation.node.as_ref() == Some(&row.node);
        let mark = if is_chosen { '>' } else { ' ' };
        let mut line = format!("  {mark} {:<names$}  {:>scores$}", row.node, score(row));
        line.push_str(&parts(row));
        match row.state {
            // Of what stays where it is, and of what has a score that says so, nothing is chosen.
            Some(state) if is_chosen || row.score.is_none_or(|it| it == Score::MINUS_INFINITY) => {
                line.push_str(&format!("  [{state}]"));
            }
            Some(state) => line.push_str(&format!("  [{state}: cannot be chosen]")),
            None => {}
        }
        line
    };
    rows.map(line).collect()
}

/// What a score is made of; what adds nothing is told only where there is nothing else to tell.
fn parts(row: &Row) -> String {
    let is_all = row.parts.iter().all(|part| part.score == Score::ZERO);
    let told = row.parts.iter().filter(|part| is_all || part.score != Score::ZERO);
    let parts: Vec<String> = told.map(|part| format!("{} {}", part.score, part.source)).collect();
    if row.score.is_none() {
        "  not allowed here".to_owned()
    } else if parts.is_empty() {
        String::new()
    } else {
        format!("  = {}", parts.join(" + "))
    }
}

fn score(row: &Row) -> String {
    row.score.map_or_else(|| "-".to_owned(), |score| score.to_string())
}
