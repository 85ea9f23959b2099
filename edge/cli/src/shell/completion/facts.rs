//! What the candidates are taken from: a configuration, and what the machine has.

use super::{Candidate, Machine};
use crate::description::{Advice, Description};
use cluster::options::{self, ClusterOption, Kind};
use cluster::{AttributeSet, Configuration, Constraint, Primitive, Resource};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is known when something is typed.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    /// What is configured.
    pub(crate) configuration: &'a Configuration,
    /// Agents and files.
    pub(crate) machine: &'a dyn Machine,
}

/// The same with something in front of the word.
pub(super) fn behind(start: &str, candidate: Candidate) -> Candidate {
    Candidate { word: format!("{start}{}", candidate.word), ..candidate }
}

fn kind_of(resource: &Resource) -> String {
    match resource {
        Resource::Primitive(primitive) => agent_in_short(primitive),
        Resource::Template(template) => format!("template, {}", agent_in_short(template)),
        Resource::Group(group) => format!("group of {}", group.members.len()),
        Resource::Clone(clone) => format!("clone of {}", clone.child.id()),
        Resource::Bundle(bundle) => format!("bundle, {}", bundle.container.kind.name()),
    }
}

fn agent_in_short(primitive: &Primitive) -> String {
    match &primitive.template {
        Some(template) => format!("@{template}"),
        None => {
            let agent = primitive.agent.to_string();
            agent.strip_prefix("ocf:heartbeat:").map_or_else(|| agent.clone(), str::to_owned)
        }
    }
}

/// A resource and all inside it.
fn whole(resource: &Resource, found: &mut Vec<Candidate>) {
    found.push(Candidate::new(resource.id(), kind_of(resource)));
    let inside = |it: &Primitive| {
        Candidate::new(&it.id, format!("{}, in {}", agent_in_short(it), resource.id()))
    };
    match resource {
        Resource::Primitive(_) | Resource::Template(_) => {}
        Resource::Clone(clone) => whole(&clone.child, found),
        Resource::Group(group) => found.extend(group.members.iter().map(inside)),
        Resource::Bundle(bundle) => found.extend(bundle.primitive.iter().map(inside)),
    }
}

impl Facts<'_> {
    /// Everything that runs, groups, clones and bundles and what is in them.
    pub(super) fn resources(&self) -> Vec<Candidate> {
        let mut found = Vec::new();
        let runs = |it: &&Resource| !matches!(it, Resource::Template(_));
        for resource in self.configuration.resources.iter().filter(runs) {
            whole(resource, &mut found);
        }
        found
    }

    /// What is at the top level and of a kind.
    pub(super) fn tops(&self, is_it: fn(&Resource) -> bool) -> Vec<Candidate> {
        let found = self.configuration.resources.iter().filter(|it| is_it(it));
        found.map(|it| Candidate::new(it.id(), kind_of(it))).collect()
    }

    /// What is in a group.
    pub(super) fn members(&self, group: &str) -> Vec<Candidate> {
        let found = self.configuration.resources.iter().find(|it| it.id() == group);
        let members = found.into_iter().flat_map(Resource::primitives);
        members.map(|it| Candidate::new(&it.id, agent_in_short(it))).collect()
    }

    /// Fence devices.
    pub(super) fn devices(&self) -> Vec<Candidate> {
        let devices = self.configuration.primitives().filter(|it| it.agent.is_fencing());
        devices.map(|it| Candidate::new(&it.id, agent_in_short(it))).collect()
    }

    /// The nodes' names.
    pub(super) fn nodes(&self) -> Vec<Candidate> {
        let nodes = self.configuration.nodes.iter();
        nodes.map(|it| Candidate::new(&it.name, it.kind.as_deref().unwrap_or("node"))).collect()
    }

    /// Everything that has an id of its own in the language.
    pub(super) fn objects(&self) -> Vec<Candidate> {
        let configuration = self.configuration;
        let mut found = self.nodes();
        found.extend(self.tops(|it| matches!(it, Resource::Template(_))));
        found.extend(self.resources());
        let sets = [
            (&configuration.properties, "cluster options"),
            (&configuration.resource_defaults, "defaults of resources"),
            (&configuration.operation_defaults, "defaults of operations"),
        ];
        found.extend(configuration.constraints.iter().map(|it| Candidate::new(it.id(), word(it))));
        found.extend(configuration.tags.iter().map(|it| Candidate::new(&it.id, "tag")));
        for (sets, about) in sets {
            found.extend(sets.iter().map(|set| Candidate::new(&set.id, about)));
        }
        let others = configuration.opaque.iter();
        found.extend(others.filter_map(|(_, it)| {
            Some(Candidate::new(it.attribute("id")?, it.name.replace('_', " ")))
        }));
        found
    }

    /// The tickets that constraints name.
    pub(super) fn tickets(&self) -> Vec<Candidate> {
        let tickets = self.configuration.constraints.iter().filter_map(|it| match it {
            Constraint::Ticket(constraint) => Some(constraint.ticket.as_str()),
            _ => None,
        });
        named(tickets.collect(), "ticket")
    }

    /// Names that nodes' attributes have.
    pub(super) fn node_attributes(&self) -> Vec<Candidate> {
        let sets = self.configuration.nodes.iter().flat_map(|node| &node.attributes);
        let mut names = names(sets);
        names.extend(["standby", "maintenance"]);
        named(names, "node attribute")
    }

    /// Names of capacities, at nodes and resources.
    pub(super) fn capacities(&self) -> Vec<Candidate> {
        let nodes = self.configuration.nodes.iter().flat_map(|node| &node.utilization);
        let needs = self.configuration.primitives().flat_map(|it| &it.utilization);
        named(names(nodes.chain(needs)), "capacity")
    }

    /// The primitive of that id, or the template.
    pub(super) fn primitive(&self, id: &str) -> Option<&Primitive> {
        self.configuration.primitive(id).or_else(|| self.configuration.template(id))
    }

    /// The agent of a primitive, its template's if it has one.
    pub(super) fn agent_of(&self, id: &str) -> Option<String> {
        let primitive = self.primitive(id)?;
        let template = primitive.template.as_ref().and_then(|id| self.configuration.template(id));
        Some(template.unwrap_or(primitive).agent.to_string())
    }

    /// What an agent says about itself.
    pub(super) fn description(&self, agent: &str) -> Option<Arc<Description>> {
        self.machine.description(agent)
    }

    /// The names of an agent's parameters.
    pub(super) fn parameters(&self, agent: &str) -> Vec<Candidate> {
        let description = self.description(agent);
        let known = description.iter().flat_map(|it| &it.parameters);
        let mut found: Vec<Candidate> = known
            .map(|it| {
                let star = if it.is_required { "has to be set: " } else { "" };
                Candidate::new(&it.name, format!("{star}{}", it.short))
            })
            .collect();
        if agent.starts_with("stonith:") {
            found.extend(described(options::FENCING));
        }
        found
    }

    /// What a parameter can be: what its author says it is otherwise.
    pub(super) fn parameter_values(&self, agent: &str, name: &str) -> Vec<Candidate> {
        if let Some(option) = options::FENCING.iter().find(|it| it.names().contains(&name)) {
            return values(option);
        }
        let Some(description) = self.description(agent) else { return Vec::new() };
        let Some(parameter) = description.parameters.iter().find(|it| it.name == name) else {
            return Vec::new();
        };
        if parameter.kind == "boolean" {
            return yes_or_no(parameter.default.as_deref().unwrap_or_default());
        }
        let default = parameter.default.iter();
        default.map(|value| Candidate::new(value, "the default")).collect()
    }

    /// The actions of an agent.
    pub(super) fn actions(&self, agent: &str) -> Vec<Candidate> {
        let description = self.description(agent);
        let known = description.iter().flat_map(|it| &it.actions);
        let mut found: Vec<Candidate> = Vec::new();
        for action in known.filter(|it| !["meta-data", "validate-all"].contains(&&*it.name)) {
            if found.iter().all(|it| it.word != action.name) {
                found.push(Candidate::new(&action.name, advised(action)));
            }
        }
        if found.is_empty() {
            let usual = crmsh::vocabulary::ACTIONS.iter();
            found.extend(usual.map(|name| Candidate::new(*name, "")));
        }
        found
    }
}

/// The word of the language for a constraint.
fn word(constraint: &Constraint) -> &'static str {
    match constraint {
        Constraint::Location(_) => "location",
        Constraint::Colocation(_) => "colocation",
        Constraint::Order(_) => "order",
        Constraint::Ticket(_) => "rsc_ticket",
    }
}

fn names<'a>(sets: impl Iterator<Item = &'a AttributeSet>) -> BTreeSet<&'a str> {
    sets.flat_map(|set| &set.pairs).map(|pair| pair.name.as_str()).collect()
}

fn named(names: BTreeSet<&str>, about: &str) -> Vec<Candidate> {
    names.into_iter().map(|name| Candidate::new(name, about)).collect()
}

/// What is advised for an action.
pub(super) fn advised(action: &Advice) -> String {
    let said = |name| action.value(name).map(|value| format!("{name} {value}"));
    let parts: Vec<String> = ["interval", "timeout", "role"].into_iter().filter_map(said).collect();
    if parts.is_empty() { String::new() } else { format!("advised: {}", parts.join(", ")) }
}

/// Options of the catalogue, by all of their names.
pub(super) fn described(options: &[ClusterOption]) -> Vec<Candidate> {
    options.iter().flat_map(by_all_names).collect()
}

fn by_all_names(option: &ClusterOption) -> Vec<Candidate> {
    let default = match option.default {
        "" => String::new(),
        value => format!(" [{value}]"),
    };
    let about = format!("{}{default}", option.description);
    option.names().iter().map(|name| Candidate::new(*name, about.clone())).collect()
}

/// What an option can be.
pub(super) fn values(option: &ClusterOption) -> Vec<Candidate> {
    match option.kind {
        Kind::Boolean => yes_or_no(option.default),
        Kind::OneOf(words) => {
            let about = |word| if word == option.default { "the default" } else { "" };
            words.iter().map(|word| Candidate::new(*word, about(*word))).collect()
        }
        Kind::Integer | Kind::Score | Kind::Duration | Kind::Percentage | Kind::Text => {
            let default = Some(option.default).filter(|text| !text.is_empty());
            default.iter().map(|value| Candidate::new(*value, "the default")).collect()
        }
    }
}

fn yes_or_no(default: &str) -> Vec<Candidate> {
    let is = |word: bool| cluster::value::boolean(default) == Some(word);
    let about = |word| if is(word) { "the default" } else { "" };
    vec![Candidate::new("true", about(true)), Candidate::new("false", about(false))]
}
