//! The editor of whoever sits at the terminal.

use crate::answer::Failure;
use crate::words::of_system;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

/// What was chosen in place of what the environment names.
static CHOSEN: Mutex<Option<String>> = Mutex::new(None);

/// From now on it is this one; none for what the environment names.
pub(crate) fn choose(program: Option<String>) {
    *CHOSEN.lock().unwrap_or_else(PoisonError::into_inner) = program;
}

/// The program that is run.
pub(crate) fn chosen() -> String {
    let chosen = CHOSEN.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let named = || ["VISUAL", "EDITOR"].iter().find_map(|name| std::env::var(name).ok());
    let program = chosen.or_else(named).filter(|name| !name.is_empty());
    program.unwrap_or_else(|| "vi".to_owned())
}

/// Has somebody change a file.
pub(crate) fn open(path: &Path) -> Result<(), Failure> {
    let editor = chosen();
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$0\"")).arg(path).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => Err(Failure::Other(format!(
            "the editor `{editor}` failed; name another in EDITOR. What it left is in {}",
            path.display()
        ))),
        Err(error) => Err(Failure::Other(format!("cannot run `{editor}`: {}", of_system(&error)))),
    }
}
