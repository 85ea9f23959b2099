//! Location constraints that keep resources away from nodes.

use super::{View, nodes};
use crate::listing::Listing;
use cluster::{
    Constraint, Location, LocationTarget, Preference, Role, Rule, RuleContext, RuleScore, Score,
};
use scheduler::index::NodeIndex;
use std::collections::BTreeMap;

/// Writes the constraints with a negative score, if there are any.
pub(super) fn write(listing: &mut Listing, view: View<'_>) {
    // The newest constraint comes first, as scripts that read only the first line have it.
    let lines: Vec<String> = view
        .situation
        .facts
        .configuration
        .constraints
        .iter()
        .filter_map(|constraint| match constraint {
            Constraint::Location(location) => Some(location),
            Constraint::Colocation(_) | Constraint::Order(_) | Constraint::Ticket(_) => None,
        })
        .flat_map(|location| lines(view, location))
        .collect();
    if !lines.is_empty() {
        listing.section("Negative Location Constraints", |listing| {
            for line in lines.iter().rev() {
                listing.entry(line);
            }
        });
    }
}

fn lines(view: View<'_>, location: &Location) -> Vec<String> {
    let resources: Vec<&str> = match &location.target {
        LocationTarget::Resource(resource) => vec![resource],
        LocationTarget::Sets(sets) => {
            sets.iter().flat_map(|set| set.members.iter().map(String::as_str)).collect()
        }
        // Which resources a pattern matches is the scheduler's to say; the pattern says it too.
        LocationTarget::Pattern(pattern) => vec![pattern],
    };
    let mut lines = Vec::new();
    for ban in bans(view, location) {
        if !ban.id.starts_with(&view.options.ban_prefix) {
            continue;
        }
        let role = if ban.role == Some(Role::Promoted) { " in Promoted role" } else { "" };
        let node = nodes::label(view, ban.node);
        for resource in &resources {
            lines.push(format!("{}\tprevents {resource} from running{role} on {node}", ban.id));
        }
    }
    lines
}

/// A node that a constraint keeps a resource away from.
struct Ban<'v> {
    /// The constraint's id, or that of its rule.
    id: &'v str,
    node: NodeIndex,
    /// Only in this role.
    role: Option<Role>,
}

fn bans<'v>(view: View<'v>, location: &'v Location) -> Vec<Ban<'v>> {
    match &location.preference {
        Preference::Node { node, score } if *score < Score::ZERO => {
            let node = view.situation.node(node);
            let ban = node.map(|node| Ban { id: &location.id, node, role: location.role });
            ban.into_iter().collect()
        }
        Preference::Node { .. } => Vec::new(),
        Preference::Rules(rules) => {
            let nodes = nodes::in_order(view);
            let pairs = rules.iter().flat_map(|rule| nodes.iter().map(move |node| (rule, *node)));
            let hits = pairs.filter(|(rule, node)| {
                let attributes = &view.situation.nodes[*node].attributes;
                let now = Some(view.situation.facts.now);
                let context =
                    RuleContext { attributes: Some(attributes), now, ..RuleContext::default() };
                score(rule, attributes) < Score::ZERO && rule.holds(&context)
            });
            hits.map(|(rule, node)| Ban { id: &rule.id, node, role: rule.role.or(location.role) })
                .collect()
        }
    }
}

/// What a rule gives to a node with these attributes.
fn score(rule: &Rule, attributes: &BTreeMap<String, String>) -> Score {
    match &rule.score {
        Some(RuleScore::Score(score)) => *score,
        Some(RuleScore::Attribute(name)) => {
            attributes.get(name).and_then(|value| Score::parse(value)).unwrap_or_default()
        }
        None => Score::ZERO,
    }
}
