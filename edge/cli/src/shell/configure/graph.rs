//! `graph`: resources and what ties them together, as a picture.

use super::present;
use crate::answer::{DONE, Failure, Outcome, print};
use crate::shell::{Call, Shell};
use crate::words::of_system;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// `graph [FORMAT [FILE]]`: for Graphviz; in other formats than `dot` drawn by it.
pub(super) fn graph(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let text = report::dependencies::dot(&present(shell)?);
    // `graph dot FILE FORMAT` is how other shells have it.
    let (format, file) = match (call.word(0), call.word(1), call.word(2)) {
        (_, file, Some(format)) => (format, file),
        (format, file, None) => (format.unwrap_or("dot"), file),
    };
    let picture = if format == "dot" { text.into_bytes() } else { drawn(&text, format)? };
    match file {
        None => print(&String::from_utf8_lossy(&picture)),
        Some(file) => os::file::write_atomic(Path::new(file), &picture).map_err(|error| {
            Failure::Other(format!("cannot write {file}: {}", of_system(&error)))
        })?,
    }
    DONE
}

/// What Graphviz makes of a text.
fn drawn(text: &str, format: &str) -> Result<Vec<u8>, Failure> {
    let failed = |why: &str| {
        Failure::Other(format!(
            "dot -T{format}: {why}; is Graphviz installed? `graph dot` needs none"
        ))
    };
    let child = Command::new("dot")
        .arg(format!("-T{format}"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| failed(&of_system(&error)))?;
    let input = child.stdin.take();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || input.map(|mut input| input.write_all(text.as_bytes())));
        child.wait_with_output()
    });
    let output = output.map_err(|error| failed(&of_system(&error)))?;
    if output.status.success() { Ok(output.stdout) } else { Err(failed("it failed")) }
}
