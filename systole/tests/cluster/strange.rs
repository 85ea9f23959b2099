//! One node is wrong, as people get it wrong: it is told what is wrong and what to do, on that node,
//! and the others are as they were.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use std::path::PathBuf;
use std::time::Duration;

/// Within this time the one who is wrong says so.
const TOLD: Duration = Duration::from_secs(25);
const WRONG: &str = "oss3";
const OTHERS: [&str; 2] = ["oss1", "oss2"];

/// Starts the daemon as it is started everywhere, after what a machine's own file says.
const START: &str = "config={dir}/cluster/corosync.conf; mistake={state}/mistake; \
    if [ -f $mistake ]; then . $mistake; fi; \
    exec systole node --config $config --state {state} $more";

/// A mistake on node 3, and what comes of it.
struct Story {
    name: &'static str,
    /// Shell, run before the daemon of node 3 is started.
    mistake: &'static str,
    /// Node 3's file is the cluster's with these words replaced.
    edits: &'static [(&'static str, &'static str)],
    /// In node 3's log; each must be there.
    log: &'static [&'static str],
    /// What a command on node 3 shows.
    shows: Option<(&'static [&'static str], &'static str)>,
    after: After,
    /// What nodes 1 and 2 say, once, beside that node 3 is gone.
    others_say: [Option<&'static str>; 2],
}

/// How node 3 is in the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum After {
    /// It does not start.
    Refused,
    /// It runs, outside of the cluster.
    Outside,
    /// It is a member.
    Member,
}

/// The addresses of nodes 2 and 3 on both rings, the one's for the other's.
const SWAPPED: &[(&str, &str)] = &[
    ("77.0.2", "77.0.x"),
    ("77.0.3", "77.0.2"),
    ("77.0.x", "77.0.3"),
    ("77.1.2", "77.1.x"),
    ("77.1.3", "77.1.2"),
    ("77.1.x", "77.1.3"),
];

const KEY_OF_3: &str =
    "node 3 (10.77.0.3, 10.77.1.3): packets from there are sealed with another authkey";
const NAME_OF_3: &str =
    "node 3 (10.77.0.3, 10.77.1.3): packets from there have this node's authkey";

const STORIES: &[Story] = &[
    Story {
        name: "another authkey",
        mistake: "systole keygen /run/authkey >/dev/null; more='--key /run/authkey'",
        edits: &[],
        log: &["node 1 (10.77.0.1", "node 2 (10.77.0.2", "copy authkey from there"],
        shows: Some((&["systole", "status"], "another authkey than this node's")),
        after: After::Outside,
        others_say: [Some(KEY_OF_3); 2],
    },
    Story {
        name: "another cluster_name",
        mistake: "",
        edits: &[("cluster_name: lab", "cluster_name: lub")],
        log: &["but another cluster_name; set the cluster_name of there in corosync.conf here"],
        shows: Some((&["systole", "rings"], "another cluster_name")),
        after: After::Outside,
        others_say: [Some(NAME_OF_3); 2],
    },
    Story {
        name: "the nodeid of node 2, which is not listed",
        mistake: "",
        edits: &[("nodeid: 2", "nodeid: 7"), ("nodeid: 3", "nodeid: 2")],
        log: &["node 1 (10.77.0.1", "they have no node 2 where this", "nodelist it has there"],
        shows: Some((&["systole", "rings"], "they have no node 2 where this")),
        after: After::Outside,
        others_say: [
            Some("speaks as node 2, which is at 10.77.0.2"),
            Some("speaks as node 2, which is this"),
        ],
    },
    Story {
        name: "the nodeids of nodes 2 and 3 are exchanged",
        mistake: "",
        edits: &[
            ("nodeid: 2", "nodeid: x"),
            ("nodeid: 3", "nodeid: 2"),
            ("nodeid: x", "nodeid: 3"),
        ],
        log: &["they have no node 2 where this", "nodelist it has there"],
        shows: Some((&["corosync-quorumtool", "-s"], "Quorate:          No")),
        after: After::Outside,
        // They have said so a moment ago.
        others_say: [None, None],
    },
    Story {
        name: "a nodeid that is not listed elsewhere",
        mistake: "",
        edits: &[("nodeid: 3", "nodeid: 9")],
        log: &["node 1 (10.77.0.1", "they have no node 9 where this node speaks from"],
        shows: None,
        after: After::Outside,
        others_say: [Some("speaks as node 9, which is not listed"); 2],
    },
    Story {
        name: "the nodeid of node 2, which is listed too",
        mistake: "",
        edits: &[("nodeid: 3", "nodeid: 2")],
        log: &["nodeid", "2"],
        shows: None,
        after: After::Refused,
        others_say: [None, None],
    },
    Story {
        name: "the address of node 2, which is listed too",
        mistake: "",
        edits: &[("77.0.3", "77.0.2"), ("77.1.3", "77.1.2")],
        log: &["has the address"],
        shows: None,
        after: After::Refused,
        others_say: [None, None],
    },
    Story {
        name: "the addresses of nodes 2 and 3 are exchanged",
        mistake: "",
        edits: SWAPPED,
        log: &[
            "ring 0: no interface has the address 10.77.0.2",
            "ring 1: 10.77.1.3 is an address of this machine, but listed as that of node 2",
        ],
        shows: Some((&["systole", "rings"], "but listed as that of node 2")),
        after: After::Outside,
        others_say: [None, None],
    },
    Story {
        name: "the addresses of nodes 2 and 3 are exchanged, and the machine has both",
        mistake: "for r in 0 1; do ip address add 10.77.$r.2/24 dev ring$r; done",
        edits: SWAPPED,
        log: &["ring 0: 10.77.0.3 is an address of this machine, but listed as that of node 2"],
        shows: Some((&["systole", "status"], "but listed as that of node 2")),
        after: After::Outside,
        others_say: [
            Some("speaks as node 3, which is at 10.77.0.3"),
            Some("two machines have one"),
        ],
    },
    Story {
        name: "a clock a year ahead",
        mistake: "export SYSTOLE_CLOCK_OFFSET=31536000",
        edits: &[],
        log: &["this machine's clock is 365 days ahead of the cluster's, which goes by oss1's"],
        shows: Some((&["systole", "status"], "365 days ahead")),
        after: After::Member,
        others_say: [None, None],
    },
    Story {
        name: "a clock a year behind",
        mistake: "export SYSTOLE_CLOCK_OFFSET=-31536000",
        edits: &[],
        log: &["this machine's clock is 365 days behind the cluster's"],
        shows: None,
        after: After::Member,
        others_say: [None, None],
    },
];

#[test]
fn who_is_wrong_is_told_and_the_others_are_as_they_were() {
    let prepared = |options| lab::LabOptions {
        daemon: ["sh", "-c", START].map(str::to_owned).to_vec(),
        disks: Vec::new(),
        ..options
    };
    let Some(rig) = Rig::up_with(3, prepared) else { return };
    for story in STORIES {
        let begin = std::time::Instant::now();
        println!("== {}", story.name);
        story.play(&rig);
        println!("   {:.1} s", begin.elapsed().as_secs_f64());
    }
}

impl Story {
    fn play(&self, rig: &Rig) {
        rig.lab().power_off(WRONG).expect("it is off");
        let go_on = || OTHERS.iter().all(|node| members(rig, node) == OTHERS);
        self.until(rig, "the others go on", go_on);
        let before = OTHERS.map(|node| (views(rig, node), log(rig, node).len()));
        let said_before = log(rig, WRONG).len();
        self.make_mistake(rig);
        rig.lab().power_on(WRONG).expect("it starts");
        let news = || log(rig, WRONG).split_off(said_before);
        let is_told = || self.log.iter().all(|words| news().contains(words));
        self.until(rig, "it is told", is_told);
        self.print("oss3", &news());
        self.until(rig, "it is where it belongs", || self.is_as_expected(rig));
        self.shown(rig);
        for ((node, says), (views_before, log_before)) in
            OTHERS.into_iter().zip(self.others_say).zip(before)
        {
            let complaints = || complaints(&log(rig, node).split_off(log_before));
            self.until(rig, "the others notice", || says.is_none() || !complaints().is_empty());
            let said = complaints();
            self.print(node, &said.join("\n"));
            assert_eq!(said.len(), usize::from(says.is_some()), "{}: {node}: {said:#?}", self.name);
            assert!(
                said.iter().all(|line| says.is_some_and(|words| line.contains(words))),
                "{said:?}"
            );
            let joined = u64::from(self.after == After::Member);
            assert_eq!(
                views(rig, node),
                views_before + joined,
                "{}: {node} is as it was",
                self.name
            );
        }
        self.repair(rig);
    }

    fn make_mistake(&self, rig: &Rig) {
        let mut script = format!("{}\n", self.mistake);
        if !self.edits.is_empty() {
            let right = rig.folder.join("cluster/corosync.conf");
            let mut text = std::fs::read_to_string(right).expect("the lab has made it");
            for (from, to) in self.edits {
                assert!(text.contains(from), "{}: {from}", self.name);
                text = text.replace(from, to);
            }
            let path = own_folder(rig).join("wrong.conf");
            std::fs::write(&path, text).expect("it is written");
            script += &format!("config={}\n", path.display());
        }
        std::fs::write(own_folder(rig).join("mistake"), script).expect("it is written");
    }

    fn is_as_expected(&self, rig: &Rig) -> bool {
        match self.after {
            After::Refused => {
                let machines = rig.lab().status().expect("the lab is up").machines;
                let daemon = machines.into_iter().find(|machine| machine.name == WRONG);
                daemon.and_then(|it| it.daemon).is_some_and(|daemon| daemon.contains("78"))
            }
            After::Outside => members(rig, WRONG).len() == 1,
            After::Member => members(rig, WRONG).len() == 3,
        }
    }

    fn shown(&self, rig: &Rig) {
        let Some((command, words)) = self.shows else { return };
        let said = rig.cluster().output(WRONG, command).expect("it runs");
        println!("{said}");
        assert!(said.contains(words), "{}: {command:?}: {said}", self.name);
    }

    /// Node 3 is put right, and comes back after a restart.
    fn repair(&self, rig: &Rig) {
        std::fs::remove_file(own_folder(rig).join("mistake")).expect("it was there");
        rig.lab().power_cycle(WRONG).expect("it starts");
        rig.all_together("oss1");
    }

    fn until(&self, rig: &Rig, what: &str, mut is_so: impl FnMut() -> bool) {
        let look = |_: &Observer| match is_so() {
            true => Ok(Wait::Over),
            false => Ok(Wait::For(what.to_owned())),
        };
        if let Err(error) = rig.cluster().wait(TOLD.min(PATIENCE), look, |_| {}) {
            rig.explain("oss1");
            panic!("{}: {error}", self.name);
        }
    }

    fn print(&self, node: &str, said: &str) {
        for line in said.lines().filter(|line| is_complaint(line) || self.after == After::Refused) {
            println!("{node}: {line}");
        }
    }
}

fn complaints(log: &str) -> Vec<String> {
    log.lines().filter(|line| is_complaint(line)).map(str::to_owned).collect()
}

/// That node 3 is gone is said as ever.
fn is_complaint(line: &str) -> bool {
    line.contains(" WARN ") && !line.contains("has not been heard")
}

fn own_folder(rig: &Rig) -> PathBuf {
    rig.folder.join("nodes").join(WRONG).join("state")
}

fn log(rig: &Rig, node: &str) -> String {
    std::fs::read_to_string(rig.lab().log_of(node)).unwrap_or_default()
}

fn views(rig: &Rig, node: &str) -> u64 {
    rig.cluster().report(node).expect("it answers").views_installed
}

/// Who is in the view of `node`; nobody when it does not answer.
fn members(rig: &Rig, node: &str) -> Vec<String> {
    let view = rig.cluster().report(node).ok().and_then(|report| report.view).unwrap_or_default();
    view.members.into_iter().map(|member| member.name).collect()
}
