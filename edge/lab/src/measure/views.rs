//! How long it takes until everybody is in the same view.

use super::{MeasureError, Membership, Seen, everybody};
use crate::client::Lab;
use std::collections::BTreeSet;
use std::time::Duration;

/// Between two questions. What is measured are the nodes' own time stamps: asking more often
/// would make nothing more exact, and take the cluster's time away.
const BETWEEN: Duration = Duration::from_millis(50);

/// Waits until each of `members` is in the view of just these; gives the moment at which the last
/// of them installed it, on the clock of `os::clock::monotonic`.
///
/// # Errors
/// When that does not come about in `patience`.
pub fn in_one_view(
    lab: &Lab,
    membership: &impl Membership,
    members: &BTreeSet<String>,
    patience: Duration,
) -> Result<Duration, MeasureError> {
    let end = os::clock::monotonic() + patience;
    loop {
        let mut last = Duration::ZERO;
        let mut missing = None;
        // One after the other, none twice: the first that is not there is reason enough to wait.
        for node in members {
            match membership.seen(lab, node) {
                Some(seen) if seen.members == *members => last = last.max(seen.installed_at),
                other => {
                    missing = Some((node, other));
                    break;
                }
            }
        }
        let Some((node, seen)) = missing else { return Ok(last) };
        if os::clock::monotonic() >= end {
            let names = |seen: Seen| seen.members.into_iter().collect::<Vec<_>>().join(" ");
            let said = seen.map_or_else(|| "no answer".to_owned(), names);
            let (node, wanted) = (node.clone(), members.len());
            return Err(MeasureError::NoView { node, wanted, said, patience });
        }
        std::thread::sleep(BETWEEN);
    }
}

/// Takes the power of `victim` away and gives the time until the last of the others is in the view
/// without it. It stays off.
///
/// # Errors
/// When the others do not find together in `patience`.
pub fn crash(
    lab: &Lab,
    membership: &impl Membership,
    victim: &str,
    patience: Duration,
) -> Result<Duration, MeasureError> {
    let off = lab.power_off(victim)?;
    let mut survivors = everybody(lab);
    survivors.remove(victim);
    let installed = in_one_view(lab, membership, &survivors, patience)?;
    Ok(installed.saturating_sub(off.pressed_at.unwrap_or_default()))
}
