//! Colours for people: the crm language, and what changes in it.
//!
//! They are used on a terminal, unless `NO_COLOR` is set or the shell was told otherwise.

use crmsh::vocabulary::PRIMITIVE_PARTS;
use nu_ansi_term::{Color, Style};
use std::sync::atomic::{AtomicU8, Ordering};

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing in particular: ids, blanks.
    Plain,
    /// A word of the language, a command.
    Keyword,
    /// `NAME=`
    Name,
    /// What a name is set to.
    Value,
    /// `inf:`
    Score,
    /// For people only.
    Comment,
    /// What is expected, and was not typed.
    Hint,
    /// What will be there.
    Added,
    /// What was there.
    Removed,
}

impl Tone {
    /// How it looks.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Keyword => Color::Yellow.normal(),
            Self::Name => Color::Cyan.normal(),
            Self::Score => Color::Purple.normal(),
            Self::Comment | Self::Hint => Color::DarkGray.normal(),
            Self::Added => Color::Green.normal(),
            Self::Value | Self::Removed => Color::Red.normal(),
        }
    }
}

/// When there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum When {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

impl When {
    const ALL: [(&'static str, Self); 3] =
        [("auto", Self::Auto), ("yes", Self::Always), ("no", Self::Never)];

    /// Reads it; what is plain has none, as other shells call it.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        let word = match word {
            "plain" | "never" | "false" => "no",
            "color" | "always" | "true" => "yes",
            word => word,
        };
        base::names::value(&Self::ALL, word)
    }

    /// How it is written.
    pub(crate) fn name(self) -> &'static str {
        base::names::name(&Self::ALL, self)
    }
}

static CHOSEN: AtomicU8 = AtomicU8::new(When::Auto as u8);

/// From now on.
pub(crate) fn choose(when: When) {
    CHOSEN.store(when as u8, Ordering::Relaxed);
}

/// As it was chosen.
pub(crate) fn chosen() -> When {
    let chosen = CHOSEN.load(Ordering::Relaxed);
    [When::Auto, When::Always, When::Never][usize::from(chosen)]
}

/// Whether what is printed now has colours.
pub(crate) fn is_wanted() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match chosen() {
        When::Always => true,
        When::Never => false,
        When::Auto => {
            let is_dumb = std::env::var_os("TERM").is_none_or(|name| name == "dumb");
            os::terminal::output_is_terminal() && !is_set("NO_COLOR") && !is_dumb
        }
    }
}

/// A text of the language, painted where that is wanted.
pub(crate) fn language(text: &str) -> String {
    if !is_wanted() {
        return text.to_owned();
    }
    let begins = |words: &[&str]| words.len() == 1;
    let painted = text.split_inclusive('\n').map(|line| {
        // The lines of an object that go on begin with a blank, and with a word of the language.
        let pieces = match line.starts_with(char::is_whitespace) {
            true => tones(line, |_| false),
            false => tones(line, begins),
        };
        strung(pieces)
    });
    painted.collect()
}

/// Lines that begin with `+`, `-` or `~`, painted where that is wanted.
pub(crate) fn changes(text: &str) -> String {
    if !is_wanted() {
        return text.to_owned();
    }
    let tone = |line: &str| match line.trim_start().as_bytes().first() {
        Some(b'+') => Tone::Added,
        Some(b'-') => Tone::Removed,
        Some(b'~') => Tone::Keyword,
        _ => Tone::Plain,
    };
    text.split_inclusive('\n').map(|line| strung(vec![(tone(line), line)])).collect()
}

fn strung(pieces: Vec<(Tone, &str)>) -> String {
    let painted = pieces.into_iter().map(|(tone, text)| {
        // The end of a line has no colour: the next would begin with it.
        let bare = text.trim_end_matches('\n');
        format!("{}{}", tone.style().paint(bare), &text[bare.len()..])
    });
    painted.collect()
}

/// A line in pieces, each with what it is; together they are the line. `is_keyword` is asked about
/// the last of some words.
pub(crate) fn tones(line: &str, is_keyword: impl Fn(&[&str]) -> bool) -> Vec<(Tone, &str)> {
    if line.trim_start().starts_with('#') {
        return vec![(Tone::Comment, line)];
    }
    let mut pieces = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for piece in runs(line) {
        if piece.trim().is_empty() {
            pieces.push((Tone::Plain, piece));
            continue;
        }
        words.push(piece);
        let is_word = is_keyword(&words) || is_part(piece);
        match piece.split_once('=') {
            _ if is_word => pieces.push((Tone::Keyword, piece)),
            Some((name, _)) if !name.is_empty() => {
                pieces.push((Tone::Name, &piece[..=name.len()]));
                pieces.push((Tone::Value, &piece[name.len() + 1..]));
            }
            _ if piece.ends_with(':') => pieces.push((Tone::Score, piece)),
            _ => pieces.push((Tone::Plain, piece)),
        }
    }
    pieces.retain(|(_, text)| !text.is_empty());
    pieces
}

/// Words that begin something wherever they stand.
fn is_part(word: &str) -> bool {
    const OTHERS: [&str; 8] =
        ["attributes", "rule", "and", "or", "network", "storage", "select", "to"];
    let small = word.to_ascii_lowercase();
    PRIMITIVE_PARTS.contains(&small.as_str()) || OTHERS.contains(&small.as_str())
}

/// Words and the blanks between them; blanks in quotes are part of words.
fn runs(line: &str) -> Vec<&str> {
    let (mut runs, mut from, mut mark, mut was_blank) = (Vec::new(), 0, None, None);
    for (place, letter) in line.char_indices() {
        let is_blank = mark.is_none() && letter.is_whitespace();
        if was_blank.is_some_and(|was| was != is_blank) {
            runs.push(&line[from..place]);
            from = place;
        }
        was_blank = Some(is_blank);
        match (mark, letter) {
            (Some(open), letter) if open == letter => mark = None,
            (None, '"' | '\'') => mark = Some(letter),
            _ => {}
        }
    }
    runs.push(&line[from..]);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_in_colours_is_still_the_line() {
        let line = "primitive p Dummy params a=\"b c\" op monitor interval=10s";
        let pieces = tones(line, |words| words.len() == 1);
        assert_eq!(pieces.iter().map(|(_, text)| *text).collect::<String>(), line);
        let said: Vec<String> = pieces
            .iter()
            .filter(|(tone, _)| *tone != Tone::Plain)
            .map(|(tone, text)| format!("{tone:?} {text}"))
            .collect();
        let expected = [
            "Keyword primitive",
            "Keyword params",
            "Name a=",
            "Value \"b c\"",
            "Keyword op",
            "Name interval=",
            "Value 10s",
        ];
        assert_eq!(said, expected);
        assert_eq!(tones("# a note", |_| true), [(Tone::Comment, "# a note")]);
        let scores = tones("location l p inf: n", |_| false);
        assert!(scores.contains(&(Tone::Score, "inf:")), "{scores:?}");
    }

    #[test]
    fn colours_end_with_the_line() {
        assert_eq!(strung(vec![(Tone::Added, "+ a\n")]), "\u{1b}[32m+ a\u{1b}[0m\n");
        assert_eq!(strung(vec![(Tone::Plain, "a\n")]), "a\n");
    }
}
