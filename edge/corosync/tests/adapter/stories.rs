//! Short stories: what happens, then what each process has been told in the end.

use crate::bus::{Bus, Log};
use base::{BootId, Instant, NodeId, Rng};
use corosync::{Adapter, Ending, Input, Output, Process, Reason};
use group::{Birth, Delivery, GroupEvent};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// Plays a story: one thing after the other, each of them until nothing moves any more, unless it
/// stands in a line with others: those come at once.
fn play(voters: u32, script: &str) -> Bus {
    let mut bus = Bus::new(voters);
    let mut random = Rng::new(1);
    for line in script.lines().map(str::trim) {
        for step in line.split(';').map(str::trim) {
            act(&mut bus, step, &mut random);
        }
        bus.calm(&mut random);
    }
    bus
}

fn act(bus: &mut Bus, step: &str, random: &mut Rng) {
    let words: Vec<&str> = step.split_whitespace().collect();
    let node = |word: &str| word.parse::<u32>().expect("a number");
    match words[..] {
        ["start", at] => bus.start(node(at)),
        ["crash", at] => bus.end(node(at), Reason::ProcessDown),
        ["leave", at] => bus.leave(node(at)),
        ["hang", at] => bus.hang(node(at), true),
        ["wake", at] => bus.hang(node(at), false),
        ["agreed", at, text] => bus.say(node(at), text, Delivery::Agreed),
        ["safe", at, text] => bus.say(node(at), text, Delivery::Safe),
        ["voters", count] => bus.set_voters(node(count)),
        ["wait", seconds] => bus.pass(Duration::from_secs(node(seconds).into()), random),
        ["happen", times] => (0..node(times)).for_each(|_| {
            bus.happen(random);
        }),
        ["split", parts] => {
            let part = |part: &str| part.split(',').map(node).collect::<Vec<_>>();
            let parts: Vec<Vec<u32>> = parts.split('|').map(part).collect();
            bus.split(&parts.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        _ => panic!("no such step: {step}"),
    }
}

/// A log in words: `view 2: 1 since 1, 2 since 2 (quorate); 3 Lost`, `1 says a`. Views are numbered
/// as they came about.
fn words(bus: &Bus, log: &Log) -> Vec<String> {
    let logs = bus.stations.values().map(|station| &station.log);
    let logs = logs.chain(bus.ended.iter().map(|(_, log)| log));
    let counter = |event: &GroupEvent| match event {
        GroupEvent::View { view, .. } => Some(view.id.counter),
        _ => None,
    };
    let all: BTreeSet<u64> = logs.flatten().filter_map(counter).collect();
    let number = |counter| all.iter().filter(|other| **other <= counter).count();
    log.iter().filter_map(|event| sentence(event, number)).collect()
}

fn sentence(event: &GroupEvent, number: impl Fn(u64) -> usize) -> Option<String> {
    Some(match event {
        GroupEvent::View { view, left } => {
            let members: Vec<_> = view
                .members
                .iter()
                .map(|member| format!("{} since {}", member.node, number(member.since)))
                .collect();
            let gone: Vec<_> = left.iter().map(|(node, how)| format!("; {node} {how:?}")).collect();
            let quorate = if view.quorum.quorate { "quorate" } else { "not quorate" };
            format!(
                "view {}: {} ({quorate}){}",
                number(view.id.counter),
                members.join(", "),
                gone.concat()
            )
        }
        GroupEvent::Deliver { sender, payload, .. } => {
            format!("{sender} says {}", String::from_utf8_lossy(payload))
        }
        GroupEvent::Transitional { members } => format!("with {members:?}").replace("NodeId", ""),
        GroupEvent::Absorbed { payload, .. } => {
            format!("absorbed {}", String::from_utf8_lossy(payload))
        }
        GroupEvent::Left => "left".into(),
        GroupEvent::Paused { .. } => "paused".into(),
        _ => return None,
    })
}

/// What the process on `node` was told since its view with this counter, that one included.
fn told(bus: &Bus, node: u32, since: u64) -> String {
    let log = words(bus, &bus.stations[&node].log);
    let view = format!("view {since}:");
    let from = log.iter().position(|line| line.starts_with(&view));
    log[from.unwrap_or(0)..].join("\n")
}

const THREE: &str = "start 1; start 2; start 3\n";

#[test]
fn everybody_is_told_the_same() {
    let bus = play(3, &format!("{THREE}agreed 2 a; safe 3 b; agreed 3 c; safe 1 d"));
    let first = told(&bus, 1, 1);
    assert!(first.lines().any(|line| line.ends_with("3 since 1 (quorate)")), "{first}");
    for text in ["2 says a", "3 says b", "3 says c", "1 says d"] {
        assert_eq!(first.matches(text).count(), 1, "{first}");
    }
    assert!(first.find("says b") < first.find("says c"), "in the order of the sender: {first}");
    assert_eq!(told(&bus, 2, 1), first);
    assert_eq!(told(&bus, 3, 1), first);
}

#[test]
fn a_late_member_is_the_youngest_and_who_leaves_is_told_from_who_is_lost() {
    let bus = play(
        3,
        "start 1; start 2
         start 3
         leave 2
         crash 1",
    );
    let log = words(&bus, &bus.stations[&3].log).join("\n");
    let lines: Vec<&str> = log.lines().filter(|line| line.starts_with("view")).collect();
    assert_eq!(lines.len(), 3, "{log}");
    assert!(lines[0].contains("1 since 1, 2 since 1, 3 since"), "{log}");
    assert!(lines[1].ends_with("(quorate); 2 Left"), "{log}");
    assert!(lines[2].ends_with("(quorate); 1 Lost"), "the votes are of nodes: {log}");
    let gone = bus.ended.iter().find(|(process, _)| process.node.0 == 2).unwrap();
    assert_eq!(words(&bus, &gone.1).last().map(String::as_str), Some("left"));
}

#[test]
fn the_smaller_part_may_not_act_and_comes_back_as_the_younger() {
    let bus = play(
        3,
        &format!(
            "{THREE}agreed 1 a
             split 1,2|3
             agreed 1 b; agreed 3 x
             split 1,2,3"
        ),
    );
    let views = |node| {
        let log = words(&bus, &bus.stations[&node].log);
        log.into_iter().filter(|line| line.starts_with("view")).collect::<Vec<_>>()
    };
    let (one, three) = (views(1), views(3));
    assert!(one[1].ends_with("(quorate); 3 Lost"), "{one:?}");
    assert!(three[1].ends_with("(not quorate); 1 Lost; 2 Lost"), "{three:?}");
    assert_eq!(one.last(), three.last());
    assert!(one.last().unwrap().contains("1 since 1, 2 since 1, 3 since"), "{one:?}");
}

#[test]
fn what_is_safe_waits_for_a_process_that_hangs_and_goes_on_without_it() {
    let begin = format!("{THREE}hang 3\nsafe 1 a; agreed 1 b");
    let says_a = |bus: &Bus| told(bus, 1, 1).contains("1 says a");
    assert!(!says_a(&play(3, &begin)), "G7");
    assert!(!says_a(&play(3, &format!("{begin}\nwait 3"))), "it has been knocked at");
    let bus = play(3, &format!("{begin}\nwait 5"));
    assert!(told(&bus, 1, 1).ends_with("; 3 Lost"), "{}", told(&bus, 1, 1));
    assert!(told(&bus, 1, 1).contains("1 says a\n1 says b\nview"), "{}", told(&bus, 1, 1));
    assert_eq!(told(&bus, 1, 1), told(&bus, 2, 1));
    let bus = play(3, &format!("{begin}\nwait 5\nwake 3\nwait 1"));
    assert!(!bus.stations.contains_key(&3), "it has seen that it was left behind");
    // One that comes to in time is heard, whatever was said against it.
    let bus = play(3, &format!("{begin}\nwait 3\nwake 3\nwait 5"));
    assert!(bus.stations.contains_key(&3) && told(&bus, 3, 1).ends_with("1 says b"));
}

#[test]
fn who_hangs_before_the_round_is_left_out_of_the_view() {
    let bus = play(3, &format!("{THREE}hang 1; crash 3\nwait 20"));
    let log = told(&bus, 2, 1);
    assert!(log.lines().last().unwrap().contains(": 2 since 1 (quorate)"), "{log}");
}

#[test]
fn a_crash_between_hello_and_view_costs_another_round() {
    for so_far in 1..40 {
        let script = format!("start 1; start 2\nstart 3; happen {so_far}; crash 2");
        let bus = play(3, &script);
        let (one, three) = (told(&bus, 1, 0), told(&bus, 3, 0));
        let last = one.lines().last().unwrap();
        assert!(last.contains("1 since 1, 3 since"), "{so_far}: {one}");
        assert_eq!(
            three.lines().last().map(|line| line.split(';').next()),
            Some(last.split(';').next())
        );
    }
}

#[test]
fn votes_that_count_differently_make_a_new_view_of_the_same_members() {
    let bus = play(3, &format!("{THREE}voters 7"));
    let log = told(&bus, 2, 1);
    assert!(log.lines().last().unwrap().ends_with("3 since 1 (not quorate)"), "{log}");
    let bus = play(3, &format!("{THREE}voters 7\nvoters 3"));
    assert!(told(&bus, 2, 1).lines().last().unwrap().ends_with("3 since 1 (quorate)"));
}

#[test]
fn a_long_message_arrives_whole_and_too_much_is_refused() {
    let long = "x".repeat(3_000_000);
    let bus = play(2, &format!("start 1; start 2\nsafe 1 {long}; agreed 1 short"));
    assert!(told(&bus, 2, 1).ends_with(&format!("1 says {long}\n1 says short")));
    let mut bus = play(2, "start 1; start 2");
    bus.say(1, &"x".repeat(group::MAX_PAYLOAD + 1), Delivery::Agreed);
    let refusal = |bus: &Bus| match bus.stations[&1].log.last() {
        Some(GroupEvent::Refused(refusal)) => refusal.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(refusal(&bus).contains("send it in parts"));
    (0..5).for_each(|_| bus.say(1, &"x".repeat(group::MAX_PAYLOAD), Delivery::Agreed));
    assert!(refusal(&bus).contains("try again"));
}

#[test]
fn a_second_process_on_a_node_ends() {
    let process = |node, pid| Process { node: NodeId(node), pid };
    let birth = Birth {
        node: NodeId(1),
        incarnation: 9,
        boot: BootId(1),
        view_counter: 0,
        expected_votes: 0,
        seed: 0,
    };
    let (mut second, mut out) = (Adapter::new(process(1, 20), birth), Vec::new());
    let joined = [(process(1, 20), Reason::Joined)].into();
    let members = [process(1, 10), process(1, 20), process(2, 10)].into();
    let input = Input::Configuration { members, left: BTreeMap::new(), joined };
    second.step(Instant::default(), input, &mut out);
    assert_eq!(out, [Output::End(Ending::Twin { pid: 10 })]);
}
