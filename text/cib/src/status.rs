//! The status: nodes and tickets.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, section};
use crate::operations::{history, history_element};
use crate::tag::{Child, Tag};
use crate::transient::{attributes, attributes_element, drop_empty_pairs};
use crate::wording;
use crate::words::{
    BOOLEAN, EXPECTED, FLAG, JOIN, PRESENCE, Presence, SECONDS, expected_name, join_name,
};
use base::WallTime;
use cluster::{Expected, JoinState, NodeStatus, Status, TicketState, UnsaidOfNode};
use std::collections::BTreeMap;

/// The nodes of a status, made one by one while the text is being read: a tree of all of a large
/// status would need several times the memory of what is made of it.
#[derive(Default)]
pub(crate) struct Nodes {
    nodes: BTreeMap<String, NodeStatus>,
    doubts: Doubts,
    /// What made the status unusable.
    fault: Option<Fault>,
    /// A second status is none.
    is_over: bool,
}

impl Nodes {
    /// Takes an element out of the document if it is the state of a node.
    pub(crate) fn take<'a>(&mut self, around: &[Tag<'a>], tag: Tag<'a>) -> Option<Tag<'a>> {
        match (around, tag.name) {
            ([root, status], "node_state") if (root.name, status.name) == ("cib", "status") => {
                if self.is_over || self.fault.is_some() {
                    return Some(tag);
                }
                node_state(tag, &mut self.nodes, &mut self.doubts).unwrap_or_else(|fault| {
                    self.fault = Some(fault);
                    None
                })
            }
            ([_], "status") => {
                self.is_over = true;
                Some(tag)
            }
            _ => Some(tag),
        }
    }
}

/// Makes a status of its nodes and what else it holds.
pub(crate) fn status(
    mut tag: Tag<'_>,
    mut nodes: Nodes,
    doubts: &mut Doubts,
) -> Result<Status, Fault> {
    if let Some(fault) = nodes.fault {
        return Err(fault);
    }
    doubts.append(&mut nodes.doubts);
    let mut status = Status { nodes: nodes.nodes, ..Status::default() };
    tag.sort_out(|child| match child.name {
        "tickets" => tickets(child, &mut status.tickets, doubts),
        _ => Ok(Some(child)),
    })?;
    status.extra = tag.into_extra();
    Ok(status)
}

/// A state of nobody decides nothing and stays as it came.
fn node_state<'a>(
    mut tag: Tag<'a>,
    nodes: &mut BTreeMap<String, NodeStatus>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    if let Err(fault) = tag.demand("id") {
        doubts.push(fault);
        return Ok(Some(tag));
    }
    put_in_shape(&mut tag, doubts);
    let read = tag.clone();
    let (at, id) = (tag.at, tag.required("id")?);
    if nodes.contains_key(&id) {
        let what = format!("there are two node_state of id `{id}`");
        return Err(Fault::new(at, what, "keep the newer one"));
    }
    let mut node = node(&mut tag, doubts);
    node.position = u32::try_from(nodes.len()).unwrap_or(u32::MAX);
    tag.sort_out(|child| match child.name {
        "transient_attributes" => Ok(attributes(child, &id, &mut node)),
        "lrm" => history(child, &id, &mut node, doubts),
        _ => Ok(Some(child)),
    })?;
    tag.move_last(&LAYOUTS);
    node.extra = tag.into_extra();
    // What stood in two places is written into one.
    if node.history.values().all(|history| !history.is_twofold) {
        let wording = wording::of(&read, &node_element(&id, &node));
        node.extra.wording = wording;
    }
    nodes.insert(id, node);
    Ok(None)
}

/// Elements that are written from the typed parts and what is kept of themselves.
const LAYOUTS: [&str; 2] = ["transient_attributes", "lrm"];

/// Brings them into the shape in which they are written: one of each.
fn put_in_shape(tag: &mut Tag<'_>, doubts: &mut Doubts) {
    LAYOUTS.iter().for_each(|name| tag.join(name, doubts));
    for child in &mut tag.children {
        match child {
            Child::Tag(lrm) if lrm.name == "lrm" => lrm.join("lrm_resources", doubts),
            Child::Tag(layout) if layout.name == "transient_attributes" => drop_empty_pairs(layout),
            _ => {}
        }
    }
}

fn node(tag: &mut Tag<'_>, doubts: &mut Doubts) -> NodeStatus {
    let membership = presence(tag, &MEMBERSHIP, doubts);
    let online = presence(tag, &ONLINE, doubts);
    let join = tag.optional("join", &JOIN, doubts);
    let expected = tag.optional("expected", &EXPECTED, doubts);
    NodeStatus {
        name: tag.take("uname").unwrap_or_default(),
        unsaid: UnsaidOfNode {
            in_membership: membership.is_none(),
            is_online: online.is_none(),
            join: join.is_none(),
            expected: expected.is_none(),
        },
        in_membership: membership.unwrap_or_default().is_there,
        member_since: membership.unwrap_or_default().since,
        is_online: online.unwrap_or_default().is_there,
        online_since: online.unwrap_or_default().since,
        join: join.unwrap_or_default(),
        expected: expected.unwrap_or_default(),
        is_remote: flag(tag, &REMOTE, doubts),
        is_fenced: flag(tag, &FENCED, doubts),
        in_maintenance: flag(tag, &MAINTENANCE, doubts),
        ..NodeStatus::default()
    }
}

/// An attribute that says no or yes, and how it is written when nobody has written it yet.
struct Flag {
    name: &'static str,
    words: [&'static str; 2],
}

const MEMBERSHIP: Flag = Flag { name: "in_ccm", words: ["false", "true"] };
const ONLINE: Flag = Flag { name: "crmd", words: ["offline", "online"] };
const REMOTE: Flag = Flag { name: "remote_node", words: ["false", "true"] };
const FENCED: Flag = Flag { name: "node_fenced", words: ["0", "1"] };
const MAINTENANCE: Flag = Flag { name: "node_in_maintenance", words: ["0", "1"] };

/// Whether something is there, if that is said. Other words than ours stay, to be written again.
fn presence(tag: &mut Tag<'_>, flag: &Flag, doubts: &mut Doubts) -> Option<Presence> {
    let text = tag.attribute(flag.name)?.to_owned();
    let presence = tag.optional(flag.name, &PRESENCE, doubts)?;
    if presence_word(presence, flag) != text {
        tag.keep(flag.name, text);
    }
    Some(presence)
}

fn presence_word(presence: Presence, flag: &Flag) -> String {
    match presence.since {
        Some(since) if presence.is_there => since.seconds().to_string(),
        _ => flag.words[usize::from(presence.is_there)].to_owned(),
    }
}

/// Whether something is so; not when that is not said. All words but our yes stay.
fn flag(tag: &mut Tag<'_>, flag: &Flag, doubts: &mut Doubts) -> bool {
    let Some(text) = tag.attribute(flag.name).map(str::to_owned) else { return false };
    let is_so = tag.optional(flag.name, &FLAG, doubts);
    if is_so.is_some() && text != flag.words[1] {
        tag.keep(flag.name, text);
    }
    is_so.unwrap_or(false)
}

/// Takes the tickets out; what else stands there is left.
fn tickets<'a>(
    mut tag: Tag<'a>,
    tickets: &mut BTreeMap<String, TicketState>,
    doubts: &mut Doubts,
) -> Result<Option<Tag<'a>>, Fault> {
    let before = tickets.len();
    tag.sort_out(|child| {
        let is_one = child.name == "ticket_state" && child.children.is_empty();
        let id = child.attribute("id").filter(|id| is_one && !tickets.contains_key(*id));
        let Some(id) = id.map(str::to_owned) else { return Ok(Some(child)) };
        tickets.insert(id, ticket(child, doubts));
        Ok(None)
    })?;
    let says_more = !tag.is_empty() || tickets.len() == before;
    Ok(says_more.then_some(tag))
}

fn ticket(mut tag: Tag<'_>, doubts: &mut Doubts) -> TicketState {
    tag.discard("id");
    TicketState {
        granted: tag.optional("granted", &BOOLEAN, doubts).unwrap_or(false),
        standby: standby(&mut tag, doubts),
        last_granted: tag.optional("last-granted", &SECONDS, doubts).map(WallTime::from_seconds),
        attributes: tag.into_extra().attributes.into_iter().collect(),
    }
}

/// A `false` stays: it is written only where it was.
fn standby(tag: &mut Tag<'_>, doubts: &mut Doubts) -> bool {
    let is_off = tag.attribute("standby").and_then(BOOLEAN.parse) == Some(false);
    !is_off && tag.optional("standby", &BOOLEAN, doubts).unwrap_or(false)
}

pub(crate) fn status_element(status: &Status) -> Tag<'_> {
    let tickets = status.tickets.iter().map(|(id, ticket)| ticket_element(id, ticket)).collect();
    Giving::new("status")
        .children(section("tickets", &status.extra, tickets))
        .children(status.nodes_in_order().map(|(id, node)| node_element(id, node)))
        .extra_without(&status.extra, &["tickets"])
}

/// What was said illegibly is written as it was, as long as nothing else is known.
fn ticket_element<'a>(id: &'a str, ticket: &'a TicketState) -> Tag<'a> {
    let is_denied = !ticket.granted && !ticket.attributes.contains_key("granted");
    let typed = [
        ("granted", (ticket.granted || is_denied).then(|| ticket.granted.to_string())),
        ("standby", ticket.standby.then(|| "true".to_owned())),
        ("last-granted", ticket.last_granted.map(|time| time.seconds().to_string())),
    ];
    let mut element = Giving::new("ticket_state").attribute("id", id);
    let is_written = typed.clone().map(|(name, value)| value.map(|_| name));
    let is_written = |name: &str| is_written.contains(&Some(name));
    for (name, value) in typed {
        element = element.maybe(name, value);
    }
    for (name, value) in ticket.attributes.iter().filter(|(name, _)| !is_written(name)) {
        element = element.attribute(name, value);
    }
    element.finish()
}

/// What nobody said is not written, unless it is known by now.
fn node_element<'a>(id: &'a str, node: &'a NodeStatus) -> Tag<'a> {
    let unsaid = node.unsaid;
    let member = Presence { is_there: node.in_membership, since: node.member_since };
    let online = Presence { is_there: node.is_online, since: node.online_since };
    let is_member = member.is_there || !unsaid.in_membership;
    let is_online = online.is_there || !unsaid.is_online;
    let has_join = node.join != JoinState::default() || !unsaid.join;
    let has_expected = node.expected != Expected::default() || !unsaid.expected;
    Giving::new("node_state")
        .attribute("id", id)
        .unless_empty("uname", &node.name)
        .maybe(MEMBERSHIP.name, is_member.then(|| presence_text(node, member, &MEMBERSHIP)))
        .maybe(ONLINE.name, is_online.then(|| presence_text(node, online, &ONLINE)))
        .maybe("join", has_join.then(|| join_name(node.join)))
        .maybe("expected", has_expected.then(|| expected_name(node.expected)))
        .maybe(REMOTE.name, flag_text(node, node.is_remote, &REMOTE))
        .maybe(FENCED.name, flag_text(node, node.is_fenced, &FENCED))
        .maybe(MAINTENANCE.name, flag_text(node, node.in_maintenance, &MAINTENANCE))
        .children(attributes_element(id, node))
        .children(history_element(id, node))
        .extra_without(&node.extra, &LAYOUTS)
}

/// The text that was read, as long as it still says the same.
fn presence_text(node: &NodeStatus, presence: Presence, flag: &Flag) -> String {
    let read = node.extra.attribute(flag.name);
    let read = read.filter(|text| (PRESENCE.parse)(text) == Some(presence));
    read.map_or_else(|| presence_word(presence, flag), str::to_owned)
}

/// The text that was read, as long as it still says the same; nothing for a no that nobody said.
fn flag_text<'a>(node: &'a NodeStatus, is_so: bool, flag: &Flag) -> Option<&'a str> {
    match node.extra.attribute(flag.name) {
        Some(text) if (FLAG.parse)(text).is_none_or(|said| said == is_so) => Some(text),
        None if !is_so => None,
        _ => Some(flag.words[usize::from(is_so)]),
    }
}
