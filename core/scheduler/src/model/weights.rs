//! What speaks for and against each node, and who said so.

use crate::index::{Key, NodeIndex};
use cluster::{Discovery, Score};
use std::rc::Rc;

/// A node's place in a resource's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// How much it is wanted there.
    pub score: Score,
    /// Whether probes look for it there.
    pub discovery: Discovery,
}

/// Where a part of a score comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The cluster is symmetric: every node starts with 0.
    Symmetric,
    /// A location constraint, by its id.
    Location(Rc<str>),
    /// `resource-stickiness`.
    Stickiness,
    /// Failures on the node reached `migration-threshold`, or one was final.
    Failures,
    /// A colocation constraint, by its id, with that resource.
    Colocation {
        /// The constraint's id.
        constraint: Rc<str>,
        /// The other resource.
        with: Rc<str>,
    },
    /// The node lacks capacity.
    Capacity,
    /// A reason in words: why a node is banned or required.
    Because(Rc<str>),
}

/// Which nodes of a table a step concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One node.
    Node(NodeIndex),
    /// All that are in the table.
    All,
    /// All that are in the table, but one.
    AllBut(NodeIndex),
    /// All to which exclusive discovery does not lead. Discovery is settled before scores are.
    Undiscovered,
}

/// One change of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which nodes it concerns.
    pub scope: Scope,
    /// How much was added; or, when it replaces, what it is from then on.
    pub score: Score,
    /// Whether what was before counts no more.
    pub replaces: bool,
    /// Why.
    pub source: Source,
}

impl Step {
    /// Takes its place at the end of the steps of a node that it concerns.
    fn join<'s>(&'s self, steps: &mut Vec<&'s Self>) {
        if self.replaces {
            steps.clear();
        }
        steps.push(self);
    }
}

impl Scope {
    /// Whether a node with that cell is in it.
    fn contains(self, node: NodeIndex, cell: &Cell) -> bool {
        match self {
            Self::Node(only) => only == node,
            Self::All => true,
            Self::AllBut(other) => other != node,
            Self::Undiscovered => cell.discovery != Discovery::Exclusive,
        }
    }
}

/// A resource's table of nodes, with the steps that made it what it is.
///
/// A node that is not in the table cannot be used at all, and is not shown.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    cells: Vec<Option<Cell>>,
    /// What made the scores, oldest first.
    pub steps: Vec<Step>,
}

impl Weights {
    /// The node's place in the table.
    pub fn cell(&self, node: NodeIndex) -> Option<Cell> {
        self.cells.get(node.position()).copied().flatten()
    }

    /// The node's score.
    pub fn score(&self, node: NodeIndex) -> Option<Score> {
        self.cell(node).map(|cell| cell.score)
    }

    /// The nodes in the table, in the order in which they became known.
    pub fn iter(&self) -> impl Iterator<Item = (NodeIndex, Cell)> + '_ {
        let cells = self.cells.iter().enumerate();
        cells.filter_map(|(at, cell)| cell.map(|cell| (NodeIndex::from_position(at), cell)))
    }

    /// Whether no node is in the table.
    pub fn is_empty(&self) -> bool {
        self.cells.iter().all(Option::is_none)
    }

    /// Adds to a node's score; a node that is not in the table enters it with that score.
    pub fn add(&mut self, node: NodeIndex, score: Score, source: Source) {
        self.entry(node).score += score;
        self.steps.push(Step { scope: Scope::Node(node), score, replaces: false, source });
    }

    /// Adds to the scores of those nodes in the table that are in `scope`.
    pub fn add_to(&mut self, scope: Scope, score: Score, source: Source) {
        for (at, cell) in self.cells.iter_mut().enumerate() {
            if let Some(cell) = cell
                && scope.contains(NodeIndex::from_position(at), cell)
            {
                cell.score += score;
            }
        }
        self.steps.push(Step { scope, score, replaces: false, source });
    }

    /// How many nodes are in the table.
    pub fn len(&self) -> usize {
        self.cells.iter().flatten().count()
    }

    /// The steps that made the node's score: their sum is the score.
    pub fn steps_of(&self, node: NodeIndex) -> Vec<&Step> {
        let Some(cell) = self.cell(node) else { return Vec::new() };
        let mut list = Vec::new();
        let concerns = |step: &&Step| step.scope.contains(node, &cell);
        self.steps.iter().filter(concerns).for_each(|step| step.join(&mut list));
        list
    }

    /// The steps that made each node's score, in the order in which nodes became known.
    pub fn steps_by_node(&self) -> Vec<Vec<&Step>> {
        let mut lists: Vec<Vec<&Step>> = vec![Vec::new(); self.cells.len()];
        for step in &self.steps {
            let only = match step.scope {
                Scope::Node(node) => node.position()..node.position() + 1,
                _ => 0..self.cells.len(),
            };
            for at in only {
                let (Some(Some(cell)), Some(list)) = (self.cells.get(at), lists.get_mut(at)) else {
                    continue;
                };
                if step.scope.contains(NodeIndex::from_position(at), cell) {
                    step.join(list);
                }
            }
        }
        lists
    }

    /// Sets a node's score, whatever it was.
    pub fn replace(&mut self, node: NodeIndex, score: Score, source: Source) {
        self.entry(node).score = score;
        self.steps.push(Step { scope: Scope::Node(node), score, replaces: true, source });
    }

    /// Puts a node into the table as it is.
    pub fn insert(&mut self, node: NodeIndex, cell: Cell) {
        *self.entry(node) = cell;
        if cell.score != Score::ZERO {
            let source = Source::Because("the node itself".into());
            let score = cell.score;
            self.steps.push(Step { scope: Scope::Node(node), score, replaces: true, source });
        }
    }

    /// Takes a node out of the table.
    pub fn remove(&mut self, node: NodeIndex) {
        if let Some(cell) = self.cells.get_mut(node.position()) {
            *cell = None;
        }
    }

    /// Says whether probes look on that node.
    pub fn set_discovery(&mut self, node: NodeIndex, discovery: Discovery) {
        self.entry(node).discovery = discovery;
    }

    fn entry(&mut self, node: NodeIndex) -> &mut Cell {
        let at = node.position();
        if self.cells.len() <= at {
            self.cells.resize(at + 1, None);
        }
        self.cells[at].get_or_insert(Cell { score: Score::ZERO, discovery: Discovery::Always })
    }
}
