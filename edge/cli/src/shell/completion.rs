//! What can be typed next: the same answer for the prompt's menu, its hints, and bash.
//!
//! [`complete`] and [`hint`] only look at a line, at where the shell is and at [`Facts`]; nothing is
//! asked of anybody on the way but what [`Machine`] is for. What a command takes is read from its usage
//! ([`usage`]), what each of its places stands for is in [`places`], and the language of
//! `configure` has a grammar of its own ([`statement`]).

mod facts;
mod machine;
mod places;
mod statement;
mod usage;

pub(crate) use facts::Facts;
pub(crate) use machine::{AgentsHere, Machine};
pub(crate) use places::Place;

use super::levels::{DRY_RUN, Level, Meaning, OUTPUT, meaning, without_dry_run, without_output};
use crate::words::begun;
use places::Said;
use usage::Usage;

/// Something that can be typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The word.
    pub(crate) word: String,
    /// What it is, in a few words.
    pub(crate) about: String,
    /// Whether the word is whole with it; `ip=` is not.
    pub(crate) is_whole: bool,
}

impl Candidate {
    /// A word, and what it is.
    pub(crate) fn new(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self { word: word.into(), about: about.into(), is_whole: true }
    }

    /// The beginning of a word.
    pub(crate) fn begin(word: impl Into<String>, about: impl Into<String>) -> Self {
        Self { is_whole: false, ..Self::new(word, about) }
    }
}

/// What can stand in the place of the word that is being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Completion {
    /// Where that word begins, in bytes.
    pub(crate) from: usize,
    /// In the order in which they are shown.
    pub(crate) candidates: Vec<Candidate>,
}

/// What can stand behind any command.
const OPTIONS: [(&str, &str); 2] =
    [(DRY_RUN, "change nothing; tell what would come of it"), (OUTPUT, "text, or json")];

/// What can be typed at the end of `line`, said at `level`.
pub(crate) fn complete(line: &str, level: Level, facts: &Facts<'_>) -> Completion {
    let typed = begun(line);
    let word = typed.word.as_deref().unwrap_or_default();
    let mut candidates = match typed.words.last() {
        Some(last) if last == OUTPUT => ["text", "json"].map(|it| Candidate::new(it, "")).into(),
        _ => next(&without_options(&typed.words), word, level, facts),
    };
    if word.starts_with('-') && !typed.words.is_empty() {
        candidates.extend(OPTIONS.map(|(option, about)| Candidate::new(option, about)));
    }
    let mut fitting = fitting(candidates, word);
    let ends_words = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    for candidate in fitting.iter_mut().filter(|it| it.word.contains(ends_words)) {
        candidate.word = crate::words::quoted(&candidate.word);
    }
    Completion { from: typed.from, candidates: fitting }
}

/// The words of the command itself.
fn without_options(words: &[String]) -> Vec<String> {
    let words = without_output(words).map_or_else(|| words.to_vec(), |(others, _)| others);
    without_dry_run(&words).unwrap_or(words)
}

/// Those that begin as what was typed; where there are none, those that have it somewhere.
fn fitting(candidates: Vec<Candidate>, word: &str) -> Vec<Candidate> {
    let begins = |it: &Candidate| it.word.starts_with(word);
    let small = word.to_ascii_lowercase();
    let has = |it: &Candidate| it.word.to_ascii_lowercase().contains(&small);
    // One letter is somewhere in too many.
    match candidates.iter().any(begins) || word.chars().count() < 2 {
        true => candidates.into_iter().filter(begins).collect(),
        false => candidates.into_iter().filter(has).collect(),
    }
}

/// What can be typed in a place, wherever that is.
pub(crate) fn complete_place(place: Place, word: &str, facts: &Facts<'_>) -> Vec<Candidate> {
    place.candidates(&Said { words: &[], word, facts })
}

fn next(words: &[String], word: &str, level: Level, facts: &Facts<'_>) -> Vec<Candidate> {
    let Some((first, rest)) = words.split_first() else { return level.offers() };
    match meaning(level, first) {
        Ok(Meaning::Level(below)) => next(rest, word, below, facts),
        Ok(Meaning::Command(command)) => {
            let said = Said { words: rest, word, facts };
            let usage = Usage::read(command.takes());
            usage.next(rest).iter().flat_map(|choice| choice.candidates(&said)).collect()
        }
        Ok(Meaning::Statement) => statement::next(&Said { words, word, facts }),
        Ok(Meaning::Help) => topics(rest, level),
        Ok(Meaning::Leave | Meaning::End) | Err(_) => Vec::new(),
    }
}

/// What `help` tells about.
fn topics(words: &[String], level: Level) -> Vec<Candidate> {
    match words {
        [] => level.offers(),
        [word] => match meaning(Level::Root, word) {
            Ok(Meaning::Level(level)) => level.offers(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// What is expected behind `line`, as its usage has it; nothing in the middle of a word.
pub(crate) fn hint(line: &str, level: Level) -> String {
    let typed = begun(line);
    match typed.word {
        None => expected(&without_options(&typed.words), level),
        Some(_) => String::new(),
    }
}

fn expected(words: &[String], level: Level) -> String {
    let Some((first, rest)) = words.split_first() else { return String::new() };
    match meaning(level, first) {
        Ok(Meaning::Level(below)) => expected(rest, below),
        Ok(Meaning::Command(command)) => Usage::read(command.takes()).rest(rest),
        Ok(Meaning::Statement) => statement::expected(first, rest.len()),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests;
