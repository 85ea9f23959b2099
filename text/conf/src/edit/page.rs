//! Lines with their ends, and what is done to them.

use std::collections::BTreeMap;

/// Something done to whole lines, counted from 1 as they stood before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Text, whole lines, behind a line; 0 for the beginning.
    Insert { after: usize, text: String },
    /// Another line in place of one.
    Replace { line: usize, text: String },
    /// Lines that go: the first and the last.
    Remove { first: usize, last: usize },
}

impl Change {
    pub(super) fn remove_line(line: usize) -> Self {
        Self::Remove { first: line, last: line }
    }
}

/// A text as lines.
pub(super) struct Page<'t> {
    lines: Vec<&'t str>,
}

/// The blanks in front of a value, where those behind `model` line values up.
fn lined_up(model: &str, blanks: &str, key: &str) -> String {
    if blanks.len() < 2 || blanks.contains(|letter| letter != ' ') {
        return blanks.to_owned();
    }
    let column = model.trim_matches(is_blank).chars().count() + blanks.len();
    " ".repeat(column.saturating_sub(key.chars().count()).max(1))
}

/// What the reader of a file strips.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() || letter == '\u{feff}'
}

impl<'t> Page<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { lines: text.split_inclusive('\n').collect() }
    }

    /// A line as it stands, with its end.
    pub(super) fn line(&self, line: usize) -> &'t str {
        line.checked_sub(1).and_then(|at| self.lines.get(at)).copied().unwrap_or_default()
    }

    /// Whether nothing stands in the lines between two others.
    pub(super) fn is_empty_between(&self, above: usize, below: usize) -> bool {
        (above + 1..below).all(|line| self.line(line).trim_matches(is_blank).is_empty())
    }

    /// A setting in the form of the one in `line`: its indentation, what stands between key and
    /// value, its end.
    pub(super) fn like(&self, line: usize, key: &str, value: &str) -> String {
        let model = self.line(line);
        let indentation = &model[..model.len() - model.trim_start_matches(is_blank).len()];
        // A byte-order mark stands once, and a file does not begin with a setting.
        let (name, rest) = model.split_once(':').unwrap_or((model, ""));
        let colon = &name[name.trim_end_matches(is_blank).len()..];
        let blanks = &rest[..rest.len() - rest.trim_start_matches(is_blank).len()];
        let end = &rest[rest.trim_end_matches(is_blank).len()..];
        // A model without a value has its end where the blanks are.
        let is_bare = rest.trim_matches(is_blank).is_empty();
        let blanks = if is_bare { " ".to_owned() } else { lined_up(name, blanks, key) };
        format!("{indentation}{key}{colon}:{blanks}{value}{end}")
    }

    /// The empty lines between two others that stand first.
    pub(super) fn gap(&self, above: usize, below: usize) -> String {
        let lines = (above + 1..below).map(|line| self.line(line));
        lines.take_while(|line| line.trim_matches(is_blank).is_empty()).collect()
    }

    /// The text after all changes.
    pub(super) fn with(&self, changes: &[Change]) -> String {
        let mut inserted: BTreeMap<usize, String> = BTreeMap::new();
        let mut replaced: BTreeMap<usize, &str> = BTreeMap::new();
        for change in changes {
            match change {
                Change::Insert { after, text } => {
                    inserted.entry(*after).or_default().push_str(text);
                }
                Change::Replace { line, text } => drop(replaced.insert(*line, text)),
                Change::Remove { first, last } => {
                    replaced.extend((*first..=*last).map(|line| (line, "")));
                }
            }
        }
        let mut text = inserted.remove(&0).unwrap_or_default();
        for (number, line) in (1..).zip(&self.lines) {
            text.push_str(replaced.get(&number).unwrap_or(line));
            text.extend(inserted.remove(&number));
        }
        text
    }
}
