//! Starts the player, and ends play and lab when a signal comes.

use super::DemoArguments;
use crate::answer::complain;
use lab::{Lab, LabError};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, ExitStatus, Stdio};
use tokio::process::{Child, Command};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How the play ended.
enum End {
    /// By itself.
    Played(ExitStatus),
    /// By a signal of this number to this process.
    Interrupted(u8),
}

/// Has the demo played. 0 only if every step held; 128 and its number after a signal, and then
/// nothing of it is left.
pub(crate) fn run(how: DemoArguments) -> ExitCode {
    let folder = match how.keep {
        true => lab::default_folder(),
        false => std::env::temp_dir().join(format!("systole-demo-{}", std::process::id())),
    };
    if Lab::attach(&folder).is_ok() {
        complain("systole", &LabError::AlreadyUp(folder).to_string());
        return ExitCode::FAILURE;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.and_then(|runtime| runtime.block_on(direct(&folder, how)));
    match ended {
        Ok(End::Played(status)) => {
            // One that was killed could not clean up.
            let is_over = !how.keep || status.code().is_none();
            match if is_over { lab::remove(&folder) } else { Ok(()) } {
                Ok(()) => code_of(status),
                Err(error) => failed(&error.to_string()),
            }
        }
        Ok(End::Interrupted(signal)) => {
            farewell(lab::remove(&folder));
            ExitCode::from(128 + signal)
        }
        Err(error) => failed(&crate::words::of_system(&error)),
    }
}

fn failed(why: &str) -> ExitCode {
    complain("systole", why);
    ExitCode::FAILURE
}

fn code_of(status: ExitStatus) -> ExitCode {
    match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => failed("the demo was killed; everything is removed"),
    }
}

/// The terminal may be gone, and its last line half written.
fn farewell(removed: Result<(), LabError>) {
    let said = match removed {
        Ok(()) => "interrupted; everything is removed".to_owned(),
        Err(error) => format!("interrupted; {error}"),
    };
    let start = if io::stderr().is_terminal() { "\r\x1b[K" } else { "" };
    let _ = writeln!(io::stderr(), "{start}systole: {said}");
}

async fn direct(folder: &Path, how: DemoArguments) -> io::Result<End> {
    // Before there is anything that would have to be removed.
    let mut signals = Signals::watched()?;
    let mut player = start(folder.to_owned(), how)?;
    let number = tokio::select! {
        status = player.wait() => return Ok(End::Played(status?)),
        number = signals.next() => number,
    };
    // With all that it runs just now: nothing may be written from here on.
    if let Some(group) = player.id() {
        let _ = os::process::signal_group(group, os::process::Send::Kill);
    }
    player.wait().await?;
    Ok(End::Interrupted(number))
}

/// In a group of its own: what is typed at the terminal comes to this process alone.
fn start(folder: PathBuf, how: DemoArguments) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("demo-player").arg(folder);
    let options = [(how.keep, "--keep"), (how.fast, "--fast")];
    command.args(options.iter().filter(|(given, _)| *given).map(|(_, option)| option));
    command.stdin(Stdio::null()).process_group(0).spawn()
}

/// The signals that end the demo.
struct Signals {
    interrupted: Signal,
    terminated: Signal,
    hung_up: Signal,
}

impl Signals {
    fn watched() -> io::Result<Self> {
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
            hung_up: signal(SignalKind::hangup())?,
        })
    }

    /// The number of the next one.
    async fn next(&mut self) -> u8 {
        let kind = tokio::select! {
            _ = self.interrupted.recv() => SignalKind::interrupt(),
            _ = self.terminated.recv() => SignalKind::terminate(),
            _ = self.hung_up.recv() => SignalKind::hangup(),
        };
        u8::try_from(kind.as_raw_value()).unwrap_or_default()
    }
}
