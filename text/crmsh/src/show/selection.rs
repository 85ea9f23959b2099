//! What of a configuration is shown.

use super::Entry;

/// The words behind `show`.
#[derive(Debug, Default)]
pub(super) struct Selection {
    ids: Vec<String>,
    types: Vec<String>,
    related: Vec<String>,
    obscured: Vec<String>,
}

impl Selection {
    pub(super) fn parse(words: &[&str]) -> Self {
        let mut selection = Self::default();
        for word in words {
            let (list, text) = match word.split_once(':') {
                Some(("type", text)) => (&mut selection.types, text),
                Some(("related", text)) => (&mut selection.related, text),
                Some(("obscure", text)) => (&mut selection.obscured, text),
                _ => (&mut selection.ids, *word),
            };
            list.push(text.to_owned());
        }
        selection
    }

    pub(super) fn picks(&self, entry: &Entry) -> bool {
        let picks_all = self.ids.is_empty() && self.types.is_empty() && self.related.is_empty();
        let contains = |list: &[String], text: &str| list.iter().any(|word| word == text);
        picks_all
            || contains(&self.ids, &entry.id)
            || contains(&self.types, entry.keyword)
            || contains(&self.related, &entry.id)
            || entry.names.iter().any(|name| contains(&self.related, name))
    }

    /// Puts stars in the place of the values that are not to be seen.
    pub(super) fn obscure(&self, text: &str) -> String {
        if self.obscured.is_empty() {
            return text.to_owned();
        }
        let words = split_keeping_quotes(text).into_iter();
        words.map(|word| self.obscure_word(word)).collect()
    }

    fn obscure_word(&self, word: &str) -> String {
        match word.split_once('=') {
            Some((name, value)) if self.obscured.iter().any(|glob| matches(glob, name)) => {
                let end = value.trim_end().len();
                format!("{name}=******{}", &value[end..])
            }
            _ => word.to_owned(),
        }
    }
}

/// Words with the blanks behind them; blanks inside quotes are part of the word.
fn split_keeping_quotes(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut begin, mut is_quoted, mut is_escaped, mut was_blank) = (0, false, false, false);
    for (index, c) in text.char_indices() {
        let is_blank = c.is_whitespace() && !is_quoted;
        if was_blank && !is_blank {
            words.push(&text[begin..index]);
            begin = index;
        }
        if c == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = c == '\\' && is_quoted && !is_escaped;
        was_blank = is_blank;
    }
    words.push(&text[begin..]);
    words
}

/// Whether `name` matches a pattern in which `*` stands for any text.
pub fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| {
            let starts = rest.char_indices().map(|(index, _)| index).chain([rest.len()]);
            starts.into_iter().any(|index| matches(tail, &rest[index..]))
        }),
    }
}
