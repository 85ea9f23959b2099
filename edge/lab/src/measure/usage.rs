//! What a daemon costs: memory, threads, packets. All from the kernel's own books.

use super::MeasureError;
use crate::census::{children, descendants, stat, workers};
use crate::client::Lab;
use std::time::Duration;

/// The kernel counts the time of processes in hundredths of a second, whatever its own tick is
/// (`USER_HZ`, which has been 100 on every architecture that Linux runs servers on).
const TICK: Duration = Duration::from_millis(10);
/// Where `starttime` and the two sums of processor time stand in `stat` (proc(5) counts from 1 and
/// has two fields before these).
const STARTED: usize = 22 - 3;
const BUSY: [usize; 2] = [14 - 3, 15 - 3];

/// What the daemon on one machine holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Kilobytes in memory (`VmRSS`) of the daemon itself.
    pub resident: u64,
    /// What the process that watches over it adds (`RssAnon`): the program's own pages are there
    /// once for both. 0 where there is none.
    pub parent: u64,
    /// The daemon's threads.
    pub threads: u64,
    /// Processor time it has used so far.
    pub processor: Duration,
}

/// The process that does the daemon's work on `node`, as the host numbers it: the one that the program which
/// was started watches over, or itself.
///
/// # Errors
/// When none runs there.
pub fn worker(lab: &Lab, node: &str) -> Result<u32, MeasureError> {
    let started = daemon(lab, node)?;
    Ok(workers(started).into_iter().next().unwrap_or(started))
}

/// What the daemon on `node` holds.
///
/// # Errors
/// When none runs there.
pub fn usage(lab: &Lab, node: &str) -> Result<Usage, MeasureError> {
    let started = daemon(lab, node)?;
    let worker = workers(started).into_iter().next();
    let nothing = || MeasureError::NoDaemon(node.to_owned());
    let of = |process, name| status_number(process, name).ok_or_else(nothing);
    let process = worker.unwrap_or(started);
    let fields = stat(process).ok_or_else(nothing)?;
    let ticks = BUSY.iter().filter_map(|place| fields.get(*place)?.parse::<u32>().ok()).sum();
    Ok(Usage {
        resident: of(process, "VmRSS")?,
        parent: if worker.is_some() { of(started, "RssAnon")? } else { 0 },
        threads: of(process, "Threads")?,
        processor: TICK * ticks,
    })
}

/// Kilobytes in memory (`VmRSS`) of all processes on `node` whose names begin so.
///
/// # Errors
/// When the machine is off.
pub fn resident(lab: &Lab, node: &str, names: &[&str]) -> Result<u64, MeasureError> {
    let is_meant = |process: u32| {
        let name = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        names.iter().any(|meant| name.starts_with(meant))
    };
    let all = descendants(lab.process_of(node)?).into_iter();
    Ok(all.filter(|it| is_meant(*it)).filter_map(|it| status_number(it, "VmRSS")).sum())
}

/// The time from the start of the first daemon in the lab to `moment`, both on the clock of
/// `os::clock::monotonic`.
///
/// # Errors
/// When a daemon does not run.
pub fn since_first_start(lab: &Lab, moment: Duration) -> Result<Duration, MeasureError> {
    let mut first = moment;
    for node in &lab.options().nodes {
        let fields = stat(daemon(lab, node)?);
        let ticks = fields.and_then(|fields| fields.get(STARTED)?.parse::<u32>().ok());
        first = first.min(TICK * ticks.ok_or_else(|| MeasureError::NoDaemon(node.clone()))?);
    }
    Ok(moment - first)
}

/// Frames that each machine sends on each ring in a second, watched for so long: the mean of all,
/// and the busiest.
///
/// # Errors
/// When a machine is off.
pub fn frames_per_second(lab: &Lab, watch: Duration) -> Result<(f64, f64), MeasureError> {
    let begin = os::clock::monotonic();
    let before = frames_of_all(lab)?;
    std::thread::sleep(watch);
    let after = frames_of_all(lab)?;
    let seconds = (os::clock::monotonic() - begin).as_secs_f64();
    let rates: Vec<f64> = before
        .iter()
        .zip(after)
        .map(|(before, after)| after.saturating_sub(*before) as f64 / seconds)
        .collect();
    let mean = rates.iter().sum::<f64>() / rates.len().max(1) as f64;
    Ok((mean, rates.into_iter().fold(0.0, f64::max)))
}

/// Frames sent so far, machine by machine and ring by ring.
fn frames_of_all(lab: &Lab) -> Result<Vec<u64>, MeasureError> {
    let mut frames = Vec::new();
    for node in &lab.options().nodes {
        let table = format!("/proc/{}/net/dev", lab.process_of(node)?);
        let table = std::fs::read_to_string(table);
        let table = table.map_err(|_| MeasureError::NoDaemon(node.clone()))?;
        frames.extend(frames_sent(&table));
    }
    Ok(frames)
}

/// Frames sent on each ring, from the kernel's table of interfaces.
fn frames_sent(table: &str) -> Vec<u64> {
    // name: bytes packets errs drop fifo frame compressed multicast | bytes packets ...
    const SENT: usize = 9;
    table
        .lines()
        .filter_map(|line| line.trim().strip_prefix("ring")?.split_once(':'))
        .filter_map(|(_, numbers)| numbers.split_whitespace().nth(SENT)?.parse().ok())
        .collect()
}

/// The process that the machine was told to run.
fn daemon(lab: &Lab, node: &str) -> Result<u32, MeasureError> {
    let first = children(lab.process_of(node)?).into_iter().next();
    first.ok_or_else(|| MeasureError::NoDaemon(node.to_owned()))
}

fn status_number(process: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_from_the_rings_alone() {
        let table = "Inter-|   Receive                            |  Transmit\n \
            face |bytes    packets errs drop fifo frame compressed multicast|bytes packets\n    \
            lo:     100       5    0    0    0     0          0         0      100       6    0\n \
            ring0: 2000      15    0    0    0     0          0         0      300      17    0\n \
            ring1:    0       0    0    0    0     0          0         0        0       8    0\n";
        assert_eq!(frames_sent(table), [17, 8]);
    }

    #[test]
    fn this_process_has_memory_and_threads() {
        let own = std::process::id();
        assert!(status_number(own, "VmRSS").expect("it is there") > 0);
        assert!(status_number(own, "Threads").expect("it is there") > 0);
        assert_eq!(status_number(own, "Vm"), None);
    }
}
