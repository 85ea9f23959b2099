//! The parts of an object behind its head: `params`, `meta`, `op` and the others.

use super::super::Candidate;
use super::super::facts::advised;
use super::super::places::Said;
use super::{meta_pair, pairs_of};
use crate::description::Advice;
use cluster::OnFail;
use crmsh::vocabulary::{ACTIONS, OPERATION_ATTRIBUTES, ROLES};

/// What stands behind the head of an object.
pub(super) struct Body<'a> {
    pub(super) said: &'a Said<'a>,
    /// Where it begins among the words.
    pub(super) from: usize,
    /// Whose parameters and actions they are.
    pub(super) agent: Option<&'a str>,
    /// The part that words belong to before any part is named; none if empty.
    pub(super) first: &'static str,
    /// The words that begin a part.
    pub(super) parts: &'a [&'static str],
}

impl Body<'_> {
    pub(super) fn next(&self) -> Vec<Candidate> {
        let words = &self.said.words[self.from.min(self.said.words.len())..];
        let begins = |word: &String| self.parts.contains(&word.to_ascii_lowercase().as_str());
        let begun = words.iter().rposition(begins);
        let (part, inside) = match begun {
            Some(place) => (words[place].to_ascii_lowercase(), &words[place + 1..]),
            None => (self.first.to_owned(), words),
        };
        let mut found = self.inside(&part, inside);
        // A part that was just begun has to say something; a value that was begun, too.
        let is_open = inside.is_empty() && begun.is_some();
        if !self.said.word.contains('=') && !is_open {
            let has_operation = words.iter().any(|word| word == "op");
            let fits = |part: &&&str| has_operation || !part.starts_with("op_");
            found.extend(
                self.parts.iter().filter(fits).map(|part| Candidate::new(*part, about(part))),
            );
        }
        found
    }

    fn inside(&self, part: &str, inside: &[String]) -> Vec<Candidate> {
        let facts = self.said.facts;
        let said = Said { words: inside, ..*self.said };
        match part {
            "params" | "op_params" => {
                let Some(agent) = self.agent else { return Vec::new() };
                pairs_of(&said, |name| match name {
                    None => facts.parameters(agent),
                    Some(name) => facts.parameter_values(agent, name),
                })
            }
            "meta" | "op_meta" => pairs_of(&said, meta_pair),
            "utilization" => pairs_of(&said, |name| match name {
                None => facts.capacities(),
                Some(_) => Vec::new(),
            }),
            "attributes" => pairs_of(&said, |name| match name {
                None => facts.node_attributes(),
                Some("standby" | "maintenance") => choices(&["on", "off"]),
                Some(_) => Vec::new(),
            }),
            "op" => self.operation(&said),
            "operations" => vec![Candidate::begin("$id=", "a name for all operations")],
            "docker" | "podman" | "rkt" => pairs_of(&said, |name| bundle_names(name, &CONTAINER)),
            "network" => pairs_of(&said, |name| bundle_names(name, &NETWORK)),
            _ => Vec::new(),
        }
    }

    fn operation(&self, said: &Said<'_>) -> Vec<Candidate> {
        let description = self.agent.and_then(|agent| said.facts.description(agent));
        let Some(action) = said.words.first() else {
            return match self.agent {
                Some(agent) => said.facts.actions(agent),
                None => choices(&ACTIONS),
            };
        };
        let advice =
            description.as_ref().and_then(|it| it.actions.iter().find(|it| it.name == *action));
        pairs_of(said, |name| operation_attribute(name, advice))
    }
}

/// What a part is for.
fn about(part: &str) -> &'static str {
    match part {
        "params" => "what the agent is told",
        "meta" => "what the cluster is told",
        "utilization" => "what it needs of a node, or a node offers",
        "op" => "an action of the agent: how often, how long",
        "op_params" => "what the agent is told for this action",
        "op_meta" => "options of this action",
        "operations" => "the operations as a whole",
        "attributes" => "values that rules can ask for",
        _ => "",
    }
}

fn choices(words: &[&str]) -> Vec<Candidate> {
    words.iter().map(|word| Candidate::new(*word, "")).collect()
}

/// An attribute of an operation, with what is advised for it; or what it can be.
pub(super) fn operation_attribute(name: Option<&str>, advice: Option<&Advice>) -> Vec<Candidate> {
    let Some(name) = name else {
        let about = |name: &str| {
            let value = advice.and_then(|it| it.value(name));
            value.map_or_else(String::new, |value| format!("advised: {value}"))
        };
        return OPERATION_ATTRIBUTES.iter().map(|it| Candidate::new(*it, about(it))).collect();
    };
    let advised_value = advice.and_then(|advice| Some((advice.value(name)?, advised(advice))));
    if let Some((value, about)) = advised_value {
        return vec![Candidate::new(value, about)];
    }
    match name {
        "on-fail" => OnFail::names().map(|word| Candidate::new(word, "")).collect(),
        "role" => choices(&ROLES[..4]),
        "enabled" | "record-pending" => choices(&["true", "false"]),
        _ => Vec::new(),
    }
}

/// What is said of a container.
const CONTAINER: [&str; 7] =
    ["image", "replicas", "replicas-per-host", "promoted-max", "run-command", "network", "options"];
/// What is said of how it is reached.
const NETWORK: [&str; 5] =
    ["ip-range-start", "control-port", "host-interface", "host-netmask", "add-host"];

fn bundle_names(name: Option<&str>, known: &[&str]) -> Vec<Candidate> {
    if name.is_none() { choices(known) } else { Vec::new() }
}
