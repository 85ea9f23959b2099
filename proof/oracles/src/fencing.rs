//! What must hold for fencing.

use crate::Broken;
use sim::{Deed, Recording, Told, Truth, What};
use std::time::Duration;

/// What was on its way when a node was cut off has come by then.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// F1: without the right to act nobody is fenced.
///
/// # Errors
/// With the first who was.
pub fn shots(truth: &Truth) -> Result<(), Broken> {
    for act in truth.acts.iter().filter(|act| !act.was_quorate) {
        if let Deed::Fence(target) = act.deed {
            let (node, at) = (act.node, act.at);
            return Err(Broken::new(
                "F1",
                format!("n{node} shot n{target} at {at} without quorum"),
            ));
        }
    }
    Ok(())
}

/// F5: a machine life that a fence device has ended is in no view that is installed later.
///
/// # Errors
/// With the first that was.
pub fn returns(recording: &Recording, truth: &Truth) -> Result<(), Broken> {
    for (cut_off, node) in &truth.cut_off {
        let lives = recording.lives.iter().filter(|life| life.node == *node);
        let Some(boot) =
            lives.filter(|life| life.born <= *cut_off).map(|life| life.boot).next_back()
        else {
            continue;
        };
        for life in &recording.lives {
            for Told { at, what } in &life.told {
                if let What::View { view, .. } = what
                    && *at > *cut_off + ON_ITS_WAY
                    && view.member(*node).is_some_and(|member| member.boot == boot)
                {
                    let what = format!(
                        "n{node} was cut off at {cut_off}, and is in n{}'s view {} at {at}",
                        life.node, view.id
                    );
                    return Err(Broken::new("F5", what));
                }
            }
        }
    }
    Ok(())
}
