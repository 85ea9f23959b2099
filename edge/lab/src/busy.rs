//! Busy loops, so that a cluster can be watched on a machine that has no time for it.

use crate::error::{During, LabError};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

/// So many processes for each core.
const PER_CORE: usize = 2;

/// Processes that keep every core busy until this is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Vec<Child>);

impl Busy {
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self, LabError> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut busy = Self(Vec::new());
        for _ in 0..cores * PER_CORE {
            let mut command = Command::new(program);
            command.arg("lab-busy").arg(folder).stdin(Stdio::null());
            busy.0.push(command.spawn().during("starting a busy loop")?);
        }
        Ok(busy)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that is gone already is what was wanted.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The hidden subcommand `lab-busy DIR`: ends with whoever started it.
pub(crate) fn main() -> ExitCode {
    if os::process::die_with_parent().is_err() {
        return ExitCode::FAILURE;
    }
    loop {
        std::hint::spin_loop();
    }
}
