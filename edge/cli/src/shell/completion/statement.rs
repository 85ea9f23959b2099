//! The language of `configure`: what the next word of a statement can be.

mod constraints;
mod parts;

use super::Candidate;
use super::facts::{Facts, behind, described};
use super::places::Said;
use crate::shell::{objects, ra};
use cluster::Resource;
use cluster::options::{META, PROPERTIES, meta, property};
use crmsh::vocabulary::{BUNDLE_PARTS, CLASSES, PERMISSIONS, PRIMITIVE_PARTS};
use parts::{Body, operation_attribute};

/// What the next word can be; the first is the keyword.
pub(super) fn next(said: &Said<'_>) -> Vec<Candidate> {
    let keyword = said.words[0].to_ascii_lowercase();
    let place = said.words.len();
    match (keyword.as_str(), place) {
        // A new id is nobody's to propose.
        (_, 1) if names_something_new(&keyword) => Vec::new(),
        ("primitive" | "rsc_template", 2) => agents(said.word, said.facts),
        ("primitive" | "rsc_template", _) => {
            let agent = whole_agent(&said.words[2], said.facts);
            Body { said, from: 3, agent: Some(&agent), first: "params", parts: &PRIMITIVE_PARTS }
                .next()
        }
        ("group", _) => group(said),
        ("clone" | "ms" | "master", 2) => said.facts.tops(can_be_cloned),
        ("clone" | "ms" | "master", _) => container(said, 3, "meta"),
        ("bundle", _) => bundle(said),
        ("location", _) => constraints::location(said),
        ("colocation" | "collocation", _) => constraints::colocation(said),
        ("order", _) => constraints::order(said),
        ("rsc_ticket", _) => constraints::ticket(said),
        ("tag", _) => said.facts.objects(),
        ("node", 1) => said.facts.nodes(),
        ("node", _) => {
            let parts = &["attributes", "utilization"];
            Body { said, from: 2, agent: None, first: "attributes", parts }.next()
        }
        ("property", _) => pairs_of(said, |name| match name {
            None => described(PROPERTIES),
            Some(name) => property(name).map(super::facts::values).unwrap_or_default(),
        }),
        ("rsc_defaults", _) => pairs_of(said, meta_pair),
        ("op_defaults", _) => pairs_of(said, |name| operation_attribute(name, None)),
        ("monitor", 1) => said.facts.resources(),
        ("fencing_topology" | "fencing-topology", _) => topology(said),
        ("role", _) => permission(said),
        ("acl_target" | "acl_group", 2..) => roles(said.facts),
        ("alert", 2) => super::Place::File.candidates(said),
        ("alert", _) => {
            let parts = &["attributes", "meta", "select", "to"];
            Body { said, from: 3, agent: None, first: "", parts }.next()
        }
        _ => Vec::new(),
    }
}

fn names_something_new(keyword: &str) -> bool {
    let others = ["node", "property", "rsc_defaults", "op_defaults", "monitor", "acl_target"];
    !others.contains(&keyword) && !keyword.starts_with("fencing")
}

/// What is expected behind the keyword and so many words.
pub(super) fn expected(keyword: &str, words: usize) -> String {
    let keyword = keyword.to_ascii_lowercase();
    let Some(object) = objects::of(&keyword) else { return String::new() };
    // The parts that can be left out have no fixed place: they stay in sight.
    let pieces: Vec<&str> = object.syntax.split(' ').collect();
    let fixed = pieces.iter().position(|piece| piece.starts_with('[')).unwrap_or(pieces.len());
    pieces[words.min(fixed)..].join(" ")
}

/// What can be made several instances of.
const fn can_be_cloned(resource: &Resource) -> bool {
    matches!(resource, Resource::Primitive(_) | Resource::Group(_))
}

/// A meta attribute, or what it can be.
fn meta_pair(name: Option<&str>) -> Vec<Candidate> {
    match name {
        None => described(META),
        Some(name) => meta(name).map(super::facts::values).unwrap_or_default(),
    }
}

/// `NAME=VALUE`: the names that were not said yet, and behind `=` what the value can be.
pub(super) fn pairs_of(
    said: &Said<'_>,
    known: impl Fn(Option<&str>) -> Vec<Candidate>,
) -> Vec<Candidate> {
    if let Some((name, _)) = said.word.split_once('=') {
        let values = known(Some(name)).into_iter();
        return values.map(|it| behind(&format!("{name}="), it)).collect();
    }
    let is_said = |it: &Candidate| {
        let said = said.words.iter().filter_map(|word| word.split_once('='));
        said.into_iter().any(|(name, _)| name == it.word)
    };
    let names = known(None).into_iter().filter(|it| !is_said(it));
    names.map(|it| Candidate::begin(format!("{}=", it.word), it.about)).collect()
}

/// Agents, and `@TEMPLATE`, a step at a time: the class, who has it, its type.
pub(super) fn agents(word: &str, facts: &Facts<'_>) -> Vec<Candidate> {
    let machine = facts.machine;
    let all = |start: &str, names: Vec<String>| -> Vec<Candidate> {
        names.into_iter().map(|name| Candidate::new(format!("{start}{name}"), "")).collect()
    };
    let mut pieces = word.splitn(3, ':');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some("ocf"), Some(provider), Some(_)) => {
            all(&format!("ocf:{provider}:"), machine.agents(provider))
        }
        (Some("ocf"), Some(_), None) => {
            let providers = machine.providers().into_iter();
            providers.map(|it| Candidate::begin(format!("ocf:{it}:"), "")).collect()
        }
        (Some("stonith"), Some(_), _) => all("stonith:", machine.fence_agents()),
        (Some(class), Some(_), _) => {
            all(&format!("{class}:"), machine.services(class).into_iter().collect())
        }
        (_, None, _) => {
            let mut found = all("", machine.agents("heartbeat"));
            let classes = CLASSES.into_iter().take(5);
            found.extend(classes.map(|class| Candidate::begin(format!("{class}:"), "")));
            let templates = facts.tops(|it| matches!(it, Resource::Template(_))).into_iter();
            found.extend(templates.map(|it| behind("@", it)));
            found
        }
        (None, ..) => Vec::new(),
    }
}

/// The whole name of an agent, or that of the template's.
pub(super) fn whole_agent(name: &str, facts: &Facts<'_>) -> String {
    match name.strip_prefix('@') {
        Some(template) => facts.agent_of(template).unwrap_or_default(),
        None => ra::whole(name).unwrap_or_default(),
    }
}

fn group(said: &Said<'_>) -> Vec<Candidate> {
    let has_part = said.words.iter().any(|word| word == "meta" || word == "params");
    let mut found = match has_part {
        true => Vec::new(),
        false => said.facts.tops(|it| matches!(it, Resource::Primitive(_))),
    };
    found.retain(|it| !said.words.contains(&it.word));
    if said.words.len() > 2 {
        found.extend(container(said, 3, ""));
    }
    found
}

/// What a group or a clone says of itself.
fn container(said: &Said<'_>, from: usize, first: &'static str) -> Vec<Candidate> {
    Body { said, from, agent: None, first, parts: &["meta", "params"] }.next()
}

fn bundle(said: &Said<'_>) -> Vec<Candidate> {
    if said.words.last().is_some_and(|word| word == "primitive") {
        return said.facts.tops(|it| matches!(it, Resource::Primitive(_)));
    }
    Body { said, from: 2, agent: None, first: "", parts: &BUNDLE_PARTS }.next()
}

/// `[NODE:] DEVICE[,DEVICE]...`
fn topology(said: &Said<'_>) -> Vec<Candidate> {
    let nodes = said.facts.nodes().into_iter();
    let mut found: Vec<Candidate> = match said.word.rsplit_once(',') {
        Some((before, _)) => {
            let devices = said.facts.devices().into_iter();
            return devices.map(|it| behind(&format!("{before},"), it)).collect();
        }
        None => nodes.map(|it| Candidate::new(format!("{}:", it.word), it.about)).collect(),
    };
    found.extend(said.facts.devices());
    found
}

/// What a permission can be about.
const SUBJECTS: [(&str, &str); 7] = [
    ("xpath:", "the elements that an XPath finds"),
    ("ref:", "the element with that id"),
    ("tag:", "elements of that name"),
    ("attribute:", "that attribute of them"),
    ("status", "the status"),
    ("cib", "everything"),
    ("node", "the nodes"),
];

fn permission(said: &Said<'_>) -> Vec<Candidate> {
    if let Some((start @ "ref", _)) = said.word.split_once(':') {
        return said
            .facts
            .objects()
            .into_iter()
            .map(|it| behind(&format!("{start}:"), it))
            .collect();
    }
    let mut found: Vec<Candidate> =
        PERMISSIONS.iter().map(|word| Candidate::new(*word, "")).collect();
    if said.words.len() > 2 {
        found.extend(SUBJECTS.map(|(word, about)| match word.ends_with(':') {
            true => Candidate::begin(word, about),
            false => Candidate::new(word, about),
        }));
    }
    found
}

fn roles(facts: &Facts<'_>) -> Vec<Candidate> {
    let elements = facts.configuration.opaque.iter().map(|(_, element)| element);
    let roles = elements.filter(|it| it.name == "acl_role").filter_map(|it| it.attribute("id"));
    roles.map(|id| Candidate::new(id, "role")).collect()
}
