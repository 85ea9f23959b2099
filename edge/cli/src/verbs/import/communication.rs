//! `corosync.conf`: who is in the cluster and how they talk.

use super::report::{Chapter, Entry, Fate};
use crate::answer::Failure;
use conf::{Edit, Explanation, WarningKind, explain};
use std::collections::BTreeSet;

/// Where the file says that the key is.
const KEY_FILE: &str = "totem.keyfile";

/// What is made of a file.
pub(crate) struct Communication {
    /// Ours.
    pub(crate) text: String,
    /// Where the key of the file's cluster is.
    pub(crate) key: KeyPlace,
    pub(crate) chapter: Chapter,
}

/// Where a cluster has its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyPlace {
    /// In the file itself.
    Inside,
    /// In a file that it names.
    Named(String),
    /// Where it usually is.
    Usual,
}

/// Reads `text`, the contents of the file `name`. Its nodes, rings, quorum and timing stay as they
/// are written; only the key moves to where ours is looked for.
pub(crate) fn read(name: &str, text: &str) -> Result<Communication, Failure> {
    let explanation =
        explain(text).map_err(|error| Failure::Configuration(error.in_file(&name)))?;
    let key = match (&explanation.conf.key_file, &explanation.conf.key) {
        (Some(file), _) => KeyPlace::Named(file.clone()),
        (None, Some(_)) => KeyPlace::Inside,
        (None, None) => KeyPlace::Usual,
    };
    let text = match key {
        KeyPlace::Named(_) => without_key_file(text)?,
        KeyPlace::Inside | KeyPlace::Usual => text.to_owned(),
    };
    let chapter = chapter(name, &explanation);
    Ok(Communication { text, key, chapter })
}

fn without_key_file(text: &str) -> Result<String, Failure> {
    let edit = Edit::Set { path: KEY_FILE.to_owned(), value: None };
    conf::edit(text, &edit).map_err(|error| Failure::Configuration(error.to_string()))
}

fn chapter(name: &str, explanation: &Explanation) -> Chapter {
    let conf = &explanation.conf;
    let warned: BTreeSet<usize> = conf.warnings.iter().map(|warning| warning.line).collect();
    let mut entries: Vec<Entry> = conf
        .warnings
        .iter()
        .map(|warning| {
            let (fate, help) = weight(&warning.kind);
            Entry::new(fate, warning.line, "", format!("{}{help}", warning.kind))
        })
        .collect();
    // What a warning has told already is not told twice.
    let untold = explanation.settings.iter().filter(|told| !warned.contains(&told.line));
    for told in untold {
        let subject = format!("{}.{} {}", told.section, told.key, told.value);
        let fate = match told.fate {
            conf::Fate::Understood => continue,
            conf::Fate::Mapped => Fate::Mapped,
            conf::Fate::Ignored | conf::Fate::Unknown => Fate::NoEffect,
        };
        entries.push(Entry::new(fate, told.line, subject, &told.words));
    }
    let understood =
        explanation.settings.iter().filter(|told| told.fate == conf::Fate::Understood).count();
    let taken =
        vec![("nodes", conf.nodes.len()), ("rings", conf.rings().len()), ("settings", understood)];
    Chapter { of: name.to_owned(), taken, entries }
}

/// How much a warning matters to somebody who comes from elsewhere, and what else to say of it.
fn weight(kind: &WarningKind) -> (Fate, &'static str) {
    match kind {
        WarningKind::NoFingerprint => (
            Fate::Unsupported,
            ". A qnetd does not answer here: on its machine run `systole arbiter`, which says what \
             to write",
        ),
        WarningKind::SealedAnyway { .. } => (Fate::Mapped, ""),
        WarningKind::UnknownKey { .. } | WarningKind::UnknownSection { .. } => (Fate::NoEffect, ""),
        _ => (Fate::Doubtful, ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "totem {\n  version: 2\n  cluster_name: lustre\n  keyfile: /root/key\n  \
        crypto_hash: sha256\n  token: 5000\n}\nnodelist {\n  node {\n    ring0_addr: 10.0.0.1\n    \
        name: oss1\n    nodeid: 1\n  }\n  node {\n    ring0_addr: 10.0.0.2\n    name: oss2\n    \
        nodeid: 2\n  }\n}\nquorum {\n  provider: corosync_votequorum\n  device {\n    model: net\n    \
        net {\n      host: qnetd\n    }\n  }\n}\n";

    #[test]
    fn the_file_stays_and_only_the_key_moves() {
        let read = read("corosync.conf", FILE).expect("it is right");
        assert_eq!(read.key, KeyPlace::Named("/root/key".into()));
        assert_eq!(read.text, FILE.replace("  keyfile: /root/key\n", ""));
        let again = super::read("ours", &read.text).expect("it is right");
        assert_eq!((again.key, again.text), (KeyPlace::Usual, read.text));
    }

    #[test]
    fn each_setting_that_is_not_simply_taken_is_told_once() {
        let told = read("corosync.conf", FILE).expect("it is right").chapter;
        let of = |line: usize| {
            let there = told.entries.iter().filter(move |entry| entry.line == line);
            there.map(|entry| entry.fate).collect::<Vec<_>>()
        };
        assert_eq!(of(6), [Fate::Mapped], "token: {:?}", told.entries);
        let device = told.entries.iter().find(|entry| entry.fate == Fate::Unsupported);
        assert!(device.is_some_and(|entry| entry.words.contains("systole arbiter")), "{told:?}");
        assert_eq!(told.taken[0], ("nodes", 2));
    }

    #[test]
    fn a_file_that_is_wrong_is_refused_with_its_place() {
        let failed = read("corosync.conf", "totem {\nversion\n}\n").err().expect("it is wrong");
        assert!(failed.to_string().starts_with("corosync.conf:2: "), "{failed}");
    }
}
