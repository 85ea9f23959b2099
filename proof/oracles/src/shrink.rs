//! Makes a failing script short: what can be left out without making it right again is left out.

use crate::play::play;
use sim::Script;

/// The shortest script found that breaks the same invariant; `script` itself when it breaks none.
/// `told` hears after each round how many events are left.
pub fn shrink(script: &Script, mut told: impl FnMut(usize)) -> Script {
    let Err(broken) = play(script).verdict else { return script.clone() };
    let fails = |script: &Script| play(script).verdict.is_err_and(|other| other.id == broken.id);
    let mut best = script.clone();
    let mut size = best.events.len().div_ceil(2);
    // Delta debugging (Zeller, Hildebrandt, 2002) without its complements: leave out large parts
    // first, then smaller ones.
    while size > 0 {
        let mut from = 0;
        while from < best.events.len() {
            let mut shorter = best.clone();
            let to = (from + size).min(shorter.events.len());
            shorter.events.drain(from..to);
            if fails(&shorter) {
                best = shorter;
            } else {
                from = to;
            }
        }
        told(best.events.len());
        size /= 2;
    }
    best
}
