//! What is wrong with a text, where, and what would be right.

/// Why XML was refused. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {what}; {help}")]
pub struct CibError {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
}

/// A [`CibError`] before anybody counted lines.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// The offset of the element, in bytes.
    pub(crate) at: usize,
    /// The attribute of the element that is wrong, if it is one.
    pub(crate) attribute: Option<&'static str>,
    pub(crate) what: String,
    pub(crate) help: String,
}

/// What is wrong but can be passed over.
pub(crate) type Doubts = Vec<Fault>;

impl Fault {
    pub(crate) fn new(at: usize, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { at, attribute: None, what: what.into(), help: help.into() }
    }

    /// Counts lines and characters, in the text the fault was found in.
    pub(crate) fn locate(self, text: &str) -> CibError {
        let value = self.attribute.and_then(|name| attribute_offset(text, self.at, name));
        let (line, column) = line_and_column(text, value.unwrap_or(self.at));
        CibError { line, column, what: self.what, help: self.help }
    }
}

/// Line and character of a byte, both from 1.
pub(crate) fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..at.min(text.len())];
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |index| index + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    // Bytes 10xxxxxx continue a character.
    let column = before[line_start..].iter().filter(|byte| *byte & 0xc0 != 0x80).count() + 1;
    (line, column)
}

/// Where attribute `name` of the tag at `at` begins; what stands in quotes is no attribute.
fn attribute_offset(text: &str, at: usize, name: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = b'<';
    for (index, &byte) in text.as_bytes().iter().enumerate().skip(at) {
        if let Some(open) = quote {
            quote = quote.filter(|_| byte != open);
        } else if byte == b'"' || byte == b'\'' {
            quote = Some(byte);
        } else if byte == b'>' {
            return None;
        } else if before.is_ascii_whitespace() && begins_attribute(&text[index..], name) {
            return Some(index);
        }
        before = byte;
    }
    None
}

fn begins_attribute(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with('='))
}
