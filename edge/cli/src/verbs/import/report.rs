//! What became of each thing that was brought along.

use crate::output::JSON_VERSION;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What becomes of one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It means here what it meant there.
    Taken,
    /// It becomes something of ours that is close to it.
    Mapped,
    /// Nothing depends on it here.
    NoEffect,
    /// It is kept, and somebody should look at it.
    Doubtful,
    /// It is kept, and does not work here.
    Unsupported,
}

impl Fate {
    const fn word(self) -> &'static str {
        match self {
            Self::Taken => "taken over",
            Self::Mapped => "mapped",
            Self::NoEffect => "no effect",
            Self::Doubtful => "doubtful",
            Self::Unsupported => "not supported",
        }
    }
}

/// One thing, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) fate: Fate,
    /// Where it stands, counted from 1; 0 for what has no line.
    pub(crate) line: usize,
    /// What it is about.
    pub(crate) subject: String,
    /// What it became, or why it did not, and what to do.
    pub(crate) words: String,
}

impl Entry {
    pub(crate) fn new(
        fate: Fate,
        line: usize,
        subject: impl Into<String>,
        words: impl Into<String>,
    ) -> Self {
        Self { fate, line, subject: subject.into(), words: words.into() }
    }
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chapter {
    /// The document's name.
    pub(crate) of: String,
    /// How many things of each kind were taken over as they are.
    pub(crate) taken: Vec<(&'static str, usize)>,
    /// Everything else.
    pub(crate) entries: Vec<Entry>,
}

impl Chapter {
    /// For people: what is well in one line, then everything else, what works least at the end.
    fn text(&self) -> String {
        let mut text = format!("From {}:\n", self.of);
        let counts: Vec<String> = self
            .taken
            .iter()
            .filter(|(_, count)| *count > 0)
            .map(|(what, count)| format!("{count} {what}"))
            .collect();
        let width = Fate::Unsupported.word().len();
        if !counts.is_empty() {
            let word = Fate::Taken.word();
            text.push_str(&format!("  {word:width$}  {}\n", counts.join(", ")));
        }
        let mut entries: Vec<&Entry> = self.entries.iter().collect();
        entries.sort_by_key(|entry| (entry.fate, entry.line));
        for Entry { fate, line, subject, words } in entries {
            let place = if *line == 0 { String::new() } else { format!("line {line}: ") };
            let subject = if subject.is_empty() { String::new() } else { format!("{subject}: ") };
            let words = report::printable(&format!("{place}{subject}{words}"));
            text.push_str(&format!("  {:width$}  {words}\n", fate.word()));
        }
        text
    }

    fn json(&self) -> Value {
        let entries = self.entries.iter().map(|entry| {
            json!({
                "fate": entry.fate.word(),
                "line": entry.line,
                "subject": entry.subject,
                "words": entry.words,
            })
        });
        let taken: BTreeMap<&str, usize> = self.taken.iter().copied().collect();
        json!({ "from": self.of, "taken": taken, "entries": entries.collect::<Vec<_>>() })
    }
}

/// What became of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) chapters: Vec<Chapter>,
}

impl Report {
    /// For people.
    pub(crate) fn text(&self) -> String {
        self.chapters.iter().map(Chapter::text).collect()
    }

    /// For programs; `written` are the files that were, or would be.
    pub(crate) fn json(&self, written: &[String]) -> Value {
        let chapters = self.chapters.iter().map(Chapter::json);
        json!({
            "version": JSON_VERSION,
            "chapters": chapters.collect::<Vec<_>>(),
            "written": written,
        })
    }

    /// What does not work here.
    pub(crate) fn unsupported(&self) -> impl Iterator<Item = &Entry> {
        let entries = self.chapters.iter().flat_map(|chapter| &chapter.entries);
        entries.filter(|entry| entry.fate == Fate::Unsupported)
    }
}
