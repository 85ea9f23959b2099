//! One setting, found by its path: `totem.token`, `nodelist.node.1.ring0_addr`.

use super::page::Change;
use super::{EditError, File};
use crate::error::ConfError;
use crate::grammar::{self, Section};

/// The values that a file has at `path`, in its order: of several sections of one name all of them,
/// unless the path counts them from 0 (`nodelist.node.1.name`).
///
/// # Errors
/// When the text is no `corosync.conf`.
pub fn values(text: &str, path: &str) -> Result<Vec<String>, ConfError> {
    let root = grammar::read(text)?;
    let (sections, key) = found(&root, path);
    let settings = sections.iter().flat_map(|section| &section.settings);
    Ok(settings.filter(|setting| setting.key == key).map(|it| it.value.clone()).collect())
}

/// The sections that a path leads through, and the key at its end.
fn found<'t, 'p>(root: &'t Section, path: &'p str) -> (Vec<&'t Section>, &'p str) {
    let (names, key) = path.rsplit_once('.').unwrap_or(("", path));
    let mut sections = vec![root];
    for name in names.split('.').filter(|name| !name.is_empty()) {
        sections = match name.parse::<usize>() {
            Ok(number) => sections.get(number).copied().into_iter().collect(),
            Err(_) => {
                let inside = sections.iter().flat_map(|section| &section.sections);
                inside.filter(|section| section.name == name).collect()
            }
        };
    }
    (sections, key)
}

impl File<'_> {
    /// Gives one setting another value, or takes it out.
    pub(super) fn set(&self, path: &str, value: Option<&str>) -> Result<Vec<Change>, EditError> {
        let (sections, key) = found(self.root, path);
        let no_section = || EditError::NoSuchSection(path.to_owned());
        let section = match sections[..] {
            [section] if section.line > 0 => section,
            [] | [_] => return Err(no_section()),
            // Sections at the top may stand apart and are one all the same.
            _ if path.matches('.').count() == 1 => {
                let with_it = sections.iter().rev().find(|section| section.setting(key).is_some());
                with_it.or_else(|| sections.last()).copied().ok_or_else(no_section)?
            }
            _ => {
                let count = sections.len();
                return Err(EditError::SeveralSections { path: path.to_owned(), count });
            }
        };
        let given: Vec<_> = section.settings.iter().filter(|it| it.key == key).collect();
        let Some(value) = value else {
            return Ok(given.iter().map(|setting| Change::remove_line(setting.line)).collect());
        };
        let is_plain = |text: &str| {
            !text.trim().is_empty() && !text.contains(|c: char| c.is_control() || "{}".contains(c))
        };
        if !is_plain(value) || !is_plain(key) || key.contains(':') {
            return Err(EditError::NoValue(value.to_owned()));
        }
        let value = value.trim();
        if let Some(setting) = given.last() {
            let text = self.page.like(setting.line, key, value);
            return Ok(vec![Change::Replace { line: setting.line, text }]);
        }
        // Behind the first one, whose form it takes: the last may be the odd one out.
        let (after, text) = match section.settings.first() {
            Some(first) => (first.line, self.page.like(first.line, key, value)),
            None => (section.line, format!("    {key}: {value}\n")),
        };
        Ok(vec![Change::Insert { after, text }])
    }
}
