//! Rules that can never hold as they are written, and references to nothing.

use super::{Check, Severity};
use crate::{
    AttributeSet, Configuration, Constraint, DateExpression, Expression, Extra, Preference,
    Primitive, References, Resource, Rule, Written,
};
use std::cell::OnceCell;

/// Attributes of rules and expressions that stay in the extra when they cannot be read.
const ILLEGIBLE: [&str; 4] = ["boolean-op", "type", "value-source", "operation"];

impl Check<'_> {
    /// What cannot be read makes a rule fail for ever, in silence.
    pub(super) fn rules(&mut self) {
        let configuration = self.configuration;
        for (owner, set) in sets(configuration) {
            set.rule.iter().for_each(|rule| self.rule(owner, rule));
        }
        for (owner, rule) in location_rules(configuration) {
            self.rule(owner, rule);
        }
    }

    fn rule(&mut self, owner: &str, rule: &Rule) {
        self.illegible(owner, &rule.extra);
        for expression in &rule.expressions {
            match expression {
                Expression::Attribute(expression) => self.illegible(owner, &expression.extra),
                Expression::Rule(rule) => self.rule(owner, rule),
                Expression::Date(expression) => self.date(owner, expression),
                Expression::Operation(expression) => {
                    let help = "a duration is written like 20s, 5min, 500ms or PT1M30S";
                    self.written(owner, expression.interval.as_ref(), help);
                }
                Expression::Resource(_) | Expression::Other(_) => {}
            }
        }
    }

    fn date(&mut self, owner: &str, expression: &DateExpression) {
        self.illegible(owner, &expression.extra);
        for date in [&expression.start, &expression.end] {
            let help = "a date is written like 2026-02-28 12:30:00 +01:00, 2026-059 or 2026-W09-6";
            self.written(owner, date.as_ref(), help);
        }
        for (_, count) in expression.duration.iter().flat_map(|duration| &duration.parts) {
            self.written(owner, Some(count), "it is a whole number");
        }
        for (_, range) in expression.spec.iter().flat_map(|spec| &spec.ranges) {
            self.written(owner, Some(range), "a range is written like 9-17, 5, 2026- or -3");
        }
    }

    fn written<T>(&mut self, owner: &str, written: Option<&Written<Option<T>>>, help: &str) {
        if let Some(Written { value: None, text }) = written {
            self.never(owner, text, help);
        }
    }

    fn illegible(&mut self, owner: &str, extra: &Extra) {
        for name in ILLEGIBLE {
            if let Some(text) = extra.attribute(name) {
                self.never(owner, text, &format!("it is no value for {name}"));
            }
        }
    }

    fn never(&mut self, owner: &str, word: &str, help: &str) {
        let what = format!("`{word}` cannot be read, so that the rule never holds");
        self.report(Severity::Error, owner, word, (what, help.to_owned()));
    }

    /// What an `id-ref` names has to be there; else the cluster passes it over.
    pub(super) fn references(&mut self) {
        let configuration = self.configuration;
        let index = OnceCell::new();
        // Few configurations refer to anything: the index is made for the first that does.
        let references = || index.get_or_init(|| References::of(configuration));
        for (owner, set) in sets(configuration) {
            self.reference(owner, set.id_ref.as_deref(), || references().set(set).is_some());
            if let Some(rule) = &set.rule {
                self.reference(owner, rule.id_ref.as_deref(), || references().rule(rule).is_some());
            }
            for pair in &set.pairs {
                self.reference(owner, pair.id_ref.as_deref(), || references().pair(pair).is_some());
            }
        }
        for (owner, rule) in location_rules(configuration) {
            self.reference(owner, rule.id_ref.as_deref(), || references().rule(rule).is_some());
        }
        for constraint in &configuration.constraints {
            for set in constraint.sets() {
                let is_there = || references().resource_set(set).is_some();
                self.reference(constraint.id(), set.id_ref.as_deref(), is_there);
            }
        }
        for primitive in primitives(configuration) {
            let is_there = || references().operations(primitive).is_some();
            self.reference(&primitive.id, primitive.operations_ref(), is_there);
        }
    }

    fn reference(&mut self, owner: &str, id_ref: Option<&str>, is_there: impl Fn() -> bool) {
        if let Some(id) = id_ref.filter(|_| !is_there()) {
            let what = format!("`{id}` is referred to, and is not there");
            let help = "define it, or leave the reference out".to_owned();
            self.report(Severity::Warning, owner, id, (what, help));
        }
    }
}

/// All blocks, each with the id of the object it belongs to.
fn sets(configuration: &Configuration) -> impl Iterator<Item = (&str, &AttributeSet)> {
    let options = [
        &configuration.properties,
        &configuration.resource_defaults,
        &configuration.operation_defaults,
    ];
    let options = options.into_iter().flatten().map(|set| (set.id.as_str(), set));
    let nodes = configuration.nodes.iter().flat_map(|node| {
        node.attributes.iter().chain(&node.utilization).map(|set| (node.name.as_str(), set))
    });
    let containers = configuration.resources.iter().flat_map(container_sets);
    let primitives = primitives(configuration).flat_map(primitive_sets);
    options.chain(nodes).chain(containers).chain(primitives)
}

/// The blocks of groups, clones and bundles themselves.
fn container_sets(resource: &Resource) -> Vec<(&str, &AttributeSet)> {
    let (parameters, meta, inside) = match resource {
        Resource::Primitive(_) | Resource::Template(_) => return Vec::new(),
        Resource::Group(group) => (&group.parameters, &group.meta, None),
        Resource::Clone(clone) => (&clone.parameters, &clone.meta, Some(clone.child.as_ref())),
        Resource::Bundle(bundle) => (&bundle.parameters, &bundle.meta, None),
    };
    let own = parameters.iter().chain(meta).map(|set| (resource.id(), set));
    own.chain(inside.into_iter().flat_map(container_sets)).collect()
}

/// The blocks of a primitive and of its operations.
fn primitive_sets(primitive: &Primitive) -> impl Iterator<Item = (&str, &AttributeSet)> {
    let own = [&primitive.parameters, &primitive.meta, &primitive.utilization];
    let operations = primitive.operations.iter().flat_map(|it| [&it.parameters, &it.meta]);
    own.into_iter().chain(operations).flatten().map(|set| (primitive.id.as_str(), set))
}

/// Primitives and templates.
fn primitives(configuration: &Configuration) -> impl Iterator<Item = &Primitive> {
    let templates = configuration.resources.iter().filter_map(|resource| match resource {
        Resource::Template(template) => Some(template),
        _ => None,
    });
    configuration.primitives().chain(templates)
}

fn location_rules(configuration: &Configuration) -> impl Iterator<Item = (&str, &Rule)> {
    configuration.constraints.iter().flat_map(|constraint| {
        let rules = match constraint {
            Constraint::Location(location) => match &location.preference {
                Preference::Rules(rules) => rules.as_slice(),
                Preference::Node { .. } => &[],
            },
            _ => &[],
        };
        rules.iter().map(|rule| (constraint.id(), rule))
    })
}

#[cfg(test)]
mod tests {
    use crate::date::Date;
    use crate::validate::{Severity, validate};
    use crate::{AttributeSet, Configuration, DateExpression, Expression, Nvpair, Rule, Written};

    #[test]
    fn what_can_never_hold_and_what_refers_to_nothing_is_said() {
        let date = DateExpression {
            start: Some(Written::attempt("next week", Date::parse)),
            ..DateExpression::default()
        };
        let rule = Rule {
            id: "r".into(),
            expressions: vec![Expression::Date(Box::new(date))],
            ..Rule::default()
        };
        let pair = Nvpair { id_ref: Some("nowhere".into()), ..Nvpair::default() };
        let mut set = AttributeSet::new("d");
        (set.rule, set.pairs) = (Some(rule), vec![pair]);
        let configuration =
            Configuration { resource_defaults: vec![set], ..Configuration::default() };
        let problems = validate(&configuration);
        let said: Vec<(Severity, String)> =
            problems.iter().map(|problem| (problem.severity, problem.what.clone())).collect();
        assert_eq!(
            said,
            [
                (
                    Severity::Error,
                    "`next week` cannot be read, so that the rule never holds".to_owned()
                ),
                (Severity::Warning, "`nowhere` is referred to, and is not there".to_owned()),
            ]
        );
    }
}
