//! What is being waited for: a line that changes on a terminal, lines in a log.

use crate::answer::say_aside;
use std::io::{IsTerminal, Write};

/// Something is being waited for.
#[derive(Debug)]
pub(crate) struct Progress {
    /// Whether the line can be written over.
    is_drawn: bool,
    told: String,
}

impl Progress {
    /// Nothing was told yet.
    pub(crate) fn begin() -> Self {
        Self { is_drawn: std::io::stderr().is_terminal(), told: String::new() }
    }

    /// Says what is to be done yet, after so many seconds.
    pub(crate) fn tell(&mut self, left: &str, seconds: u64) {
        if self.is_drawn {
            let columns = os::terminal::size().map_or(80, |size| usize::from(size.columns));
            let text = shortened(&format!("{seconds:>3} s  waiting for: {left}"), columns - 1);
            let _ = write!(std::io::stderr(), "\r\u{1b}[K{text}");
        } else if self.told != left {
            say_aside(&format!("INFO: to be done: {left}"));
        }
        left.clone_into(&mut self.told);
    }

    /// There is nothing left to wait for.
    pub(crate) fn end(&self) {
        self.leave();
        if !self.told.is_empty() {
            say_aside("INFO: the cluster has settled");
        }
    }

    /// Nobody waits any longer.
    pub(crate) fn leave(&self) {
        if self.is_drawn && !self.told.is_empty() {
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}

/// As much of a text as a line has room for.
fn shortened(text: &str, columns: usize) -> String {
    match text.chars().count() <= columns {
        true => text.to_owned(),
        false => text.chars().take(columns.saturating_sub(3)).chain("...".chars()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_fits() {
        assert_eq!(shortened("start ost0", 10), "start ost0");
        assert_eq!(shortened("start ost0 on oss1", 10), "start o...");
        assert_eq!(shortened("start", 1), "...");
    }
}
