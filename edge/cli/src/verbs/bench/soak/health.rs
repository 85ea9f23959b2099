//! Whether everything is as it should be.

use super::cluster;
use crate::answer::Failure;
use crate::observer::{OwnNodes, ask, facts_of};
use api::{Request, Response};
use lab::measure::{Membership, everybody};
use lab::{Active, Deed, Lab, Power, Record, Truth};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a daemon says that ends because it found itself to be wrong.
const PANIC: &str = "panicked at";

/// A cluster as it is seen from outside.
pub(super) struct Health<'a> {
    lab: &'a Lab,
    truth: Truth,
}

impl<'a> Health<'a> {
    pub(super) fn of(lab: &'a Lab) -> Self {
        Self { lab, truth: Truth::of(lab) }
    }

    /// R1, by what the services themselves have found.
    pub(super) fn never_twice(&mut self) -> Result<(), Failure> {
        for Record { node, service, deed, .. } in self.truth.records()? {
            if let Deed::Twice(other) = deed {
                let what =
                    format!("R1: {service} was started on {node} while it was active on {other}");
                return Err(Failure::Other(what));
            }
        }
        Ok(())
    }

    /// No daemon ended because it found itself to be wrong; that it is started again, and all recovers, is no excuse.
    pub(super) fn no_daemon_failed(&self) -> Result<(), Failure> {
        for node in &self.lab.options().nodes {
            let log = std::fs::read_to_string(self.lab.log_of(node)).unwrap_or_default();
            if let Some(said) = log.lines().find(|line| line.contains(PANIC)) {
                return Err(Failure::Other(format!("the daemon of {node} failed: {said}")));
            }
        }
        Ok(())
    }

    /// A service that is not active, if there is one.
    pub(super) fn inactive(&self) -> Result<Option<String>, Failure> {
        let active = self.truth.active()?;
        let mut all = cluster::services(&self.lab.options().nodes).into_iter();
        Ok(all
            .find(|service| !active.contains_key(service))
            .map(|it| format!("{it} is not active")))
    }

    /// What is not yet as it should be, if anything: machines, view, the cluster's opinion of the services,
    /// monitors that have answered since `since`.
    pub(super) fn ailing(&mut self, since: Duration) -> Result<Option<String>, Failure> {
        let active = self.truth.active()?;
        Ok(self
            .machine_off()?
            .or_else(|| self.apart())
            .or_else(|| self.misjudged(&active))
            .or(self.unwatched(&active, since)?))
    }

    fn machine_off(&self) -> Result<Option<String>, Failure> {
        let machines = self.lab.status()?.machines;
        let wrong = machines.into_iter().find_map(|machine| {
            let daemon = machine.daemon.unwrap_or_default();
            match machine.power {
                Power::On if daemon == "running" => None,
                Power::On => Some(format!("the daemon of {} {daemon}", machine.name)),
                power => Some(format!("{} is {power}", machine.name)),
            }
        });
        Ok(wrong)
    }

    fn apart(&self) -> Option<String> {
        let all = everybody(self.lab);
        let alone = all.iter().find(|node| {
            let seen = OwnNodes.seen(self.lab, node);
            !seen.is_some_and(|seen| seen.members == all && seen.is_quorate)
        });
        alone.map(|node| format!("{node} is not in one view with all others"))
    }

    /// What the cluster says is compared with what is.
    fn misjudged(&self, active: &BTreeMap<String, Active>) -> Option<String> {
        let nodes = &self.lab.options().nodes;
        let cib = match ask(self.lab, &nodes[0], &Request::Cib) {
            Ok(Response::Cib { xml }) => cib::read(&xml).ok()?,
            _ => return Some(format!("{} gives no answer", nodes[0])),
        };
        let offline = cib.status.nodes.values().find(|node| !node.is_online);
        if let Some(node) = offline {
            return Some(format!("{} is not online", node.name));
        }
        let situation = scheduler::situation(&facts_of(&cib));
        let services = situation.resources.values().filter(|it| it.agent.kind == "service");
        for resource in services.filter(|it| !it.is_removed) {
            let id = &resource.id;
            if resource.has_failed || resource.pending.is_some() || resource.is_blocked {
                return Some(format!("{id} has failed, or something is being done with it"));
            }
            let [node] = resource.running_on[..] else {
                return Some(format!("{id} runs on {} nodes", resource.running_on.len()));
            };
            let name = id.split(':').next().unwrap_or_default();
            let node = &situation.nodes[node].name;
            let is_there = |name: &str| active.get(name).is_some_and(|it| it.node == *node);
            if !is_there(name) && !is_there(&format!("{name}@{node}")) {
                return Some(format!("{id} is taken to be active on {node}, and is not"));
            }
        }
        None
    }

    /// A service whose recurring monitor has not succeeded where it is active.
    fn unwatched(
        &mut self,
        active: &BTreeMap<String, Active>,
        since: Duration,
    ) -> Result<Option<String>, Failure> {
        let good = Deed::End("monitor".to_owned(), 0);
        let records = self.truth.records()?;
        let recent = || records.iter().rev().take_while(|record| record.at >= since);
        let is_watched = |service: &str, node: &str| {
            recent().any(|it| it.deed == good && it.service == service && it.node == node)
        };
        let forgotten = active.iter().find(|(service, it)| !is_watched(service, &it.node));
        Ok(forgotten.map(|(service, it)| format!("{service} on {} is not monitored", it.node)))
    }
}
