//! Unmounting, if need be against resistance.
//!
//! Whatever is mounted at the directory goes, ours or not as far as can be told: a stop that
//! leaves a file system mounted because its device has a new name today would let it be mounted
//! a second time elsewhere (R1). Never lazily: a lazy unmount only hides that it still runs.

use super::users::{self, Depth};
use super::{Mount, Wanted, read_table};
use crate::builtin::Answer;
use crate::builtin::context::{Context, Failure, say};
use crate::code::OcfCode;
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// How far a stop goes (parameter `force_unmount`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::builtin) enum Force {
    /// Ends no process.
    Never,
    /// Ends those found in this way.
    End(Depth),
}

impl Force {
    pub(super) fn read(context: &Context) -> Result<Self, Failure> {
        Ok(match context.choice("force_unmount")? {
            "safe" => Self::End(Depth::Links),
            "false" | "no" | "0" => Self::Never,
            _ => Self::End(Depth::LinksAndMaps),
        })
    }
}

pub(in crate::builtin) fn stop(
    context: &Context,
    wanted: &Wanted,
    force: Force,
    patience: Duration,
) -> Answer {
    let give_up = Instant::now() + patience;
    for round in 0.. {
        let Some(resistance) = unmount_all(context, wanted)? else { return Ok(OcfCode::Ok) };
        if Instant::now() >= give_up {
            return Err(still_mounted(&resistance, force));
        }
        press(&resistance.point, force, round);
    }
    unreachable!("the rounds end with success or when the time is over")
}

/// How long to try (parameter `fast_stop`).
pub(super) fn patience(context: &Context, wanted: &Wanted) -> Result<Duration, Failure> {
    const FAST: Duration = Duration::from_secs(6);
    let longest = context.patience(wanted.sort.usual_time());
    Ok(if context.is_on("fast_stop")? { longest.min(FAST) } else { longest })
}

/// What a try to unmount ran into.
struct Resistance {
    /// The directory, as the table of mounts has it.
    point: PathBuf,
    complaint: String,
}

/// One try. `None` when nothing is mounted there any more.
fn unmount_all(context: &Context, wanted: &Wanted) -> Result<Option<Resistance>, Failure> {
    let mut complaint = String::new();
    for mount in read_table()?.at_or_below(&wanted.directory) {
        let said = context.call("umount", &unmount_arguments(mount))?;
        if said.code != Some(0) {
            complaint = said.complaint();
            break;
        }
    }
    let left = read_table()?.at(&wanted.directory).map(|mount| mount.point.clone());
    Ok(left.map(|point| Resistance { point, complaint }))
}

/// A dead NFS or CIFS server never answers; `-f` does not wait for it.
fn unmount_arguments(mount: &Mount) -> Vec<&str> {
    let point = mount.point.to_str().unwrap_or_default();
    match mount.fstype.as_str() {
        "nfs" | "nfs4" | "cifs" | "smb3" => vec!["-f", point],
        _ => vec![point],
    }
}

/// Asks users to leave for three rounds, then makes them.
fn press(directory: &Path, force: Force, round: u32) {
    const POLITE_ROUNDS: u32 = 3;
    const ROUND: Duration = Duration::from_secs(1);
    const LOOK: Duration = Duration::from_millis(50);
    let next = Instant::now() + ROUND;
    let Force::End(depth) = force else {
        return sleep(ROUND);
    };
    let (signal, name) =
        if round < POLITE_ROUNDS { (Signal::TERM, "SIGTERM") } else { (Signal::KILL, "SIGKILL") };
    let users = users::of(directory, depth);
    for user in &users {
        say(&format!("INFO: sending {name} to {user}, which uses {}", directory.display()));
        if let Some(pid) = Pid::from_raw(user.pid) {
            // It may be gone by now, which is what is wanted.
            let _ = kill_process(pid, signal);
        }
    }
    while Instant::now() < next && users.iter().any(users::User::lives) {
        sleep(LOOK);
    }
    if users.is_empty() {
        sleep(next.saturating_duration_since(Instant::now()));
    }
}

fn still_mounted(resistance: &Resistance, force: Force) -> Failure {
    let depth = match force {
        Force::End(depth) => depth,
        Force::Never => Depth::Links,
    };
    let users: Vec<String> =
        users::of(&resistance.point, depth).iter().map(ToString::to_string).collect();
    let who = match (users.as_slice(), force) {
        ([], _) => "no process has it open; look for an export, a loop device, a swap file or \
                    another mount namespace that holds it"
            .to_owned(),
        (some, Force::Never) => {
            format!("used by {}; force_unmount=true would end them", some.join(", "))
        }
        (some, Force::End(_)) => format!("used by {}, which do not end", some.join(", ")),
    };
    let (directory, complaint) = (resistance.point.display(), &resistance.complaint);
    Failure::generic(format!("cannot unmount {directory} ({complaint}): {who}"))
}
