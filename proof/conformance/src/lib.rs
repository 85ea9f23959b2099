//! Recorded clusters, wherever they lie, and what must hold for every one of them.
//!
//! `CONFORMANCE` names a folder with clusters in `scheduler/xml`; without it the tests say that
//! they were skipped. `cargo run -p conformance --bin shuffle` lists clusters whose plan depends on
//! the order in which their status is written, `--bin converge` those that a plan which is carried
//! out does not bring to rest, `--bin race` measures two programs on the same cluster, and `--bin
//! patches` makes and applies patches of their CIBs.
//!
//! **What it is.** Questions to the scheduler about clusters of others.
//! **What it never does.** Carry such a cluster with it, or know one by its name.

pub mod crmtext;
mod outline;
mod peer;
mod shuffle;

pub use fuzz::facts;
pub use outline::outline;
pub use peer::Peer;
pub use shuffle::{Shuffled, shuffle};

use std::path::{Path, PathBuf};

/// A recorded cluster.
#[derive(Clone, Debug)]
pub struct Case {
    /// What its file is called.
    pub name: String,
    /// Its CIB.
    pub text: String,
}

/// All recorded clusters by name; none when `CONFORMANCE` does not say where they are.
pub fn cases() -> Option<Vec<Case>> {
    let folder = PathBuf::from(std::env::var_os("CONFORMANCE")?).join("scheduler/xml");
    let is_cluster = |path: &PathBuf| path.extension().is_some_and(|end| end == "xml");
    let files = folder.read_dir().ok()?.filter_map(Result::ok).map(|entry| entry.path());
    let mut files: Vec<PathBuf> = files.filter(is_cluster).collect();
    files.sort();
    Some(files.iter().filter_map(|path| case(path)).collect())
}

fn case(path: &Path) -> Option<Case> {
    let name = path.file_stem()?.to_string_lossy().into_owned();
    Some(Case { name, text: std::fs::read_to_string(path).ok()? })
}
