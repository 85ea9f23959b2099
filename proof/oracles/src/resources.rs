//! What must hold for resources at every instant.

use base::{Instant, NodeId};
use sim::{Activity, Change};
use std::collections::BTreeMap;

/// R1 is broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("R1: {instance} became active on n{second} at {at} while it was active on n{first}")]
pub struct ActiveTwice {
    /// The service.
    pub instance: String,
    /// Where it was.
    pub first: NodeId,
    /// Where it was started as well.
    pub second: NodeId,
    /// When.
    pub at: Instant,
}

/// R1: in ground truth no instance is ever active on two nodes, not for a moment.
///
/// # Errors
/// With the first moment at which one was.
pub fn never_twice(changes: &[Change]) -> Result<(), ActiveTwice> {
    let mut active: BTreeMap<&str, NodeId> = BTreeMap::new();
    for Change { at, node, instance, activity } in changes {
        match activity {
            Activity::Active => {
                if let Some(&first) = active.get(instance.as_str())
                    && first != *node
                {
                    let (instance, second, at) = (instance.clone(), *node, *at);
                    return Err(ActiveTwice { instance, first, second, at });
                }
                active.insert(instance, *node);
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn change(second: u64, node: u32, activity: Activity) -> Change {
        let at = Instant::after_start(Duration::from_secs(second));
        Change { at, node: NodeId(node), instance: "ost0".into(), activity }
    }

    #[test]
    fn a_move_is_fine_and_an_overlap_is_not() {
        use Activity::{Active, Inactive};
        let moved = [change(1, 1, Active), change(2, 1, Inactive), change(3, 2, Active)];
        assert_eq!(never_twice(&moved), Ok(()));
        let twice = [change(1, 1, Active), change(2, 2, Active), change(3, 1, Inactive)];
        assert!(never_twice(&twice).is_err());
    }
}
