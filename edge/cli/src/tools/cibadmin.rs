//! `cibadmin`: the CIB as XML, asked and changed.

mod changing;
mod looking;
mod tree;

use crate::answer::{Failure, Outcome};
use crate::connection::Connection;
use crate::input::{located, read_file};
use crate::tools::arguments::{CommandLine, Parsed, attached, flag, value};
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
        flag("M", "modify", "change what is given, by its id, or what --xpath names"),
        flag("R", "replace", "put what is given in the place of what has its id"),
        flag("D", "delete", "remove the first that is as given, or the first that --xpath names"),
        flag("d", "delete-all", "remove everything that --xpath names (with --force)"),
        flag("P", "patch", "apply a patch, as crm_diff makes it"),
        flag("E", "erase", "remove everything (with --force)"),
        flag("u", "upgrade", "bring a file to the newest schema (with --force)"),
        flag("B", "bump", "count the version of a file up"),
        flag("a", "empty", "show an empty CIB; the schema may follow"),
        flag("5", "md5-sum", "show the digest of what is given, as it stands beside a CIB on disk"),
        flag("6", "md5-sum-versioned", "show the digest of what is given, as patches carry it"),
        value("o", "scope obj_type", "the section: resources, constraints, crm_config, ..."),
        value("A", "xpath", "what is meant, as an XPath"),
        flag("e", "node-path", "show where what --xpath names stands"),
        value("X", "xml-text", "the XML"),
        value("x", "xml-file", "the file with the XML"),
        flag("p", "xml-pipe", "the XML comes on standard input"),
        flag("n", "no-children", "show elements without what is inside"),
        flag("c", "allow-create", "with --modify: add what is not there"),
        flag("f", "force", "do it although it cannot be undone"),
        flag("l", "local", "accepted: all members have the same"),
        flag("s", "sync-call", "accepted: every call waits until it is done"),
        value("N", "node", "accepted: all members have the same"),
        value("t", "timeout", "accepted for the sake of scripts"),
        value("U", "user", "with the rights of this user, which root and hacluster may ask for"),
        attached("S", "show-access", "show what --user may do where: color, text or namespace"),
    ],
};

const COMMANDS: [&str; 13] = [
    "query",
    "create",
    "modify",
    "replace",
    "delete",
    "delete-all",
    "patch",
    "erase",
    "upgrade",
    "bump",
    "empty",
    "md5-sum",
    "md5-sum-versioned",
];

/// `cibadmin`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let command = given.first_of(&COMMANDS).unwrap_or("query");
    if ["erase", "delete-all", "upgrade"].contains(&command) && !given.has("force") {
        let text = "The supplied command is considered dangerous.  To prevent accidental destruction \
                    of the cluster, the --force flag is required in order to proceed.";
        return Err(Failure::Unsafe(text.into()));
    }
    let connection = Connection::usual();
    if given.has("show-access") && command == "query" {
        return looking::access(&connection, &given);
    }
    let connection = match given.value("user") {
        Some(user) => connection.acting_as(user),
        None => connection,
    };
    carry_out(&connection, &given, command).map_err(|failure| match failure {
        // The words of strerror(EACCES), which scripts look for.
        Failure::Forbidden(why) => {
            Failure::Forbidden(format!("Call failed: Permission denied: {why}"))
        }
        failure => failure,
    })
}

fn carry_out(connection: &Connection, given: &Parsed, command: &str) -> Outcome {
    let change = |change| changing::change(connection, given, change);
    match command {
        "create" => change(Change::Create),
        "modify" if given.has("allow-create") => change(Change::ModifyOrCreate),
        "modify" => change(Change::Modify),
        "delete" => change(Change::Delete),
        "delete-all" => changing::delete_all(connection, given),
        "replace" => changing::replace(connection, given),
        "patch" => changing::patch(connection, given),
        "erase" => changing::erase(connection, given),
        "upgrade" => changing::upgrade(connection),
        "bump" => changing::bump(connection),
        "empty" => looking::empty(given),
        "md5-sum" | "md5-sum-versioned" => looking::digest(given),
        _ => looking::query(connection, given),
    }
}

fn no_such_object() -> Failure {
    // The words of strerror(ENXIO), which scripts look for.
    Failure::NoSuchObject("Call failed: No such device or address".into())
}

/// The XML that was given.
fn input(given: &Parsed) -> Result<String, Failure> {
    match given.first_of(&["xml-text", "xml-file", "xml-pipe"]) {
        Some("xml-text") => Ok(given.required("xml-text")?.to_owned()),
        Some("xml-file") => read_file(Path::new(given.required("xml-file")?)),
        Some(_) => read_file(Path::new("-")),
        None => Err(Failure::Usage("Please supply XML to process with -X, -x or -p".into())),
    }
}

/// The same as an element.
fn input_element(given: &Parsed) -> Result<Element, Failure> {
    cib::read_element(&input(given)?).map_err(|error| wrong_xml(given, &error))
}

fn wrong_xml(given: &Parsed, error: &cib::CibError) -> Failure {
    Failure::Configuration(located(name(given), error))
}

/// What to call the XML in messages.
fn name(given: &Parsed) -> &str {
    given.value("xml-file").unwrap_or_else(|| if given.has("xml-pipe") { "input" } else { "XML" })
}

fn wrong_path(error: &cib::XpathError) -> Failure {
    Failure::Usage(error.to_string())
}
