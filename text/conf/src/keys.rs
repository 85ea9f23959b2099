//! Every key of every section that any Corosync from 1 to 3 knows, and what becomes of it here; so
//! that nobody has to guess, and so that the others can be told from them.

mod table;

use crate::error::{Warning, WarningKind};
use crate::grammar::{Section, shown};
use table::SECTIONS;

/// What becomes of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It means here what it means to Corosync.
    Understood,
    /// It becomes something of ours that is close to it.
    Mapped,
    /// It has no effect, for the reason given.
    Ignored,
    /// No Corosync knows it.
    Unknown,
}

impl Fate {
    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Understood => "understood",
            Self::Mapped => "mapped",
            Self::Ignored => "ignored",
            Self::Unknown => "unknown",
        }
    }
}

/// The type that Corosync's map of keys has for a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Eight bits.
    U8,
    /// Sixteen bits.
    U16,
    /// Thirty-two bits.
    U32,
    /// Sixty-four bits.
    U64,
    /// Thirty-two bits with a sign.
    I32,
    /// Text.
    Str,
}

impl Kind {
    /// As `corosync-cmapctl` writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::U8 => "u8",
            Self::U16 => "u16",
            Self::U32 => "u32",
            Self::U64 => "u64",
            Self::I32 => "i32",
            Self::Str => "str",
        }
    }
}

/// When a key has its fate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Always,
    /// It serves to find nodes: without effect where a `nodelist` names them.
    NobodyIsListed,
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    key: &'static str,
    fate: Fate,
    when: When,
    words: &'static str,
    pub(crate) kind: Kind,
}

const fn row(key: &'static str, fate: Fate, words: &'static str) -> Row {
    Row { key, fate, when: When::Always, words, kind: Kind::Str }
}

const fn understood(key: &'static str, words: &'static str) -> Row {
    row(key, Fate::Understood, words)
}

const fn mapped(key: &'static str, words: &'static str) -> Row {
    row(key, Fate::Mapped, words)
}

const fn ignored(key: &'static str, words: &'static str) -> Row {
    row(key, Fate::Ignored, words)
}

/// A key that is understood where nodes have to be found.
const fn seeking(key: &'static str, words: &'static str) -> Row {
    Row { when: When::NobodyIsListed, ..row(key, Fate::Understood, words) }
}

impl Row {
    const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// What becomes of it, and why, in a file that names nodes or does not.
    pub(crate) fn fate(&self, nodes_are_listed: bool) -> (Fate, &'static str) {
        match self.when {
            When::NobodyIsListed if nodes_are_listed => {
                (Fate::Ignored, "the nodes and their addresses are listed")
            }
            _ => (self.fate, self.words),
        }
    }
}

/// The row of `key` in the section `path`, or the one that stands for all of that section, or of
/// one around it.
pub(crate) fn find(path: &str, key: &str) -> Option<&'static Row> {
    let here = rows(path).and_then(|rows| rows.iter().find(|row| row.key == key));
    here.or_else(|| catch_all(path))
}

fn catch_all(path: &str) -> Option<&'static Row> {
    let here = rows(path).and_then(|rows| rows.iter().find(|row| row.key == "*"));
    here.or_else(|| path.rsplit_once('.').and_then(|(outer, _)| catch_all(outer)))
}

fn rows(path: &str) -> Option<&'static [Row]> {
    SECTIONS.iter().find(|(known, _)| *known == path).map(|(_, rows)| *rows)
}

/// Every known key with its section's path; `*` stands for any key of its section.
pub fn known_keys() -> impl Iterator<Item = (&'static str, &'static str)> {
    SECTIONS.iter().flat_map(|(path, rows)| rows.iter().map(move |row| (*path, row.key)))
}

/// Whether any Corosync knows the section.
pub(crate) fn is_section(path: &str) -> bool {
    rows(path).is_some() || catch_all(path).is_some()
}

/// Warns of all that no Corosync knows.
pub(crate) fn unknown(root: &Section) -> Vec<Warning> {
    let mut warnings = Vec::new();
    look_at(root, "", &mut warnings);
    warnings.sort_by_key(|warning| warning.line);
    warnings
}

fn look_at(section: &Section, path: &str, warnings: &mut Vec<Warning>) {
    let unknown = section.settings.iter().filter(|setting| find(path, &setting.key).is_none());
    warnings.extend(unknown.map(|setting| {
        let names = rows(path).unwrap_or_default().iter().map(|row| row.key);
        let suggestion = base::suggest::closest(&setting.key, names.filter(|name| *name != "*"));
        let kind = WarningKind::UnknownKey { key: shown(&join(path, &setting.key)), suggestion };
        Warning { line: setting.line, kind }
    }));
    for inner in &section.sections {
        let inner_path = join(path, &inner.name);
        if is_section(&inner_path) {
            look_at(inner, &inner_path, warnings);
            continue;
        }
        let siblings = SECTIONS.iter().filter_map(|(known, _)| leaf_in(known, path));
        let suggestion = base::suggest::closest(&inner.name, siblings);
        let kind = WarningKind::UnknownSection { section: shown(&inner_path), suggestion };
        warnings.push(Warning { line: inner.line, kind });
    }
}

/// The last word of `known`, if that is a section directly inside `path`.
fn leaf_in(known: &'static str, path: &str) -> Option<&'static str> {
    let (outer, leaf) = known.rsplit_once('.').unwrap_or(("", known));
    (outer == path && !leaf.is_empty()).then_some(leaf)
}

/// A path one level down.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_key_has_one_row_with_a_reason_that_fits_a_line() {
        let mut seen = BTreeSet::new();
        for (path, rows) in SECTIONS {
            for row in *rows {
                assert!(seen.insert((path, row.key)), "{path}.{} is there twice", row.key);
                assert!((4..=74).contains(&row.words.len()), "{path}.{}: {}", row.key, row.words);
                assert!(!row.words.ends_with('.'), "{path}.{}", row.key);
            }
        }
        assert!(seen.len() > 120, "{}", seen.len());
    }

    #[test]
    fn a_key_is_found_in_its_section_or_by_the_row_for_all() {
        let fate = |path, key| find(path, key).map(|row| row.fate);
        assert_eq!(fate("totem", "token"), Some(Fate::Mapped));
        assert_eq!(fate("nodelist.node", "ring7_addr"), Some(Fate::Understood));
        assert_eq!(fate("nodelist.node", "ring8_addr"), None);
        assert_eq!(fate("resources.system.memory_used", "max"), Some(Fate::Ignored));
        assert_eq!(fate("totem", "tokem"), None);
        assert_eq!(fate("nowhere", "token"), None);
        assert!(is_section("resources.system.load_15min") && !is_section("totem.load"));
    }
}
