//! The program. Everything it does is in `cli`.

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
