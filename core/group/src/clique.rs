//! The largest set of nodes that all hear each other.
//!
//! A cut that is not symmetric (1 and 2 do not hear each other, 3 hears both) must settle on one
//! answer that every node finds by itself. So: the largest such set; on a tie the one with most
//! members of one common view, so that a newcomer unseats nobody; then the one with the lowest ids.

/// Nodes as bits; bit 0 is the lowest id.
pub(crate) type NodeSet = u64;

/// Worst-case graphs have 3^21 maximal sets at 64 nodes (Moon, Moser 1965). Real networks have a
/// handful; after this many steps the best so far is taken, the same on every node.
const STEPS: u32 = 20_000;

/// Who hears whom, both ways, and who is in which view.
#[derive(Clone, Debug)]
pub(crate) struct Graph {
    /// Indexed by node: those it is connected with, itself not included.
    pub(crate) edges: Vec<NodeSet>,
    /// Disjoint sets of nodes that report the same view.
    pub(crate) views: Vec<NodeSet>,
}

impl Graph {
    /// The set that `node` belongs to: the best of all; without that the best of the rest; and so on.
    pub(crate) fn candidate(&self, node: usize) -> NodeSet {
        let mut rest = (0..self.edges.len()).fold(0, |set, index| set | 1 << index);
        loop {
            let best = self.largest(rest);
            if best & 1 << node != 0 || best == 0 {
                return best | 1 << node;
            }
            rest &= !best;
        }
    }

    /// Is `one` a better set than `other`?
    pub(crate) fn is_better(&self, one: NodeSet, other: NodeSet) -> bool {
        let weight = |set: NodeSet| (set.count_ones(), self.common(set));
        let lowest_difference = (one ^ other) & (one ^ other).wrapping_neg();
        match weight(one).cmp(&weight(other)) {
            std::cmp::Ordering::Equal => one & lowest_difference != 0,
            unequal => unequal.is_gt(),
        }
    }

    fn common(&self, set: NodeSet) -> u32 {
        self.views.iter().map(|view| (view & set).count_ones()).max().unwrap_or(0)
    }

    fn largest(&self, within: NodeSet) -> NodeSet {
        let mut search = Search { graph: self, best: 0, steps: STEPS };
        search.extend(0, within, 0);
        search.best
    }
}

/// Bron and Kerbosch (1973), with Tomita's choice of pivot.
struct Search<'a> {
    graph: &'a Graph,
    best: NodeSet,
    steps: u32,
}

impl Search<'_> {
    fn extend(&mut self, clique: NodeSet, mut open: NodeSet, mut done: NodeSet) {
        if open == 0 && done == 0 && self.graph.is_better(clique, self.best) {
            self.best = clique;
        }
        let reachable = clique.count_ones() + open.count_ones();
        if self.steps == 0 || open == 0 || reachable < self.best.count_ones() {
            return;
        }
        self.steps -= 1;
        let pivot = members(open | done).max_by_key(|node| (open & self.edges(*node)).count_ones());
        let skip = pivot.map_or(0, |pivot| self.edges(pivot));
        for node in members(open & !skip) {
            let edges = self.edges(node);
            self.extend(clique | 1 << node, open & edges, done & edges);
            open &= !(1 << node);
            done |= 1 << node;
        }
    }

    fn edges(&self, node: usize) -> NodeSet {
        self.graph.edges[node]
    }
}

/// The nodes of `set`, ascending.
pub(crate) fn members(set: NodeSet) -> impl Iterator<Item = usize> {
    (0..64).filter(move |node| set & 1 << node != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_but(nodes: usize, cuts: &[(usize, usize)], views: &[NodeSet]) -> Graph {
        let mut edges: Vec<NodeSet> =
            (0..nodes).map(|node| ((1 << nodes) - 1) & !(1 << node)).collect();
        for (one, other) in cuts {
            edges[*one] &= !(1 << other);
            edges[*other] &= !(1 << one);
        }
        Graph { edges, views: views.to_vec() }
    }

    #[test]
    fn one_answer_for_everybody() {
        let stories: [(&str, Graph, &[NodeSet]); 5] = [
            ("whole", all_but(4, &[], &[]), &[0b1111; 4]),
            ("one pair cut", all_but(3, &[(0, 1)], &[]), &[0b101, 0b010, 0b101]),
            ("chain", all_but(4, &[(0, 2), (0, 3), (1, 3)], &[]), &[0b11, 0b11, 0b1100, 0b1100]),
            ("half and half", all_but(4, &[(0, 2), (0, 3), (1, 2), (1, 3)], &[]), &[0b11, 0b11]),
            ("no newcomer", all_but(4, &[(0, 3)], &[0b1110]), &[0b0001, 0b1110, 0b1110, 0b1110]),
        ];
        for (name, graph, expected) in stories {
            for (node, set) in expected.iter().enumerate() {
                assert_eq!(graph.candidate(node), *set, "{name}: node {node}");
            }
        }
    }

    #[test]
    fn the_worst_graph_costs_a_bounded_number_of_steps() {
        let cuts: Vec<_> = (0..21)
            .flat_map(|k| [(3 * k, 3 * k + 1), (3 * k, 3 * k + 2), (3 * k + 1, 3 * k + 2)])
            .collect();
        let graph = all_but(63, &cuts, &[]);
        assert_eq!(graph.candidate(0).count_ones(), 21);
    }
}
