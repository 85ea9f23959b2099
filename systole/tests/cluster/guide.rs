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

#[test]
fn every_line_of_the_guide_works() {
    let two_servers = |options: LabOptions| LabOptions {
        nodes: ["oss01", "oss02"].map(str::to_owned).to_vec(),
        rings: 3,
        ..options
    };
    let Some(rig) = Rig::up_with(2, two_servers) else { return };
    lines::play(rig.cluster(), include_str!("guide.txt"), run);
}
