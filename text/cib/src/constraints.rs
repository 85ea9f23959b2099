//! Locations, colocations, orders, tickets.

use crate::error::{Doubts, Fault};
use crate::giving::{Giving, mention};
use crate::rules::{rule, rule_element};
use crate::tag::Tag;
use crate::words::{
    BOOLEAN, DISCOVERY, LOSS_POLICY, ORDER_KIND, ROLE, SCORE, discovery_name, order_kind_name,
};
use cluster::{
    Colocation, ColocationTarget, Constraint, Location, LocationTarget, LossPolicy, Order,
    OrderTarget, Preference, ResourceSet, Role, Rule, Score, TicketConstraint, TicketTarget,
};

/// The elements that are constraints with a type.
pub(crate) const TYPED: [&str; 4] = ["rsc_location", "rsc_colocation", "rsc_order", "rsc_ticket"];

pub(crate) fn constraint(tag: Tag<'_>, doubts: &mut Doubts) -> Result<Constraint, Fault> {
    match tag.name {
        "rsc_location" => location(tag, doubts).map(Constraint::Location),
        "rsc_colocation" => colocation(tag, doubts).map(Constraint::Colocation),
        "rsc_order" => order(tag, doubts).map(Constraint::Order),
        "rsc_ticket" => ticket(tag, doubts).map(Constraint::Ticket),
        _ => {
            let what = format!("{} is no constraint", tag.title());
            Err(tag.fault(what, "write an rsc_location, rsc_colocation, rsc_order or rsc_ticket"))
        }
    }
}

fn location(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Location, Fault> {
    let sets = resource_sets(&mut tag, doubts)?;
    let rules = rules(&mut tag, doubts)?;
    let preference = preference(&mut tag, rules)?;
    let id = tag.required("id")?;
    let target = match (tag.take("rsc"), tag.take("rsc-pattern")) {
        _ if !sets.is_empty() => LocationTarget::Sets(sets),
        (Some(resource), _) => LocationTarget::Resource(resource),
        (None, Some(pattern)) => LocationTarget::Pattern(pattern),
        (None, None) => {
            let what = format!("the location `{id}` names no resource");
            return Err(tag.fault(what, "write rsc=\"...\", rsc-pattern or a resource_set"));
        }
    };
    Ok(Location {
        id,
        target,
        preference,
        role: tag.optional("role", &ROLE, doubts),
        discovery: tag.optional("resource-discovery", &DISCOVERY, doubts),
        extra: tag.into_extra(),
    })
}

fn rules(tag: &mut Tag<'_>, doubts: &mut Doubts) -> Result<Vec<Rule>, Fault> {
    let mut rules = Vec::new();
    tag.sort_out(|child| match child.name {
        "rule" => {
            rules.push(rule(child, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    Ok(rules)
}

fn preference(tag: &mut Tag<'_>, rules: Vec<Rule>) -> Result<Preference, Fault> {
    if !rules.is_empty() {
        return Ok(Preference::Rules(rules));
    }
    let title = tag.title();
    let score =
        if tag.attribute("node").is_some() { Some(tag.value("score", &SCORE)?) } else { None };
    match (tag.take("node"), score) {
        (Some(node), Some(score)) => Ok(Preference::Node { node, score }),
        _ => {
            let what = format!("{title} names neither a node nor a rule");
            Err(tag.fault(what, "write node=\"...\" score=\"...\", or a rule inside"))
        }
    }
}

fn colocation(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Colocation, Fault> {
    let sets = resource_sets(&mut tag, doubts)?;
    let target = if sets.is_empty() {
        ColocationTarget::Pair {
            role: tag.optional("rsc-role", &ROLE, doubts),
            with_role: tag.optional("with-rsc-role", &ROLE, doubts),
            resource: tag.required("rsc")?,
            with: tag.required("with-rsc")?,
        }
    } else {
        ColocationTarget::Sets(sets)
    };
    Ok(Colocation {
        id: tag.required("id")?,
        target,
        // Without a score a colocation has no influence, other than that of its sets.
        score: tag.optional("score", &SCORE, doubts).unwrap_or(Score::ZERO),
        node_attribute: tag.take("node-attribute"),
        influence: tag.optional("influence", &BOOLEAN, doubts),
        extra: tag.into_extra(),
    })
}

fn order(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<Order, Fault> {
    let sets = resource_sets(&mut tag, doubts)?;
    let target = if sets.is_empty() {
        OrderTarget::Pair {
            first: tag.required("first")?,
            first_action: tag.take("first-action"),
            then: tag.required("then")?,
            then_action: tag.take("then-action"),
        }
    } else {
        OrderTarget::Sets(sets)
    };
    Ok(Order {
        id: tag.required("id")?,
        target,
        kind: tag.optional("kind", &ORDER_KIND, doubts),
        score: tag.optional("score", &SCORE, doubts),
        symmetrical: tag.optional("symmetrical", &BOOLEAN, doubts),
        require_all: tag.optional("require-all", &BOOLEAN, doubts),
        extra: tag.into_extra(),
    })
}

fn ticket(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<TicketConstraint, Fault> {
    let sets = resource_sets(&mut tag, doubts)?;
    let target = if sets.is_empty() {
        TicketTarget::Resource {
            role: tag.optional("rsc-role", &ROLE, doubts),
            resource: tag.required("rsc")?,
        }
    } else {
        TicketTarget::Sets(sets)
    };
    Ok(TicketConstraint {
        id: tag.required("id")?,
        target,
        ticket: tag.required("ticket")?,
        loss_policy: tag.optional("loss-policy", &LOSS_POLICY, doubts),
        extra: tag.into_extra(),
    })
}

fn resource_sets(tag: &mut Tag<'_>, doubts: &mut Doubts) -> Result<Vec<ResourceSet>, Fault> {
    let mut sets = Vec::new();
    tag.sort_out(|child| match child.name {
        "resource_set" => {
            sets.push(resource_set(child, doubts)?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    Ok(sets)
}

fn resource_set(mut tag: Tag<'_>, doubts: &mut Doubts) -> Result<ResourceSet, Fault> {
    let mut set = ResourceSet {
        id: tag.own_id()?,
        id_ref: tag.take("id-ref"),
        sequential: tag.optional("sequential", &BOOLEAN, doubts),
        require_all: tag.optional("require-all", &BOOLEAN, doubts),
        role: tag.optional("role", &ROLE, doubts),
        action: tag.take("action"),
        score: tag.optional("score", &SCORE, doubts),
        ..ResourceSet::default()
    };
    tag.sort_out(|mut child| match child.name {
        "resource_ref" => {
            set.members.push(child.required("id")?);
            Ok(None)
        }
        _ => Ok(Some(child)),
    })?;
    set.extra = tag.into_extra();
    Ok(set)
}

pub(crate) const fn constraint_name(constraint: &Constraint) -> &'static str {
    match constraint {
        Constraint::Location(_) => "rsc_location",
        Constraint::Colocation(_) => "rsc_colocation",
        Constraint::Order(_) => "rsc_order",
        Constraint::Ticket(_) => "rsc_ticket",
    }
}

/// A constraint.
pub(crate) fn constraint_element(constraint: &Constraint) -> Tag<'_> {
    match constraint {
        Constraint::Location(location) => location_element(location),
        Constraint::Colocation(colocation) => colocation_element(colocation),
        Constraint::Order(order) => order_element(order),
        Constraint::Ticket(ticket) => ticket_element(ticket),
    }
}

fn location_element(location: &Location) -> Tag<'_> {
    let element = Giving::new("rsc_location").attribute("id", &location.id);
    let element = match &location.target {
        LocationTarget::Resource(resource) => element.attribute("rsc", resource),
        LocationTarget::Pattern(pattern) => element.attribute("rsc-pattern", pattern),
        LocationTarget::Sets(sets) => element.children(sets.iter().map(resource_set_element)),
    };
    let element = element.maybe("role", location.role);
    let element = match &location.preference {
        Preference::Node { node, score } => {
            element.attribute("node", node).attribute("score", *score)
        }
        Preference::Rules(rules) => element.children(rules.iter().map(rule_element)),
    };
    element
        .maybe("resource-discovery", location.discovery.map(discovery_name))
        .extra(&location.extra)
}

fn colocation_element(colocation: &Colocation) -> Tag<'_> {
    let element = Giving::new("rsc_colocation")
        .attribute("id", &colocation.id)
        .attribute("score", colocation.score);
    let element = match &colocation.target {
        ColocationTarget::Pair { resource, role, with, with_role } => element
            .attribute("rsc", resource)
            .maybe("rsc-role", role.map(Role::name))
            .attribute("with-rsc", with)
            .maybe("with-rsc-role", with_role.map(Role::name)),
        ColocationTarget::Sets(sets) => element.children(sets.iter().map(resource_set_element)),
    };
    element
        .maybe("node-attribute", colocation.node_attribute.as_ref())
        .maybe("influence", colocation.influence)
        .extra(&colocation.extra)
}

fn order_element(order: &Order) -> Tag<'_> {
    let element = Giving::new("rsc_order")
        .attribute("id", &order.id)
        .maybe("kind", order.kind.map(order_kind_name))
        .maybe("score", order.score);
    let element = match &order.target {
        OrderTarget::Pair { first, first_action, then, then_action } => element
            .attribute("first", first)
            .maybe("first-action", first_action.as_ref())
            .attribute("then", then)
            .maybe("then-action", then_action.as_ref()),
        OrderTarget::Sets(sets) => element.children(sets.iter().map(resource_set_element)),
    };
    element
        .maybe("symmetrical", order.symmetrical)
        .maybe("require-all", order.require_all)
        .extra(&order.extra)
}

fn ticket_element(ticket: &TicketConstraint) -> Tag<'_> {
    let element = Giving::new("rsc_ticket").attribute("id", &ticket.id);
    let element = match &ticket.target {
        TicketTarget::Resource { resource, role } => {
            element.attribute("rsc", resource).maybe("rsc-role", role.map(Role::name))
        }
        TicketTarget::Sets(sets) => element.children(sets.iter().map(resource_set_element)),
    };
    element
        .attribute("ticket", &ticket.ticket)
        .maybe("loss-policy", ticket.loss_policy.map(LossPolicy::name))
        .extra(&ticket.extra)
}

fn resource_set_element(set: &ResourceSet) -> Tag<'_> {
    Giving::new("resource_set")
        .unless_empty("id", &set.id)
        .maybe("id-ref", set.id_ref.as_ref())
        .maybe("sequential", set.sequential)
        .maybe("require-all", set.require_all)
        .maybe("role", set.role)
        .maybe("action", set.action.as_ref())
        .maybe("score", set.score)
        .children(set.members.iter().map(|id| mention("resource_ref", id)))
        .extra(&set.extra)
}
