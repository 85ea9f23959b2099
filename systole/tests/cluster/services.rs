//! A cluster of services that say themselves where they run, for tests of what becomes of a node.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use lab::{LabOptions, Truth};
use std::collections::BTreeMap;

/// Each service likes one node, and is fenced off a node that cannot let go of it.
const OPTIONS: &str = "property stonith-enabled=true\n\
    primitive fence stonith:fence_lab op monitor interval=10s timeout=10s\n";

/// Where services are active.
pub(crate) type Active = BTreeMap<String, String>;

pub(crate) fn is_on(active: &Active, name: &str, node: &str) -> bool {
    active.get(name).is_some_and(|at| at == node)
}

/// Three nodes that run services.
pub(crate) struct Services {
    pub(crate) rig: Rig,
}

impl Services {
    /// With the services of `places`, by name: the node each likes. Their stops may take `stop` seconds.
    pub(crate) fn up(
        places: &[(&str, &str)],
        stop: u32,
        change: impl FnOnce(LabOptions) -> LabOptions,
    ) -> Option<Self> {
        let with_services =
            |options| change(LabOptions { services: true, disks: Vec::new(), ..options });
        let rig = Rig::up_with(3, with_services)?;
        let primitives = places.iter().map(|(name, node)| {
            format!(
                "primitive {name} ocf:lab:service op start timeout=10s op stop timeout={stop}s \
                 op monitor interval=5s timeout=10s\nlocation likes-{name} {name} 100: {node}\n"
            )
        });
        let text = OPTIONS.to_owned() + &primitives.collect::<String>();
        rig.cluster().load("oss1", "services.crm", &text).expect("the services are taken");
        let services = Self { rig };
        services.settle("each is where it likes to be", |active| {
            places.iter().all(|(name, node)| is_on(active, name, node))
        });
        Some(services)
    }

    pub(crate) fn cluster(&self) -> &Observer {
        self.rig.cluster()
    }

    pub(crate) fn truth(&self) -> Truth {
        Truth::of(self.rig.lab())
    }

    /// Where each service is active, in truth.
    pub(crate) fn active(&self) -> Active {
        let active = self.truth().active().expect("the kernel tells");
        active.into_iter().map(|(name, active)| (name, active.node)).collect()
    }

    /// Waits until the services are where they belong.
    pub(crate) fn settle(&self, what: &str, fits: impl Fn(&Active) -> bool) {
        self.until(what, || fits(&self.active()));
    }

    /// Waits until it is so, and says otherwise how the cluster looks.
    pub(crate) fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let look = |_: &Observer| Ok(if is_so() { Wait::Over } else { Wait::For(what.to_owned()) });
        if let Err(error) = self.cluster().wait(PATIENCE, look, |_| {}) {
            self.rig.explain("oss1");
            panic!("{error}: {:?}", self.active());
        }
    }

    /// What a shell's line says on a node, complaints last, and how it ends.
    pub(crate) fn say(&self, node: &str, line: &str) -> (Option<i32>, String) {
        let output = self.rig.lab().run_in(node, &["sh", "-c", &format!("{{ {line}; }} 2>&1")]);
        let output = output.expect("a shell runs on every node");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same, of what must succeed.
    pub(crate) fn done(&self, node: &str, line: &str) -> String {
        let (code, said) = self.say(node, line);
        assert_eq!(code, Some(0), "{node}$ {line}\n{said}");
        said
    }

    /// How often a node was fenced.
    pub(crate) fn fencings(&self) -> usize {
        let events = self.cluster().events("oss1", 0).expect("it answers");
        events.iter().filter(|event| event.kind == "fencing-ended" && !event.failed).count()
    }

    /// R1, as the services tell it themselves.
    pub(crate) fn never_twice(&self) {
        let mut truth = self.truth();
        let records = truth.records().expect("it can be read");
        let twice = records.iter().find(|record| matches!(record.deed, lab::Deed::Twice(_)));
        assert_eq!(twice, None, "R1");
    }
}
