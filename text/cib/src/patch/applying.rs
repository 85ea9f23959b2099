//! A tree and a patch into the other tree.

use super::{Base, Change, Patch, PatchError, Path, version_of};
use crate::digest::digest;
use cluster::{Element, ExtraNode};
use std::collections::BTreeMap;

impl Patch {
    /// What comes of `root`.
    ///
    /// # Errors
    /// When the versions do not fit, something that is to change is not there, or something else
    /// would come of it than the patch says.
    pub fn apply(&self, root: &Element, base: Base) -> Result<Element, PatchError> {
        if base == Base::SameVersion {
            self.check_version(root)?;
        }
        let mut root = root.clone();
        let mut arrivals: BTreeMap<Path, Vec<Arrival<'_>>> = BTreeMap::new();
        for change in &self.changes {
            match change {
                Change::Delete { path } => delete(&mut root, path)?,
                Change::DeleteComment { path, position } => {
                    delete_comment(&mut root, path, *position)?;
                }
                Change::Modify { path, result, .. } => {
                    find(&mut root, path)?.extra.attributes.clone_from(result);
                }
                Change::Create { path, position, child } => {
                    let arrival = Arrival { position: *position, what: What::New(child) };
                    arrivals.entry(path.clone()).or_default().push(arrival);
                }
                Change::Move { path, position } => {
                    let parent = path.parent().ok_or_else(|| missing(path))?;
                    let arrival = Arrival { position: *position, what: What::Moved(path) };
                    arrivals.entry(parent).or_default().push(arrival);
                }
            }
        }
        // The innermost first: what is set aside cannot be found.
        let mut arrivals: Vec<_> = arrivals.into_iter().collect();
        arrivals.sort_by_key(|(path, _)| std::cmp::Reverse(path.depth()));
        for (path, arrivals) in arrivals {
            arrange(find(&mut root, &path)?, arrivals)?;
        }
        self.check_digest(&root)?;
        Ok(root)
    }

    fn check_version(&self, root: &Element) -> Result<(), PatchError> {
        let Some(versions) = self.versions else { return Ok(()) };
        let (source_version, target) = (versions.source, versions.target);
        let found = version_of(root);
        if source_version > found {
            return Err(PatchError::Early { source_version, found });
        }
        if source_version < found || target <= source_version {
            return Err(PatchError::Old { source_version, target, found });
        }
        Ok(())
    }

    fn check_digest(&self, root: &Element) -> Result<(), PatchError> {
        let found = digest(root);
        match &self.digest {
            Some(expected) if !expected.eq_ignore_ascii_case(&found) => {
                Err(PatchError::Digest { expected: expected.clone(), found })
            }
            _ => Ok(()),
        }
    }
}

/// A child that comes to a place.
struct Arrival<'p> {
    position: usize,
    what: What<'p>,
}

#[derive(Clone, Copy)]
enum What<'p> {
    New(&'p ExtraNode),
    Moved(&'p Path),
}

fn missing(path: &Path) -> PatchError {
    PatchError::Misfit { what: format!("{path} is not there") }
}

fn find<'t>(root: &'t mut Element, path: &Path) -> Result<&'t mut Element, PatchError> {
    path.find(root).ok_or_else(|| missing(path))
}

/// What is not there is gone already.
fn delete(root: &mut Element, path: &Path) -> Result<(), PatchError> {
    let Some(parent) = path.parent() else {
        return Err(PatchError::Misfit { what: "the root cannot be deleted".to_owned() });
    };
    if let Some(parent) = parent.find(root)
        && let Some(place) = path.place_among(&parent.extra.children)
    {
        parent.extra.children.remove(place);
    }
    Ok(())
}

fn delete_comment(root: &mut Element, path: &Path, position: usize) -> Result<(), PatchError> {
    let children = &mut find(root, path)?.extra.children;
    match children.get(position) {
        Some(ExtraNode::Comment(_)) => drop(children.remove(position)),
        _ => {
            let what = format!("there is no comment at place {position} in {path}");
            return Err(PatchError::Misfit { what });
        }
    }
    Ok(())
}

/// Sets aside what has moved, and puts everything in its place, the lowest first.
fn arrange(parent: &mut Element, mut arrivals: Vec<Arrival<'_>>) -> Result<(), PatchError> {
    arrivals.sort_by_key(|arrival| arrival.position);
    let children = &mut parent.extra.children;
    let mut coming = Vec::with_capacity(arrivals.len());
    for Arrival { position, what } in arrivals {
        let (child, exactly) = match what {
            What::New(child) => (child.clone(), None),
            What::Moved(path) => {
                let place = path.place_among(children).ok_or_else(|| missing(path))?;
                (children.remove(place), Some(path))
            }
        };
        coming.push((position, child, exactly));
    }
    for (position, child, exactly) in coming {
        match exactly {
            Some(path) if position > children.len() => {
                let what = format!("{path} cannot move to place {position}");
                return Err(PatchError::Misfit { what });
            }
            // A new child may come behind all others without knowing how many they are.
            _ => children.insert(position.min(children.len()), child),
        }
    }
    Ok(())
}
