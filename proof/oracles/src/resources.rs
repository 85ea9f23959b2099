//! What must hold for resources at every instant.

use crate::Broken;
use base::NodeId;
use sim::{Activity, Change};
use std::collections::BTreeMap;

/// R1: in ground truth no instance is ever active on two nodes, not for a moment.
///
/// # Errors
/// With the first moment at which one was.
pub fn never_twice(changes: &[Change]) -> Result<(), Broken> {
    let mut active: BTreeMap<&str, NodeId> = BTreeMap::new();
    for Change { at, node, instance, activity } in changes {
        match activity {
            Activity::Active => {
                if let Some(first) = active.insert(instance, *node).filter(|first| first != node) {
                    let what = format!(
                        "{instance} became active on n{node} at {at} while it was on n{first}"
                    );
                    return Err(Broken::new("R1", what));
                }
            }
            Activity::Inactive => {
                if active.get(instance.as_str()) == Some(node) {
                    active.remove(instance.as_str());
                }
            }
        }
    }
    Ok(())
}
