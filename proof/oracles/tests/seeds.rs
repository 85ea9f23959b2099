//! Small clusters in virtual time, with everything going wrong that the script can think of.

use base::Instant;
use oracles::{resources::never_twice, settling::settled};
use sim::{Options, World, fenced_pairs, script, service_names};
use std::time::Duration;

const SERVICES: u32 = 4;
const TROUBLE: Duration = Duration::from_secs(90);
const PEACE: Duration = Duration::from_secs(120);

/// Plays one seed: 90 s of faults, then peace. Says what it has seen, or what was broken.
fn play(seed: u64, nodes: u32) -> Result<World, String> {
    let services = service_names(SERVICES);
    let configuration = fenced_pairs(nodes, SERVICES);
    let mut world = World::new(&Options { seed, nodes, rings: 2, configuration });
    for (at, fault) in script(seed, nodes, &services, TROUBLE) {
        world.fault_at(at, fault);
    }
    let end_of_trouble = Instant::default() + TROUBLE;
    world.run_until(end_of_trouble);
    world.make_whole();
    world.run_until(end_of_trouble + PEACE);
    let verdict = never_twice(world.truth().changes())
        .map_err(|broken| broken.to_string())
        .and_then(|()| settled(&world, nodes, &services).map_err(|broken| broken.to_string()));
    match verdict {
        Ok(()) => Ok(world),
        Err(broken) => {
            let log = world.log();
            let tail = log[log.len().saturating_sub(60)..].join("\n");
            Err(format!("seed {seed}: {broken}\n{tail}"))
        }
    }
}

/// Plays seeds on both cores: `SEEDS=0..5000` in the environment plays those instead.
fn play_all(usual: std::ops::Range<u64>, nodes: u32) {
    let seeds: Vec<u64> = match std::env::var("SEEDS") {
        Ok(range) => {
            let (from, to) = range.split_once("..").unwrap_or((&range, ""));
            let from = from.parse().expect("SEEDS is a number or a range");
            (from..to.parse().unwrap_or(from + 1)).collect()
        }
        Err(_) => usual.collect(),
    };
    let half = seeds.len().div_ceil(2).max(1);
    let results: Vec<Result<World, String>> = std::thread::scope(|scope| {
        let play_some =
            |seeds: &[u64]| -> Vec<_> { seeds.iter().map(|seed| play(*seed, nodes)).collect() };
        let workers: Vec<_> =
            seeds.chunks(half).map(|seeds| scope.spawn(move || play_some(seeds))).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    let broken: Vec<&String> = results.iter().filter_map(|result| result.as_ref().err()).collect();
    let fences: u64 = results.iter().flatten().map(World::fences).sum();
    let changes: usize = results.iter().flatten().map(|world| world.truth().changes().len()).sum();
    println!("{} seeds: {fences} fencings, {changes} starts and stops", results.len());
    for broken in &broken {
        println!("{}", broken.lines().next().unwrap_or_default());
    }
    assert!(broken.is_empty(), "{} broken, the first:\n{}", broken.len(), broken[0]);
    assert!(fences > 50 || results.len() < 50, "the script no longer causes trouble");
}

#[test]
fn two_hundred_seeds_with_three_nodes_break_nothing_and_settle() {
    play_all(0..200, 3);
}

#[test]
fn fifty_seeds_with_two_nodes_break_nothing_and_settle() {
    play_all(0..50, 2);
}

#[test]
fn fifty_seeds_with_five_nodes_break_nothing_and_settle() {
    play_all(0..50, 5);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let log = |seed| play(seed, 3).map(|world| world.log().to_vec());
    assert_eq!(log(7), log(7));
}
