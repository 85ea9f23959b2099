//! The prompt at which people type.
//!
//! The editing of lines is reedline's; what it shows besides is ours: candidates and hints
//! ([`offers`], from [`completion`](super::completion)), colours ([`crate::terminal::paint`]), the lines of
//! earlier days ([`history`]). Where there is no terminal to draw on, lines are read as they come.

mod history;
mod known;
mod offers;

pub(super) use known::Known;

use crate::answer::{Failure, print};
use crate::terminal::paint;
use crate::words::of_system;
use history::Discreet;
use offers::{Offers, Painter, Steps};
use reedline::{
    ColumnarMenu, Emacs, KeyCode, KeyModifiers, MenuBuilder, Prompt, PromptEditMode,
    PromptHistorySearch, PromptHistorySearchStatus, Reedline, ReedlineEvent, ReedlineMenu, Signal,
    ValidationResult, Validator, default_emacs_keybindings,
};
use std::borrow::Cow;
use std::sync::Arc;

/// What somebody did at the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Typed {
    /// One or several lines, joined where they ended in a backslash or not.
    Lines(String),
    /// Gave up on what was typed.
    Nothing,
    /// Went away.
    Ended,
}

/// Where lines come from.
pub(super) enum Reader {
    /// A terminal.
    Terminal(Box<Reedline>),
    /// A terminal that only writes on.
    Plain,
}

/// The name of the menu, as reedline wants one.
const MENU: &str = "candidates";

impl Reader {
    /// The best there is here.
    pub(super) fn usual(known: &Arc<Known>) -> Self {
        let is_drawn_on = os::terminal::output_is_terminal()
            && std::env::var_os("TERM").is_some_and(|name| name != "dumb");
        if is_drawn_on { Self::Terminal(Box::new(editor(known))) } else { Self::Plain }
    }

    /// The next lines.
    pub(super) fn next(&mut self, place: String) -> Result<Typed, Failure> {
        let Self::Terminal(editor) = self else { return plain(&place) };
        let read = editor.read_line(&Sign(place));
        Ok(match read.map_err(|error| Failure::NoInput(error.to_string()))? {
            Signal::Success(text) => Typed::Lines(text),
            Signal::CtrlD => Typed::Ended,
            _ => Typed::Nothing,
        })
    }
}

fn editor(known: &Arc<Known>) -> Reedline {
    let mut keys = default_emacs_keybindings();
    let show = ReedlineEvent::UntilFound(vec![
        ReedlineEvent::Menu(MENU.to_owned()),
        ReedlineEvent::MenuNext,
    ]);
    keys.add_binding(KeyModifiers::NONE, KeyCode::Tab, show);
    keys.add_binding(KeyModifiers::SHIFT, KeyCode::BackTab, ReedlineEvent::MenuPrevious);
    let menu = ColumnarMenu::default().with_name(MENU).with_marker("").with_columns(4);
    let menu = menu.with_column_padding(2);
    let editor = Reedline::create()
        .with_completer(Box::new(Offers(Arc::clone(known))))
        .with_menu(ReedlineMenu::EngineCompleter(Box::new(menu)))
        .with_hinter(Box::new(Steps::new(Arc::clone(known))))
        .with_highlighter(Box::new(Painter(Arc::clone(known))))
        .with_validator(Box::new(GoesOn))
        .with_edit_mode(Box::new(Emacs::new(keys)))
        .with_quick_completions(true)
        .with_partial_completions(true)
        .use_bracketed_paste(true)
        .with_ansi_colors(paint::is_wanted());
    match Discreet::usual() {
        Some(history) => editor.with_history(Box::new(history)),
        None => editor,
    }
}

/// A line that ends in a backslash goes on in the next.
struct GoesOn;

impl Validator for GoesOn {
    fn validate(&self, line: &str) -> ValidationResult {
        match line.trim_end_matches(' ').ends_with('\\') {
            true => ValidationResult::Incomplete,
            false => ValidationResult::Complete,
        }
    }
}

/// What stands before the line.
struct Sign(String);

impl Prompt for Sign {
    fn render_prompt_left(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.0)
    }

    fn render_prompt_right(&self) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_indicator(&self, _: PromptEditMode) -> Cow<'_, str> {
        Cow::Borrowed("")
    }

    fn render_prompt_multiline_indicator(&self) -> Cow<'_, str> {
        Cow::Borrowed("> ")
    }

    fn render_prompt_history_search_indicator(&self, search: PromptHistorySearch) -> Cow<'_, str> {
        let failed = match search.status {
            PromptHistorySearchStatus::Passing => "",
            PromptHistorySearchStatus::Failing => "nothing like ",
        };
        Cow::Owned(format!("({failed}`{}`) ", search.term))
    }
}

/// Not locked for long: questions are answered on the same input.
fn plain(place: &str) -> Result<Typed, Failure> {
    print(place);
    let mut text = String::new();
    loop {
        let read = std::io::stdin().read_line(&mut text);
        if read.map_err(|error| Failure::NoInput(of_system(&error)))? == 0 {
            return Ok(if text.is_empty() { Typed::Ended } else { Typed::Lines(text) });
        }
        match GoesOn.validate(text.trim_end_matches('\n')) {
            ValidationResult::Complete => return Ok(Typed::Lines(text)),
            ValidationResult::Incomplete => print("> "),
        }
    }
}
