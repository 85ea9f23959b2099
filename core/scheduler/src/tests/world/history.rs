//! What is told of what has happened.

use super::World;
use super::words::{agent, pairs, seconds};
use crate::{ActionKey, PowerAction, Task, parameters_digest};
use base::WallTime;
use cluster::value::duration;
use cluster::{
    Agent, NodeStatus, OperationRecord, OperationStatus, Primitive, Resource, Role, TransitionKey,
    exit_code,
};
use std::collections::BTreeMap;
use std::time::Duration;

/// Who made the graphs that results answer.
const ORIGIN: &str = "00000000-0000-0000-0000-000000000000";

impl World {
    pub(super) fn read_history(&mut self, verb: &str, words: &[&str]) {
        match verb {
            "history" => self.history(words),
            "running" => self.running(words, Role::Started),
            "promoted" => self.running(words, Role::Promoted),
            "wish" => {
                let name = format!("master-{}", words[1]);
                self.status_of(words[0]).attributes.insert(name, words[2].to_owned());
            }
            "moving" => self.moving(words),
            "locked" => {
                let name = self.known_as(words[1]);
                let history = self.status_of(words[0]).history.get_mut(&name);
                let lock = ("shutdown-lock".to_owned(), words[2].to_owned());
                history.expect("told before").extra.attributes.push(lock);
            }
            "digest" => self.digest(words),
            "flight" => self.flight(words),
            other => panic!("no story knows the word {other}"),
        }
    }

    pub(super) fn status_of(&mut self, node: &str) -> &mut NodeStatus {
        self.status.nodes.values_mut().find(|it| it.name == node).expect("a node told before")
    }

    /// Adds a result as the manager keeps them for a plan: of what is run once only the newest, and the
    /// newest failure; of what recurs the newest of each. What an action took the place of stays known until
    /// it has ended.
    pub(super) fn record(&mut self, node: &str, resource: &str, mut record: OperationRecord) {
        let name = self.known_as(resource);
        let agent = self.agent_of(&name);
        let history = self.status_of(node).history.entry(name.clone()).or_default();
        history.agent = agent;
        let (last, failure) = (format!("{name}_last_0"), format!("{name}_last_failure_0"));
        record.id = match record.interval.as_millis() {
            0 => last.clone(),
            millis => format!("{name}_{}_{millis}", record.operation),
        };
        let operations = &mut history.operations;
        let has_ended = record.status != OperationStatus::Pending;
        let former = operations.iter().position(|it| has_ended && it.id == record.id);
        if let Some(former) = former.map(|at| operations.remove(at))
            && former.id == last
            && is_failure(&former)
        {
            operations.retain(|it| it.id != failure);
            operations.push(OperationRecord { id: failure, ..former });
        }
        operations.push(record);
    }

    fn agent_of(&self, name: &str) -> Agent {
        let base = name.split(':').next().unwrap_or(name);
        let primitive = self.configuration.primitive(base);
        let template = primitive.and_then(|it| it.template.as_ref());
        let told = template.and_then(|id| self.configuration.template(id)).or(primitive);
        let told = told.map_or_else(|| agent("ocf:pacemaker:Dummy"), |it| it.agent.clone());
        let told = if self.is_connection(name) { agent("ocf:pacemaker:remote") } else { told };
        implied_agent(name).unwrap_or(told)
    }

    /// A new result, newer than all before.
    pub(super) fn result(
        &mut self,
        operation: &str,
        interval: Duration,
        code: i32,
    ) -> OperationRecord {
        self.calls += 1;
        let is_expected =
            [exit_code::OK, exit_code::NOT_RUNNING, exit_code::PROMOTED].contains(&code);
        let is_probe = operation == "monitor" && interval.is_zero();
        let target_code = match (is_expected, is_probe) {
            (true, true) => exit_code::NOT_RUNNING,
            (true, false) if code == exit_code::PROMOTED => code,
            _ => exit_code::OK,
        };
        OperationRecord {
            operation: operation.to_owned(),
            interval,
            call: self.calls,
            code,
            key: TransitionKey { target_code, origin: ORIGIN.into(), ..TransitionKey::default() },
            ..OperationRecord::default()
        }
    }

    pub(super) fn history(&mut self, words: &[&str]) {
        for word in &words[2..] {
            let (word, date) = word.split_once('@').unwrap_or((word, "0"));
            let (operation, result) = word.split_once('=').expect("OPERATION=CODE");
            let (operation, interval) = operation.split_once(':').unwrap_or((operation, "0"));
            let interval = duration(interval).unwrap();
            let (status, code) = match result {
                "pending" => (OperationStatus::Pending, 193),
                "timeout" => (OperationStatus::TimedOut, 1),
                code => (OperationStatus::Done, code.parse().unwrap()),
            };
            let mut record = self.result(operation, interval, code);
            record.status = status;
            record.last_change = seconds(date);
            if status == OperationStatus::Pending {
                record.call = -1;
            }
            self.record(words[0], words[1], record);
        }
    }

    fn running(&mut self, words: &[&str], role: Role) {
        let base = words[1].split(':').next().unwrap();
        let primitive = self.configuration.primitive(base).cloned();
        let mut results = vec!["start=0".to_owned()];
        if role == Role::Promoted {
            results.push("promote=0".to_owned());
        }
        for operation in primitive.iter().flat_map(|it| &it.operations) {
            let wanted = operation.role.unwrap_or(Role::Started);
            let fits = (wanted == Role::Promoted) == (role == Role::Promoted);
            if fits && !operation.interval.value.is_zero() {
                let code = if role == Role::Promoted { 8 } else { 0 };
                results.push(format!("{}:{}={code}", operation.name, operation.interval));
            }
        }
        let results: Vec<&str> =
            [words[0], words[1]].into_iter().chain(results.iter().map(String::as_str)).collect();
        self.history(&results);
    }

    /// A live migration that was begun: handed over already, or not known.
    fn moving(&mut self, words: &[&str]) {
        let (id, from, to) = (words[0], words[1], words[2]);
        let is_handed_over = words.contains(&"handed-over");
        self.history(&[from, id, "start=0"]);
        let code = if is_handed_over { "migrate_to=0" } else { "migrate_to=pending" };
        self.history(&[from, id, code]);
        self.mark_migration(from, id, (from, to));
    }

    /// Says of the newest result where a live migration goes.
    pub(super) fn mark_migration(&mut self, node: &str, id: &str, (from, to): (&str, &str)) {
        let id = self.known_as(id);
        let history = self.status_of(node).history.get_mut(&id).expect("told before");
        let record = history.operations.last_mut().expect("told before");
        for (name, value) in [("migrate_source", from), ("migrate_target", to)] {
            record.extra.attributes.push((name.to_owned(), value.to_owned()));
        }
    }

    fn digest(&mut self, words: &[&str]) {
        let parameters: BTreeMap<String, String> =
            pairs(words).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
        let mut watching = parameters.clone();
        watching.insert("CRM_meta_timeout".to_owned(), "20000".to_owned());
        let digests = [parameters, watching].map(|it| parameters_digest(&it));
        let name = self.known_as(words[1]);
        let history = self.status_of(words[0]).history.get_mut(&name).expect("told before");
        for record in &mut history.operations {
            let repeats = usize::from(!record.interval.is_zero());
            record.digests.all = Some(digests[repeats].clone());
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

    /// Everything else has been looked for, and was not found.
    pub(super) fn probe_the_rest(&mut self) {
        let ids = self.instances();
        let members = self.status.nodes.values().filter(|it| !it.is_remote);
        let names: Vec<String> = members.map(|it| it.name.clone()).collect();
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

    /// All that is looked for: the primitives, those of clones with different instances by number.
    fn instances(&self) -> Vec<String> {
        let nodes = self.configuration.nodes.len().to_string();
        let mut ids = Vec::new();
        for resource in &self.configuration.resources {
            let most = said(resource, "clone-max").unwrap_or(&nodes).parse().unwrap_or(0);
            // What is in a bundle runs inside of its containers only.
            let is_bundle = matches!(resource, Resource::Bundle(_));
            for primitive in resource.primitives().into_iter().filter(|_| !is_bundle) {
                if is_unique(resource) {
                    ids.extend((0..most).map(|number: u32| format!("{}:{number}", primitive.id)));
                } else {
                    ids.push(primitive.id.clone());
                }
            }
        }
        ids
    }

    /// What the history calls an instance: all instances of an anonymous clone are alike.
    pub(super) fn known_as(&self, instance: &str) -> String {
        let Some((base, _)) = instance.split_once(':') else { return instance.to_owned() };
        let mut tops = self.configuration.resources.iter();
        let top = tops.find(|top| top.primitives().iter().any(|it| it.id == base));
        if top.is_some_and(is_unique) { instance.to_owned() } else { base.to_owned() }
    }

    /// Whether this is the connection to a remote node, a guest or a container.
    pub(super) fn is_connection(&self, name: &str) -> bool {
        let of_bundle = || {
            let (bundle, number) = name.rsplit_once('-')?;
            let known = self.configuration.resources.iter().find(|it| it.id() == bundle)?;
            (matches!(known, Resource::Bundle(_)) && number.parse::<u32>().is_ok()).then_some(())
        };
        let is_guest = |primitive: &Primitive| {
            primitive.meta.iter().any(|set| set.value("remote-node") == Some(name))
        };
        let own = self.configuration.primitive(name);
        own.is_some_and(|it| it.agent.kind == "remote")
            || of_bundle().is_some()
            || self.configuration.primitives().any(is_guest)
    }

    /// The time of the story.
    pub(super) const fn now(&self) -> WallTime {
        self.now
    }
}

fn said<'r>(resource: &'r Resource, name: &str) -> Option<&'r str> {
    resource.meta().iter().find_map(|set| set.value(name))
}

/// Whether a clone's instances are different from each other.
fn is_unique(resource: &Resource) -> bool {
    match said(resource, "globally-unique") {
        Some(value) => value == "true",
        None => said(resource, "clone-node-max").is_some_and(|most| most != "1"),
    }
}

fn is_failure(record: &OperationRecord) -> bool {
    let good = [exit_code::OK, exit_code::NOT_RUNNING, exit_code::PROMOTED];
    record.status != OperationStatus::Pending
        && (record.status != OperationStatus::Done || !good.contains(&record.code))
}

/// What a bundle implies has agents of its own, told by its id.
fn implied_agent(id: &str) -> Option<Agent> {
    let kinds = [("-podman-", "heartbeat:podman"), ("-ip-", "heartbeat:IPaddr2")];
    let kind = kinds.iter().find(|(part, _)| id.contains(part));
    kind.map(|(_, kind)| agent(&format!("ocf:{kind}")))
}
