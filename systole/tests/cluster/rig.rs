//! A cluster for one test.

use cli::observer::{Observer, Placement, Wait};
use lab::{Disk, Lab, LabOptions};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) const EXAMPLE: &str = include_str!("../../../examples/lustre-pair.crm");
pub(crate) const TARGETS: [&str; 8] =
    ["resMGS", "resMDT0", "resOST0", "resOST1", "resOST2", "resOST3", "resOST4", "resOST5"];
/// What any step may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// One cluster at a time: two would disturb each other's timing.
static TURN: Mutex<()> = Mutex::new(());
static LABS: AtomicU32 = AtomicU32::new(0);

/// A lab with an observer; it is gone when this is dropped.
pub(crate) struct Rig {
    observer: Option<Observer>,
    pub(crate) folder: PathBuf,
    _turn: MutexGuard<'static, ()>,
}

impl Rig {
    /// So many nodes (oss1, oss2, ...) on two rings with eight disks, one view, nothing
    /// configured. `None` where the system allows no lab, with the reason printed.
    pub(crate) fn up(nodes: usize) -> Option<Self> {
        Self::up_with(nodes, |options| options)
    }

    /// As [`Self::up`], of a lab with something changed.
    pub(crate) fn up_with(
        nodes: usize,
        change: impl FnOnce(LabOptions) -> LabOptions,
    ) -> Option<Self> {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(why) = can_make_namespaces() {
            println!("skipped: no lab can be made here: {why}");
            return None;
        }
        let number = LABS.fetch_add(1, Ordering::Relaxed);
        let folder =
            std::env::temp_dir().join(format!("systole-test-{}-{number}", std::process::id()));
        let disks = ["mgs", "mdt0", "ost0", "ost1", "ost2", "ost3", "ost4", "ost5"];
        let disk = |name: &str| Disk { name: name.to_owned(), megabytes: 24 };
        let program = env!("CARGO_BIN_EXE_systole").into();
        let options = LabOptions {
            rings: 2,
            disks: disks.into_iter().map(disk).collect(),
            ..cli::lab_options(folder.clone(), program, nodes)
        };
        let lab = Lab::up(&change(options)).unwrap_or_else(|error| panic!("{error}"));
        let observer = Some(Observer::new(Arc::new(lab)));
        Some(Self { observer, folder, _turn: turn })
    }

    /// Three nodes with the example loaded, and every target mounted.
    pub(crate) fn with_targets() -> Option<(Self, Placement)> {
        let rig = Self::up(3)?;
        let loaded = rig.cluster().load("oss1", "examples/lustre-pair.crm", EXAMPLE);
        loaded.expect("the example is accepted");
        let placement = rig.all_mounted("oss3", |_| true);
        rig.cluster().quiet("oss3", PATIENCE).expect("the cluster comes to rest");
        Some((rig, placement))
    }

    pub(crate) fn cluster(&self) -> &Observer {
        self.observer.as_ref().expect("it is there until the rig is dropped")
    }

    pub(crate) fn lab(&self) -> &Lab {
        self.cluster().lab()
    }

    /// Waits until all targets are mounted somewhere that `fits`; says where.
    pub(crate) fn all_mounted(&self, witness: &str, fits: impl Fn(&str) -> bool) -> Placement {
        let mut placement = Placement::new();
        let look = |cluster: &Observer| {
            placement = cluster.placement(witness)?;
            let mounted = placement.values().filter(|node| fits(node)).count();
            Ok(match mounted == TARGETS.len() {
                true => Wait::Over,
                false => Wait::For(format!("{placement:?}")),
            })
        };
        if let Err(error) = self.cluster().wait(PATIENCE, look, |_| {}) {
            self.explain(witness);
            panic!("{error}");
        }
        placement
    }

    /// Waits until all nodes take part again.
    pub(crate) fn all_together(&self, witness: &str) {
        let nodes = self.lab().options().nodes.clone();
        let nodes: Vec<&str> = nodes.iter().map(String::as_str).collect();
        let look = |cluster: &Observer| cluster.are_together(witness, &nodes);
        if let Err(error) = self.cluster().wait(PATIENCE, look, |_| {}) {
            self.explain(witness);
            panic!("{error}");
        }
    }

    /// Prints what a person would look at.
    pub(crate) fn explain(&self, witness: &str) {
        let status = self.cluster().output(witness, &["crm_mon", "-1rf"]);
        println!("{}", status.unwrap_or_else(|error| error.to_string()));
        for node in &self.lab().options().nodes {
            let log = std::fs::read_to_string(self.lab().log_of(node)).unwrap_or_default();
            let lines: Vec<&str> = log.lines().collect();
            println!("{node}:\n{}", lines[lines.len().saturating_sub(40)..].join("\n"));
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        self.observer = None;
        if let Err(error) = Lab::attach(&self.folder).and_then(Lab::down) {
            println!("the lab did not end: {error}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            println!("{} is still there: {error}", self.folder.display());
        }
    }
}

/// Root may make namespaces; others only where user namespaces are allowed.
fn can_make_namespaces() -> Result<(), String> {
    let tried = std::process::Command::new("unshare").args(["-Urnm", "true"]).output();
    match tried {
        _ if os::account::effective_user() == 0 => Ok(()),
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        Err(error) => Err(format!("unshare (package util-linux): {error}")),
    }
}

/// How often the events say that `task` was done on `instance`, without failures.
pub(crate) fn count(events: &[api::EventReport], task: &str, instance: &str) -> usize {
    let is_it = |event: &&api::EventReport| {
        event.task.as_deref() == Some(task) && event.subject == instance && !event.failed
    };
    events.iter().filter(is_it).count()
}
