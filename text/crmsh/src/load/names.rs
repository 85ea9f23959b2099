//! Ids for what a text leaves without one.
//!
//! An object that was there before keeps the ids of its parts where they are the same parts; a new
//! part is named after what it stands in: `resOST0-instance_attributes-device`.

use cluster::{
    AttributeSet, Bundle, Constraint, DateExpression, Element, Expression, ExtraNode, FencingLevel,
    OperationSettings, Preference, Primitive, Rule,
};
use std::collections::BTreeSet;

/// The ids that are given away.
#[derive(Debug, Default)]
pub(super) struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    /// Keeps `id` from being made up for something else.
    pub(super) fn reserve(&mut self, id: &str) {
        self.taken.insert(id.to_owned());
    }

    /// Keeps every id inside `element` from being made up, names of other objects aside.
    pub(super) fn reserve_all(&mut self, element: &Element) {
        if !["resource_ref", "obj_ref"].contains(&element.name.as_str()) {
            self.taken.extend(element.attribute("id").map(str::to_owned));
        }
        for child in element.elements() {
            self.reserve_all(child);
        }
    }

    /// `wanted`, or the first of `wanted-0`, `wanted-1`, ... that is free.
    fn claim(&mut self, wanted: &str) -> String {
        let wanted = id_of(wanted);
        if self.taken.insert(wanted.clone()) {
            return wanted;
        }
        self.claim_numbered(&format!("{wanted}-"), 0)
    }

    fn claim_numbered(&mut self, prefix: &str, first: u32) -> String {
        let mut candidates = (first..).map(|number| format!("{prefix}{number}"));
        let id = candidates.find(|id| !self.taken.contains(id)).unwrap_or_default();
        self.taken.insert(id.clone());
        id
    }

    /// Fills an empty `id`: with the `old` one if it is still free, else with a new one.
    fn fill(&mut self, id: &mut String, old: Option<&str>, wanted: &str) {
        if id.is_empty() {
            *id = match old.filter(|old| !old.is_empty()) {
                Some(old) if self.taken.insert(old.to_owned()) => old.to_owned(),
                _ => self.claim(wanted),
            };
        }
    }

    /// The parts of a primitive.
    pub(super) fn primitive(&mut self, primitive: &mut Primitive, old: Option<&Primitive>) {
        let nothing = Primitive::default();
        let old = old.unwrap_or(&nothing);
        let id = primitive.id.clone();
        self.blocks((&id, "instance_attributes"), &mut primitive.parameters, &old.parameters);
        self.blocks((&id, "meta_attributes"), &mut primitive.meta, &old.meta);
        self.blocks((&id, "utilization"), &mut primitive.utilization, &old.utilization);
        let owner = primitive.operations_id().unwrap_or(&id).to_owned();
        for operation in &mut primitive.operations {
            self.operation(&owner, operation, &old.operations);
        }
    }

    /// An operation of the primitive or block of operations `owner`.
    pub(super) fn operation(
        &mut self,
        owner: &str,
        operation: &mut OperationSettings,
        old: &[OperationSettings],
    ) {
        let old = old.iter().find(|old| {
            let is_same = old.name == operation.name && old.interval == operation.interval;
            is_same && !self.taken.contains(&old.id)
        });
        let wanted = format!("{owner}-{}-{}", operation.name, operation.interval);
        self.fill(&mut operation.id, old.map(|old| old.id.as_str()), &wanted);
        let (parameters, meta) =
            old.map_or((&[][..], &[][..]), |old| (old.parameters.as_slice(), old.meta.as_slice()));
        let id = operation.id.clone();
        self.blocks((&id, "instance_attributes"), &mut operation.parameters, parameters);
        self.blocks((&id, "meta_attributes"), &mut operation.meta, meta);
    }

    /// The blocks of one kind of an object: `(owner, kind)` name them.
    pub(super) fn blocks(
        &mut self,
        (owner, kind): (&str, &str),
        sets: &mut [AttributeSet],
        old: &[AttributeSet],
    ) {
        for (index, set) in sets.iter_mut().enumerate() {
            self.block(&format!("{owner}-{kind}"), set, old.get(index));
        }
    }

    /// A block and what is in it.
    pub(super) fn block(
        &mut self,
        wanted: &str,
        set: &mut AttributeSet,
        old: Option<&AttributeSet>,
    ) {
        if set.id_ref.is_some() {
            return;
        }
        self.fill(&mut set.id, old.map(|old| old.id.as_str()), wanted);
        if let Some(rule) = &mut set.rule {
            let old = old.and_then(|old| old.rule.as_ref());
            self.rule(&set.id, rule, old);
        }
        for pair in &mut set.pairs {
            if pair.id_ref.is_some() {
                continue;
            }
            let old = old.and_then(|old| old.pairs.iter().find(|old| old.name == pair.name));
            let wanted = format!("{}-{}", set.id, pair.name);
            self.fill(&mut pair.id, old.map(|old| old.id.as_str()), &wanted);
        }
    }

    fn rule(&mut self, owner: &str, rule: &mut Rule, old: Option<&Rule>) {
        if rule.id_ref.is_some() {
            return;
        }
        self.fill(&mut rule.id, old.map(|old| old.id.as_str()), &format!("{owner}-rule"));
        let wanted = format!("{}-expression", rule.id);
        for expression in &mut rule.expressions {
            match expression {
                Expression::Rule(inner) => self.rule(&rule.id, inner, None),
                Expression::Date(date) => self.date(&wanted, date),
                Expression::Resource(new) => self.fill(&mut new.id, None, &wanted),
                Expression::Operation(new) => self.fill(&mut new.id, None, &wanted),
                Expression::Other(element) => self.part(&rule.id, element, None),
                Expression::Attribute(new) => {
                    let same = |candidate: &&Expression| {
                        matches!(candidate, Expression::Attribute(old)
                            if old.attribute == new.attribute
                                && old.operation == new.operation
                                && old.value == new.value)
                    };
                    let old = old.and_then(|old| old.expressions.iter().find(same));
                    let old = old.and_then(|old| match old {
                        Expression::Attribute(old) => Some(old.id.as_str()),
                        _ => None,
                    });
                    self.fill(&mut new.id, old, &wanted);
                }
            }
        }
    }

    fn date(&mut self, wanted: &str, date: &mut DateExpression) {
        self.fill(&mut date.id, None, wanted);
        if let Some(duration) = &mut date.duration {
            self.fill(&mut duration.id, None, &format!("{}-duration", date.id));
        }
        if let Some(spec) = &mut date.spec {
            self.fill(&mut spec.id, None, &format!("{}-date_spec", date.id));
        }
    }

    /// The parts of a bundle, the primitive inside aside.
    pub(super) fn bundle(&mut self, bundle: &mut Bundle, old: Option<&Bundle>) {
        let nothing = Bundle::default();
        let old = old.unwrap_or(&nothing);
        let id = bundle.id.clone();
        self.blocks((&id, "instance_attributes"), &mut bundle.parameters, &old.parameters);
        self.blocks((&id, "meta_attributes"), &mut bundle.meta, &old.meta);
        let ports = old.network.as_ref().map_or(&[][..], |network| &network.ports);
        let mut ports = ports.iter().map(|port| port.id.as_str());
        for port in bundle.network.iter_mut().flat_map(|network| &mut network.ports) {
            self.mapping(&mut port.id, ports.next(), &format!("{id}_port_mapping_"));
        }
        let mut mappings = old.storage.iter().map(|mapping| mapping.id.as_str());
        for mapping in &mut bundle.storage {
            self.mapping(&mut mapping.id, mappings.next(), &format!("{id}_storage_mapping_"));
        }
    }

    fn mapping(&mut self, id: &mut String, old: Option<&str>, prefix: &str) {
        if id.is_empty() {
            *id = match old {
                Some(old) if self.taken.insert(old.to_owned()) => old.to_owned(),
                _ => self.claim_numbered(prefix, 1),
            };
        }
    }

    /// A fencing level.
    pub(super) fn fencing_level(&mut self, level: &mut FencingLevel, old: Option<&FencingLevel>) {
        self.fill(&mut level.id, old.map(|old| old.id.as_str()), "fencing");
    }

    /// The parts of a constraint.
    pub(super) fn constraint(&mut self, constraint: &mut Constraint, old: Option<&Constraint>) {
        let id = constraint.id().to_owned();
        if let Constraint::Location(location) = constraint
            && let Preference::Rules(rules) = &mut location.preference
        {
            let old = old.map_or(&[][..], rules_of);
            for rule in rules {
                let same = |candidate: &&Rule| {
                    candidate.score == rule.score
                        && candidate.role == rule.role
                        && !self.taken.contains(&candidate.id)
                };
                let old = old.iter().find(same);
                self.rule(&id, rule, old);
            }
        }
        let old = old.map_or(&[][..], Constraint::sets);
        for (index, set) in constraint.sets_mut().iter_mut().enumerate() {
            match old.get(index) {
                Some(old) if set.id.is_empty() => self.fill(&mut set.id, Some(&old.id), &id),
                _ if set.id.is_empty() => set.id = self.claim_numbered(&format!("{id}-"), 0),
                _ => {}
            }
        }
    }

    /// Everything inside an element that the model keeps as it is.
    pub(super) fn element(&mut self, element: &mut Element, old: Option<&Element>) {
        let id = element.attribute("id").unwrap_or_default().to_owned();
        self.parts(&id, element, old);
    }

    fn parts(&mut self, owner: &str, element: &mut Element, old: Option<&Element>) {
        for child in &mut element.extra.children {
            if let ExtraNode::Element(child) = child {
                let old = old.and_then(|old| old.elements().find(|old| self.is_free(old, child)));
                self.part(owner, child, old);
            }
        }
    }

    /// Whether the old element is the same part as the new one, and its id still to be had.
    fn is_free(&self, old: &Element, new: &Element) -> bool {
        const KEYS: [&str; 5] = ["name", "value", "kind", "attribute", "operation"];
        old.name == new.name
            && KEYS.iter().all(|key| old.attribute(key) == new.attribute(key))
            && old.attribute("id").is_none_or(|id| !self.taken.contains(id))
    }

    /// An element inside `owner`, and what is inside it.
    pub(super) fn part(&mut self, owner: &str, element: &mut Element, old: Option<&Element>) {
        let is_named = element.attribute("id").is_some_and(|id| !id.is_empty());
        if !is_named && element.attribute("id-ref").is_none() {
            element.extra.attributes.retain(|(name, _)| name != "id");
            let mut id = String::new();
            match old.and_then(|old| old.attribute("id")) {
                Some(old) => self.fill(&mut id, Some(old), owner),
                None => id = self.new_part_id(owner, element).unwrap_or_default(),
            }
            if !id.is_empty() {
                element.extra.attributes.insert(0, ("id".to_owned(), id));
            }
        }
        let owner = element.attribute("id").unwrap_or(owner).to_owned();
        self.parts(&owner, element, old);
    }

    /// A new id for an element that needs one.
    fn new_part_id(&mut self, owner: &str, element: &Element) -> Option<String> {
        let attribute = |name: &str| element.attribute(name).unwrap_or_default();
        Some(match element.name.as_str() {
            "nvpair" => self.claim(&format!("{owner}-{}", attribute("name"))),
            "expression" | "date_expression" => self.claim(&format!("{owner}-expression")),
            name @ ("instance_attributes"
            | "meta_attributes"
            | "rule"
            | "date_spec"
            | "duration") => self.claim(&format!("{owner}-{name}")),
            "acl_permission" | "attribute" => self.claim_numbered(&format!("{owner}-"), 0),
            "recipient" => self.claim_numbered(&format!("{owner}-recipient-"), 1),
            _ => return None,
        })
    }
}

/// Names of attributes may hold what an id may not.
fn id_of(wanted: &str) -> String {
    let allowed = |c: char| c.is_alphanumeric() || "_-.".contains(c);
    wanted.chars().map(|c| if allowed(c) { c } else { '.' }).collect()
}

fn rules_of(constraint: &Constraint) -> &[Rule] {
    match constraint {
        Constraint::Location(location) => match &location.preference {
            Preference::Rules(rules) => rules,
            Preference::Node { .. } => &[],
        },
        _ => &[],
    }
}
