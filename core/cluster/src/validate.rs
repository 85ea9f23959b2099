//! What is wrong with a configuration, in words that say what would be right.

mod access;
mod rules;
mod topology;

use crate::{
    AttributeSet, Bundle, Configuration, Constraint, Difference, LocationTarget, Object,
    ObjectKind, Preference, Primitive, Resource, Section, Swap, options,
};
use base::suggest;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It is taken, but probably not meant.
    Warning,
    /// It is refused.
    Error,
}

/// Something wrong with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// The id of the object with the problem.
    pub object: String,
    /// The word in the object that is wrong, if it is one word.
    pub word: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What would be right.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { object, what, help, .. } = self;
        write!(f, "{object}: {what}")?;
        if help.is_empty() { Ok(()) } else { write!(f, "; {help}") }
    }
}

/// Everything wrong with `configuration`, in document order. Whether agents exist is not asked
/// here: that depends on the node.
pub fn validate(configuration: &Configuration) -> Vec<Problem> {
    let mut check = Check::new(configuration);
    check.ids();
    check.properties();
    check.resources();
    check.constraints();
    check.tags();
    check.fencing();
    check.rules();
    check.references();
    check.access();
    check.problems
}

/// The errors in `after`, which `difference` has made of a configuration that had none. Looks at
/// what changed alone, where that cannot make anything else wrong.
pub fn errors_after(after: &Configuration, difference: &Difference) -> Vec<Problem> {
    let mut problems = match difference.swaps.iter().all(stands_alone) {
        true if difference.whole.is_none() => validate(&difference.after()),
        _ => validate(after),
    };
    problems.retain(|problem| problem.severity == Severity::Error);
    problems
}

/// Whether an object can be judged without the others: it comes to no new name, loses none, and
/// names nothing else.
fn stands_alone(swap: &Swap) -> bool {
    match (swap.before(), swap.after()) {
        (Some(Object::Resource(before)), Some(Object::Resource(after))) => {
            before.ids() == after.ids()
                && after.primitives().iter().all(|primitive| primitive.template.is_none())
        }
        (Some(_), Some(after)) => !matches!(
            after.kind(),
            ObjectKind::Resource
                | ObjectKind::Constraint
                | ObjectKind::Tag
                | ObjectKind::FencingLevel
                | ObjectKind::Opaque
        ),
        _ => false,
    }
}

/// What no schema would let pass either: ids that are there twice, and constraints and tags of what
/// is not there.
pub fn validate_structure(configuration: &Configuration) -> Vec<Problem> {
    let mut check = Check::new(configuration);
    check.ids();
    check.constraints();
    check.tags();
    check.problems
}

struct Check<'a> {
    configuration: &'a Configuration,
    /// The ids of resources, and of what can stand for them.
    known: BTreeSet<&'a str>,
    problems: Vec<Problem>,
}

impl<'a> Check<'a> {
    fn new(configuration: &'a Configuration) -> Self {
        let resources = configuration.resources.iter().flat_map(Resource::ids);
        let tags = configuration.tags.iter().map(|tag| tag.id.as_str());
        let opaque = configuration.opaque.iter();
        let opaque = opaque.filter(|(section, _)| *section == Section::Resources);
        let opaque = opaque.filter_map(|(_, element)| element.attribute("id"));
        let known = resources.chain(tags).chain(opaque).collect();
        Self { configuration, known, problems: Vec::new() }
    }

    fn report(&mut self, severity: Severity, object: &str, word: &str, says: (String, String)) {
        let (what, help) = says;
        let word = Some(word.to_owned()).filter(|word| !word.is_empty());
        self.problems.push(Problem { severity, object: object.to_owned(), word, what, help });
    }

    /// No id twice.
    fn ids(&mut self) {
        let mut seen: BTreeMap<&str, u32> = BTreeMap::new();
        let configuration = self.configuration;
        let resources = configuration.resources.iter().flat_map(Resource::ids);
        let constraints = configuration.constraints.iter().map(Constraint::id);
        let tags = configuration.tags.iter().map(|tag| tag.id.as_str());
        let levels = configuration.fencing_levels.iter().map(|level| level.id.as_str());
        for id in resources.chain(constraints).chain(tags).chain(levels) {
            *seen.entry(id).or_default() += 1;
        }
        for (id, count) in seen.into_iter().filter(|(_, count)| *count > 1) {
            let what = format!("the id `{id}` is given to {count} objects");
            self.report(Severity::Error, id, id, (what, "give each its own".into()));
        }
    }

    fn properties(&mut self) {
        let configuration = self.configuration;
        for set in &configuration.properties {
            self.options(&set.id, set, Severity::Warning, options::PROPERTIES);
        }
        for set in &configuration.resource_defaults {
            self.options(&set.id, set, Severity::Warning, options::META);
        }
    }

    /// Unknown names are a warning (people keep notes in them); a known name with a value of the
    /// wrong kind is an error.
    fn options(
        &mut self,
        object: &str,
        set: &AttributeSet,
        unknown: Severity,
        catalogue: &'static [options::ClusterOption],
    ) {
        let names = || catalogue.iter().flat_map(|option| option.names().iter().copied());
        for pair in &set.pairs {
            let name = pair.name.as_str();
            let option = catalogue.iter().find(|option| option.names().contains(&name));
            match (option, pair.value.as_deref()) {
                (Some(option), Some(value)) if !option.kind.accepts(value) => {
                    let what = format!("`{value}` is no value for {name}");
                    let help = format!("it takes {}", option.kind.expectation());
                    self.report(Severity::Error, object, value, (what, help));
                }
                (Some(_), _) => {}
                (None, _) => {
                    if let Some(near) = suggest::closest(name, names()) {
                        let what = format!("there is no option `{name}`");
                        let help = format!("did you mean `{near}`?");
                        self.report(unknown, object, name, (what, help));
                    }
                }
            }
        }
    }

    fn resources(&mut self) {
        let configuration = self.configuration;
        for resource in &configuration.resources {
            for set in resource.meta() {
                self.options(resource.id(), set, Severity::Warning, options::META);
            }
            for primitive in resource.primitives() {
                if primitive.id != resource.id() {
                    for set in &primitive.meta {
                        self.options(&primitive.id, set, Severity::Warning, options::META);
                    }
                }
                self.operations(primitive);
                self.template(primitive);
            }
            if let Resource::Bundle(bundle) = resource {
                self.bundle(bundle);
            }
            if let Resource::Group(group) = resource
                && group.members.is_empty()
            {
                let says = ("the group is empty".into(), "name at least one resource".into());
                self.report(Severity::Error, &group.id, "", says);
            }
        }
    }

    fn template(&mut self, primitive: &Primitive) {
        let configuration = self.configuration;
        let Some(template) = &primitive.template else { return };
        if configuration.template(template).is_none() {
            let templates = configuration.resources.iter().filter_map(|resource| match resource {
                Resource::Template(template) => Some(template.id.as_str()),
                _ => None,
            });
            let help = suggest::closest(template, templates).map_or_else(
                || "define it first".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            let what = format!("there is no template `{template}`");
            self.report(Severity::Error, &primitive.id, template, (what, help));
        }
    }

    fn bundle(&mut self, bundle: &Bundle) {
        if bundle.container.image.is_empty() {
            let says = ("the container has no image".into(), "write image=...".into());
            self.report(Severity::Error, &bundle.id, "", says);
        }
        let is_reached = bundle.network.as_ref().is_some_and(|network| {
            network.ip_range_start.is_some() || network.control_port.is_some()
        });
        if bundle.primitive.is_some() && !is_reached {
            let what = "a resource runs inside, and there is no way to reach it".to_owned();
            let help = "give the network an ip-range-start or a control-port".to_owned();
            self.report(Severity::Error, &bundle.id, "", (what, help));
        }
    }

    fn operations(&mut self, primitive: &Primitive) {
        for (index, operation) in primitive.operations.iter().enumerate() {
            let same = |other: &crate::OperationSettings| {
                other.name == operation.name
                    && other.interval.value == operation.interval.value
                    && other.role == operation.role
            };
            if primitive.operations[..index].iter().any(same) {
                let what = format!(
                    "operation {} with interval {} is given twice",
                    operation.name, operation.interval
                );
                let help = "give each monitor its own interval or role".into();
                self.report(Severity::Error, &primitive.id, &operation.name, (what, help));
            }
            if operation.name == "monitor" && operation.interval.value.is_zero() {
                continue;
            }
            if ["start", "stop", "promote", "demote"].contains(&operation.name.as_str())
                && !operation.interval.value.is_zero()
            {
                let what = format!("a {} cannot be repeated", operation.name);
                let help = "leave its interval out".into();
                self.report(Severity::Error, &primitive.id, &operation.interval.text, (what, help));
            }
        }
    }

    fn constraints(&mut self) {
        let configuration = self.configuration;
        for constraint in &configuration.constraints {
            if constraint.extra().element("lifetime").is_some() {
                let what = "its `lifetime` is passed over: it always holds".to_owned();
                let help = "say it by a rule of a location, or take the constraint out".to_owned();
                self.report(Severity::Warning, constraint.id(), "lifetime", (what, help));
            }
            for id in constraint.resources() {
                if !self.known.contains(id) {
                    let what = format!("there is no resource `{id}`");
                    self.report(Severity::Error, constraint.id(), id, (what, self.near(id)));
                }
            }
            if let Constraint::Location(location) = constraint
                && let Preference::Node { node, .. } = &location.preference
                && !configuration.nodes.is_empty()
                && configuration.node(node).is_none()
            {
                let what = format!("there is no node `{node}`");
                let names = configuration.nodes.iter().map(|node| node.name.as_str());
                let help = suggest::closest(node, names)
                    .map_or_else(String::new, |near| format!("did you mean `{near}`?"));
                self.report(Severity::Warning, constraint.id(), node, (what, help));
            }
            if let Constraint::Location(location) = constraint
                && let LocationTarget::Sets(sets) = &location.target
                && sets.is_empty()
            {
                let says = ("no resource is named".into(), "name at least one".into());
                self.report(Severity::Error, constraint.id(), "", says);
            }
        }
    }

    fn near(&self, id: &str) -> String {
        let ids = self.configuration.resources.iter().flat_map(Resource::ids);
        suggest::closest(id, ids).map_or_else(
            || "define it first, or leave the constraint out".into(),
            |near| format!("did you mean `{near}`?"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Element, Extra, ExtraNode, Group, Tag, TicketConstraint, TicketTarget};

    fn primitive(id: &str) -> Primitive {
        Primitive { id: id.into(), ..Primitive::default() }
    }

    #[test]
    fn a_look_at_what_changed_finds_what_a_look_at_all_finds() {
        let mut before = Configuration::default();
        before.properties.push(AttributeSet::new("options"));
        before.resources = ["a", "b"].map(|id| Resource::Primitive(primitive(id))).into();
        before.tags.push(Tag { id: "t".into(), members: vec!["a".into()], ..Tag::default() });
        let changes: [fn(&mut Configuration); 8] = [
            |it| it.properties[0].set("maintenance-mode", "true"),
            |it| it.properties[0].set("maintenance-mode", "perhaps"),
            |it| it.primitive_mut("a").expect("it is there").meta.push(AttributeSet::new("m")),
            |it| it.primitive_mut("a").expect("it is there").template = Some("nowhere".into()),
            |it| it.resources.push(Resource::Primitive(primitive("t"))),
            |it| it.resources.push(Resource::Primitive(primitive("c"))),
            |it| it.resources[1] = Resource::Group(Group { id: "b".into(), ..Group::default() }),
            |it| drop(it.resources.remove(1)),
        ];
        for (number, change) in changes.iter().enumerate() {
            let mut after = before.clone();
            change(&mut after);
            let mut all = validate(&after);
            all.retain(|problem| problem.severity == Severity::Error);
            let found = errors_after(&after, &Difference::between(&before, &after));
            assert_eq!(found, all, "change {number}");
        }
    }

    /// Nobody asks any more how long a constraint lives.
    #[test]
    fn a_lifetime_is_warned_of() {
        let lifetime = Element { name: "lifetime".into(), ..Element::default() };
        let children = vec![ExtraNode::Element(lifetime)];
        let ticket = TicketConstraint {
            id: "t".into(),
            target: TicketTarget::Sets(Vec::new()),
            ticket: "site".into(),
            loss_policy: None,
            extra: Extra { children, ..Extra::default() },
        };
        let constraints = [Constraint::Ticket(ticket)].into();
        let problems = validate(&Configuration { constraints, ..Configuration::default() });
        let said: Vec<(Severity, &str)> =
            problems.iter().map(|problem| (problem.severity, problem.what.as_str())).collect();
        let passed_over = "its `lifetime` is passed over: it always holds";
        assert!(said.contains(&(Severity::Warning, passed_over)), "{said:?}");
    }
}
