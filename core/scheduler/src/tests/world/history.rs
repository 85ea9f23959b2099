//! What is told of what has happened.

use super::World;
use super::words::{agent, pairs, seconds};
use crate::{ActionKey, PowerAction, Task, parameters_digest};
use base::WallTime;
use cluster::value::duration;
use cluster::{
    Agent, NodeStatus, OperationRecord, OperationStatus, Role, TransitionKey, exit_code,
};
use std::collections::BTreeMap;
use std::time::Duration;

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
                let history = self.status_of(words[0]).history.get_mut(words[1]);
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

    pub(super) fn record(&mut self, node: &str, resource: &str, record: OperationRecord) {
        let base = resource.split(':').next().unwrap_or(resource);
        let primitive = self.configuration.primitive(base);
        let template = primitive.and_then(|it| it.template.as_ref());
        let told = template.and_then(|id| self.configuration.template(id)).or(primitive);
        let agent = told.map_or_else(|| agent("ocf:pacemaker:Dummy"), |it| it.agent.clone());
        let agent = implied_agent(resource).unwrap_or(agent);
        let history = self.status_of(node).history.entry(resource.to_owned()).or_default();
        history.agent = agent;
        history.operations.push(record);
    }

    /// A new result, newer than all before.
    pub(super) fn result(&mut self, operation: &str, interval: Duration, code: i32) -> OperationRecord {
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
            key: TransitionKey { target_code, ..TransitionKey::default() },
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
            record.id = match interval.as_millis() {
                0 => format!("{}_last_0", words[1]),
                millis => format!("{}_{operation}_{millis}", words[1]),
            };
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
        let results: Vec<&str> = [words[0], words[1]]
            .into_iter()
            .chain(results.iter().map(String::as_str))
            .collect();
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
        let history = self.status_of(node).history.get_mut(id).expect("told before");
        let record = history.operations.last_mut().expect("told before");
        for (name, value) in [("migrate_source", from), ("migrate_target", to)] {
            record.extra.attributes.push((name.to_owned(), value.to_owned()));
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

    /// Everything else has been looked for, and was not found.
    pub(super) fn probe_the_rest(&mut self) {
        let ids: Vec<String> = self.configuration.primitives().map(|it| it.id.clone()).collect();
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

    /// The time of the story.
    pub(super) const fn now(&self) -> WallTime {
        self.now
    }
}

/// What a bundle implies has agents of its own, told by its id.
fn implied_agent(id: &str) -> Option<Agent> {
    let kinds = [("-podman-", "heartbeat:podman"), ("-ip-", "heartbeat:IPaddr2")];
    let kind = kinds.iter().find(|(part, _)| id.contains(part));
    kind.map(|(_, kind)| agent(&format!("ocf:{kind}")))
}
