//! The guardian: the one process of a lab that cleans up when all the others are gone.
//!
//! It prepares the folder, starts the supervisor and waits for its end, or for a signal, or for
//! whoever wanted the lab to vanish before saying "keep". After any of these nothing of the lab
//! is left: no process, no loop device, no socket; of one that lives with its caller no file.

use crate::cell::Line;
use crate::census::{PARTS, is_alive, processes};
use crate::cluster;
use crate::layout::Layout;
use crate::options::{LabOptions, Lifetime};
use crate::protocol::{receive, send};
use serde::{Deserialize, Serialize};
use std::io::{self, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{ExitCode, Stdio};
use std::time::Duration;
use tokio::io::AsyncBufReadExt;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

/// How long the kernel may take to end all processes of a lab.
const ENDING: Duration = Duration::from_secs(5);

/// What the guardian tells whoever wanted the lab.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Report {
    /// All machines run. The guardian waits for the word "keep", or for its caller to vanish.
    Up,
    /// Another guardian holds the folder.
    Taken,
    /// There is no lab, for this reason.
    Failed(String),
}

/// Why a lab is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// It was ended.
    Ended,
    /// Whoever wanted it is gone, and had not said that it is to go on.
    Unwanted,
}

/// The hidden subcommand `lab-guardian DIR`: reads the options from its standard input, a socket,
/// and reports there.
pub(crate) fn main(layout: &Layout) -> ExitCode {
    let Ok(line) = Line::of_this_process() else { return ExitCode::FAILURE };
    let mut client = line.into_stream();
    // Its parent may be a shell's job: what is typed there is not meant for the lab.
    let _ = os::process::begin_session();
    let lock = match os::file::lock(&layout.lock()) {
        Ok(Some(lock)) => lock,
        Ok(None) => return tell(&mut client, &Report::Taken),
        Err(error) => return tell(&mut client, &Report::Failed(error.to_string())),
    };
    let mut lifetime = Lifetime::UntilDown;
    let ended = wanted(&client).and_then(|options| {
        let Some(options) = options else { return Ok(Over::Unwanted) };
        lifetime = options.lifetime;
        prepare(layout, &options)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(guard(layout, client.try_clone()?))
    });
    clean_up(layout);
    if matches!(ended, Ok(Over::Unwanted)) && lifetime == Lifetime::WithCaller {
        // Whoever waits for the lock finds no folder then.
        let _ = layout.erase();
    }
    let code = match ended {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => tell(&mut client, &Report::Failed(error.to_string())),
    };
    // Kept to the very end: whoever gets the lock may rely on it that nothing is left.
    std::mem::forget(lock);
    code
}

fn tell(client: &mut UnixStream, report: &Report) -> ExitCode {
    if let Report::Failed(reason) = report {
        eprintln!("lab: {reason}");
    }
    // Nobody may be listening any more; the log has it.
    let _ = send(client, report);
    ExitCode::FAILURE
}

/// The lab that is wanted; none when whoever wanted it is gone already.
fn wanted(client: &UnixStream) -> io::Result<Option<LabOptions>> {
    let options = receive(&mut BufReader::new(client.try_clone()?))?;
    client.set_nonblocking(true)?;
    let heard = (&mut &*client).read(&mut [0]);
    client.set_nonblocking(false)?;
    Ok(if matches!(heard, Ok(0)) { None } else { options })
}

fn prepare(layout: &Layout, options: &LabOptions) -> io::Result<()> {
    release_devices(layout);
    std::fs::write(layout.log(), "")?;
    layout.wipe()?;
    std::fs::write(layout.settings(), serde_json::to_vec_pretty(options)?)?;
    cluster::prepare(layout, options).map_err(io::Error::other)
}

/// From the supervisor's start to its end.
async fn guard(layout: &Layout, client: UnixStream) -> io::Result<Over> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let (mut supervisor, line) = spawn_supervisor(layout)?;
    let watched = tokio::select! {
        watched = watch(&mut supervisor, line, client) => watched,
        _ = terminated.recv() => Ok(Over::Ended),
        _ = interrupted.recv() => Ok(Over::Ended),
        _ = hung_up.recv() => Ok(Over::Ended),
    };
    let parts = processes(layout.folder(), &PARTS);
    // Everything else hangs on it and goes with it.
    let _ = supervisor.kill().await;
    // In their last moments the kernel unmounts the disks, and their command lines are gone.
    os::process::wait_until(ENDING, || !parts.iter().any(|part| is_alive(*part)));
    watched
}

/// Until the supervisor ends, or the client vanishes before it said "keep".
async fn watch(
    supervisor: &mut Child,
    line: tokio::net::UnixStream,
    client: UnixStream,
) -> io::Result<Over> {
    client.set_nonblocking(true)?;
    let heard = tokio::net::UnixStream::from_std(client.try_clone()?)?;
    let mut wishes = tokio::io::BufReader::new(heard).lines();
    let mut words = tokio::io::BufReader::new(line).lines();
    tokio::select! {
        // Nothing is said on it before the lab is up: it was closed.
        _ = wishes.next_line() => return Ok(Over::Unwanted),
        word = words.next_line() => match word?.as_deref() {
            Some("up") => {}
            Some(word) => {
                let why = word.strip_prefix("failed ").unwrap_or(word);
                return Err(io::Error::other(why.to_owned()));
            }
            None => return Err(io::Error::other("the supervisor died while it started")),
        },
    }
    if send(&mut &client, &Report::Up).is_err() {
        return Ok(Over::Unwanted);
    }
    tokio::select! {
        _ = supervisor.wait() => return Ok(Over::Ended),
        wish = wishes.next_line() => {
            if !matches!(wish, Ok(Some(word)) if word == "keep") {
                return Ok(Over::Unwanted);
            }
        }
    }
    supervisor.wait().await?;
    Ok(Over::Ended)
}

fn spawn_supervisor(layout: &Layout) -> io::Result<(Child, tokio::net::UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let supervisor = Command::new(std::env::current_exe()?)
        .args(["lab-supervisor".as_ref(), layout.folder().as_os_str()])
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    ours.set_nonblocking(true)?;
    Ok((supervisor, tokio::net::UnixStream::from_std(ours)?))
}

/// What the kernel does not end with the supervisor.
fn clean_up(layout: &Layout) {
    let are_gone = || processes(layout.folder(), &PARTS).iter().all(|part| !is_alive(*part));
    if !os::process::wait_until(ENDING, are_gone) {
        eprintln!("lab: processes of the lab are still ending");
    }
    release_devices(layout);
    if let Err(error) = layout.retire() {
        eprintln!("lab: cleaning up {}: {error}", layout.folder().display());
    }
}

/// Returns when the kernel has let go of them: a device that is still mounted is detached later.
fn release_devices(layout: &Layout) {
    // Without /sys or without loop devices there is nothing to release.
    let attached = || os::loopback::attached_under(&layout.disks()).unwrap_or_default();
    for device in attached() {
        if let Err(error) = os::loopback::detach(&device) {
            eprintln!("lab: detaching {}: {error}", device.display());
        }
    }
    if !os::process::wait_until(ENDING, || attached().is_empty()) {
        eprintln!("lab: the kernel still holds disks of the lab");
    }
}
