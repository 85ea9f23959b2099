//! Seeded storms: whatever can go wrong does, and then it is mended.

use crate::invariants::{check, check_at_rest};
use crate::world::{World, config};
use base::{NodeId, Rng};
use group::{Delivery, GroupCommand, LinkPolicy, QuorumChange};

/// More with `GROUP_STORMS=500 cargo test -p group storms`.
pub(crate) fn seeds() -> u64 {
    std::env::var("GROUP_STORMS").ok().and_then(|n| n.parse().ok()).unwrap_or(100)
}

#[test]
fn storms_break_no_invariant() {
    for seed in 0..seeds() {
        let told = std::panic::catch_unwind(|| storm(seed));
        assert!(told.is_ok(), "seed {seed}");
    }
}

fn storm(seed: u64) {
    let mut rng = Rng::new(seed ^ 0x5eed);
    // One in ten so many that not everybody watches everybody.
    let few = if rng.percent(90) { 2 + rng.below(4) } else { 10 + rng.below(6) };
    let nodes = u32::try_from(few).expect("small");
    let links = 1 + u8::try_from(rng.below(2)).expect("small");
    let policies = [LinkPolicy::Active, LinkPolicy::Passive, LinkPolicy::RoundRobin];
    let policy = *rng.pick(&policies).expect("three");
    let mut world = World::new(config(nodes, links, policy), seed);
    let mut count = 0;
    for _ in 0..100 {
        if rng.percent(15) {
            trouble(&mut world, &mut rng, nodes);
        }
        if rng.percent(5) {
            vote(&mut world, &mut rng, nodes);
        }
        for _ in 0..rng.below(4) {
            speak(&mut world, &mut rng, nodes, &mut count);
        }
        world.run(rng.below(200));
    }
    mend(&mut world);
    // Whoever was lost too often comes back later.
    world.run(20_000);
    check(&world);
    check_at_rest(&world);
}

pub(crate) fn any(rng: &mut Rng, nodes: u32) -> u32 {
    1 + u32::try_from(rng.below(u64::from(nodes))).expect("small")
}

pub(crate) fn trouble(world: &mut World, rng: &mut Rng, nodes: u32) {
    let (one, other) = (any(rng, nodes), any(rng, nodes));
    match rng.below(9) {
        0 => world.loss = rng.below(40),
        1 => world.duplication = rng.below(40),
        2 => world.cut_both(one, other),
        3 => world.cut(one, other),
        4 => (1..=nodes).filter(|n| *n <= one).for_each(|n| {
            (1..=nodes).filter(|m| *m > one).for_each(|m| world.cut_both(n, m));
        }),
        5 => world.pause(NodeId(one), rng.below(3000)),
        6 if world.is_up(NodeId(one)) => world.crash(NodeId(one)),
        6 | 7 => {
            if world.is_up(NodeId(one)) {
                world.crash(NodeId(one));
            }
            world.start(NodeId(one));
        }
        _ => world.cuts.clear(),
    }
}

/// Sets votes to something; whether that is allowed is for the group to say.
fn vote(world: &mut World, rng: &mut Rng, nodes: u32) {
    let (asker, node) = (any(rng, nodes), NodeId(any(rng, nodes)));
    let votes = u32::try_from(rng.below(6)).expect("small");
    let change = match rng.below(3) {
        0 => QuorumChange::Expect(votes),
        1 => QuorumChange::Weigh { node, votes },
        _ => QuorumChange::CancelWaitForAll,
    };
    if world.is_up(NodeId(asker)) {
        world.command(asker, GroupCommand::Quorum(change));
    }
}

fn speak(world: &mut World, rng: &mut Rng, nodes: u32, count: &mut u64) {
    let node = any(rng, nodes);
    if !world.is_up(NodeId(node)) {
        return;
    }
    *count += 1;
    let size = if rng.percent(10) { 20_000 } else { 30 };
    let mut payload = format!("message {count} of {node}").into_bytes();
    payload.resize(payload.len().max(usize::try_from(rng.below(size)).expect("small")), b'.');
    let delivery = if rng.percent(50) { Delivery::Safe } else { Delivery::Agreed };
    world.submit(node, &payload, delivery);
}

pub(crate) fn mend(world: &mut World) {
    (world.loss, world.duplication) = (0, 0);
    world.cuts.clear();
    for node in world.nodes() {
        if !world.is_up(node) {
            world.start(node);
        }
    }
}
