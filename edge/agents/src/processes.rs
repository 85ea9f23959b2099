//! Processes and process groups, as `/proc` shows them (proc(5)).

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use std::fs;

/// What `/proc/PID/stat` says about one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: i32,
    pub(crate) state: char,
    pub(crate) group: i32,
    pub(crate) session: i32,
    /// Clock ticks from boot to the start of the process: with the pid, its identity.
    pub(crate) start: u64,
}

/// The process, or `None` when there is no such.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// Everything that runs, in no particular order.
pub(crate) fn all() -> impl Iterator<Item = Stat> {
    pids().filter_map(stat)
}

/// The ids of everything that runs.
pub(crate) fn pids() -> impl Iterator<Item = i32> {
    fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
}

/// Whether the process was started with `variable` in its environment.
pub(crate) fn has_variable(pid: i32, variable: &str) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|bytes| bytes.split(|&byte| byte == 0).any(|one| one == variable.as_bytes()))
}

/// Sends `signal` to every process of the group; to one that is gone, nothing happens.
pub(crate) fn signal_group(group: Pid, signal: Signal) {
    // ESRCH is what we want to reach, EPERM is a process we cannot help.
    let _ = kill_process_group(group, signal);
}

/// Whether anything of the group still runs. The dead that nobody has buried yet do not count.
pub(crate) fn group_runs(group: Pid) -> bool {
    if test_kill_process_group(group) == Err(Errno::SRCH) {
        return false;
    }
    all().any(|one| one.group == group.as_raw_nonzero().get() && !matches!(one.state, 'Z' | 'X'))
}

fn parse_stat(line: &str) -> Option<Stat> {
    // The name stands in brackets and may itself hold blanks and brackets.
    let (front, back) = line.rsplit_once(')')?;
    let pid = front.split_once(' ')?.0.parse().ok()?;
    let fields: Vec<&str> = back.split_ascii_whitespace().collect();
    Some(Stat {
        pid,
        state: fields.first()?.chars().next()?,
        group: fields.get(2)?.parse().ok()?,
        session: fields.get(3)?.parse().ok()?,
        start: fields.get(19)?.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let line = "42 (a) b (c) S 1 40 39 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 777 0 0";
        let expected = Stat { pid: 42, state: 'S', group: 40, session: 39, start: 777 };
        assert_eq!(parse_stat(line), Some(expected));
        assert_eq!(parse_stat("42 (cut"), None);
    }
}
