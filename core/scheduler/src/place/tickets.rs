//! Reads ticket constraints, and what tickets that are not there mean.

use super::sets::{Catalogue, Meaning, Set, any_as_none};
use super::table;
use crate::index::ResourceIndex;
use crate::model::{Source, TicketRule, Work};
use cluster::{LossPolicy, Role, TicketConstraint, TicketTarget};
use std::rc::Rc;

/// Reads one ticket constraint.
pub(super) fn read<'c>(
    work: &mut Work<'_>,
    catalogue: &Catalogue<'c>,
    constraint: &'c TicketConstraint,
) {
    match &constraint.target {
        TicketTarget::Resource { resource, role } => match catalogue.meaning(work, resource) {
            Some(Meaning::Resource(found)) => need(work, constraint, &constraint.id, found, *role),
            Some(Meaning::Several(members)) => {
                let set =
                    Set { id: resource, role: *role, members: members.to_vec(), ..Set::default() };
                need_all(work, constraint, &set);
            }
            None => {}
        },
        TicketTarget::Sets(sets) => {
            for set in catalogue.sets(work, sets) {
                if !need_all(work, constraint, &set) {
                    return;
                }
            }
        }
    }
}

/// Says whether all members could be found; those after one that cannot are left out.
fn need_all(work: &mut Work<'_>, constraint: &TicketConstraint, set: &Set<'_>) -> bool {
    for member in &set.members {
        let Some(resource) = work.named(member) else { return false };
        need(work, constraint, set.id, resource, set.role);
    }
    true
}

fn need(
    work: &mut Work<'_>,
    constraint: &TicketConstraint,
    id: &str,
    resource: ResourceIndex,
    role: Option<Role>,
) {
    let role = any_as_none(role);
    let mut loss = constraint.effective_loss_policy(role);
    if loss == LossPolicy::Fence && !work.at.options.is_fencing_enabled {
        loss = LossPolicy::Stop;
    }
    let ticket = constraint.ticket.clone();
    let rule = TicketRule { id: Rc::from(id), resource, ticket, role, loss };
    work.drafts[resource].ticketed.push(work.tickets.len());
    work.tickets.push(rule.clone());
    heed(work, &rule, resource);
}

/// Whether the ticket is here, and whether it is in standby.
fn state(work: &Work<'_>, rule: &TicketRule) -> (bool, bool) {
    let state = work.at.tickets.get(&rule.ticket);
    state.map_or((false, false), |ticket| (ticket.is_granted, ticket.is_standby))
}

/// What it means for `resource` that the ticket is not there, or in standby.
fn heed(work: &mut Work<'_>, rule: &TicketRule, resource: ResourceIndex) {
    let (is_granted, is_standby) = state(work, rule);
    if is_granted && !is_standby {
        return;
    }
    let children = work.at.resources[resource].children.clone();
    if !children.is_empty() {
        for child in children {
            heed(work, rule, child);
        }
        return;
    }
    let is_for_promoted = rule.role == Some(Role::Promoted);
    if !is_granted && !work.at.resources[resource].running_on.is_empty() {
        lose(work, rule, resource);
    } else if !is_for_promoted || rule.loss == LossPolicy::Stop {
        let what = if is_granted { "is in standby" } else { "is not granted" };
        ban(work, rule, resource, what);
    }
}

/// The ticket of something active is gone.
fn lose(work: &mut Work<'_>, rule: &TicketRule, resource: ResourceIndex) {
    let state = &work.at.resources[resource];
    let is_meant = rule.role.is_none_or(|role| role == state.role);
    match rule.loss {
        LossPolicy::Stop => ban(work, rule, resource, "was lost"),
        // Where only the promoted role needs it, promotion sees to it.
        LossPolicy::Demote if rule.role != Some(Role::Promoted) => {
            ban(work, rule, resource, "was lost");
        }
        LossPolicy::Fence if is_meant => {
            ban(work, rule, resource, "was lost");
            for node in work.at.resources[resource].running_on.clone() {
                work.at.fence(node, "deadman ticket was lost", false);
            }
        }
        LossPolicy::Freeze if is_meant => {
            let state = &mut work.at.resources[resource];
            state.is_managed = false;
            state.is_blocked = true;
        }
        LossPolicy::Demote | LossPolicy::Fence | LossPolicy::Freeze => {}
    }
}

fn ban(work: &mut Work<'_>, rule: &TicketRule, resource: ResourceIndex, what: &str) {
    let reason = Source::Because(format!("ticket {} {what} ({})", rule.ticket, rule.id).into());
    table::ban_everywhere(work, resource, &reason);
}

/// A clone whose promoted role needs a ticket that is not usable promotes nothing.
pub(super) fn require_for_promotion(work: &mut Work<'_>, clone: ResourceIndex) {
    for at in work.drafts[clone].ticketed.clone() {
        let rule = work.tickets[at].clone();
        let (is_granted, is_standby) = state(work, &rule);
        if rule.role == Some(Role::Promoted) && (!is_granted || is_standby) {
            let what = if is_granted { "is in standby" } else { "is not granted" };
            let reason = format!("ticket {} {what} ({})", rule.ticket, rule.id);
            let source = Source::Because(reason.into());
            table::ban_everywhere(work, clone, &source);
        }
    }
}
