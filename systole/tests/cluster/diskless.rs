//! A server without a disk: whatever it knows is in memory, and each boot finds it empty.

use crate::services::{Services, is_on};
use lab::LabOptions;

const DISKLESS: &str = "oss3";
/// Its folder is in its own memory; what is below on the lab's disk stays empty.
const START: &str = "[ {node} != oss3 ] || mount -t tmpfs -o size=8m none {state}; \
    exec systole node --config {dir}/cluster/corosync.conf --state {state}";

/// What is asked on each node, and must be said by all in the same words.
const ASKED: [&str; 6] = [
    "crm configure show",
    "crm_attribute -N oss3 -n colour -G -q",
    "attrd_updater -n mood -Q -A | sort",
    "crm_resource -r web -W",
    "crm history latest 100 --output json",
    "crm history log",
];

fn diskless(options: LabOptions) -> LabOptions {
    LabOptions { daemon: ["sh", "-c", START].map(str::to_owned).to_vec(), ..options }
}

fn says_the_same(services: &Services) {
    for line in ASKED {
        let (expected, said) = (services.done("oss1", line), services.done(DISKLESS, line));
        assert!(!expected.trim().is_empty(), "{line}");
        assert_eq!(said, expected, "{line}");
    }
}

#[test]
fn a_node_without_a_disk_is_a_node_like_the_others() {
    let places = [("web", DISKLESS), ("files", "oss1")];
    let Some(services) = Services::up(&places, 10, diskless) else { return };
    let lab = services.rig.lab();
    let at_home = |name: &str| services.settle(name, |active| is_on(active, "web", DISKLESS));

    // While it is away things change.
    lab.power_off(DISKLESS).expect("it is off");
    services.settle("web is elsewhere", |active| {
        ["oss1", "oss2"].iter().any(|node| is_on(active, "web", node))
    });
    services.done("oss1", "crm node attribute oss3 set colour red");
    services.done("oss2", "attrd_updater -n mood -U well");
    services.done("oss2", "crm configure property cluster-recheck-interval=7min");
    lab.power_on(DISKLESS).expect("it starts");
    services.rig.all_together("oss1");
    at_home("web is where it likes to be");
    services.cluster().quiet("oss1", crate::rig::PATIENCE).expect("the cluster comes to rest");
    says_the_same(&services);

    // Not even its memory has to take anything.
    let state = services.rig.folder.join("nodes").join(DISKLESS).join("state");
    let (code, said) = services.say(DISKLESS, &format!("cat /dev/zero >{}/rest", state.display()));
    assert!(code != Some(0) && said.contains("No space left"), "{said}");
    assert!(services.done(DISKLESS, "systole status").contains("web"));
    services.done(DISKLESS, "crm configure property cluster-recheck-interval=8min");
    says_the_same(&services);

    // Everybody loses power: what the disks of the others hold comes back to all.
    for node in ["oss1", "oss2", DISKLESS] {
        lab.power_off(node).expect("it is off");
    }
    for node in [DISKLESS, "oss2", "oss1"] {
        lab.power_on(node).expect("it starts");
    }
    services.rig.all_together(DISKLESS);
    at_home("web is back");
    assert!(services.done(DISKLESS, "crm configure show").contains("recheck-interval=8min"));
    let kept = std::fs::read_dir(&state).expect("it is there").count();
    assert_eq!(kept, 0, "nothing was ever written to a disk");
    services.never_twice();
}
