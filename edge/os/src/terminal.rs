//! Whether a person is looking.

use std::io::IsTerminal;

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

/// True when standard input is a terminal.
pub fn input_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
