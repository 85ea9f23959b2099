//! The faults of the network that are in force, and how they are brought about.

use crate::cluster::machines;
use crate::error::{During, Refusal};
use crate::fault::{Cut, Deaf, Fault, Flap, Loss};
use crate::machine::Site;
use crate::options::LabOptions;
use crate::switch::{self, Cable, Path, Port, Toll};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// What is broken. Locked while it is changed, so that a fault and its end cannot overtake each
/// other; never while a machine is locked.
#[derive(Debug, Default)]
pub(crate) struct Network {
    broken: Mutex<Broken>,
}

#[derive(Debug, Default)]
struct Broken {
    faults: Vec<Fault>,
    flapping: Vec<Flapping>,
}

/// A thread that pulls and plugs cables until its sender is dropped or its time is over.
#[derive(Debug)]
struct Flapping {
    fault: Fault,
    end: Sender<()>,
    thread: JoinHandle<()>,
}

impl Broken {
    fn forget_what_is_over(&mut self) {
        let is_over = |one: &mut Flapping| one.thread.is_finished();
        for Flapping { fault, .. } in self.flapping.extract_if(.., is_over) {
            self.faults.retain(|other| *other != fault);
        }
    }
}

impl Network {
    fn broken(&self) -> MutexGuard<'_, Broken> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> Vec<Fault> {
        let mut broken = self.broken();
        broken.forget_what_is_over();
        broken.faults.clone()
    }

    /// Breaks something. `process` gives process 1 of a machine that runs.
    pub(crate) fn inflict(
        &self,
        site: &Site,
        fault: &Fault,
        process: impl Fn(&str) -> Option<u32>,
    ) -> Result<(), Refusal> {
        check(&site.options, fault)?;
        let mut broken = self.broken();
        broken.forget_what_is_over();
        if broken.faults.contains(fault) {
            return Ok(());
        }
        broken.faults.push(fault.clone());
        match fault {
            Fault::Cut(Cut { from: None, .. }) => set_cables(site, fault, Cable::Pulled),
            Fault::Cut(_) | Fault::Deaf(_) => {
                set_paths(site, &paths(fault), fault.ring(), Path::Lost, process)
            }
            Fault::Loss(_) => collect_tolls(site, &broken.faults),
            Fault::Flap(flap) => {
                let flapping = start_flapping(site, flap, &broken.faults);
                broken.flapping.push(flapping);
                Ok(())
            }
        }
    }

    /// Repairs everything.
    pub(crate) fn heal(
        &self,
        site: &Site,
        process: impl Fn(&str) -> Option<u32>,
    ) -> Result<(), Refusal> {
        let mut broken = self.broken();
        let Broken { faults, flapping } = std::mem::take(&mut *broken);
        for Flapping { end, thread, .. } in flapping {
            drop(end);
            let _ = thread.join();
        }
        for fault in &faults {
            match fault {
                Fault::Cut(Cut { from: None, .. }) => set_cables(site, fault, Cable::Plugged)?,
                Fault::Cut(_) | Fault::Deaf(_) => {
                    set_paths(site, &paths(fault), fault.ring(), Path::Open, &process)?;
                }
                // Its thread has plugged its cables.
                Fault::Loss(_) | Fault::Flap(_) => {}
            }
        }
        match faults.iter().any(|fault| matches!(fault, Fault::Loss(_))) {
            true => collect_tolls(site, &[]),
            false => Ok(()),
        }
    }

    /// A machine was started: what is broken is so for it too.
    pub(crate) fn meet(
        &self,
        site: &Site,
        node: &str,
        process: Option<u32>,
    ) -> Result<(), Refusal> {
        let broken = self.broken();
        for fault in &broken.faults {
            match fault {
                Fault::Cut(Cut { from: None, node: other, .. }) if other == node => {
                    set_cables(site, fault, Cable::Pulled)?;
                }
                Fault::Cut(Cut { from: None, .. }) | Fault::Loss(_) | Fault::Flap(_) => {}
                Fault::Cut(_) | Fault::Deaf(_) => {
                    let own = |(sender, _): &(&str, &str)| *sender == node;
                    let own: Vec<_> = paths(fault).into_iter().filter(own).collect();
                    set_paths(site, &own, fault.ring(), Path::Lost, |_| process)?;
                }
            }
        }
        match broken.faults.iter().any(|fault| matches!(fault, Fault::Loss(_))) {
            true => collect_tolls(site, &broken.faults),
            false => Ok(()),
        }
    }
}

fn check(options: &LabOptions, fault: &Fault) -> Result<(), Refusal> {
    if let Some(ring) = fault.ring().filter(|ring| *ring >= options.rings) {
        return Err(Refusal::NoSuchRing(ring));
    }
    match (fault, fault.nodes().as_slice()) {
        (Fault::Loss(Loss { percent, .. }), _) if !(1..=100).contains(percent) => {
            Err(Refusal::Percent(*percent))
        }
        (Fault::Flap(flap), _) if flap.period < Flap::SHORTEST => Err(Refusal::Period(flap.period)),
        (_, [one, other]) if one == other => Err(Refusal::SameNode((*one).clone())),
        _ => Ok(()),
    }
}

/// The directions, as (sender, receiver), in which nothing passes.
fn paths(fault: &Fault) -> Vec<(&str, &str)> {
    match fault {
        Fault::Cut(Cut { node, from: Some(from), .. }) => vec![(node, from), (from, node)],
        Fault::Deaf(Deaf { node, to, .. }) => vec![(to, node)],
        Fault::Cut(_) | Fault::Loss(_) | Fault::Flap(_) => Vec::new(),
    }
}

fn rings(site: &Site, ring: Option<u8>) -> impl Iterator<Item = u8> + Clone + use<> {
    ring.map_or(0..site.options.rings, |ring| ring..ring + 1)
}

fn id(site: &Site, node: &str) -> Result<u8, Refusal> {
    machines(&site.options)
        .find_map(|(id, name)| (name == node).then_some(id))
        .ok_or_else(|| Refusal::NoSuchNode(node.to_owned()))
}

/// The ports of one machine, or of all.
fn ports(site: &Site, node: Option<&String>, ring: Option<u8>) -> Vec<Port> {
    machines(&site.options)
        .filter(|(_, name)| node.is_none_or(|node| node == *name))
        .flat_map(|(machine, _)| rings(site, ring).map(move |ring| Port { machine, ring }))
        .collect()
}

fn set_cables(site: &Site, fault: &Fault, cable: Cable) -> Result<(), Refusal> {
    let node = fault.nodes().into_iter().next();
    ports(site, node, fault.ring()).into_iter().try_for_each(|port| {
        switch::set_cable(port, cable).refusing(&format!("changing a cable ({fault})"))
    })
}

/// Loses or opens the paths, each at its sender, if that runs.
fn set_paths(
    site: &Site,
    paths: &[(&str, &str)],
    ring: Option<u8>,
    path: Path,
    process: impl Fn(&str) -> Option<u32>,
) -> Result<(), Refusal> {
    for (sender, receiver) in paths {
        let (Some(process), machine) = (process(sender), id(site, receiver)?) else { continue };
        for ring in rings(site, ring) {
            switch::set_path(process, Port { machine, ring }, path).refusing(&format!(
                "changing the path from {sender} to {receiver} on ring {ring}"
            ))?;
        }
    }
    Ok(())
}

/// Makes the switch lose what all faults together want lost.
fn collect_tolls(site: &Site, faults: &[Fault]) -> Result<(), Refusal> {
    let mut tolls = Vec::new();
    for fault in faults {
        if let Fault::Loss(Loss { node, ring, percent }) = fault {
            let (percent, both_ways) = (*percent, node.is_some());
            let ports = ports(site, node.as_ref(), *ring).into_iter();
            tolls.extend(ports.map(|port| Toll { port, percent, both_ways }));
        }
    }
    switch::set_tolls(&tolls).refusing("losing frames (it takes `nft`, package nftables)")
}

fn start_flapping(site: &Site, flap: &Flap, faults: &[Fault]) -> Flapping {
    let mut ports = ports(site, flap.node.as_ref(), flap.ring);
    // A cable that is cut stays so.
    ports.retain(|port| {
        !faults.iter().any(|fault| match fault {
            Fault::Cut(Cut { node, ring, from: None }) => {
                id(site, node) == Ok(port.machine) && ring.is_none_or(|ring| ring == port.ring)
            }
            _ => false,
        })
    });
    let (half, over) = (flap.period / 2, os::clock::monotonic() + flap.lasts);
    let (end, ended) = channel::<()>();
    let thread = std::thread::spawn(move || {
        let set = |cable| {
            for port in &ports {
                if let Err(error) = switch::set_cable(*port, cable) {
                    eprintln!("lab: a flapping cable: {error}");
                }
            }
        };
        let waits = || ended.recv_timeout(half) == Err(RecvTimeoutError::Timeout);
        loop {
            set(Cable::Pulled);
            let goes_on = waits();
            set(Cable::Plugged);
            if !goes_on || !waits() || os::clock::monotonic() >= over {
                return;
            }
        }
    });
    Flapping { fault: Fault::Flap(flap.clone()), end, thread }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_is_two_directions_and_deafness_one() {
        let (node, other) = ("oss1".to_owned(), "oss2".to_owned());
        let cut = Fault::Cut(Cut { node: node.clone(), from: Some(other.clone()), ring: None });
        assert_eq!(paths(&cut), [("oss1", "oss2"), ("oss2", "oss1")]);
        let deaf = Fault::Deaf(Deaf { node, to: other, ring: None });
        assert_eq!(paths(&deaf), [("oss2", "oss1")], "it is the other that is not heard");
    }

    #[test]
    fn faults_that_make_no_sense_are_refused() {
        let options = LabOptions { rings: 2, ..LabOptions::new("/l".into(), "/p".into(), 3) };
        let node = || "oss1".to_owned();
        let loss = |percent, ring| Fault::Loss(Loss { node: None, ring, percent });
        let cases = [
            (loss(20, Some(1)), Ok(())),
            (loss(20, Some(2)), Err(Refusal::NoSuchRing(2))),
            (loss(0, None), Err(Refusal::Percent(0))),
            (loss(101, None), Err(Refusal::Percent(101))),
            (
                Fault::Deaf(Deaf { node: node(), to: node(), ring: None }),
                Err(Refusal::SameNode(node())),
            ),
        ];
        for (fault, expected) in cases {
            assert_eq!(check(&options, &fault), expected, "{fault}");
        }
    }
}
