//! Process 1 of a machine: furnishes it, starts its daemon, reaps orphans, freezes on command.
//!
//! The machine lives exactly as long as this process: the kernel kills everything else in the
//! namespace when it ends, and it ends when the supervisor hangs up.

use crate::cell::Line;
use crate::census;
use crate::furnish::furnish;
use crate::layout::{Layout, settings};
use os::process::{Ending, Send};
use std::fs::OpenOptions;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode, Stdio};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::signal::unix::{SignalKind, signal};

/// The hidden subcommand `lab-init DIR NODE`.
pub(crate) fn main(layout: &Layout, node: &str) -> ExitCode {
    let Ok(mut line) = Line::of_this_process() else { return ExitCode::FAILURE };
    let mut begin = || {
        os::process::die_with_parent()?;
        // Until the cell has told which process this is, the line is the cell's.
        line.expect("start")?;
        start(layout, node)
    };
    let daemon = match begin() {
        Ok(daemon) => daemon,
        Err(error) => {
            let _ = line.say(&format!("failed {error}"));
            return ExitCode::FAILURE;
        }
    };
    match serve(layout, node, line, daemon) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lab: {node}: process 1 ends: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Furnishes the machine and starts its daemon; returns the daemon's process id in here.
fn start(layout: &Layout, node: &str) -> io::Result<u32> {
    let options = settings(layout)?;
    furnish(layout, node, &options)?;
    std::env::set_current_dir("/")?;
    let words = layout.fill_in(&options.daemon, node);
    let Some((program, arguments)) = words.split_first() else {
        return Err(io::Error::other("the daemon's command line is empty"));
    };
    let log = OpenOptions::new().append(true).create(true).open(layout.node_log(node))?;
    let daemon = Command::new(program)
        .args(arguments)
        .envs(layout.environment())
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()
        .map_err(|error| io::Error::new(error.kind(), format!("starting {program}: {error}")))?;
    note(layout, node, "running");
    Ok(daemon.id())
}

fn serve(layout: &Layout, node: &str, line: Line, daemon: u32) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async {
        let mut deaths = signal(SignalKind::child())?;
        let stream = line.into_stream();
        stream.set_nonblocking(true)?;
        let (words, mut answers) = UnixStream::from_std(stream)?.into_split();
        let mut words = BufReader::new(words).lines();
        answers.write_all(b"ready\n").await?;
        loop {
            // A death between the start and the first look at the signal is found here.
            reap(layout, node, daemon)?;
            tokio::select! {
                _ = deaths.recv() => {}
                word = words.next_line() => match word? {
                    Some(word) => answers.write_all(obey(&word, daemon).as_bytes()).await?,
                    None => return Ok(()),
                },
            }
        }
    })
}

fn obey(word: &str, daemon: u32) -> String {
    let done = match word {
        "stop" => os::process::signal_all_others(Send::Stop),
        "continue" => os::process::signal_all_others(Send::Continue),
        "kill" => kill(daemon),
        _ => Err(io::Error::other("unknown word")),
    };
    match done {
        Ok(()) => "done\n".to_owned(),
        Err(error) => format!("failed {error}\n"),
    }
}

/// Kills what does the daemon's work: the process that the program which was started watches over.
/// Between two of those there is nothing to kill.
fn kill(daemon: u32) -> io::Result<()> {
    match census::workers(daemon).into_iter().next() {
        Some(worker) => os::process::signal(worker, Send::Kill),
        None => Err(io::Error::other("no daemon runs there at the moment")),
    }
}

fn reap(layout: &Layout, node: &str, daemon: u32) -> io::Result<()> {
    while let Some((process, ending)) = os::process::reap()? {
        if process == daemon {
            let words = match ending {
                Ending::Exited(code) => format!("exited with {code}"),
                Ending::Killed(signal) => format!("killed by signal {signal}"),
            };
            eprintln!("lab: {node}: the daemon {words}");
            note(layout, node, &words);
        }
    }
    Ok(())
}

/// For `lab status`; a machine does not fail because its note could not be written.
fn note(layout: &Layout, node: &str, words: &str) {
    let _ = std::fs::write(layout.daemon(node), words);
}
