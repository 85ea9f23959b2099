//! What is written, and what is in its way: all of it or nothing, and never over anything else.

use crate::answer::Failure;
use crate::connection::Connection;
use crate::words::of_system;
use cluster::Configuration;
use daemon::{DiskError, Planted};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

const CONF: &str = "corosync.conf";
const KEY: &str = "authkey";

/// Where a node looks for `corosync.conf` and the key.
pub(crate) fn configuration_folder() -> PathBuf {
    "/etc/systole".into()
}

/// Where a node keeps what survives a restart.
pub(crate) fn state_folder() -> PathBuf {
    "/var/lib/systole".into()
}

/// Where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Destination {
    /// The folder for `corosync.conf` and `authkey`.
    pub(crate) folder: PathBuf,
    /// The folder for the configuration of services.
    pub(crate) state: PathBuf,
}

/// What goes there.
#[derive(Clone, Debug)]
pub(crate) struct Luggage {
    pub(crate) conf: String,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) configuration: Configuration,
}

impl Destination {
    /// The files that would be written.
    ///
    /// # Errors
    /// When others are in their way.
    pub(crate) fn look(&self, luggage: &Luggage) -> Result<Vec<String>, Failure> {
        let mut written = Vec::new();
        let mut in_the_way = Vec::new();
        for (path, bytes) in self.files(luggage) {
            match std::fs::read(&path) {
                Ok(there) if there == bytes => {}
                Ok(_) => in_the_way.push(path.display().to_string()),
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    written.push(path.display().to_string());
                }
                Err(error) => return Err(failed(&path, &error)),
            }
        }
        let version = luggage.configuration.version;
        match daemon::planted(&self.state, &luggage.configuration)
            .map_err(|error| of_disk(&error))?
        {
            Planted::TheSame => {}
            Planted::Nothing => {
                written.push(format!("{} (version {version})", self.configuration_file()));
            }
            Planted::Another(there) => {
                in_the_way.push(format!("{} (version {there})", self.configuration_file()));
            }
        }
        if in_the_way.is_empty() {
            return Ok(written);
        }
        Err(Failure::Exists(format!(
            "nothing was written, because there is already: {}. Move it away, or choose other places \
             with --into and --state",
            in_the_way.join(", ")
        )))
    }

    /// Writes them; where one cannot be written those before it are taken away again.
    pub(crate) fn write(&self, luggage: &Luggage) -> Result<Vec<String>, Failure> {
        let written = self.look(luggage)?;
        if !written.is_empty() && Connection::to_node().node().is_ok() {
            return Err(Failure::Exists(
                "a node runs here already: give its cluster a configuration with `systole apply`"
                    .to_owned(),
            ));
        }
        let mut made = Vec::new();
        let result = self.write_each(luggage, &mut made);
        if result.is_err() {
            for path in made {
                // Of two failures the first is told.
                let _ = std::fs::remove_file(path);
            }
        }
        result.map(|()| written)
    }

    fn write_each(&self, luggage: &Luggage, made: &mut Vec<PathBuf>) -> Result<(), Failure> {
        for (path, bytes) in self.files(luggage) {
            if path.exists() {
                continue;
            }
            std::fs::create_dir_all(&self.folder).map_err(|error| failed(&self.folder, &error))?;
            os::file::write_atomic(&path, bytes).map_err(|error| failed(&path, &error))?;
            made.push(path);
        }
        daemon::plant(&self.state, &luggage.configuration)
            .map(drop)
            .map_err(|error| of_disk(&error))
    }

    /// Moves everything that a node would start with into the folder `aside`.
    pub(crate) fn put_aside(&self, aside: &Path) -> Result<(), Failure> {
        for name in [CONF, KEY] {
            let (path, copy) = (self.folder.join(name), aside.join(name));
            let bytes = match std::fs::read(&path) {
                Ok(bytes) => bytes,
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(error) => return Err(failed(&path, &error)),
            };
            os::file::write_atomic(&copy, &bytes).map_err(|error| failed(&copy, &error))?;
            os::file::remove_if_there(&path).map_err(|error| failed(&path, &error))?;
        }
        daemon::set_aside(&self.state, aside).map(drop).map_err(|error| of_disk(&error))
    }

    fn files<'l>(&self, luggage: &'l Luggage) -> Vec<(PathBuf, &'l [u8])> {
        let key = luggage.key.as_deref().map(|key| (self.folder.join(KEY), key));
        let conf = (self.folder.join(CONF), luggage.conf.as_bytes());
        key.into_iter().chain([conf]).collect()
    }

    fn configuration_file(&self) -> String {
        self.state.join("configuration").display().to_string()
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::CannotCreate(format!("{}: {}", path.display(), of_system(error)))
}

fn of_disk(error: &DiskError) -> Failure {
    Failure::CannotCreate(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_or_nothing_and_never_over_anything() {
        let folder = std::env::temp_dir().join(format!("systole-import-{}", std::process::id()));
        let place = Destination { folder: folder.join("etc"), state: folder.join("state") };
        let mut luggage = Luggage {
            conf: "totem {}".into(),
            key: Some(vec![7; 32]),
            configuration: Configuration::default(),
        };
        luggage.configuration.version.epoch = 7;
        assert_eq!(place.look(&luggage).expect("nothing is there").len(), 3);
        assert!(!folder.exists(), "a look changes nothing");
        assert_eq!(place.write(&luggage).expect("nothing is there").len(), 3);
        assert_eq!(place.write(&luggage).expect("it is the same").len(), 0);

        let mut other = luggage.clone();
        other.conf = "totem {version: 2}".into();
        other.configuration.version.epoch = 8;
        let refused = place.write(&other).expect_err("something else is there").to_string();
        assert!(refused.contains("etc/corosync.conf, ") && refused.contains("version 0.7.0"));
        assert_eq!(std::fs::read(folder.join("etc/corosync.conf")).expect("it stays"), b"totem {}");

        let aside = folder.join("aside");
        std::fs::create_dir(&aside).expect("the folder is ours");
        place.put_aside(&aside).expect("it is ours");
        assert_eq!(place.look(&other).expect("nothing is there").len(), 3);
        for name in [CONF, KEY, "configuration"] {
            assert!(aside.join(name).exists(), "{name}: nothing is lost");
        }
        place.put_aside(&aside).expect("nothing is left to do");
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
