//! Reads colocation constraints.

use super::sets::{Catalogue, Meaning, Set, any_as_none};
use super::terms::weight_of;
use crate::act::orders;
use crate::index::ResourceIndex;
use crate::model::{Colocation, Work};
use cluster::{ColocationTarget, Role, Score};
use std::cmp::Ordering;
use std::rc::Rc;

/// What all colocations of one constraint have in common.
struct Terms<'c> {
    id: &'c str,
    score: Score,
    node_attribute: Option<&'c str>,
    influence: Option<bool>,
}

/// One of two resources that a colocation joins.
type End = (ResourceIndex, Option<Role>);

/// Reads one colocation constraint.
pub(super) fn read<'c>(
    work: &mut Work<'_>,
    catalogue: &Catalogue<'c>,
    constraint: &'c cluster::Colocation,
) {
    let terms = Terms {
        id: &constraint.id,
        score: constraint.score,
        node_attribute: constraint.node_attribute.as_deref(),
        influence: constraint.influence,
    };
    match &constraint.target {
        ColocationTarget::Sets(sets) => {
            let sets = catalogue.sets(work, sets);
            join_sets(work, &terms, &sets);
        }
        ColocationTarget::Pair { resource, role, with, with_role } => {
            let one = catalogue.meaning(work, resource);
            let two = catalogue.meaning(work, with);
            match (one, two) {
                (Some(Meaning::Resource(one)), Some(Meaning::Resource(two))) => {
                    join(work, &terms, (one, *role), (two, *with_role));
                }
                (Some(Meaning::Several(members)), Some(Meaning::Resource(_))) => {
                    let sets = [several(resource, *role, members), only(with, *with_role)];
                    join_sets(work, &terms, &sets);
                }
                (Some(Meaning::Resource(_)), Some(Meaning::Several(members))) => {
                    let sets = [only(resource, *role), several(with, *with_role, members)];
                    join_sets(work, &terms, &sets);
                }
                // Which of several would run with which of several, nobody could say.
                _ => {}
            }
        }
    }
}

fn several<'c>(id: &'c str, role: Option<Role>, members: &[&'c str]) -> Set<'c> {
    Set { id, role: any_as_none(role), members: members.to_vec(), ..Set::default() }
}

fn only(id: &str, role: Option<Role>) -> Set<'_> {
    let role = any_as_none(role);
    Set { id, role, members: vec![id], is_sequential: true, ..Set::default() }
}

/// The members of each set with each other, and each set with the next. Nodes are the same by
/// name only: an attribute counts for pairs.
fn join_sets(work: &mut Work<'_>, terms: &Terms<'_>, sets: &[Set<'_>]) {
    let terms = Terms { node_attribute: None, ..*terms };
    for (at, set) in sets.iter().enumerate() {
        if !set.id.is_empty() {
            join_members(work, &terms, set);
        }
        if let Some(last) = at.checked_sub(1) {
            join_two_sets(work, &terms, &sets[last], set);
        }
    }
}

fn join_members(work: &mut Work<'_>, terms: &Terms<'_>, set: &Set<'_>) {
    let terms = Terms { id: set.id, score: set.score.unwrap_or(terms.score), ..*terms };
    if terms.score == Score::ZERO || !set.is_sequential {
        return;
    }
    let is_reversed = set.is_reversed && terms.score > Score::ZERO;
    let mut earlier: Vec<ResourceIndex> = Vec::new();
    for member in &set.members {
        let Some(member) = work.named(member) else { return };
        // What must not be together must not be with any of the others, not only with the next.
        let all = if terms.score < Score::ZERO { 0 } else { earlier.len().saturating_sub(1) };
        for other in &earlier[all..] {
            let (one, two) = if is_reversed { (*other, member) } else { (member, *other) };
            join(work, &terms, (one, set.role), (two, set.role));
        }
        earlier.push(member);
    }
}

fn join_two_sets(work: &mut Work<'_>, terms: &Terms<'_>, one: &Set<'_>, two: &Set<'_>) {
    let named = |set: &Set<'_>, end: fn(&[&str]) -> Option<usize>| -> Option<Vec<_>> {
        if set.is_sequential {
            let Some(at) = end(&set.members) else { return Some(Vec::new()) };
            return Some(vec![work.named(set.members[at])?]);
        }
        Some(set.members.iter().filter_map(|id| work.named(id)).collect())
    };
    let first = named(one, |members| (!members.is_empty()).then_some(0));
    let last = named(two, |members| members.len().checked_sub(1));
    let (Some(dependents), Some(primaries)) = (first, last) else { return };
    for dependent in dependents {
        for primary in &primaries {
            join(work, terms, (dependent, one.role), (*primary, two.role));
        }
    }
}

/// Joins two resources. Where nobody says whether the dependent has a say, it has one when it is
/// critical.
fn join(work: &mut Work<'_>, terms: &Terms<'_>, dependent: End, primary: End) {
    let is_critical = work.at.resources[dependent.0].settings.is_critical;
    let attribute = terms.node_attribute.filter(|name| *name != "#uname");
    work.colocate(Colocation {
        id: Rc::from(terms.id),
        dependent: dependent.0,
        dependent_role: any_as_none(dependent.1),
        primary: primary.0,
        primary_role: any_as_none(primary.1),
        score: terms.score,
        node_attribute: attribute.map(Rc::from),
        has_influence: terms.influence.unwrap_or(is_critical),
        is_implied: false,
    });
}

impl Work<'_> {
    /// Adds a colocation, at its place among those of both resources.
    pub(crate) fn colocate(&mut self, colocation: Colocation) {
        let (dependent, primary) = (colocation.dependent, colocation.primary);
        if colocation.score == Score::ZERO || dependent == primary {
            return;
        }
        let index = self.colocations.len();
        orders::keep_apart(self, &colocation);
        self.colocations.push(colocation);
        let mut follows = std::mem::take(&mut self.drafts[dependent].follows);
        self.insert_follow(&mut follows, index);
        self.drafts[dependent].follows = follows;
        let mut leads = std::mem::take(&mut self.drafts[primary].leads);
        self.insert_lead(&mut leads, index);
        self.drafts[primary].leads = leads;
    }

    /// Puts a colocation into a list that is sorted by the importance of the primaries.
    pub(super) fn insert_follow(&self, list: &mut Vec<usize>, new: usize) {
        let primary = |at: usize| self.colocations[at].primary;
        let at = list.partition_point(|old| self.is_after(new, *old, primary));
        list.insert(at, new);
    }

    /// Puts a colocation into a list that is sorted by the importance of the dependents.
    pub(super) fn insert_lead(&self, list: &mut Vec<usize>, new: usize) {
        let dependent = |at: usize| self.colocations[at].dependent;
        let at = list.partition_point(|old| self.is_after(new, *old, dependent));
        list.insert(at, new);
    }

    /// Whether `new` belongs behind `old`; of equals the newer comes first.
    fn is_after(&self, new: usize, old: usize, end: impl Fn(usize) -> ResourceIndex) -> bool {
        let key = |at: usize| {
            let resource = &self.at.resources[end(at)];
            let weight = (weight_of(&resource.kind), resource.is_promotable());
            (resource.settings.priority, weight)
        };
        let id = |at: usize| &self.at.resources[end(at)].id;
        let by_id = || id(new).cmp(id(old));
        key(old).cmp(&key(new)).then_with(by_id) == Ordering::Greater
    }
}
