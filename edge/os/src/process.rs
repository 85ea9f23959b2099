//! Processes: their end, their groups, and the privileges that keep one punctual.

use rustix::process::{self as sys, Pid, Resource, Rlimit, Signal, WaitOptions};
use std::io;
use std::time::Duration;

/// The processes of that name (as the kernel keeps it: its first 15 bytes) that live in the same
/// PID namespace as this one; those of containers below it are left out, and those that have ended
/// and were not collected yet.
///
/// # Errors
/// When `/proc` is not there.
pub fn named(name: &str) -> io::Result<Vec<u32>> {
    let own = std::fs::read_link("/proc/self/ns/pid")?;
    let lives_here = |process: u32| {
        let comm = std::fs::read_to_string(format!("/proc/{process}/comm")).unwrap_or_default();
        let namespace = std::fs::read_link(format!("/proc/{process}/ns/pid"));
        let is_named = comm.trim_end_matches('\n') == name;
        is_named && namespace.is_ok_and(|its| its == own) && !has_ended(process)
    };
    let entries = std::fs::read_dir("/proc")?.flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    Ok(ids.filter(|process| lives_here(*process)).collect())
}

fn has_ended(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The state follows the name, which may hold anything.
    stat.rsplit_once(") ").is_none_or(|(_, rest)| rest.starts_with(['Z', 'X']))
}

/// What can be sent to processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Send {
    /// Asks for a clean end.
    Terminate,
    /// Ends without asking.
    Kill,
    /// Freezes; cannot be refused.
    Stop,
    /// Ends a freeze.
    Continue,
    /// Means what the receiver takes it for.
    User1,
    /// The same.
    User2,
}

impl Send {
    const fn signal(self) -> Signal {
        match self {
            Self::Terminate => Signal::TERM,
            Self::Kill => Signal::KILL,
            Self::Stop => Signal::STOP,
            Self::Continue => Signal::CONT,
            Self::User1 => Signal::USR1,
            Self::User2 => Signal::USR2,
        }
    }
}

/// Signals one process.
///
/// # Errors
/// When there is none with this id, or it belongs to somebody else.
pub fn signal(process: u32, what: Send) -> io::Result<()> {
    Ok(sys::kill_process(pid(process)?, what.signal())?)
}

/// Signals every process of a group.
///
/// # Errors
/// When no process is left in it, or none of them may be signalled.
pub fn signal_group(leader: u32, what: Send) -> io::Result<()> {
    match leader {
        // kill(-1) would be everybody.
        0 | 1 => Err(io::ErrorKind::InvalidInput.into()),
        leader => Ok(sys::kill_process_group(pid(leader)?, what.signal())?),
    }
}

/// Signals every process of this process's PID namespace at once, except the namespace's first
/// one and the caller.
///
/// The kernel walks its process list under a lock that `fork` needs too, so no process slips
/// through by forking meanwhile.
///
/// # Errors
/// When the caller is not the first process of a PID namespace (it would hit the whole machine).
/// That there is nobody else is no error.
pub fn signal_all_others(what: Send) -> io::Result<()> {
    if std::process::id() != 1 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "only process 1 of a namespace may signal all of it",
        ));
    }
    // A group's signal goes to the negated id, and kill(-1) means everyone.
    match sys::kill_process_group(Pid::INIT, what.signal()) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Asks the kernel to kill this process when the thread that started it ends.
///
/// # Errors
/// When the parent is already gone: the caller should end itself.
pub fn die_with_parent() -> io::Result<()> {
    let parent = sys::getppid();
    sys::set_parent_process_death_signal(Some(Signal::KILL))?;
    // The parent may have died before the kernel was asked. Inside a new PID namespace the
    // parent is not visible at all, and its death still counts.
    if sys::getppid() == parent { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
}

/// Begins a session without a controlling terminal, so that nothing typed there reaches it.
///
/// # Errors
/// When this process already leads a group.
pub fn begin_session() -> io::Result<()> {
    sys::setsid()?;
    Ok(())
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It returned this code.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

/// Collects one child that has ended, whoever started it (what process 1 is for).
///
/// # Errors
/// When the kernel refuses to wait; that there are no children is no error.
pub fn reap() -> io::Result<Option<(u32, Ending)>> {
    let (process, status) = match sys::wait(WaitOptions::NOHANG) {
        Ok(Some(ended)) => ended,
        Ok(None) | Err(rustix::io::Errno::CHILD) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let ending = status
        .exit_status()
        .map(Ending::Exited)
        .or_else(|| status.terminating_signal().map(Ending::Killed))
        .unwrap_or(Ending::Killed(0));
    Ok(Some((process.as_raw_nonzero().get().unsigned_abs(), ending)))
}

/// Locks the memory of this process, present and future. Called before threads are started: what
/// is mapped is made present at once, and of a stack that nobody has used yet that would be all
/// its megabytes.
///
/// # Errors
/// One line for people, when the privilege is missing: a machine that swaps may delay this node
/// then, nothing else.
pub fn lock_memory() -> Result<(), String> {
    lock_all_memory().map_err(|error| {
        format!(
            "memory is not locked ({error}): a swapping machine may delay this node; allow it \
             with LimitMEMLOCK=infinity or CAP_IPC_LOCK"
        )
    })
}

/// Gives the calling thread real-time priority. Children do not inherit it.
///
/// # Errors
/// One line for people, when the privilege is missing: a loaded machine may delay this node then,
/// nothing else.
pub fn raise_priority() -> Result<(), String> {
    schedule_in_real_time().map_err(|error| {
        format!(
            "no real-time priority ({error}): a loaded machine may delay this node; allow it \
             with LimitRTPRIO=99 or CAP_SYS_NICE"
        )
    })
}

/// With a limit in place, locking future memory would make allocations fail later on, so the
/// limit has to go first. It does not count for those with `CAP_IPC_LOCK`, who in a container may
/// lack the privilege to lift it.
fn lock_all_memory() -> io::Result<()> {
    use rustix::mm::{MlockAllFlags, mlockall};
    let unlimited = Rlimit { current: None, maximum: None };
    if sys::getrlimit(Resource::Memlock) != unlimited && !is_above_lock_limit() {
        sys::setrlimit(Resource::Memlock, unlimited)?;
    }
    mlockall(MlockAllFlags::CURRENT)?;
    // What comes later is locked page by page as it is used: a thread's stack is not 8 MiB yet.
    Ok(mlockall(MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT)?)
}

fn is_above_lock_limit() -> bool {
    use rustix::thread::{CapabilitySet, capabilities};
    capabilities(None).is_ok_and(|own| own.effective.contains(CapabilitySet::IPC_LOCK))
}

const SCHED_RR: i32 = 2;
const SCHED_RESET_ON_FORK: i32 = 0x4000_0000;
/// Above ordinary work, below the kernel's own interrupt threads (50).
const PRIORITY: i32 = 20;

#[repr(C)]
struct SchedulingParameter {
    priority: i32,
}

unsafe extern "C" {
    fn sched_setscheduler(process: i32, policy: i32, parameter: *const SchedulingParameter) -> i32;
}

fn schedule_in_real_time() -> io::Result<()> {
    let parameter = SchedulingParameter { priority: PRIORITY };
    // SAFETY: the call reads one `struct sched_param`, which is a single int, and keeps nothing.
    // Id 0 is the calling thread.
    let answer =
        unsafe { sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &raw const parameter) };
    if answer == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Waits until `done` says so, asking every two milliseconds, at most for `patience`.
/// Says whether it was done in time.
pub fn wait_until(patience: Duration, mut done: impl FnMut() -> bool) -> bool {
    let end = crate::clock::monotonic() + patience;
    loop {
        if done() {
            return true;
        }
        if crate::clock::monotonic() >= end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn pid(process: u32) -> io::Result<Pid> {
    i32::try_from(process)
        .ok()
        .and_then(Pid::from_raw)
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::process::CommandExt;
    use std::process::Command;

    #[test]
    fn who_has_ended_is_named_no_more() {
        let mut child = Command::new("sleep").arg("1000").spawn().expect("sleep");
        let is_there = || named("sleep").unwrap().contains(&child.id());
        assert!(wait_until(Duration::from_secs(5), is_there));
        signal(child.id(), Send::Kill).unwrap();
        let is_gone = || !named("sleep").unwrap().contains(&child.id());
        assert!(wait_until(Duration::from_secs(5), is_gone), "nobody has collected it yet");
        child.wait().unwrap();
    }

    #[test]
    fn a_group_is_ended_with_all_that_it_started() {
        let mut shell = Command::new("sh")
            .args(["-c", "sleep 1000 & wait"])
            .process_group(0)
            .spawn()
            .expect("a shell");
        signal_group(shell.id(), Send::Kill).unwrap();
        assert!(!shell.wait().unwrap().success());
        assert!(wait_until(Duration::from_secs(5), || {
            signal_group(shell.id(), Send::Kill).is_err()
        }));
    }

    #[test]
    fn everybody_is_never_signalled_by_accident() {
        assert!(signal_group(1, Send::Stop).is_err());
        assert!(signal_group(0, Send::Stop).is_err());
        assert!(signal(0, Send::Stop).is_err());
        assert!(signal_all_others(Send::Stop).is_err());
    }
}
