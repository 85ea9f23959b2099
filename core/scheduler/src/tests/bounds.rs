//! What no configuration can do to whoever plans for it (H1): take for ever, or be served wrongly
//! because it is too long.

use super::World;
use crate::{Plan, decide, schedule};
use std::collections::BTreeMap;
use std::fmt::Write;

fn plan(told: &str) -> Plan {
    schedule(&World::read(told).facts())
}

/// Where each resource goes.
fn places(plan: &Plan) -> BTreeMap<String, Option<String>> {
    plan.placements.iter().map(|it| (it.instance.clone(), it.node.clone())).collect()
}

#[test]
fn a_long_row_of_colocations_is_kept_to_its_end() {
    const COUNT: usize = 400;
    let mut told = String::from("a row\nnode a\nnode b\nproperty enable-startup-probes=false\n");
    for at in (0..COUNT).rev() {
        writeln!(told, "primitive p{at}\nlocation l{at} p{at} a 10").unwrap();
    }
    for at in 1..COUNT {
        writeln!(told, "colocation c{at} p{at} with p{} -INFINITY", at - 1).unwrap();
    }
    let places = places(&plan(&told));
    for at in 1..COUNT {
        let (one, other) = (&places[&format!("p{at}")], &places[&format!("p{}", at - 1)]);
        assert!(one.is_some() && one != other, "R1: p{at} and its neighbour are both on {one:?}");
    }
}

#[test]
fn resources_that_are_all_colocated_with_each_other_are_placed_together() {
    const COUNT: usize = 30;
    let mut told = String::from("a tangle\nnode a\nnode b\nlocation l p7 b 1\n");
    for at in 0..COUNT {
        writeln!(told, "primitive p{at}").unwrap();
        for other in (0..COUNT).filter(|other| *other != at) {
            writeln!(told, "colocation c{at}-{other} p{at} with p{other} 10").unwrap();
        }
    }
    let places = places(&plan(&told));
    assert!(places.values().all(|node| node.as_deref() == Some("b")), "{places:?}");
}

#[test]
fn a_number_of_instances_that_nobody_has_is_limited_and_people_are_told() {
    let told = "many\nnode a\nnode b\nprimitive x\nclone c x clone-max=4000000000 ordered=true";
    let world = World::read(told);
    let decision = decide(&world.facts());
    let warnings = &decision.situation.warnings;
    assert_eq!(warnings, &["c has clone-max=4000000000, of which 500 count"]);
    assert_eq!(decision.placements.iter().filter(|it| it.node.is_some()).count(), 2);
}

#[test]
fn a_pattern_that_is_none_is_named() {
    let told = "no pattern\nnode a\nprimitive x\nlocation l /(x/ a -INFINITY";
    let world = World::read(told);
    let decision = decide(&world.facts());
    assert_eq!(decision.situation.warnings, ["l does not count: `(x` is no pattern"]);
}
