//! What kind of lab is wanted.

use crate::error::BadOptions;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// A socket's path has 108 bytes at most, and something goes after the folder.
const LONGEST_FOLDER: usize = 90;

/// A disk that all machines share.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Its name: machines see it as `/dev/disk/by-id/scsi-NAME`.
    pub name: String,
    /// Its size; without meaning where disks are folders.
    pub megabytes: u64,
}

impl FromStr for Disk {
    type Err = BadOptions;

    /// Reads `NAME` or `NAME:MEGABYTES`.
    fn from_str(text: &str) -> Result<Self, BadOptions> {
        let wrong = || BadOptions::Disk(text.to_owned());
        let (name, megabytes) = match text.split_once(':') {
            Some((name, size)) => (name, size.parse().map_err(|_| wrong())?),
            None => (text, 64),
        };
        if !is_name(name) || megabytes < 16 {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), megabytes })
    }
}

/// When a lab ends by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lifetime {
    /// Never: somebody ends it.
    #[default]
    UntilDown,
    /// With the process that made it, however that ends; then nothing of it stays in the folder
    /// either. [`crate::Lab::keep`] lets it live on.
    WithCaller,
}

/// Everything that makes one lab differ from another.
///
/// In the command lines `{dir}` stands for the lab's folder, `{node}` for the machine's name and
/// `{state}` for its own folder that survives a power cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabOptions {
    /// The lab's folder: everything it keeps is in there.
    pub folder: PathBuf,
    /// The machines' names; the first has node id 1.
    pub nodes: Vec<String>,
    /// How many networks join them.
    pub rings: u8,
    /// The disks they share.
    pub disks: Vec<Disk>,
    /// Sections that go behind those of the cluster's `corosync.conf`.
    #[serde(default)]
    pub sections: String,
    /// The program that calls [`crate::hidden::dispatch`]; machines know it as `systole`.
    pub program: PathBuf,
    /// Whether machines have the agent `ocf:lab:service`, whose services keep a ground truth (see
    /// [`crate::Truth`]).
    #[serde(default)]
    pub services: bool,
    /// Further names under which machines find that program, first in their PATH.
    pub tools: Vec<String>,
    /// Programs of the machines' own, as the text of a shell's script, by name: what stands in for
    /// tools that this system lacks.
    #[serde(default)]
    pub scripts: BTreeMap<String, String>,
    /// What runs on each machine.
    pub daemon: Vec<String>,
    /// Run on each machine until it succeeds; then the lab is up. Nothing: up at once.
    pub ready: Vec<String>,
    /// How long that may take.
    pub patience: Duration,
    /// When it ends by itself.
    #[serde(default)]
    pub lifetime: Lifetime,
}

impl LabOptions {
    /// A lab of `nodes` machines oss1, oss2, ... and one ring in `folder`, each running the
    /// daemon of `program`.
    pub fn new(folder: PathBuf, program: PathBuf, nodes: usize) -> Self {
        let daemon =
            ["systole", "node", "--config", "{dir}/cluster/corosync.conf", "--state", "{state}"];
        Self {
            folder: std::path::absolute(&folder).unwrap_or(folder),
            nodes: (1..=nodes).map(|number| format!("oss{number}")).collect(),
            rings: 1,
            disks: Vec::new(),
            sections: String::new(),
            program,
            services: false,
            tools: ["fence_lab", "mount.lustre"].map(str::to_owned).to_vec(),
            scripts: BTreeMap::new(),
            daemon: daemon.map(str::to_owned).to_vec(),
            ready: Vec::new(),
            patience: Duration::from_secs(30),
            lifetime: Lifetime::UntilDown,
        }
    }

    /// Whether a lab can be made of this.
    ///
    /// # Errors
    /// What is wrong first.
    pub fn check(&self) -> Result<(), BadOptions> {
        if !(1..=64).contains(&self.nodes.len()) {
            return Err(BadOptions::Nodes(self.nodes.len()));
        }
        if !(1..=8).contains(&self.rings) {
            return Err(BadOptions::Rings(self.rings));
        }
        check_names(self.nodes.iter())?;
        check_names(self.tools.iter().chain(self.scripts.keys()))?;
        check_names(self.disks.iter().map(|disk| &disk.name))?;
        let folder = self.folder.to_string_lossy();
        let awkward =
            folder.contains(|letter: char| letter.is_whitespace() || ",:\\".contains(letter));
        if awkward || !self.folder.is_absolute() || folder.len() > LONGEST_FOLDER {
            return Err(BadOptions::Folder(self.folder.clone()));
        }
        Ok(())
    }
}

fn check_names<'a>(names: impl Iterator<Item = &'a String>) -> Result<(), BadOptions> {
    let mut seen = BTreeSet::new();
    for name in names {
        if !is_name(name) || !seen.insert(name) {
            return Err(BadOptions::Name(name.clone()));
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    (1..=63).contains(&name.len()) && name.chars().all(plain) && !name.starts_with(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_disk_is_a_name_and_perhaps_a_size() {
        assert_eq!("ost0".parse(), Ok(Disk { name: "ost0".into(), megabytes: 64 }));
        assert_eq!("a:128".parse(), Ok(Disk { name: "a".into(), megabytes: 128 }));
        for wrong in ["", ":64", "a:", "a:x", "a:1", "../a", "a/b"] {
            assert_eq!(wrong.parse::<Disk>(), Err(BadOptions::Disk(wrong.into())), "{wrong}");
        }
    }

    #[test]
    fn options_that_make_no_lab_are_refused() {
        let good = LabOptions::new("/tmp/lab".into(), "/bin/true".into(), 3);
        assert_eq!(good.check(), Ok(()));
        assert_eq!(good.nodes, ["oss1", "oss2", "oss3"]);
        let none = LabOptions { nodes: vec![], ..good.clone() };
        assert_eq!(none.check(), Err(BadOptions::Nodes(0)));
        let twice = LabOptions { nodes: vec!["a".into(), "a".into()], ..good.clone() };
        assert_eq!(twice.check(), Err(BadOptions::Name("a".into())));
        let awkward = LabOptions { folder: "/tmp/a:b".into(), ..good };
        assert_eq!(awkward.check(), Err(BadOptions::Folder("/tmp/a:b".into())));
    }
}
