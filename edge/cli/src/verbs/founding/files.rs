//! What makes a machine a node: `corosync.conf`, the cluster's key, and an empty folder for what it keeps.

use crate::answer::Failure;
use crate::connection::{Connection, run_directory};
use crate::words::of_system;
use api::Client;
use clap::Args;
use std::io;
use std::path::{Path, PathBuf};

const CONF: &str = "/etc/systole/corosync.conf";
const STATE: &str = "/var/lib/systole";
/// Where another program's file may be, which a node would be started by.
const OTHER_CONF: &str = "/etc/corosync/corosync.conf";

/// Where a node is to find its things.
#[derive(Args, Debug)]
pub(crate) struct Places {
    /// Where to write corosync.conf; the key goes beside it, as authkey
    #[arg(long, value_name = "FILE", default_value = CONF)]
    config: PathBuf,
    /// Folder for what survives a restart
    #[arg(long, value_name = "DIR", default_value = STATE)]
    state: PathBuf,
    /// Where the node keeps its socket [default: $SYSTOLE_RUN, else /run/systole]
    #[arg(long, value_name = "DIR")]
    run: Option<PathBuf>,
}

impl Places {
    /// To the node of this machine, whatever else the environment names.
    pub(super) fn connection(&self) -> Connection {
        Connection::Node(Client::new(&run_directory(self.run.as_deref())))
    }

    pub(super) fn files(&self) -> Files {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let conf = absolute(&self.config);
        let run = self.run.as_deref().map(absolute);
        Files { key: conf.with_file_name("authkey"), conf, state: absolute(&self.state), run }
    }
}

/// The files of a node.
pub(super) struct Files {
    pub(super) conf: PathBuf,
    pub(super) key: PathBuf,
    state: PathBuf,
    run: Option<PathBuf>,
}

impl Files {
    /// Whether the service would find them.
    pub(super) fn are_usual(&self) -> bool {
        self.conf == Path::new(CONF) && self.state == Path::new(STATE) && self.run.is_none()
    }

    /// By what a node of these files is started.
    pub(super) fn command(&self) -> String {
        let mut command = format!("systole node --config {}", self.conf.display());
        if self.state != Path::new(STATE) {
            command += &format!(" --state {}", self.state.display());
        }
        if let Some(run) = &self.run {
            command += &format!(" --run {}", run.display());
        }
        command
    }

    /// Whether this machine is a node of nothing yet.
    pub(super) fn check_free(&self) -> Result<(), Failure> {
        let kept = self.state.join("configuration");
        let other = (self.conf == Path::new(CONF)).then(|| PathBuf::from(OTHER_CONF));
        let taken = [Some(&self.conf), other.as_ref(), Some(&self.key), Some(&kept)];
        let taken: Vec<String> = { taken.into_iter().flatten() }
            .filter(|path| path.exists())
            .map(|path| path.display().to_string())
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        Err(Failure::Exists(format!(
            "this machine belongs to a cluster already, and what makes it a node stays as it is ({}). Start it with \
             `{}` or `crm cluster start`; to leave that cluster for good, take the node out there \
             (`crm cluster remove`) and move this away",
            taken.join(", "),
            self.command(),
        )))
    }

    /// Whether they can be written, before anybody is asked for anything.
    pub(super) fn check_writable(&self) -> Result<(), Failure> {
        let trial = self.conf.with_extension("joining");
        let made = make_folder_of(&self.conf)
            .and_then(|()| os::file::remove_if_there(&trial))
            .and_then(|()| os::file::create_secret(&trial, b""))
            .and_then(|()| os::file::remove_if_there(&trial));
        made.map_err(|error| cannot_write(&self.conf, &error))
    }

    /// Writes both, or neither.
    pub(super) fn write(&self, conf: &str, key: &[u8]) -> Result<(), Failure> {
        let written =
            make_folder_of(&self.conf).and_then(|()| os::file::create_secret(&self.key, key));
        written.map_err(|error| cannot_write(&self.key, &error))?;
        os::file::create_atomic(&self.conf, conf.as_bytes()).map_err(|error| {
            // The first error is the one worth telling.
            let _ = os::file::remove_if_there(&self.key);
            cannot_write(&self.conf, &error)
        })
    }
}

fn make_folder_of(file: &Path) -> io::Result<()> {
    file.parent().map_or(Ok(()), std::fs::create_dir_all)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::CannotCreate(format!("cannot write {}: {}", path.display(), of_system(error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_both_or_not_at_all_and_never_replaced() {
        let folder = std::env::temp_dir().join(format!("systole-files-{}", std::process::id()));
        let places = Places {
            config: folder.join("etc/corosync.conf"),
            state: folder.join("state"),
            run: None,
        };
        let files = places.files();
        files.check_free().expect("nothing is there");
        files.check_writable().expect("the folder is ours");
        // A file in the place of the second: the first goes, too.
        std::fs::create_dir_all(&files.conf).expect("the folder is ours");
        assert!(files.write("conf", b"key").is_err());
        assert!(!files.key.exists());
        std::fs::remove_dir(&files.conf).expect("it is ours");
        files.write("conf", b"key").expect("nothing is there");
        assert!(files.write("other", b"other").is_err());
        assert_eq!(std::fs::read(&files.key).expect("it is there"), b"key");
        let taken = files.check_free().expect_err("both are there").to_string();
        assert!(taken.contains("corosync.conf, ") && taken.contains("authkey"), "{taken}");
        std::fs::remove_dir_all(folder).expect("it is ours");
    }
}
