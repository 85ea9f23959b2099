//! All CIBs in a folder, each so often, with the time that takes.

use super::options::Options;
use super::{input, session};
use crate::answer::{DONE, Failure, Outcome, line};
use crate::words::of_system;
use std::path::{Path, PathBuf};

/// Plans for every CIB in `folder`.
pub(super) fn run(folder: &Path, options: &Options) -> Outcome {
    line("Timings:");
    for path in files(folder)? {
        let cib = input::of_file(&path)?;
        let begin = os::clock::monotonic();
        for _ in 0..options.repeat {
            let (now, _) = session::date_of(&cib, options);
            let decision = scheduler::decide(&session::facts(&cib, now));
            std::hint::black_box(&decision.transition);
        }
        let seconds = (os::clock::monotonic() - begin).as_secs_f64();
        line(&format!("  * Testing {} ... {seconds:.2} secs", path.display()));
    }
    DONE
}

/// The CIBs in a folder, last name first.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::NoInput(format!("{}: {}", folder.display(), of_system(&error)))
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == "xml") && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    files.reverse();
    Ok(files)
}
