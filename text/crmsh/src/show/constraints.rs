//! Constraints.

use super::parts::{assignment, quoted, score};
use super::{Lines, Printer};
use cluster::{
    Colocation, ColocationTarget, Constraint, Discovery, Location, LocationTarget, Order,
    OrderKind, OrderTarget, Preference, ResourceSet, Role, TicketConstraint, TicketTarget,
};

impl Printer<'_> {
    pub(super) fn constraint(&self, constraint: &Constraint) -> Option<Lines> {
        match constraint {
            Constraint::Location(location) => self.location(location),
            Constraint::Colocation(constraint) => Some(Lines::new(colocation(constraint))),
            Constraint::Order(constraint) => Some(Lines::new(order(constraint))),
            Constraint::Ticket(constraint) => Some(Lines::new(ticket(constraint))),
        }
    }

    fn location(&self, location: &Location) -> Option<Lines> {
        let target = match &location.target {
            LocationTarget::Resource(resource) => resource.clone(),
            LocationTarget::Pattern(pattern) => pattern_word(pattern),
            LocationTarget::Sets(sets) => format!("{{ {} }}", sets_text(sets, 0)),
        };
        let mut words = vec![format!("location {} {target}", location.id)];
        words.extend(location.role.map(|role| format!("role={role}")));
        words.extend(location.discovery.map(|discovery| {
            let value = match discovery {
                Discovery::Always => "always",
                Discovery::Never => "never",
                Discovery::Exclusive => "exclusive",
            };
            format!("resource-discovery={value}")
        }));
        let extra = location.extra.attributes.iter();
        words.extend(extra.map(|(name, value)| assignment(name, value)));
        let mut lines = Lines::default();
        match &location.preference {
            Preference::Node { node, score: value } => {
                words.push(format!("{}: {node}", score(*value)));
                lines.push(words.join(" "));
            }
            Preference::Rules(rules) if rules.is_empty() => return None,
            Preference::Rules(rules) => {
                lines.push(words.join(" "));
                for rule in rules {
                    lines.push(self.rule(rule));
                }
            }
        }
        Some(lines)
    }
}

/// `/PATTERN/`, in quotes only where the words would otherwise come apart.
fn pattern_word(pattern: &str) -> String {
    let word = format!("/{pattern}/");
    let needs_quotes = |c: char| c.is_whitespace() || "\"'\\".contains(c);
    if word.contains(needs_quotes) { quoted(&word) } else { word }
}

fn with_role(resource: &str, role: Option<Role>) -> String {
    role.map_or_else(|| resource.to_owned(), |role| format!("{resource}:{role}"))
}

fn with_action(resource: &str, action: Option<&str>) -> String {
    action.map_or_else(|| resource.to_owned(), |action| format!("{resource}:{action}"))
}

fn colocation(colocation: &Colocation) -> String {
    let target = match &colocation.target {
        ColocationTarget::Pair { resource, role, with, with_role: role_of_with } => {
            format!("{} {}", with_role(resource, *role), with_role(with, *role_of_with))
        }
        ColocationTarget::Sets(sets) => sets_text(sets, 2),
    };
    let mut text = format!("colocation {} {}: {target}", colocation.id, score(colocation.score));
    if let Some(attribute) = &colocation.node_attribute {
        text.push_str(&format!(" {}", assignment("node-attribute", attribute)));
    }
    if let Some(influence) = colocation.influence {
        text.push_str(&format!(" influence={influence}"));
    }
    text
}

fn order(order: &Order) -> String {
    let kind = match order.effective_kind() {
        _ if order.kind.is_none() && order.score.is_none() => "",
        OrderKind::Mandatory => "Mandatory: ",
        OrderKind::Optional => "Optional: ",
        OrderKind::Serialize => "Serialize: ",
    };
    let target = match &order.target {
        OrderTarget::Pair { first, first_action, then, then_action } => {
            let first = with_action(first, first_action.as_deref());
            format!("{first} {}", with_action(then, then_action.as_deref()))
        }
        OrderTarget::Sets(sets) => sets_text(sets, 2),
    };
    let mut text = format!("order {} {kind}{target}", order.id);
    if let Some(symmetrical) = order.symmetrical {
        text.push_str(&format!(" symmetrical={symmetrical}"));
    }
    if let Some(require_all) = order.require_all {
        text.push_str(&format!(" require-all={require_all}"));
    }
    text
}

fn ticket(ticket: &TicketConstraint) -> String {
    let target = match &ticket.target {
        TicketTarget::Resource { resource, role } => with_role(resource, *role),
        TicketTarget::Sets(sets) => sets_text(sets, 1),
    };
    let mut text = format!("rsc_ticket {} {}: {target}", ticket.id, ticket.ticket);
    if let Some(policy) = ticket.loss_policy {
        text.push_str(&format!(" loss-policy={}", policy.name()));
    }
    text
}

/// Sets as text. When it would be `single` plain words, which mean resources one by one, a mark
/// in front says that sets are meant.
fn sets_text(sets: &[ResourceSet], single: usize) -> String {
    let words: Vec<String> = sets.iter().flat_map(set_words).collect();
    let is_plain = |word: &String| !word.contains(['(', '[', '=']);
    let mark = if words.len() == single && words.iter().all(is_plain) { "_rsc_set_ " } else { "" };
    format!("{mark}{}", words.join(" "))
}

fn set_words(set: &ResourceSet) -> Vec<String> {
    let member = |id: &String| match &set.action {
        Some(action) => with_action(id, Some(action)),
        None => with_role(id, set.role),
    };
    let mut words: Vec<String> = set.members.iter().map(member).collect();
    // Brackets say `sequential=false`, square ones `require-all=false` as well.
    let (open, close, said) = match (set.sequential, set.require_all) {
        (Some(sequential), Some(false)) => ("[", "]", sequential.then_some("sequential=true")),
        (Some(false), Some(true)) => ("(", ")", Some("require-all=true")),
        (Some(false), None) => ("(", ")", None),
        (Some(true), _) => ("", "", Some("sequential=true")),
        (None, _) => ("", "", None),
    };
    words.extend(said.map(str::to_owned));
    if open.is_empty() {
        words.extend(set.require_all.map(|value| format!("require-all={value}")));
    }
    if !open.is_empty() {
        words.insert(0, open.to_owned());
        words.push(close.to_owned());
    }
    words
}
