//! What resources did on a node: `lrm`, `lrm_resource`, `lrm_rsc_op`.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, elements, section};
use crate::tag::Tag;
use crate::words::{MILLISECONDS, NUMBER, OPERATION_STATUS, SECONDS, Word};
use base::WallTime;
use cluster::{
    Agent, Digests, Extra, NodeStatus, OperationRecord, OperationStatus, ResourceHistory,
    TransitionKey, UnsaidOfResult, exit_code,
};
use std::collections::BTreeMap;
use std::fmt::{self, Write};

/// Takes the results out of a node's `lrm`; an id of its own and the like are left.
pub(crate) fn history<'a>(
    mut tag: Tag<'a>,
    id: &str,
    node: &mut NodeStatus,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    if tag.attribute("id") == Some(id) {
        tag.discard("id");
    }
    tag.sort_out(|child| match child.name {
        "lrm_resources" => resources(child, node, doubts),
        _ => Ok(Some(child)),
    })?;
    let says_more = !tag.is_empty() || node.history.is_empty();
    Ok(says_more.then_some(tag))
}

fn resources<'a>(
    mut tag: Tag<'a>,
    node: &mut NodeStatus,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let mut found = Vec::with_capacity(tag.children.len());
    tag.sort_out(|child| {
        if child.name != "lrm_resource" {
            return Ok(Some(child));
        }
        if let Err(fault) = child.demand("id") {
            doubts.push(fault);
            return Ok(Some(child));
        }
        let at = child.at;
        let (id, mut history) = resource(child, &node.name, doubts)?;
        history.position = u32::try_from(node.history.len() + found.len()).unwrap_or(u32::MAX);
        found.push((id, at, history));
        Ok(None)
    })?;
    insert(found, &mut node.history, doubts);
    let says_more = !tag.is_empty() || node.history.is_empty();
    Ok(says_more.then_some(tag))
}

/// Puts what was found, with its place in the text, into a map. Of two with the same id the first
/// gets the results of both. A map made of a sorted list at once needs half the memory of one that
/// grows.
fn insert(
    mut found: Vec<(String, usize, ResourceHistory)>,
    map: &mut BTreeMap<String, ResourceHistory>,
    doubts: &mut Doubts,
) {
    found.extend(std::mem::take(map).into_iter().map(|(id, history)| (id, 0, history)));
    found.sort_by(|(left, left_at, _), (right, right_at, _)| {
        left.cmp(right).then(left_at.cmp(right_at))
    });
    found.dedup_by(|(id, at, later), (first_id, _, first)| {
        let is_twin = id == first_id;
        if is_twin {
            let what = format!("there are two lrm_resource of id `{id}` here");
            doubts.push(Fault::new(*at, what, "join their operations into one"));
            first.is_twofold = true;
            first.operations.append(&mut later.operations);
            first.extra.children.append(&mut later.extra.children);
        }
        is_twin
    });
    let mut positions: Vec<&mut u32> =
        found.iter_mut().map(|(_, _, history)| &mut history.position).collect();
    positions.sort_unstable();
    for (position, place) in (0..).zip(positions) {
        *place = position;
    }
    *map = found.into_iter().map(|(id, _, history)| (id, history)).collect();
}

fn resource(
    mut tag: Tag<'_>,
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
        container: tag.take("container"),
        ..ResourceHistory::default()
    };
    history.operations.reserve_exact(tag.tags().count());
    tag.sort_out(|child| match child.name {
        "lrm_rsc_op" => match child.demand("operation") {
            Ok(_) => {
                history.operations.push(record(child, &id, node, doubts)?);
                Ok(None)
            }
            Err(fault) => {
                doubts.push(fault);
                Ok(Some(child))
            }
        },
        _ => Ok(Some(child)),
    })?;
    history.extra = tag.into_extra();
    Ok((id, history))
}

/// How a result ended ought to be said: one that does not say it is a guess (R3).
fn record(
    mut tag: Tag<'_>,
    resource: &str,
    node: &str,
    doubts: &mut Doubts,
) -> Result<OperationRecord, Fault> {
    for name in ["id", "op-status", "rc-code"] {
        doubts.extend(tag.demand(name).err());
    }
    // What is written but cannot be read must not pass for a success, nor for nothing (R3).
    let illegible_code = tag.attribute("rc-code").map_or(0, |_| exit_code::UNKNOWN);
    let illegible_status = match tag.attribute("op-status") {
        Some(_) => OperationStatus::Pending,
        None => OperationStatus::Error,
    };
    let key = tag.optional("transition-key", &TRANSITION_KEY, doubts);
    let call = tag.optional("call-id", &NUMBER, doubts);
    let status = tag.optional("op-status", &OPERATION_STATUS, doubts);
    let code = tag.optional("rc-code", &NUMBER, doubts);
    let changed = tag.optional("last-rc-change", &SECONDS, doubts);
    let mut record = OperationRecord {
        id: tag.take("id").unwrap_or_default(),
        operation: tag.required("operation")?,
        interval: tag.optional("interval", &MILLISECONDS, doubts).unwrap_or_default(),
        unsaid: UnsaidOfResult {
            key: key.is_none(),
            call: call.is_none(),
            status: status.is_none(),
            code: code.is_none(),
            last_change: changed.is_none(),
        },
        key: key.unwrap_or_default(),
        call: call.unwrap_or_default(),
        status: status.unwrap_or(illegible_status),
        code: code.unwrap_or(illegible_code),
        last_change: changed.map_or_else(WallTime::default, WallTime::from_seconds),
        took: tag.optional("exec-time", &MILLISECONDS, doubts).unwrap_or_default(),
        queued: tag.optional("queue-time", &MILLISECONDS, doubts).unwrap_or_default(),
        exit_reason: tag.take("exit-reason").unwrap_or_default(),
        digests: digests(&mut tag),
        ..OperationRecord::default()
    };
    for (name, usual) in derived(&record, resource, node) {
        if tag.attribute(name).zip(usual).is_some_and(|(text, usual)| usual.is(text)) {
            tag.discard(name);
        } else if let Some(other) = tag.take(name) {
            tag.keep(name, other);
        }
    }
    record.extra = tag.into_extra();
    Ok(record)
}

fn digests(tag: &mut Tag<'_>) -> Digests {
    Digests {
        all: tag.take("op-digest"),
        restart: tag.take("op-restart-digest"),
        secure: tag.take("op-secure-digest"),
        restart_parameters: tag.take("op-force-restart"),
        secure_parameters: tag.take("op-secure-params"),
    }
}

/// Attributes that say once more what others have said, unless these were not said. Where a file
/// says something else there, that is kept.
fn derived<'a>(
    record: &'a OperationRecord,
    resource: &'a str,
    node: &'a str,
) -> [(&'static str, Option<Derived<'a>>); 3] {
    let UnsaidOfResult { key, status, code, .. } = record.unsaid;
    let says_all = !(key || status || code);
    [
        ("operation_key", Some(Derived::OperationKey(resource, record))),
        ("transition-magic", says_all.then_some(Derived::Magic(record))),
        ("on_node", (!node.is_empty()).then_some(Derived::Node(node))),
    ]
}

/// A text that follows from others.
#[derive(Clone, Copy)]
enum Derived<'a> {
    OperationKey(&'a str, &'a OperationRecord),
    Magic(&'a OperationRecord),
    Node(&'a str),
}

impl fmt::Display for Derived<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OperationKey(resource, OperationRecord { operation, interval, .. }) => {
                write!(f, "{resource}_{operation}_{}", interval.as_millis())
            }
            Self::Magic(OperationRecord { status, code, key, .. }) => {
                write!(f, "{}:{code};{}", status.code(), KeyText(key))
            }
            Self::Node(name) => f.write_str(name),
        }
    }
}

impl Derived<'_> {
    /// Whether `text` is this text. It is asked for every result, and so makes no text of its own.
    fn is(self, text: &str) -> bool {
        let mut rest = Rest(text);
        write!(rest, "{self}").is_ok() && rest.0.is_empty()
    }
}

/// What is left of a text to be compared with.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(part).ok_or(fmt::Error)?;
        Ok(())
    }
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

struct KeyText<'a>(&'a TransitionKey);

impl fmt::Display for KeyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TransitionKey { action, graph, target_code, origin } = self.0;
        write!(f, "{}:{}:{target_code}:{origin}", action.cast_signed(), graph.cast_signed())
    }
}

/// What is kept of an element that was not there.
static NOTHING: Extra = Extra { attributes: Vec::new(), children: Vec::new(), wording: None };

/// A node's `lrm`, if it has one.
pub(crate) fn history_element<'a>(id: &'a str, node: &'a NodeStatus) -> Option<Tag<'a>> {
    let kept = elements(&node.extra, "lrm").next();
    let itself = kept.map_or(&NOTHING, |element| &element.extra);
    let resources = node.histories_in_order();
    let resources = resources.map(|(id, history)| resource_element(id, history, &node.name));
    let resources = section("lrm_resources", itself, resources.collect());
    if resources.is_none() && kept.is_none() {
        return None;
    }
    let lrm = Giving::new("lrm").attribute("id", itself.attribute("id").unwrap_or(id));
    Some(lrm.children(resources).extra_without(itself, &["lrm_resources"]))
}

fn resource_element<'a>(id: &'a str, history: &'a ResourceHistory, node: &str) -> Tag<'a> {
    let operations = history.operations.iter();
    Giving::new("lrm_resource")
        .attribute("id", id)
        .unless_empty("class", &history.agent.class)
        .maybe("provider", history.agent.provider.as_ref())
        .unless_empty("type", &history.agent.kind)
        .maybe("container", history.container.as_ref())
        .children(operations.map(|operation| record_element(operation, id, node)))
        .extra(&history.extra)
}

fn record_element<'a>(record: &'a OperationRecord, resource: &str, node: &str) -> Tag<'a> {
    let [key, magic, on_node] = derived(record, resource, node).map(|(name, usual)| {
        let read = record.extra.attribute(name).map(str::to_owned);
        (name, read.or_else(|| usual.map(|usual| usual.to_string())))
    });
    let OperationRecord { unsaid, digests, .. } = record;
    Giving::new("lrm_rsc_op")
        .maybe("id", (!record.id.is_empty()).then_some(&record.id))
        .maybe(key.0, key.1)
        .attribute("operation", &record.operation)
        .maybe("transition-key", (!unsaid.key).then(|| KeyText(&record.key).to_string()))
        .maybe(magic.0, magic.1)
        .attribute("exit-reason", &record.exit_reason)
        .maybe(on_node.0, on_node.1)
        .maybe("call-id", (!unsaid.call).then_some(record.call))
        .maybe("rc-code", (!unsaid.code).then_some(record.code))
        .maybe("op-status", (!unsaid.status).then(|| record.status.code()))
        .attribute("interval", record.interval.as_millis())
        .maybe("last-rc-change", (!unsaid.last_change).then(|| record.last_change.seconds()))
        .attribute("exec-time", record.took.as_millis())
        .attribute("queue-time", record.queued.as_millis())
        .maybe("op-digest", digests.all.as_ref())
        .maybe("op-restart-digest", digests.restart.as_ref())
        .maybe("op-secure-digest", digests.secure.as_ref())
        .maybe("op-force-restart", digests.restart_parameters.as_ref())
        .maybe("op-secure-params", digests.secure_parameters.as_ref())
        .extra(&record.extra)
}
