//! Servers lose their power.

use crate::rig::{PATIENCE, Rig, TARGETS, count};
use cli::observer::Wait;

#[test]
fn the_coordinator_loses_its_power() {
    let Some((rig, before)) = Rig::with_targets() else { return };
    let cluster = rig.cluster();
    let coordinator = cluster.report("oss3").unwrap().view.unwrap().coordinator;
    let witness = if coordinator == "oss3" { "oss2" } else { "oss3" };
    let known = cluster.last_event(witness).unwrap();
    let power = rig.lab().power_off(&coordinator).unwrap();
    let after = rig.all_mounted(witness, |node| node != coordinator);
    let events = cluster.events(witness, known).unwrap();
    for target in TARGETS {
        let moved = before[target] != after[target];
        assert_eq!(moved, before[target] == coordinator, "{target}");
        assert_eq!(count(&events, "start", target), usize::from(moved), "{target}");
    }
    let fenced = |event: &&api::EventReport| event.kind == "fencing-ended" && !event.failed;
    assert_eq!(events.iter().filter(fenced).count(), 1);
    let view = events.iter().find(|event| event.kind == "view").unwrap();
    println!("power-off to new view: {} ms", view.at_ms - power.killed_at.unwrap());
    rig.lab().power_on(&coordinator).unwrap();
    rig.all_together(witness);
    cluster.quiet(witness, PATIENCE).unwrap();
    assert_eq!(cluster.placement(witness).unwrap(), after, "stickiness keeps what runs");
    cluster.never_twice().unwrap();
}

#[test]
fn one_of_two_nodes_loses_its_power() {
    let Some(rig) = Rig::up(2) else { return };
    let text = "property stonith-enabled=true\n\
        primitive st1 stonith:fence_lab params pcmk_host_list=oss1 op monitor interval=60s\n\
        primitive st2 stonith:fence_lab params pcmk_host_list=oss2 op monitor interval=60s\n\
        primitive ost0 ocf:heartbeat:Filesystem params device=/dev/disk/by-id/scsi-ost0 \
        directory=/mnt/ost0 fstype=lustre op monitor interval=10s timeout=30s\n\
        location l1 ost0 100: oss1\n";
    rig.cluster().load("oss1", "pair.crm", text).unwrap();
    let is_on = |node: &'static str, witness: &'static str| {
        let look = move |cluster: &cli::observer::Observer| {
            let placement = cluster.placement(witness)?;
            Ok(match placement.get("ost0").map(String::as_str) == Some(node) {
                true => Wait::Over,
                false => Wait::For(format!("{placement:?}")),
            })
        };
        rig.cluster().wait(PATIENCE, look, |_| {}).unwrap();
    };
    is_on("oss1", "oss2");
    rig.lab().power_off("oss1").unwrap();
    is_on("oss2", "oss2");
    rig.lab().power_on("oss1").unwrap();
    rig.all_together("oss2");
    rig.cluster().never_twice().unwrap();
}
