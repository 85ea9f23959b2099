//! Text into logical lines, and these into words with their places.
//!
//! A line that ends in `\` goes on in the next one. Words are split as a POSIX shell splits them;
//! `#` begins a comment only where a logical line begins. Comments belong to the object below them,
//! and keep their `#`, as crmsh has it.

use crate::diagnostic::{Diagnostic, Position};

/// A word of the text, without its quotes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// What it says.
    pub text: String,
    /// Where it begins.
    pub position: Position,
}

impl Word {
    /// The word in small letters, for keywords.
    pub(crate) fn keyword(&self) -> String {
        self.text.to_ascii_lowercase()
    }

    /// The place of the character `offset` characters into the word.
    pub(crate) fn place(&self, offset: usize) -> Position {
        let offset = u32::try_from(offset).unwrap_or(u32::MAX);
        Position { column: self.position.column.saturating_add(offset), ..self.position }
    }

    /// An error at this word.
    pub(crate) fn error(&self, what: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.position, what, help)
    }

    /// An error at what stands behind the first `separator` in this word.
    pub(crate) fn error_behind(
        &self,
        separator: char,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        let offset = self.text.chars().position(|c| c == separator).map_or(0, |index| index + 1);
        Diagnostic::error(self.place(offset), what, help)
    }
}

/// A logical line: one object of the configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    /// Comments above it, with their `#`.
    pub(crate) comments: Vec<String>,
    /// Its words.
    pub(crate) words: Vec<Word>,
    /// The text as it came, joined; for lines that are not made of words (`xml`).
    pub(crate) raw: String,
    /// Where it ends.
    pub(crate) end: Position,
    /// Whether it began with a blank, as a continued line does.
    pub(crate) indented: bool,
}

/// Splits `text`; lines with an open quote are reported and left out.
pub(crate) fn lines(text: &str) -> (Vec<Line>, Vec<Diagnostic>) {
    let mut lexer = Lexer::default();
    for (index, physical) in text.lines().enumerate() {
        lexer.physical_line(u32::try_from(index + 1).unwrap_or(u32::MAX), physical);
    }
    lexer.end_of_line();
    (lexer.lines, lexer.errors)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quote {
    Single(Position),
    Double(Position),
}

#[derive(Default)]
struct Lexer {
    lines: Vec<Line>,
    errors: Vec<Diagnostic>,
    comments: Vec<String>,
    current: Option<Line>,
    word: Option<Word>,
    quote: Option<Quote>,
    is_escaped: bool,
}

impl Lexer {
    fn physical_line(&mut self, number: u32, physical: &str) {
        let trimmed = physical.trim();
        if self.current.is_none() {
            if trimmed.is_empty() {
                return;
            }
            if trimmed.starts_with('#') {
                self.comments.push(trimmed.to_owned());
                return;
            }
        } else if self.quote.is_none() && physical.starts_with(char::is_whitespace) {
            // `a=b\` with an indented next line: two words, as in every shell.
            self.end_of_word();
        }
        let indent = physical.chars().take_while(|c| c.is_whitespace()).count();
        let (content, goes_on) = match trimmed.strip_suffix('\\') {
            Some(content) => (content, true),
            None => (trimmed, false),
        };
        let comments = &mut self.comments;
        let line = self.current.get_or_insert_with(|| Line {
            comments: std::mem::take(comments),
            indented: indent > 0,
            ..Line::default()
        });
        line.raw.push_str(content);
        let mut position = Position { line: number, column: column(indent) };
        for c in content.chars() {
            self.character(c, position);
            position.column = position.column.saturating_add(1);
        }
        if let Some(line) = &mut self.current {
            line.end = position;
        }
        if !goes_on {
            self.end_of_line();
        }
    }

    fn character(&mut self, c: char, position: Position) {
        if std::mem::take(&mut self.is_escaped) {
            let keeps_backslash =
                matches!(self.quote, Some(Quote::Double(_))) && !matches!(c, '"' | '\\');
            let word = self.word_at(position);
            if keeps_backslash {
                word.text.push('\\');
            }
            word.text.push(c);
            return;
        }
        match (self.quote, c) {
            (Some(Quote::Single(_)), '\'') | (Some(Quote::Double(_)), '"') => self.quote = None,
            (Some(Quote::Double(_)) | None, '\\') => {
                self.word_at(position);
                self.is_escaped = true;
            }
            (None, '\'') => {
                self.word_at(position);
                self.quote = Some(Quote::Single(position));
            }
            (None, '"') => {
                self.word_at(position);
                self.quote = Some(Quote::Double(position));
            }
            (None, c) if c.is_whitespace() => self.end_of_word(),
            (_, c) => self.word_at(position).text.push(c),
        }
    }

    fn word_at(&mut self, position: Position) -> &mut Word {
        self.word.get_or_insert_with(|| Word { text: String::new(), position })
    }

    fn end_of_word(&mut self) {
        if let (Some(line), Some(word)) = (&mut self.current, self.word.take()) {
            line.words.push(word);
        }
    }

    fn end_of_line(&mut self) {
        self.is_escaped = false;
        let open = self.quote.take();
        self.end_of_word();
        let Some(line) = self.current.take() else { return };
        let is_xml = line.words.first().is_some_and(|word| word.keyword() == "xml");
        match open {
            Some(Quote::Single(position) | Quote::Double(position)) if !is_xml => {
                let mark = if matches!(open, Some(Quote::Single(_))) { '\'' } else { '"' };
                let help = format!("close it with {mark} before the line ends");
                self.errors.push(Diagnostic::error(position, "this quote is never closed", help));
            }
            _ if line.words.is_empty() => self.comments.extend(line.comments),
            _ => self.lines.push(line),
        }
    }
}

fn column(indent: usize) -> u32 {
    u32::try_from(indent).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn words(text: &str) -> Vec<Vec<(String, String)>> {
        let (lines, errors) = lines(text);
        assert!(errors.is_empty(), "{errors:?}");
        let pairs = |line: super::Line| {
            line.words.into_iter().map(|word| (word.text, word.position.to_string())).collect()
        };
        lines.into_iter().map(pairs).collect()
    }

    #[test]
    fn words_know_their_places() {
        let found = words("node a\n\nprimitive p X \\\n\tparams a=\"x y\" b='\\z'\n");
        let expected: Vec<Vec<(&str, &str)>> = vec![
            vec![("node", "1:1"), ("a", "1:6")],
            vec![
                ("primitive", "3:1"),
                ("p", "3:11"),
                ("X", "3:13"),
                ("params", "4:2"),
                ("a=x y", "4:9"),
                ("b=\\z", "4:17"),
            ],
        ];
        let found: Vec<Vec<(&str, &str)>> = found
            .iter()
            .map(|line| line.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect())
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_backslash_without_a_blank_before_it_still_ends_the_word_when_the_next_line_is_indented() {
        let found = words("a b=c\\\n  d\\\ne");
        let texts: Vec<&str> = found[0].iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["a", "b=c", "de"]);
    }

    #[test]
    fn inside_double_quotes_a_backslash_escapes_only_quotes_and_itself() {
        let found = words(r#"a "b\"c\\d\e""#);
        assert_eq!(found[0][1].0, r#"b"c\d\e"#);
    }

    #[test]
    fn an_open_quote_is_reported_where_it_begins_and_the_next_line_is_read() {
        let (lines, errors) = lines("a b=\"c\nd");
        assert_eq!(errors[0].position().to_string(), "1:5");
        assert_eq!(lines[0].words[0].text, "d");
    }

    #[test]
    fn comments_wait_for_the_next_object() {
        let (lines, _) = lines("# file\n\n# one\n  #two\na b\nc d\n# end\n \t\ne f");
        assert_eq!(lines[0].comments, ["# file", "# one", "#two"]);
        assert!(lines[1].comments.is_empty());
        assert_eq!(lines[2].comments, ["# end"]);
    }
}
