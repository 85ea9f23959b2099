//! `crm_attribute --pattern`, or with no name at all: many attributes at once.

use super::permanent::{self, Scope};
use super::told;
use crate::answer::Failure;
use crate::connection::Connection;
use crate::tools::arguments::Parsed;
use crate::tools::markup::Said;
use api::{AttributeChange, Request};
use regex_lite::Regex;

/// Shows, changes or removes all that match.
pub(super) fn carry_out(
    connection: &Connection,
    scope: Scope,
    line: &Parsed,
) -> Result<Said, Failure> {
    let pattern = line.value("pattern").map(regular_expression).transpose()?;
    let update = line.value("update");
    let changes = update.is_some() || line.has("delete");
    if changes && pattern.is_none() {
        return Err(Failure::Usage("--name is missing".into()));
    }
    if changes && scope != Scope::Status {
        let text =
            "Error: pattern can only be used with query, or with till-reboot update or delete";
        return Err(Failure::Usage(text.into()));
    }
    let node = match scope {
        Scope::Status | Scope::Nodes | Scope::Utilization => match line.value("node") {
            Some(node) => node.to_owned(),
            None => connection.this_node()?,
        },
        _ => String::new(),
    };
    let mut found = permanent::all(&connection.cib()?, scope, &node);
    found.retain(|(name, _)| pattern.as_ref().is_none_or(|pattern| pattern.is_match(name)));
    if changes {
        for (name, _) in found {
            let (node, value) = (Some(node.clone()), update.map(str::to_owned));
            let change = AttributeChange { node, name, value, dampen_ms: 0 };
            connection.change(&Request::Attribute(change))?;
        }
        return Ok(Said::default());
    }
    if found.is_empty() {
        let text = "Error performing operation: No such device or address";
        return Err(Failure::NoSuchObject(text.into()));
    }
    let mut said = Said::default();
    for (name, value) in found {
        let one = told(scope, &name, &value, line.has("quiet"));
        said.text.push_str(&one.text);
        said.parts.extend(one.parts);
    }
    Ok(said)
}

fn regular_expression(text: &str) -> Result<Regex, Failure> {
    Regex::new(text)
        .map_err(|why| Failure::Usage(format!("`{text}` is no regular expression: {why}")))
}
