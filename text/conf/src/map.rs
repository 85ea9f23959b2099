//! A file as the flat map of keys that `corosync-cmapctl` shows.

use crate::error::ConfError;
use crate::grammar::{self, Section, Setting};
use crate::keys::{self, Kind, join};
use crate::meaning::{listed, understand};
use base::NodeId;
use std::collections::BTreeMap;

/// One key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MapEntry {
    /// Its path, as `nodelist.node.0.ring0_addr`.
    pub key: String,
    /// The type of its value.
    pub kind: Kind,
    /// The value, as it is printed.
    pub value: String,
}

/// The settings of a file, and those in effect, as entries ascending by key. `local` is the node
/// that is asked. The cluster's key is left out.
///
/// # Errors
/// As [`crate::parse`].
pub fn map(text: &str, local: NodeId) -> Result<Vec<MapEntry>, ConfError> {
    let root = grammar::read(text)?;
    let conf = understand(&root)?;
    let mut map = Map::default();
    map.add(&root, "", "");
    let position = listed(&root)?.iter().position(|(_, node)| node.id == local);
    if let Some(position) = position {
        map.set("nodelist.local_node_pos", Kind::U32, position.to_string());
    }
    let patience = conf.timing.patience.as_millis();
    map.set("runtime.config.totem.token", Kind::U32, patience.to_string());
    Ok(map.entries.into_iter().map(|(key, (kind, value))| MapEntry { key, kind, value }).collect())
}

#[derive(Default)]
struct Map {
    entries: BTreeMap<String, (Kind, String)>,
}

impl Map {
    fn set(&mut self, key: impl Into<String>, kind: Kind, value: String) {
        self.entries.insert(key.into(), (kind, value));
    }

    /// `path` is the section's in the file, `prefix` that of its keys in the map.
    fn add(&mut self, section: &Section, path: &str, prefix: &str) {
        for setting in &section.settings {
            let key = setting.key.as_str();
            match path {
                "totem" if key == "key" => {}
                "totem.interface.member" => self.set(prefix, Kind::Str, setting.value.clone()),
                "uidgid" => {
                    let key = format!("uidgid.config.{key}.{}", setting.value);
                    self.set(key, Kind::U8, "1".to_owned());
                }
                _ => {
                    let (kind, value) = typed(path, setting);
                    self.set(join(prefix, key), kind, value);
                }
            }
        }
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for inner in &section.sections {
            let path = join(path, &inner.name);
            let count = counted.entry(&inner.name).or_default();
            let prefix = join(prefix, &inner.name);
            let prefix = match distinguished(&path, inner, *count) {
                Some(word) => join(&prefix, &word),
                None => prefix,
            };
            *count += 1;
            self.add(inner, &path, &prefix);
        }
    }
}

/// What tells a section from others of its path.
fn distinguished(path: &str, section: &Section, count: usize) -> Option<String> {
    let value = |key: &str| section.setting(key).map(|setting| setting.value.clone());
    match path {
        "nodelist.node" | "totem.interface.member" => Some(count.to_string()),
        "totem.interface" => {
            let ring = value("linknumber").or_else(|| value("ringnumber"));
            Some(ring.unwrap_or_else(|| "0".to_owned()))
        }
        "logging.logger_subsys" => value("subsys"),
        "logging.logging_daemon" => value("name"),
        _ => None,
    }
}

/// What is no number, although it should be one, is shown as it stands.
fn typed(path: &str, setting: &Setting) -> (Kind, String) {
    let kind = keys::find(path, &setting.key).map_or(Kind::Str, |row| row.kind);
    let number = match (kind, setting.value.as_str()) {
        (Kind::U8, "yes" | "on") => Some(1),
        (Kind::U8, "no" | "off") => Some(0),
        (_, value) => value.parse::<i128>().ok(),
    };
    let range = match kind {
        Kind::U8 => 0..=i128::from(u8::MAX),
        Kind::U16 => 0..=i128::from(u16::MAX),
        Kind::U32 => 0..=i128::from(u32::MAX),
        Kind::U64 => 0..=i128::from(u64::MAX),
        Kind::I32 => i128::from(i32::MIN)..=i128::from(i32::MAX),
        Kind::Str => return (Kind::Str, setting.value.clone()),
    };
    match number.filter(|number| range.contains(number)) {
        Some(number) => (kind, number.to_string()),
        None => (Kind::Str, setting.value.clone()),
    }
}
