//! All CIBs in a folder, each so often, with the time that takes.

use super::options::{Form, Options};
use super::{input, session};
use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::words::of_system;
use cib::Cib;
use report::xml;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Plans for every CIB in `folder`.
pub(super) fn run(folder: &Path, options: &Options) -> Outcome {
    let is_text = options.form == Form::Text;
    if is_text {
        line("Timings:");
    }
    let mut timings = Vec::new();
    for path in files(folder)? {
        let cib = input::of_file(&path)?;
        let seconds = time(&cib, options).as_secs_f64();
        let name = path.display().to_string();
        if is_text {
            line(&format!("  * Testing {name} ... {seconds:.2} secs"));
        } else {
            timings.push(xml::timing(&name, seconds));
        }
    }
    if !is_text {
        let parts = vec![xml::group("timings", timings)];
        let result = xml::result(xml::Form::Newest, &options.request, parts, (0, "OK"));
        print(&cib::write_element(&result));
    }
    DONE
}

fn time(cib: &Cib, options: &Options) -> Duration {
    let begin = os::clock::monotonic();
    for _ in 0..options.repeat {
        let (now, _) = session::date_of(cib, options);
        let decision = scheduler::decide(&session::facts(cib, now));
        std::hint::black_box(&decision.transition);
    }
    os::clock::monotonic() - begin
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
