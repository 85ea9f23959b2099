//! Which instances of a promotable clone are promoted.

use super::terms::Which;
use super::wishes::Manner;
use super::{apply, chain, instances, notes, table, tickets, wishes};
use crate::gather::base_name;
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{NodeSet, Source, Work};
use cluster::{Role, Score};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Where the instances of one anonymous primitive are active, and where that is known.
#[derive(Default)]
struct Known {
    active: BTreeMap<NodeIndex, ResourceIndex>,
    probed: NodeSet,
}

/// What is known of a clone's instances, by the primitive's id without number.
type KnownOf = BTreeMap<String, Known>;

/// Where instances want to be promoted, they want to be in the first place.
pub(super) fn add_scores(work: &mut Work<'_>, clone: ResourceIndex) {
    if std::mem::replace(&mut work.drafts[clone].has_promotion_scores, true) {
        return;
    }
    let known = known_of(work, clone);
    let source = Source::Because("promotion score".into());
    for instance in work.at.resources[clone].children.clone() {
        let cells = work.at.resources[instance].weights.iter();
        let usable = cells.filter(|(node, _)| work.at.nodes[*node].is_usable());
        let usable: Vec<_> = usable.map(|(node, cell)| (node, cell.score)).collect();
        for (node, old) in usable {
            let score = score(work, &known, instance, node).unwrap_or_default();
            if score > Score::ZERO && old + score != old {
                work.at.resources[instance].weights.add(node, score, source.clone());
            }
            let promotion = &mut work.drafts[instance].promotion;
            *promotion = score.max(*promotion);
        }
    }
}

fn known_of(work: &Work<'_>, clone: ResourceIndex) -> KnownOf {
    let mut known = KnownOf::new();
    for instance in &work.at.resources[clone].children {
        for primitive in work.at.primitives_in(*instance) {
            let state = &work.at.resources[primitive];
            let entry = known.entry(base_name(&state.id).to_owned()).or_default();
            for node in &state.running_on {
                entry.active.entry(*node).or_insert(primitive);
            }
            for node in state.known_on.iter() {
                entry.probed.insert(node);
            }
        }
    }
    known
}

/// How much an instance wants to be promoted on a node; nothing when nobody said. An instance of
/// a group wants what its members want together.
fn score(
    work: &Work<'_>,
    known: &KnownOf,
    instance: ResourceIndex,
    node: NodeIndex,
) -> Option<Score> {
    let state = &work.at.resources[instance];
    if !state.children.is_empty() {
        let members = state.children.iter();
        let scores = members.filter_map(|member| score(work, known, *member, node));
        return scores.map(|score| i64::from(score.value())).reduce(|a, b| a + b).map(Score::new);
    }
    if !applies(work, known, instance, node) {
        return None;
    }
    // Agents say it by the name that the history has for the instance, older ones with a number.
    let names = [state.history_id.as_str(), &state.id, base_name(&state.id)];
    let names = &names[..if work.is_unique(instance) { 2 } else { 3 }];
    let text = names.iter().find_map(|name| attribute(work, instance, node, name))?;
    Some(Score::parse(text).unwrap_or_default())
}

fn attribute<'w>(
    work: &'w Work<'_>,
    instance: ResourceIndex,
    node: NodeIndex,
    name: &str,
) -> Option<&'w str> {
    let which = if work.drafts[instance].is_placed { Which::Planned } else { Which::Current };
    work.attribute_for(node, &format!("master-{name}"), instance, which)
}

/// Whether what a node's attribute says is about this instance: it is active there, or looked
/// for there with no other found, or nothing is known of it anywhere yet.
fn applies(work: &Work<'_>, known: &KnownOf, instance: ResourceIndex, node: NodeIndex) -> bool {
    let state = &work.at.resources[instance];
    let is_allowed = state.weights.score(node).is_some_and(|score| score >= Score::ZERO);
    if !is_allowed {
        return false;
    }
    if !work.is_unique(instance)
        && let Some(of_all) = known.get(base_name(&state.id))
    {
        match of_all.active.get(&node) {
            Some(active) if *active == instance => return true,
            None if of_all.probed.contains(node) => return true,
            _ => {}
        }
    }
    let is_unknown = state.running_on.is_empty() && state.known_on.iter().next().is_none();
    is_unknown || state.known_on.contains(node) || state.running_on.contains(&node)
}

/// Chooses the instances that are promoted, and gives all their roles.
pub(super) fn give_roles(work: &mut Work<'_>, clone: ResourceIndex) {
    let Some(settings) = work.at.resources[clone].clone_settings().copied() else { return };
    instances::reset_counts(work, clone);
    let known = known_of(work, clone);
    for instance in work.at.resources[clone].children.clone() {
        rate(work, &known, clone, instance);
    }
    sort(work, clone);
    let is_managed = work.at.resources[clone].is_managed;
    let mut promoted = 0;
    for instance in work.at.resources[clone].children.clone() {
        notes::promotion(work, instance);
        let is_wanted = work.drafts[instance].promotion >= Score::ZERO
            && (promoted < settings.promoted_max || !is_managed);
        let node = if is_wanted { place_for(work, clone, instance) } else { None };
        if let Some(node) = node {
            instances::add_to_count(work, clone, node);
            promote(work, instance);
            promoted += 1;
        } else {
            demote(work, instance);
        }
    }
}

/// How much an instance wants to be promoted where it goes: its score, location constraints for
/// the promoted role, colocations of roles.
fn rate(work: &mut Work<'_>, known: &KnownOf, clone: ResourceIndex, instance: ResourceIndex) {
    if work.role_now(instance) == Role::Started {
        unpromote_now(work, instance);
    }
    let Some(node) = work.node_of(instance) else {
        work.drafts[instance].promotion = Score::MINUS_INFINITY;
        return;
    };
    let next = work.next_role_of(instance);
    match next {
        // Without a score, only location constraints make it eligible.
        None | Some(Role::Started) => {
            let score = score(work, known, instance, node);
            let score = score.unwrap_or_else(|| Score::new(-1));
            work.drafts[instance].promotion = score;
        }
        Some(Role::Unpromoted | Role::Stopped) => {
            work.drafts[instance].promotion = Score::MINUS_INFINITY;
        }
        Some(Role::Promoted) => {}
    }
    for resource in [instance, clone] {
        add_promoted_locations(work, resource, instance, node);
    }
    for colocation in chain::follows(work, instance) {
        let colocation = work.colocations[colocation].clone();
        apply::apply_to_dependent(work, instance, colocation.primary, &colocation);
    }
    if next == Some(Role::Promoted) {
        work.drafts[instance].promotion = Score::INFINITY;
    }
}

fn add_promoted_locations(
    work: &mut Work<'_>,
    resource: ResourceIndex,
    instance: ResourceIndex,
    node: NodeIndex,
) {
    for at in work.drafts[resource].located.clone() {
        let rule = &work.locations[at];
        let on_node = rule.nodes.iter().find(|(named, _)| *named == node);
        if rule.role == Some(Role::Promoted)
            && let Some((_, score)) = on_node
        {
            work.drafts[instance].promotion += *score;
        }
    }
}

/// Who wants most to be promoted comes first, wishes of others with the promoted role included.
fn sort(work: &mut Work<'_>, clone: ResourceIndex) {
    if std::mem::replace(&mut work.drafts[clone].chooses_promoted, true) {
        return;
    }
    work.drafts[clone].is_asked = true;
    let children = work.at.resources[clone].children.clone();
    let source = Source::Because("promotion score of the instance".into());
    for instance in &children {
        let score = work.drafts[*instance].promotion;
        if score >= Score::ZERO
            && let Some(node) = work.node_of(*instance)
            && work.at.resources[clone].weights.cell(node).is_some()
        {
            work.at.resources[clone].weights.add(node, score, source.clone());
        }
    }
    heed_roles_around(work, clone);
    tickets::require_for_promotion(work, clone);
    for instance in &children {
        let settled = settled(work, clone, *instance);
        work.drafts[*instance].promotion = settled;
    }
    let mut keyed = Vec::new();
    for instance in children {
        let standing = instances::standing(work, clone, instance);
        let key = (work.drafts[instance].promotion, work.role_now(instance));
        keyed.push((instance, key, standing));
    }
    keyed.sort_by(|one, two| match two.1.cmp(&one.1) {
        Ordering::Equal => instances::compare(&one.2, &two.2),
        order => order,
    });
    work.at.resources[clone].children = keyed.into_iter().map(|(instance, ..)| instance).collect();
    work.drafts[clone].is_asked = false;
}

/// What those wish that the promoted role must be with (what it only should be with has been
/// counted for each instance), and those that are with the promoted role.
fn heed_roles_around(work: &mut Work<'_>, clone: ResourceIndex) {
    for at in chain::follows(work, clone) {
        let colocation = &work.colocations[at];
        // Optional ones have had their say about each instance already.
        if colocation.dependent_role == Some(Role::Promoted) && colocation.score == Score::INFINITY
        {
            let primary = colocation.primary;
            wishes::heed_from(work, (primary, clone), at, Manner::default());
        }
    }
    for at in chain::leads(work, clone) {
        let colocation = &work.colocations[at];
        if colocation.primary_role == Some(Role::Promoted)
            && work.has_influence(colocation, colocation.primary)
        {
            let dependent = colocation.dependent;
            let manner = Manner { keeps_usable: true, only_positive: true, of_followed: false };
            wishes::heed_from(work, (dependent, clone), at, manner);
        }
    }
}

/// What an instance's wish to be promoted comes to: the clone's score on its node.
fn settled(work: &Work<'_>, clone: ResourceIndex, instance: ResourceIndex) -> Score {
    let state = &work.at.resources[instance];
    if !state.is_managed && work.next_role_of(instance) == Some(Role::Promoted) {
        return Score::INFINITY;
    }
    let own = work.drafts[instance].promotion;
    let node = work.node_of(instance).filter(|_| own >= Score::ZERO);
    let score = node.and_then(|node| work.at.resources[clone].weights.score(node));
    score.unwrap_or(own)
}

/// The node where an instance can be promoted.
fn place_for(work: &Work<'_>, clone: ResourceIndex, instance: ResourceIndex) -> Option<NodeIndex> {
    let state = &work.at.resources[instance];
    let members = &state.children;
    if members.iter().any(|member| place_for(work, clone, *member).is_none()) {
        return None;
    }
    let node = work.node_of(instance)?;
    if !state.is_managed {
        if work.role_now(instance) != Role::Promoted {
            return None;
        }
    } else if work.drafts[instance].promotion < Score::ZERO || !can_run_now(work, node) {
        return None;
    }
    work.at.resources[clone].weights.cell(node)?;
    let most = work.at.resources[clone].clone_settings()?.promoted_node_max;
    let count = instances::count(work, clone, node);
    (count < most || !state.is_managed).then_some(node)
}

/// Whether the node can run resources; a guest only when it will be there.
fn can_run_now(work: &Work<'_>, node: NodeIndex) -> bool {
    let guest_is_placed = work.guest_of(node).is_none_or(|guest| work.node_of(guest).is_some());
    guest_is_placed && table::is_available(work, node, Score::ZERO)
}

/// Of something promotable that is started, the role is unpromoted.
fn unpromote_now(work: &mut Work<'_>, resource: ResourceIndex) {
    let state = &mut work.at.resources[resource];
    if state.role == Role::Started {
        state.role = Role::Unpromoted;
    }
    for child in state.children.clone() {
        unpromote_now(work, child);
    }
}

fn promote(work: &mut Work<'_>, resource: ResourceIndex) {
    let state = &mut work.at.resources[resource];
    state.next_role = state.next_role.or(Some(Role::Promoted));
    for child in state.children.clone() {
        promote(work, child);
    }
}

fn demote(work: &mut Work<'_>, resource: ResourceIndex) {
    let goes_nowhere = work.nodes_of(resource, Which::Planned).is_empty();
    let role = if goes_nowhere { Role::Stopped } else { Role::Unpromoted };
    let state = &mut work.at.resources[resource];
    state.next_role = Some(role);
    for child in state.children.clone() {
        demote(work, child);
    }
}
