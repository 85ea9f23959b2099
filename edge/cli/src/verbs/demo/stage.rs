//! The lab the demo plays in.

use super::SERVERS;
use super::screen::Screen;
use crate::observer::{Observer, ObserverError, Placement};
use lab::{Disk, Lab, LabError, LabOptions, Lifetime, Storage};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) const EXAMPLE: &str = include_str!("../../../../../examples/lustre-pair.crm");
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
    /// The logs are gone with the lab; what matters of them is here.
    #[error("{node} did not join the others in {seconds} s: {said}")]
    NotReady { node: String, seconds: u64, said: String },
    #[error("{0}: {error}", error = crate::words::of_system(.1))]
    System(&'static str, std::io::Error),
}

impl Failure {
    fn of_start(error: LabError) -> Self {
        match error {
            LabError::NotReady { node, seconds, said, .. } => {
                Self::NotReady { node, seconds, said }
            }
            other => Self::Lab(other),
        }
    }
}

/// A lab with three servers and eight disks, and somebody who watches it.
pub(super) struct Stage {
    pub(super) cluster: Observer,
    storage: Storage,
}

impl Stage {
    pub(super) fn build(folder: &Path, screen: &mut Screen) -> Result<Self, Failure> {
        let program = std::env::current_exe().map_err(|e| Failure::System("this program", e))?;
        let disk = |name: &str| Disk { name: name.to_owned(), megabytes: DISK_SIZE };
        let options = LabOptions {
            rings: 2,
            disks: DISKS.into_iter().map(disk).collect(),
            lifetime: Lifetime::WithCaller,
            ..crate::lab_options(folder.to_owned(), program, SERVERS.len())
        };
        screen.progress("starting three servers");
        let started = Instant::now();
        let lab = Lab::up(&options).map_err(Failure::of_start)?;
        let storage = lab.status()?.storage;
        let kind = match storage {
            Storage::Images => "eight ext4 images, shared by loop devices",
            Storage::Folders => "eight directories (an ordinary user has no block devices)",
        };
        let took = started.elapsed().as_millis();
        screen.step(&format!("three servers, two rings, {kind}: one view after {took} ms"));
        Ok(Self { cluster: Observer::new(Arc::new(lab)), storage })
    }

    /// Ends the lab.
    pub(super) fn clear(self) -> Result<(), Failure> {
        Ok(self.cluster.lab().clone().down()?)
    }

    /// Leaves the lab to whoever watched.
    pub(super) fn keep(self, screen: &mut Screen) -> Result<(), Failure> {
        self.cluster.lab().keep()?;
        let program = self.cluster.lab().options().program.display();
        screen.text(&format!(
            "The cluster goes on. Play with it:\n\
             \u{20} {program} lab run oss1 -- crm_mon -1r\n\
             \u{20} {program} lab power off oss2\n\
             \u{20} {program} lab run oss1 -- systole status\n\
             \u{20} {program} lab cut oss1 --ring 0\n\
             \u{20} {program} lab heal\n\
             \u{20} {program} lab down"
        ));
        Ok(())
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
