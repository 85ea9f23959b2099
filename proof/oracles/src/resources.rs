//! What must hold for resources at every instant.

use crate::Broken;
use base::{Instant, NodeId};
use sim::{Activity, Change, RoleChange};
use std::collections::{BTreeMap, BTreeSet};

/// R1: in ground truth no instance is ever active on more nodes than allowed, not for a moment.
///
/// # Errors
/// With the first moment at which one was.
pub fn never_too_many(changes: &[Change], allowed: impl Fn(&str) -> usize) -> Result<(), Broken> {
    let is_active = |change: &Change| change.activity == Activity::Active;
    let steps = changes.iter().map(|it| (it.at, it.node, it.instance.as_str(), is_active(it)));
    match first_excess(steps, allowed) {
        None => Ok(()),
        Some((at, node, instance, others)) => {
            let what =
                format!("{instance} became active on {node} at {at} while it was on {others}");
            Err(Broken::new("R1", what))
        }
    }
}

/// R4: in ground truth no instance is ever promoted on more nodes than `promoted-max` says, not for a
/// moment.
///
/// # Errors
/// With the first moment at which one was.
pub fn never_promoted_too_often(
    changes: &[RoleChange],
    promoted_max: impl Fn(&str) -> usize,
) -> Result<(), Broken> {
    let steps = changes.iter().map(|it| (it.at, it.node, it.instance.as_str(), it.is_promoted));
    match first_excess(steps, promoted_max) {
        None => Ok(()),
        Some((at, node, instance, others)) => {
            let what =
                format!("{instance} was promoted on {node} at {at} while it was on {others}");
            Err(Broken::new("R4", what))
        }
    }
}

/// When, where and what was the first too many, and where else it was so.
fn first_excess<'a>(
    steps: impl Iterator<Item = (Instant, NodeId, &'a str, bool)>,
    allowed: impl Fn(&str) -> usize,
) -> Option<(Instant, String, &'a str, String)> {
    let mut places: BTreeMap<&str, BTreeSet<NodeId>> = BTreeMap::new();
    for (at, node, instance, begins) in steps {
        let on = places.entry(instance).or_default();
        if !begins {
            on.remove(&node);
        } else if on.insert(node) && on.len() > allowed(instance) {
            let others: Vec<String> = on
                .iter()
                .filter(|other| **other != node)
                .map(|other| format!("n{other}"))
                .collect();
            return Some((at, format!("n{node}"), instance, others.join(" ")));
        }
    }
    None
}
