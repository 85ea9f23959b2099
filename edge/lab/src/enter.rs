//! `lab run`: a command on one of the machines.

use crate::error::LabError;
use crate::layout::Layout;
use crate::protocol::{Answer, Request, ask};
use os::namespace::{Kinds, MountView};
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

/// What a shell answers for a command that cannot be run.
const CANNOT_RUN: u8 = 126;
/// What a shell answers for a command that does not exist.
const NOT_FOUND: u8 = 127;

/// The hidden subcommand `lab-enter DIR NODE WORD...`: joins the machine and runs the words there.
/// Only a process with a single thread can join.
pub(crate) fn main(layout: &Layout, node: &str, words: &[String]) -> ExitCode {
    let process = match ask(layout, &Request::Enter { node: node.to_owned() }) {
        Ok(Answer::Enter { process }) => process,
        Ok(_) => return complain(&LabError::OtherVersion, CANNOT_RUN),
        Err(error) => return complain(&error, CANNOT_RUN),
    };
    let home = MountView::current();
    if let Err(error) = join(process) {
        return complain(&format!("joining {node}: {error}"), CANNOT_RUN);
    }
    let Some((program, arguments)) = words.split_first() else {
        return complain(&"no command given", CANNOT_RUN);
    };
    let started = Command::new(program).args(arguments).envs(layout.environment()).spawn();
    // This process must not hold on to the machine's mounts: suspended by a shell, it would keep
    // a dead machine's disks in use. (Where it may not go back, disks are folders.)
    let _ = home.and_then(|home| home.enter());
    match started.and_then(|mut child| child.wait()) {
        Ok(status) => ExitCode::from(shell_code(status)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            complain(&format!("{program}: {error}"), NOT_FOUND)
        }
        Err(error) => complain(&format!("{program}: {error}"), CANNOT_RUN),
    }
}

fn join(process: u32) -> io::Result<()> {
    let folder = std::env::current_dir();
    let machine = Kinds::NETWORK | Kinds::MOUNT | Kinds::NAME | Kinds::PROCESS;
    let kinds =
        if os::namespace::has_other_users(process)? { Kinds::USER | machine } else { machine };
    os::namespace::join(process, kinds)?;
    // Joining put this process at the machine's root. The folder it came from may not exist
    // on the machine; then it stays there.
    if let Ok(folder) = folder {
        let _ = std::env::set_current_dir(folder);
    }
    Ok(())
}

/// As a shell tells it: a command ended by a signal has 128 and the signal's number.
fn shell_code(status: ExitStatus) -> u8 {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0));
    u8::try_from(code).unwrap_or(u8::MAX)
}

fn complain(why: &dyn std::fmt::Display, code: u8) -> ExitCode {
    eprintln!("lab: {why}");
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_a_shell() {
        assert_eq!(shell_code(ExitStatus::from_raw(3 << 8)), 3);
        assert_eq!(shell_code(ExitStatus::from_raw(9)), 137);
    }
}
