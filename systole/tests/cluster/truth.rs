//! The lab's services tell the truth, whatever a cluster thinks of them.

use crate::rig::Rig;
use lab::{Deed, LabOptions, Misbehaviour, Truth};

/// Calls the agent by hand, as a cluster would that has lost its mind; gives its answer.
fn call(rig: &Rig, node: &str, action: &str) -> Option<i32> {
    let agent = "OCF_RESOURCE_INSTANCE=web exec /usr/lib/ocf/resource.d/lab/service";
    let output = rig.lab().run_in(node, &["sh", "-c", &format!("{agent} {action}")]);
    output.expect("a shell runs on every node").status.code()
}

fn active_on(truth: &Truth) -> Option<String> {
    truth.active().expect("the kernel tells").remove("web").map(|active| active.node)
}

#[test]
fn whoever_is_started_twice_says_so() {
    let with_services = |options| LabOptions { services: true, disks: Vec::new(), ..options };
    let Some(rig) = Rig::up_with(2, with_services) else { return };
    let mut truth = Truth::of(rig.lab());
    assert_eq!(call(&rig, "oss1", "monitor"), Some(7));
    assert_eq!(call(&rig, "oss1", "start"), Some(0));
    assert_eq!(call(&rig, "oss1", "monitor"), Some(0));
    assert_eq!(active_on(&truth).as_deref(), Some("oss1"));

    // Frozen it is active all the same.
    rig.lab().pause("oss1").expect("it freezes");
    assert_eq!(call(&rig, "oss2", "start"), Some(1));
    rig.lab().resume("oss1").expect("it goes on");
    let twice = Deed::Twice("oss1".to_owned());
    let is_seen = |truth: &mut Truth| {
        let records = truth.records().expect("it can be read");
        records.iter().any(|record| record.deed == twice && record.node == "oss2")
    };
    assert!(is_seen(&mut truth), "{:?}", truth.records());

    // Without power it is not; and only who is told to misbehaves, once.
    rig.lab().power_off("oss1").expect("it is off");
    assert_eq!(active_on(&truth), None);
    assert_eq!(call(&rig, "oss2", "start"), Some(0));
    assert_eq!(active_on(&truth).as_deref(), Some("oss2"));
    truth.spoil("oss2", "web", "stop", Misbehaviour::Answer(9)).expect("it is written down");
    assert_eq!(call(&rig, "oss2", "stop"), Some(9));
    assert_eq!(active_on(&truth).as_deref(), Some("oss2"), "a stop that fails stops nothing");
    assert_eq!(call(&rig, "oss2", "stop"), Some(0));
    assert_eq!(active_on(&truth), None);
    let ups = truth.records().expect("it can be read").iter().filter(|it| it.deed == Deed::Up);
    assert_eq!(ups.count(), 2);
}
