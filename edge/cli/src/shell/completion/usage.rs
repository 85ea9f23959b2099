//! What a command takes, read from the line that tells people: `RESOURCE set|show|delete META
//! [VALUE]`.
//!
//! Small words stand for themselves, `|` between words that can stand in the same place, `[...]`
//! around what can be left out, `...` behind what can be said again. Words in capitals are places.

use super::places::{Place, Said};
use super::{Candidate, facts};

/// One of the words that can stand somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice<'u> {
    /// This one.
    Word(&'u str),
    /// One that stands for something.
    Place(Place),
    /// The same behind a beginning, such as `type:KIND`.
    Behind(&'u str, Place),
}

impl<'u> Choice<'u> {
    fn read(text: &'u str) -> Self {
        if let Some(place) = Place::named(text) {
            return Self::Place(place);
        }
        let behind = text.split_once(':').and_then(|(start, name)| {
            Some((&text[..=start.len()], Place::named(name)?)).filter(|_| !start.is_empty())
        });
        match behind {
            Some((start, place)) => Self::Behind(start, place),
            None => Self::Word(text),
        }
    }

    fn takes(self, word: &str) -> bool {
        match self {
            Self::Word(known) => known == word,
            Self::Place(_) => true,
            Self::Behind(start, _) => word.starts_with(start),
        }
    }

    /// What can be typed for it.
    pub(super) fn candidates(self, said: &Said<'_>) -> Vec<Candidate> {
        match self {
            Self::Word(word) => vec![Candidate::new(word, "")],
            Self::Place(place) => place.candidates(said),
            Self::Behind(start, place) => match said.word.strip_prefix(start) {
                Some(word) => {
                    let found = place.candidates(&Said { word, ..*said });
                    found.into_iter().map(|it| facts::behind(start, it)).collect()
                }
                None => vec![Candidate::begin(start, "")],
            },
        }
    }
}

/// A piece of a usage.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'u> {
    /// One word.
    Slot { choices: Vec<Choice<'u>>, repeats: bool },
    /// What follows can be left out, up to the end at that place.
    Open { end: usize },
    /// The end of what began at that place.
    Close { start: usize, repeats: bool },
}

/// A usage taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage<'u> {
    /// Each with the place in the text at which it begins.
    parts: Vec<(Part<'u>, usize)>,
    text: &'u str,
}

impl<'u> Usage<'u> {
    /// Takes it apart.
    pub(crate) fn read(text: &'u str) -> Self {
        let mut usage = Self { parts: Vec::new(), text };
        let mut open = Vec::new();
        let mut from = 0;
        for word in text.split(' ') {
            usage.word(word, from, &mut open);
            from += word.len() + 1;
        }
        usage
    }

    fn word(&mut self, word: &'u str, from: usize, open: &mut Vec<usize>) {
        let inside = word.trim_start_matches('[');
        for _ in 0..word.len() - inside.len() {
            open.push(self.parts.len());
            self.parts.push((Part::Open { end: 0 }, from));
        }
        let bare = inside.trim_end_matches(['.', ']']);
        let marks = &inside[bare.len()..];
        if bare.is_empty() {
            return;
        }
        let choices = bare.split('|').map(Choice::read).collect();
        let repeats = marks.starts_with("...");
        self.parts.push((Part::Slot { choices, repeats }, from));
        for behind in marks.split(']').skip(1) {
            let Some(start) = open.pop() else { return };
            let end = self.parts.len();
            self.parts[start].0 = Part::Open { end };
            self.parts.push((Part::Close { start, repeats: behind.starts_with("...") }, from));
        }
    }

    /// The slots at which one can be, coming to the part at `place`.
    fn arrive(&self, place: usize, slots: &mut Vec<usize>, seen: &mut Vec<bool>) {
        if seen.get(place).copied().unwrap_or(true) {
            return;
        }
        seen[place] = true;
        match &self.parts[place].0 {
            Part::Slot { .. } => slots.push(place),
            Part::Open { end } => {
                self.arrive(place + 1, slots, seen);
                self.arrive(end + 1, slots, seen);
            }
            Part::Close { start, repeats } => {
                if *repeats {
                    self.arrive(start + 1, slots, seen);
                }
                self.arrive(place + 1, slots, seen);
            }
        }
    }

    /// The slots in which the next word can stand.
    fn slots(&self, words: &[String]) -> Vec<usize> {
        let unseen = || vec![false; self.parts.len()];
        let mut slots = Vec::new();
        self.arrive(0, &mut slots, &mut unseen());
        for word in words {
            let (mut after, mut seen) = (Vec::new(), unseen());
            for place in slots {
                let Part::Slot { choices, repeats } = &self.parts[place].0 else { continue };
                if !choices.iter().any(|choice| choice.takes(word)) {
                    continue;
                }
                if *repeats {
                    self.arrive(place, &mut after, &mut seen);
                }
                self.arrive(place + 1, &mut after, &mut seen);
            }
            slots = after;
        }
        slots
    }

    /// What the next word can be.
    pub(crate) fn next(&self, words: &[String]) -> Vec<Choice<'u>> {
        let slots = self.slots(words).into_iter();
        let choices = slots.filter_map(|place| match &self.parts[place].0 {
            Part::Slot { choices, .. } => Some(choices.clone()),
            Part::Open { .. } | Part::Close { .. } => None,
        });
        choices.flatten().collect()
    }

    /// What is left of the text.
    pub(crate) fn rest(&self, words: &[String]) -> String {
        let Some(first) = self.slots(words).into_iter().min() else { return String::new() };
        let rest = &self.text[self.parts[first].1..];
        // Where it begins in the middle of brackets, their ends say nothing.
        let (mut depth, mut shown) = (0_usize, String::new());
        for letter in rest.chars() {
            match letter {
                '[' => depth += 1,
                ']' if depth == 0 => continue,
                ']' => depth -= 1,
                _ => {}
            }
            shown.push(letter);
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_word_of_a_usage() {
        let modgroup = "GROUP add|remove MEMBER [before|after MEMBER]";
        let show = "[xml] [ID|type:KIND...] [changed]";
        let commit = "[force] [-m TEXT] [--confirm TIME]";
        let topology = "ID [DEVICE...]...";
        let cases = [
            (modgroup, "", "GROUP", modgroup),
            (modgroup, "g", "add remove", "add|remove MEMBER [before|after MEMBER]"),
            (modgroup, "g add p", "before after", "[before|after MEMBER]"),
            (modgroup, "g add p before", "MEMBER", "MEMBER"),
            (modgroup, "g put", "", ""),
            (modgroup, "g add p before q r", "", ""),
            (show, "", "xml ID type:KIND changed", show),
            (show, "xml a", "ID type:KIND changed", "[ID|type:KIND...] [changed]"),
            (commit, "", "force -m --confirm", commit),
            (commit, "-m", "TEXT", "TEXT [--confirm TIME]"),
            (commit, "-m x", "--confirm", "[--confirm TIME]"),
            (topology, "a b", "TEXT", "[TEXT...]..."),
            ("", "", "", ""),
        ];
        for (usage, words, next, rest) in cases {
            // A place that is not known is any word.
            let usage = usage.replace("DEVICE", "TEXT");
            let usage = Usage::read(&usage);
            let words = crate::words::split(words);
            let name = |choice: &Choice<'_>| match choice {
                Choice::Word(word) => (*word).to_owned(),
                Choice::Place(place) => place.name().to_owned(),
                Choice::Behind(start, place) => format!("{start}{}", place.name()),
            };
            let found: Vec<String> = usage.next(&words).iter().map(name).collect();
            assert_eq!(found.join(" "), next, "{words:?} of {}", usage.text);
            assert_eq!(usage.rest(&words), rest, "{words:?} of {}", usage.text);
        }
    }
}
