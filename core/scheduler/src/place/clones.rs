//! Places the instances of a clone.
//!
//! First the places are chosen, then who takes them: an instance that runs where one is wanted
//! stays, so that instances are never shuffled among nodes that all keep theirs.

use super::assign::Assigner;
use super::explain;
use crate::gather::CloneSettings;
use crate::index::{Indexed, NodeIndex, ResourceIndex, UnitIndex};
use cluster::Score;
use std::cmp::Reverse;

/// A place for one instance on a node.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Slot {
    score: Reverse<Score>,
    /// Which of the node's places it is: the first on every node before the second on any.
    rank: u32,
    load: u32,
    /// The node's place by name.
    precedence: u32,
    node: NodeIndex,
    /// Who is there already.
    tenant: Option<UnitIndex>,
}

impl Assigner<'_, '_> {
    pub(super) fn place_clone(&mut self, resource: ResourceIndex, settings: CloneSettings) {
        let units = self.situation.resources[resource].units.clone();
        let (pinned, free): (Vec<_>, Vec<_>) =
            units.into_iter().partition(|unit| self.pinned(*unit).is_some());
        for &unit in &pinned {
            let length = self.situation.units[unit].members.len();
            self.settle(unit, self.pinned(unit), length);
        }
        let Some(&sample) = free.first() else { return };
        let (wanted, obstacle) = self.wanted_length(sample);
        let lengths = free.iter().map(|unit| self.possible_length(*unit, wanted));
        let length = lengths.max().unwrap_or(0);
        if length > 0 {
            self.fill(&pinned, &free, length, settings);
        }
        for unit in free {
            for &member in &self.situation.units[unit].members {
                let active = self.situation.instances[member].active.first();
                let left = active.and_then(|it| self.situation.nodes[it.node].obstacle());
                let reason = obstacle.clone().or(left).unwrap_or_else(|| {
                    if length == 0 {
                        explain::nowhere(self, unit, 0)
                    } else {
                        "the clone has no place left for it".into()
                    }
                });
                self.explain(member, reason);
            }
        }
    }

    /// Chooses the places and gives them to the units.
    fn fill(
        &mut self,
        pinned: &[UnitIndex],
        free: &[UnitIndex],
        length: usize,
        settings: CloneSettings,
    ) {
        let mut used = Indexed::<NodeIndex, u32>::filled(0, self.situation.nodes.len());
        for unit in pinned {
            if let Some(node) = self.pinned(*unit) {
                used[node] += 1;
            }
        }
        let taken = u32::try_from(pinned.len()).unwrap_or(u32::MAX);
        let open = settings.max.saturating_sub(taken) as usize;
        let mut slots = self.slots(free, length, (&used, self.room(settings)));
        slots.sort_unstable();
        slots.truncate(open);
        let stays = |unit: &UnitIndex| slots.iter().any(|slot| slot.tenant == Some(*unit));
        let mut others = free.iter().filter(|unit| !stays(unit)).copied().collect::<Vec<_>>();
        // Who has never run goes first: who runs elsewhere is one too many there.
        others.sort_by_key(|unit| self.current_node(*unit).is_some());
        let mut others = others.into_iter();
        for slot in &slots {
            if let Some(unit) = slot.tenant.or_else(|| others.next()) {
                self.settle(unit, Some(slot.node), length);
            }
        }
    }

    /// How many instances a node may have, so that they are spread evenly.
    fn room(&self, settings: CloneSettings) -> u32 {
        let eligible = self.situation.nodes.values().filter(|node| node.is_eligible()).count();
        let eligible = u32::try_from(eligible).unwrap_or(u32::MAX).max(1);
        settings.node_max.min(settings.max.div_ceil(eligible)).max(1)
    }

    /// All places where an instance may be.
    fn slots(
        &self,
        free: &[UnitIndex],
        length: usize,
        (used, room): (&Indexed<NodeIndex, u32>, u32),
    ) -> Vec<Slot> {
        let situation = self.situation;
        let mut tenants =
            Indexed::<NodeIndex, Vec<UnitIndex>>::filled(Vec::new(), situation.nodes.len());
        for &unit in free {
            if let Some(node) = self.current_node(unit) {
                tenants[node].push(unit);
            }
        }
        let mut slots = Vec::new();
        for (node, _) in situation.nodes.iter().filter(|(_, node)| node.is_eligible()) {
            for rank in used[node]..room.max(used[node]) {
                let at = (rank - used[node]) as usize;
                let tenant = tenants[node].get(at).copied();
                let stranger = || free.iter().find(|unit| !tenants[node].contains(unit)).copied();
                let Some(unit) = tenant.or_else(stranger) else { continue };
                let score = self.scores.of_unit(situation, unit, length, node);
                if score >= Score::ZERO {
                    let load = self.load[node];
                    let precedence = situation.nodes[node].precedence;
                    let score = Reverse(score);
                    slots.push(Slot { score, rank, load, precedence, node, tenant });
                }
            }
        }
        slots
    }
}
