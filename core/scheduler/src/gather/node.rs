//! What the status says about every node.

use super::options::ClusterOptions;
use crate::index::NodeIndex;
use crate::{Facts, Situation};
use cluster::value::boolean;
use cluster::{Expected, JoinState, NodeEntry, NodeStatus, Score, merged};
use std::collections::{BTreeMap, BTreeSet};

/// How far a node takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It takes part.
    Online,
    /// It is in the membership and about to join; nothing is asked of it yet.
    Pending,
    /// It is not there.
    Offline,
}

/// What keeps resources away from a node that is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standby {
    /// Somebody said so (attribute `standby`).
    Requested,
    /// An operation with `on-fail=standby` failed there.
    Failure,
}

/// How healthy a node's attributes `#health...` say it is: the worst of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Health {
    /// All is well.
    #[default]
    Green,
    /// It is getting worse.
    Yellow,
    /// Resources should leave.
    Red,
}

impl Health {
    /// Reads the colour's name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "green" => Some(Self::Green),
            "yellow" => Some(Self::Yellow),
            "red" => Some(Self::Red),
            _ => None,
        }
    }
}

/// One node as it is.
#[derive(Clone, Debug)]
pub struct NodeState<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its place among the nodes by name (numbers in names count as numbers): of equals the one
    /// with the lowest place is chosen.
    pub precedence: u32,
    /// What the configuration says about it, if it is there.
    pub entry: Option<&'a NodeEntry>,
    /// What the status says about it; `None` for a node that was never seen.
    pub status: Option<&'a NodeStatus>,
    /// How far it takes part.
    pub presence: Presence,
    /// Why it has to be fenced before anything it may run is started elsewhere, in words;
    /// `None` for a node whose state is certain.
    pub unclean: Option<String>,
    /// Whether and why no resource may run there.
    pub standby: Option<Standby>,
    /// Hands off everything there.
    pub is_in_maintenance: bool,
    /// Whether it is leaving in order.
    pub is_shutting_down: bool,
    /// The worst of its health attributes.
    pub health: Health,
    /// What its health is worth under the cluster's strategy.
    pub health_score: Score,
    /// Its attributes, permanent and transient, with the built-in ones (`#uname`, ...).
    pub attributes: BTreeMap<String, String>,
}

impl NodeState<'_> {
    /// Whether it takes part and its state is certain.
    pub const fn is_usable(&self) -> bool {
        matches!(self.presence, Presence::Online) && self.unclean.is_none()
    }

    /// Whether resources may be placed there.
    pub const fn is_eligible(&self) -> bool {
        self.is_usable()
            && self.standby.is_none()
            && !self.is_in_maintenance
            && !self.is_shutting_down
    }

    /// Why resources may not be placed there, in words.
    pub fn obstacle(&self) -> Option<String> {
        let name = self.name;
        if let Some(why) = &self.unclean {
            let is_about_node = why.starts_with(name);
            let why = why.clone();
            return Some(if is_about_node { why } else { format!("{name} is unclean: {why}") });
        }
        match self.presence {
            Presence::Offline => return Some(format!("{name} is offline")),
            Presence::Pending => return Some(format!("{name} has not joined yet")),
            Presence::Online => {}
        }
        match self.standby {
            Some(Standby::Requested) => Some(format!("{name} is in standby")),
            Some(Standby::Failure) => Some(format!("{name} is in standby after a failure")),
            None if self.is_in_maintenance => Some(format!("{name} is in maintenance")),
            None if self.is_shutting_down => Some(format!("{name} is shutting down")),
            None => None,
        }
    }

    /// Whether what its history says still matters: a node that left in order, or was fenced,
    /// runs nothing.
    pub const fn may_run_something(&self) -> bool {
        !matches!(self.presence, Presence::Offline) || self.unclean.is_some()
    }

    fn is_set(&self, attribute: &str) -> bool {
        self.attributes.get(attribute).and_then(|value| boolean(value)).unwrap_or(false)
    }
}

/// Reads all nodes: the configured ones in document order, then those only the status knows.
pub(super) fn read<'a>(situation: &mut Situation<'a>) {
    let facts = situation.facts;
    let mut seen = BTreeSet::new();
    for entry in &facts.configuration.nodes {
        let by_id = facts.status.nodes.get_key_value(&entry.id);
        let status = by_id.or_else(|| by_name(&facts, &entry.name));
        if let Some((id, _)) = status {
            seen.insert(id.as_str());
        }
        let status = status.map(|(_, status)| status);
        add(situation, Known { id: &entry.id, name: &entry.name, entry: Some(entry), status });
    }
    for (id, status) in &facts.status.nodes {
        if !seen.contains(id.as_str()) {
            add(situation, Known { id, name: &status.name, entry: None, status: Some(status) });
        }
    }
    line_up(situation);
}

/// Gives every node its place by name.
fn line_up(situation: &mut Situation<'_>) {
    let mut line: Vec<NodeIndex> = situation.nodes.keys().collect();
    line.sort_by_cached_key(|node| by_number(situation.nodes[*node].name));
    for (precedence, node) in (0..).zip(line) {
        situation.nodes[node].precedence = precedence;
    }
}

/// A name as words and numbers, so that `oss2` sorts before `oss10`.
fn by_number(name: &str) -> Vec<(u64, String)> {
    let mut parts: Vec<(u64, String)> = vec![(0, String::new())];
    for c in name.to_lowercase().chars() {
        let is_after_number = parts.last().is_some_and(|(number, _)| *number > 0);
        match (c.to_digit(10), parts.last_mut()) {
            (Some(digit), Some((number, text))) if text.is_empty() => {
                *number = number.saturating_mul(10).saturating_add(u64::from(digit) + 1);
            }
            (Some(digit), _) => parts.push((u64::from(digit) + 1, String::new())),
            (None, Some((_, text))) if !is_after_number => text.push(c),
            (None, _) => parts.push((0, c.to_string())),
        }
    }
    parts
}

fn by_name<'a>(facts: &Facts<'a>, name: &str) -> Option<(&'a String, &'a NodeStatus)> {
    facts.status.nodes.iter().find(|(_, status)| status.name == name)
}

#[derive(Clone, Copy)]
struct Known<'a> {
    id: &'a str,
    name: &'a str,
    entry: Option<&'a NodeEntry>,
    status: Option<&'a NodeStatus>,
}

fn add<'a>(situation: &mut Situation<'a>, known: Known<'a>) {
    let facts = situation.facts;
    let options = &situation.options;
    let Known { id, name, entry, status } = known;
    let is_being_fenced = situation.being_fenced.contains(name);
    let (presence, unclean) = standing(options, &known, is_being_fenced);
    let mut node = NodeState {
        id,
        name,
        precedence: 0,
        entry,
        status,
        presence,
        unclean,
        standby: None,
        is_in_maintenance: false,
        is_shutting_down: false,
        health: Health::Green,
        health_score: Score::ZERO,
        attributes: attributes(&facts, &known),
    };
    node.standby = node.is_set("standby").then_some(Standby::Requested);
    node.is_in_maintenance = options.is_in_maintenance || node.is_set("maintenance");
    node.is_shutting_down =
        node.attributes.get("shutdown").is_some_and(|date| date != "0" && !date.is_empty());
    if node.is_set("terminate") && options.is_fencing_enabled {
        node.unclean.get_or_insert_with(|| "its termination was requested".into());
    }
    judge_health(&mut node, options);
    let index = situation.nodes.push(node);
    situation.node_names.insert(name, index);
}

/// Where a node stands, and what makes it unclean if anything does.
fn standing(
    options: &ClusterOptions,
    known: &Known<'_>,
    is_being_fenced: bool,
) -> (Presence, Option<String>) {
    let name = known.name;
    let is_ordinary = known
        .entry
        .and_then(|entry| entry.kind.as_deref())
        .is_none_or(|kind| kind == "member" || kind == "normal");
    let Some(status) = known.status else {
        let fences = options.is_fencing_enabled && options.is_startup_fencing_on && is_ordinary;
        return (Presence::Offline, fences.then(|| format!("{name} has not been seen yet")));
    };
    let presence = match (status.in_membership, status.is_online, status.join) {
        (true, true, JoinState::Member) => Presence::Online,
        (true, _, _) => Presence::Pending,
        (false, _, _) => Presence::Offline,
    };
    let why = if !options.is_fencing_enabled {
        None
    } else if is_being_fenced {
        Some("it is being fenced".into())
    } else if status.expected == Expected::Member && !status.in_membership {
        Some(format!("{name} was lost"))
    } else if status.expected == Expected::Member
        && !status.is_online
        && status.join != JoinState::Pending
    {
        Some(format!("the cluster manager of {name} was lost"))
    } else {
        None
    };
    (presence, why)
}

/// Permanent attributes, over them the transient ones, over them the built-in ones.
fn attributes(facts: &Facts<'_>, known: &Known<'_>) -> BTreeMap<String, String> {
    let own = |(name, value): (&str, &str)| (name.to_owned(), value.to_owned());
    let mut all: BTreeMap<String, String> = known
        .entry
        .map(|entry| merged(&entry.attributes, |_| false).into_iter().map(own).collect())
        .unwrap_or_default();
    if let Some(status) = known.status {
        all.extend(status.attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    let site = all.get("site-name").cloned();
    let cluster_name = facts.configuration.property("cluster-name").to_owned();
    let site = site.unwrap_or_else(|| cluster_name.clone());
    all.insert("#uname".into(), known.name.into());
    all.insert("#id".into(), known.id.into());
    all.insert("#kind".into(), "cluster".into());
    all.insert("#cluster-name".into(), cluster_name);
    all.insert("#site-name".into(), site);
    all
}

fn judge_health(node: &mut NodeState<'_>, options: &ClusterOptions) {
    let values = node.attributes.iter().filter(|(name, _)| name.starts_with("#health"));
    let values: Vec<&str> = values.map(|(_, value)| value.as_str()).collect();
    let colours = values.iter().filter_map(|value| Health::parse(value));
    node.health = colours.max().unwrap_or_default();
    if let Some(scores) = options.health {
        let sum = values.iter().fold(scores.base, |sum, value| sum + scores.score(value));
        node.health_score = sum;
    }
}
