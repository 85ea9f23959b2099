//! Compares where things are with where they belong.
//!
//! Every instance gets an [`Intention`]. Then orders and colocations pass on what follows from
//! it: who needs something that will not run does not run either, and who needs something that
//! is stopped or started in between is restarted.

mod intention;
mod links;
mod spread;

pub(crate) use intention::{Intention, Moves, Restart, digest};
pub(crate) use links::{Demand, Link, Point};

use crate::gather::Situation;
use crate::index::{Indexed, InstanceIndex, NodeIndex};
use crate::place::{Constraints, Places};
use std::collections::BTreeMap;

/// What is to become of everything.
#[derive(Debug)]
pub(crate) struct Intentions<'a> {
    /// What is to become of every instance.
    pub(crate) of: Indexed<InstanceIndex, Intention>,
    /// The nodes to fence, and why.
    pub(crate) fences: BTreeMap<NodeIndex, String>,
    /// Orders between instances, of groups too.
    pub(crate) links: Vec<Link<'a>>,
}

impl Intentions<'_> {
    /// What has to be done for `instance`.
    pub(crate) fn moves(&self, situation: &Situation<'_>, instance: InstanceIndex) -> Moves {
        intention::moves(situation, &self.of[instance], instance)
    }
}

/// Decides what is to become of everything.
pub(crate) fn decide<'a>(
    situation: &Situation<'a>,
    constraints: &Constraints<'a>,
    places: &Places<'_>,
) -> Intentions<'a> {
    let fences = fences(situation);
    let instances = situation.instances.keys();
    let of = instances.map(|it| intention::first(situation, places, it)).collect();
    let links = links::links(situation, constraints, places);
    let mut intentions = Intentions { of, fences, links };
    spread::hold_what_others_need(situation, &mut intentions);
    spread::pass_on(situation, constraints, &mut intentions);
    // A restart that was passed on may reach what must not be stopped.
    spread::hold_what_others_need(situation, &mut intentions);
    intentions
}

/// The nodes that are fenced: the unclean ones, if these nodes may fence (F1), and those that
/// are being fenced already.
fn fences(situation: &Situation<'_>) -> BTreeMap<NodeIndex, String> {
    let nodes = situation.nodes.iter();
    nodes
        .filter(|(index, _)| situation.is_to_be_fenced(*index))
        .filter_map(|(index, node)| Some((index, node.unclean.clone()?)))
        .collect()
}
