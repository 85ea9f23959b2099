//! Why something is where it is, or nowhere, in words.

use crate::index::{Key, NodeIndex, ResourceIndex};
use crate::model::{Cell, Scope, Source, Step, Work};
use crate::plan::{Contribution, Placement};
use cluster::{Role, Score};
use std::collections::BTreeMap;

/// How many nodes are named one by one.
const MOST_NODES: usize = 4;

/// Up to how many scores there are in a plan; in larger clusters each placement tells of its own
/// node only.
const MOST_SCORES: usize = 50_000;

/// Where every instance goes, and why.
pub(crate) fn placements(work: &Work<'_>) -> Vec<Placement> {
    let tells_all = work.at.nodes.len().saturating_mul(work.at.resources.len()) <= MOST_SCORES;
    let primitives = work.turn.iter().flat_map(|top| work.at.primitives_in(*top));
    primitives.map(|primitive| placement(work, primitive, tells_all)).collect()
}

/// Where one instance goes, and why; with the scores of all nodes, or of its own only.
pub(crate) fn placement(work: &Work<'_>, resource: ResourceIndex, tells_all: bool) -> Placement {
    let state = &work.at.resources[resource];
    let node = work.drafts[resource].node;
    let role = match (state.next_role, node) {
        (Some(role), _) => role,
        (None, Some(_)) => Role::Started,
        (None, None) => Role::Stopped,
    };
    let told = |(at, cell): (NodeIndex, Cell), steps: Vec<&Step>| {
        let parts = steps.into_iter().map(contribution).collect();
        (work.at.nodes[at].name.clone(), (cell.score, parts))
    };
    let weights = &state.weights;
    let scores: BTreeMap<_, _> = if tells_all {
        let mut steps = weights.steps_by_node();
        let mut steps_of = |at: NodeIndex| std::mem::take(&mut steps[at.position()]);
        weights.iter().map(|(at, cell)| told((at, cell), steps_of(at))).collect()
    } else {
        let own = node.and_then(|node| Some((node, weights.cell(node)?)));
        own.map(|(at, cell)| told((at, cell), weights.steps_of(at))).into_iter().collect()
    };
    let reason = match node {
        Some(node) => there(work, resource, node),
        None => nowhere(work, resource),
    };
    let node = node.map(|node| work.at.nodes[node].name.clone());
    Placement { instance: state.id.clone(), node, role, scores, reason }
}

fn contribution(step: &Step) -> Contribution {
    Contribution { score: step.score, source: step.source.to_string() }
}

/// Why a resource is on `node`: the weightiest part of its score.
fn there(work: &Work<'_>, resource: ResourceIndex, node: NodeIndex) -> String {
    if let Some(reason) = &work.drafts[resource].reason {
        return reason.clone();
    }
    let state = &work.at.resources[resource];
    let steps = state.weights.steps_of(node).into_iter();
    let heaviest = steps
        .filter(|step| step.score > Score::ZERO)
        .reduce(|best, next| if next.score > best.score { next } else { best });
    match heaviest {
        Some(step) => format!("{} gives {}", step.source, step.score),
        None => only_one(work, resource, node).unwrap_or_else(|| {
            if state.running_on.contains(&node) {
                return "it is there already".into();
            }
            format!("{} has the fewest resources", work.at.nodes[node].name)
        }),
    }
}

/// Where all other nodes are banned for one reason, that is why.
fn only_one(work: &Work<'_>, resource: ResourceIndex, node: NodeIndex) -> Option<String> {
    let steps = &work.at.resources[resource].weights.steps;
    let scope = Scope::AllBut(node);
    let keeps = |step: &&Step| step.scope == scope && step.score == Score::MINUS_INFINITY;
    steps.iter().find(keeps).map(|step| format!("{} asks for it", step.source))
}

/// Why no node can have a resource.
fn nowhere(work: &Work<'_>, resource: ResourceIndex) -> String {
    if let Some(reason) = &work.drafts[resource].reason {
        return reason.clone();
    }
    let weights = &work.at.resources[resource].weights;
    let mut reasons = Vec::new();
    let mut more = 0;
    for node in &work.at.node_order {
        if reasons.len() == MOST_NODES {
            more += 1;
            continue;
        }
        let name = &work.at.nodes[*node].name;
        if let Some(obstacle) = obstacle(work, *node) {
            reasons.push(format!("{name}: {obstacle}"));
        } else if weights.cell(*node).is_none() {
            reasons.push(format!("{name}: symmetric-cluster=false"));
        } else {
            let worst = weights.steps_of(*node).into_iter().min_by_key(|step| step.score);
            reasons
                .extend(worst.map(|step| format!("{name}: {} gives {}", step.source, step.score)));
        }
    }
    if reasons.is_empty() {
        return "there is no node for it".into();
    }
    let list = reasons.join("; ");
    match more {
        0 => format!("no node can have it: {list}"),
        more => format!("no node can have it: {list}; and {more} more"),
    }
}

/// Why a node can run nothing.
fn obstacle(work: &Work<'_>, node: NodeIndex) -> Option<&'static str> {
    let node = &work.at.nodes[node];
    if !node.is_online {
        Some("offline")
    } else if node.is_unclean {
        Some("has to be fenced")
    } else if node.is_shutting_down {
        Some("leaves")
    } else if node.is_in_maintenance {
        Some("in maintenance")
    } else if node.is_standby {
        Some("in standby")
    } else {
        None
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Symmetric => f.write_str("symmetric-cluster"),
            Self::Location(id) => write!(f, "location {id}"),
            Self::Stickiness => f.write_str("resource-stickiness"),
            Self::Failures => f.write_str("migration-threshold"),
            Self::Colocation { constraint, with } => {
                write!(f, "colocation {constraint} with {with}")
            }
            Self::Capacity => f.write_str("capacity"),
            Self::Because(reason) => f.write_str(reason),
        }
    }
}
