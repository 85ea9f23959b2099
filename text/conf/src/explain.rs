//! What becomes of each setting of a file, and what is in effect in the end.

mod page;

use crate::error::{ConfError, WarningKind};
use crate::grammar::{self, Section, Setting};
use crate::keys::{self, Fate, join};
use crate::meaning::understand;
use crate::model::ClusterConf;
use std::collections::BTreeMap;

/// A file, explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Each setting once, in the file's order.
    pub settings: Vec<Told>,
    /// What is in effect, and the warnings.
    pub conf: ClusterConf,
}

/// What becomes of a setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Where it stands, counted from 1.
    pub line: usize,
    /// The section's path, as `totem.interface`; empty outside of all.
    pub section: String,
    /// Where that section opens: there may be several of one path.
    pub opens: usize,
    /// The key.
    pub key: String,
    /// The value; not that of `totem.key`, which is nobody's business.
    pub value: String,
    /// What becomes of it.
    pub fate: Fate,
    /// To what effect, or why to none.
    pub words: String,
}

/// Explains a file.
///
/// # Errors
/// As [`crate::parse`].
pub fn explain(text: &str) -> Result<Explanation, ConfError> {
    let root = grammar::read(text)?;
    let conf = understand(&root)?;
    let undone = undone(&conf);
    let mut teller = Teller { conf: &conf, undone, last: BTreeMap::new(), told: Vec::new() };
    teller.remember(&root, "", 0);
    teller.tell(&root, "", 0, None);
    let mut settings = teller.told;
    settings.sort_by_key(|told| told.line);
    Ok(Explanation { settings, conf })
}

/// Sections of which each counts for itself; those of other paths are taken as one.
const EACH_FOR_ITSELF: &[&str] = &[
    "totem.interface",
    "totem.interface.member",
    "nodelist.node",
    "logging.logger_subsys",
    "logging.logging_daemon",
    "nozzle",
    "service",
    "uidgid",
];

struct Teller<'f> {
    conf: &'f ClusterConf,
    undone: BTreeMap<usize, String>,
    /// The line of the setting that counts, by section (its path and, where each counts for
    /// itself, its line) and key.
    last: BTreeMap<(String, usize, &'f str), usize>,
    told: Vec<Told>,
}

impl<'f> Teller<'f> {
    /// The section's number among those of its path: where its parent is one of many, so is it.
    fn number(section: &Section, path: &str, around: usize) -> usize {
        if EACH_FOR_ITSELF.contains(&path) { section.line } else { around }
    }

    fn remember(&mut self, section: &'f Section, path: &str, number: usize) {
        for setting in &section.settings {
            let line = self.last.entry((path.to_owned(), number, &setting.key)).or_default();
            *line = setting.line.max(*line);
        }
        for inner in &section.sections {
            let path = join(path, &inner.name);
            let number = Self::number(inner, &path, number);
            self.remember(inner, &path, number);
        }
    }

    /// `undone`: why nothing of the section has an effect.
    fn tell(&mut self, section: &Section, path: &str, number: usize, undone: Option<&str>) {
        for setting in &section.settings {
            let counts = self.last.get(&(path.to_owned(), number, setting.key.as_str()));
            let repeated = counts.filter(|line| **line != setting.line);
            let (fate, words) = match (undone, repeated) {
                (Some(why), _) => (Fate::Ignored, why.to_owned()),
                (None, Some(line)) => (Fate::Ignored, format!("line {line} says it once more")),
                (None, None) => self.fate(path, setting),
            };
            let is_secret = path == "totem" && setting.key == "key";
            let value = if is_secret { "(secret)" } else { &setting.value };
            self.told.push(Told {
                line: setting.line,
                section: path.to_owned(),
                opens: section.line,
                key: setting.key.clone(),
                value: value.to_owned(),
                fate,
                words,
            });
        }
        for inner in &section.sections {
            let path = join(path, &inner.name);
            let why = undone.map(str::to_owned).or_else(|| self.undone.get(&inner.line).cloned());
            let number = Self::number(inner, &path, number);
            self.tell(inner, &path, number, why.as_deref());
        }
    }

    fn fate(&self, path: &str, setting: &Setting) -> (Fate, String) {
        let Some(row) = keys::find(path, &setting.key) else {
            return (Fate::Unknown, "no Corosync knows this key".to_owned());
        };
        if let Some(why) = self.undone.get(&setting.line) {
            return (Fate::Ignored, why.clone());
        }
        let (fate, words) = row.fate(!self.conf.nodes.is_empty());
        (fate, words.to_owned())
    }
}

/// Why what begins in a line has no effect, for each line that a warning says so of.
fn undone(conf: &ClusterConf) -> BTreeMap<usize, String> {
    let why = |kind: &WarningKind| match kind {
        WarningKind::QuorumMode { reason, .. } => Some((*reason).to_owned()),
        WarningKind::NotTwoNodes { expected } => {
            Some(format!("it is for 2 expected votes and there are {expected}"))
        }
        WarningKind::SameRing { counts, .. } => {
            Some(format!("the interface section in line {counts} counts"))
        }
        WarningKind::UnknownSection { .. } => Some("no Corosync knows this section".to_owned()),
        _ => None,
    };
    let warnings = conf.warnings.iter();
    warnings.filter_map(|warning| Some((warning.line, why(&warning.kind)?))).collect()
}
