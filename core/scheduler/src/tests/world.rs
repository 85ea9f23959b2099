//! A cluster, told line by line.

use crate::{ActionKey, Facts, PowerAction, Task, parameters_digest};
use base::WallTime;
use cluster::value::duration;
use cluster::{
    Agent, AttributeExpression, AttributeSet, Clone as CloneResource, Colocation, ColocationTarget,
    Comparison, Configuration, Constraint, Expected, Expression, Extra, Group, JoinState, Location,
    LocationTarget, NodeEntry, NodeStatus, OnFail, OperationRecord, OperationSettings,
    OperationStatus, Order, OrderKind, OrderTarget, Preference, Primitive, Resource, ResourceSet,
    Rule, RuleScore, Score, Status, TransitionKey, Written,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A configuration, a status, and what is in flight.
#[derive(Debug, Default)]
pub(super) struct World {
    configuration: Configuration,
    status: Status,
    in_flight: Vec<ActionKey>,
    has_no_quorum: bool,
    now: WallTime,
    /// What no probe has asked: all of a node, or one resource there.
    unprobed: BTreeSet<(String, Option<String>)>,
    calls: i32,
}

impl World {
    pub(super) fn read(text: &str) -> Self {
        let mut world = Self { now: WallTime::from_seconds(1000), ..Self::default() };
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
            now: self.now,
        }
    }

    /// ```text
    /// property NAME=VALUE...           default NAME=VALUE...       (for all resources)
    /// node NAME [lost|offline|unseen|pending] [ATTRIBUTE=VALUE...]
    /// primitive ID [CLASS:PROVIDER:TYPE] [@PARAMETER=VALUE] [META=VALUE] [op:NAME:INTERVAL[:ON-FAIL]]
    /// group ID MEMBER... [META=VALUE]  clone ID CHILD [META=VALUE]
    /// location ID RESOURCE|/PATTERN/ NODE SCORE
    /// location ID RESOURCE rule SCORE ATTRIBUTE COMPARISON [VALUE]
    /// colocation ID RESOURCE with RESOURCE SCORE [ATTRIBUTE]
    /// order ID FIRST[.ACTION] then THEN[.ACTION] [Optional|Serialize|asymmetric]
    /// together ID SCORE MEMBER...      sequence ID MEMBER...      (one set of either kind)
    /// history NODE RESOURCE OPERATION[:INTERVAL]=CODE|pending|timeout[@SECONDS]...
    /// running NODE RESOURCE            unprobed NODE [RESOURCE]
    /// digest NODE RESOURCE PARAMETER=VALUE...                     (of its last results)
    /// flight TASK INSTANCE NODE        flight fence NODE          flight probe INSTANCE NODE
    /// no-quorum                        now SECONDS
    /// ```
    /// Nodes are online and all resources have been looked for on all of them unless told
    /// otherwise. Codes are those of OCF.
    fn read_line(&mut self, verb: &str, words: &[&str]) {
        match verb {
            "property" => set_all(&mut self.configuration.properties, words),
            "default" => set_all(&mut self.configuration.resource_defaults, words),
            "node" => self.node(words),
            "primitive" => self.primitive(words),
            "group" => self.group(words),
            "clone" => self.clone_of(words),
            "location" => self.location(words),
            "colocation" => self.colocation(words),
            "order" => self.order(words),
            "together" | "sequence" => self.set(verb, words),
            "history" => self.history(words),
            "running" => self.running(words),
            "unprobed" => {
                let what = (words[0].to_owned(), words.get(1).map(|word| (*word).to_owned()));
                self.unprobed.insert(what);
            }
            "digest" => self.digest(words),
            "flight" => self.flight(words),
            "no-quorum" => self.has_no_quorum = true,
            "now" => self.now = WallTime::from_seconds(words[0].parse().unwrap()),
            other => panic!("no story knows the word {other}"),
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
                is_online: is_there && !is("pending"),
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

    fn primitive(&mut self, words: &[&str]) {
        let mut primitive = Primitive { id: words[0].to_owned(), ..Primitive::default() };
        primitive.agent = agent("ocf:pacemaker:Dummy");
        let mut parameters = AttributeSet::new(format!("{}-params", words[0]));
        let mut meta = AttributeSet::new(format!("{}-meta", words[0]));
        for word in &words[1..] {
            if let Some(operation) = word.strip_prefix("op:") {
                primitive.operations.push(self::operation(operation));
            } else if let Some((name, value)) = word.split_once('=') {
                match name.strip_prefix('@') {
                    Some(name) => parameters.set(name, value),
                    None => meta.set(name, value),
                }
            } else {
                primitive.agent = agent(word);
            }
        }
        primitive.parameters.push(parameters);
        primitive.meta.push(meta);
        self.configuration.resources.push(Resource::Primitive(primitive));
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
        set_all(&mut group.meta, words);
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
        set_all(&mut clone.meta, words);
        self.configuration.resources.push(Resource::Clone(clone));
    }

    fn location(&mut self, words: &[&str]) {
        let pattern = words[1].strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
        let preference = if words[2] == "rule" {
            Preference::Rules(vec![rule(&words[3..])])
        } else {
            Preference::Node { node: words[2].to_owned(), score: score(words[3]) }
        };
        self.configuration.constraints.push(Constraint::Location(Location {
            id: words[0].to_owned(),
            target: pattern.map_or_else(
                || LocationTarget::Resource(words[1].to_owned()),
                |pattern| LocationTarget::Pattern(pattern.to_owned()),
            ),
            preference,
            role: None,
            discovery: None,
            extra: Extra::default(),
        }));
    }

    fn colocation(&mut self, words: &[&str]) {
        let target = ColocationTarget::Pair {
            resource: words[1].to_owned(),
            role: None,
            with: words[3].to_owned(),
            with_role: None,
        };
        self.add_colocation(words[0], target, score(words[4]), words.get(5));
    }

    fn add_colocation(
        &mut self,
        id: &str,
        target: ColocationTarget,
        score: Score,
        attribute: Option<&&str>,
    ) {
        self.configuration.constraints.push(Constraint::Colocation(Colocation {
            id: id.to_owned(),
            target,
            score,
            node_attribute: attribute.map(|attribute| (*attribute).to_owned()),
            influence: None,
            extra: Extra::default(),
        }));
    }

    fn order(&mut self, words: &[&str]) {
        let side = |word: &str| match word.split_once('.') {
            Some((id, action)) => (id.to_owned(), Some(action.to_owned())),
            None => (word.to_owned(), None),
        };
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
            require_all: None,
            extra: Extra::default(),
        }));
    }

    fn set(&mut self, verb: &str, words: &[&str]) {
        let skip = if verb == "together" { 2 } else { 1 };
        let members = words[skip..].iter().map(|word| (*word).to_owned()).collect();
        let set = ResourceSet { id: format!("{}-0", words[0]), members, ..ResourceSet::default() };
        if verb == "together" {
            let target = ColocationTarget::Sets(vec![set]);
            self.add_colocation(words[0], target, score(words[1]), None);
        } else {
            self.add_order(words[0], OrderTarget::Sets(vec![set]), None);
        }
    }

    fn status_of(&mut self, node: &str) -> &mut NodeStatus {
        self.status.nodes.values_mut().find(|it| it.name == node).expect("a node told before")
    }

    fn record(&mut self, node: &str, resource: &str, record: OperationRecord) {
        let history = self.status_of(node).history.entry(resource.to_owned()).or_default();
        history.agent = agent("ocf:pacemaker:Dummy");
        history.operations.push(record);
    }

    fn history(&mut self, words: &[&str]) {
        for word in &words[2..] {
            let (word, date) = word.split_once('@').unwrap_or((word, "0"));
            let (operation, result) = word.split_once('=').expect("OPERATION=CODE");
            let (operation, interval) = operation.split_once(':').unwrap_or((operation, "0"));
            self.calls += 1;
            let (status, code) = match result {
                "pending" => (OperationStatus::Pending, 193),
                "timeout" => (OperationStatus::TimedOut, 1),
                code => (OperationStatus::Done, code.parse().unwrap()),
            };
            let is_pending = status == OperationStatus::Pending;
            let record = OperationRecord {
                operation: operation.to_owned(),
                interval: duration(interval).unwrap(),
                call: if is_pending { -1 } else { self.calls },
                status,
                code,
                last_change: WallTime::from_seconds(date.parse().unwrap()),
                key: TransitionKey::default(),
                ..OperationRecord::default()
            };
            self.record(words[0], words[1], record);
        }
    }

    fn running(&mut self, words: &[&str]) {
        let base = words[1].split(':').next().unwrap();
        let primitive = self.configuration.primitive(base).expect("told before").clone();
        self.history(&[words[0], words[1], "start=0"]);
        for operation in primitive.operations.iter().filter(|it| !it.interval.value.is_zero()) {
            let monitor = format!("{}:{}=0", operation.name, operation.interval);
            self.history(&[words[0], words[1], &monitor]);
        }
    }

    fn digest(&mut self, words: &[&str]) {
        let parameters: BTreeMap<String, String> =
            pairs(words).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let digest = parameters_digest(&parameters);
        let history = self.status_of(words[0]).history.get_mut(words[1]).expect("told before");
        for record in &mut history.operations {
            record.digests.all = Some(digest.clone());
        }
    }

    fn flight(&mut self, words: &[&str]) {
        if words[0] == "fence" {
            let node = words[1].to_owned();
            self.in_flight.push(ActionKey::Fence { node, how: PowerAction::Reboot });
            return;
        }
        let task = match words[0] {
            "start" => Task::Start,
            "stop" => Task::Stop,
            "probe" => Task::Monitor,
            other => panic!("no story knows the task {other}"),
        };
        self.in_flight.push(ActionKey::Resource {
            instance: words[1].to_owned(),
            node: words[2].to_owned(),
            task,
            interval: Duration::ZERO,
        });
    }

    /// What was sent ends well.
    pub(super) fn finish_what_is_in_flight(&mut self) {
        for key in std::mem::take(&mut self.in_flight) {
            self.perform(&key);
        }
        for node in self.status.nodes.values_mut() {
            for history in node.history.values_mut() {
                history.operations.retain(|it| it.status != OperationStatus::Pending);
            }
        }
    }

    /// The action succeeds, and the status shows it.
    pub(super) fn perform(&mut self, key: &ActionKey) {
        let (instance, node, task, interval) = match key {
            ActionKey::Pseudo(_) => return,
            ActionKey::Fence { node, .. } => return self.fence(node),
            ActionKey::Resource { instance, node, task, interval } => {
                (instance, node, *task, *interval)
            }
        };
        let is_there = self.status_of(node).in_membership;
        if !is_there {
            return;
        }
        let was_active = self.active_nodes(instance);
        let interval_text = format!("{}ms", interval.as_millis());
        let results = match task {
            Task::Start => {
                let elsewhere = was_active.iter().filter(|it| *it != node).count();
                assert_eq!(
                    elsewhere, 0,
                    "R1: {instance} is started on {node}, active {was_active:?}"
                );
                "start=0".to_owned()
            }
            Task::Stop => "stop=0".to_owned(),
            Task::Monitor if interval.is_zero() => "monitor=7".to_owned(),
            Task::Monitor => format!("monitor:{interval_text}=0"),
            Task::Cancel | Task::Promote | Task::Demote => String::new(),
        };
        let repeats = |record: &OperationRecord| !record.interval.is_zero();
        let history = self.status_of(node).history.entry(instance.clone()).or_default();
        match task {
            Task::Start | Task::Stop => history.operations.retain(|it| !repeats(it)),
            Task::Cancel => history.operations.retain(|it| it.interval != interval),
            Task::Monitor | Task::Promote | Task::Demote => {}
        }
        if !results.is_empty() {
            self.history(&[node, instance, &results]);
        }
    }

    /// The node comes to nothing, and all it ran.
    fn fence(&mut self, node: &str) {
        let id = self.configuration.node(node).expect("told before").id.clone();
        let status = NodeStatus { name: node.to_owned(), ..NodeStatus::default() };
        self.status.nodes.insert(id, status);
    }

    /// Where an instance is active in truth: it was started, or found, and not stopped since.
    fn active_nodes(&self, instance: &str) -> Vec<String> {
        // Without fencing a site takes the risk that a lost node still runs what it ran.
        let is_protected = self.configuration.is_property_on("fencing-enabled");
        let is_active = |node: &&NodeStatus| {
            if !node.in_membership && (node.expected == Expected::Down || !is_protected) {
                return false;
            }
            let results = node.operations(instance).iter().filter(|it| it.interval.is_zero());
            let newest = results.max_by_key(|it| it.call);
            newest.is_some_and(|it| match it.operation.as_str() {
                "stop" => it.code != 0,
                "start" => true,
                _ => ![5, 7].contains(&it.code),
            })
        };
        let nodes = self.status.nodes.values().filter(is_active);
        nodes.map(|node| node.name.clone()).collect()
    }

    /// Everything else has been looked for, and was not found.
    fn probe_the_rest(&mut self) {
        let ids: Vec<String> = self.configuration.primitives().map(|it| it.id.clone()).collect();
        let names: Vec<String> = self.status.nodes.values().map(|it| it.name.clone()).collect();
        for node in names {
            let all = self.unprobed.contains(&(node.clone(), None));
            for id in ids.iter().filter(|_| !all) {
                let is_unprobed = self.unprobed.contains(&(node.clone(), Some(id.clone())));
                let history = &self.status_of(&node).history;
                let prefix = format!("{id}:");
                let is_known = history.keys().any(|name| name == id || name.starts_with(&prefix));
                if !is_unprobed && !is_known {
                    self.history(&[&node, id, "monitor=7"]);
                }
            }
        }
    }
}

fn pairs<'w>(words: &'w [&'w str]) -> impl Iterator<Item = (&'w str, &'w str)> {
    words.iter().filter_map(|word| word.split_once('='))
}

fn set_all(sets: &mut Vec<AttributeSet>, words: &[&str]) {
    if sets.is_empty() {
        sets.push(AttributeSet::new("options"));
    }
    for (name, value) in pairs(words) {
        sets[0].set(name, value);
    }
}

fn score(text: &str) -> Score {
    Score::parse(text).expect("a score")
}

fn agent(text: &str) -> Agent {
    let parts: Vec<&str> = text.split(':').collect();
    let (class, kind) = (parts[0].to_owned(), parts[parts.len() - 1].to_owned());
    let provider = (parts.len() == 3).then(|| parts[1].to_owned());
    Agent { class, provider, kind }
}

fn operation(text: &str) -> OperationSettings {
    let parts: Vec<&str> = text.split(':').collect();
    let interval = Written::duration(parts[1]).unwrap();
    let mut operation = OperationSettings::new(text, parts[0], interval);
    operation.on_fail = parts.get(2).and_then(|word| OnFail::parse(word));
    operation
}

fn rule(words: &[&str]) -> Rule {
    let score = Score::parse(words[0])
        .map_or_else(|| RuleScore::Attribute(words[0].to_owned()), RuleScore::Score);
    Rule {
        id: "rule".into(),
        score: Some(score),
        expressions: vec![Expression::Attribute(AttributeExpression {
            id: "expression".into(),
            attribute: words[1].to_owned(),
            operation: Comparison::parse(words[2]).unwrap(),
            value: words.get(3).map(|value| (*value).to_owned()),
            kind: None,
            value_source: None,
            extra: Extra::default(),
        })],
        ..Rule::default()
    }
}
