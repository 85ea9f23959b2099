//! The plan in the making.

use super::{
    Actions, Colocation, LocationRule, Node, NodeSet, OrderEnd, OrderLink, Relation, ScoreNote,
    Situation, TicketRule,
};
use crate::act::orders;
use crate::index::{Indexed, NodeIndex, ResourceIndex};
use crate::place::Patience;
use cluster::Score;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// What is being worked out about a resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Draft {
    /// Whether it was its turn to be placed.
    pub(crate) is_placed: bool,
    /// Whether it is being placed just now.
    pub(crate) is_being_placed: bool,
    /// Where it goes.
    pub(crate) node: Option<NodeIndex>,
    /// That node's score when it was chosen.
    pub(crate) node_score: Score,
    /// Colocations in which it follows, most important first.
    pub(crate) follows: Vec<usize>,
    /// Colocations in which it leads, most important first.
    pub(crate) leads: Vec<usize>,
    /// How much an instance wants to be promoted.
    pub(crate) promotion: Score,
    /// Whether it is stopped and started again on the same node.
    pub(crate) is_restarting: bool,
    /// Whether changed parameters are given to it without a restart.
    pub(crate) is_reloading: bool,
    /// Why it is where it is, or nowhere.
    pub(crate) reason: Option<String>,
    /// Location constraints that name it, by their place in [`Work::locations`].
    pub(crate) located: Vec<usize>,
    /// Ticket constraints that name it, by their place in [`Work::tickets`].
    pub(crate) ticketed: Vec<usize>,
    /// Whether what others wish is being asked of it just now.
    pub(crate) is_asked: bool,
    /// Whether a clone's instances have been told how much they want to be promoted.
    pub(crate) has_promotion_scores: bool,
    /// Whether a clone has begun to choose which instances are promoted.
    pub(crate) chooses_promoted: bool,
    /// How many instances of a clone or bundle each node has, by the node's position.
    pub(crate) counts: Vec<u32>,
}

/// What has been put on a node so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Load {
    /// How many resources.
    pub(crate) resources: u32,
    /// The capacity that is left; empty where the node has none to count.
    pub(crate) free: BTreeMap<String, i64>,
}

/// The plan in the making: what is, what is wanted, what is to be done.
pub(crate) struct Work<'a> {
    pub(crate) at: Situation<'a>,
    pub(crate) locations: Vec<LocationRule>,
    pub(crate) colocations: Vec<Colocation>,
    pub(crate) tickets: Vec<TicketRule>,
    pub(crate) drafts: Indexed<ResourceIndex, Draft>,
    pub(crate) loads: Indexed<NodeIndex, Load>,
    /// The order in which top-level resources are placed and shown.
    pub(crate) turn: Vec<ResourceIndex>,
    pub(crate) actions: Actions,
    pub(crate) orders: Vec<OrderLink>,
    pub(crate) notes: Vec<ScoreNote>,
    /// Whether placement takes notes of its scores.
    pub(crate) takes_notes: bool,
    /// What the status calls resources, once somebody has asked.
    pub(crate) history_names: OnceCell<BTreeSet<&'a str>>,
    /// Each node's place among all, by name.
    pub(crate) ranks: Indexed<NodeIndex, usize>,
    /// Whether any node is a guest.
    pub(crate) has_guests: bool,
    /// The nodes that can run resources, as long as resources are being placed.
    pub(crate) usable: NodeSet,
    /// How deep placing a resource has led to others.
    pub(crate) depth: usize,
    pub(crate) settling: Settling,
    /// How far wishes are followed.
    pub(crate) patience: Patience,
}

/// Bounds of the round in which orders speak (H1).
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Settling {
    /// How many more links may be heard. Facts are only ever taken away, so that the round ends
    /// by itself; this ends it also where sets that need only some firsts chase each other.
    pub(crate) patience: usize,
    /// Whether something was not heard.
    pub(crate) is_exhausted: bool,
    /// How many parts have interrupted each other.
    pub(crate) depth: u32,
}

impl<'a> Work<'a> {
    /// Nothing is worked out yet.
    pub(crate) fn new(at: Situation<'a>) -> Self {
        let mut ranks = Indexed::filled(usize::MAX, at.nodes.len());
        for (rank, node) in at.node_order.iter().enumerate() {
            ranks[*node] = rank;
        }
        Self {
            locations: Vec::new(),
            colocations: Vec::new(),
            tickets: Vec::new(),
            drafts: Indexed::filled(Draft::default(), at.resources.len()),
            loads: Indexed::filled(Load::default(), at.nodes.len()),
            turn: at.top.clone(),
            actions: Actions::default(),
            orders: Vec::new(),
            notes: Vec::new(),
            settling: Settling::default(),
            patience: Patience::new(at.nodes.len(), at.resources.len()),
            takes_notes: true,
            history_names: OnceCell::new(),
            ranks,
            has_guests: at.nodes.values().any(Node::is_guest),
            usable: NodeSet::default(),
            depth: 0,
            at,
        }
    }

    /// Orders all that `first` stands for before all that `then` stands for; resolved when all
    /// actions are known.
    pub(crate) fn order(&mut self, first: OrderEnd, then: OrderEnd, relation: Relation) {
        if relation.is_none() {
            return;
        }
        let complete = |end: OrderEnd| {
            let of_action = end.action.and_then(|action| self.actions[action].resource);
            OrderEnd { resource: end.resource.or(of_action), ..end }
        };
        let link = OrderLink { first: complete(first), then: complete(then), relation };
        self.orders.push(link);
        orders::order_migrations(self, link);
    }
}
