//! The command line: the program's own verbs, the shell `crm`, and the tools that people and
//! scripts around Corosync and Pacemaker know.
//!
//! **What it is.** A client: what is asked for becomes requests to the node's API, what comes back
//! becomes text and exit codes. Read in this order: [`main`] (who is being called), `verbs` (our
//! own), `compatible` (the others' names), `shell` (`crm`), then any tool.
//!
//! **What it never does.** Decide anything about the cluster, or keep anything between two calls.
//!
//! How the tools share the work:
//!
//! ```text
//! connection   the way to the node, or a file in its place    connection.rs
//! input        texts from files and standard input            input.rs
//! picture      one look at the cluster, and what it means     picture.rs
//! edit         read, change, send what differs                edit.rs
//! description  what agents say about themselves               description.rs
//! arguments    command lines of the compatible tools          arguments.rs
//! answer       failures, exit codes, printing                 answer.rs
//! markup       answers as XML                                  markup.rs
//! paint        colours                                          paint.rs
//! editor       the editor of whoever sits there                editor.rs
//! progress     what is being waited for, in a line              progress.rs
//! pager        long texts, page by page                         pager.rs
//! interrupt    Ctrl-C at the prompt                             interrupt.rs
//! words        lines into words and back                      words.rs
//! offline      the running cluster or a file                   offline.rs
//! output       text for people, JSON for programs              output.rs
//! observer     watching a cluster in a lab from outside       observer.rs
//! bench        what is promised, measured in labs             bench.rs
//! ```

mod answer;
mod apply;
mod arbiter;
mod arguments;
mod attributes;
mod bench;
mod cfgtool;
mod cibadmin;
mod cmapctl;
mod compatible;
mod completing;
mod conf;
mod config;
mod connection;
mod cpgtool;
mod crm_diff;
mod crm_error;
mod crm_rule;
mod crm_shadow;
mod crm_ticket;
mod demo;
mod description;
mod edit;
mod editor;
mod explain;
mod fencing;
mod founding;
mod import;
mod input;
mod interrupt;
mod iso8601;
mod keygen;
mod laboratory;
mod links;
mod markup;
mod membership;
mod metadata;
mod monitor;
mod node;
pub mod observer;
mod offline;
mod output;
mod pacemaker;
mod pager;
mod paint;
mod picture;
mod plan;
mod preview;
mod progress;
mod quorumtool;
mod resources;
mod rings;
mod secrets;
mod shell;
mod simulate;
mod status;
mod stonith_admin;
mod systemd;
mod take_over;
mod token;
mod verbs;
mod verify;
mod words;

#[cfg(test)]
mod workbench;

pub use laboratory::{COROSYNC_SECTIONS, lab_options};

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
    if let Some(tool) = compatible::named(name) {
        return tool.run(&words[1..]);
    }
    if let Some(tool) = words.get(1).and_then(|word| compatible::named(word)) {
        return tool.run(&words[2..]);
    }
    verbs::run(&words)
}
