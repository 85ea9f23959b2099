//! What is told of constraints.

use super::World;
use super::words::{pairs, rule, score, side, with_role};
use cluster::{
    Colocation, ColocationTarget, Constraint, Discovery, Extra, Location, LocationTarget,
    LossPolicy, Order, OrderKind, OrderTarget, Preference, ResourceSet, Role, Score,
    TicketConstraint, TicketTarget,
};

impl World {
    pub(super) fn location(&mut self, words: &[&str]) {
        let pattern = words[1].strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let preference = if words[2] == "rule" {
            Preference::Rules(vec![rule(&words[3..])])
        } else {
            Preference::Node { node: words[2].to_owned(), score: score(words[3]) }
        };
        let said = |name| pairs(words).find(|(key, _)| *key == name).map(|(_, value)| value);
        self.configuration.constraints.push(Constraint::Location(Location {
            id: words[0].to_owned(),
            target: pattern.map_or_else(
                || LocationTarget::Resource(words[1].to_owned()),
                |pattern| LocationTarget::Pattern(pattern.to_owned()),
            ),
            preference,
            role: said("role").and_then(Role::parse),
            discovery: said("discovery").map(|word| match word {
                "exclusive" => Discovery::Exclusive,
                "never" => Discovery::Never,
                _ => Discovery::Always,
            }),
            extra: Extra::default(),
        }));
    }

    pub(super) fn colocation(&mut self, words: &[&str]) {
        let ((resource, role), (with, with_role)) = (with_role(words[1]), with_role(words[3]));
        let target = ColocationTarget::Pair { resource, role, with, with_role };
        let attribute = words.get(5).filter(|word| !word.contains('='));
        let influence = pairs(words).find(|(key, _)| *key == "influence");
        let influence = influence.map(|(_, value)| value == "true");
        self.add_colocation(words[0], target, score(words[4]), (attribute.copied(), influence));
    }

    fn add_colocation(
        &mut self,
        id: &str,
        target: ColocationTarget,
        score: Score,
        (attribute, influence): (Option<&str>, Option<bool>),
    ) {
        self.configuration.constraints.push(Constraint::Colocation(Colocation {
            id: id.to_owned(),
            target,
            score,
            node_attribute: attribute.map(ToOwned::to_owned),
            influence,
            extra: Extra::default(),
        }));
    }

    pub(super) fn order(&mut self, words: &[&str]) {
        let ((first, first_action), (then, then_action)) = (side(words[1]), side(words[3]));
        let target = OrderTarget::Pair { first, first_action, then, then_action };
        self.add_order(words[0], target, words.get(4).copied());
    }

    fn add_order(&mut self, id: &str, target: OrderTarget, how: Option<&str>) {
        let kind = match how {
            Some("Optional") => OrderKind::Optional,
            Some("Serialize") => OrderKind::Serialize,
            _ => OrderKind::Mandatory,
        };
        self.configuration.constraints.push(Constraint::Order(Order {
            id: id.to_owned(),
            target,
            kind: Some(kind),
            score: None,
            symmetrical: (how == Some("asymmetric")).then_some(false),
            require_all: (how == Some("any")).then_some(false),
            extra: Extra::default(),
        }));
    }

    pub(super) fn set(&mut self, verb: &str, words: &[&str]) {
        let is_any = words[1] == "any";
        let skip = if verb == "together" || is_any { 2 } else { 1 };
        let members = words[skip..].iter().map(|word| (*word).to_owned()).collect();
        let set = ResourceSet {
            id: format!("{}-0", words[0]),
            members,
            sequential: is_any.then_some(false),
            require_all: is_any.then_some(false),
            ..ResourceSet::default()
        };
        if verb == "together" {
            let target = ColocationTarget::Sets(vec![set]);
            self.add_colocation(words[0], target, score(words[1]), (None, None));
            return;
        }
        let mut sets = vec![set];
        if is_any {
            // The last member waits for any one of the others.
            let last = sets[0].members.pop().expect("members");
            let then = ResourceSet {
                id: format!("{}-1", words[0]),
                members: vec![last],
                ..ResourceSet::default()
            };
            sets.push(then);
        }
        self.add_order(words[0], OrderTarget::Sets(sets), None);
    }

    pub(super) fn ticket_for(&mut self, words: &[&str]) {
        let (resource, role) = with_role(words[1]);
        self.configuration.constraints.push(Constraint::Ticket(TicketConstraint {
            id: words[0].to_owned(),
            target: TicketTarget::Resource { resource, role },
            ticket: words[2].to_owned(),
            loss_policy: words.get(3).and_then(|word| LossPolicy::parse(word)),
            extra: Extra::default(),
        }));
    }
}
