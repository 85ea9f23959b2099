//! Long texts, page by page, where somebody looks at a terminal.

use crate::answer::print;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// What was chosen in place of what the environment names; nothing for no pager.
static CHOSEN: Mutex<Option<String>> = Mutex::new(None);

/// From now on this program shows long texts; none if its name is empty.
pub(crate) fn choose(program: Option<String>) {
    *CHOSEN.lock().unwrap_or_else(PoisonError::into_inner) = program;
}

/// The program that shows long texts.
pub(crate) fn chosen() -> String {
    let chosen = CHOSEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let named = || std::env::var("PAGER").ok();
    chosen.or_else(named).unwrap_or_else(|| "less".to_owned())
}

/// Prints a text, through the pager where it is longer than the screen.
pub(crate) fn show(text: &str) {
    let rows = os::terminal::size().map(|size| size.rows);
    let is_long = rows.is_some_and(|rows| text.lines().count() >= usize::from(rows));
    let is_seen = os::terminal::output_is_terminal() && os::terminal::input_is_terminal();
    let program = chosen();
    if !is_long || !is_seen || program.trim().is_empty() || !paged(&program, text) {
        print(text);
    }
}

/// Whether the pager has shown it.
fn paged(program: &str, text: &str) -> bool {
    let mut command = Command::new("sh");
    command.args(["-c", program]).stdin(Stdio::piped());
    if std::env::var_os("LESS").is_none() {
        // Colours as they are, and the text stays on the screen.
        command.env("LESS", "RX");
    }
    let Ok(mut child) = command.spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Whoever has seen enough leaves in the middle.
        let _ = input.write_all(text.as_bytes());
    }
    /// What a shell says of a program that is not there.
    const MISSING: i32 = 127;
    child.wait().is_ok_and(|status| status.code() != Some(MISSING))
}
