//! Lines to a tree: `section {`, `key: value`, `}`, and `#` as the first character of a comment.

use crate::error::{ConfError, Problem};

/// Sections inside of sections: no Corosync knows more than four levels.
const DEEPEST: usize = 16;

/// A section with what stands in it, in the file's order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Section {
    pub(crate) name: String,
    /// Where it opens; 0 for the file as a whole.
    pub(crate) line: usize,
    /// Where it closes.
    pub(crate) end: usize,
    pub(crate) settings: Vec<Setting>,
    pub(crate) sections: Vec<Self>,
}

#[derive(Clone, Debug)]
pub(crate) struct Setting {
    pub(crate) line: usize,
    pub(crate) key: String,
    pub(crate) value: String,
}

impl Section {
    /// Sections of that name, in order.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.sections.iter().filter(move |section| section.name == name)
    }

    /// The setting that counts: the last of that key.
    pub(crate) fn setting(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().rev().find(|setting| setting.key == key)
    }
}

/// Reads the whole file into a nameless section.
pub(crate) fn read(text: &str) -> Result<Section, ConfError> {
    let mut open = Vec::new();
    let mut current = Section::default();
    for (number, raw) in (1..).zip(text.lines()) {
        let line = raw.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, rest)) = line.split_once('{') {
            let section = section(number, name.trim(), rest.trim())?;
            if open.len() == DEEPEST {
                return Err(ConfError::new(number, Problem::TooDeep { limit: DEEPEST }));
            }
            open.push(std::mem::replace(&mut current, section));
        } else if let Some((key, value)) = line.split_once(':') {
            current.settings.push(setting(number, key.trim(), value.trim())?);
        } else if line == "}" {
            let Some(outer) = open.pop() else {
                return Err(ConfError::new(number, Problem::SurplusBrace));
            };
            let mut inner = std::mem::replace(&mut current, outer);
            inner.end = number;
            current.sections.push(inner);
        } else {
            return Err(ConfError::new(number, Problem::NotUnderstood { text: shown(line) }));
        }
    }
    if open.is_empty() {
        return Ok(current);
    }
    Err(ConfError::new(current.line, Problem::Unclosed { section: shown(&current.name) }))
}

/// As much of a text as an error has room for.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 80;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

fn section(line: usize, name: &str, rest: &str) -> Result<Section, ConfError> {
    if name.is_empty() {
        return Err(ConfError::new(line, Problem::NamelessSection));
    }
    if !rest.is_empty() {
        return Err(ConfError::new(line, Problem::AfterBrace { text: shown(rest) }));
    }
    Ok(Section { name: name.to_owned(), line, ..Section::default() })
}

fn setting(line: usize, key: &str, value: &str) -> Result<Setting, ConfError> {
    if key.is_empty() {
        return Err(ConfError::new(line, Problem::NamelessKey));
    }
    Ok(Setting { line, key: key.to_owned(), value: value.to_owned() })
}
