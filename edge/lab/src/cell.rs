//! The cell: makes the namespaces of one machine and starts its process 1 in them.
//!
//! It talks to the supervisor over its standard input, a socket which it hands on to process 1:
//! "unshared", then "linked" comes back, then "init PID". The rest is between supervisor and init:
//! "start", "ready", then "stop" and "continue" at will, each answered by "done".

use crate::layout::Layout;
use os::namespace::Kinds;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode};

/// The line between a machine and the supervisor. Read byte by byte: cell and init use the same
/// socket one after the other, and neither may swallow what is meant for the other.
#[derive(Debug)]
pub(crate) struct Line(UnixStream);

impl Line {
    pub(crate) const fn new(stream: UnixStream) -> Self {
        Self(stream)
    }

    /// The line on this process's standard input.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        Ok(Self(UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?)))
    }

    pub(crate) fn into_stream(self) -> UnixStream {
        self.0
    }

    pub(crate) fn say(&mut self, word: &str) -> io::Result<()> {
        self.0.write_all(format!("{word}\n").as_bytes())
    }

    /// The next word from the other side.
    pub(crate) fn hear(&mut self) -> io::Result<String> {
        let mut word = Vec::new();
        let mut byte = [0];
        loop {
            self.0.read_exact(&mut byte)?;
            match byte {
                [b'\n'] => return Ok(String::from_utf8_lossy(&word).into_owned()),
                [byte] => word.push(byte),
            }
        }
    }

    /// The next word, which must be `expected`, perhaps with something after it: that is
    /// returned. "failed WHY" is the other side's way to say no.
    pub(crate) fn expect(&mut self, expected: &str) -> io::Result<String> {
        let word = self.hear()?;
        if let Some(rest) = word.strip_prefix(expected) {
            return Ok(rest.trim().to_owned());
        }
        let why = word.strip_prefix("failed ").unwrap_or(&word);
        Err(io::Error::other(why.to_owned()))
    }
}

/// The hidden subcommand `lab-cell DIR NODE`.
pub(crate) fn main(layout: &Layout, node: &str) -> ExitCode {
    let Ok(mut line) = Line::of_this_process() else { return ExitCode::FAILURE };
    match live(layout, node, &mut line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // The supervisor may be gone; then nobody is left to be told.
            let _ = line.say(&format!("failed {error}"));
            ExitCode::FAILURE
        }
    }
}

fn live(layout: &Layout, node: &str, line: &mut Line) -> io::Result<()> {
    os::namespace::unshare(Kinds::NETWORK | Kinds::MOUNT | Kinds::NAME | Kinds::PROCESS)?;
    os::machine::set_host_name(node)?;
    line.say("unshared")?;
    line.expect("linked")?;
    let mut init = Command::new(std::env::current_exe()?)
        .args(["lab-init".as_ref(), layout.folder().as_os_str(), node.as_ref()])
        .spawn()?;
    line.say(&format!("init {}", init.id()))?;
    init.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_side_hears_word_by_word() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (mut ours, mut theirs) = (Line::new(ours), Line::new(theirs));
        for word in ["init 42", "failed no memory", "ready"] {
            theirs.say(word).unwrap();
        }
        assert_eq!(ours.expect("init").unwrap(), "42");
        assert_eq!(ours.expect("ready").unwrap_err().to_string(), "no memory");
        assert_eq!(ours.hear().unwrap(), "ready");
        drop(theirs);
        assert!(ours.hear().is_err());
    }
}
