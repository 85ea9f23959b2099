//! Nodes and resources.

use super::attributes::block;
use super::cursor::{Cursor, Parsed, check_id, near_or_all};
use super::operations;
use crate::lexer::Word;
use crate::statement::{Container, OptionKind, Statement};
use cluster::{Agent, AttributeSet, Element, ExtraNode, NodeEntry, Nvpair, Primitive};

/// The keywords that begin a part of a primitive.
pub(crate) const PRIMITIVE_PARTS: [&str; 7] =
    ["params", "meta", "utilization", "operations", "op", "op_params", "op_meta"];

const CLASSES: [&str; 8] =
    ["ocf", "systemd", "lsb", "service", "stonith", "upstart", "nagios", "heartbeat"];

/// `node [ID:] NAME[:TYPE] ...`
pub(super) fn node(cursor: &mut Cursor<'_>) -> Parsed<Statement> {
    let mut node = NodeEntry::default();
    if let Some(id) = cursor.accept_prefix("$id=") {
        id.clone_into(&mut node.id);
    } else if let Some(id) = cursor.peek_text().strip_suffix(':') {
        id.clone_into(&mut node.id);
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
    name.clone_into(&mut node.name);
    node.kind = kind.map(str::to_owned);
    node.description = cursor.description();
    let parts = ["attributes", "utilization"];
    while cursor.peek().is_some() {
        if cursor.accept("utilization") {
            node.utilization.push(block(cursor, &parts)?);
        } else {
            cursor.accept("attributes");
            node.attributes.push(block(cursor, &parts)?);
        }
    }
    Ok(Statement::Node(node))
}

/// `primitive ID AGENT|@TEMPLATE ...`, and the same for a template.
pub(super) fn primitive(cursor: &mut Cursor<'_>, object: &str) -> Parsed<Box<Primitive>> {
    let mut primitive = Primitive { id: cursor.new_id(object)?, ..Primitive::default() };
    let word = cursor.expect("the agent, such as ocf:heartbeat:Filesystem,")?;
    match word.text.strip_prefix('@') {
        Some(template) if object == "primitive" => primitive.template = Some(template.to_owned()),
        _ => primitive.agent = agent(word)?,
    }
    primitive.description = cursor.description();
    while cursor.peek().is_some() {
        match cursor.peek_keyword().as_str() {
            "meta" => primitive.meta.push(part(cursor)?),
            "utilization" => primitive.utilization.push(part(cursor)?),
            "params" => primitive.parameters.push(part(cursor)?),
            "operations" => {
                let element = operations_element(cursor)?;
                primitive.extra.children.push(ExtraNode::Element(element));
            }
            "op" => {
                let operation = operations::operation(cursor)?;
                primitive.operations.push(operation);
            }
            keyword @ ("op_params" | "op_meta") => {
                let word = cursor.expect("a part")?;
                let help = "put it behind the `op` it belongs to";
                return Err(word.error(format!("`{keyword}` has no operation"), help));
            }
            _ => primitive.parameters.push(block(cursor, &PRIMITIVE_PARTS)?),
        }
    }
    Ok(Box::new(primitive))
}

/// A keyword and its block.
fn part(cursor: &mut Cursor<'_>) -> Parsed<AttributeSet> {
    cursor.advance();
    block(cursor, &PRIMITIVE_PARTS)
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

/// `operations $id=...` or `$id-ref=...`: the element around a primitive's operations.
fn operations_element(cursor: &mut Cursor<'_>) -> Parsed<Element> {
    cursor.advance();
    let mut element = Element { name: "operations".to_owned(), ..Element::default() };
    for (prefix, name) in [("$id=", "id"), ("$id-ref=", "id-ref")] {
        if let Some(value) = cursor.accept_prefix(prefix) {
            element.extra.attributes.push((name.to_owned(), value.to_owned()));
            return Ok(element);
        }
    }
    let word = cursor.expect("$id=ID or $id-ref=ID")?;
    let help = "write $id=ID or $id-ref=ID, or leave `operations` out";
    Err(word.error(format!("`{}` is not expected here", word.text), help))
}

/// `group ID MEMBER...` and `clone ID CHILD`, with what follows.
pub(super) fn container(cursor: &mut Cursor<'_>, object: &str) -> Parsed<Container> {
    let parts = ["params", "meta"];
    let mut container = Container { id: cursor.new_id(object)?, ..Container::default() };
    while let Some(word) = cursor.peek() {
        let is_member = !word.text.contains('=')
            && !parts.contains(&word.keyword().as_str())
            && (object == "group" || container.members.is_empty());
        if !is_member {
            break;
        }
        check_id(word, &word.text)?;
        container.members.push(word.clone());
        cursor.advance();
    }
    if container.members.is_empty() {
        let word = cursor.expect("the id of a resource")?;
        let help = format!("a {object} names a resource behind its own id");
        return Err(word.error(format!("the {object} is empty"), help));
    }
    container.description = cursor.description();
    let behind = cursor.peek();
    while cursor.peek().is_some() {
        if cursor.accept("meta") {
            container.meta.push(block(cursor, &parts)?);
        } else {
            cursor.accept("params");
            container.parameters.push(block(cursor, &parts)?);
        }
    }
    check_one_child(&container, behind)?;
    Ok(container)
}

/// What follows the child of a clone without `params` is parameters; a bare name there is a second
/// child in all likelihood, not a parameter to be unset. Groups take every bare name as a member.
fn check_one_child(container: &Container, behind: Option<&Word>) -> Parsed<()> {
    let first = container.parameters.first().and_then(|set| set.pairs.first());
    match (first, behind) {
        (Some(first), Some(word)) if first.value.is_none() && first.name == word.text => {
            let what = format!("`{}` is one resource too many for a clone", word.text);
            let help =
                "a clone has one resource; for several, put them into a group and clone that";
            Err(word.error(what, help))
        }
        _ => Ok(()),
    }
}

/// `ms` and `master`: a clone that is promotable, whatever else it says.
pub(super) fn promotable(cursor: &mut Cursor<'_>) -> Parsed<Container> {
    let mut clone = container(cursor, "clone")?;
    if clone.meta.is_empty() {
        clone.meta.push(AttributeSet::default());
    }
    if let Some(set) = clone.meta.first_mut()
        && set.value("promotable").is_none()
    {
        let value = Some("true".to_owned());
        let name = "promotable".to_owned();
        set.pairs.insert(0, Nvpair { name, value, ..Nvpair::default() });
    }
    Ok(clone)
}

/// `property`, `rsc_defaults` and `op_defaults`: `[ID:] [rule ...] NAME=VALUE ...`
///
/// An id alone is a block without values, which is what `show` prints for one.
pub(super) fn options(
    cursor: &mut Cursor<'_>,
    keyword: &Word,
    kind: OptionKind,
) -> Parsed<Statement> {
    if cursor.peek().is_none() {
        let help =
            format!("write {} NAME=VALUE (a line that goes on ends in ` \\`)", keyword.keyword());
        return Err(keyword.error("nothing to set", help));
    }
    let mut id = String::new();
    if let Some(head) = cursor.peek_text().strip_suffix(':')
        && super::cursor::score(head).is_none()
    {
        head.clone_into(&mut id);
        cursor.advance();
    }
    let mut set = block(cursor, &[])?;
    if !id.is_empty() {
        set.id = id;
    }
    cursor.expect_end("block of options")?;
    Ok(Statement::Options(kind, set))
}
