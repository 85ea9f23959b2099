//! Colocations and orders, resolved: which resource, which member, which score.

use crate::gather::{Situation, Target};
use crate::index::{Indexed, Key, ResourceIndex};
use crate::plan::Task;
use cluster::{ColocationTarget, Constraint, OrderKind, OrderTarget, ResourceSet, Role, Score};

/// The dependent is placed where the primary is, or away from it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Colocation<'a> {
    pub(crate) id: &'a str,
    pub(crate) dependent: Target,
    pub(crate) primary: Target,
    pub(crate) score: Score,
    /// Nodes are the same when they have the same value of this attribute.
    pub(crate) node_attribute: Option<&'a str>,
    /// Whether the dependent has a say in where the primary goes.
    pub(crate) has_influence: bool,
}

impl Colocation<'_> {
    pub(crate) fn is_mandatory(&self) -> bool {
        self.score == Score::INFINITY
    }
}

/// The first action comes before the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order<'a> {
    pub(crate) id: &'a str,
    pub(crate) first: Target,
    pub(crate) first_task: Task,
    pub(crate) then: Target,
    pub(crate) then_task: Task,
    pub(crate) kind: OrderKind,
    pub(crate) is_symmetrical: bool,
}

/// All constraints between resources.
#[derive(Debug)]
pub(crate) struct Constraints<'a> {
    pub(crate) colocations: Vec<Colocation<'a>>,
    pub(crate) orders: Vec<Order<'a>>,
    /// The colocations in which a resource is the dependent.
    pub(crate) following: Indexed<ResourceIndex, Vec<usize>>,
    /// The colocations in which a resource is the primary.
    pub(crate) leading: Indexed<ResourceIndex, Vec<usize>>,
}

impl<'a> Constraints<'a> {
    /// Reads the constraints; those that name what does not exist are left out.
    pub(crate) fn read(situation: &Situation<'a>) -> Self {
        let mut reader = Reader { situation, colocations: Vec::new(), orders: Vec::new() };
        for constraint in &situation.facts.configuration.constraints {
            match constraint {
                Constraint::Colocation(colocation) => reader.colocation(colocation),
                Constraint::Order(order) => reader.order(order),
                Constraint::Location(_) | Constraint::Ticket(_) => {}
            }
        }
        let Reader { colocations, orders, .. } = reader;
        let none = || Indexed::filled(Vec::new(), situation.resources.len());
        let (mut following, mut leading) = (none(), none());
        for (position, colocation) in colocations.iter().enumerate() {
            following[colocation.dependent.resource].push(position);
            leading[colocation.primary.resource].push(position);
        }
        // The one with the highest score has the first word.
        let by_score = |position: &usize| (-colocations[*position].score, *position);
        for position in 0..situation.resources.len() {
            following[ResourceIndex::from_position(position)].sort_by_key(by_score);
            leading[ResourceIndex::from_position(position)].sort_by_key(by_score);
        }
        Self { colocations, orders, following, leading }
    }
}

struct Reader<'s, 'a> {
    situation: &'s Situation<'a>,
    colocations: Vec<Colocation<'a>>,
    orders: Vec<Order<'a>>,
}

impl<'a> Reader<'_, 'a> {
    fn colocation(&mut self, colocation: &'a cluster::Colocation) {
        match &colocation.target {
            ColocationTarget::Pair { resource, role, with, with_role } => {
                let is_promoted = |role: &Option<Role>| *role == Some(Role::Promoted);
                if is_promoted(role) || is_promoted(with_role) {
                    return;
                }
                self.together(colocation, resource, with, colocation.score);
            }
            ColocationTarget::Sets(sets) => self.colocation_sets(colocation, sets),
        }
    }

    /// Inside a sequential set each member is placed with the one before it; a set's first
    /// member with the last of the set after it. With a negative score all are apart.
    fn colocation_sets(&mut self, whole: &'a cluster::Colocation, sets: &'a [ResourceSet]) {
        for set in sets {
            let score = set.score.unwrap_or(whole.score);
            for (position, member) in set.members.iter().enumerate().skip(1) {
                let earlier = &set.members[..position];
                if score < Score::ZERO {
                    for other in earlier {
                        self.together(whole, member, other, score);
                    }
                } else if set.sequential.unwrap_or(true) {
                    self.together(whole, member, &earlier[position - 1], score);
                }
            }
        }
        for pair in sets.windows(2) {
            let score = pair[0].score.unwrap_or(whole.score);
            for dependent in ends(&pair[0], End::First) {
                for primary in ends(&pair[1], End::Last) {
                    self.together(whole, dependent, primary, score);
                }
            }
        }
    }

    fn together(
        &mut self,
        colocation: &'a cluster::Colocation,
        dependent: &str,
        primary: &str,
        score: Score,
    ) {
        let situation = self.situation;
        let (Some(dependent), Some(primary)) =
            (situation.target(dependent), situation.target(primary))
        else {
            return;
        };
        if score == Score::ZERO || dependent.resource == primary.resource {
            return;
        }
        let is_critical = || {
            let mut instances = situation.instances_of(dependent.resource);
            instances.all(|instance| situation.primitive_of(instance).settings.is_critical)
        };
        self.colocations.push(Colocation {
            id: &colocation.id,
            dependent,
            primary,
            score,
            node_attribute: colocation
                .node_attribute
                .as_deref()
                .filter(|attribute| *attribute != "#uname"),
            has_influence: colocation.influence.unwrap_or_else(is_critical),
        });
    }

    fn order(&mut self, order: &'a cluster::Order) {
        match &order.target {
            OrderTarget::Pair { first, first_action, then, then_action } => {
                let first_action = first_action.as_deref().unwrap_or("start");
                let then_action = then_action.as_deref().unwrap_or(first_action);
                self.sequence(order, (first, first_action), (then, then_action));
            }
            OrderTarget::Sets(sets) => {
                for set in sets.iter().filter(|set| set.sequential.unwrap_or(true)) {
                    let action = set.action.as_deref().unwrap_or("start");
                    for pair in set.members.windows(2) {
                        self.sequence(order, (&pair[0], action), (&pair[1], action));
                    }
                }
                for pair in sets.windows(2) {
                    let action = |set: &'a ResourceSet| set.action.as_deref().unwrap_or("start");
                    for first in ends(&pair[0], End::Last) {
                        for then in ends(&pair[1], End::First) {
                            let first = (first.as_str(), action(&pair[0]));
                            self.sequence(order, first, (then, action(&pair[1])));
                        }
                    }
                }
            }
        }
    }

    fn sequence(&mut self, order: &'a cluster::Order, first: (&str, &str), then: (&str, &str)) {
        let situation = self.situation;
        let resolved = (situation.target(first.0), situation.target(then.0));
        let tasks = (task(first.1), task(then.1));
        if let ((Some(one), Some(two)), (Some(first_task), Some(then_task))) = (resolved, tasks)
            && one != two
        {
            self.orders.push(Order {
                id: &order.id,
                first: one,
                first_task,
                then: two,
                then_task,
                kind: order.effective_kind(),
                is_symmetrical: order.is_symmetrical(),
            });
        }
    }
}

fn task(name: &str) -> Option<Task> {
    match name {
        "start" => Some(Task::Start),
        "stop" => Some(Task::Stop),
        _ => None,
    }
}

#[derive(Clone, Copy)]
enum End {
    First,
    Last,
}

/// The members of a set that its neighbour is tied to: one end of a sequential set, all others.
fn ends(set: &ResourceSet, end: End) -> &[String] {
    let all = set.members.as_slice();
    if !set.sequential.unwrap_or(true) {
        return all;
    }
    match end {
        End::First => all.get(..1).unwrap_or_default(),
        End::Last => all.get(all.len().saturating_sub(1)..).unwrap_or_default(),
    }
}
