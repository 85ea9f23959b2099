//! `cibadmin`: the CIB as XML, asked and changed.

mod tree;

use crate::answer::{DONE, Failure, Outcome, print};
use crate::arguments::{CommandLine, Parsed, flag, value};
use crate::connection::Connection;
use crate::edit;
use crate::input::{located, read_file};
use api::{Language, LoadMode, Request};
use cib::{Cib, Part};
use cluster::Element;
use std::path::Path;
use tree::Change;

const LINE: CommandLine = CommandLine {
    name: "cibadmin",
    purpose: "shows and changes the CIB as XML",
    words: "",
    choices: &[
        flag("Q", "query", "show it, or the part that --scope or --xpath names"),
        flag("C", "create", "add what is given"),
        flag("M", "modify", "change what is given, by its id"),
        flag("R", "replace", "put what is given in the place of what has its id"),
        flag("D", "delete", "remove what is given, by its id, or what --xpath names"),
        flag("E", "erase", "remove everything (with --force)"),
        flag("u", "upgrade", "nothing to do: the newest form is always used"),
        flag("B", "bump", "nothing to do: each change counts the version up"),
        value("o", "scope obj_type", "the section: resources, constraints, crm_config, ..."),
        value("A", "xpath", "what is meant, as an XPath"),
        value("X", "xml-text", "the XML"),
        value("x", "xml-file", "the file with the XML"),
        flag("p", "xml-pipe", "the XML comes on standard input"),
        flag("n", "no-children", "show elements without what is inside"),
        flag("c", "allow-create", "with --modify: add what is not there"),
        flag("f", "force", "do it although it cannot be undone"),
        flag("l", "local", "accepted: all members have the same"),
        flag("s", "sync-call", "accepted: every call waits until it is done"),
        value("t", "timeout", "accepted for the sake of scripts"),
        value("U", "user", "accepted for the sake of scripts"),
    ],
};

/// `cibadmin`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::usual();
    let commands = ["query", "create", "modify", "replace", "delete", "erase", "upgrade", "bump"];
    match given.first_of(&commands) {
        Some("query") | None => query(&connection, &given),
        Some("upgrade" | "bump") => DONE,
        Some("erase") => erase(&connection, &given),
        Some("create") => change(&connection, &given, Change::Create),
        Some("modify") if given.has("allow-create") => {
            change(&connection, &given, Change::ModifyOrCreate)
        }
        Some("modify") => change(&connection, &given, Change::Modify),
        Some("replace") => replace(&connection, &given),
        Some(_) => change(&connection, &given, Change::Delete),
    }
}

fn no_such_object() -> Failure {
    // The words of strerror(ENXIO), which scripts look for.
    Failure::NoSuchObject("Call cib_query failed (-6): No such device or address".into())
}

fn query(connection: &Connection, given: &Parsed) -> Outcome {
    let root = connection.tree()?;
    let scope = given.value("scope").map(|scope| tree::section(&root, scope)).transpose()?;
    let within = scope.unwrap_or(&root);
    let found = match given.value("xpath") {
        None => vec![within],
        Some(path) => cib::find(&root, path).map_err(|error| Failure::Usage(error.to_string()))?,
    };
    let shown: Vec<Element> = found
        .into_iter()
        .map(|element| if given.has("no-children") { childless(element) } else { element.clone() })
        .collect();
    match &shown[..] {
        [] => return Err(no_such_object()),
        [only] => print(&cib::write_element(only)),
        _ => print(&cib::write_element(&tree::wrapped("xpath-query", shown))),
    }
    DONE
}

fn childless(element: &Element) -> Element {
    let mut alone = element.clone();
    alone.extra.children.clear();
    alone
}

/// The XML that was given.
fn input(given: &Parsed) -> Result<String, Failure> {
    match given.first_of(&["xml-text", "xml-file", "xml-pipe"]) {
        Some("xml-text") => Ok(given.required("xml-text")?.to_owned()),
        Some("xml-file") => read_file(Path::new(given.required("xml-file")?)),
        Some(_) => read_file(Path::new("-")),
        None => Err(Failure::Usage("give the XML: -X XML, -x FILE or -p".into())),
    }
}

fn wrong_xml(given: &Parsed, error: &cib::CibError) -> Failure {
    Failure::Configuration(located(name(given), error))
}

/// What to call the XML in messages.
fn name(given: &Parsed) -> &str {
    given.value("xml-file").unwrap_or_else(|| if given.has("xml-pipe") { "input" } else { "XML" })
}

/// The given XML as elements, each with the section it belongs to.
fn given_elements(given: &Parsed) -> Result<Vec<(Part, Element)>, Failure> {
    let text = input(given)?;
    let element = cib::read_element(&text).map_err(|error| wrong_xml(given, &error))?;
    let scope = given.value("scope").filter(|scope| *scope != "configuration" && *scope != "cib");
    let part = scope.map(tree::part).transpose()?;
    if let Err(error) = cib::read_object(&text, part)
        && !given.has("delete")
        && !given.has("modify")
    {
        return Err(wrong_xml(given, &error));
    }
    tree::spread(element, part)
}

fn change(connection: &Connection, given: &Parsed, change: Change) -> Outcome {
    let before = connection.tree()?;
    let mut root = before.clone();
    if let (Change::Delete, Some(path)) = (change, given.value("xpath")) {
        tree::delete_found(&mut root, path)?;
    } else {
        for (part, element) in given_elements(given)? {
            tree::carry_out(&mut root, part, &element, change)?;
        }
    }
    send(connection, &before, root, given)
}

/// Tells the cluster what differs, or writes it into the file that stands in for it.
fn send(connection: &Connection, before: &Element, root: Element, given: &Parsed) -> Outcome {
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
    edit::send(connection, change, "cibadmin", given.has("force"))?;
    DONE
}

/// A whole configuration, a section, or single objects in the place of those that are there.
fn replace(connection: &Connection, given: &Parsed) -> Outcome {
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

fn erase(connection: &Connection, given: &Parsed) -> Outcome {
    if !given.has("force") {
        let text = "The supplied command is considered dangerous: it removes the whole \
                    configuration. Use --force if that is meant";
        return Err(Failure::Usage(text.into()));
    }
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
