//! Corosync, and Pacemaker, in the same lab, on the same machine, measured by the same stop-watch.

mod pacemaker;

pub use pacemaker::{START_PACEMAKER, with_pacemaker};

use super::{folder, own_options};
use crate::answer::Failure;
use lab::measure::{Membership, Seen};
use lab::{Lab, LabOptions};
use std::collections::BTreeSet;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Corosync's nodes, as their logs tell of their views.
pub(super) struct Corosync;

/// Whether Corosync can be started here.
pub(super) fn check() -> Result<(), Failure> {
    let mut command = Command::new("corosync");
    let tried = command.arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match tried {
        Ok(status) if status.success() => Ok(()),
        _ => Err(Failure::Other(
            "--peer needs Corosync on this machine (package corosync); leave it out, or install it"
                .into(),
        )),
    }
}

/// A lab that runs Corosync.
pub(super) fn options(nodes: usize) -> Result<LabOptions, Failure> {
    // Its log has the time of day, which must not depend on where the machine stands.
    let daemon = ["env", "TZ=UTC", "corosync", "-f", "-c", "{dir}/cluster/corosync.conf"];
    Ok(LabOptions {
        folder: folder(nodes).with_extension("corosync"),
        daemon: daemon.map(str::to_owned).into(),
        sections: crate::COROSYNC_SECTIONS.to_owned(),
        ..own_options(nodes)?
    })
}

impl Membership for Corosync {
    fn seen(&self, lab: &Lab, node: &str) -> Option<Seen> {
        let log = std::fs::read_to_string(lab.log_of(node)).ok()?;
        let life = log.rsplit("Corosync Cluster Engine").next()?;
        let (time, ids) = life.lines().rev().find_map(members)?;
        let name = |id: usize| lab.options().nodes.get(id.checked_sub(1)?).cloned();
        Some(Seen {
            members: ids.into_iter().filter_map(name).collect::<BTreeSet<_>>(),
            installed_at: on_the_clock(time, os::clock::wall().0, os::clock::monotonic()),
            ..Seen::default()
        })
    }
}

/// The time of day and the ids of `Nov 22 20:47:17.263 [QUORUM] Members[3]: 1 2 3`.
fn members(line: &str) -> Option<(Duration, Vec<usize>)> {
    let (head, list) = line.split_once("Members[")?;
    let (_, ids) = list.split_once("]:")?;
    let clock = head.split_whitespace().find(|word| word.matches(':').count() == 2)?;
    let mut parts = clock.split(':');
    let hours: u32 = parts.next()?.parse().ok()?;
    let minutes: u32 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next()?.parse().ok()?;
    let time = Duration::from_secs(u64::from(hours * 60 + minutes) * 60)
        + Duration::try_from_secs_f64(seconds).ok()?;
    Some((time, ids.split_whitespace().filter_map(|id| id.parse().ok()).collect()))
}

/// A time of the last 24 hours on the monotonic clock, of which `wall` (milliseconds since 1970)
/// and `monotonic` are now.
fn on_the_clock(time: Duration, wall: i64, monotonic: Duration) -> Duration {
    const DAY: i64 = 24 * 60 * 60 * 1000;
    let then = i64::try_from(time.as_millis()).unwrap_or(0);
    let ago = u64::try_from((wall - then).rem_euclid(DAY)).unwrap_or(0);
    monotonic.saturating_sub(Duration::from_millis(ago))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_tells_time_and_members() {
        let line = "Nov 22 20:47:17.263 [77] oss1 corosync notice  [QUORUM] Members[3]: 1 2 3";
        let time = Duration::from_millis(((20 * 60 + 47) * 60 + 17) * 1000 + 263);
        assert_eq!(members(line), Some((time, vec![1, 2, 3])));
        assert_eq!(members("Nov 22 20:47:17.263 [TOTEM ] A new membership was formed."), None);
    }

    #[test]
    fn times_of_yesterday_are_recognised() {
        let (minute, now) = (Duration::from_secs(60), Duration::from_secs(1_000_000));
        let just_after_midnight = 20_000 * 86_400_000 + 1000;
        let one_second_ago = Duration::from_secs(86_400);
        let found = on_the_clock(one_second_ago, just_after_midnight, now);
        assert_eq!(found, now - Duration::from_secs(1));
        let found = on_the_clock(Duration::ZERO, just_after_midnight + 59_000, now);
        assert_eq!(found, now - minute);
    }
}
