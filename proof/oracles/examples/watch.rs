//! Plays one seed and prints what happens: `cargo run --release -p oracles --example watch -- SEED [SECONDS [NODES]]`.

use base::Instant;
use sim::{Options, World, fenced_pairs, script, service_names};
use std::time::Duration;

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse::<u64>());
    let seed = arguments.next().and_then(Result::ok).unwrap_or(0);
    let seconds = arguments.next().and_then(Result::ok).unwrap_or(60);
    let nodes = arguments.next().and_then(Result::ok).and_then(|n| u32::try_from(n).ok());
    let (nodes, services) = (nodes.unwrap_or(3), 4);
    let configuration = fenced_pairs(nodes, services);
    let mut world = World::new(&Options { seed, nodes, rings: 2, configuration });
    let trouble = Duration::from_secs(90);
    for (at, fault) in script(seed, nodes, &service_names(services), trouble) {
        world.fault_at(at, fault);
    }
    let end = Instant::default() + Duration::from_secs(seconds);
    world.run_until(end.min(Instant::default() + trouble));
    if seconds > trouble.as_secs() {
        world.make_whole();
        world.run_until(end);
    }
    world.log().iter().for_each(|line| println!("{line}"));
    for service in service_names(services) {
        println!("{service} is active on {:?}", world.truth().nodes_of(&service));
    }
}
