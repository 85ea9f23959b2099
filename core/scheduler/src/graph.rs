//! Writes the answer: the graph, the placements, and the changes for people.

use crate::act::{Intentions, Restart};
use crate::gather::Situation;
use crate::index::{InstanceIndex, Key};
use crate::invocation::invocation;
use crate::order::{StepId, StepKind, Steps, Strength};
use crate::place::Places;
use crate::plan::{Action, ActionId, ActionKey, Change, Graph, Placement, Plan};
use cluster::Role;
use std::collections::{BTreeSet, VecDeque};

/// The answer.
pub(crate) fn plan(
    situation: &Situation<'_>,
    places: &Places<'_>,
    intentions: &Intentions<'_>,
    steps: &Steps<'_>,
) -> Plan {
    let (before, is_kept) = without_circles(steps);
    let dropped = dropped(steps, &is_kept);
    let mut plan = Plan {
        graph: graph(situation, steps, (&before, &is_kept)),
        placements: placements(situation, places, intentions),
        changes: changes(situation, intentions, &dropped),
        recheck: situation.next_expiry,
    };
    for instance in dropped {
        plan.placements[instance.position()].reason = "its orders form a circle".into();
    }
    plan
}

/// The instances of which something can never be carried out.
fn dropped(steps: &Steps<'_>, is_kept: &[bool]) -> BTreeSet<InstanceIndex> {
    let lost = steps.list.iter().zip(is_kept).filter(|(_, is_kept)| !**is_kept);
    let instances = lost.filter_map(|(step, _)| match &step.kind {
        StepKind::Run(run) => Some(run.instance),
        StepKind::Fence(..) | StepKind::Pseudo(_) => None,
    });
    instances.collect()
}

fn graph(
    situation: &Situation<'_>,
    steps: &Steps<'_>,
    (before, is_kept): (&[Vec<usize>], &[bool]),
) -> Graph {
    let mut ids = Vec::with_capacity(steps.list.len());
    let mut next = 0;
    for &kept in is_kept {
        ids.push(kept.then_some(ActionId(next)));
        next += u32::from(kept);
    }
    let in_flight: BTreeSet<&ActionKey> = situation.facts.in_flight.iter().collect();
    let mut actions = Vec::with_capacity(next as usize);
    for (position, step) in steps.list.iter().enumerate() {
        let Some(id) = ids[position] else { continue };
        let key = key(situation, &step.kind);
        let mut after: Vec<ActionId> =
            before[position].iter().filter_map(|before| ids[*before]).collect();
        after.sort_unstable();
        after.dedup();
        actions.push(Action {
            id,
            invocation: match &step.kind {
                StepKind::Run(run) => Some(invocation(situation, run)),
                StepKind::Fence(..) | StepKind::Pseudo(_) => None,
            },
            after,
            in_flight: in_flight.contains(&key),
            key,
            reason: step.reason.clone(),
        });
    }
    Graph { actions }
}

fn key(situation: &Situation<'_>, kind: &StepKind<'_>) -> ActionKey {
    match kind {
        StepKind::Fence(node, how) => {
            ActionKey::Fence { node: situation.nodes[*node].name.to_owned(), how: *how }
        }
        StepKind::Run(run) => ActionKey::Resource {
            instance: situation.instances[run.instance].id.clone(),
            node: situation.nodes[run.node].name.to_owned(),
            task: run.task,
            interval: run.interval,
        },
        StepKind::Pseudo(name) => ActionKey::Pseudo(name.clone()),
    }
}

/// For every step those before it, and whether it is kept: preferences that close a circle are
/// dropped; steps that firm orders put before themselves can never be carried out, nor can what
/// comes after them.
fn without_circles(steps: &Steps<'_>) -> (Vec<Vec<usize>>, Vec<bool>) {
    let count = steps.list.len();
    let all: Vec<_> = steps.edges.iter().collect();
    let reached = reachable(count, &all);
    if reached.iter().all(|is_reached| *is_reached) {
        return (befores(count, &all), reached);
    }
    let is_harmless = |(before, after, strength): &Edge| {
        *strength == Strength::Firm || reached[before.0] || reached[after.0]
    };
    let firm: Vec<_> = all.into_iter().filter(|edge| is_harmless(edge)).collect();
    let reached = reachable(count, &firm);
    (befores(count, &firm), reached)
}

/// Before, after.
type Edge = (StepId, StepId, Strength);

fn befores(count: usize, edges: &[&Edge]) -> Vec<Vec<usize>> {
    let mut before = vec![Vec::new(); count];
    for (first, then, _) in edges {
        before[then.0].push(first.0);
    }
    before
}

/// Which steps come about when each waits for all before it.
fn reachable(count: usize, edges: &[&Edge]) -> Vec<bool> {
    let mut waits = vec![0_usize; count];
    let mut after = vec![Vec::new(); count];
    for (first, then, _) in edges {
        waits[then.0] += 1;
        after[first.0].push(then.0);
    }
    let mut ready: VecDeque<usize> = (0..count).filter(|step| waits[*step] == 0).collect();
    let mut is_reached = vec![false; count];
    while let Some(step) = ready.pop_front() {
        is_reached[step] = true;
        for &next in &after[step] {
            waits[next] -= 1;
            if waits[next] == 0 {
                ready.push_back(next);
            }
        }
    }
    is_reached
}

fn placements(
    situation: &Situation<'_>,
    places: &Places<'_>,
    intentions: &Intentions<'_>,
) -> Vec<Placement> {
    let instances = situation.instances.iter();
    let placed = instances.map(|(index, instance)| {
        let intention = &intentions.of[index];
        let nodes = situation.nodes.iter();
        let scores = nodes.map(|(node, state)| {
            let cell = places.scores.cell(index, node);
            (state.name.to_owned(), (cell.score, cell.contributions()))
        });
        Placement {
            instance: instance.id.clone(),
            node: intention.target.map(|node| situation.nodes[node].name.to_owned()),
            role: if intention.target.is_some() { Role::Started } else { Role::Stopped },
            scores: scores.collect(),
            reason: intention.untouched.as_ref().unwrap_or(&intention.reason).clone(),
        }
    });
    placed.collect()
}

fn changes(
    situation: &Situation<'_>,
    intentions: &Intentions<'_>,
    dropped: &BTreeSet<InstanceIndex>,
) -> Vec<Change> {
    let fences = intentions.fences.iter().map(|(node, why)| Change {
        subject: situation.nodes[*node].name.to_owned(),
        verb: "Fence",
        from: None,
        to: None,
        reason: why.clone(),
    });
    let instances = situation.instances.keys().filter(|instance| !dropped.contains(instance));
    fences.chain(instances.filter_map(|it| change(situation, intentions, it))).collect()
}

fn change(
    situation: &Situation<'_>,
    intentions: &Intentions<'_>,
    instance: InstanceIndex,
) -> Option<Change> {
    let state = &situation.instances[instance];
    let intention = &intentions.of[instance];
    let moves = intentions.moves(situation, instance);
    if moves.is_none() {
        return None;
    }
    let here = state.active.iter().find(|activity| Some(activity.node) == intention.target);
    let from = here.or_else(|| state.active.first());
    let has_failed = from.is_some_and(|activity| activity.failure.is_some());
    let from_node = from.map(|activity| activity.node);
    let verb = match (from_node, intention.target) {
        (_, None) => "Stop",
        (None, Some(_)) => "Start",
        (Some(_), Some(_)) if has_failed => "Recover",
        (Some(from), Some(to)) if from == to && moves.stops.is_empty() => "Start",
        (Some(from), Some(to)) if from == to => "Restart",
        (Some(_), Some(_)) => "Move",
    };
    let name = |node| situation.nodes[node].name.to_owned();
    Some(Change {
        subject: state.id.clone(),
        verb,
        from: from_node.map(name).filter(|_| verb != "Start"),
        to: intention.target.map(name),
        reason: why(intentions, instance),
    })
}

/// Why an instance is stopped, started or moved, in words.
pub(crate) fn why(intentions: &Intentions<'_>, instance: InstanceIndex) -> String {
    let intention = &intentions.of[instance];
    if let Some(Restart::Recover(why) | Restart::Restart(why)) = &intention.restart {
        return why.clone();
    }
    let left = intention.left_because.as_ref().filter(|_| intention.target.is_some());
    left.unwrap_or(&intention.reason).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_step_is_reached_in_a_circle() {
        let edge = |a, b| (StepId(a), StepId(b), Strength::Firm);
        let edges = [edge(0, 1), edge(1, 2), edge(2, 1), edge(2, 3)];
        let edges: Vec<&Edge> = edges.iter().collect();
        assert_eq!(reachable(5, &edges), [true, false, false, false, true]);
    }
}
