//! What must hold for links, and for what is concluded from them.

use crate::Broken;
use crate::excuses::Excuses;
use sim::{Recording, Told, Truth, What};

/// G8: nothing that was damaged, or had been taken before, is taken for a packet of a peer.
///
/// # Errors
/// With the first that was.
pub fn intrusions(truth: &Truth) -> Result<(), Broken> {
    let Some(first) = truth.intrusions.first() else { return Ok(()) };
    let kind = if first.was_damaged { "damaged" } else { "replayed" };
    Err(Broken::new("G8", format!("n{} took a {kind} datagram at {}", first.node, first.at)))
}

/// G9 and L6: a node is suspected only if it was really out of reach, on all rings or because it
/// did not run; and by nobody who has just woken.
///
/// # Errors
/// With the first that was suspected without reason.
pub fn suspicions(recording: &Recording, truth: &Truth) -> Result<(), Broken> {
    let excuses = Excuses::new(recording, truth);
    for life in &recording.lives {
        for Told { at, what } in &life.told {
            let What::Suspected { node, after } = what else { continue };
            if excuses.explain_silence((life.node, *node), *at, *after) {
                continue;
            }
            let who = life.node;
            return Err(if excuses.has_just_woken(who, *at) {
                Broken::new("L6", format!("n{who} woke, and suspected n{node} at {at}"))
            } else {
                let silent = after.as_millis();
                let what = format!(
                    "n{who} suspected n{node} at {at} after {silent} ms; a good ring was there"
                );
                Broken::new("G9", what)
            });
        }
    }
    Ok(())
}
