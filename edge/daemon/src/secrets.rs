//! Values that stand outside of the configuration: passwords that neither the CIB nor its history is
//! to hold. The configuration says `lrm://` there, and each node has the value in a file that root
//! alone may read.
//!
//! ```text
//! here       the file, and what is in it
//! sharing    how all nodes come to keep the same                              sharing.rs
//! resolve    the place where an agent's parameters get their values           resolve.rs
//! ```
//!
//! Each value has a [`Stamp`], and the newest stands: what nodes keep can be brought together in any
//! order and any number of times. Values are new only with quorum, so of two changes the later one
//! knows the stamp of the earlier one. What was taken away is kept as a stamp without a value: a node
//! that was down at the time would bring the value back otherwise.
//!
//! **What it never does.** Write a value into a log, the journal or the configuration (C7).

mod resolve;
mod sharing;

use api::{Secret, SecretPlace};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) use resolve::resolve;
pub(crate) use sharing::{Lacking, Sharing};

/// Bytes of a value at most: a long private key has a quarter of that.
const LONGEST_VALUE: usize = 8 * 1024;
/// Letters of a resource's id and of a parameter's name, each.
const LONGEST_NAME: usize = 256;
/// Values at most, those that were taken away among them: all of them fit into one message.
const MOST: usize = 512;

/// How new a value is; of two, the greater one stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// One more than that of the value before it.
    pub(crate) count: u64,
    /// The number of the node that was asked: two that were asked at once differ.
    pub(crate) node: u32,
}

/// What a node keeps for one place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub(crate) place: SecretPlace,
    pub(crate) stamp: Stamp,
    /// None when it was taken away.
    pub(crate) value: Option<Secret>,
}

/// Why a value is not kept. What was kept before is kept still.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    #[error(
        "a value has {LONGEST_VALUE} bytes at most, this one has {0}: keep it in a file of its own"
    )]
    TooLong(usize),
    #[error("a value is a text: what is none has to be kept in a file")]
    NoText,
    #[error("a resource's id and a parameter's name have 1 to {LONGEST_NAME} letters each")]
    Name,
    #[error("a node keeps {MOST} values at most, and has so many")]
    TooMany,
    #[error("{path}: {source}; make room there, then `cibsecret sync`")]
    Disk { path: String, source: io::Error },
}

/// What this node keeps.
#[derive(Clone)]
pub(crate) struct Secrets {
    path: PathBuf,
    kept: Arc<Mutex<Kept>>,
}

type Kept = BTreeMap<SecretPlace, (Stamp, Option<Secret>)>;

impl Secrets {
    /// What is in the state directory. What cannot be read is put aside: the others have it, too.
    ///
    /// # Errors
    /// When there is a file that can neither be read nor put aside.
    pub(crate) fn open(state: &Path) -> io::Result<Self> {
        let path = state.join("secrets");
        let kept = match std::fs::read(&path) {
            Ok(bytes) => read(&bytes).map_or_else(|| put_aside(&path), Ok)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Kept::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { path, kept: Arc::new(Mutex::new(kept)) })
    }

    /// The value for a place.
    pub(crate) fn value(&self, place: &SecretPlace) -> Option<Secret> {
        self.locked().get(place).and_then(|(_, value)| value.clone())
    }

    /// All that is kept or was taken away, without values.
    pub(crate) fn stamps(&self) -> Vec<(SecretPlace, Stamp)> {
        self.locked().iter().map(|(place, (stamp, _))| (place.clone(), *stamp)).collect()
    }

    /// What is kept for these places.
    pub(crate) fn entries(&self, places: &[SecretPlace]) -> Vec<Entry> {
        let kept = self.locked();
        let entry = |place: &SecretPlace| {
            let (stamp, value) = kept.get(place)?.clone();
            Some(Entry { place: place.clone(), stamp, value })
        };
        places.iter().filter_map(entry).collect()
    }

    /// Keeps what is newer than what is here; durable when it returns.
    pub(crate) fn keep(&self, entries: Vec<Entry>) -> Result<(), NotKept> {
        entries.iter().try_for_each(check)?;
        let mut kept = self.locked();
        let mut after = kept.clone();
        for Entry { place, stamp, value } in entries {
            if after.get(&place).is_none_or(|(here, _)| *here < stamp) {
                after.insert(place, (stamp, value));
            }
        }
        if after.len() > MOST {
            return Err(NotKept::TooMany);
        }
        if after != *kept {
            os::file::write_atomic(&self.path, &written(&after)).map_err(|source| {
                NotKept::Disk { path: self.path.display().to_string(), source }
            })?;
            *kept = after;
        }
        Ok(())
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether it may be kept at all.
fn check(entry: &Entry) -> Result<(), NotKept> {
    let Entry { place: SecretPlace { resource, parameter }, value, .. } = entry;
    if [resource, parameter].iter().any(|name| name.is_empty() || name.len() > LONGEST_NAME) {
        return Err(NotKept::Name);
    }
    match value {
        Some(Secret(value)) if value.len() > LONGEST_VALUE => Err(NotKept::TooLong(value.len())),
        // Agents get it in their environment.
        Some(Secret(value)) if value.contains(&0) || std::str::from_utf8(value).is_err() => {
            Err(NotKept::NoText)
        }
        _ => Ok(()),
    }
}

fn read(bytes: &[u8]) -> Option<Kept> {
    let entries: Vec<Entry> = serde_json::from_slice(bytes).ok()?;
    Some(entries.into_iter().map(|entry| (entry.place, (entry.stamp, entry.value))).collect())
}

fn written(kept: &Kept) -> Vec<u8> {
    let entry = |(place, (stamp, value)): (&SecretPlace, &(Stamp, Option<Secret>))| Entry {
        place: place.clone(),
        stamp: *stamp,
        value: value.clone(),
    };
    let entries: Vec<Entry> = kept.iter().map(entry).collect();
    // Texts and numbers only: nothing can go wrong.
    serde_json::to_vec(&entries).unwrap_or_default()
}

fn put_aside(path: &Path) -> io::Result<Kept> {
    let aside = path.with_extension("unreadable");
    std::fs::rename(path, &aside)?;
    tracing::error!(
        "{} cannot be read and is {} now: the values in it come from the other nodes; `cibsecret \
         check` says whether one is missing",
        path.display(),
        aside.display()
    );
    Ok(Kept::new())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    pub(crate) fn place(text: &str) -> SecretPlace {
        let (resource, parameter) = text.split_once('.').expect("RESOURCE.PARAMETER");
        SecretPlace { resource: resource.into(), parameter: parameter.into() }
    }

    /// `RESOURCE.PARAMETER COUNT NODE VALUE`; `-` where it was taken away.
    pub(crate) fn entry(text: &str) -> Entry {
        let words: Vec<&str> = text.split(' ').collect();
        let [at, count, node, value] = words[..] else { panic!("{text}") };
        let number = |text: &str| text.parse::<u32>().expect("a number");
        let stamp = Stamp { count: number(count).into(), node: number(node) };
        let value = (value != "-").then(|| Secret(value.into()));
        Entry { place: place(at), stamp, value }
    }

    /// What a node keeps, in a folder that is gone afterwards.
    pub(crate) struct Folder(pub(crate) PathBuf);

    impl Folder {
        pub(crate) fn new(name: &str) -> Self {
            let name = format!("systole-secrets-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&folder).expect("a folder can be made");
            Self(folder)
        }

        pub(crate) fn open(&self) -> Secrets {
            Secrets::open(&self.0).expect("it can be opened")
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn value(secrets: &Secrets, at: &str) -> String {
        let value = secrets.value(&place(at));
        value.map_or_else(|| "-".into(), |value| String::from_utf8_lossy(&value.0).into_owned())
    }

    #[test]
    fn the_newest_value_stands_whatever_comes_when() {
        let cases = [
            (&["f.p 1 1 old", "f.p 2 1 new"], "new"),
            (&["f.p 1 1 one", "f.p 1 2 two"], "two"),
            (&["f.p 1 1 old", "f.p 2 3 -"], "-"),
            (&["f.p 2 1 -", "f.p 3 1 again"], "again"),
        ];
        for (number, (entries, expected)) in cases.iter().enumerate() {
            for (turn, mut entries) in [entries.to_vec(), entries.to_vec()].into_iter().enumerate()
            {
                entries.rotate_left(turn);
                let folder = Folder::new(&format!("newest-{number}-{turn}"));
                for text in &entries {
                    folder.open().keep(vec![entry(text)]).expect("it is kept");
                }
                assert_eq!(value(&folder.open(), "f.p"), *expected, "{entries:?}");
            }
        }
    }

    #[test]
    fn nobody_else_may_read_it() {
        let folder = Folder::new("mode");
        folder.open().keep(vec![entry("f.p 1 1 x")]).expect("it is kept");
        let mode = std::fs::metadata(folder.0.join("secrets")).expect("it is there").permissions();
        assert_eq!(mode.mode() & 0o7777, 0o600);
    }

    #[test]
    fn what_cannot_be_kept_leaves_all_as_it_was() {
        let folder = Folder::new("refused");
        let secrets = folder.open();
        let many = (1..MOST).map(|number| entry(&format!("f.p{number} 1 1 x")));
        secrets.keep(many.collect()).expect("there is room");
        secrets.keep(vec![entry("f.p 1 1 old")]).expect("there is room");
        let long = "x".repeat(LONGEST_VALUE + 1);
        for (text, expected) in [
            (format!("f.p 2 1 {long}"), "a value has 8192 bytes at most, this one has 8193"),
            ("f.p 2 1 \0".into(), "a value is a text"),
            ("f. 2 1 x".into(), "1 to 256 letters"),
            (format!(".{long} 2 1 x"), "1 to 256 letters"),
            ("one.more 1 1 x".into(), "512 values at most"),
        ] {
            let told = secrets.keep(vec![entry("f.p 3 1 new"), entry(&text)]).expect_err(&text);
            assert!(told.to_string().contains(expected), "{told}");
            assert_eq!(value(&secrets, "f.p"), "old");
        }
    }

    #[test]
    fn what_cannot_be_read_is_put_aside() {
        let folder = Folder::new("damage");
        std::fs::write(folder.0.join("secrets"), "]").expect("the folder is ours");
        assert!(folder.open().stamps().is_empty());
        let aside = std::fs::read_to_string(folder.0.join("secrets.unreadable"));
        assert_eq!(aside.expect("nothing is lost"), "]");
    }
}
