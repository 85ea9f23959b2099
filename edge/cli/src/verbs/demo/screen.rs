//! What the demo prints: steps that stay, progress that is overwritten, a table at the end.

use std::io::IsTerminal;
use std::time::Instant;

/// Standard output, with or without a terminal behind it.
pub(super) struct Screen {
    started: Instant,
    is_terminal: bool,
    last_progress: String,
}

impl Screen {
    pub(super) fn new() -> Self {
        let is_terminal = std::io::stdout().is_terminal();
        Self { started: Instant::now(), is_terminal, last_progress: String::new() }
    }

    /// A step that held.
    pub(super) fn step(&mut self, text: &str) {
        self.line(&format!("{:6.2} s  {text}", self.started.elapsed().as_secs_f32()));
    }

    /// What is going on; on a terminal it is overwritten by the next line.
    pub(super) fn progress(&mut self, text: &str) {
        if self.is_terminal && text != self.last_progress {
            let text = text.replace('\n', " ");
            self.print(&format!("\r\x1b[K          {text}"));
            text.clone_into(&mut self.last_progress);
        }
    }

    /// A longer text, indented.
    pub(super) fn text(&mut self, text: &str) {
        self.line("");
        for line in text.trim_end().lines() {
            self.line(format!("    {line}").trim_end());
        }
        self.line("");
    }

    /// Rows of time and event, and what they come to.
    pub(super) fn table(&mut self, rows: &[(String, String)], summary: &str) {
        self.line("");
        self.line("      after  what happened");
        self.line(&format!("  {} {}", "-".repeat(9), "-".repeat(60)));
        for (time, event) in rows {
            self.line(&format!("  {time:>9}  {event}"));
        }
        self.line("");
        self.line(&format!("  {summary}"));
        self.line("");
    }

    pub(super) fn failed(&mut self, why: &str) {
        let why = crate::words::without_numbers(why);
        self.line(&format!("{:6.2} s  FAILED: {why}", self.started.elapsed().as_secs_f32()));
    }

    fn line(&mut self, text: &str) {
        let clear = if self.is_terminal { "\r\x1b[K" } else { "" };
        self.print(&format!("{clear}{text}\n"));
        self.last_progress.clear();
    }

    /// When nobody reads, this process ends, and the lab with it.
    fn print(&self, text: &str) {
        crate::answer::print(text);
    }
}
