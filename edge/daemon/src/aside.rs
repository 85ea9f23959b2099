//! Words beside what the daemon does: to standard error, as the log.
//!
//! A log that takes nothing (its disk is full, nobody reads the pipe) ends no daemon and hides no
//! failure; so nothing here uses `eprintln!`, which panics then.

use std::fmt::Display;
use std::io::{self, Write};

/// Says it, where that can be read.
pub(crate) fn say(words: impl Display) {
    let _ = writeln!(io::stderr(), "systole: {words}");
}

/// From here on what `tracing` is told goes to standard error.
pub(crate) fn begin_log() {
    let log = tracing_subscriber::fmt().with_writer(io::stderr).with_ansi(false).with_target(false);
    // It would complain of the log to the log.
    log.log_internal_errors(false).init();
}
