//! For every instance and node: how much it is wanted there, and what that is made of.

use crate::gather::{Kind, Situation};
use crate::index::{InstanceIndex, Key, NodeIndex, UnitIndex};
use crate::pattern::Pattern;
use crate::plan::Contribution;
use cluster::{
    Constraint, Location, LocationTarget, OnFail, Preference, Role, Rule, RuleContext, RuleScore,
    Score,
};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Where a part of a score comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source<'a> {
    Location(&'a str),
    Rule(&'a str, &'a str),
    Stickiness,
    Threshold { limit: Score, node: &'a str },
    Failure(String),
    Health(&'a str),
    OptIn,
    With { constraint: &'a str, primary: &'a str },
    Nowhere { constraint: &'a str, primary: &'a str },
    Wish { constraint: &'a str, dependent: &'a str },
}

impl fmt::Display for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Location(id) => write!(f, "location {id}"),
            Self::Rule(id, rule) => write!(f, "location {id}, rule {rule}"),
            Self::Stickiness => f.write_str("resource-stickiness"),
            Self::Threshold { limit, node } => {
                write!(f, "migration-threshold {limit} reached on {node}")
            }
            Self::Failure(why) => f.write_str(why),
            Self::Health(node) => write!(f, "the health of {node}"),
            Self::OptIn => f.write_str("symmetric-cluster=false"),
            Self::With { constraint, primary } => {
                write!(f, "colocation {constraint} with {primary}")
            }
            Self::Nowhere { constraint, primary } => {
                write!(f, "colocation {constraint}: {primary} runs nowhere")
            }
            Self::Wish { constraint, dependent } => {
                write!(f, "colocation {constraint}: what {dependent} wants")
            }
        }
    }
}

/// One score and its parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell<'a> {
    pub(crate) score: Score,
    pub(crate) parts: Vec<(Score, Source<'a>)>,
}

impl Cell<'_> {
    /// The parts for the answer.
    pub(crate) fn contributions(&self) -> Vec<Contribution> {
        let parts = self.parts.iter();
        parts
            .map(|(score, from)| Contribution { score: *score, source: from.to_string() })
            .collect()
    }
}

/// All scores.
#[derive(Debug)]
pub(crate) struct Scores<'a> {
    cells: Vec<Cell<'a>>,
    nodes: usize,
}

impl<'a> Scores<'a> {
    /// The scores before anything is placed.
    pub(crate) fn read(situation: &Situation<'a>) -> Self {
        let nodes = situation.nodes.len();
        let cells = vec![Cell::default(); nodes * situation.instances.len()];
        let mut scores = Self { cells, nodes };
        for constraint in &situation.facts.configuration.constraints {
            if let Constraint::Location(location) = constraint {
                scores.locate(situation, location);
            }
        }
        if !situation.options.is_symmetric {
            scores.opt_in(situation);
        }
        scores.stick(situation);
        scores.remember_failures(situation);
        scores.judge_health(situation);
        scores
    }

    pub(crate) fn cell(&self, instance: InstanceIndex, node: NodeIndex) -> &Cell<'a> {
        &self.cells[instance.position() * self.nodes + node.position()]
    }

    pub(crate) fn add(
        &mut self,
        instance: InstanceIndex,
        node: NodeIndex,
        score: Score,
        source: Source<'a>,
    ) {
        let cell = &mut self.cells[instance.position() * self.nodes + node.position()];
        cell.score += score;
        cell.parts.push((score, source));
    }

    /// What a unit's first `length` members together say about `node`.
    pub(crate) fn of_unit(
        &self,
        situation: &Situation<'a>,
        unit: UnitIndex,
        length: usize,
        node: NodeIndex,
    ) -> Score {
        let members = situation.units[unit].members.iter().take(length);
        members.fold(Score::ZERO, |sum, member| sum + self.cell(*member, node).score)
    }

    fn locate(&mut self, situation: &Situation<'a>, location: &'a Location) {
        if location.role == Some(Role::Promoted) {
            return;
        }
        let instances = located(situation, &location.target);
        match &location.preference {
            Preference::Node { node, score } => {
                if let Some(node) = situation.node(node) {
                    for (instance, own) in &instances {
                        let score = own.unwrap_or(*score);
                        self.add(*instance, node, score, Source::Location(&location.id));
                    }
                }
            }
            Preference::Rules(rules) => {
                for rule in rules.iter().filter(|rule| rule.role != Some(Role::Promoted)) {
                    for (node, score) in where_holds(situation, rule) {
                        for (instance, _) in &instances {
                            let source = Source::Rule(&location.id, &rule.id);
                            self.add(*instance, node, score, source);
                        }
                    }
                }
            }
        }
    }

    /// Without permission by a location constraint a resource runs nowhere.
    fn opt_in(&mut self, situation: &Situation<'a>) {
        for unit in situation.units.values() {
            let Some(&first) = unit.members.first() else { continue };
            for node in situation.nodes.keys() {
                let is_named =
                    unit.members.iter().any(|member| !self.cell(*member, node).parts.is_empty());
                if !is_named {
                    self.add(first, node, Score::MINUS_INFINITY, Source::OptIn);
                }
            }
        }
    }

    fn stick(&mut self, situation: &Situation<'a>) {
        for (instance, state) in situation.instances.iter() {
            let stickiness = situation.primitive_of(instance).settings.stickiness;
            if let [activity] = state.active.as_slice()
                && stickiness != Score::ZERO
            {
                self.add(instance, activity.node, stickiness, Source::Stickiness);
            }
        }
    }

    fn remember_failures(&mut self, situation: &Situation<'a>) {
        let never = Score::MINUS_INFINITY;
        // What is to be ignored when it fails drives nothing away, however often it fails.
        let ignored: BTreeSet<_> = situation
            .failures
            .iter()
            .filter(|failure| failure.on_fail == OnFail::Ignore)
            .map(|failure| (failure.primitive, failure.node))
            .collect();
        let is_ignored = |index, node| ignored.contains(&(index, node));
        for (index, primitive) in situation.primitives.iter() {
            for (&node, fails) in primitive.fail_counts.iter().filter(|(_, f)| !f.is_expired) {
                if let Some(limit) = primitive.settings.migration_threshold
                    && fails.count >= limit
                    && !is_ignored(index, node)
                {
                    let source = Source::Threshold { limit, node: situation.nodes[node].name };
                    for instance in &primitive.instances {
                        self.add(*instance, node, never, source.clone());
                    }
                }
            }
            for (&node, why) in &primitive.bans {
                for instance in &primitive.instances {
                    self.add(*instance, node, never, Source::Failure(why.clone()));
                }
            }
            if let Some(why) = &primitive.ban_everywhere {
                for instance in &primitive.instances {
                    for node in situation.nodes.keys() {
                        self.add(*instance, node, never, Source::Failure(why.clone()));
                    }
                }
            }
        }
    }

    fn judge_health(&mut self, situation: &Situation<'a>) {
        for (node, state) in situation.nodes.iter() {
            if state.health_score == Score::ZERO {
                continue;
            }
            for unit in situation.units.values() {
                let member = unit.members.iter().find(|member| {
                    !situation.primitive_of(**member).settings.allows_unhealthy_nodes
                });
                if let Some(&member) = member {
                    self.add(member, node, state.health_score, Source::Health(state.name));
                }
            }
        }
    }
}

/// The instances that a location constraint is about, with the score of their set: of a unit
/// that it names as a whole the first.
fn located(
    situation: &Situation<'_>,
    target: &LocationTarget,
) -> Vec<(InstanceIndex, Option<Score>)> {
    let of = |id: &str, score: Option<Score>| -> Vec<_> {
        let Some(target) = situation.target(id) else { return Vec::new() };
        let units = situation.resources[target.resource].units.iter();
        let members = units.filter_map(|unit| {
            situation.units[*unit].members.get(target.member.unwrap_or(0)).copied()
        });
        members.map(|instance| (instance, score)).collect()
    };
    match target {
        LocationTarget::Resource(id) => of(id, None),
        LocationTarget::Sets(sets) => {
            let members = sets.iter().flat_map(|set| set.members.iter().map(|id| (id, set.score)));
            members.flat_map(|(id, score)| of(id, score)).collect()
        }
        LocationTarget::Pattern(text) => {
            let (is_inverted, text) =
                text.strip_prefix('!').map_or((false, text.as_str()), |rest| (true, rest));
            let Some(pattern) = Pattern::new(text) else { return Vec::new() };
            let resources = situation.resources.values().filter(|it| it.kind != Kind::Orphan);
            let named = resources.filter(|it| pattern.is_in(it.id) != is_inverted);
            named.flat_map(|resource| of(resource.id, None)).collect()
        }
    }
}

/// The nodes for which a rule holds, with the score it gives there.
fn where_holds(situation: &Situation<'_>, rule: &Rule) -> Vec<(NodeIndex, Score)> {
    let score = |attributes: &BTreeMap<String, String>| match &rule.score {
        Some(RuleScore::Score(score)) => *score,
        Some(RuleScore::Attribute(name)) => {
            attributes.get(name).and_then(|value| Score::parse(value)).unwrap_or_default()
        }
        None => Score::ZERO,
    };
    let nodes = situation.nodes.iter();
    let holds = |attributes| {
        rule.holds(&RuleContext { attributes: Some(attributes), ..RuleContext::default() })
    };
    nodes
        .filter(|(_, node)| holds(&node.attributes))
        .map(|(index, node)| (index, score(&node.attributes)))
        .collect()
}
