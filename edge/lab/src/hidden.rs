//! The subcommands that the lab's own processes are started with.

use crate::layout::Layout;
use crate::{busy, cell, enter, guardian, init, service, supervisor};
use std::process::ExitCode;

/// Runs the subcommand of the lab that `args` (the whole command line, program name first) ask
/// for; none when they ask for something else.
///
/// The program calls this **first**, before any thread exists: namespaces can be joined and made
/// only by a process with a single thread.
///
/// The subcommands, all of the form `PROGRAM lab-X DIR ...`, are for the lab itself and may
/// change with every version.
pub fn dispatch(args: &[String]) -> Option<ExitCode> {
    let [_, subcommand, folder, rest @ ..] = args else { return None };
    let layout = Layout::new(folder);
    match (subcommand.as_str(), rest) {
        ("lab-busy", []) => Some(busy::main()),
        ("lab-guardian", []) => Some(guardian::main(&layout)),
        ("lab-supervisor", []) => Some(supervisor::main(&layout)),
        ("lab-cell", [node]) => Some(cell::main(&layout, node)),
        ("lab-init", [node]) => Some(init::main(&layout, node)),
        ("lab-enter", [node, separator, words @ ..]) if separator == "--" => {
            Some(enter::main(&layout, node, words))
        }
        ("lab-service", words) => Some(service::main(&layout, words)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_command_lines_are_left_to_the_program() {
        for line in
            ["systole", "systole status", "systole lab up", "systole lab-cell", "x lab-y /d"]
        {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert!(dispatch(&words).is_none(), "{line}");
        }
    }
}
