//! A cluster of either side: configured by the tools both have, watched by the ground truth.

use crate::answer::Failure;
use lab::{Deed, Lab, Record, Truth};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

/// How long anything may take: a Pacemaker waits 20 s for nodes that do not exist.
const PATIENCE: Duration = Duration::from_secs(180);
const AGAIN: Duration = Duration::from_millis(20);

/// A service with the node it belongs to.
pub(super) struct Place {
    pub(super) service: String,
    pub(super) node: String,
}

pub(super) struct Cluster<'a> {
    pub(super) lab: &'a Lab,
    pub(super) truth: Truth,
    /// Where everything is when nothing is wrong.
    pub(super) places: Vec<Place>,
}

impl<'a> Cluster<'a> {
    /// So many services, spread over the nodes, when all are active.
    pub(super) fn configure(lab: &'a Lab, services: usize) -> Result<Self, Failure> {
        let nodes = &lab.options().nodes;
        let place = |number: usize| Place {
            service: format!("s{number}"),
            node: nodes[number % nodes.len()].clone(),
        };
        let places = (0..services).map(place).collect();
        let mut cluster = Self { lab, truth: Truth::of(lab), places };
        cluster.until("all nodes are online", |cluster| {
            let said = cluster.ask("/usr/sbin/crm_mon -1")?;
            Ok(said.contains(&format!("Online: [ {} ]", nodes.join(" "))))
        })?;
        cluster.ask("/usr/sbin/crm_attribute -n stonith-enabled -v false")?;
        // Those of fewer resources than before would be left without one.
        cluster.replace("constraints", "<constraints/>")?;
        cluster.replace("resources", &cluster.resources())?;
        cluster.replace("constraints", &cluster.constraints())?;
        cluster.all_in_place()?;
        Ok(cluster)
    }

    fn resources(&self) -> String {
        let mut xml = "<resources>".to_owned();
        for Place { service, .. } in &self.places {
            let operation = |name: &str, interval: &str, timeout: &str| {
                let id = format!("{service}-{name}");
                format!("<op id='{id}' name='{name}' interval='{interval}' timeout='{timeout}'/>")
            };
            let _ = write!(
                xml,
                "<primitive id='{service}' class='ocf' provider='lab' type='service'><operations>{}{}{}\
                 </operations></primitive>",
                operation("monitor", "2s", "20s"),
                operation("start", "0", "20s"),
                operation("stop", "0", "60s")
            );
        }
        xml + "</resources>"
    }

    fn constraints(&self) -> String {
        let mut xml = "<constraints>".to_owned();
        for Place { service, node } in &self.places {
            let _ = write!(
                xml,
                "<rsc_location id='where-{service}' rsc='{service}' node='{node}' score='100'/>"
            );
        }
        xml + "</constraints>"
    }

    fn replace(&self, scope: &str, xml: &str) -> Result<(), Failure> {
        let said = self.ask(&format!(
            "/usr/sbin/cibadmin --replace --scope {scope} --xml-text \"{xml}\" && echo done"
        ))?;
        if said.ends_with("done\n") { Ok(()) } else { Err(Failure::Other(said)) }
    }

    /// What a shell on the first node that is on prints.
    pub(super) fn ask(&self, script: &str) -> Result<String, Failure> {
        let output = self.lab.run_in(&self.lab.options().nodes[0], &["sh", "-c", script])?;
        let said = [output.stderr, output.stdout].concat();
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// Waits until each service is active where it belongs.
    pub(super) fn all_in_place(&mut self) -> Result<(), Failure> {
        self.until("all services are in their places", |cluster| {
            let active = cluster.truth.active()?;
            let is_there = |place: &Place| {
                active.get(&place.service).is_some_and(|active| active.node == place.node)
            };
            Ok(cluster.places.iter().all(is_there))
        })
    }

    /// From machines that were all off.
    pub(super) fn restart(&mut self) -> Result<(), Failure> {
        let nodes = &self.lab.options().nodes;
        nodes.iter().try_for_each(|node| self.lab.power_off(node).map(drop))?;
        nodes.iter().try_for_each(|node| self.lab.power_on(node))?;
        self.all_in_place()
    }

    /// When the last of those that belong to `victim` came up elsewhere after `since`.
    pub(super) fn taken_over(
        &mut self,
        victim: &str,
        since: Duration,
    ) -> Result<Duration, Failure> {
        let mut last = Duration::ZERO;
        self.until("the others have taken over", |cluster| {
            let mut up: BTreeMap<String, Duration> = BTreeMap::new();
            for record in cluster.since(since)? {
                if record.deed == Deed::Up && record.node != victim {
                    up.entry(record.service.clone()).or_insert(record.at);
                }
            }
            let lost = cluster.places.iter().filter(|place| place.node == victim);
            let back: Option<Vec<Duration>> =
                lost.map(|place| up.get(&place.service).copied()).collect();
            last = back.iter().flatten().max().copied().unwrap_or_default();
            Ok(back.is_some())
        })?;
        Ok(last.saturating_sub(since))
    }

    /// What was written after `since`.
    pub(super) fn since(&mut self, since: Duration) -> Result<Vec<Record>, Failure> {
        let records = self.truth.records()?.iter().rev();
        let mut recent: Vec<Record> =
            records.take_while(|record| record.at >= since).cloned().collect();
        recent.reverse();
        Ok(recent)
    }

    pub(super) fn until(
        &mut self,
        what: &str,
        mut is_so: impl FnMut(&mut Self) -> Result<bool, Failure>,
    ) -> Result<(), Failure> {
        let end = os::clock::monotonic() + PATIENCE;
        while !is_so(self)? {
            if os::clock::monotonic() >= end {
                let seconds = PATIENCE.as_secs();
                let said = self.ask("/usr/sbin/crm_mon -1 -f -o")?;
                let vain = format!("waited {seconds} s in vain until {what}; it says:\n{said}");
                return Err(Failure::Other(vain));
            }
            std::thread::sleep(AGAIN);
        }
        Ok(())
    }
}
