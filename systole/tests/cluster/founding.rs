//! A cluster from nothing: `systole init` and `systole join`.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};

/// Each machine's node starts as soon as there is something to start it with, as a service would.
const DAEMON: &str = "while [ ! -f {state}/etc/corosync.conf ]; do sleep 0.1; done; \
    exec systole node --config {state}/etc/corosync.conf --state {state}/kept";

const DUMMY: &str = "property stonith-enabled=false\n\
    primitive a ocf:pacemaker:Dummy op monitor interval=10s\n";

/// Runs a verb on a machine, with its own places.
fn run(rig: &Rig, node: &str, words: &str) -> String {
    let state = rig.folder.join(format!("nodes/{node}/state"));
    let (conf, kept) = (state.join("etc/corosync.conf"), state.join("kept"));
    let places = format!("--config {} --state {} --no-start", conf.display(), kept.display());
    let words: Vec<&str> = ["systole"].into_iter().chain(words.split(' ')).collect();
    let words = [words, places.split(' ').collect()].concat();
    rig.cluster().output(node, &words).expect("it can be run")
}

/// The line that another machine is to be given.
fn invitation(rig: &Rig, node: &str) -> String {
    let said = run(rig, node, "init");
    let line = said.lines().find_map(|line| line.strip_prefix("systole join "));
    line.unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// The addresses that the lab gave a machine on the rings.
fn addresses(rig: &Rig, node: usize) -> Vec<String> {
    let conf = std::fs::read_to_string(rig.folder.join("cluster/corosync.conf"));
    let conf = conf.expect("the lab wrote it");
    let lines = conf.lines().filter_map(|line| line.trim().split_once("_addr: "));
    lines.map(|(_, address)| address.to_owned()).skip((node - 1) * 2).take(2).collect()
}

fn together(rig: &Rig, nodes: &[&str]) {
    for node in nodes {
        // Until it has started, nobody answers.
        let look = |cluster: &Observer| {
            let seen = cluster.are_together(node, nodes);
            seen.or_else(|error| Ok(Wait::For(error.to_string())))
        };
        rig.cluster().wait(PATIENCE, look, |_| {}).unwrap_or_else(|error| {
            rig.explain(node);
            panic!("{error}")
        });
    }
}

/// Whether the view of this node may act, with how many votes of how many.
fn votes(rig: &Rig, node: &str) -> (bool, u32, u32) {
    let view = rig.cluster().report(node).expect("it answers").view.expect("it has one");
    (view.quorate, view.votes, view.expected_votes)
}

/// Where the service is, once it runs somewhere that `fits`.
fn runs_at(rig: &Rig, witness: &str, fits: impl Fn(&str) -> bool) -> String {
    let mut at = None;
    let look = |cluster: &Observer| {
        let said = cluster.output(witness, &["crm_resource", "-r", "a", "-W"])?;
        let now = said.trim().rsplit_once("is running on: ").map(|(_, now)| now.trim());
        at = now.filter(|now| fits(now)).map(str::to_owned);
        Ok(at.as_ref().map_or_else(|| Wait::For("its start".into()), |_| Wait::Over))
    };
    rig.cluster().wait(PATIENCE, look, |_| {}).unwrap_or_else(|error| {
        rig.explain(witness);
        panic!("{error}")
    });
    at.expect("it has been found")
}

#[test]
fn empty_machines_become_a_cluster_by_one_command_each() {
    let Some(rig) = Rig::up_with(3, |options| lab::LabOptions {
        daemon: ["sh", "-c", DAEMON].map(str::to_owned).to_vec(),
        ready: Vec::new(),
        ..options
    }) else {
        return;
    };
    let own = addresses(&rig, 1).iter().map(|it| format!(" --address {it}")).collect::<String>();
    let said = run(&rig, "oss1", &format!("init --name pair{own}"));
    assert!(said.contains("Start the node with: systole node --config"), "{said}");
    together(&rig, &["oss1"]);
    assert_eq!(votes(&rig, "oss1"), (true, 1, 1));

    let token = invitation(&rig, "oss1");
    for (words, expected) in [
        ("join nonsense".to_owned(), "neither the word that"),
        (format!("join {}", &token[..token.len() - 8]), "`systole init` print"),
        (format!("join {token} --name oss1"), "there is a node oss1 already"),
        (format!("join {token} --address {}", addresses(&rig, 2)[0]), "rings 0, 1"),
    ] {
        let said = run(&rig, "oss2", &words);
        assert!(said.contains(expected), "{words}: {said}");
        assert!(!rig.folder.join("nodes/oss2/state/etc/corosync.conf").exists(), "{words}");
    }
    // Who was refused can come all the same, by the same invitation; nobody else can.
    let said = run(&rig, "oss2", &format!("join {token}"));
    assert!(said.contains("This machine is node 2, oss2"), "{said}");
    together(&rig, &["oss1", "oss2"]);
    assert_eq!(votes(&rig, "oss2"), (true, 2, 2));
    let said = run(&rig, "oss3", &format!("join {token}"));
    assert!(said.contains("this invitation has been used"), "{said}");
    let said = run(&rig, "oss2", &format!("join {token}"));
    assert!(said.contains("a node runs on this machine already"), "{said}");

    let token = invitation(&rig, "oss2");
    let said = run(&rig, "oss3", &format!("join {token}"));
    assert!(said.contains("This machine is node 3, oss3"), "{said}");
    together(&rig, &["oss1", "oss2", "oss3"]);
    let rings = rig.cluster().report("oss3").expect("it answers").links.len();
    assert_eq!((votes(&rig, "oss1"), rings), ((true, 3, 3), 2));

    // A device that does not do what it should changes nothing.
    let cluster = rig.cluster();
    let fence = |parameters: &str| {
        let device = format!("fence_lab lab={}{parameters}", rig.folder.display());
        let words = ["systole", "init", "--fence", &device];
        let said = cluster.output("oss1", &words).expect("it can be run");
        (said, cluster.output("oss1", &["crm", "configure", "show"]).expect("it can be run"))
    };
    let (said, shown) = fence(" plug=nobody");
    assert!(said.contains("no machine nobody") && said.contains("not set up"), "{said}");
    assert!(!said.contains("systole join") && !shown.contains("fence-oss1"), "{said}{shown}");
    let (said, shown) = fence("");
    assert!(said.contains("knows that this machine is on"), "{said}");
    assert!(shown.contains("primitive fence-oss1 stonith:fence_lab"), "{said}{shown}");
    assert!(shown.contains("location fence-oss1-elsewhere fence-oss1 -inf: oss1"), "{shown}");

    cluster.load("oss1", "dummy.crm", DUMMY).expect("it is right");
    let at = runs_at(&rig, "oss1", |_| true);
    rig.lab().power_off(&at).expect("it is on");
    let witness = ["oss1", "oss2"].into_iter().find(|node| *node != at).expect("two are left");
    runs_at(&rig, witness, |now| now != at);
    cluster.never_twice().expect("R1");
}
