//! The shell on a running cluster.

use crate::rig::{PATIENCE, Rig};

const THREE: &str = "property stonith-enabled=false\n\
    primitive a ocf:pacemaker:Dummy op monitor interval=10s\n\
    primitive b ocf:pacemaker:Dummy op monitor interval=10s params fake=geheim\n";

#[test]
fn a_change_is_waited_for_and_settings_reach_all_nodes() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    let run = |node: &str, words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        cluster.output(node, &words).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    };
    cluster.load("oss1", "three.crm", THREE).unwrap();
    cluster.quiet("oss1", PATIENCE).unwrap();

    // When it comes back, what was asked for has been done.
    run("oss1", "crm -w resource stop a");
    assert_eq!(run("oss2", "crm_resource -r a -W").trim(), "resource a is NOT running");
    run("oss2", "crm -w resource start a");
    assert!(run("oss1", "crm_resource -r a -W").contains("is running on: oss"));

    // The journal tells of it, and the revisions who asked for it.
    let said = run("oss1", "crm history resource a");
    assert!(said.lines().count() >= 3 && said.contains("start"), "{said}");
    let said = run("oss2", "crm history latest 1 --output json");
    assert!(said.contains("\"number\": "), "{said}");
    assert!(run("oss2", "crm history log").contains("~ a"));

    // An editor changes what is real, and nothing that runs gets lost by a slip.
    let edit = "EDITOR='sed -i s/geheim/anders/' crm configure edit b";
    cluster.output("oss1", &["sh", "-c", edit]).unwrap();
    assert!(run("oss2", "crm configure show b").contains("fake=anders"));
    let erase = cluster.output("oss1", &["sh", "-c", "crm configure erase 2>&1 || true"]).unwrap();
    assert!(erase.contains("stop it first"), "{erase}");
    let rename = cluster.output("oss1", &["sh", "-c", "crm configure rename b c 2>&1 || true"]);
    assert!(rename.as_ref().is_ok_and(|said| said.contains("stop it first")), "{rename:?}");

    // A setting of the file is changed on all nodes, and in effect.
    run("oss1", "crm corosync set totem.token 1500");
    for node in ["oss1", "oss2"] {
        let token = run(node, "corosync-cmapctl -g totem.token");
        assert!(token.contains("1500"), "{node}: {token}");
    }
    cluster.never_twice().unwrap();
}
