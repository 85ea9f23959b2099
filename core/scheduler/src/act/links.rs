//! Orders between resources as links between instances.

use crate::gather::{Situation, Target};
use crate::index::{InstanceIndex, NodeIndex, ResourceIndex, UnitIndex};
use crate::place::{Constraints, Order, Places};
use crate::plan::Task;
use cluster::OrderKind;

/// One side of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Point {
    /// An instance.
    Instance(InstanceIndex),
    /// All instances of a clone; as the one that is needed, any of them.
    Clone(ResourceIndex),
}

/// What a link demands beyond the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// Nothing.
    Sequence,
    /// `then` is started only if `first` runs.
    RunningToStart,
    /// `then` runs only while `first` runs.
    Running,
    /// The same, and `then` is restarted when `first` is.
    Unbroken,
}

/// `first` before `then`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'a> {
    pub(crate) first: Point,
    pub(crate) first_task: Task,
    pub(crate) then: Point,
    pub(crate) then_task: Task,
    pub(crate) demand: Demand,
    /// Whether the reverse holds for the reverse actions.
    pub(crate) is_symmetrical: bool,
    /// Whether the actions must not overlap, in whatever sequence.
    pub(crate) is_serial: bool,
    /// The constraint's id; empty inside a group.
    pub(crate) constraint: &'a str,
}

/// All links: of groups, then of orders.
pub(super) fn links<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    places: &Places<'_>,
) -> Vec<Link<'a>> {
    let mut linker = Linker { situation, places, links: Vec::new() };
    for unit in situation.units.values() {
        for pair in unit.members.windows(2) {
            linker.add_start(
                (Point::Instance(pair[0]), Point::Instance(pair[1])),
                Demand::Unbroken,
                "",
            );
        }
    }
    for resource in situation.resources.values() {
        if resource.clone_settings().is_some_and(|settings| settings.is_ordered) {
            for pair in resource.units.windows(2) {
                linker.one_after_the_other(pair[0], pair[1]);
            }
        }
    }
    for order in &constraints.orders {
        linker.order(order);
    }
    linker.links
}

struct Linker<'s, 'a> {
    situation: &'s Situation<'a>,
    places: &'s Places<'s>,
    links: Vec<Link<'a>>,
}

impl<'a> Linker<'_, 'a> {
    fn add_start(&mut self, (first, then): (Point, Point), demand: Demand, constraint: &'a str) {
        self.links.push(Link {
            first,
            first_task: Task::Start,
            then,
            then_task: Task::Start,
            demand,
            is_symmetrical: true,
            is_serial: false,
            constraint,
        });
    }

    fn one_after_the_other(&mut self, first: UnitIndex, then: UnitIndex) {
        let units = &self.situation.units;
        if let (Some(&last), Some(&next)) =
            (units[first].members.last(), units[then].members.first())
        {
            let points = (Point::Instance(last), Point::Instance(next));
            self.add_start(points, Demand::Sequence, "");
        }
    }

    fn order(&mut self, order: &Order<'a>) {
        let settings = |target: Target| self.situation.resources[target.resource].clone_settings();
        let then_units = self.situation.resources[order.then.resource].units.clone();
        match (settings(order.first), settings(order.then)) {
            (None, _) => {
                let firsts = self.situation.resources[order.first.resource].units.clone();
                for unit in firsts {
                    for &then in &then_units {
                        self.tie(order, unit, then, demand(order));
                    }
                }
            }
            (Some(_), Some(then)) if then.is_interleaved => {
                for &unit in &then_units {
                    self.tie_on_node(order, unit, Demand::Running);
                }
            }
            (Some(_), Some(_)) => {
                let then = Point::Clone(order.then.resource);
                let first = Point::Clone(order.first.resource);
                self.push(order, (first, then), demand(order));
            }
            (Some(_), None) => {
                for &unit in &then_units {
                    self.tie_on_node(order, unit, Demand::Sequence);
                    if let Some(then) = entrance(self.situation, order.then, unit) {
                        // That any instance runs is enough; restarts elsewhere do not matter.
                        let needs = demand(order).at_most(Demand::Running);
                        let points = (Point::Clone(order.first.resource), Point::Instance(then));
                        self.push(order, points, needs);
                    }
                }
            }
        }
    }

    /// Ties `then` to the instance of the first clone that is on the same node, and to the clone
    /// as a whole (with `otherwise` at most) if there is none.
    fn tie_on_node(&mut self, order: &Order<'a>, then: UnitIndex, otherwise: Demand) {
        let situation = self.situation;
        let firsts = &situation.resources[order.first.resource].units;
        let mut matches: Vec<UnitIndex> = Vec::new();
        let nodes = [self.node_of(then), self.current(then)];
        for node in nodes.into_iter().flatten() {
            let on_node = |unit: &&UnitIndex| {
                self.node_of(**unit) == Some(node) || self.current(**unit) == Some(node)
            };
            matches.extend(firsts.iter().find(on_node));
        }
        matches.dedup();
        if matches.is_empty() && otherwise != Demand::Sequence {
            if let Some(entrance) = entrance(situation, order.then, then) {
                let points = (Point::Clone(order.first.resource), Point::Instance(entrance));
                self.push(order, points, demand(order).at_most(otherwise));
            }
            return;
        }
        for unit in matches {
            self.tie(order, unit, then, demand(order));
        }
    }

    /// Ties all that `first` means to the first of what `then` means: inside a group the rest
    /// follows by itself.
    fn tie(&mut self, order: &Order<'a>, first: UnitIndex, then: UnitIndex, demand: Demand) {
        let situation = self.situation;
        let Some(then) = entrance(situation, order.then, then) else { return };
        let members = &situation.units[first].members;
        let firsts: Vec<InstanceIndex> = match order.first.member {
            Some(position) => members.get(position).copied().into_iter().collect(),
            None => members.clone(),
        };
        for first in firsts.into_iter().filter(|first| *first != then) {
            self.push(order, (Point::Instance(first), Point::Instance(then)), demand);
        }
    }

    fn push(&mut self, order: &Order<'a>, (first, then): (Point, Point), demand: Demand) {
        self.links.push(Link {
            first,
            first_task: order.first_task,
            then,
            then_task: order.then_task,
            demand,
            is_symmetrical: order.is_symmetrical,
            is_serial: order.kind == OrderKind::Serialize,
            constraint: order.id,
        });
    }

    fn node_of(&self, unit: UnitIndex) -> Option<NodeIndex> {
        self.situation.units[unit].members.first().and_then(|member| self.places.nodes[*member])
    }

    fn current(&self, unit: UnitIndex) -> Option<NodeIndex> {
        let members = self.situation.units[unit].members.iter();
        let mut active = members.filter_map(|it| self.situation.instances[*it].active.first());
        active.next().map(|activity| activity.node)
    }
}

impl Demand {
    fn at_most(self, most: Self) -> Self {
        if self == Self::Unbroken { most } else { self }
    }
}

/// The instance of `unit` that a constraint about `target` starts first.
fn entrance(situation: &Situation<'_>, target: Target, unit: UnitIndex) -> Option<InstanceIndex> {
    situation.units[unit].members.get(target.member.unwrap_or(0)).copied()
}

fn demand(order: &Order<'_>) -> Demand {
    let are_starts = order.first_task == Task::Start && order.then_task == Task::Start;
    match order.kind {
        OrderKind::Mandatory if are_starts && order.is_symmetrical => Demand::Unbroken,
        OrderKind::Mandatory if are_starts => Demand::RunningToStart,
        OrderKind::Mandatory | OrderKind::Optional | OrderKind::Serialize => Demand::Sequence,
    }
}
