//! What `cibadmin` shows without changing anything.

use super::{input_element, no_such_object, tree, wrong_path};
use crate::answer::{DONE, Failure, Outcome, line, print, say_aside};
use crate::connection::Connection;
use crate::secrets;
use crate::tools::arguments::Parsed;
use cib::Place;
use cib::access::{Rendering, render};
use cluster::Element;
use cluster::access::{Grants, Person};
use std::io::IsTerminal;

/// The CIB, or parts of it.
pub(super) fn query(connection: &Connection, given: &Parsed) -> Outcome {
    let root = connection.tree()?;
    if given.has("node-path") {
        return given.value("xpath").map_or(DONE, |path| paths(&root, path));
    }
    let found = match (given.value("xpath"), given.value("scope")) {
        (Some(path), _) => cib::find(&root, path).map_err(|error| wrong_path(&error))?,
        (None, Some(scope)) => vec![tree::section(&root, scope)?],
        (None, None) => vec![&root],
    };
    let mut shown: Vec<Element> = found.into_iter().cloned().collect();
    if given.has("no-children") {
        shown.iter_mut().for_each(|element| element.extra.children.clear());
    }
    match &shown[..] {
        [] => return Err(no_such_object()),
        [only] => print(&cib::write_element(&secrets::tree(only.clone()))),
        _ => {
            let all = tree::wrapped("xpath-query", shown);
            print(&cib::write_element(&secrets::tree(all)));
        }
    }
    DONE
}

/// The CIB, or parts of it, with marks that say what a user may do there.
pub(super) fn access(connection: &Connection, given: &Parsed) -> Outcome {
    let rendering = match given.value("show-access") {
        Some("color") => Rendering::Color,
        Some("namespace") => Rendering::Namespace,
        None | Some("auto") if std::io::stdout().is_terminal() => Rendering::Color,
        None | Some("auto" | "text") => Rendering::Text,
        Some(other) => {
            let text = format!("Unrecognized value for --show-access: \"{other}\"");
            return Err(Failure::Usage(text));
        }
    };
    let Some(user) = given.value("user") else {
        let text = "The supplied command requires -U user specified.";
        return Err(Failure::Usage(text.to_owned()));
    };
    let person = Person { name: user.to_owned(), groups: os::account::groups_of(user) };
    if person.is_exempt() {
        return Err(Failure::Configuration(format!("{user} may do everything: no rule applies")));
    }
    let grants = Grants::of(&connection.cib()?.configuration, &person);
    let root = secrets::tree(connection.tree()?);
    let places = match (given.value("xpath"), given.value("scope")) {
        (Some(path), _) => cib::find_places(&root, path).map_err(|error| wrong_path(&error))?,
        (None, Some(scope)) => {
            let name = &tree::section(&root, scope)?.name;
            Place::of(&root, &|element| element.name == *name).into_iter().collect()
        }
        (None, None) => vec![Place::default()],
    };
    if places.is_empty() {
        return Err(no_such_object());
    }
    places.iter().for_each(|place| print(&render(&grants, &root, place, rendering)));
    DONE
}

/// Where everything stands that an `XPath` names.
fn paths(root: &Element, path: &str) -> Outcome {
    let places = cib::find_places(root, path).map_err(|error| wrong_path(&error))?;
    if places.is_empty() {
        return Err(no_such_object());
    }
    places.iter().for_each(|place| line(&place.path(root)));
    DONE
}

/// A CIB with nothing in it, of the schema that follows, or of the one of the cluster.
pub(super) fn empty(given: &Parsed) -> Outcome {
    let schema = given.words.first().map_or(daemon::SCHEMA, String::as_str);
    if !cib::is_known_schema(schema) {
        let known = cib::known_schemas();
        return Err(Failure::Usage(format!("there is no schema `{schema}`; it is one of {known}")));
    }
    let mut root = cib::to_element(&cib::Cib::default());
    let attributes = [
        ("crm_feature_set", daemon::CRM_FEATURE_SET),
        ("validate-with", schema),
        ("epoch", "1"),
        ("num_updates", "0"),
        ("admin_epoch", "0"),
    ];
    let owned = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    root.extra.attributes = attributes.map(owned).into();
    print(&cib::write_element(&root));
    DONE
}

/// The digest of what is given; what it is the digest of goes beside it.
pub(super) fn digest(given: &Parsed) -> Outcome {
    let root = input_element(given)?;
    if given.has("md5-sum") {
        say_aside("Digest: ");
        line(&cib::digest_on_disk(&root));
    } else {
        let set = root.attribute("crm_feature_set").unwrap_or("none");
        say_aside(&format!("Versioned ({set}) digest: "));
        line(&cib::digest(&root));
    }
    DONE
}
