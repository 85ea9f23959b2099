//! Whether everything is as it should be.

use super::cluster;
use crate::answer::Failure;
use crate::observer::{OwnNodes, ask, facts_of};
use ::cluster::Role;
use api::{Request, Response};
use lab::measure::{Membership, everybody};
use lab::{Active, Deed, Lab, Power, Record, Truth, promoted};
use std::collections::BTreeMap;
use std::time::Duration;

/// What a monitor answers where all is well.
const SUCCESS: u8 = 0;
/// The same of what is promoted.
const PROMOTED: u8 = 8;
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

    /// What each node says of the cluster is compared with what is.
    fn misjudged(&self, active: &BTreeMap<String, Active>) -> Option<String> {
        let mut nodes = self.lab.options().nodes.iter();
        nodes.find_map(|node| {
            self.misjudged_by(node, active).map(|what| format!("{what}, as {node} says"))
        })
    }

    fn misjudged_by(&self, node: &str, active: &BTreeMap<String, Active>) -> Option<String> {
        let cib = match ask(self.lab, node, &Request::Cib) {
            Ok(Response::Cib { xml }) => cib::read(&xml).ok()?,
            _ => return Some("there is no answer".to_owned()),
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
            if !is_there(name) && !is_there(&cluster::instance(name, node)) {
                return Some(format!("{id} is taken to be active on {node}, and is not"));
            }
            if (resource.role == Role::Promoted) != is_there(&promoted(name)) {
                return Some(format!(
                    "{id} on {node} is taken to be {}, and is not",
                    resource.role
                ));
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
        let leader = active.iter().find(|(service, _)| cluster::is_promoted(service));
        let leader = leader.map(|(service, it)| cluster::agent(service, &it.node));
        let records = self.truth.records()?;
        let recent = || records.iter().rev().take_while(|record| record.at >= since);
        let is_watched = |service: &str, node: &str| {
            let is_promoted = leader.as_deref() == Some(service);
            let good = if is_promoted { PROMOTED } else { SUCCESS };
            let answer = Deed::End("monitor".to_owned(), good);
            recent().any(|it| it.deed == answer && it.service == service && it.node == node)
        };
        // What is promoted is watched as the instance that it is.
        let mut instances = active.iter().filter(|(service, _)| !cluster::is_promoted(service));
        let forgotten = instances.find(|(service, it)| !is_watched(service, &it.node));
        Ok(forgotten.map(|(service, it)| format!("{service} on {} is not monitored", it.node)))
    }
}
