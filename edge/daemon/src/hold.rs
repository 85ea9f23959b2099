//! A daemon that fails twice in a row at the same place is not started a third time: whatever makes it
//! fail is still there. Its node is on hold until somebody has looked.
//!
//! What failed where is kept beside the node's state, so that a restart of the machine does not make
//! another try of it. While the parent holds, it shows why in the run directory, where clients look
//! who find nobody; taking that away lets the node go on.

use crate::Options;
use crate::aside::say;
use std::fmt;
use std::io;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A daemon that has run for so long before it failed has got past what the one before it failed at.
const LONG: Duration = Duration::from_secs(600);

/// Where a daemon failed, and what it said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    place: String,
    what: String,
}

impl Failure {
    fn of(panic: &PanicHookInfo<'_>) -> Self {
        let place = panic.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
        let said = panic.payload();
        let what = said.downcast_ref::<String>().map(String::as_str);
        let what = what.or_else(|| said.downcast_ref::<&str>().copied());
        Self { place, what: what.unwrap_or("it does not say why").to_owned() }
    }

    fn read(path: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(path).ok()?;
        let (place, what) = text.split_once('\n')?;
        Some(Self { place: place.to_owned(), what: what.trim_end().to_owned() })
    }

    fn write(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, format!("{}\n{}\n", self.place, self.what))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "this node is on hold: its daemon has failed twice in a row at {}: {}. It takes no part in \
             the cluster and touches nothing; the others fence it where fencing is on. When the cause \
             is gone (another version, another configuration), `systole node resume` starts it again",
            self.place, self.what
        )
    }
}

/// What is remembered of failures beside a node's state.
#[derive(Clone, Debug)]
pub(crate) struct Failures {
    last: PathBuf,
    hold: PathBuf,
}

impl Failures {
    pub(crate) fn of(options: &Options) -> Self {
        Self { last: options.state.join("failed"), hold: options.state.join("hold") }
    }

    /// From here on a failed assertion, in whatever thread or task, ends this process: half a daemon
    /// would be worse than none, and what the node runs goes on (H3).
    pub(crate) fn watch(self) {
        let began = Instant::now();
        std::panic::set_hook(Box::new(move |panic| {
            let failure = Failure::of(panic);
            let noted = self.note(&failure, began.elapsed());
            say(format_args!("failed at {}: {}; the daemon ends", failure.place, failure.what));
            if let Err(error) = noted {
                say(format_args!("cannot note that: {error}"));
            }
            std::process::abort();
        }));
    }

    fn note(&self, failure: &Failure, ran: Duration) -> io::Result<()> {
        let before = Failure::read(&self.last).filter(|_| ran < LONG);
        if before.is_some_and(|before| before.place == failure.place) {
            failure.write(&self.hold)?;
        }
        failure.write(&self.last)
    }

    /// The daemon has ended in order: what failed before it does not count.
    pub(crate) fn forget(&self) {
        for path in [&self.last, &self.hold] {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    say(format_args!("{}: {error}", path.display()));
                }
                _ => {}
            }
        }
    }

    /// Why this node is on hold, if it is.
    pub(crate) fn hold(&self) -> Option<Failure> {
        Failure::read(&self.hold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::process::Command;

    const FOLDER: &str = "FAILURES";

    fn failures(folder: &Path) -> Failures {
        Failures { last: folder.join("failed"), hold: folder.join("hold") }
    }

    #[test]
    fn a_failure_in_any_thread_ends_the_process_and_is_noted_even_if_it_cannot_be_told() {
        let folder = std::env::temp_dir().join(format!("systole-failed-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let failures = failures(&folder);
        for (log, is_held) in [("/dev/null", false), ("/dev/full", true)] {
            let ended = Command::new(std::env::current_exe().expect("this program"))
                .args(["--exact", "hold::tests::fails", "--ignored", "--nocapture"])
                .env(FOLDER, &folder)
                .stderr(File::options().write(true).open(log).expect("a device"))
                .output()
                .expect("it runs");
            assert_eq!(ended.status.code(), None, "it is ended by a signal, not by an answer");
            assert_eq!(failures.hold().is_some(), is_held, "{log}");
        }
        let words = failures.hold().expect("it is on hold").to_string();
        assert!(words.contains("src/hold.rs:"), "{words}");
        assert!(words.contains(": a rule of its own is broken. It takes no part"), "{words}");
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    #[ignore = "the test above runs this in a process of its own"]
    fn fails() {
        let Some(folder) = std::env::var_os(FOLDER) else { return };
        failures(Path::new(&folder)).watch();
        let thread = std::thread::spawn(|| panic!("a rule of its own is broken"));
        drop(thread.join());
    }

    #[test]
    fn two_failures_in_a_row_at_one_place_put_a_node_on_hold() {
        let folder = std::env::temp_dir().join(format!("systole-hold-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let at = |place: &str| Failure { place: place.into(), what: "why".into() };
        let soon = Duration::from_secs(1);
        // What failed after how long, and whether the node is on hold at the end.
        let cases = [
            (vec![("a", soon)], false),
            (vec![("a", soon), ("b", soon)], false),
            (vec![("a", soon), ("a", LONG)], false),
            (vec![("a", soon), ("b", soon), ("b", soon)], true),
            (vec![("a", LONG), ("a", soon)], true),
        ];
        for (told, is_held) in cases {
            let failures = failures(&folder);
            for (place, ran) in &told {
                failures.note(&at(place), *ran).expect("it is noted");
            }
            let hold = failures.hold();
            assert_eq!(hold.is_some(), is_held, "{told:?}");
            failures.forget();
            assert_eq!(failures.hold(), None);
        }
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
