//! Places one resource after the other.

use super::constraints::{Colocation, Constraints};
use super::scores::{Scores, Source};
use super::{Places, explain};
use crate::gather::{Kind, QuorumPolicy, Requires, Situation, Target};
use crate::index::{Indexed, InstanceIndex, NodeIndex, ResourceIndex, UnitIndex};
use cluster::{Role, Score};
use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

/// How far a resource has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Waiting,
    Begun,
    Placed,
}

/// Why a member is not to run, whatever the nodes.
pub(super) type Obstacle = String;

/// The state of placement.
pub(super) struct Assigner<'s, 'a> {
    pub(super) situation: &'s Situation<'a>,
    constraints: &'s Constraints<'a>,
    pub(super) scores: Scores<'a>,
    progress: Indexed<ResourceIndex, Progress>,
    nodes: Indexed<InstanceIndex, Option<NodeIndex>>,
    reasons: Indexed<InstanceIndex, String>,
    /// How many instances each node has been given.
    pub(super) load: Indexed<NodeIndex, u32>,
}

impl<'s, 'a> Assigner<'s, 'a> {
    pub(super) fn new(
        situation: &'s Situation<'a>,
        constraints: &'s Constraints<'a>,
        scores: Scores<'a>,
    ) -> Self {
        Self {
            situation,
            constraints,
            scores,
            progress: Indexed::filled(Progress::Waiting, situation.resources.len()),
            nodes: Indexed::filled(None, situation.instances.len()),
            reasons: Indexed::filled(String::new(), situation.instances.len()),
            load: Indexed::filled(0, situation.nodes.len()),
        }
    }

    pub(super) fn finish(self) -> Places<'a> {
        Places { nodes: self.nodes, reasons: self.reasons, scores: self.scores }
    }

    /// Places `resource`, and before it all that colocations name as its primaries. A circle of
    /// colocations is entered where it was met first.
    pub(super) fn place_with_leaders(&mut self, resource: ResourceIndex) {
        let mut path = vec![(resource, 0)];
        while let Some((resource, next)) = path.pop() {
            if self.progress[resource] == Progress::Placed {
                continue;
            }
            self.progress[resource] = Progress::Begun;
            let following = &self.constraints.following[resource];
            let Some(&position) = following.get(next) else {
                self.place_one(resource);
                self.progress[resource] = Progress::Placed;
                continue;
            };
            path.push((resource, next + 1));
            let leader = self.constraints.colocations[position].primary.resource;
            if self.progress[leader] == Progress::Waiting {
                path.push((leader, 0));
            }
        }
    }

    fn place_one(&mut self, resource: ResourceIndex) {
        for &position in &self.constraints.following[resource] {
            let colocation = self.constraints.colocations[position];
            if self.progress[colocation.primary.resource] == Progress::Placed {
                self.follow(&colocation);
            }
        }
        self.hear_dependents(resource);
        match self.situation.resources[resource].kind {
            Kind::Clone(settings) => self.place_clone(resource, settings),
            Kind::Primitive | Kind::Group | Kind::Orphan => {
                for unit in self.situation.resources[resource].units.clone() {
                    self.place_unit(unit);
                }
            }
        }
    }

    /// The primary is placed: the dependent's scores follow.
    fn follow(&mut self, colocation: &Colocation<'a>) {
        let situation = self.situation;
        let primary = situation.resources[colocation.primary.resource].id;
        let constraint = colocation.id;
        let at = self.nodes_of(colocation.primary);
        if at.is_empty() && !colocation.is_mandatory() {
            return;
        }
        let is_same = self.same_place(&at, colocation.node_attribute);
        for instance in members_named(situation, colocation.dependent) {
            for (node, &matches) in is_same.iter() {
                if matches {
                    let source = Source::With { constraint, primary };
                    self.scores.add(instance, node, colocation.score, source);
                } else if colocation.is_mandatory() {
                    let source = if at.is_empty() {
                        Source::Nowhere { constraint, primary }
                    } else {
                        Source::With { constraint, primary }
                    };
                    self.scores.add(instance, node, Score::MINUS_INFINITY, source);
                }
            }
        }
    }

    /// Where what a colocation names was placed: of a group as a whole its last member counts.
    fn nodes_of(&self, target: Target) -> BTreeSet<NodeIndex> {
        let units = self.situation.resources[target.resource].units.iter();
        let members = units.filter_map(|unit| {
            let members = &self.situation.units[*unit].members;
            match target.member {
                Some(position) => members.get(position),
                None => members.last(),
            }
        });
        members.filter_map(|member| self.nodes[*member]).collect()
    }

    fn same_place(
        &self,
        at: &BTreeSet<NodeIndex>,
        attribute: Option<&str>,
    ) -> Indexed<NodeIndex, bool> {
        let nodes = &self.situation.nodes;
        let Some(attribute) = attribute else {
            return nodes.keys().map(|node| at.contains(&node)).collect();
        };
        let value = |node: NodeIndex| nodes[node].attributes.get(attribute);
        let values: BTreeSet<&String> = at.iter().filter_map(|node| value(*node)).collect();
        nodes.keys().map(|node| value(node).is_some_and(|value| values.contains(value))).collect()
    }

    /// What is to be placed with `resource` later has a say in where it goes, and so has what is
    /// to be placed with that; less at every step. Who would leave it no node is not heard.
    fn hear_dependents(&mut self, resource: ResourceIndex) {
        let mut heard = BTreeSet::from([resource]);
        let mut queue = VecDeque::from([(resource, 1.0_f64)]);
        while let Some((leader, weight)) = queue.pop_front() {
            for &position in &self.constraints.leading[leader] {
                let colocation = &self.constraints.colocations[position];
                let dependent = colocation.dependent.resource;
                let is_open = self.progress[dependent] != Progress::Placed;
                if !colocation.has_influence || !is_open || !heard.insert(dependent) {
                    continue;
                }
                let share = f64::from(colocation.score.value())
                    / f64::from(Score::INFINITY.value())
                    * weight;
                self.hear(resource, colocation, share);
                queue.push_back((dependent, share));
            }
        }
    }

    fn hear(&mut self, resource: ResourceIndex, colocation: &Colocation<'a>, share: f64) {
        let situation = self.situation;
        let is_clone = |it: ResourceIndex| situation.resources[it].clone_settings().is_some();
        if is_clone(colocation.dependent.resource) || colocation.node_attribute.is_some() {
            return;
        }
        let Some(&speaker) = situation.resources[colocation.dependent.resource].units.first()
        else {
            return;
        };
        let length = situation.units[speaker].members.len();
        let wish = |node: NodeIndex| {
            let score = self.scores.of_unit(situation, speaker, length, node);
            let is_backwards = share < 0.0 && score < Score::ZERO;
            let is_ban_of_clone = is_clone(resource) && score < Score::ZERO;
            if is_backwards || is_ban_of_clone { Score::ZERO } else { scaled(score, share) }
        };
        let wishes: Indexed<NodeIndex, Score> = situation.nodes.keys().map(wish).collect();
        for unit in situation.resources[resource].units.clone() {
            let Some(&first) = situation.units[unit].members.first() else { continue };
            let length = situation.units[unit].members.len();
            let is_possible = situation.nodes.iter().any(|(node, state)| {
                let own = self.scores.of_unit(situation, unit, length, node);
                state.is_eligible() && own + wishes[node] >= Score::ZERO
            });
            if is_possible {
                let dependent = situation.resources[colocation.dependent.resource].id;
                for (node, &score) in wishes.iter().filter(|(_, score)| **score != Score::ZERO) {
                    let source = Source::Wish { constraint: colocation.id, dependent };
                    self.scores.add(first, node, score, source);
                }
            }
        }
    }

    /// Places what has to be on one node together.
    fn place_unit(&mut self, unit: UnitIndex) {
        let situation = self.situation;
        let members = &situation.units[unit].members;
        let (wanted, obstacle) = self.wanted_length(unit);
        if let Some(node) = self.pinned(unit) {
            self.settle(unit, Some(node), wanted);
        } else {
            let length = self.possible_length(unit, wanted);
            let best = self.best_node(unit, length);
            self.settle(unit, best, length);
        }
        for (position, &member) in members.iter().enumerate() {
            if self.nodes[member].is_none() {
                let own = obstacle.clone().filter(|_| position >= wanted);
                let reason = own.unwrap_or_else(|| explain::nowhere(self, unit, position));
                self.explain(member, reason);
            }
        }
    }

    /// A member that may not be touched holds the others where it is.
    pub(super) fn pinned(&self, unit: UnitIndex) -> Option<NodeIndex> {
        let members = self.situation.units[unit].members.iter();
        let mut fixed = members.filter(|member| !self.situation.is_changeable(**member));
        fixed.find_map(|member| {
            self.situation.instances[*member].active.first().map(|activity| activity.node)
        })
    }

    /// How many members are wanted, from the first on, and why not more: who is not to run keeps
    /// those after it from running.
    pub(super) fn wanted_length(&self, unit: UnitIndex) -> (usize, Option<Obstacle>) {
        let members = &self.situation.units[unit].members;
        for (position, &member) in members.iter().enumerate() {
            if let Some(obstacle) = self.obstacle(member) {
                return (position, Some(obstacle));
            }
        }
        (members.len(), None)
    }

    /// Why `member` is not to run, whatever the nodes.
    fn obstacle(&self, member: InstanceIndex) -> Option<Obstacle> {
        let situation = self.situation;
        let primitive = situation.primitive_of(member);
        let instance = &situation.instances[member];
        let settings = &primitive.settings;
        let id = &primitive.id;
        if primitive.configured.is_none() {
            return Some(format!("{id} is no longer configured"));
        }
        if settings.target_role == Role::Stopped {
            return Some(format!("the target-role of {id} is Stopped"));
        }
        if situation.options.stops_all {
            return Some("stop-all-resources is set".into());
        }
        if let Some(why) = &instance.held {
            return Some(why.clone());
        }
        if situation.may_act() || settings.requires == Requires::Nothing {
            return None;
        }
        // Q5: without quorum nothing is started; a frozen cluster keeps what runs well.
        let is_frozen = situation.options.quorum_policy == QuorumPolicy::Freeze;
        let runs_well = |node: NodeIndex| situation.nodes[node].is_eligible();
        let is_kept = is_frozen
            && matches!(instance.active.as_slice(), [activity]
                if activity.failure.is_none() && runs_well(activity.node));
        (!is_kept).then(|| "there is no quorum".into())
    }

    /// The most of the first `wanted` members for which there is a node.
    pub(super) fn possible_length(&self, unit: UnitIndex, wanted: usize) -> usize {
        let members = &self.situation.units[unit].members;
        let eligible = self.situation.nodes.iter().filter(|(_, node)| node.is_eligible());
        let mut sums: Vec<(NodeIndex, Score)> = eligible.map(|(n, _)| (n, Score::ZERO)).collect();
        let mut possible = 0;
        for (position, &member) in members.iter().take(wanted).enumerate() {
            for (node, sum) in &mut sums {
                *sum += self.scores.cell(member, *node).score;
            }
            if sums.iter().any(|(_, sum)| *sum >= Score::ZERO) {
                possible = position + 1;
            }
        }
        possible
    }

    /// The node for a unit's first `length` members.
    fn best_node(&self, unit: UnitIndex, length: usize) -> Option<NodeIndex> {
        if length == 0 {
            return None;
        }
        let situation = self.situation;
        let current = self.current_node(unit);
        let is_frozen = !situation.may_act();
        let candidates = situation.nodes.iter().filter(|(_, node)| node.is_eligible());
        let mut ranked: Vec<_> = candidates
            .map(|(node, _)| (node, self.scores.of_unit(situation, unit, length, node)))
            .filter(|(_, score)| *score >= Score::ZERO)
            .filter(|(node, _)| !is_frozen || current.is_none_or(|current| current == *node))
            .map(|(node, score)| {
                let is_away = current != Some(node);
                let precedence = situation.nodes[node].precedence;
                (Reverse(score), self.load[node], is_away, precedence, node)
            })
            .collect();
        ranked.sort_unstable();
        let &(Reverse(best), _, _, _, node) = ranked.first()?;
        // A wish for a node is not given up for the sake of an even spread.
        let stays = best > Score::ZERO
            && ranked.iter().any(|(Reverse(score), _, is_away, ..)| *score == best && !is_away);
        if stays { current } else { Some(node) }
    }

    /// Where a unit is now: where its first active member is.
    pub(super) fn current_node(&self, unit: UnitIndex) -> Option<NodeIndex> {
        let members = self.situation.units[unit].members.iter();
        let mut active = members.filter_map(|it| self.situation.instances[*it].active.first());
        active.find(|it| self.situation.nodes[it.node].is_eligible()).map(|it| it.node)
    }

    /// Writes down where a unit goes; what may not be touched stays as it is.
    pub(super) fn settle(&mut self, unit: UnitIndex, node: Option<NodeIndex>, length: usize) {
        let situation = self.situation;
        for (position, &member) in situation.units[unit].members.iter().enumerate() {
            if !situation.is_changeable(member) {
                let active = situation.instances[member].active.first();
                self.nodes[member] = active.map(|activity| activity.node);
                self.explain(member, explain::untouched(situation, member));
                continue;
            }
            let is_usable = node.is_some_and(|node| situation.nodes[node].is_eligible());
            let is_wanted = position < length && self.obstacle(member).is_none();
            if is_usable && is_wanted {
                self.nodes[member] = node;
                if let Some(node) = node {
                    self.load[node] += 1;
                    self.explain(member, explain::there(self, unit, node));
                }
            }
        }
    }

    pub(super) fn explain(&mut self, member: InstanceIndex, reason: String) {
        if self.reasons[member].is_empty() {
            self.reasons[member] = reason;
        }
    }
}

/// The instances that a constraint is about: of every unit the member it names, or the first.
fn members_named(situation: &Situation<'_>, target: Target) -> Vec<InstanceIndex> {
    let units = situation.resources[target.resource].units.iter();
    let position = target.member.unwrap_or(0);
    units.filter_map(|unit| situation.units[*unit].members.get(position).copied()).collect()
}

/// `score` times `share`, rounded away from zero; what is infinite stays so if the share is whole.
fn scaled(score: Score, share: f64) -> Score {
    #[allow(clippy::cast_possible_truncation, reason = "a score has seven digits")]
    let value = (f64::from(score.value()) * share).round() as i64;
    Score::new(value)
}
