//! Attributes that last until a node leaves, and tickets, in the status of a CIB as a tree. All else
//! in the status stays as it was written.

use cluster::{Element, Extra, ExtraNode, TicketState};

/// Writes down what is known of a ticket, or takes it away.
pub(super) fn set_ticket(root: &mut Element, id: &str, state: Option<&TicketState>) {
    let tickets = child(child(root, "status", &[]), "tickets", &[]);
    let Some(state) = state else {
        let is_it = |ticket: &Element| ticket.attribute("id") == Some(id);
        tickets
            .extra
            .children
            .retain(|node| !matches!(node, ExtraNode::Element(ticket) if is_it(ticket)));
        return;
    };
    let ticket = child(tickets, "ticket_state", &[("id", id)]);
    let typed = ["granted", "standby", "last-granted"].into_iter();
    let typed = typed.filter_map(|name| Some((name.to_owned(), state.said(name)?)));
    let others = state.attributes.clone().into_iter();
    ticket.extra.attributes.retain(|(name, _)| name == "id");
    ticket.extra.attributes.extend(typed.chain(others.filter(|(name, _)| name != "standby")));
}

/// Sets an attribute of the node with this id and name, or removes it.
pub(super) fn set(root: &mut Element, (id, node): (&str, &str), name: &str, value: Option<&str>) {
    let set_id = format!("status-{id}");
    let state = child(child(root, "status", &[]), "node_state", &[("id", id), ("uname", node)]);
    let block = child(state, "transient_attributes", &[("id", id)]);
    let is_it = |pair: &Element| pair.attribute("name") == Some(name);
    let holds = |set: &Element| set.elements().any(is_it);
    let set = if block.elements().any(holds) {
        elements(block).find(|set| holds(set))
    } else {
        Some(child(block, "instance_attributes", &[("id", &set_id)]))
    };
    let Some(set) = set else { return };
    match value {
        None => set
            .extra
            .children
            .retain(|node| !matches!(node, ExtraNode::Element(pair) if is_it(pair))),
        Some(value) if set.elements().any(is_it) => {
            for pair in elements(set).filter(|pair| is_it(pair)) {
                assign(pair, "value", value);
            }
        }
        Some(value) => {
            let id = in_id(&format!("{set_id}-{name}"));
            push(set, "nvpair", &[("id", &id), ("name", name), ("value", value)]);
        }
    }
}

/// An id holds letters, digits, `-`, `_` and `.`; other characters become dots.
fn in_id(text: &str) -> String {
    let is_allowed = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    text.chars().map(|c| if is_allowed(c) { c } else { '.' }).collect()
}

fn elements(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.extra.children.iter_mut().filter_map(|node| match node {
        ExtraNode::Element(child) => Some(child),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

fn assign(element: &mut Element, name: &str, value: &str) {
    match element.extra.attributes.iter_mut().find(|(known, _)| known == name) {
        Some((_, place)) => value.clone_into(place),
        None => element.extra.attributes.push((name.to_owned(), value.to_owned())),
    }
}

/// The child of that name whose first attribute is as given; made with all of them if need be.
fn child<'a>(element: &'a mut Element, name: &str, with: &[(&str, &str)]) -> &'a mut Element {
    let is_it = |child: &Element| {
        child.name == name
            && with.first().is_none_or(|(key, value)| child.attribute(key) == Some(value))
    };
    if !element.elements().any(is_it) {
        push(element, name, with);
    }
    elements(element).find(|child| is_it(child)).expect("invariant: it was there or has been made")
}

fn push(element: &mut Element, name: &str, with: &[(&str, &str)]) {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let attributes = with.iter().map(owned).collect();
    let child = Element { name: name.to_owned(), extra: Extra { attributes, ..Extra::default() } };
    element.extra.children.push(ExtraNode::Element(child));
}
