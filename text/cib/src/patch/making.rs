//! Two trees into a patch.

use super::places::Places;
use super::siblings::Siblings;
use super::{Change, Patch, PatchError, Path, Versions, version_of};
use cluster::{Element, ExtraNode};
use std::collections::BTreeMap;

/// Whether the order of attributes is a part of what a tree says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// It is.
    Matters,
    /// It is not.
    Ignored,
}

impl Patch {
    /// What makes `new` of `old`; no changes when they are the same. Versions are noted, the digest
    /// is the caller's to add.
    ///
    /// # Errors
    /// [`PatchError::OtherRoot`] when the roots have other names or ids.
    pub fn between(old: &Element, new: &Element, order: Order) -> Result<Self, PatchError> {
        let path = Path::to(new);
        if path != Path::to(old) {
            let (old, new) = (Path::to(old).to_string(), path.to_string());
            return Err(PatchError::OtherRoot { old, new });
        }
        let mut changes = Vec::new();
        deletions(&path, old, new, &mut changes);
        others(&path, old, new, order, &mut changes);
        let versions = Versions { source: version_of(old), target: version_of(new) };
        Ok(Self { versions: Some(versions), digest: None, changes })
    }

    /// Whether there is nothing to do.
    pub const fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// What goes, in the order of the old tree.
fn deletions(path: &Path, old: &Element, new: &Element, changes: &mut Vec<Change>) {
    let Some(siblings) = Siblings::of(old, new) else { return };
    let mut position = 0;
    for (place, child) in siblings.old.iter().enumerate() {
        match (child, siblings.new_of(place)) {
            (ExtraNode::Element(old), Some(ExtraNode::Element(new))) => {
                deletions(&path.child(old), old, new, changes);
            }
            (_, Some(_)) => {}
            (ExtraNode::Element(old), None) => {
                changes.push(Change::Delete { path: path.child(old) });
            }
            (_, None) => changes.push(Change::DeleteComment { path: path.clone(), position }),
        }
        position += usize::from(siblings.new_of(place).is_some());
    }
}

/// Everything else, in the order of the new tree.
fn others(path: &Path, old: &Element, new: &Element, order: Order, changes: &mut Vec<Change>) {
    let attributes = attributes(&old.extra.attributes, &new.extra.attributes, order);
    if !attributes.is_empty() {
        let result = new.extra.attributes.clone();
        changes.push(Change::Modify { path: path.clone(), attributes, result });
    }
    let Some(siblings) = Siblings::of(old, new) else { return };
    for (position, child) in siblings.new.iter().enumerate() {
        match (child, siblings.old_of(position)) {
            (ExtraNode::Element(new), Some(ExtraNode::Element(old))) => {
                let path = path.child(new);
                others(&path, old, new, order, changes);
                if siblings.has_moved(position) {
                    changes.push(Change::Move { path, position });
                }
            }
            (_, Some(_)) => {}
            (child, None) => {
                let child = (*child).clone();
                changes.push(Change::Create { path: path.clone(), position, child });
            }
        }
    }
}

/// The attributes that are to be set or to go: new and changed ones; where the order matters, also
/// those whose place differs, not counting the ones already found to have moved.
fn attributes(
    old: &[(String, String)],
    new: &[(String, String)],
    order: Order,
) -> Vec<(String, Option<String>)> {
    if old == new {
        return Vec::new();
    }
    let index: BTreeMap<&str, usize> =
        new.iter().enumerate().map(|(at, (name, _))| (name.as_str(), at)).collect();
    let mut is_set = vec![true; new.len()];
    let mut gone = Vec::new();
    let (mut old_places, mut new_places) = (Places::new(old.len()), Places::new(new.len()));
    for (at, (name, value)) in old.iter().enumerate() {
        let Some(&there) = index.get(name.as_str()) else {
            gone.push((name.clone(), None));
            continue;
        };
        if new[there].1 != *value {
            continue;
        }
        let (before, after) = (old_places.before(at), new_places.before(there));
        is_set[there] = order == Order::Matters && before != after;
        if before > after {
            old_places.skip(at);
        } else if before < after {
            new_places.skip(there);
        }
    }
    let set = new.iter().zip(is_set).filter(|(_, is_set)| *is_set);
    let set = set.map(|((name, value), _)| (name.clone(), Some(value.clone())));
    set.chain(gone).collect()
}
