//! The words of one object, read from left to right.

use crate::diagnostic::{Diagnostic, Position};
use crate::lexer::{Line, Word};
use crate::vocabulary::ROLES;
use cluster::Score;

pub(super) type Parsed<T> = Result<T, Diagnostic>;

/// What a score may be.
pub(super) const SCORES: &str = "a score: a number, inf or -inf";

pub(super) struct Cursor<'a> {
    words: &'a [Word],
    next: usize,
    end: Position,
    pub(super) warnings: Vec<Diagnostic>,
    /// What is wrong, but can be kept as it is written.
    pub(super) doubts: Vec<Diagnostic>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(line: &'a Line) -> Self {
        Self {
            words: &line.words,
            next: 0,
            end: line.end,
            warnings: Vec::new(),
            doubts: Vec::new(),
        }
    }

    /// Notes a value that is none of its kind; it is kept.
    pub(super) fn check(&mut self, outcome: Parsed<()>) {
        self.doubts.extend(outcome.err());
    }

    /// The next word, left in place.
    pub(super) fn peek(&self) -> Option<&'a Word> {
        self.words.get(self.next)
    }

    /// The text of the next word; empty at the end.
    pub(super) fn peek_text(&self) -> &'a str {
        self.peek().map_or("", |word| word.text.as_str())
    }

    /// The next word in small letters; empty at the end.
    pub(super) fn peek_keyword(&self) -> String {
        self.peek().map(Word::keyword).unwrap_or_default()
    }

    /// The next word, if there is one.
    pub(super) fn advance(&mut self) -> Option<&'a Word> {
        let word = self.peek();
        self.next += usize::from(word.is_some());
        word
    }

    /// The next word, or an error that says what should stand here.
    pub(super) fn expect(&mut self, what: &str) -> Parsed<&'a Word> {
        self.advance().ok_or_else(|| {
            let help = format!("{what} should follow (a line that goes on ends in ` \\`)");
            Diagnostic::error(self.end, "the line ends too early", help)
        })
    }

    /// The words that are left, all taken.
    pub(super) fn rest(&mut self) -> &'a [Word] {
        let rest = self.words.get(self.next..).unwrap_or_default();
        self.next = self.words.len();
        rest
    }

    /// Takes the next word if it is this keyword.
    pub(super) fn accept(&mut self, keyword: &str) -> bool {
        let is_it = self.peek_keyword() == keyword;
        self.next += usize::from(is_it);
        is_it
    }

    /// Takes the next word if it begins with `prefix`; the rest of it.
    pub(super) fn accept_prefix(&mut self, prefix: &str) -> Option<&'a str> {
        let rest = self.peek_text().strip_prefix(prefix)?;
        self.next += 1;
        Some(rest)
    }

    /// Takes `NAME=VALUE` for this name; the value.
    pub(super) fn accept_attribute(&mut self, name: &str) -> Option<String> {
        let (key, value) = self.peek_text().split_once('=')?;
        let is_it = key.eq_ignore_ascii_case(name);
        self.next += usize::from(is_it);
        is_it.then(|| value.to_owned())
    }

    /// Everything must have been read by now.
    pub(super) fn expect_end(&self, object: &str) -> Parsed<()> {
        self.peek().map_or(Ok(()), |word| Err(unexpected(word, object)))
    }

    /// An id for a new object.
    pub(super) fn new_id(&mut self, object: &str) -> Parsed<String> {
        let word = self.expect(&format!("the id of the {object}"))?;
        let text = word.text.as_str();
        let id = ["$id=", "id="].iter().find_map(|prefix| text.strip_prefix(prefix));
        let id = id.unwrap_or(text);
        check_id(word, id)?;
        Ok(id.to_owned())
    }

    /// `SCORE:` if it is there, spelled as a CIB has it.
    pub(super) fn accept_score(&mut self) -> Option<String> {
        let text = self.peek_text().strip_suffix(':')?;
        let score = score(text)?;
        self.next += 1;
        Some(score)
    }
}

/// A score as a CIB spells it: the short words for infinity, and `mandatory` and `advisory`, are the
/// language's own.
pub(super) fn score(text: &str) -> Option<String> {
    match text.to_ascii_lowercase().as_str() {
        "mandatory" | "inf" | "infinity" => Some("INFINITY".to_owned()),
        "-inf" | "-infinity" => Some("-INFINITY".to_owned()),
        "+inf" => Some("+INFINITY".to_owned()),
        "advisory" => Some("0".to_owned()),
        _ => Score::parse(text).map(|_| text.to_owned()),
    }
}

/// A role in any case, spelled as a CIB has it, or an error at `word` that lists them.
pub(super) fn role(word: &Word, separator: char, text: &str) -> Parsed<&'static str> {
    ROLES.into_iter().find(|role| role.eq_ignore_ascii_case(text)).ok_or_else(|| {
        let help = near_or_all(text, &ROLES[..4]);
        word.error_behind(separator, format!("there is no role `{text}`"), help)
    })
}

/// Refuses what is no boolean.
pub(super) fn boolean(word: &Word, text: &str) -> Parsed<()> {
    cluster::value::boolean(text).map(drop).ok_or_else(|| {
        word.error_behind('=', format!("`{text}` is neither yes nor no"), "write true or false")
    })
}

/// How a help begins that lists all that is possible.
pub(super) const LIST: &str = "it is one of ";

/// "did you mean `x`?", or all that is possible.
pub(super) fn near_or_all(word: &str, known: &[&str]) -> String {
    base::suggest::closest(word, known.iter().copied()).map_or_else(
        || format!("{LIST}{}", known.join(", ")),
        |near| format!("did you mean `{near}`?"),
    )
}

/// A word that nothing is known to do with.
pub(super) fn unexpected(word: &Word, object: &str) -> Diagnostic {
    let text = &word.text;
    let help = if text.starts_with('#') {
        "a comment has a line of its own, above the object".to_owned()
    } else if super::OBJECTS.contains(&word.keyword().as_str()) {
        "does the line before end in a `\\` too many?".to_owned()
    } else if text.starts_with('=') || text.ends_with('=') {
        "write NAME=VALUE without blanks around `=`".to_owned()
    } else {
        format!("the {object} ends before it")
    };
    word.error(format!("`{text}` is not expected here"), help)
}

/// Refuses what cannot be an XML id.
pub(super) fn check_id(word: &Word, id: &str) -> Parsed<()> {
    if is_xml_name(id) {
        return Ok(());
    }
    let what = format!("`{id}` cannot be an id");
    let help = "an id starts with a letter or `_` and goes on with letters, digits, `_`, `-`, `.`";
    Err(word.error(what, help))
}

/// Refuses what cannot be the name of an XML attribute.
pub(super) fn check_attribute_name(word: &Word, name: &str) -> Parsed<()> {
    if is_xml_name(name) {
        return Ok(());
    }
    let what = format!("`{name}` cannot be the name of an attribute");
    let help = "write NAME=VALUE, the name of letters, digits, `_`, `-` and `.` alone";
    Err(word.error(what, help))
}

/// Letters, digits, `_`, `-` and `.`, a letter or `_` first.
pub(crate) fn is_xml_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c))
}
