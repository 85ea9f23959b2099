//! The services of this machine, where they are systemd's.

use crate::answer::Failure;
use crate::words::of_system;
use std::path::Path;
use std::process::Command;

/// The service that runs a node.
const UNIT: &str = "systole.service";

/// Whether services of this machine are systemd's.
pub(crate) fn is_here() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Has systemd do something with the node of this machine.
pub(crate) fn node(verb: &str) -> Result<(), Failure> {
    units(&[verb], &[UNIT]).map_err(|failure| {
        Failure::Other(format!(
            "{failure}; where systemd does not run it, start a node with `systole node`"
        ))
    })
}

/// Has it do something with services.
pub(crate) fn units(verb: &[&str], units: &[&str]) -> Result<(), Failure> {
    let words = [verb, units].concat();
    let failed = |why: &str| Failure::Other(format!("systemctl {}: {why}", words.join(" ")));
    let output = Command::new("systemctl").args(&words).output();
    let output = output.map_err(|error| failed(&of_system(&error)))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(failed(said.trim())) }
}
