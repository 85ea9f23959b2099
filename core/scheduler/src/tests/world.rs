//! A cluster, told line by line.

mod constraints;
mod history;
mod play;
mod words;

use crate::{ActionKey, Facts};
use base::WallTime;
use cluster::{
    Agent, AttributeSet, Bundle, Clone as CloneResource, Configuration, Container, ContainerKind,
    Expected, Extra, Group, JoinState, Network, NodeEntry, NodeStatus, Primitive, Resource, Status,
    Tag, TicketState,
};
use std::collections::BTreeSet;
use words::{agent, operation, pairs, set_all};

/// A configuration, a status, and what is in flight.
#[derive(Debug, Default)]
pub(super) struct World {
    configuration: Configuration,
    status: Status,
    in_flight: Vec<ActionKey>,
    has_no_quorum: bool,
    /// Whether planning anew after each action comes to no end.
    pub(super) is_unsteady: bool,
    now: WallTime,
    /// What no probe has asked: all of a node, or one resource there.
    unprobed: BTreeSet<(String, Option<String>)>,
    calls: i32,
}

impl World {
    pub(super) fn read(text: &str) -> Self {
        let mut world = Self { now: WallTime::from_seconds(1000), ..Self::default() };
        world.read_line("property", &["have-watchdog=true", "stonith-watchdog-timeout=10s"]);
        for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            world.read_line(words[0], &words[1..]);
        }
        world.probe_the_rest();
        world
    }

    pub(super) fn facts(&self) -> Facts<'_> {
        Facts {
            configuration: &self.configuration,
            status: &self.status,
            in_flight: &self.in_flight,
            has_quorum: !self.has_no_quorum,
            has_lost_quorum: false,
            is_masked: false,
            coordinator: None,
            now: self.now,
        }
    }

    /// ```text
    /// property NAME=VALUE...           default NAME=VALUE...       (for all resources)
    /// node NAME [lost|offline|unseen|pending] [ATTRIBUTE=VALUE...] (transient attributes)
    /// remote NAME [lost] [ATTRIBUTE=VALUE...]                      (state of a remote or guest node)
    /// always NODE NAME=VALUE...        room NODE NAME=VALUE...     (permanent attributes, capacity)
    /// primitive ID [CLASS:PROVIDER:TYPE] [%TEMPLATE] [@PARAMETER=VALUE] [+UTILIZATION=VALUE]
    ///           [META=VALUE] [op:NAME:INTERVAL[:ON-FAIL][:role=ROLE]]
    /// template ...                     device ID [NODE]            (a fence device, and where it runs)
    /// group ID MEMBER... [META=VALUE]  clone ID CHILD [META=VALUE]
    /// bundle ID REPLICAS [PRIMITIVE] [@ip=ADDRESS] [@promoted-max=N] [META=VALUE]
    /// tag ID MEMBER...
    /// location ID RESOURCE|/PATTERN/ NODE SCORE [role=ROLE] [discovery=WORD]
    /// location ID RESOURCE rule SCORE ATTRIBUTE COMPARISON [VALUE]
    /// colocation ID RESOURCE[.ROLE] with RESOURCE[.ROLE] SCORE [ATTRIBUTE] [influence=BOOLEAN]
    /// order ID FIRST[.ACTION] then THEN[.ACTION] [Optional|Serialize|asymmetric|any]
    /// together ID SCORE MEMBER...      sequence ID [any] MEMBER... (one set of either kind)
    /// ticket-for ID RESOURCE[.ROLE] TICKET LOSS-POLICY             ticket NAME granted|revoked|standby
    /// history NODE RESOURCE OPERATION[:INTERVAL]=CODE|pending|timeout[@SECONDS]...
    /// running NODE RESOURCE            promoted NODE RESOURCE      unprobed NODE [RESOURCE]
    /// wish NODE RESOURCE SCORE         (how much an instance wants to be promoted there)
    /// moving RESOURCE FROM TO [handed-over]                        (a live migration that was begun)
    /// locked NODE RESOURCE SECONDS     (it waits for its node, shut down then)
    /// digest NODE RESOURCE PARAMETER=VALUE...                      (of its last results)
    /// flight TASK INSTANCE NODE        flight fence NODE           flight probe INSTANCE NODE
    /// no-quorum                        now SECONDS
    /// unsteady                         (a plan after each action comes to no end)
    /// ```
    /// Nodes are online and all resources have been looked for on all of them unless told
    /// otherwise. They can be fenced, by their watchdogs. Codes are those of OCF.
    fn read_line(&mut self, verb: &str, words: &[&str]) {
        match verb {
            "property" => set_all(&mut self.configuration.properties, "options", words),
            "default" => set_all(&mut self.configuration.resource_defaults, "defaults", words),
            "node" => self.node(words),
            "remote" => self.remote(words),
            "always" => {
                let id = format!("{}-attributes", words[0]);
                set_all(&mut self.entry(words[0]).attributes, &id, words);
            }
            "room" => {
                let id = format!("{}-room", words[0]);
                set_all(&mut self.entry(words[0]).utilization, &id, words);
            }
            "primitive" => {
                let primitive = primitive(words);
                self.configuration.resources.push(Resource::Primitive(primitive));
            }
            "template" => {
                let template = primitive(words);
                self.configuration.resources.push(Resource::Template(template));
            }
            "device" => self.device(words),
            "group" => self.group(words),
            "clone" => self.clone_of(words),
            "bundle" => self.bundle(words),
            "tag" => {
                let members = words[1..].iter().map(|word| (*word).to_owned()).collect();
                let tag = Tag { id: words[0].to_owned(), members, extra: Extra::default() };
                self.configuration.tags.push(tag);
            }
            "location" => self.location(words),
            "colocation" => self.colocation(words),
            "order" => self.order(words),
            "together" | "sequence" => self.set(verb, words),
            "ticket-for" => self.ticket_for(words),
            "ticket" => {
                let is = |word| words.contains(&word);
                let ticket = TicketState {
                    granted: is("granted") || is("standby"),
                    standby: is("standby"),
                    ..TicketState::default()
                };
                self.status.tickets.insert(words[0].to_owned(), ticket);
            }
            "unprobed" => {
                let what = (words[0].to_owned(), words.get(1).map(|word| (*word).to_owned()));
                self.unprobed.insert(what);
            }
            "no-quorum" => self.has_no_quorum = true,
            "unsteady" => self.is_unsteady = true,
            "now" => self.now = WallTime::from_seconds(words[0].parse().unwrap()),
            _ => self.read_history(verb, words),
        }
    }

    fn node(&mut self, words: &[&str]) {
        let name = words[0].to_owned();
        let id = (self.configuration.nodes.len() + 1).to_string();
        let is = |state| words.contains(&state);
        let entry = NodeEntry { id: id.clone(), name: name.clone(), ..NodeEntry::default() };
        self.configuration.nodes.push(entry);
        if is("unseen") {
            return;
        }
        let is_there = !is("lost") && !is("offline");
        self.status.nodes.insert(
            id,
            NodeStatus {
                name,
                in_membership: is_there,
                is_online: is_there,
                join: match (is_there, is("pending")) {
                    (false, _) => JoinState::Down,
                    (true, true) => JoinState::Pending,
                    (true, false) => JoinState::Member,
                },
                expected: if is("offline") || is("pending") {
                    Expected::Down
                } else {
                    Expected::Member
                },
                attributes: pairs(words).map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
                ..NodeStatus::default()
            },
        );
    }

    fn remote(&mut self, words: &[&str]) {
        let is_there = !words.contains(&"lost");
        let status = NodeStatus {
            name: words[0].to_owned(),
            in_membership: is_there,
            is_online: is_there,
            is_remote: true,
            attributes: pairs(words).map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            ..NodeStatus::default()
        };
        self.status.nodes.insert(words[0].to_owned(), status);
    }

    fn entry(&mut self, node: &str) -> &mut NodeEntry {
        let entry = self.configuration.nodes.find_mut(|entry| entry.name == node);
        entry.expect("told before")
    }

    fn device(&mut self, words: &[&str]) {
        let device = Primitive {
            id: words[0].to_owned(),
            agent: agent("stonith:fence_ipmilan"),
            ..Primitive::default()
        };
        self.configuration.resources.push(Resource::Primitive(device));
        if let Some(node) = words.get(1) {
            self.read_history("running", &[node, words[0]]);
        }
    }

    fn take(&mut self, id: &str) -> Resource {
        let resources = &mut self.configuration.resources;
        let position = resources.iter().position(|it| it.id() == id).expect("told before");
        resources.remove(position)
    }

    fn group(&mut self, words: &[&str]) {
        let mut group = Group { id: words[0].to_owned(), ..Group::default() };
        for member in words[1..].iter().filter(|word| !word.contains('=')) {
            match self.take(member) {
                Resource::Primitive(primitive) => group.members.push(primitive),
                other => panic!("{} is no primitive", other.id()),
            }
        }
        set_all(&mut group.meta, &format!("{}-meta", words[0]), words);
        self.configuration.resources.push(Resource::Group(group));
    }

    fn clone_of(&mut self, words: &[&str]) {
        let child = Box::new(self.take(words[1]));
        let mut clone = CloneResource {
            id: words[0].to_owned(),
            description: None,
            child,
            parameters: Vec::new(),
            meta: Vec::new(),
            extra: Extra::default(),
        };
        set_all(&mut clone.meta, &format!("{}-meta", words[0]), words);
        self.configuration.resources.push(Resource::Clone(clone));
    }

    fn bundle(&mut self, words: &[&str]) {
        let special = |name: &str| pairs(words).find(|(key, _)| *key == name).map(|(_, it)| it);
        let inside = words.get(2).filter(|word| !word.contains('='));
        let primitive = inside.map(|id| match self.take(id) {
            Resource::Primitive(primitive) => primitive,
            other => panic!("{} is no primitive", other.id()),
        });
        let mut bundle = Bundle {
            id: words[0].to_owned(),
            container: Container {
                kind: ContainerKind::Podman,
                image: "image".into(),
                replicas: words[1].parse().ok(),
                promoted_max: special("@promoted-max").and_then(|number| number.parse().ok()),
                ..Container::default()
            },
            network: special("@ip").map(|address| Network {
                ip_range_start: Some(address.to_owned()),
                ..Network::default()
            }),
            primitive,
            ..Bundle::default()
        };
        let meta: Vec<&str> = words.iter().copied().filter(|it| !it.starts_with('@')).collect();
        set_all(&mut bundle.meta, &format!("{}-meta", words[0]), &meta);
        self.configuration.resources.push(Resource::Bundle(Box::new(bundle)));
    }
}

/// A primitive or template.
fn primitive(words: &[&str]) -> Primitive {
    let mut primitive = Primitive { id: words[0].to_owned(), ..Primitive::default() };
    primitive.agent = agent("ocf:pacemaker:Dummy");
    let block = |kind: &str| AttributeSet::new(format!("{}-{kind}", words[0]));
    let mut parameters = block("params");
    let mut meta = block("meta");
    let mut utilization = block("utilization");
    for word in &words[1..] {
        if let Some(told) = word.strip_prefix("op:") {
            primitive.operations.push(operation(words[0], told));
        } else if let Some(template) = word.strip_prefix('%') {
            primitive.template = Some(template.to_owned());
            primitive.agent = Agent::default();
        } else if let Some((name, value)) = word.split_once('=') {
            match (name.strip_prefix('@'), name.strip_prefix('+')) {
                (Some(name), _) => parameters.set(name, value),
                (_, Some(name)) => utilization.set(name, value),
                (None, None) => meta.set(name, value),
            }
        } else {
            primitive.agent = agent(word);
        }
    }
    primitive.parameters.push(parameters);
    primitive.meta.push(meta);
    primitive.utilization.push(utilization);
    primitive
}
