//! A CIB in a file that stands in for the cluster.
//!
//! What a change does not touch is written as it was read: the root's attributes, the status where
//! the configuration changes, and the other way round. The version counts as in a cluster: the epoch
//! for the configuration, `num_updates` for anything else.

mod access;

use crate::answer::Failure;
use crate::input::read_file;
use crate::words::of_system;
use cluster::{Element, ExtraNode};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Names a file that stands in for the cluster, as Pacemaker's tools have it.
const FILE_VARIABLE: &str = "CIB_file";

/// Such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CibFile {
    path: PathBuf,
    /// What it is called as a shadow copy.
    shadow: Option<String>,
    /// The user whose rights count; otherwise the file's own are enough.
    user: Option<String>,
}

impl CibFile {
    /// The file at `path`.
    pub(crate) const fn new(path: PathBuf) -> Self {
        Self { path, shadow: None, user: None }
    }

    /// The shadow copy at `path`.
    pub(super) fn shadow(path: PathBuf, name: &str) -> Self {
        Self { path, shadow: Some(name.to_owned()), user: None }
    }

    /// The same file, for this user.
    pub(super) fn acting_as(self, user: &str) -> Self {
        Self { user: Some(user.to_owned()), ..self }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The file that the environment names, if it does.
    pub(super) fn of_environment() -> Option<Self> {
        let named = std::env::var_os(FILE_VARIABLE).filter(|text| !text.is_empty());
        named.map(|path| Self::new(path.into()))
    }

    /// What to call it in messages.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// What to call it where there is little room.
    pub(crate) fn short_name(&self) -> String {
        if let Some(name) = &self.shadow {
            return name.clone();
        }
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        name.to_string_lossy().into_owned()
    }

    /// What it says, as far as it may be seen. A file that is not there is a cluster that is not
    /// there.
    pub(crate) fn text(&self) -> Result<String, Failure> {
        let text = self.whole_text()?;
        match access::grants(self, &text)? {
            None => Ok(text),
            Some(grants) => access::seen(self, &grants, &text),
        }
    }

    fn whole_text(&self) -> Result<String, Failure> {
        match std::fs::metadata(&self.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(Failure::NoSuchObject(format!("{}: {}", self.name(), of_system(&error))))
            }
            _ => read_file(&self.path),
        }
    }

    /// Writes `after` in the place of `before`, with the version counted up as the change asks for.
    pub(crate) fn store(&self, before: &Element, after: Element) -> Result<(), Failure> {
        let text = self.user.as_ref().map(|_| self.whole_text()).transpose()?.unwrap_or_default();
        let (before, mut after) = match access::grants(self, &text)? {
            None => (before.clone(), after),
            Some(grants) => access::allowed(self, &grants, &text, (before, &after))?,
        };
        count(&before, &mut after);
        let text = cib::write_element(&after);
        // Who made the file for us may hold it open and read on there, as pcs does.
        let written = os::file::rewrite(&self.path, text.as_bytes());
        written.map_err(|error| {
            Failure::Other(format!("cannot write {}: {}", self.name(), of_system(&error)))
        })
    }
}

/// `root` with `part` in the place of the child of its name.
pub(super) fn with(root: &Element, part: Element) -> Element {
    let mut root = root.clone();
    let is_it =
        |node: &ExtraNode| matches!(node, ExtraNode::Element(child) if child.name == part.name);
    let children = &mut root.extra.children;
    match children.iter().position(is_it) {
        Some(place) => children[place] = ExtraNode::Element(part),
        None => children.push(ExtraNode::Element(part)),
    }
    root
}

fn count(before: &Element, after: &mut Element) {
    let configuration =
        |root: &Element| root.elements().find(|child| child.name == "configuration").cloned();
    let number = |root: &Element, name: &str| {
        root.attribute(name).and_then(|text| text.parse::<u64>().ok()).unwrap_or_default()
    };
    let set = |root: &mut Element, name: &str, value: u64| {
        let attributes = &mut root.extra.attributes;
        match attributes.iter_mut().find(|(known, _)| known == name) {
            Some((_, place)) => *place = value.to_string(),
            None => attributes.push((name.to_owned(), value.to_string())),
        }
    };
    if configuration(before) == configuration(after) {
        let updates = number(after, "num_updates");
        set(after, "num_updates", updates.saturating_add(1));
    } else {
        let epoch = number(after, "epoch");
        set(after, "epoch", epoch.saturating_add(1));
        set(after, "num_updates", 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_as_in_a_cluster() {
        let cases = [
            ("epoch='7' num_updates='3'", "<configuration a='1'/><status/>", "8.0"),
            ("epoch='7' num_updates='3'", "<configuration/><status b='1'/>", "7.4"),
            ("epoch='20' num_updates='9'", "<configuration a='1'/><status/>", "21.0"),
            ("", "<configuration a='1'/><status/>", "1.0"),
        ];
        let tree = |text: &str| cib::read_element(text).expect("it is XML");
        let before = tree("<cib epoch='7' num_updates='3'><configuration/><status/></cib>");
        for (attributes, inside, expected) in cases {
            let mut after = tree(&format!("<cib {attributes}>{inside}</cib>"));
            count(&before, &mut after);
            let number = |name| after.attribute(name).unwrap_or("-");
            let found = format!("{}.{}", number("epoch"), number("num_updates"));
            assert_eq!(found, expected, "{attributes} {inside}");
        }
    }
}
