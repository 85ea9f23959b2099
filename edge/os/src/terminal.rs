//! Whether a person is looking.

use std::io::IsTerminal;

/// True when standard output is a terminal.
pub fn output_is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

/// True when standard input is a terminal.
pub fn input_is_terminal() -> bool {
    std::io::stdin().is_terminal()
}
