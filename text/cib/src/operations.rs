//! What resources did on a node: `lrm`, `lrm_resource`, `lrm_rsc_op`.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, elements, section};
use crate::status::extra_attribute;
use crate::tag::Tag;
use crate::words::{MILLISECONDS, NUMBER, OPERATION_STATUS, SECONDS, Word};
use base::WallTime;
use cluster::{Agent, Element, Extra, NodeStatus, OperationRecord, ResourceHistory, TransitionKey};
use std::collections::btree_map::Entry;

/// Takes the results out of a node's `lrm`; an id of its own and the like are left.
pub(crate) fn history(
    mut tag: Tag,
    id: &str,
    node: &mut NodeStatus,
    doubts: &mut Doubts,
) -> Result<Option<Tag>, Fault> {
    let own_id = tag.take("id").filter(|own| own != id);
    tag.attributes.splice(0..0, own_id.map(|own| ("id".to_owned(), own)));
    tag.sort_out(|child| match child.name.as_str() {
        "lrm_resources" => resources(child, node, doubts),
        _ => Ok(Some(child)),
    })?;
    let says_more = !tag.is_empty() || node.history.is_empty();
    Ok(says_more.then_some(tag))
}

fn resources(
    mut tag: Tag,
    node: &mut NodeStatus,
    doubts: &mut Doubts,
) -> Result<Option<Tag>, Fault> {
    tag.sort_out(|child| {
        if child.name != "lrm_resource" {
            return Ok(Some(child));
        }
        let at = child.at;
        let (id, mut history) = resource(child, &node.name, doubts)?;
        match node.history.entry(id) {
            Entry::Vacant(place) => {
                place.insert(history);
            }
            Entry::Occupied(mut place) => {
                let what = format!("there are two lrm_resource of id `{}` here", place.key());
                doubts.push(Fault::new(at, what, "join their operations into one"));
                place.get_mut().operations.append(&mut history.operations);
                place.get_mut().extra.children.append(&mut history.extra.children);
            }
        }
        Ok(None)
    })?;
    let says_more = !tag.is_empty() || node.history.is_empty();
    Ok(says_more.then_some(tag))
}

fn resource(
    mut tag: Tag,
    node: &str,
    doubts: &mut Doubts,
) -> Result<(String, ResourceHistory), Fault> {
    let id = tag.required("id")?;
    let mut history = ResourceHistory {
        agent: Agent {
            class: tag.take("class").unwrap_or_default(),
            provider: tag.take("provider"),
            kind: tag.take("type").unwrap_or_default(),
        },
        ..ResourceHistory::default()
    };
    tag.sort_out(|child| match child.name.as_str() {
        "lrm_rsc_op" => {
            history.operations.push(record(child, &id, node, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    history.extra = tag.into_extra();
    Ok((id, history))
}

/// How a result ended has to be said: a result without it would be a guess (R3).
fn record(
    mut tag: Tag,
    resource: &str,
    node: &str,
    doubts: &mut Doubts,
) -> Result<OperationRecord, Fault> {
    let mut record = OperationRecord {
        id: tag.required("id")?,
        operation: tag.required("operation")?,
        interval: tag.optional("interval", &MILLISECONDS, doubts).unwrap_or_default(),
        key: match tag.attribute("transition-key") {
            Some(_) => tag.value("transition-key", &TRANSITION_KEY)?,
            None => TransitionKey::default(),
        },
        call: tag.optional("call-id", &NUMBER, doubts).unwrap_or_default(),
        status: tag.value("op-status", &OPERATION_STATUS)?,
        code: tag.value("rc-code", &NUMBER)?,
        took: tag.optional("exec-time", &MILLISECONDS, doubts).unwrap_or_default(),
        queued: tag.optional("queue-time", &MILLISECONDS, doubts).unwrap_or_default(),
        exit_reason: tag.take("exit-reason").unwrap_or_default(),
        ..OperationRecord::default()
    };
    let changed = tag.optional("last-rc-change", &SECONDS, doubts);
    record.last_change = changed.map_or_else(WallTime::default, WallTime::from_seconds);
    for (name, usual) in derived(&record, resource, node) {
        let other = tag.take(name).filter(|text| *text != usual);
        tag.attributes.extend(other.map(|text| (name.to_owned(), text)));
    }
    record.extra = tag.into_extra();
    Ok(record)
}

/// Attributes that say once more what others have said. Where a file says something else there,
/// that is kept.
fn derived(record: &OperationRecord, resource: &str, node: &str) -> [(&'static str, String); 3] {
    let OperationRecord { operation, interval, status, code, key, .. } = record;
    let magic = format!("{}:{code};{}", status.code(), key_text(key));
    [
        ("operation_key", format!("{resource}_{operation}_{}", interval.as_millis())),
        ("transition-magic", magic),
        ("on_node", node.to_owned()),
    ]
}

const TRANSITION_KEY: Word<TransitionKey> =
    Word { parse: transition_key, expects: "it is written ACTION:GRAPH:CODE:UUID" };

fn transition_key(text: &str) -> Option<TransitionKey> {
    let mut parts = text.splitn(4, ':');
    Some(TransitionKey {
        action: graph_number(parts.next()?)?,
        graph: graph_number(parts.next()?)?,
        target_code: parts.next()?.parse().ok()?,
        origin: parts.next()?.to_owned(),
    })
}

/// Actions that no graph asked for carry a -1; it is kept in the two's complement.
fn graph_number(text: &str) -> Option<u32> {
    let signed = || text.parse().ok().map(i32::cast_unsigned);
    text.parse().ok().or_else(signed)
}

fn key_text(key: &TransitionKey) -> String {
    let TransitionKey { action, graph, target_code, origin } = key;
    let (action, graph) = (action.cast_signed(), graph.cast_signed());
    format!("{action}:{graph}:{target_code}:{origin}")
}

/// A node's `lrm`, if it has one.
pub(crate) fn history_element(id: &str, node: &NodeStatus) -> Option<Element> {
    let none = Extra::default();
    let kept = elements(&node.extra, "lrm").next();
    let itself = kept.map_or(&none, |element| &element.extra);
    let resources = node.history.iter();
    let resources = resources.map(|(id, history)| resource_element(id, history, &node.name));
    let resources = section("lrm_resources", itself, resources.collect());
    if resources.is_none() && kept.is_none() {
        return None;
    }
    let lrm = Giving::new("lrm").attribute("id", extra_attribute(itself, "id").unwrap_or(id));
    Some(lrm.children(resources).extra_without(itself, &["lrm_resources"]))
}

fn resource_element(id: &str, history: &ResourceHistory, node: &str) -> Element {
    let operations = history.operations.iter();
    Giving::new("lrm_resource")
        .attribute("id", id)
        .unless_empty("class", &history.agent.class)
        .maybe("provider", history.agent.provider.as_ref())
        .unless_empty("type", &history.agent.kind)
        .children(operations.map(|operation| record_element(operation, id, node)))
        .extra(&history.extra)
}

fn record_element(record: &OperationRecord, resource: &str, node: &str) -> Element {
    let [key, magic, on_node] = derived(record, resource, node).map(|(name, usual)| {
        (name, extra_attribute(&record.extra, name).map_or(usual, str::to_owned))
    });
    let changed = Some(record.last_change.seconds()).filter(|seconds| *seconds != 0);
    Giving::new("lrm_rsc_op")
        .attribute("id", &record.id)
        .attribute(key.0, key.1)
        .attribute("operation", &record.operation)
        .attribute("transition-key", key_text(&record.key))
        .attribute(magic.0, magic.1)
        .attribute("exit-reason", &record.exit_reason)
        .unless_empty(on_node.0, &on_node.1)
        .attribute("call-id", record.call)
        .attribute("rc-code", record.code)
        .attribute("op-status", record.status.code())
        .attribute("interval", record.interval.as_millis())
        .maybe("last-rc-change", changed)
        .attribute("exec-time", record.took.as_millis())
        .attribute("queue-time", record.queued.as_millis())
        .extra(&record.extra)
}
