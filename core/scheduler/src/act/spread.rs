//! What follows from one instance's intention for the others.

use super::intention::Restart;
use super::links::{Demand, Link, Point};
use super::{Intentions, Moves};
use crate::gather::{Situation, Target};
use crate::index::{Indexed, InstanceIndex, ResourceIndex};
use crate::place::Constraints;
use cluster::Score;
use std::collections::VecDeque;

/// Something active that may not be touched needs what it was started after: that is not
/// stopped under its feet (R5).
pub(super) fn hold_what_others_need(situation: &Situation<'_>, intentions: &mut Intentions<'_>) {
    let needs = Needs::read(situation, intentions);
    let is_fixed = |instance: &InstanceIndex| {
        let is_active = !situation.instances[*instance].active.is_empty();
        is_active && intentions.of[*instance].untouched.is_some()
    };
    let mut queue: Vec<InstanceIndex> = situation.instances.keys().filter(is_fixed).collect();
    while let Some(instance) = queue.pop() {
        for &first in &needs.0[instance] {
            let is_stopped = !intentions.moves(situation, first).stops.is_empty();
            if is_stopped && intentions.of[first].untouched.is_none() {
                let id = &situation.instances[instance].id;
                let why = format!("{id} needs it and can not be stopped");
                let active = situation.instances[first].active.first();
                intentions.of[first].target = active.map(|activity| activity.node);
                intentions.of[first].untouched = Some(why);
                queue.push(first);
            }
        }
    }
}

/// For every instance those that it needs without a break.
struct Needs(Indexed<InstanceIndex, Vec<InstanceIndex>>);

impl Needs {
    fn read(situation: &Situation<'_>, intentions: &Intentions<'_>) -> Self {
        let mut needs = Indexed::filled(Vec::new(), situation.instances.len());
        for link in intentions.links.iter().filter(|link| link.demand == Demand::Unbroken) {
            if let (Point::Instance(first), Point::Instance(then)) = (link.first, link.then) {
                needs[then].push(first);
            }
        }
        Self(needs)
    }
}

/// Passes stops and restarts on until nothing changes. Each step takes something away or adds a
/// restart, so that it ends.
pub(super) fn pass_on<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    intentions: &mut Intentions<'a>,
) {
    let rules = rules(situation, constraints, &intentions.links);
    let mut by_instance = Indexed::filled(Vec::new(), situation.instances.len());
    let mut by_clone: Indexed<ResourceIndex, Vec<usize>> =
        Indexed::filled(Vec::new(), situation.resources.len());
    for (position, rule) in rules.iter().enumerate() {
        match rule.first {
            Point::Instance(instance) => by_instance[instance].push(position),
            Point::Clone(resource) => by_clone[resource].push(position),
        }
    }
    let mut queue: VecDeque<InstanceIndex> = situation.instances.keys().collect();
    let mut is_queued = Indexed::<InstanceIndex, bool>::filled(true, situation.instances.len());
    while let Some(instance) = queue.pop_front() {
        is_queued[instance] = false;
        let resource = situation.resource_of(instance);
        let own: &[usize] = &by_instance[instance];
        for position in own.iter().chain(&by_clone[resource]) {
            let rule = &rules[*position];
            for then in instances_of(situation, rule.then) {
                let is_changed = apply(situation, intentions, rule, then);
                if is_changed && !std::mem::replace(&mut is_queued[then], true) {
                    queue.push_back(then);
                }
            }
        }
    }
}

/// What one instance means for another.
struct Rule<'a> {
    first: Point,
    then: Point,
    demand: Demand,
    /// The constraint's id; empty inside a group.
    constraint: &'a str,
}

impl Rule<'_> {
    fn reason(&self, text: &str) -> String {
        let constraint = self.constraint;
        if constraint.is_empty() { text.to_owned() } else { format!("{text} ({constraint})") }
    }
}

fn rules<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    links: &[Link<'a>],
) -> Vec<Rule<'a>> {
    let of_links = links.iter().filter(|link| link.demand != Demand::Sequence).map(|link| {
        let &Link { first, then, demand, constraint, .. } = link;
        Rule { first, then, demand, constraint }
    });
    let mut rules: Vec<Rule<'a>> = of_links.collect();
    // Who must be with something that does not run after all does not run either.
    for colocation in &constraints.colocations {
        if colocation.score != Score::INFINITY {
            continue;
        }
        let Some(first) = leader(situation, colocation.primary) else { continue };
        for unit in &situation.resources[colocation.dependent.resource].units {
            let position = colocation.dependent.member.unwrap_or(0);
            if let Some(&then) = situation.units[*unit].members.get(position) {
                let then = Point::Instance(then);
                let constraint = colocation.id;
                rules.push(Rule { first, then, demand: Demand::Running, constraint });
            }
        }
    }
    rules
}

/// What a colocation goes by: the member it names, or the last.
fn leader(situation: &Situation<'_>, target: Target) -> Option<Point> {
    let resource = &situation.resources[target.resource];
    if resource.clone_settings().is_some() {
        return Some(Point::Clone(target.resource));
    }
    let members = &situation.units[*resource.units.first()?].members;
    let position = target.member.unwrap_or_else(|| members.len().saturating_sub(1));
    members.get(position).copied().map(Point::Instance)
}

fn instances_of(situation: &Situation<'_>, point: Point) -> Vec<InstanceIndex> {
    match point {
        Point::Instance(instance) => vec![instance],
        Point::Clone(resource) => {
            let units = situation.resources[resource].units.iter();
            units.filter_map(|unit| situation.units[*unit].members.first().copied()).collect()
        }
    }
}

/// Applies one rule to `then`; says whether that changed anything.
fn apply(
    situation: &Situation<'_>,
    intentions: &mut Intentions<'_>,
    rule: &Rule<'_>,
    then: InstanceIndex,
) -> bool {
    let intention = &intentions.of[then];
    if intention.untouched.is_some() || intention.target.is_none() {
        return false;
    }
    let moves = intentions.moves(situation, then);
    let only_stays = moves.start.is_none();
    if !runs(situation, intentions, rule.first) {
        if rule.demand == Demand::RunningToStart && only_stays {
            return false;
        }
        let text = format!("required {} does not run", name(situation, rule.first));
        intentions.of[then].give_up(rule.reason(&text));
        return true;
    }
    if rule.demand != Demand::Unbroken || !only_stays || !moves.is_none() {
        return false;
    }
    let Some(verb) = change(situation, intentions, rule.first) else { return false };
    let text = format!("required {} {verb}", name(situation, rule.first));
    intentions.of[then].restart = Some(Restart::Restart(rule.reason(&text)));
    true
}

/// Whether it will run when all is done; of a clone, whether any instance will.
fn runs(situation: &Situation<'_>, intentions: &Intentions<'_>, point: Point) -> bool {
    match point {
        Point::Instance(instance) => intentions.of[instance].target.is_some(),
        Point::Clone(resource) => {
            let mut units = situation.resources[resource].units.iter();
            units.any(|unit| {
                let members = situation.units[*unit].members.iter();
                members.into_iter().all(|member| intentions.of[*member].target.is_some())
            })
        }
    }
}

/// What happens to it meanwhile, if anything does.
fn change(
    situation: &Situation<'_>,
    intentions: &Intentions<'_>,
    point: Point,
) -> Option<&'static str> {
    let of = |instance: InstanceIndex| {
        let moves = intentions.moves(situation, instance);
        let verb: fn(&Moves) -> &'static str = Moves::verb;
        (!moves.is_none()).then(|| verb(&moves))
    };
    match point {
        Point::Instance(instance) => of(instance),
        Point::Clone(resource) => situation.instances_of(resource).find_map(of),
    }
}

fn name<'s>(situation: &'s Situation<'_>, point: Point) -> &'s str {
    match point {
        Point::Instance(instance) => &situation.instances[instance].id,
        Point::Clone(resource) => situation.resources[resource].id,
    }
}
