//! The small parent: starts the daemon, and starts it again when it dies.
//!
//! It has no state and no locks, so that nothing can go wrong in it. A daemon that ends by itself
//! with a reason (a wrong configuration, an orderly stop) is not started again; one that fails again
//! and again at the same place waits for a person (`hold`).

use crate::Options;
use crate::aside::say;
use crate::hold::Failures;
use std::process::{ExitCode, ExitStatus};
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// The daemon says with this code that starting it again would not help (`EX_CONFIG`).
pub(crate) const HOPELESS: u8 = 78;
/// A daemon that dies sooner than this after its start is not started again at once.
const SOON: Duration = Duration::from_secs(2);
/// How often it is looked whether a node on hold may go on.
const LOOK: Duration = Duration::from_millis(500);
/// The pause before the next try then.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs the daemon until it ends in order, or cannot start.
pub fn supervise(options: &Options) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    match runtime {
        Ok(runtime) => runtime.block_on(watch(options)),
        Err(error) => failure(&error.to_string()),
    }
}

fn failure(why: &str) -> ExitCode {
    say(why);
    ExitCode::FAILURE
}

async fn watch(options: &Options) -> ExitCode {
    let (Ok(mut stop), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        return failure("cannot listen to signals");
    };
    let mut ran = false;
    loop {
        tokio::select! {
            () = hold(options) => {}
            _ = stop.recv() => return ExitCode::SUCCESS,
            _ = interrupt.recv() => return ExitCode::SUCCESS,
        }
        let started = Instant::now();
        let mut child = match start(options) {
            Ok(child) => child,
            Err(error) => return failure(&format!("cannot start the daemon: {error}")),
        };
        let ended = loop {
            tokio::select! {
                ended = child.wait() => break ended,
                _ = stop.recv() => pass_on(&child),
                _ = interrupt.recv() => pass_on(&child),
            }
        };
        ran |= started.elapsed() >= SOON;
        match ended {
            // One that has run before may be kept from it for a moment only: a full disk, an
            // interface that is down.
            Ok(status) if is_final(status) && (status.success() || !ran) => {
                return ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1));
            }
            Ok(status) => say(format_args!("the daemon ended with {status}; starting it again")),
            Err(error) => return failure(&format!("lost the daemon: {error}")),
        }
        if started.elapsed() < SOON {
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Waits as long as the node is on hold. Why it is stands where clients look who find nobody; when a
/// person takes that away the node goes on.
async fn hold(options: &Options) {
    let failures = Failures::of(options);
    let notice = api::hold_path(&options.run);
    let Some(why) = failures.hold() else { return };
    say(&why);
    let written = std::fs::create_dir_all(&options.run)
        .and_then(|()| std::fs::write(&notice, format!("{why}\n")));
    if let Err(error) = written {
        say(format_args!("{}: {error}", notice.display()));
        // Nobody could let it go on.
        return std::future::pending().await;
    }
    while notice.exists() {
        tokio::time::sleep(LOOK).await;
    }
    failures.forget();
}

fn start(options: &Options) -> std::io::Result<Child> {
    let arguments = options.arguments();
    // Also right when the binary on disk has been replaced by an upgrade.
    Command::new("/proc/self/exe").arg("node-daemon").args(arguments).spawn()
}

fn is_final(status: ExitStatus) -> bool {
    status.success() || status.code() == Some(i32::from(HOPELESS))
}

/// The daemon moves away what it runs, and leaves.
fn pass_on(child: &Child) {
    if let Some(process) = child.id()
        && let Err(error) = os::process::signal(process, os::process::Send::Terminate)
    {
        say(format_args!("cannot tell the daemon to stop: {error}"));
    }
}
