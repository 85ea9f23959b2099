//! What it means for a dependent that its primary has been placed.

use super::terms::{Which, weight_of};
use super::{assign, instances, table};
use crate::index::{Indexed, NodeIndex, ResourceIndex};
use crate::model::{Colocation, Kind, NodeSet, Scope, Source, Work};
use cluster::{Role, Score};
use std::rc::Rc;

/// What a colocation has a say in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Affects {
    Nothing,
    Location,
    Role,
}

/// What a colocation between these two has a say in; `preview` asks what it would be, were both
/// still to be placed.
pub(super) fn affects(
    work: &Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
    preview: bool,
) -> Affects {
    if !preview && !work.drafts[primary].is_placed {
        return Affects::Nothing;
    }
    let bearer = work.role_bearer(dependent);
    let top = work.at.top_of(bearer, false);
    let is_promotable = work.at.resources[top].is_promotable();
    let is_by_role = matches!(colocation.dependent_role, Some(Role::Unpromoted | Role::Promoted));
    if is_by_role && is_promotable && work.drafts[bearer].is_placed {
        return Affects::Role;
    }
    let is_late = !preview && work.drafts[dependent].is_placed;
    let has = |resource, role: Option<Role>| {
        role.is_none() || work.at.resources[resource].next_role == role
    };
    let has_roles = has(bearer, colocation.dependent_role)
        && has(work.role_bearer(primary), colocation.primary_role);
    if is_late || !has_roles { Affects::Nothing } else { Affects::Location }
}

/// Lets a colocation have its say about `dependent`.
pub(super) fn apply_to_dependent(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    let group = &work.at.resources[dependent];
    // Roles are chosen for the group as a whole.
    let chooses_role = affects(work, dependent, primary, colocation, false) == Affects::Role;
    if !group.is_group() {
        apply(work, dependent, primary, colocation);
        return;
    }
    if chooses_role {
        let before = std::mem::take(&mut work.drafts[dependent].promotion);
        apply(work, dependent, primary, colocation);
        let change = work.drafts[dependent].promotion;
        work.drafts[dependent].promotion = before + change;
        // What the group wishes for is urgent for the member that is promoted first.
        if let Some(first) = work.at.resources[dependent].children.first() {
            work.drafts[*first].promotion += change;
        }
        return;
    }
    let members = group.children.clone();
    // The others follow the first.
    let count = if work.keeps_together(dependent) { 1 } else { members.len() };
    if count > 1 && colocation.score >= Score::INFINITY {
        return;
    }
    for member in members.into_iter().take(count) {
        // What members wish for their promotion, the group wishes.
        let before = std::mem::take(&mut work.drafts[member].promotion);
        apply(work, member, primary, colocation);
        let change = work.drafts[member].promotion;
        work.drafts[member].promotion = before + change;
        work.drafts[dependent].promotion += change;
    }
}

/// The same, by what the primary is.
fn apply(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    match work.at.resources[primary].kind {
        Kind::Primitive => with_primitive(work, dependent, primary, colocation),
        Kind::Group => with_group(work, dependent, primary, colocation),
        Kind::Clone(_) => with_clone(work, dependent, primary, colocation),
        Kind::Bundle(_) => with_bundle(work, dependent, primary, colocation),
    }
}

fn with_primitive(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    match affects(work, dependent, primary, colocation, false) {
        Affects::Nothing => {}
        Affects::Location => add_to_table(work, dependent, primary, colocation),
        Affects::Role => add_to_promotion(work, dependent, primary, colocation),
    }
}

/// The whole group must be there when the dependent must be with it, else its first member.
fn with_group(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    if !work.drafts[primary].is_placed {
        return;
    }
    let members = work.at.resources[primary].children.clone();
    let is_mandatory = colocation.score >= Score::INFINITY;
    if !work.keeps_together(primary) {
        if !is_mandatory {
            for member in members {
                apply(work, dependent, member, colocation);
            }
        }
        return;
    }
    let member = if is_mandatory { members.last() } else { members.first() };
    if let Some(member) = member {
        apply(work, dependent, *member, colocation);
    }
}

fn with_clone(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    if !work.drafts[primary].is_placed {
        return;
    }
    let is_mandatory = colocation.score >= Score::INFINITY;
    if work.at.resources[primary].is_promotable() && colocation.primary_role.is_some() {
        if !work.drafts[dependent].is_placed {
            with_promoted(work, dependent, primary, colocation);
            return;
        }
        if colocation.dependent_role == Some(Role::Promoted) {
            promote_with(work, dependent, primary, colocation);
            return;
        }
    }
    if can_interleave(work, colocation) {
        match instances::compatible_instance(work, dependent, primary, None, Which::Planned) {
            Some(instance) => apply_to_dependent(work, dependent, instance, colocation),
            None if is_mandatory => {
                assign::assign_node(work, dependent, None, true);
            }
            None => {}
        }
        return;
    }
    let instances = work.at.resources[primary].children.clone();
    if is_mandatory {
        let mut hosts = NodeSet::default();
        for instance in instances.iter().filter(|instance| !work.is_blocked_within(**instance)) {
            work.node_of(*instance).map(|node| hosts.insert(node));
        }
        keep_to(work, dependent, colocation, &hosts);
        return;
    }
    for instance in instances {
        apply(work, dependent, instance, colocation);
    }
}

/// The dependent goes where instances have the role that is asked for.
fn with_promoted(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    let is_mandatory = colocation.score >= Score::INFINITY;
    let mut hosts = NodeSet::default();
    let mut scores = Indexed::filled(Score::ZERO, work.at.nodes.len());
    for instance in work.at.resources[primary].children.clone() {
        let Some(node) = work.node_of(instance) else { continue };
        if work.next_role_of(instance) != colocation.primary_role {
            continue;
        }
        if !is_mandatory {
            wish_for(work, dependent, (primary, node), colocation);
        }
        // Of several on one node the last is heard.
        scores[node] = work.score_of_choice(instance);
        hosts.insert(node);
    }
    let is_promoted = |role| role == Some(Role::Promoted);
    let is_among_promoted =
        is_promoted(colocation.dependent_role) && is_promoted(colocation.primary_role);
    // Between promoted roles nothing is banned: instances that are not promoted may be anywhere.
    if !is_mandatory || is_among_promoted {
        return;
    }
    keep_to(work, dependent, colocation, &hosts);
    let source = source(work, colocation, primary);
    for node in hosts.iter() {
        let weights = &mut work.at.resources[dependent].weights;
        if weights.cell(node).is_some() && scores[node] != Score::ZERO {
            weights.add(node, scores[node], source.clone());
        }
    }
}

impl Work<'_> {
    /// The score that the chosen node had; of a group that of its first member that has one.
    fn score_of_choice(&self, resource: ResourceIndex) -> Score {
        let children = &self.at.resources[resource].children;
        if children.is_empty() {
            return self.drafts[resource].node_score;
        }
        let placed = children.iter().find(|child| self.node_of(**child).is_some());
        placed.map_or(Score::ZERO, |child| self.score_of_choice(*child))
    }
}

/// Adds the score on all nodes that count as the same as the primary's.
fn wish_for(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    (primary, node): (ResourceIndex, NodeIndex),
    colocation: &Colocation,
) {
    let attribute = colocation.node_attribute.as_deref();
    let wanted = work.mark(node, attribute, primary);
    let cells = work.at.resources[dependent].weights.iter();
    let same = cells.filter(|(node, _)| work.mark(*node, attribute, dependent) == wanted);
    let same: Vec<_> = same.map(|(node, _)| node).collect();
    let source = source(work, colocation, primary);
    for node in same {
        work.at.resources[dependent].weights.add(node, colocation.score, source.clone());
    }
}

/// How much an instance wants to be promoted grows, or ends, with whether the primary has the
/// role where the instance is.
fn promote_with(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    let is_there = has_like(work, dependent, primary, colocation);
    let promotion = &mut work.drafts[dependent].promotion;
    if is_there {
        *promotion += colocation.score;
    } else if colocation.score >= Score::INFINITY {
        *promotion = Score::MINUS_INFINITY;
    }
}

/// Whether, on the dependent's node or on one that counts as the same, an instance of the primary
/// has the role that is asked for.
fn has_like(
    work: &Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) -> bool {
    let Some(node) = work.only_node(dependent, Which::Planned) else { return false };
    let attribute = colocation.node_attribute.as_deref();
    let wanted = work.mark(node, attribute, dependent);
    instances::instances_of(work, primary).into_iter().any(|instance| {
        colocation.primary_role == work.next_role_of(instance)
            && !work.is_blocked_within(instance)
            && work
                .only_node(instance, Which::Planned)
                .is_some_and(|node| work.mark(node, attribute, instance) == wanted)
    })
}

/// Whether instances of both go in pairs.
fn can_interleave(work: &Work<'_>, colocation: &Colocation) -> bool {
    let dependent = &work.at.resources[colocation.dependent];
    let per_node = |resource| match &work.at.resources[resource].kind {
        Kind::Clone(settings) => settings.node_max,
        Kind::Bundle(layout) => layout.replicas_per_node,
        Kind::Primitive | Kind::Group => 1,
    };
    dependent.is_interleaved() && per_node(colocation.dependent) == per_node(colocation.primary)
}

fn with_bundle(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    if !work.drafts[primary].is_placed {
        return;
    }
    let is_mandatory = colocation.score >= Score::INFINITY;
    if weight_of(&work.at.resources[colocation.dependent].kind) > 2 {
        match instances::compatible_container(work, dependent, primary) {
            Some(container) => apply_to_dependent(work, dependent, container, colocation),
            None if is_mandatory => {
                assign::assign_node(work, dependent, None, true);
            }
            None => {}
        }
        return;
    }
    let layout = work.at.resources[primary].bundle();
    let replicas = layout.map_or_else(Vec::new, |layout| layout.replicas.clone());
    let mut hosts = NodeSet::default();
    for replica in replicas {
        if !is_mandatory {
            apply(work, dependent, replica.container, colocation);
            continue;
        }
        let has_role = colocation.primary_role != Some(Role::Promoted)
            || replica
                .child
                .is_some_and(|child| work.at.resources[child].next_role == Some(Role::Promoted));
        if has_role && !work.is_blocked_within(replica.container) {
            work.node_of(replica.container).map(|node| hosts.insert(node));
        }
    }
    if is_mandatory {
        keep_to(work, dependent, colocation, &hosts);
    }
}

/// Bans the dependent from all nodes but these.
fn keep_to(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    colocation: &Colocation,
    hosts: &NodeSet,
) {
    let source = source(work, colocation, colocation.primary);
    let weights = &mut work.at.resources[dependent].weights;
    let cells = weights.iter();
    let others =
        cells.filter(|(node, cell)| !hosts.contains(*node) && cell.score != Score::MINUS_INFINITY);
    let others: Vec<_> = others.map(|(node, _)| node).collect();
    for node in others {
        weights.add(node, Score::MINUS_INFINITY, source.clone());
    }
}

/// Adds the colocation's score where the primary is; where it must be with the primary, bans the
/// dependent from everywhere else. An optional one that would leave no node is taken back.
fn add_to_table(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    let (score, attribute) = (colocation.score, colocation.node_attribute.as_deref());
    let source = source(work, colocation, primary);
    let is_optional = !score.is_infinite();
    let backup = is_optional.then(|| work.at.resources[dependent].weights.clone());
    let Some(node) = work.drafts[primary].node else {
        if score > Score::ZERO {
            work.at.resources[dependent].weights.add_to(Scope::All, -score, source);
            roll_back_if_stuck(work, dependent, backup);
        }
        return;
    };
    let wanted = work.mark(node, attribute, primary);
    if score == Score::INFINITY && attribute.is_none() && !work.has_guests {
        // The usual case, without a step for each node.
        work.at.resources[dependent].weights.add_to(Scope::AllBut(node), -score, source);
        return;
    }
    let cells = work.at.resources[dependent].weights.iter();
    let changes: Vec<_> = cells
        .filter_map(|(node, _)| {
            let is_same = work.mark(node, attribute, dependent) == wanted;
            match (is_same, score) {
                (true, Score::INFINITY) => None,
                (true, score) => Some((node, score)),
                (false, Score::INFINITY) => Some((node, Score::MINUS_INFINITY)),
                (false, _) => None,
            }
        })
        .collect();
    for (node, change) in changes {
        work.at.resources[dependent].weights.add(node, change, source.clone());
    }
    roll_back_if_stuck(work, dependent, backup);
}

fn roll_back_if_stuck(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    backup: Option<crate::model::Weights>,
) {
    if let Some(backup) = backup
        && !table::has_available(work, dependent)
    {
        work.at.resources[dependent].weights = backup;
    }
}

/// Lets the place of the primary count for whether an instance is promoted.
fn add_to_promotion(
    work: &mut Work<'_>,
    dependent: ResourceIndex,
    primary: ResourceIndex,
    colocation: &Colocation,
) {
    let attribute = colocation.node_attribute.as_deref();
    let nodes = (work.node_of(dependent), work.node_of(primary));
    let (Some(own), Some(other)) = nodes else { return };
    let is_same = work.mark(own, attribute, dependent) == work.mark(other, attribute, primary);
    let is_promoted = colocation.dependent_role == Some(Role::Promoted);
    if !is_same {
        if colocation.score == Score::INFINITY && is_promoted {
            work.drafts[dependent].promotion = Score::MINUS_INFINITY;
        }
        return;
    }
    let role = work.at.resources[work.role_bearer(primary)].next_role;
    if colocation.primary_role.is_some() && colocation.primary_role != role {
        return;
    }
    let is_contrary = colocation.dependent_role == Some(Role::Unpromoted);
    let change = if is_contrary { -colocation.score } else { colocation.score };
    work.drafts[dependent].promotion += change;
}

fn source(work: &Work<'_>, colocation: &Colocation, with: ResourceIndex) -> Source {
    let with = Rc::from(work.at.resources[with].id.as_str());
    Source::Colocation { constraint: colocation.id.clone(), with }
}
