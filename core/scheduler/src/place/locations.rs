//! Reads location constraints.

use super::sets::{Catalogue, Meaning, Set};
use crate::index::{NodeIndex, ResourceIndex};
use crate::model::{LocationRule, Work};
use crate::pattern::Pattern;
use cluster::{
    Discovery, Expression, Location, LocationTarget, Preference, Role, Rule, RuleContext,
    RuleScore, Score, ValueSource,
};
use std::rc::Rc;

/// What a constraint says, for one resource that it names.
struct Wish<'c> {
    constraint: &'c Location,
    resource: ResourceIndex,
    role: Option<Role>,
    score: Option<Score>,
    captures: &'c [String],
}

/// Reads one location constraint.
pub(super) fn read<'c>(work: &mut Work<'_>, catalogue: &Catalogue<'c>, constraint: &'c Location) {
    match &constraint.target {
        LocationTarget::Resource(id) => match catalogue.meaning(work, id) {
            Some(Meaning::Resource(resource)) => {
                let role = constraint.role;
                let wish = Wish { constraint, resource, role, score: None, captures: &[] };
                locate(work, catalogue, &wish);
            }
            Some(Meaning::Several(members)) => {
                let role = constraint.role;
                let set = Set { role, members: members.to_vec(), ..Set::default() };
                locate_set(work, catalogue, constraint, &set);
            }
            None => {}
        },
        LocationTarget::Sets(sets) => {
            for set in catalogue.sets(work, sets) {
                if !locate_set(work, catalogue, constraint, &set) {
                    return;
                }
            }
        }
        LocationTarget::Pattern(text) => locate_matching(work, catalogue, constraint, text),
    }
}

/// Says whether all members could be found; those after one that cannot are left out.
fn locate_set(
    work: &mut Work<'_>,
    catalogue: &Catalogue<'_>,
    constraint: &Location,
    set: &Set<'_>,
) -> bool {
    for member in &set.members {
        let Some(resource) = work.named(member) else { return false };
        let (role, score) = (set.role.or(constraint.role), set.score);
        locate(work, catalogue, &Wish { constraint, resource, role, score, captures: &[] });
    }
    true
}

fn locate_matching(
    work: &mut Work<'_>,
    catalogue: &Catalogue<'_>,
    constraint: &Location,
    text: &str,
) {
    let (is_inverted, text) = text.strip_prefix('!').map_or((false, text), |rest| (true, rest));
    let Some(pattern) = Pattern::new(text) else {
        let told = format!("{} does not count: `{text}` is no pattern", constraint.id);
        work.at.warnings.push(told);
        return;
    };
    for resource in work.turn.clone() {
        let captures = pattern.captures(&work.at.resources[resource].id);
        if captures.is_some() == is_inverted {
            continue;
        }
        let captures = captures.unwrap_or_default();
        let role = constraint.role;
        let wish = Wish { constraint, resource, role, score: None, captures: &captures };
        locate(work, catalogue, &wish);
    }
}

fn locate(work: &mut Work<'_>, catalogue: &Catalogue<'_>, wish: &Wish<'_>) {
    let discovery = wish.constraint.discovery.unwrap_or(Discovery::Always);
    let new = |id: &str, role, nodes| LocationRule {
        id: Rc::from(id),
        resource: wish.resource,
        role: promoted_or_any(role),
        discovery,
        nodes,
    };
    match &wish.constraint.preference {
        Preference::Node { node, score } => {
            if let Some(node) = work.at.node(node) {
                let score = wish.score.unwrap_or(*score);
                add(work, new(&wish.constraint.id, wish.role, vec![(node, score)]));
            }
        }
        Preference::Rules(rules) => {
            for rule in rules {
                let Some(rule) = catalogue.references.rule(rule) else { continue };
                let nodes = nodes_of_rule(work, catalogue, wish, rule);
                add(work, new(&rule.id, rule.role, nodes));
            }
        }
    }
}

/// Adds a location constraint to those that count.
pub(super) fn add(work: &mut Work<'_>, rule: LocationRule) {
    if rule.discovery == Discovery::Exclusive {
        work.at.resources[rule.resource].has_exclusive_discovery = true;
    }
    work.drafts[rule.resource].located.push(work.locations.len());
    work.locations.push(rule);
}

/// The nodes for which a rule holds, each with the rule's score there. The plan has to be made
/// again when time changes that.
fn nodes_of_rule(
    work: &mut Work<'_>,
    catalogue: &Catalogue<'_>,
    wish: &Wish<'_>,
    rule: &Rule,
) -> Vec<(NodeIndex, Score)> {
    let needs_parameters = asks_for_parameters(rule);
    let mut nodes = Vec::new();
    let mut recheck = work.at.recheck;
    for node in work.at.node_order.iter().copied() {
        let parameters = needs_parameters.then(|| work.at.parameters(wish.resource, Some(node)));
        let context = RuleContext {
            attributes: Some(&work.at.nodes[node].attributes),
            now: Some(work.at.facts.now),
            parameters: parameters.as_ref().map(|values| values as _),
            meta: Some(&work.at.resources[wish.resource].meta),
            captures: wish.captures,
            references: Some(&catalogue.references),
            ..RuleContext::default()
        };
        cluster::sooner(&mut recheck, rule.next_change(&context));
        if rule.holds(&context) {
            nodes.push((node, score_on(work, wish, rule, node)));
        }
    }
    work.at.recheck = recheck;
    nodes
}

fn score_on(work: &Work<'_>, wish: &Wish<'_>, rule: &Rule, node: NodeIndex) -> Score {
    match &rule.score {
        Some(RuleScore::Score(score)) => *score,
        Some(RuleScore::Attribute(name)) => {
            let name = filled_in(name, wish.captures);
            let value = work.attribute_for(node, &name, wish.resource, super::Which::Current);
            value.and_then(Score::parse).unwrap_or(Score::MINUS_INFINITY)
        }
        None => Score::ZERO,
    }
}

/// `name` with `%0`, `%1`, ... replaced by what the pattern matched.
fn filled_in(name: &str, captures: &[String]) -> String {
    if captures.is_empty() {
        return name.to_owned();
    }
    let mut parts = name.split('%');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digit = part.chars().next().and_then(|c| c.to_digit(10));
        match digit {
            Some(digit) => {
                let capture = captures.get(digit as usize);
                text.push_str(capture.map_or("", String::as_str));
                text.push_str(&part[1..]);
            }
            None => {
                text.push('%');
                text.push_str(part);
            }
        }
    }
    text
}

fn asks_for_parameters(rule: &Rule) -> bool {
    rule.id_ref.is_some()
        || rule.expressions.iter().any(|expression| match expression {
            Expression::Attribute(it) => it.value_source == Some(ValueSource::Parameter),
            Expression::Rule(inner) => asks_for_parameters(inner),
            _ => false,
        })
}

/// What is said of the started or unpromoted role is said of any: nothing is promoted that was not
/// in those before.
fn promoted_or_any(role: Option<Role>) -> Option<Role> {
    role.filter(|role| !matches!(role, Role::Started | Role::Unpromoted))
}
