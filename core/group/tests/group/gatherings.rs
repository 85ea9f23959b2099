//! Named groups: one story for each thing that can happen to them, and seeded storms.

use crate::members::{Clients, Heard};
use crate::storms;
use crate::world::{World, config};
use base::{NodeId, Rng};
use group::LinkPolicy;
use group::processes::Reason;

fn settled(nodes: u32) -> Clients {
    let mut clients = Clients::new(World::new(config(nodes, 2, LinkPolicy::Passive), 7));
    let all: Vec<_> = (1..=nodes).collect();
    clients.until(3000, |clients| clients.world.agree(&all));
    clients.run(50);
    clients
}

/// What a client was told, a line each: `+2.101 join` for who joined, `2.101 says 1`.
fn story(clients: &Clients, client: usize) -> Vec<String> {
    let name = |process: &group::processes::Process| format!("{}.{}", process.node, process.pid);
    let line = |heard: &Heard| match heard {
        Heard::Members { members, joined, left } => {
            let signs = joined.iter().map(|c| ('+', c)).chain(left.iter().map(|c| ('-', c)));
            let changes: Vec<_> = signs
                .map(|(sign, c)| format!("{sign}{} {:?}", name(&c.process), c.reason))
                .collect();
            format!("{}: {} members", changes.join(", "), members.len())
        }
        Heard::Said { sender, body } => format!("{} says {}", name(sender), body[0]),
    };
    clients.clients[client].log.iter().map(|(_, heard)| line(heard)).collect()
}

#[test]
fn members_come_speak_and_go_in_one_order() {
    let mut clients = settled(3);
    let one = clients.join(1, "a");
    clients.run(20);
    let two = clients.join(2, "a");
    clients.run(20);
    clients.say(two, 4);
    clients.say(one, 100_000);
    clients.run(200);
    clients.part(two, Reason::Leave);
    clients.run(20);
    let three = clients.join(3, "a");
    clients.run(20);
    clients.part(three, Reason::ProcessDown);
    clients.run(20);
    let expected = [
        "+1.100 Join: 1 members",
        "+2.101 Join: 2 members",
        "2.101 says 1",
        "1.100 says 1",
        "-2.101 Leave: 1 members",
        "+3.102 Join: 2 members",
        "-3.102 ProcessDown: 1 members",
    ];
    assert_eq!(story(&clients, one), expected);
    assert_eq!(story(&clients, two), expected[1..5], "the one who leaves is told so");
    clients.check();
    clients.check_at_rest();
}

#[test]
fn a_crash_takes_its_processes_with_it_and_interrupts_nobody() {
    let mut clients = settled(3);
    let members: Vec<_> = (1..=3).map(|node| clients.join(node, "a")).collect();
    clients.run(50);
    clients.world.crash(NodeId(3));
    clients.until(1500, |clients| clients.world.agree(&[1, 2]));
    clients.run(1);
    let told = story(&clients, members[0]);
    assert_eq!(told.last().map(String::as_str), Some("-3.102 NodeDown: 2 members"), "at once");
    assert_eq!(clients.aborted, 0);
    clients.check();
}

#[test]
fn who_falls_behind_slows_its_groups_until_it_has_caught_up_or_gone() {
    let mut clients = settled(4);
    let slow: Vec<_> = (1..=4).map(|node| clients.join(node, "a")).collect();
    clients.join(1, "b");
    clients.run(50);
    let held = |clients: &Clients, nodes: &[u32]| -> Vec<bool> {
        nodes.iter().map(|node| clients.is_slow(*node, "a")).collect()
    };
    clients.follow(slow[0], true);
    clients.follow(slow[3], true);
    clients.run(20);
    assert_eq!(held(&clients, &[1, 2, 3, 4]), [true; 4]);
    assert!(!clients.is_slow(1, "b"), "nobody of that group is behind");
    clients.follow(slow[3], false);
    clients.run(20);
    assert_eq!(held(&clients, &[1, 2, 3, 4]), [true; 4], "the first still is");

    clients.world.crash(NodeId(4));
    clients.until(1500, |clients| clients.world.agree(&[1, 2, 3]));
    clients.world.start(NodeId(4));
    clients.until(3000, |clients| clients.world.agree(&[1, 2, 3, 4]));
    clients.run(50);
    assert_eq!(held(&clients, &[1, 4]), [true; 2], "who comes is told");

    clients.part(slow[0], Reason::ProcessDown);
    clients.run(20);
    assert_eq!(held(&clients, &[1, 2, 3, 4]), [false; 4]);

    clients.follow(slow[1], true);
    clients.run(20);
    assert_eq!(held(&clients, &[1, 2, 3, 4]), [true; 4]);
    clients.world.crash(NodeId(2));
    clients.until(1500, |clients| clients.world.agree(&[1, 3, 4]));
    clients.run(1);
    assert_eq!(held(&clients, &[1, 3, 4]), [false; 3]);
}

#[test]
fn both_sides_of_a_merge_meet_and_nothing_overtakes_the_meeting() {
    let mut clients = settled(4);
    let members: Vec<_> = (1..=4).map(|node| clients.join(node, "a")).collect();
    clients.run(50);
    for (one, other) in [(1, 3), (1, 4), (2, 3), (2, 4)] {
        clients.world.cut_both(one, other);
    }
    clients.until(2000, |clients| clients.world.agree(&[3, 4]) && clients.world.agree(&[1, 2]));
    clients.say(members[0], 4);
    clients.say(members[3], 4);
    clients.run(100);
    clients.world.cuts.clear();
    clients.until(3000, |clients| clients.world.agree(&[1, 2, 3, 4]));
    clients.say(members[0], 4);
    clients.run(100);
    let told = story(&clients, members[0]);
    let end = [
        "-3.102 NodeDown, -4.103 NodeDown: 2 members",
        "1.100 says 1",
        "+3.102 NodeUp, +4.103 NodeUp: 4 members",
        "1.100 says 2",
    ];
    assert_eq!(told[told.len() - 4..], end);
    clients.check();
    clients.check_at_rest();
}

#[test]
fn storms_break_no_promise_of_groups() {
    let mut aborted = 0;
    for seed in 0..storms::seeds() {
        let told = std::panic::catch_unwind(|| storm(seed));
        aborted += told.unwrap_or_else(|_| panic!("seed {seed}"));
    }
    assert!(aborted > 0, "no storm cut an exchange short: they are too mild");
}

fn storm(seed: u64) -> u32 {
    let mut rng = Rng::new(seed ^ 0xc1_1e47);
    let nodes = 2 + u32::try_from(rng.below(4)).expect("small");
    let mut clients = Clients::new(World::new(config(nodes, 2, LinkPolicy::Passive), seed));
    clients.run(1);
    for _ in 0..60 {
        if rng.percent(20) {
            storms::trouble(&mut clients.world, &mut rng, nodes);
        }
        for _ in 0..rng.below(5) {
            act(&mut clients, &mut rng, nodes);
        }
        clients.run(rng.below(150));
    }
    storms::mend(&mut clients.world);
    clients.run(8000);
    clients.check();
    clients.check_at_rest();
    clients.aborted
}

fn act(clients: &mut Clients, rng: &mut Rng, nodes: u32) {
    let node = storms::any(rng, nodes);
    let any = |rng: &mut Rng, clients: &Clients| {
        usize::try_from(rng.below(clients.clients.len() as u64)).expect("few")
    };
    match rng.below(10) {
        0 | 1 if clients.world.is_up(NodeId(node)) => {
            let group = if rng.percent(70) { "a" } else { "b" };
            clients.join(node, group);
        }
        _ if clients.clients.is_empty() => {}
        2 => {
            let reason = if rng.percent(50) { Reason::Leave } else { Reason::ProcessDown };
            let client = any(rng, clients);
            clients.part(client, reason);
        }
        _ => {
            let size = if rng.percent(10) { 9000 } else { 20 };
            let client = any(rng, clients);
            clients.say(client, size);
        }
    }
}
