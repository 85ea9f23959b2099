//! What the words in capitals in a usage stand for.

use super::facts::{Facts, described, values};
use super::{Candidate, statement};
use crate::shell::{objects, options, script};
use cluster::Resource;
use cluster::options::{META, PROPERTIES, meta, property};

/// What has been said of a command, behind its name.
#[derive(Clone, Copy)]
pub(crate) struct Said<'a> {
    /// The words that are finished.
    pub(super) words: &'a [String],
    /// The one that is being typed.
    pub(super) word: &'a str,
    /// What is known.
    pub(super) facts: &'a Facts<'a>,
}

impl Said<'_> {
    fn last(&self) -> &str {
        self.words.last().map_or("", String::as_str)
    }

    fn first(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

/// What a word stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Agent,
    Attribute,
    Class,
    Copy,
    File,
    /// Anything: nothing can be offered.
    Free,
    Gap,
    Group,
    Id,
    IdName,
    Kind,
    Member,
    Meta,
    Node,
    Operation,
    Option,
    Pair,
    Parameter,
    Provider,
    Resource,
    Script,
    Setting,
    Utilization,
    Value,
}

/// The words for them.
const NAMES: [(&str, Place); 46] = [
    ("AGENT", Place::Agent),
    ("ATTRIBUTE", Place::Attribute),
    ("CLASS", Place::Class),
    ("COPY", Place::Copy),
    ("FILE", Place::File),
    ("TEXT", Place::Free),
    ("FOLDER", Place::Free),
    ("TIME", Place::Free),
    ("LIFETIME", Place::Free),
    ("SECONDS", Place::Free),
    ("INTERVAL", Place::Free),
    ("NEW", Place::Free),
    ("PATH", Place::Free),
    ("PROGRAM", Place::Free),
    ("COMMAND", Place::Free),
    ("TYPE", Place::Free),
    ("NUMBER", Place::Free),
    ("SCHEMA", Place::Free),
    ("SINCE", Place::Free),
    ("USER", Place::Free),
    ("TICKET", Place::Free),
    ("REVISION", Place::Free),
    ("SCRIPT", Place::Script),
    ("NAME=VALUE", Place::Gap),
    ("ADDRESS", Place::Free),
    ("CLUSTER", Place::Free),
    ("TOKEN", Place::Free),
    ("SECRET", Place::Parameter),
    ("GROUP", Place::Group),
    ("ID", Place::Id),
    ("OLD", Place::Id),
    ("ID.NAME", Place::IdName),
    ("KIND", Place::Kind),
    ("MEMBER", Place::Member),
    ("META", Place::Meta),
    ("NODE", Place::Node),
    ("OPERATION", Place::Operation),
    ("OPTION", Place::Option),
    ("N=V", Place::Pair),
    ("PARAMETER", Place::Parameter),
    ("PROVIDER", Place::Provider),
    ("RESOURCE", Place::Resource),
    ("SETTING", Place::Setting),
    ("CAPACITY", Place::Utilization),
    ("VALUE", Place::Value),
    ("LEVEL", Place::Free),
];

impl Place {
    /// The place of that name; a word in capitals that is none of them stands for anything.
    pub(crate) fn named(text: &str) -> Option<Self> {
        if let Some((_, place)) = NAMES.iter().find(|(name, _)| *name == text) {
            return Some(*place);
        }
        let is_capital = |c: char| c.is_ascii_uppercase() || "=.-_".contains(c);
        let is_place = text.starts_with(|c: char| c.is_ascii_uppercase());
        (is_place && text.chars().all(is_capital)).then_some(Self::Free)
    }

    /// Its first name.
    #[cfg(test)]
    pub(super) fn name(self) -> &'static str {
        NAMES.iter().find(|(_, place)| *place == self).map_or("", |(name, _)| name)
    }

    /// Whether the name is one of the table.
    #[cfg(test)]
    pub(super) fn is_listed(text: &str) -> bool {
        NAMES.iter().any(|(name, _)| *name == text)
    }

    /// What can be typed in it.
    pub(super) fn candidates(self, said: &Said<'_>) -> Vec<Candidate> {
        let facts = said.facts;
        match self {
            Self::Free => Vec::new(),
            Self::Resource => facts.resources(),
            Self::Node => facts.nodes(),
            Self::Group => facts.tops(|it| matches!(it, Resource::Group(_))),
            Self::Id => facts.objects(),
            Self::Member => member(said),
            Self::Agent => statement::agents(said.word, facts),
            Self::Class => words(["lsb", "ocf", "service", "stonith", "systemd"], ""),
            Self::Provider => words(facts.machine.providers(), ""),
            Self::Copy => words(facts.machine.copies(), "shadow copy"),
            Self::File => facts.machine.files(said.word).into_iter().map(file).collect(),
            Self::Kind => objects::kinds().map(|kind| Candidate::new(kind, "")).collect(),
            Self::Option => described(PROPERTIES),
            Self::Meta => described(META),
            Self::Attribute => facts.node_attributes(),
            Self::Utilization => facts.capacities(),
            Self::Parameter => agent(said).map(|it| facts.parameters(&it)).unwrap_or_default(),
            Self::Operation => agent(said).map(|it| facts.actions(&it)).unwrap_or_default(),
            Self::Script => script::names(),
            Self::Gap => gap(said),
            Self::Setting => options::settings(),
            Self::Pair => pair(said),
            Self::IdName => id_and_name(said),
            Self::Value => value(said),
        }
    }
}

fn words<T: Into<String>>(words: impl IntoIterator<Item = T>, about: &str) -> Vec<Candidate> {
    words.into_iter().map(|word| Candidate::new(word, about)).collect()
}

fn file(path: String) -> Candidate {
    if path.ends_with('/') { Candidate::begin(path, "") } else { Candidate::new(path, "") }
}

/// The agent of the resource that was named first.
fn agent(said: &Said<'_>) -> Option<String> {
    said.facts.agent_of(said.first())
}

/// Behind `add` what is in no group yet, else what is in the one that was named.
fn member(said: &Said<'_>) -> Vec<Candidate> {
    match said.last() {
        "add" => said.facts.tops(|it| matches!(it, Resource::Primitive(_))),
        _ => said.facts.members(said.first()),
    }
}

/// `NAME=VALUE` for the agent that was named.
fn pair(said: &Said<'_>) -> Vec<Candidate> {
    let agent = statement::whole_agent(said.first(), said.facts);
    statement::pairs_of(said, |name| match name {
        None => said.facts.parameters(&agent),
        Some(name) => said.facts.parameter_values(&agent, name),
    })
}

/// `NAME=VALUE` for the script that was named.
fn gap(said: &Said<'_>) -> Vec<Candidate> {
    statement::pairs_of(said, |name| match name {
        None => script::gaps(said.first()),
        Some(_) => Vec::new(),
    })
}

/// `ID.NAME` with the names of parameters and meta attributes.
fn id_and_name(said: &Said<'_>) -> Vec<Candidate> {
    let Some((id, _)) = said.word.split_once('.') else {
        let ids = said.facts.resources().into_iter();
        return ids.map(|it| Candidate::begin(format!("{}.", it.word), it.about)).collect();
    };
    let names = said.facts.agent_of(id).map(|agent| said.facts.parameters(&agent));
    let names = names.unwrap_or_default().into_iter().chain(described(META));
    names.map(|it| super::facts::behind(&format!("{id}."), it)).collect()
}

/// What the name before it can be.
fn value(said: &Said<'_>) -> Vec<Candidate> {
    let name = said.last().rsplit('.').next().unwrap_or_default();
    if let Some(option) = meta(name).or_else(|| property(name)) {
        return values(option);
    }
    match (name, agent(said)) {
        ("standby" | "maintenance", None) => words(["on", "off"], ""),
        (_, Some(agent)) => said.facts.parameter_values(&agent, name),
        (_, None) => Vec::new(),
    }
}
