//! Where a cluster is read from.

use super::communication::{self, Communication, KeyPlace};
use super::report::{Entry, Fate};
use crate::answer::Failure;
use crate::input::read_file;
use crate::verbs::pacemaker;
use crate::words::of_system;
use group::ClusterKey;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Where Corosync reads its configuration.
pub(crate) const COROSYNC_CONF: &str = "/etc/corosync/corosync.conf";
/// Where Pacemaker keeps the newest CIB that this node knew.
const CIB_FILE: &str = "/var/lib/pacemaker/cib/cib.xml";
/// No key is longer.
const LONGEST_KEY: u64 = 4096;

/// Where the parts of a cluster are.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    pub(crate) conf: PathBuf,
    pub(crate) key: Option<PathBuf>,
    pub(crate) cib: CibSource,
}

/// Where the CIB is.
#[derive(Clone, Debug)]
pub(crate) enum CibSource {
    /// In the cluster that runs here.
    Running,
    /// In a file.
    File(PathBuf),
}

/// A text, and what to call it.
pub(crate) struct Document {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// What was found.
pub(crate) struct Found {
    pub(crate) communication: Communication,
    /// None where the configuration has it inside.
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) cib: Document,
    /// What was noticed on the way.
    pub(crate) notes: Vec<Entry>,
}

impl CibSource {
    pub(crate) fn usual_file() -> Self {
        Self::File(CIB_FILE.into())
    }

    fn read(&self) -> Result<Document, Failure> {
        match self {
            Self::Running => {
                let name = "the running cluster".to_owned();
                Ok(Document { name, text: pacemaker::cib()? })
            }
            Self::File(path) => {
                Ok(Document { name: path.display().to_string(), text: read_file(path)? })
            }
        }
    }

    /// What there is to say about where it was read.
    fn note(&self, document: &Document) -> Option<Entry> {
        let Self::File(path) = self else { return None };
        let signature = std::fs::read_to_string(path.with_extension("xml.sig")).ok()?;
        let root = cib::read_element(&document.text).ok()?;
        (signature.trim() != cib::digest_on_disk(&root)).then(|| {
            let words = "it is not what Pacemaker wrote last, by the digest beside it; was it changed \
                         by hand?";
            Entry::new(Fate::Doubtful, 0, document.name.clone(), words)
        })
    }
}

impl Source {
    /// Reads all of it; nothing is understood yet but where the key is.
    pub(crate) fn read(&self) -> Result<Found, Failure> {
        let name = self.conf.display().to_string();
        let communication = communication::read(&name, &read_file(&self.conf)?)?;
        let cib = self.cib.read()?;
        let mut notes: Vec<Entry> = self.cib.note(&cib).into_iter().collect();
        let key = match self.key_file(&communication.key) {
            None => None,
            Some(path) => match key_in(&path)? {
                Some(key) => Some(key),
                None if self.key.is_some() => {
                    return Err(Failure::NoInput(format!("there is no key {}", path.display())));
                }
                None => {
                    notes.push(no_key(&path));
                    None
                }
            },
        };
        Ok(Found { communication, key, cib, notes })
    }

    fn key_file(&self, place: &KeyPlace) -> Option<PathBuf> {
        match (&self.key, place) {
            (Some(file), _) => Some(file.clone()),
            (None, KeyPlace::Inside) => None,
            (None, KeyPlace::Named(file)) => Some(file.into()),
            (None, KeyPlace::Usual) => Some(self.conf.with_file_name("authkey")),
        }
    }
}

/// Without a key a daemon refuses to start: a cluster without one is not taken for one with any.
fn no_key(path: &Path) -> Entry {
    let words = format!(
        "the cluster has no key ({} is not there), and here packets are always sealed: make one with \
         `systole keygen` on one node and copy it to all",
        path.display()
    );
    Entry::new(Fate::Mapped, 0, "authkey", words)
}

fn key_in(path: &Path) -> Result<Option<Vec<u8>>, Failure> {
    let failed = |error: &std::io::Error| {
        Failure::NoInput(format!("{}: {}", path.display(), of_system(error)))
    };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(&error)),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_KEY + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    ClusterKey::new(bytes.clone())
        .map_err(|why| Failure::Unreadable(format!("{}: {why}", path.display())))?;
    Ok(Some(bytes))
}
