//! Who hears whom: every node's own row, and what the others tell of theirs.
//!
//! A pair counts as connected when both rows say so. Rows of nodes that are not heard directly come
//! by hearsay, with their age; whatever is older than patience is nobody's row.

use crate::clique::{self, Graph, NodeSet};
use crate::frame::{Table, TableRow};
use crate::types::ViewId;
use base::{Instant, NodeId};
use std::collections::BTreeMap;
use std::time::Duration;

/// How many different views a table names.
const VIEWS: usize = 8;

fn small(index: usize) -> u8 {
    u8::try_from(index).unwrap_or(u8::MAX)
}

/// The table of one node.
#[derive(Debug)]
pub(crate) struct Hearing {
    /// All configured nodes, ascending; a node's place here is its bit.
    nodes: Vec<NodeId>,
    me: usize,
    patience: Duration,
    /// By place.
    rows: Vec<Option<Row>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    hears: NodeSet,
    view: ViewId,
    as_of: Instant,
}

impl Hearing {
    /// `nodes`: ascending, at most 64, `me` among them.
    pub(crate) fn new(nodes: Vec<NodeId>, me: NodeId, patience: Duration) -> Self {
        let me = nodes.iter().position(|node| *node == me).unwrap_or(0);
        let rows = vec![None; nodes.len()];
        Self { nodes, me, patience, rows }
    }

    /// Goes on with other nodes; what is known of those that stay is kept.
    pub(crate) fn renumber(&mut self, nodes: Vec<NodeId>, patience: Duration) {
        let new = Self::new(nodes, self.nodes[self.me], patience);
        let old = std::mem::replace(self, new);
        for (node, row) in old.nodes.iter().zip(&old.rows) {
            if let Some((index, row)) = self.index(*node).zip(*row) {
                let hears = self.set_of(old.nodes_of(row.hears));
                self.rows[index] = Some(Row { hears, ..row });
            }
        }
    }

    pub(crate) fn nodes_of(&self, set: NodeSet) -> Vec<NodeId> {
        clique::members(set).filter_map(|index| self.nodes.get(index).copied()).collect()
    }

    pub(crate) fn set_of(&self, nodes: impl IntoIterator<Item = NodeId>) -> NodeSet {
        let bit = |node: NodeId| self.index(node).map_or(0, |index| 1 << index);
        nodes.into_iter().fold(0, |set, node| set | bit(node))
    }

    fn index(&self, node: NodeId) -> Option<usize> {
        self.nodes.binary_search(&node).ok()
    }

    /// Sets the own row; true when it changed.
    pub(crate) fn set_own(&mut self, hears: NodeSet, view: ViewId, now: Instant) -> bool {
        let old = self.rows[self.me].replace(Row { hears, view, as_of: now });
        old.is_none_or(|old| (old.hears, old.view) != (hears, view))
    }

    /// Takes what `from` says, who is in `view`. An empty table from a node in the same view says that
    /// all its members hear exactly each other, as far as it knew a moment ago. True when anything
    /// changed.
    pub(crate) fn learn(
        &mut self,
        from: NodeId,
        (view, same_view): (ViewId, Option<NodeSet>),
        table: &Table,
        now: Instant,
    ) -> bool {
        if table.rows.is_empty() {
            let Some(index) = self.index(from) else { return false };
            let Some(hears) = same_view else { return self.put_view(index, view) };
            let mut changed = self.put(index, Row { hears, view, as_of: now });
            let hearsay = Row { hears, view, as_of: now - self.patience / 4 };
            let me = self.me;
            for other in clique::members(hears).filter(|other| *other != index && *other != me) {
                changed |= self.put(other, hearsay);
            }
            return changed;
        }
        let mut changed = false;
        let same_nodes = table.nodes == self.nodes;
        for row in &table.rows {
            let Some(node) = table.nodes.get(usize::from(row.node)).copied() else { continue };
            let index = if same_nodes { Some(usize::from(row.node)) } else { self.index(node) };
            let Some(index) = index.filter(|index| *index != self.me) else { continue };
            let hears =
                if same_nodes { row.hears } else { self.translated(&table.nodes, row.hears) };
            let hearsay = table.views.get(usize::from(row.view)).copied().unwrap_or_default();
            let view = if node == from { view } else { hearsay };
            let as_of = now - Duration::from_millis(u64::from(row.age));
            changed |= self.put(index, Row { hears, view, as_of });
        }
        changed
    }

    /// A set in the places of `nodes`, in our own.
    fn translated(&self, nodes: &[NodeId], set: NodeSet) -> NodeSet {
        let named = clique::members(set).filter_map(|place| nodes.get(place).copied());
        self.set_of(named)
    }

    /// It is in another view than this node; whom it hears there is not known.
    fn put_view(&mut self, index: usize, view: ViewId) -> bool {
        let Some(Some(row)) = self.rows.get_mut(index) else { return false };
        std::mem::replace(&mut row.view, view) != view
    }

    fn put(&mut self, index: usize, row: Row) -> bool {
        let Some(place) = self.rows.get_mut(index) else { return false };
        let old = *place;
        if old.is_some_and(|old| old.as_of > row.as_of) {
            return false;
        }
        let changed = old.is_none_or(|old| (old.hears, old.view) != (row.hears, row.view));
        *place = Some(row);
        changed
    }

    fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)?.as_ref()
    }

    fn own(&self) -> NodeSet {
        self.row(self.me).map_or(0, |row| row.hears)
    }

    /// Rows that still count: of nodes heard, whatever their age; of others while they are fresh.
    fn current(&self, now: Instant) -> impl Iterator<Item = (usize, &Row)> {
        let own = self.own();
        let known = self.rows.iter().enumerate();
        let known = known.filter_map(|(index, row)| Some((index, row.as_ref()?)));
        known.filter(move |(index, row)| {
            let heard = own & 1 << index != 0 || *index == self.me;
            heard || now.saturating_since(row.as_of) < self.patience
        })
    }

    /// What to tell the others; empty when everybody heard is in `view` and hears just `members`.
    pub(crate) fn table(&self, view: ViewId, members: NodeSet, now: Instant) -> Table {
        let heard = self.current(now).filter(|(index, _)| self.own() & 1 << index != 0);
        let mut uniform = heard.map(|(_, row)| row.hears == members && row.view == view);
        let complete = clique::members(members).all(|index| self.row(index).is_some());
        if self.own() == members && members != 0 && complete && uniform.all(|same| same) {
            return Table::default();
        }
        let views = self.common_views(now);
        let row = |(index, row): (usize, &Row)| TableRow {
            node: small(index),
            hears: row.hears,
            view: small(views.iter().position(|view| *view == row.view).unwrap_or(VIEWS)),
            age: u16::try_from(now.saturating_since(row.as_of).as_millis()).unwrap_or(u16::MAX),
        };
        let rows = self.current(now).map(row).collect();
        Table { nodes: self.nodes.clone(), views, rows }
    }

    /// The views that most nodes are in.
    fn common_views(&self, now: Instant) -> Vec<ViewId> {
        let mut sizes: BTreeMap<ViewId, usize> = BTreeMap::new();
        for (_, row) in self.current(now).filter(|(_, row)| row.view.counter > 0) {
            *sizes.entry(row.view).or_default() += 1;
        }
        let mut views: Vec<_> = sizes.into_iter().collect();
        views.sort_by_key(|(view, size)| (std::cmp::Reverse(*size), *view));
        views.into_iter().take(VIEWS).map(|(view, _)| view).collect()
    }

    fn graph(&self, now: Instant) -> Graph {
        let mut edges = vec![0; self.nodes.len()];
        let mut views: BTreeMap<ViewId, NodeSet> = BTreeMap::new();
        let mut hears = vec![0; self.nodes.len()];
        self.current(now).for_each(|(index, row)| hears[index] = row.hears & !(1 << index));
        for (one, row) in self.current(now) {
            for other in clique::members(hears[one]) {
                if hears.get(other).is_some_and(|back| back & 1 << one != 0) {
                    edges[one] |= 1 << other;
                }
            }
            if row.view.counter > 0 {
                *views.entry(row.view).or_default() |= 1 << one;
            }
        }
        Graph { edges, views: views.into_values().collect() }
    }

    /// The nodes that this one should be in a view with.
    pub(crate) fn candidate(&self, now: Instant) -> NodeSet {
        self.graph(now).candidate(self.me)
    }

    /// Could this node be in a view of `proposed`: does it hear all of them and they it, and knows
    /// of nothing better?
    pub(crate) fn agrees(&self, proposed: NodeSet, now: Instant) -> bool {
        let graph = self.graph(now);
        let reachable = graph.edges[self.me] | 1 << self.me;
        proposed & !reachable == 0 && !graph.is_better(graph.candidate(self.me), proposed)
    }

    /// Is `node`, by its own row, in another view than `view`?
    pub(crate) fn is_elsewhere(&self, node: NodeId, view: ViewId) -> bool {
        let row = self.index(node).and_then(|index| self.row(index));
        row.is_some_and(|row| row.view != view)
    }

    /// Is anybody heard who is not in `set`?
    pub(crate) fn hears_beyond(&self, set: NodeSet) -> bool {
        self.own() & !set != 0
    }
}
