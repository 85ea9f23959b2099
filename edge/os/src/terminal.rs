//! Whether a person is looking.

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use std::io::IsTerminal;
use std::time::Duration;

/// True when standard output is a terminal.
pub fn output_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// How large a screen is, in letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Lines.
    pub rows: u16,
    /// Letters in a line.
    pub columns: u16,
}

/// How large the screen behind standard output is; none where there is none, or it does not say.
pub fn size() -> Option<Size> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    let size = Size { rows: size.ws_row, columns: size.ws_col };
    Some(size).filter(|size| size.rows > 0 && size.columns > 0)
}

/// Waits for something to be typed on standard input, at most for `patience`. True also when
/// nothing will come any more, or nobody can tell: reading says so.
pub fn input_waits(patience: Duration) -> bool {
    let input = std::io::stdin();
    let mut watched = [PollFd::new(&input, PollFlags::IN)];
    let patience = Timespec::try_from(patience).ok();
    match poll(&mut watched, patience.as_ref()) {
        Ok(count) => count > 0,
        Err(error) => error != Errno::INTR,
    }
}

/// True when standard input is a terminal.
pub fn input_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
