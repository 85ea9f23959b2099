//! Constraints, with ids resolved and sets unrolled.

use super::{Operation, Relation};
use crate::index::{ActionIndex, NodeIndex, ResourceIndex};
use base::WallTime;
use cluster::{Discovery, LossPolicy, Role, Score};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A location constraint for one resource, rules evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationRule {
    /// The constraint's id.
    pub id: Rc<str>,
    /// The resource.
    pub resource: ResourceIndex,
    /// The role it is about; `None` for any.
    pub role: Option<Role>,
    /// Where probes look.
    pub discovery: Discovery,
    /// The nodes with the score for each.
    pub nodes: Vec<(NodeIndex, Score)>,
}

/// A colocation of two resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colocation {
    /// The constraint's id.
    pub id: Rc<str>,
    /// The one that follows.
    pub dependent: ResourceIndex,
    /// Only in this role.
    pub dependent_role: Option<Role>,
    /// The one that leads.
    pub primary: ResourceIndex,
    /// Only with this role of it.
    pub primary_role: Option<Role>,
    /// How much.
    pub score: Score,
    /// Nodes are the same when this attribute is; `None` for `#uname`.
    pub node_attribute: Option<Rc<str>>,
    /// Whether the dependent has a say in where the primary goes.
    pub has_influence: bool,
    /// Made by the scheduler itself (a group's members, a container's contents).
    pub is_implied: bool,
}

impl Colocation {
    /// A colocation that holds without anybody saying so.
    pub fn implied(id: Rc<str>, dependent: ResourceIndex, primary: ResourceIndex) -> Self {
        Self {
            id,
            dependent,
            dependent_role: None,
            primary,
            primary_role: None,
            score: Score::INFINITY,
            node_attribute: None,
            has_influence: true,
            is_implied: true,
        }
    }
}

/// One end of an order: all actions of a resource with that operation, or one action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OrderEnd {
    /// The resource.
    pub resource: Option<ResourceIndex>,
    /// The operation, for a resource.
    pub operation: Option<Operation>,
    /// The action, when it is known already.
    pub action: Option<ActionIndex>,
}

impl OrderEnd {
    /// The actions of `resource` for `operation`.
    pub const fn of(resource: ResourceIndex, operation: Operation) -> Self {
        Self { resource: Some(resource), operation: Some(operation), action: None }
    }

    /// One action; `resource` is the one it belongs to, if any.
    pub const fn action(action: ActionIndex, resource: Option<ResourceIndex>) -> Self {
        Self { resource, operation: None, action: Some(action) }
    }
}

/// An order of two ends, to be resolved into pairs of actions when all actions are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderLink {
    /// What comes first.
    pub first: OrderEnd,
    /// What comes then.
    pub then: OrderEnd,
    /// What that means.
    pub relation: Relation,
}

/// A resource that needs a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketRule {
    /// The constraint's id.
    pub id: Rc<str>,
    /// The resource.
    pub resource: ResourceIndex,
    /// The ticket's name.
    pub ticket: String,
    /// Only in this role.
    pub role: Option<Role>,
    /// What happens without it.
    pub loss: LossPolicy,
}

/// A ticket.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketState {
    /// Whether this site has it.
    pub is_granted: bool,
    /// Whether it is to be left unused.
    pub is_standby: bool,
    /// When it was granted last.
    pub last_granted: Option<WallTime>,
    /// What else is known of it.
    pub attributes: BTreeMap<String, String>,
}
