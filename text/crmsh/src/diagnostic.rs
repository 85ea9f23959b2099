//! What is wrong with a text, where, and what would be right.

use cluster::secret;
use cluster::validate::Severity;
use std::fmt;

/// A place in the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, counted from 1.
    pub line: u32,
    /// The character in the line, counted from 1.
    pub column: u32,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// One thing wrong with a text.
///
/// Printed as `12:9: error: there is no resource `resOST9`; did you mean `resOST0`?`; whoever
/// knows the file's name puts it in front ([`Diagnostic::in_file`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Where, as the line counted from 1.
    pub line: u32,
    /// Where in the line, as the character counted from 1.
    pub column: u32,
    /// Whether the text is refused for it.
    pub severity: Severity,
    /// What is wrong.
    pub what: String,
    /// What would be right; may be empty.
    pub help: String,
    /// The line of the text that it is about; empty where there is none.
    pub excerpt: String,
}

impl Diagnostic {
    /// An error at `position`.
    pub(crate) fn error(
        position: Position,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let Position { line, column } = position;
        let (what, help) = (what.into(), help.into());
        Self { line, column, severity: Severity::Error, what, help, excerpt: String::new() }
    }

    /// A warning at `position`.
    pub(crate) fn warning(
        position: Position,
        what: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(position, what, help) }
    }

    /// Where it is.
    pub fn position(&self) -> Position {
        Position { line: self.line, column: self.column }
    }

    /// The message with the file's name in front, and below it the line with a mark under the
    /// place.
    pub fn in_file(&self, name: &str) -> String {
        let head = format!("{name}:{self}");
        if self.excerpt.is_empty() {
            return head;
        }
        let before = self.excerpt.chars().take(self.column.saturating_sub(1) as usize);
        // Tabs stay tabs, so that the mark stands under its place at any width of a tab.
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        format!("{head}\n    {}\n    {indent}^", self.excerpt)
    }

    /// Copies the line it is about out of `text`, with its secrets hidden.
    pub(crate) fn with_excerpt(mut self, text: &str) -> Self {
        let index = (self.line as usize).saturating_sub(1);
        let line = text.lines().nth(index).unwrap_or_default();
        self.excerpt = secret::cover_line(line.trim_end());
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(f, "{}: {severity}: {}", self.position(), self.what)?;
        if self.help.is_empty() { Ok(()) } else { write!(f, "; {}", self.help) }
    }
}

impl std::error::Error for Diagnostic {}
