//! What is added to a unit while the cluster runs it, until the machine's next boot.

use crate::builtin::say;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// The file that adds to a unit (systemd.unit(5), "drop-in"). It has the name that Pacemaker's has:
/// a node that ran under Pacemaker has one file of the cluster's and not two.
pub(super) struct DropIn {
    path: PathBuf,
    text: String,
}

impl DropIn {
    /// That of `unit`, which people call `name`, below systemd's folder for what is not to survive.
    pub(super) fn of(folder: &Path, unit: &str, name: &str) -> Self {
        let path = folder.join(format!("{unit}.d/50-pacemaker.conf"));
        // When the machine goes down, the cluster stops or moves what it runs, not systemd; so it
        // has to be stopped before the unit, and what is started after a unit is stopped before it.
        let mut text =
            format!("[Unit]\nDescription=Cluster Controlled {name}\nBefore=systole.service\n");
        if unit.ends_with(".service") {
            // To start what has failed, here or elsewhere, is the cluster's to decide.
            text.push_str("\n[Service]\nRestart=no\n");
        }
        Self { path, text }
    }

    /// Says whether systemd has to read its files anew. A file that cannot be written is no reason
    /// not to start the unit.
    pub(super) fn put(&self) -> bool {
        if fs::read_to_string(&self.path).is_ok_and(|text| text == self.text) {
            return false;
        }
        let folder = self.path.parent().unwrap_or_else(|| Path::new("/"));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(&self.path, &self.text));
        self.noted(&written)
    }

    /// Says whether systemd has to read its files anew.
    pub(super) fn remove(&self) -> bool {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            removed => {
                // Others may have files there.
                let _ = self.path.parent().map(fs::remove_dir);
                self.noted(&removed)
            }
        }
    }

    fn noted(&self, done: &io::Result<()>) -> bool {
        if let Err(error) = done {
            say(&format!("cannot change {}: {error}", self.path.display()));
        }
        done.is_ok()
    }
}
