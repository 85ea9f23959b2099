//! What `cibadmin` changes: as a tree, in the cluster or in the file that stands in for it.

use super::tree::{self, Change, Given};
use super::{input, input_element, name, no_such_object, wrong_path, wrong_xml};
use crate::answer::{DONE, Failure, Outcome, say_aside};
use crate::connection::Connection;
use crate::edit::{self, Manner};
use crate::tools::arguments::Parsed;
use api::{Language, LoadMode, Request};
use cib::{Base, Cib, Part, Patch, PatchError, Place};
use cluster::Element;

/// What is given, or what `--xpath` names, created, modified, replaced or deleted.
pub(super) fn change(connection: &Connection, given: &Parsed, change: Change) -> Outcome {
    let before = connection.tree()?;
    let mut root = before.clone();
    if let Some(path) = given.value("xpath") {
        let place = first(&root, path)?;
        match (change, place) {
            (Change::Delete, place) => place.into_iter().for_each(|place| place.remove(&mut root)),
            (Change::Create, Some(place)) => {
                let element = tree::wrapped("", vec![input_element(given)?]);
                let parent = place.element(&mut root).ok_or_else(no_such_object)?;
                parent.extra.children.extend(element.extra.children);
            }
            (_, Some(place)) => {
                let meant = Given { section: None, element: input_element(given)? };
                tree::carry_out(&mut root, Some(&place), &meant, change)?;
            }
            (_, None) => return Err(no_such_object()),
        }
    } else {
        let element = checked_input(given, change)?;
        if element.name == "cib" && matches!(change, Change::Modify | Change::ModifyOrCreate) {
            tree::set_root(&mut root, &element);
        }
        let section = given.value("scope").map(tree::section_named).transpose()?.flatten();
        for given in tree::spread(element, section) {
            tree::carry_out(&mut root, None, &given, change)?;
        }
    }
    send(connection, &before, root, given)
}

/// What is given; where it has to be a whole object, that is looked at while its place is known.
fn checked_input(given: &Parsed, change: Change) -> Result<Element, Failure> {
    let text = input(given)?;
    let element = cib::read_element(&text).map_err(|error| wrong_xml(given, &error))?;
    let is_whole = matches!(change, Change::Create | Change::Replace);
    let scope = given.value("scope").map(tree::section_named).transpose()?.flatten();
    if is_whole && scope != Some("status") {
        let part = scope.map(tree::part).transpose()?;
        cib::read_object(&text, part).map_err(|error| wrong_xml(given, &error))?;
    }
    Ok(element)
}

fn first(root: &Element, path: &str) -> Result<Option<Place>, Failure> {
    let places = cib::find_places(root, path).map_err(|error| wrong_path(&error))?;
    Ok(places.into_iter().next())
}

/// Removes everything that `--xpath` names, or the first that is as given.
pub(super) fn delete_all(connection: &Connection, given: &Parsed) -> Outcome {
    let Some(path) = given.value("xpath") else {
        return change(connection, given, Change::Delete);
    };
    let before = connection.tree()?;
    let mut root = before.clone();
    let places = cib::find_places(&root, path).map_err(|error| wrong_path(&error))?;
    // The last first, so that the others stay where they are.
    places.iter().rev().for_each(|place| place.remove(&mut root));
    send(connection, &before, root, given)
}

/// Tells the cluster what differs, or writes it into the file that stands in for it.
fn send(connection: &Connection, before: &Element, mut root: Element, given: &Parsed) -> Outcome {
    change::uncover(&mut root, before).map_err(|why| Failure::Refused(why.reasons()))?;
    // Places would be those in the whole of it.
    let wrong = |error: cib::CibError| {
        Failure::Configuration(format!("{}: {}; {}", name(given), error.what, error.help))
    };
    if *before == root {
        return DONE;
    }
    let after = cib::from_element(&root).map_err(wrong)?;
    if let Some(file) = connection.file() {
        file.store(before, root)?;
        return DONE;
    }
    let (before, _) = cib::read_tolerant(&cib::write_element(before)).map_err(wrong)?;
    if after.status != before.status {
        let text = "the status is written by the cluster itself and cannot be changed by hand; \
                    to forget failures use `crm_resource --cleanup`, for attributes of nodes \
                    `attrd_updater`";
        return Err(Failure::Other(text.into()));
    }
    let change = (&before.configuration, &after.configuration);
    let manner = Manner { name: "cibadmin", force: given.has("force"), ..Manner::default() };
    edit::send(connection, change, manner)?;
    DONE
}

/// A whole configuration, a section, or single objects in the place of those that are there.
pub(super) fn replace(connection: &Connection, given: &Parsed) -> Outcome {
    if given.has("xpath") {
        return change(connection, given, Change::Replace);
    }
    let text = input(given)?;
    let element = cib::read_element(&text).map_err(|error| wrong_xml(given, &error))?;
    if !["cib", "configuration"].contains(&element.name.as_str()) {
        if Part::parse(&element.name).is_some() {
            let before = connection.tree()?;
            let mut root = before.clone();
            tree::replace_section(&mut root, element)?;
            return send(connection, &before, root, given);
        }
        return change(connection, given, Change::Replace);
    }
    let read = if element.name == "cib" {
        cib::read(&text).map(drop)
    } else {
        cib::read_object(&text, None).map(drop)
    };
    read.map_err(|error| wrong_xml(given, &error))?;
    if connection.file().is_some() && element.name == "cib" {
        return replace_all(connection, element, given);
    }
    connection.change(&Request::Load {
        text,
        language: Language::Xml,
        mode: LoadMode::Replace,
        name: name(given).to_owned(),
        force: given.has("force"),
    })?;
    DONE
}

/// A whole CIB in the place of a file's: its status, version and root come along.
fn replace_all(connection: &Connection, root: Element, given: &Parsed) -> Outcome {
    let before = connection.tree()?;
    if tree::version(&root) < tree::version(&before) {
        return Err(Failure::Older("Update was older than existing configuration".into()));
    }
    send(connection, &before, root, given)
}

/// Applies a patch as `crm_diff` makes it.
pub(super) fn patch(connection: &Connection, given: &Parsed) -> Outcome {
    let diff = input_element(given)?;
    let before = connection.tree()?;
    let patch = Patch::from_element(&diff);
    let root = patch
        .and_then(|patch| patch.apply(&before, Base::SameVersion))
        .map_err(|error| misfit(&error))?;
    send(connection, &before, root, given)
}

/// Scripts look for these words and for the exit codes.
fn misfit(error: &PatchError) -> Failure {
    match error {
        PatchError::Format { .. } | PatchError::OtherRoot { .. } => {
            Failure::Unreadable(format!("Call failed: Invalid argument: {error}"))
        }
        PatchError::NoResult { .. } => {
            Failure::Protocol(format!("Call failed: No message of desired type: {error}"))
        }
        PatchError::Old { .. } => Failure::Older(format!(
            "Call failed: Update was older than existing configuration: {error}"
        )),
        PatchError::Early { .. } => Failure::Other(format!(
            "Call failed: Application of update diff failed, requesting full refresh: {error}"
        )),
        PatchError::Misfit { .. } | PatchError::Digest { .. } => {
            Failure::Other(format!("Call failed: Application of update diff failed: {error}"))
        }
    }
}

/// Everything goes, but for the root's attributes.
pub(super) fn erase(connection: &Connection, given: &Parsed) -> Outcome {
    if connection.file().is_some() {
        let before = connection.tree()?;
        return send(connection, &before, tree::erased(&before), given);
    }
    connection.change(&Request::Load {
        text: cib::write(&Cib::default()),
        language: Language::Xml,
        mode: LoadMode::Replace,
        name: "cibadmin".into(),
        force: true,
    })?;
    DONE
}

/// Counts the version of a file up. In a cluster each change does, and nothing else has to.
pub(super) fn bump(connection: &Connection) -> Outcome {
    if let Some(file) = connection.file() {
        let before = connection.tree()?;
        let mut root = before.clone();
        let epoch = ("epoch".to_owned(), "epoch++".to_owned());
        let mut counted = tree::wrapped("cib", Vec::new());
        counted.extra.attributes.push(epoch);
        tree::set_root(&mut root, &counted);
        file.store(&before, root)?;
    }
    DONE
}

/// Brings a file to the schema of the cluster, and says what was changed. A cluster's configuration
/// always has it.
pub(super) fn upgrade(connection: &Connection) -> Outcome {
    if let Some(file) = connection.file() {
        let before = connection.tree()?;
        let upgraded = cib::upgrade(&before, daemon::SCHEMA);
        upgraded.notes.iter().for_each(|note| say_aside(note));
        if upgraded.root != before {
            file.store(&before, upgraded.root)?;
        }
    }
    DONE
}
