//! Where everything is in a lab's folder.

use crate::error::{During, LabError};
use crate::options::LabOptions;
use serde::de::DeserializeOwned;
use std::io;
use std::path::{Path, PathBuf};

/// What a lab puts into its folder. Anything else there is somebody else's.
const OURS: [&str; 11] = [
    "lab.json", "lab.sock", "lab.log", "lab.lock", "bin", "lib", "systole", "cluster", "nodes",
    "disks", "truth",
];
/// What is kept after `lab down`: logs, states, disks, the ground truth; and the lock, since a lock that is removed
/// while somebody waits for it can be held twice.
const KEPT: [&str; 6] = ["lab.log", "lab.lock", "cluster", "nodes", "disks", "truth"];

/// The paths of a lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    folder: PathBuf,
}

impl Layout {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The options the lab was made with, and what became of them.
    pub(crate) fn settings(&self) -> PathBuf {
        self.folder.join("lab.json")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("lab.sock")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.join("lab.log")
    }

    /// Held by the guardian for as long as there is anything of the lab.
    pub(crate) fn lock(&self) -> PathBuf {
        self.folder.join("lab.lock")
    }

    /// First in the PATH of every machine.
    pub(crate) fn tools(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Laid over the `/usr/lib` of machines that have services.
    pub(crate) fn library(&self) -> PathBuf {
        self.folder.join("lib")
    }

    /// The agent `ocf:lab:service`.
    pub(crate) fn service_agent(&self) -> PathBuf {
        self.library().join("ocf/resource.d/lab/service")
    }

    /// What services know of each other, see `truth`.
    pub(crate) fn truth(&self) -> PathBuf {
        self.folder.join("truth")
    }

    pub(crate) fn truth_log(&self) -> PathBuf {
        self.truth().join("log")
    }

    /// What the lock of a service's file is called behind the service.
    pub(crate) const ACTIVE: &str = ".active";

    /// Locked by the service while it is active.
    pub(crate) fn active(&self, service: &str) -> PathBuf {
        self.truth().join(format!("{service}{}", Self::ACTIVE))
    }

    pub(crate) fn misbehaviours(&self) -> PathBuf {
        self.truth().join("wrong")
    }

    /// What the next call of an agent is to do wrong.
    pub(crate) fn misbehaviour(&self, node: &str, service: &str, action: &str) -> PathBuf {
        self.misbehaviours().join(format!("{node} {service} {action}"))
    }

    /// The program, as machines see it; outside of them an empty file.
    pub(crate) fn program(&self) -> PathBuf {
        self.folder.join("systole")
    }

    pub(crate) fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    pub(crate) fn disks(&self) -> PathBuf {
        self.folder.join("disks")
    }

    /// The disk as a file (root) or a folder (ordinary user).
    pub(crate) fn image(&self, disk: &str) -> PathBuf {
        self.disks().join(format!("{disk}.img"))
    }

    pub(crate) fn disk_folder(&self, disk: &str) -> PathBuf {
        self.disks().join(disk)
    }

    pub(crate) fn node(&self, node: &str) -> PathBuf {
        self.folder.join("nodes").join(node)
    }

    /// What survives a power cycle of the machine.
    pub(crate) fn state(&self, node: &str) -> PathBuf {
        self.node(node).join("state")
    }

    pub(crate) fn node_log(&self, node: &str) -> PathBuf {
        self.node(node).join("log")
    }

    /// The machine's process 1 as the host numbers it, while it is on.
    pub(crate) fn pid(&self, node: &str) -> PathBuf {
        self.node(node).join("pid")
    }

    pub(crate) fn boot_id(&self, node: &str) -> PathBuf {
        self.node(node).join("boot_id")
    }

    /// What became of the machine's daemon, in words.
    pub(crate) fn daemon(&self, node: &str) -> PathBuf {
        self.node(node).join("daemon")
    }

    /// The loop devices the machine has in its present life.
    pub(crate) fn devices(&self, node: &str) -> PathBuf {
        self.node(node).join("devices.json")
    }

    /// Fills in what a command line leaves open.
    pub(crate) fn fill_in(&self, words: &[String], node: &str) -> Vec<String> {
        let folder = self.folder.to_string_lossy();
        let state = self.state(node);
        let state = state.to_string_lossy();
        words
            .iter()
            .map(|word| {
                word.replace("{dir}", &folder).replace("{node}", node).replace("{state}", &state)
            })
            .collect()
    }

    /// Fills in the folder alone: what is the same on all machines.
    pub(crate) fn fill_in_text(&self, text: &str) -> String {
        text.replace("{dir}", &self.folder.to_string_lossy())
    }

    /// What every process on a machine finds in its environment beside what it inherits.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        let system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let path = format!("{}:{system}", self.tools().display());
        [("PATH", path), ("SYSTOLE_LAB", self.folder.display().to_string())]
    }

    /// Makes sure that the folder exists and holds nothing but a lab.
    ///
    /// # Errors
    /// When something else is in it.
    pub(crate) fn claim(&self) -> Result<(), LabError> {
        std::fs::create_dir_all(&self.folder)
            .during(&format!("making {}", self.folder.display()))?;
        for entry in std::fs::read_dir(&self.folder).during("reading the lab's folder")? {
            let name = entry.during("reading the lab's folder")?.file_name();
            let name = name.to_string_lossy().into_owned();
            if !OURS.contains(&name.as_str()) {
                return Err(LabError::NotOurs { folder: self.folder.clone(), file: name });
            }
        }
        Ok(())
    }

    /// Removes what an earlier lab left, except the lock and the log that are in use again.
    pub(crate) fn wipe(&self) -> io::Result<()> {
        self.remove_except(&["lab.lock", "lab.log"])
    }

    /// Removes what only a running lab needs.
    pub(crate) fn retire(&self) -> io::Result<()> {
        self.remove_except(&KEPT)
    }

    /// Removes all that is a lab's, and the folder if nothing else is in it.
    pub(crate) fn erase(&self) -> io::Result<()> {
        self.remove_except(&[])?;
        match std::fs::remove_dir(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    fn remove_except(&self, kept: &[&str]) -> io::Result<()> {
        for name in OURS.iter().filter(|name| !kept.contains(name)) {
            let path = self.folder.join(name);
            let removed = match path.symlink_metadata() {
                Ok(found) if found.is_dir() => std::fs::remove_dir_all(&path),
                Ok(_) => std::fs::remove_file(&path),
                Err(error) => Err(error),
            };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

/// What the lab's processes read of each other.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

/// The options of the lab in this folder.
pub(crate) fn settings(layout: &Layout) -> io::Result<LabOptions> {
    read_json(&layout.settings())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_are_filled_in() {
        let layout = Layout::new("/lab");
        let words = ["run", "{dir}/x", "{node}={state}"].map(str::to_owned);
        assert_eq!(layout.fill_in(&words, "oss2"), ["run", "/lab/x", "oss2=/lab/nodes/oss2/state"]);
    }

    #[test]
    fn a_folder_with_other_files_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("lab-claim-{}", std::process::id()));
        let layout = Layout::new(&folder);
        layout.claim().unwrap();
        std::fs::create_dir(layout.cluster()).unwrap();
        layout.claim().unwrap();
        layout.retire().unwrap();
        assert!(layout.cluster().exists());
        layout.wipe().unwrap();
        assert!(!layout.cluster().exists());
        std::fs::write(folder.join("thesis.tex"), "").unwrap();
        assert!(matches!(layout.claim(), Err(LabError::NotOurs { .. })));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
