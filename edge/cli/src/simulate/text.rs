//! The text: titles without bullets, entries behind `* `, and a blank line between parts.

use crate::answer::print;

/// What has been told so far, as far as it matters for the layout.
#[derive(Debug)]
pub(super) struct Pages {
    quiet: bool,
    has_told: bool,
}

impl Pages {
    pub(super) const fn new(quiet: bool) -> Self {
        Self { quiet, has_told: false }
    }

    /// Whether only what is asked for by name is told.
    pub(super) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A line of its own, which sets nothing apart.
    pub(super) fn remark(&mut self, line: &str) {
        if !self.quiet {
            print(&format!("{line}\n"));
        }
    }

    /// A part: a title and what stands below it, with one bullet each.
    pub(super) fn part(&mut self, title: &str, entries: &[String]) {
        let lines: String = entries.iter().map(|entry| format!("  * {entry}\n")).collect();
        self.page(&format!("{title}:\n{lines}"));
    }

    /// Lines without title and bullets.
    pub(super) fn plain(&mut self, entries: &[String]) {
        let lines: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
        print(&lines);
    }

    /// A text that is laid out already.
    pub(super) fn page(&mut self, text: &str) {
        let apart = if std::mem::replace(&mut self.has_told, true) { "\n" } else { "" };
        print(&format!("{apart}{text}"));
    }
}
