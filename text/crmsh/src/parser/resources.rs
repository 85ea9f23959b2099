//! Nodes and resources.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, check_id, near_or_all};
use super::operations;
use crate::element::{elements_mut, mention, new, push, put, set};
use crate::lexer::Word;
use crate::statement::Statement;
use crate::vocabulary::{CLASSES, PRIMITIVE_PARTS};
use cib::Part;
use cluster::{Agent, Element};

/// `node [ID:] NAME[:TYPE] ...`
pub(super) fn node(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut node = new("node", &[]);
    if let Some(id) = cursor.accept_prefix("$id=") {
        put(&mut node, "id", id);
    } else if let Some(id) = cursor.peek_text().strip_suffix(':') {
        put(&mut node, "id", id);
        cursor.advance();
    }
    let word = cursor.expect("the name of the node")?;
    let (name, kind) = match word.text.split_once(':') {
        Some((name, kind)) => (name, Some(kind)),
        None => (word.text.as_str(), None),
    };
    if name.is_empty() {
        return Err(word.error("the node has no name", "write it as `uname -n` prints it"));
    }
    const KINDS: [&str; 4] = ["member", "remote", "normal", "ping"];
    if let Some(kind) = kind
        && !KINDS.contains(&kind)
    {
        let help = near_or_all(kind, &KINDS);
        return Err(word.error_behind(':', format!("`{kind}` is no type of node"), help));
    }
    put(&mut node, "uname", name);
    if let Some(kind) = kind {
        put(&mut node, "type", kind);
    }
    description(cursor, &mut node);
    let parts = ["attributes", "utilization"];
    while cursor.peek().is_some() {
        if cursor.accept("utilization") {
            push(&mut node, block(cursor, "utilization", &parts)?);
        } else {
            cursor.accept("attributes");
            push(&mut node, block(cursor, "instance_attributes", &parts)?);
        }
    }
    Ok(Statement::Object(Part::Nodes, node))
}

/// `description=TEXT` if it is there.
pub(super) fn description(cursor: &mut Cursor<'_>, element: &mut Element) {
    if let Some(text) = cursor.accept_attribute("description") {
        put(element, "description", &text);
    }
}

/// `primitive ID AGENT|@TEMPLATE ...`, and the same for a template.
pub(super) fn primitive(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Statement> {
    let mut primitive = new(name, &[("id", &cursor.new_id(name)?)]);
    let word = cursor.expect("the agent, such as ocf:heartbeat:Filesystem,")?;
    match word.text.strip_prefix('@') {
        Some(template) if name == "primitive" => put(&mut primitive, "template", template),
        _ => put_agent(&mut primitive, &agent(word)?),
    }
    description(cursor, &mut primitive);
    while cursor.peek().is_some() {
        let set = match cursor.peek_keyword().as_str() {
            "meta" => part(cursor, "meta_attributes")?,
            "utilization" => part(cursor, "utilization")?,
            "params" => part(cursor, "instance_attributes")?,
            "operations" => operations_element(cursor)?,
            "op" => {
                let operation = operations::operation(cursor)?;
                push_operation(&mut primitive, operation);
                continue;
            }
            keyword @ ("op_params" | "op_meta") => {
                let word = cursor.expect("a part")?;
                let help = "put it behind the `op` it belongs to";
                return Err(word.error(format!("`{keyword}` has no operation"), help));
            }
            _ => block(cursor, "instance_attributes", &PRIMITIVE_PARTS)?,
        };
        push(&mut primitive, set);
    }
    Ok(Statement::Object(Part::Resources, primitive))
}

/// Adds an operation; all those of a primitive are in one element.
pub(crate) fn push_operation(primitive: &mut Element, operation: Element) {
    let is_block = |child: &&mut Element| child.name == "operations";
    if let Some(block) = elements_mut(primitive).find(is_block) {
        push(block, operation);
    } else {
        let mut block = new("operations", &[]);
        push(&mut block, operation);
        push(primitive, block);
    }
}

/// A keyword and its block.
fn part(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Element> {
    cursor.advance();
    block(cursor, name, &PRIMITIVE_PARTS)
}

fn put_agent(primitive: &mut Element, agent: &Agent) {
    put(primitive, "class", &agent.class);
    if let Some(provider) = &agent.provider {
        put(primitive, "provider", provider);
    }
    put(primitive, "type", &agent.kind);
}

/// `CLASS:PROVIDER:TYPE`. A bare name is a fence agent when it says so, else one of ours: what a
/// text means must not depend on the machine that reads it.
fn agent(word: &Word) -> Parsed<Agent> {
    let text = word.text.as_str();
    let agent = |class: &str, provider: Option<&str>, kind: &str| Agent {
        class: class.to_owned(),
        provider: provider.map(str::to_owned),
        kind: kind.to_owned(),
    };
    let agent = match text.split_once(':') {
        None if text.starts_with("fence_") => agent("stonith", None, text),
        None => agent("ocf", Some("heartbeat"), text),
        Some(("ocf", rest)) => match rest.split_once(':') {
            Some((provider, kind)) => agent("ocf", Some(provider), kind),
            None => {
                let help = format!("write ocf:heartbeat:{rest} or ocf:PROVIDER:{rest}");
                return Err(word.error(format!("`{text}` lacks the agent's provider"), help));
            }
        },
        Some((class, kind)) => agent(class, None, kind),
    };
    if !CLASSES.contains(&agent.class.as_str()) {
        let help = near_or_all(&agent.class, &CLASSES);
        return Err(word.error(format!("there is no class of agents `{}`", agent.class), help));
    }
    if text.contains('=') || agent.kind.is_empty() {
        let help = "write it as ocf:heartbeat:Filesystem or stonith:fence_ipmilan";
        return Err(word.error(format!("`{text}` is no agent"), help));
    }
    Ok(agent)
}

/// `operations`, alone or with `$id=...` or `$id-ref=...`: the element around a primitive's
/// operations.
fn operations_element(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    cursor.advance();
    let mut element = new("operations", &[]);
    for (prefix, name) in [("$id=", "id"), ("$id-ref=", "id-ref")] {
        if let Some(value) = cursor.accept_prefix(prefix) {
            put(&mut element, name, value);
        }
    }
    match cursor.peek() {
        Some(word) if !PRIMITIVE_PARTS.contains(&word.keyword().as_str()) => {
            let help = "write $id=ID or $id-ref=ID, or leave `operations` out";
            Err(word.error(format!("`{}` is not expected here", word.text), help))
        }
        _ => Ok(element),
    }
}

/// `group ID MEMBER...` and `clone ID CHILD`, with what follows. What is inside stands after the
/// blocks of values, as crmsh has it.
pub(super) fn container(cursor: &mut Cursor<'_>, name: &str) -> Parsed<Statement> {
    let title = if name == "master" { "clone" } else { name };
    let parts = ["params", "meta"];
    let mut container = new(name, &[("id", &cursor.new_id(title)?)]);
    let mut members: Vec<&Word> = Vec::new();
    while let Some(word) = cursor.peek() {
        let is_member = !word.text.contains('=')
            && !parts.contains(&word.keyword().as_str())
            && (name == "group" || members.is_empty());
        if !is_member {
            break;
        }
        check_id(word, &word.text)?;
        members.push(word);
        cursor.advance();
    }
    if members.is_empty() {
        let word = cursor.expect("the id of a resource")?;
        let help = format!("a {title} names a resource behind its own id");
        return Err(word.error(format!("the {title} is empty"), help));
    }
    description(cursor, &mut container);
    let behind = cursor.peek();
    while cursor.peek().is_some() {
        if cursor.accept("meta") {
            push(&mut container, block(cursor, "meta_attributes", &parts)?);
        } else {
            cursor.accept("params");
            push(&mut container, block(cursor, "instance_attributes", &parts)?);
        }
    }
    check_one_child(&container, behind)?;
    for member in members {
        push(&mut container, mention("primitive", &member.text));
    }
    Ok(Statement::Object(Part::Resources, container))
}

/// What follows the child of a clone without `params` is parameters; a bare name there is a second
/// child in all likelihood, not a parameter to be unset. Groups take every bare name as a member.
fn check_one_child(container: &Element, behind: Option<&Word>) -> Parsed<()> {
    let first = container.elements().next().and_then(|set| set.elements().next());
    let unset = first.filter(|pair| pair.attribute("value").is_none());
    match (unset.and_then(|pair| pair.attribute("name")), behind) {
        (Some(name), Some(word)) if name == word.text => {
            let what = format!("`{}` is one resource too many for a clone", word.text);
            let help =
                "a clone has one resource; for several, put them into a group and clone that";
            Err(word.error(what, help))
        }
        _ => Ok(()),
    }
}

/// `property`, `rsc_defaults` and `op_defaults`: `[ID:] [rule ...] NAME=VALUE ...`
///
/// An id alone is a block without values, which is what `show` prints for one.
pub(super) fn options(cursor: &mut Cursor<'_>, keyword: &Word, part: Part) -> Parsed<Statement> {
    if cursor.peek().is_none() {
        let help =
            format!("write {} NAME=VALUE (a line that goes on ends in ` \\`)", keyword.keyword());
        return Err(keyword.error("nothing to set", help));
    }
    let mut id = None;
    if let Some(head) = cursor.peek_text().strip_suffix(':')
        && super::cursor::score(head).is_none()
    {
        id = Some(head);
        cursor.advance();
    }
    let name = match part {
        Part::Properties => "cluster_property_set",
        _ => "meta_attributes",
    };
    let mut block = block(cursor, name, &[])?;
    if let Some(id) = id {
        set(&mut block, "id", id);
    }
    cursor.expect_end("block of options")?;
    Ok(Statement::Object(part, block))
}
