//! What an administrator of two Lustre servers types who follows the guide to such a cluster, from the
//! first look to nodes that are emptied because they are ill. The lines stand in `guide.txt`.

use crate::lines;
use crate::rig::Rig;
use cli::observer::Observer;
use lab::{Cut, LabOptions};
use std::process::Output;

/// A shell's line, on the first node or on the one that is named in front (`oss02$ ...`). `unplug NODE
/// RING` and `plug` are for hands.
fn run(cluster: &Observer, line: &str) -> Output {
    let words: Vec<&str> = line.split(' ').collect();
    match words[..] {
        ["unplug", node, ring] => {
            let ring = Some(ring.parse().expect("a ring's number"));
            let cut = Cut { node: node.to_owned(), ring, from: None };
            cluster.lab().cut(&cut).expect("the cable is there");
        }
        ["plug"] => cluster.lab().heal().expect("the cables are there"),
        _ => {
            let (node, line) =
                line.split_once("$ ").unwrap_or_else(|| (lines::first(cluster), line));
            return cluster.lab().run_in(node, &["sh", "-c", line]).expect("the lab is up");
        }
    }
    cluster.lab().run_in(lines::first(cluster), &["true"]).expect("the lab is up")
}

/// What these machines lack of Lustre's and ZFS's tools. What they know is kept in each machine's own
/// /run: the pools it has imported, and what is wrong with Lustre on it.
const STAND_INS: [(&str, &str); 3] = [
    ("modprobe", "exit 0"),
    (
        "lctl",
        "case $1 in
        get_param)
            [ $2 != -n ] || cat /run/health_check 2>/dev/null || echo healthy;;
        ping) exec ping -n -q -c 1 -W ${3:-1} ${2%@*} >/dev/null;;
        esac",
    ),
    (
        "zpool",
        "mkdir -p /run/pools; for pool; do :; done
        case $1 in
        list) exec cat /run/pools/$pool;;
        import) echo ONLINE >/run/pools/$pool;;
        export) rm /run/pools/$pool;;
        esac",
    ),
];

#[test]
fn every_line_of_the_guide_works() {
    let two_servers = |options: LabOptions| LabOptions {
        nodes: ["oss01", "oss02"].map(str::to_owned).to_vec(),
        rings: 3,
        scripts: STAND_INS.map(|(name, script)| (name.into(), script.into())).into(),
        ..options
    };
    let Some(rig) = Rig::up_with(2, two_servers) else { return };
    lines::play(rig.cluster(), include_str!("guide.txt"), run);
}
