//! `systole keygen` and `corosync-keygen`: the secret that makes packets this cluster's.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::tools::arguments::{CommandLine, flag, value};
use crate::words::of_system;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Where the key is when nobody says otherwise.
const KEY_FILE: &str = "/etc/systole/authkey";
/// Where Corosync's tool puts it.
const COROSYNC_KEY_FILE: &str = "/etc/corosync/authkey";
/// How long a key is.
const LENGTH: usize = 256;
/// The source of random bytes.
const SOURCE: &str = "/dev/urandom";

/// What is done about a key that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Existing {
    /// It stays: whoever replaces the key of a running cluster cuts it into pieces.
    Keep,
    /// It is replaced.
    Replace,
}

/// `systole keygen`
pub(crate) fn keygen(file: Option<&Path>, existing: Existing) -> Outcome {
    let file = file.unwrap_or_else(|| Path::new(KEY_FILE));
    write_key(file, Path::new(SOURCE), LENGTH, existing)?;
    line(&format!("Wrote a new cluster key to {}; copy it to every node.", file.display()));
    DONE
}

const LINE: CommandLine = CommandLine {
    name: "corosync-keygen",
    purpose: "makes the cluster's key",
    words: "",
    choices: &[
        value("k", "key-file", "where to put it"),
        flag("l", "less-secure", "accepted: the source never has to be waited for"),
        value("s", "size", "its length in bytes, 128 to 4096"),
        value("r", "random-file", "where random bytes come from"),
        flag("f", "force", "replace a key that is there"),
    ],
};

/// `corosync-keygen`
pub(crate) fn corosync_keygen(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let file = Path::new(given.value("key-file").unwrap_or(COROSYNC_KEY_FILE));
    let source = Path::new(given.value("random-file").unwrap_or(SOURCE));
    let length = given.value("size").map_or(Ok(LENGTH), |text| {
        let in_range = text.parse().ok().filter(|length| (128..=4096).contains(length));
        in_range.ok_or_else(|| {
            Failure::Usage(format!("`{text}` is no length for a key: 128 to 4096 bytes"))
        })
    })?;
    let existing = if given.has("force") { Existing::Replace } else { Existing::Keep };
    line("Corosync Cluster Engine Authentication key generator.");
    line(&format!("Gathering {} bits for key from {}.", length * 8, source.display()));
    write_key(file, source, length, existing)?;
    line(&format!("Writing corosync key to {}.", file.display()));
    DONE
}

/// A key as `systole keygen` makes it.
pub(crate) fn new_key() -> Result<Vec<u8>, Failure> {
    random(Path::new(SOURCE), LENGTH)
}

fn random(source: &Path, length: usize) -> Result<Vec<u8>, Failure> {
    let mut key = vec![0; length];
    let read = File::open(source).and_then(|mut source| source.read_exact(&mut key));
    read.map_err(|error| {
        Failure::Other(format!("cannot read {}: {}", source.display(), of_system(&error)))
    })?;
    Ok(key)
}

fn write_key(file: &Path, source: &Path, length: usize, existing: Existing) -> Result<(), Failure> {
    let failed = |what: &str, path: &Path, error: &std::io::Error| {
        Failure::Other(format!("cannot {what} {}: {}", path.display(), of_system(error)))
    };
    if existing == Existing::Keep && file.exists() {
        return Err(Failure::Exists(format!(
            "{} is there already and stays as it is; --force replaces it, and every node needs the \
             new one before they understand each other again",
            file.display()
        )));
    }
    let key = random(source, length)?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|error| failed("make", folder, &error))?;
    }
    install(file, &key).map_err(|error| failed("write", file, &error))
}

/// The old key is there until the new one is whole.
fn install(file: &Path, key: &[u8]) -> std::io::Result<()> {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let fresh = file.with_file_name(name);
    os::file::remove_if_there(&fresh)?;
    os::file::create_secret(&fresh, key)?;
    std::fs::rename(&fresh, file)?;
    os::file::sync_folder_of(file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn corosyncs_options_say_where_from_and_how_much() {
        let folder = std::env::temp_dir().join(format!("corosync-keygen-{}", std::process::id()));
        let file = folder.join("authkey");
        let run = |line: &str| {
            let line = line.replace("FILE", &file.display().to_string());
            corosync_keygen(&line.split(' ').map(Into::into).collect::<Vec<_>>())
        };
        run("-l -k FILE -s 1024 -r /dev/zero").expect("there was none");
        assert_eq!(std::fs::read(&file).expect("it was written"), [0; 1024]);
        assert_eq!(
            std::fs::metadata(&file).expect("it is there").permissions().mode() & 0o777,
            0o400
        );
        for line in ["-k FILE -s 127", "-k FILE -s 4097", "-k FILE -s many"] {
            assert!(matches!(run(line), Err(Failure::Usage(_))), "{line}");
        }
        assert!(matches!(run("-k FILE"), Err(Failure::Exists(_))));
        assert!(matches!(run("-f -k FILE -r /nonexistent"), Err(Failure::Other(_))));
        assert_eq!(std::fs::read(&file).expect("it is there").len(), 1024, "it stays");
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }

    #[test]
    fn a_key_is_secret_random_and_not_lightly_replaced() {
        let folder = std::env::temp_dir().join(format!("systole-keygen-{}", std::process::id()));
        let file = folder.join("etc/authkey");
        keygen(Some(&file), Existing::Keep).expect("there was none");
        let first = std::fs::read(&file).expect("it was written");
        assert_eq!(first.len(), LENGTH);
        let mode = std::fs::metadata(&file).expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o400);

        let refused = keygen(Some(&file), Existing::Keep);
        assert!(matches!(refused, Err(Failure::Exists(_))));
        assert_eq!(std::fs::read(&file).expect("it is there"), first);

        keygen(Some(&file), Existing::Replace).expect("it was forced");
        assert_ne!(std::fs::read(&file).expect("it is there"), first);
        std::fs::remove_dir_all(&folder).expect("it is ours");
    }
}
