//! The lab the demo plays in.

use super::SERVERS;
use super::screen::Screen;
use crate::observer::{Observer, ObserverError, Placement};
use lab::{Disk, Lab, LabError, LabOptions, Storage};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const EXAMPLE: &str = include_str!("../../../../examples/lustre-pair.crm");
pub(super) const DISKS: [&str; 8] = ["mgs", "mdt0", "ost0", "ost1", "ost2", "ost3", "ost4", "ost5"];
/// So many megabytes make an ext4 file system with a journal.
const DISK_SIZE: u64 = 24;

/// Why the demo did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error(transparent)]
    Lab(#[from] LabError),
    #[error(transparent)]
    Observed(#[from] ObserverError),
    #[error("the loss of one ring of two changed something: {moved:?}")]
    RingMattered { moved: Vec<String> },
    #[error("{target} on {node}: {what}")]
    Data { target: String, node: String, what: String },
    #[error(
        "{what} took {}, more than {} ms",
        took.map_or_else(|| "for ever".into(), |took| format!("{} ms", took.as_millis())),
        limit.as_millis()
    )]
    TooLate { what: &'static str, took: Option<Duration>, limit: Duration },
    #[error("{0}: {1}")]
    System(&'static str, std::io::Error),
}

/// A lab with three servers and eight disks, and somebody who watches it.
pub(super) struct Stage {
    pub(super) cluster: Observer,
    keep: bool,
    storage: Storage,
}

impl Stage {
    pub(super) fn build(keep: bool, screen: &mut Screen) -> Result<Self, Failure> {
        let folder = match keep {
            true => lab::default_folder(),
            false => std::env::temp_dir().join(format!("systole-demo-{}", std::process::id())),
        };
        let program = std::env::current_exe().map_err(|e| Failure::System("this program", e))?;
        let disk = |name: &str| Disk { name: name.to_owned(), megabytes: DISK_SIZE };
        let options = LabOptions {
            rings: 2,
            disks: DISKS.into_iter().map(disk).collect(),
            ..crate::lab_options(folder.clone(), program, SERVERS.len())
        };
        clean_up_when_interrupted(folder);
        let started = Instant::now();
        let lab = Lab::up(&options)?;
        let storage = lab.status()?.storage;
        let kind = match storage {
            Storage::Images => "eight ext4 images, shared by loop devices",
            Storage::Folders => "eight directories (an ordinary user has no block devices)",
        };
        let took = started.elapsed().as_millis();
        screen.step(&format!("three servers, two rings, {kind}: one view after {took} ms"));
        Ok(Self { cluster: Observer::new(Arc::new(lab)), keep, storage })
    }

    /// Ends the lab, unless it is to be kept.
    pub(super) fn clear(self, screen: &mut Screen) -> Result<(), Failure> {
        let options = self.cluster.lab().options();
        if self.keep {
            let program = options.program.display();
            screen.text(&format!(
                "The cluster goes on. Play with it:\n\
                 \u{20} {program} lab run oss1 -- crm_mon -1r\n\
                 \u{20} {program} lab power off oss2\n\
                 \u{20} {program} lab run oss1 -- systole status\n\
                 \u{20} {program} lab cut oss1 --ring 0\n\
                 \u{20} {program} lab heal\n\
                 \u{20} {program} lab down"
            ));
            return Ok(());
        }
        let folder = options.folder.clone();
        drop(self.cluster);
        end(&folder)
    }

    /// What the servers' daemons said last.
    pub(super) fn show_logs(&self, screen: &mut Screen) {
        for node in SERVERS {
            let log = self.cluster.lab().log_of(node);
            let log = std::fs::read_to_string(log).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            let tail = lines[lines.len().saturating_sub(25)..].join("\n");
            screen.text(&format!("{node} said last:\n{tail}"));
        }
    }

    pub(super) const fn has_images(&self) -> bool {
        matches!(self.storage, Storage::Images)
    }

    /// Writes a file on every target, down to the disk. What was written, by target.
    pub(super) fn write_marks(
        &self,
        placement: &Placement,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut marks = BTreeMap::new();
        for (target, node) in placement {
            let mark = os::machine::random_uuid().map_err(|e| Failure::System("randomness", e))?;
            let path = mark_path(target);
            self.shell(target, node, &format!("echo {mark} > {path} && sync {path}"))?;
            marks.insert(target.clone(), mark);
        }
        Ok(marks)
    }

    /// Reads every file where its target is now.
    pub(super) fn check_marks(&self, marks: &BTreeMap<String, String>) -> Result<(), Failure> {
        let placement = self.cluster.placement("oss3")?;
        for (target, mark) in marks {
            let (found, node) = match placement.get(target) {
                Some(node) => (
                    self.shell(target, node, &format!("cat {}", mark_path(target)))?,
                    node.as_str(),
                ),
                None => (String::new(), "no server"),
            };
            if found.trim() != mark {
                let what = format!("the file says `{}`, not `{mark}`", found.trim());
                let (target, node) = (target.clone(), node.to_owned());
                return Err(Failure::Data { target, node, what });
            }
        }
        Ok(())
    }

    fn shell(&self, target: &str, node: &str, script: &str) -> Result<String, Failure> {
        let output = self.cluster.lab().run_in(node, &["sh", "-c", script])?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let what = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::Data { target: target.to_owned(), node: node.to_owned(), what })
    }
}

/// `resOST0` is mounted on `/mnt/ost0`.
fn mark_path(target: &str) -> String {
    format!("/mnt/{}/mark", target.trim_start_matches("res").to_lowercase())
}

/// Ends the lab in `folder` and removes it.
fn end(folder: &Path) -> Result<(), Failure> {
    Lab::attach(folder)?.down()?;
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Failure::System("removing the lab's folder", error))
        }
        _ => Ok(()),
    }
}

/// Ctrl-C, or a signal to end: the lab goes too.
fn clean_up_when_interrupted(folder: PathBuf) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            use tokio::signal::unix::{SignalKind, signal};
            let (Ok(mut interrupt), Ok(mut terminate)) =
                (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
            else {
                return;
            };
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            eprintln!("\nsystole: interrupted; ending the lab");
            if let Err(failure) = end(&folder) {
                eprintln!("systole: {failure}");
            }
            std::process::exit(130);
        });
    });
}
