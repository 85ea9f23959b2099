//! `attrd_updater`: attributes that last until the node leaves, quickly.

use super::{added, increment};
use crate::answer::{Failure, Outcome};
use crate::connection::Connection;
use crate::secrets;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use crate::tools::markup::{Said, element};
use api::{AttributeChange, Request};
use std::time::Duration;

const LINE: CommandLine = CommandLine {
    name: "attrd_updater",
    purpose: "asks for and changes attributes that last until the node leaves",
    words: "",
    choices: &[
        value("n", "name", "the attribute"),
        value("Uv", "update", "set it to this value"),
        value("B", "update-both", "set value and dampening at once"),
        flag("Y", "update-delay", "set the dampening only, which comes with each value here"),
        flag("Q", "query", "show it"),
        flag("D", "delete", "remove it"),
        flag("R", "refresh", "tell the cluster all values again, which it never loses here"),
        value("d", "delay", "wait this long for further changes before the others are told"),
        value("N", "node", "the node; this one when not given"),
        flag("A", "all", "show it on all nodes"),
        value("s", "set", "accepted for the sake of old agents"),
        value("S", "section", "accepted for the sake of old agents"),
        value("W", "wait", "accepted: an update always waits until the members have it"),
        flag("p", "private", "accepted: the value is visible in the status here"),
        flag("q", "quiet", "say nothing but what was asked for"),
        value("", "output-as", "in this form: text or xml"),
    ],
};

/// `attrd_updater`
pub(crate) fn attrd_updater(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::usual();
    if let Some(file) = connection.file() {
        let help = "use `crm_attribute --lifetime reboot` for a file";
        let text = format!("no node listens behind {}; {help}", file.name());
        return Err(Failure::NotConnected(text));
    }
    match given.first_of(&["update-both", "update", "delete", "query", "refresh", "update-delay"]) {
        Some(option @ ("update" | "update-both")) => {
            let value = given.value(option).unwrap_or_default();
            change(&connection, &given, Some(value))?;
        }
        Some("delete") => change(&connection, &given, None)?,
        Some("refresh" | "update-delay") => {}
        _ => return query(&connection, &given)?.show(LINE.name, args),
    }
    Said::default().show(LINE.name, args)
}

fn change(connection: &Connection, given: &Parsed, value: Option<&str>) -> Result<(), Failure> {
    let name = given.required("name")?;
    let node = given.value("node").map(str::to_owned);
    let dampening = given.value("delay").map_or(Ok(Duration::ZERO), |text| {
        let help = "write it as 5s or 500ms";
        cluster::value::duration(text)
            .ok_or_else(|| Failure::Usage(format!("`{text}` is no duration; {help}")))
    })?;
    let value = match value.and_then(|value| Some((value, increment(name, value)?))) {
        None => value.map(str::to_owned),
        Some((_, step)) => {
            let present = values(connection, given, name)?.into_iter().next();
            Some(added(present.as_ref().map(|(_, value)| value.as_str()), step))
        }
    };
    connection.change(&Request::Attribute(AttributeChange {
        node,
        name: name.to_owned(),
        value,
        dampen_ms: u64::try_from(dampening.as_millis()).unwrap_or(u64::MAX),
    }))
}

/// The nodes that are asked for and have the attribute, with its value.
fn values(
    connection: &Connection,
    given: &Parsed,
    name: &str,
) -> Result<Vec<(String, String)>, Failure> {
    let node = match (given.has("all"), given.value("node")) {
        (true, _) => None,
        (false, Some(node)) => Some(node.to_owned()),
        (false, None) => Some(connection.this_node()?),
    };
    let status = connection.cib()?.status;
    let wanted = status.nodes.into_values().filter(|found| {
        let is_wanted = |node: &String| *node == found.name;
        node.as_ref().is_none_or(is_wanted)
    });
    let found = wanted.filter_map(|mut node| {
        let value = node.attributes.remove(name)?;
        Some((node.name, value))
    });
    Ok(found.collect())
}

fn query(connection: &Connection, given: &Parsed) -> Result<Said, Failure> {
    let name = given.required("name")?;
    let values = values(connection, given, name)?;
    if values.is_empty() {
        let text = format!("Could not query value of {name}: attribute does not exist");
        return Err(Failure::NoSuchObject(text));
    }
    let mut said = Said::default();
    for (host, value) in values {
        let value = secrets::value(name, &value);
        said.text.push_str(&format!("name=\"{name}\" host=\"{host}\" value=\"{value}\"\n"));
        let about = [("name", name), ("value", value), ("host", host.as_str())];
        said.parts.push(element("attribute", &about, Vec::new()));
    }
    Ok(said)
}
