//! Candidates, hints and colours, as reedline takes them.

use super::Known;
use crate::shell::completion::{Candidate, complete, hint};
use crate::shell::levels::is_command;
use crate::terminal::paint;
use reedline::{
    Completer, CompletionResult, Highlighter, Hinter, History, SearchQuery, Span, StyledText,
    Suggestion,
};
use std::sync::Arc;

/// What can be typed.
pub(super) struct Offers(pub(super) Arc<Known>);

impl Completer for Offers {
    fn complete(&mut self, line: &str, pos: usize) -> CompletionResult {
        let begun = line.get(..pos).unwrap_or(line);
        let found = self.0.with(|level, facts| complete(begun, level, facts));
        let span = Span::new(found.from, pos.min(line.len()));
        let suggestion = |it: Candidate| Suggestion {
            value: it.word,
            description: Some(it.about).filter(|about| !about.is_empty()),
            span,
            append_whitespace: it.is_whole,
            ..Suggestion::default()
        };
        CompletionResult::fresh(found.candidates.into_iter().map(suggestion).collect::<Vec<_>>())
    }
}

/// What comes next: the rest of the last line that began so, else what is expected.
pub(super) struct Steps {
    known: Arc<Known>,
    /// What can be taken over; an expectation cannot.
    rest: String,
}

impl Steps {
    pub(super) const fn new(known: Arc<Known>) -> Self {
        Self { known, rest: String::new() }
    }

    fn earlier(line: &str, history: &dyn History) -> Option<String> {
        if line.is_empty() {
            return None;
        }
        let query = SearchQuery::last_with_prefix(line.to_owned(), history.session());
        let found = history.search(query).ok()?;
        let rest = found.first()?.command_line.strip_prefix(line)?.to_owned();
        Some(rest).filter(|rest| !rest.is_empty())
    }
}

impl Hinter for Steps {
    fn handle(
        &mut self,
        line: &str,
        pos: usize,
        history: &dyn History,
        use_ansi_coloring: bool,
        _: &str,
    ) -> String {
        self.rest.clear();
        // Without colour nobody could tell a hint from what was typed.
        if pos < line.len() || !use_ansi_coloring {
            return String::new();
        }
        let shown = match Self::earlier(line, history) {
            Some(rest) => {
                self.rest.clone_from(&rest);
                rest
            }
            None => hint(line, self.known.level()),
        };
        paint::Tone::Hint.style().paint(shown).to_string()
    }

    fn complete_hint(&self) -> String {
        self.rest.clone()
    }

    fn next_hint_token(&self) -> String {
        let begin = self.rest.len() - self.rest.trim_start().len();
        let end = self.rest[begin..].find(' ').map_or(self.rest.len(), |end| begin + end);
        self.rest[..end].to_owned()
    }
}

/// The colours of what is typed.
pub(super) struct Painter(pub(super) Arc<Known>);

impl Highlighter for Painter {
    fn highlight(&self, line: &str, _: usize) -> StyledText {
        let level = self.0.level();
        let mut styled = StyledText::new();
        for (tone, text) in paint::tones(line, |words| is_command(level, words)) {
            styled.push((tone.style(), text.to_owned()));
        }
        styled
    }
}
