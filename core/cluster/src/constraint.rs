//! Constraints: where, with what, and after what a resource may run.

use crate::{Extra, Role, Rule, Score};
use base::names;

/// Any constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Where a resource may run.
    Location(Location),
    /// With what it runs.
    Colocation(Colocation),
    /// After what it is started.
    Order(Order),
    /// Which ticket it needs.
    Ticket(TicketConstraint),
}

impl Constraint {
    /// Its id.
    pub fn id(&self) -> &str {
        match self {
            Self::Location(location) => &location.id,
            Self::Colocation(colocation) => &colocation.id,
            Self::Order(order) => &order.id,
            Self::Ticket(ticket) => &ticket.id,
        }
    }

    /// What it carries beyond its typed fields.
    pub const fn extra(&self) -> &Extra {
        match self {
            Self::Location(location) => &location.extra,
            Self::Colocation(colocation) => &colocation.extra,
            Self::Order(order) => &order.extra,
            Self::Ticket(ticket) => &ticket.extra,
        }
    }

    /// What it carries beyond its typed fields, to change.
    pub const fn extra_mut(&mut self) -> &mut Extra {
        match self {
            Self::Location(location) => &mut location.extra,
            Self::Colocation(colocation) => &mut colocation.extra,
            Self::Order(order) => &mut order.extra,
            Self::Ticket(ticket) => &mut ticket.extra,
        }
    }

    /// The resource sets that it is about; none when it names resources one by one.
    pub fn sets(&self) -> &[ResourceSet] {
        match self {
            Self::Location(Location { target: LocationTarget::Sets(sets), .. })
            | Self::Colocation(Colocation { target: ColocationTarget::Sets(sets), .. })
            | Self::Order(Order { target: OrderTarget::Sets(sets), .. })
            | Self::Ticket(TicketConstraint { target: TicketTarget::Sets(sets), .. }) => sets,
            _ => &[],
        }
    }

    /// The resource sets, to change.
    pub fn sets_mut(&mut self) -> &mut [ResourceSet] {
        match self {
            Self::Location(Location { target: LocationTarget::Sets(sets), .. })
            | Self::Colocation(Colocation { target: ColocationTarget::Sets(sets), .. })
            | Self::Order(Order { target: OrderTarget::Sets(sets), .. })
            | Self::Ticket(TicketConstraint { target: TicketTarget::Sets(sets), .. }) => sets,
            _ => &mut [],
        }
    }

    /// The ids of all resources that it names (not those that a pattern matches).
    pub fn resources(&self) -> Vec<&str> {
        let one_by_one: [Option<&str>; 2] = match self {
            Self::Location(location) => match &location.target {
                LocationTarget::Resource(resource) => [Some(resource), None],
                LocationTarget::Pattern(_) | LocationTarget::Sets(_) => [None, None],
            },
            Self::Colocation(colocation) => match &colocation.target {
                ColocationTarget::Pair { resource, with, .. } => [Some(resource), Some(with)],
                ColocationTarget::Sets(_) => [None, None],
            },
            Self::Order(order) => match &order.target {
                OrderTarget::Pair { first, then, .. } => [Some(first), Some(then)],
                OrderTarget::Sets(_) => [None, None],
            },
            Self::Ticket(ticket) => match &ticket.target {
                TicketTarget::Resource { resource, .. } => [Some(resource), None],
                TicketTarget::Sets(_) => [None, None],
            },
        };
        let in_sets = self.sets().iter().flat_map(|set| set.members.iter().map(String::as_str));
        one_by_one.into_iter().flatten().chain(in_sets).collect()
    }
}

/// Whether probes look for a resource on the nodes of a location constraint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Discovery {
    /// They do.
    Always,
    /// They do not.
    Never,
    /// Only there, and nowhere else.
    Exclusive,
}

/// What a location constraint is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocationTarget {
    /// One resource, tag or template.
    Resource(String),
    /// All top-level resources that match this extended regular expression; `!` inverts.
    Pattern(String),
    /// All members of these sets.
    Sets(Vec<ResourceSet>),
}

/// Which nodes a location constraint likes, and how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Preference {
    /// One node.
    Node {
        /// Its name.
        node: String,
        /// How much.
        score: Score,
    },
    /// All nodes for which a rule holds, with the rule's score.
    Rules(Vec<Rule>),
}

/// Where a resource may run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// Its id.
    pub id: String,
    /// What it is about.
    pub target: LocationTarget,
    /// Which nodes it likes.
    pub preference: Preference,
    /// Only in this role.
    pub role: Option<Role>,
    /// Where probes look.
    pub discovery: Option<Discovery>,
    /// What else the element carries.
    pub extra: Extra,
}

impl Location {
    /// The resource that a move or a ban by hand is about. All tools know these by their ids, and take
    /// them back together.
    pub fn moved_by_hand(&self) -> Option<&str> {
        let LocationTarget::Resource(resource) = &self.target else { return None };
        let (kind, rest) = self.id.strip_prefix("cli-")?.split_once('-')?;
        let about = rest.strip_prefix(resource.as_str())?;
        let is_by_hand = match kind {
            "prefer" => about.is_empty(),
            "ban" => about.starts_with("-on-"),
            _ => false,
        };
        is_by_hand.then_some(resource)
    }
}

/// Which resources a colocation joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ColocationTarget {
    /// `resource` is placed with `with`.
    Pair {
        /// The one that follows.
        resource: String,
        /// Only in this role.
        role: Option<Role>,
        /// The one that leads.
        with: String,
        /// Only with this role of it.
        with_role: Option<Role>,
    },
    /// The members of these sets.
    Sets(Vec<ResourceSet>),
}

/// With what a resource runs, or not (negative score).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colocation {
    /// Its id.
    pub id: String,
    /// Which resources.
    pub target: ColocationTarget,
    /// How much; INFINITY must, -INFINITY must not.
    pub score: Score,
    /// Nodes are "the same" when they have the same value of this node attribute (`#uname`).
    pub node_attribute: Option<String>,
    /// Whether the one that follows has a say in where the other goes.
    pub influence: Option<bool>,
    /// What else the element carries.
    pub extra: Extra,
}

/// How strict an order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderKind {
    /// `then` runs only while `first` does.
    Mandatory,
    /// Only when both happen anyway.
    Optional,
    /// Never both at the same time, in any order.
    Serialize,
}

/// Which actions an order puts in sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderTarget {
    /// `first` before `then`.
    Pair {
        /// The earlier resource.
        first: String,
        /// Its action; start when not given.
        first_action: Option<String>,
        /// The later resource.
        then: String,
        /// Its action; the same as `first_action` when not given.
        then_action: Option<String>,
    },
    /// The members of these sets, in sequence.
    Sets(Vec<ResourceSet>),
}

/// After what a resource is started (and before what it is stopped, when symmetrical).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// What comes before what.
    pub target: OrderTarget,
    /// How strict.
    pub kind: Option<OrderKind>,
    /// The older spelling of `kind`: 0 is Optional, all else Mandatory.
    pub score: Option<Score>,
    /// Whether the reverse holds for the reverse actions; yes unless Serialize.
    pub symmetrical: Option<bool>,
    /// For a clone as `first`: whether all instances have to be active.
    pub require_all: Option<bool>,
    /// What else the element carries.
    pub extra: Extra,
}

impl Order {
    /// How strict the order is, whichever way it was written.
    pub fn effective_kind(&self) -> OrderKind {
        let from_score = self.score.map(|score| match score {
            Score::ZERO => OrderKind::Optional,
            _ => OrderKind::Mandatory,
        });
        self.kind.or(from_score).unwrap_or(OrderKind::Mandatory)
    }

    /// Whether the reverse holds for the reverse actions.
    pub fn is_symmetrical(&self) -> bool {
        self.symmetrical.unwrap_or_else(|| self.effective_kind() != OrderKind::Serialize)
    }
}

/// What depends on a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketTarget {
    /// One resource.
    Resource {
        /// Its id.
        resource: String,
        /// Only in this role.
        role: Option<Role>,
    },
    /// The members of these sets.
    Sets(Vec<ResourceSet>),
}

/// What becomes of a resource when its ticket is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossPolicy {
    /// It is stopped.
    Stop,
    /// It is demoted.
    Demote,
    /// The nodes it runs on are fenced.
    Fence,
    /// It is left as it is.
    Freeze,
}

impl LossPolicy {
    const NAMES: [(&'static str, Self); 4] = [
        ("stop", Self::Stop),
        ("demote", Self::Demote),
        ("fence", Self::Fence),
        ("freeze", Self::Freeze),
    ];

    /// Reads the option's value.
    pub fn parse(text: &str) -> Option<Self> {
        names::value(&Self::NAMES, text)
    }

    /// The option's value as the CIB writes it.
    pub fn name(self) -> &'static str {
        names::name(&Self::NAMES, self)
    }
}

/// Which ticket a resource needs: a right to run that one site of several holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketConstraint {
    /// Its id.
    pub id: String,
    /// What needs the ticket.
    pub target: TicketTarget,
    /// The ticket's name.
    pub ticket: String,
    /// What happens when it is lost; [`TicketConstraint::effective_loss_policy`] has the default.
    pub loss_policy: Option<LossPolicy>,
    /// What else the element carries.
    pub extra: Extra,
}

impl TicketConstraint {
    /// What happens when the ticket is lost: when not given, a constraint for the promoted role
    /// demotes, every other stops.
    pub fn effective_loss_policy(&self, role: Option<Role>) -> LossPolicy {
        let default = match role {
            Some(Role::Promoted) => LossPolicy::Demote,
            _ => LossPolicy::Stop,
        };
        self.loss_policy.unwrap_or(default)
    }
}

/// Several resources that a constraint treats alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResourceSet {
    /// Its id.
    pub id: String,
    /// Another set that this one stands for.
    pub id_ref: Option<String>,
    /// Whether the order of the members counts; yes when not given.
    pub sequential: Option<bool>,
    /// Whether all members have to be active, or one is enough.
    pub require_all: Option<bool>,
    /// Only in this role.
    pub role: Option<Role>,
    /// Which action of the members.
    pub action: Option<String>,
    /// A score of its own.
    pub score: Option<Score>,
    /// The ids of the members.
    pub members: Vec<String>,
    /// What else the element carries.
    pub extra: Extra,
}
