//! The command line: the program's own verbs, the shell `crm`, and the tools that people and
//! scripts around Corosync and Pacemaker know.
//!
//! **What it is.** A client: what is asked for becomes requests to the node's API, what comes back
//! becomes text and exit codes. Read in this order: [`main`] (who is being called), `verbs` (our
//! own), `tools` (the others' names), `shell` (`crm`), then any of them.
//!
//! **What it never does.** Decide anything about the cluster, or keep anything between two calls.
//!
//! ```text
//! verbs        our own: one file, or folder, each             verbs.rs
//! shell        `crm`: levels, commands, the prompt            shell.rs
//! tools        the names of others, one table of them         tools.rs
//!
//! connection   the way to the node, or a file in its place    connection.rs
//! input        texts from files and standard input            input.rs
//! picture      one look at the cluster, and what it means     picture.rs
//! edit         read, change, send what differs                edit.rs
//! preview      a change before it is made                     preview.rs
//! description  what agents say about themselves               description.rs
//! fencing      what there is to fence with here               fencing.rs
//! secrets      values that nobody needs to see                secrets.rs
//! answer       failures, exit codes, printing                 answer.rs
//! output       text for people, JSON for programs             output.rs
//! terminal     colours, pages, progress, editor, Ctrl-C       terminal.rs
//! words        lines into words and back                      words.rs
//! systemd      the services of this machine                   systemd.rs
//! observer     watching a cluster in a lab from outside       observer.rs
//! ```

mod answer;
mod connection;
mod description;
mod edit;
mod fencing;
mod input;
pub mod observer;
mod output;
mod picture;
mod preview;
mod secrets;
mod shell;
mod systemd;
mod terminal;
mod tools;
mod verbs;
mod words;

#[cfg(test)]
mod workbench;

pub use verbs::bench::peer::{START_PACEMAKER, with_pacemaker};
pub use verbs::laboratory::{COROSYNC_SECTIONS, lab_options};

use std::path::Path;
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    // First of all: namespaces can be joined only while there is a single thread.
    if let Some(code) = lab::hidden::dispatch(&words) {
        return code;
    }
    let program = words.first().map_or("", String::as_str);
    let name = Path::new(program).file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if let Some(tool) = tools::named(name) {
        return tool.run(&words[1..]);
    }
    if let Some(tool) = words.get(1).and_then(|word| tools::named(word)) {
        return tool.run(&words[2..]);
    }
    verbs::run(&words)
}
