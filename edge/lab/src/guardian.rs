//! The guardian: the one process of a lab that cleans up when all the others are gone.
//!
//! It prepares the folder, starts the supervisor and waits for its end, or for a signal, or for
//! whoever wanted the lab to vanish before it was complete. After any of these nothing of the
//! lab is left: no process, no loop device, no socket.

use crate::cell::Line;
use crate::cluster;
use crate::layout::Layout;
use crate::options::LabOptions;
use crate::protocol::{receive, send};
use serde::{Deserialize, Serialize};
use std::io::{self, BufReader};
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
    /// All machines run. The guardian waits for the word "keep".
    Up,
    /// Another guardian holds the folder.
    Taken,
    /// There is no lab, for this reason.
    Failed(String),
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
    let ended = prepare(layout, &client).and_then(|()| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        runtime.block_on(guard(layout, client.try_clone()?))
    });
    clean_up(layout);
    drop(lock);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(&mut client, &Report::Failed(error.to_string())),
    }
}

fn tell(client: &mut UnixStream, report: &Report) -> ExitCode {
    if let Report::Failed(reason) = report {
        eprintln!("lab: {reason}");
    }
    // Nobody may be listening any more; the log has it.
    let _ = send(client, report);
    ExitCode::FAILURE
}

fn prepare(layout: &Layout, client: &UnixStream) -> io::Result<()> {
    let options: LabOptions = receive(&mut BufReader::new(client.try_clone()?))?
        .ok_or_else(|| io::Error::other("nobody wants this lab any more"))?;
    release_devices(layout);
    std::fs::write(layout.log(), "")?;
    layout.wipe()?;
    std::fs::write(layout.settings(), serde_json::to_vec_pretty(&options)?)?;
    cluster::prepare(layout, &options).map_err(io::Error::other)
}

/// From the supervisor's start to its end.
async fn guard(layout: &Layout, client: UnixStream) -> io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    let mut interrupted = signal(SignalKind::interrupt())?;
    let mut hung_up = signal(SignalKind::hangup())?;
    let (mut supervisor, line) = spawn_supervisor(layout)?;
    client.set_nonblocking(true)?;
    let client = tokio::net::UnixStream::from_std(client)?;
    let watched = tokio::select! {
        watched = watch(&mut supervisor, line, client) => watched,
        _ = terminated.recv() => Ok(()),
        _ = interrupted.recv() => Ok(()),
        _ = hung_up.recv() => Ok(()),
    };
    // Everything else hangs on it and goes with it.
    let _ = supervisor.kill().await;
    watched
}

/// Until the supervisor ends, or the client vanishes before it said "keep".
async fn watch(
    supervisor: &mut Child,
    line: tokio::net::UnixStream,
    client: tokio::net::UnixStream,
) -> io::Result<()> {
    let mut words = tokio::io::BufReader::new(line).lines();
    match words.next_line().await?.as_deref() {
        Some("up") => {}
        Some(word) => {
            let why = word.strip_prefix("failed ").unwrap_or(word);
            return Err(io::Error::other(why.to_owned()));
        }
        None => return Err(io::Error::other("the supervisor died while it started")),
    }
    let client = client.into_std()?;
    send(&mut &client, &Report::Up)?;
    let mut wishes = tokio::io::BufReader::new(tokio::net::UnixStream::from_std(client)?).lines();
    tokio::select! {
        _ = supervisor.wait() => return Ok(()),
        wish = wishes.next_line() => {
            if wish?.as_deref() != Some("keep") {
                eprintln!("lab: nobody wants this lab any more");
                return Ok(());
            }
        }
    }
    supervisor.wait().await?;
    Ok(())
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
    if !os::process::wait_until(ENDING, || !machines_are_left(layout)) {
        eprintln!("lab: processes of a machine are still ending");
    }
    release_devices(layout);
    if let Err(error) = layout.retire() {
        eprintln!("lab: cleaning up {}: {error}", layout.folder().display());
    }
}

fn machines_are_left(layout: &Layout) -> bool {
    let Ok(nodes) = std::fs::read_dir(layout.folder().join("nodes")) else { return false };
    nodes.flatten().any(|node| {
        std::fs::read_to_string(node.path().join("pid"))
            .is_ok_and(|pid| std::path::Path::new("/proc").join(pid.trim()).exists())
    })
}

fn release_devices(layout: &Layout) {
    // Without /sys or without loop devices there is nothing to release.
    for device in os::loopback::attached_under(&layout.disks()).unwrap_or_default() {
        if let Err(error) = os::loopback::detach(&device) {
            eprintln!("lab: detaching {}: {error}", device.display());
        }
    }
}
