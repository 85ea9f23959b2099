//! One thing goes wrong at a time, with what must come of it.

use crate::invariants::check;
use crate::world::{World, config, deliveries, ids, views};
use base::NodeId;
use group::{
    Admission, Channel, ClusterKey, Delivery, Departure, Group, GroupCommand, GroupConfig,
    GroupEvent, LinkId, LinkPolicy, LinkState, QuorumReason, QuorumRule, Refusal, View,
};

fn settled(nodes: u32) -> World {
    let mut world = World::new(config(nodes, 2, LinkPolicy::Passive), u64::from(nodes));
    let all: Vec<_> = (1..=nodes).collect();
    world.until(3000, |world| world.agree(&all));
    world
}

fn last_view(world: &World, node: u32) -> (View, Vec<(NodeId, Departure)>) {
    let views = world.life(node).told.iter().rev().filter_map(|told| match &told.event {
        GroupEvent::View { view, left } => Some((view.clone(), left.clone())),
        _ => None,
    });
    { views }.next().expect("a view")
}

#[test]
fn a_cold_start_is_one_view() {
    for nodes in [1, 2, 3, 8] {
        let world = settled(nodes);
        assert_eq!(views(world.life(1)), 1);
        assert_eq!(last_view(&world, 1).0.coordinator(), NodeId(1));
        assert!(last_view(&world, 1).0.quorum.quorate);
    }
}

#[test]
fn a_crash_is_a_new_view_within_a_second() {
    for nodes in [2, 3, 5, 32] {
        for victim in [1, nodes] {
            let mut world = settled(nodes);
            world.run(1000);
            world.crash(NodeId(victim));
            let rest: Vec<_> = (1..=nodes).filter(|node| *node != victim).collect();
            let took = world.until(1000, |world| world.agree(&rest));
            assert!(took >= 400, "{took} ms is too fast to be sure");
            let (_, left) = last_view(&world, rest[0]);
            assert_eq!(left, [(NodeId(victim), Departure::Lost)]);
        }
    }
}

#[test]
fn an_asymmetric_cut_settles_on_one_clique() {
    let mut world = settled(4);
    world.cut_both(2, 4);
    world.until(3000, |world| world.agree(&[1, 2, 3]) && world.view(4) == [4]);
    let before = views(world.life(1));
    world.run(10_000);
    assert_eq!(views(world.life(1)), before, "it stays so");
    world.cuts.clear();
    world.until(3000, |world| world.agree(&[1, 2, 3, 4]));
    check(&world);
}

#[test]
fn a_cut_in_one_direction_counts_as_a_cut() {
    let mut world = settled(3);
    world.cut(1, 3);
    world.until(3000, |world| world.agree(&[1, 2]) && world.view(3) == [3]);
    check(&world);
}

#[test]
fn a_partition_and_its_merge() {
    let mut world = settled(5);
    for one in [1, 2] {
        for other in [3, 4, 5] {
            world.cut_both(one, other);
        }
    }
    world.until(1500, |world| world.agree(&[1, 2]) && world.agree(&[3, 4, 5]));
    assert!(!last_view(&world, 1).0.quorum.quorate);
    assert!(last_view(&world, 3).0.quorum.quorate);
    world.submit(3, b"in the majority", Delivery::Safe);
    world.submit(1, b"in the minority", Delivery::Safe);
    world.run(500);
    world.cuts.clear();
    world.until(2000, |world| world.agree(&[1, 2, 3, 4, 5]));
    let view = last_view(&world, 1).0;
    assert_eq!(view.coordinator(), NodeId(3), "the line that could act goes on");
    assert_ne!(view.members[0].came_from, view.members[4].came_from);
    check(&world);
}

#[test]
fn what_the_others_delivered_is_not_said_again_after_the_merge() {
    let mut world = settled(3);
    world.cut(1, 3);
    world.cut(2, 3);
    world.submit(3, b"heard, and not answered", Delivery::Agreed);
    world.run(50);
    assert_eq!(deliveries(world.life(1)).len(), 1);
    world.cut_both(1, 3);
    world.cut_both(2, 3);
    world.until(1500, |world| world.agree(&[1, 2]));
    world.cuts.clear();
    world.until(1500, |world| world.agree(&[1, 2, 3]));
    world.submit(3, b"and another", Delivery::Agreed);
    world.run(500);
    let (channel, payload) = (Channel::Cluster, b"heard, and not answered".to_vec());
    let absorbed = GroupEvent::Absorbed { channel, payload };
    let first = world.life(3).told.iter().filter(|told| told.event == absorbed).count();
    // Alone, node 3 had delivered it in a line of its own, or it learns that the others did.
    assert_eq!(first + deliveries(world.life(3)).len(), 2);
    assert_eq!(deliveries(world.life(1)), deliveries(world.life(2)));
    assert_eq!(deliveries(world.life(1)).len(), 2, "G4");
    check(&world);
}

#[test]
fn a_pause_evicts_only_the_paused() {
    let mut world = settled(3);
    world.run(1000);
    world.pause(NodeId(1), 10_000);
    world.until(1000, |world| world.agree(&[2, 3]));
    world.run(8900);
    assert_eq!(world.view(1), [1, 2, 3], "it does not know yet");
    world.until(2000, |world| world.agree(&[1, 2, 3]));
    for node in [2, 3] {
        let evicted = world.life(node).told.iter().filter_map(|told| match &told.event {
            GroupEvent::View { left, .. } => Some(left.iter().map(|(node, _)| node.0)),
            _ => None,
        });
        assert_eq!(evicted.flatten().collect::<Vec<_>>(), [1]);
    }
    let own = &world.life(1).told;
    assert!(own.iter().any(|told| matches!(told.event, GroupEvent::Paused { .. })));
    assert!(!own.iter().any(|told| matches!(told.event, GroupEvent::Suspected { .. })), "L6");
    check(&world);
}

#[test]
fn after_a_pause_the_old_coordinator_orders_nothing_in_its_dead_view() {
    let mut world = settled(3);
    world.run(500);
    world.pause(NodeId(1), 5000);
    world.run(5001);
    world.submit(1, b"from the past", Delivery::Agreed);
    assert!(deliveries(world.life(1)).is_empty());
    world.until(2000, |world| deliveries(world.life(3)).len() == 1);
    assert_eq!(deliveries(world.life(1)), deliveries(world.life(2)));
    check(&world);
}

#[test]
fn a_short_pause_changes_nothing() {
    let mut world = settled(3);
    world.run(1000);
    world.pause(NodeId(2), 350);
    world.run(3000);
    assert!((1..=3).all(|node| views(world.life(node)) == 1));
}

#[test]
fn the_coordinator_dies_in_the_middle_of_traffic() {
    let mut world = settled(4);
    for round in 0..200 {
        for node in [1, 2, 3, 4] {
            if world.is_up(NodeId(node)) {
                let delivery = if round % 2 == 0 { Delivery::Agreed } else { Delivery::Safe };
                world.submit(node, format!("{round} of {node}").as_bytes(), delivery);
            }
        }
        if round == 100 {
            world.crash(NodeId(1));
        }
        world.run(3);
    }
    world.until(3000, |world| world.agree(&[2, 3, 4]) && deliveries(world.life(2)).len() >= 680);
    world.run(500);
    let all = deliveries(world.life(2));
    assert_eq!(all, deliveries(world.life(3)));
    for sender in ["of 2", "of 3", "of 4"] {
        let its = all.iter().filter(|payload| payload.ends_with(sender.as_bytes()));
        assert_eq!(its.count(), 200, "{sender}");
    }
    check(&world);
}

#[test]
fn losing_all_links_but_a_bad_one_changes_no_view() {
    for seed in 0..5 {
        let mut world = World::new(config(3, 2, LinkPolicy::Passive), seed);
        world.until(3000, |world| world.agree(&[1, 2, 3]));
        world.cut_link(0);
        world.loss = 30;
        world.run(60_000);
        assert!((1..=3).all(|node| views(world.life(node)) == 1), "G9: {:#?}", world.summary());
        let links = world.group(1).links();
        let state = |link| {
            let mut of = links.iter().filter(move |status| status.link == LinkId(link));
            of.all(|status| status.state == LinkState::Connected)
        };
        assert!(!state(0) && links.len() == 4);
    }
}

#[test]
fn links_go_down_and_come_back() {
    let mut world = settled(2);
    world.run(500);
    let states = |world: &World| -> Vec<LinkState> {
        world.group(1).links().iter().map(|status| status.state).collect()
    };
    assert_eq!(states(&world), [LinkState::Connected, LinkState::Connected]);
    world.cut_link(1);
    world.run(1000);
    assert_eq!(states(&world), [LinkState::Connected, LinkState::Disconnected]);
    world.submit(2, b"still there", Delivery::Safe);
    world.cuts.clear();
    world.run(1000);
    assert_eq!(states(&world), [LinkState::Connected, LinkState::Connected]);
    assert_eq!(deliveries(world.life(1)).len(), 1);
    let changes = world.life(1).told.iter().filter_map(|told| match told.event {
        GroupEvent::LinkChanged(status) => Some((status.link.0, status.state)),
        _ => None,
    });
    let (up, down) = (LinkState::Connected, LinkState::Disconnected);
    assert_eq!({ changes }.by_ref().collect::<Vec<_>>()[2..], [(1, down), (1, up)]);
}

#[test]
fn two_megabytes_arrive_whole_under_loss() {
    let mut world = settled(3);
    world.loss = 10;
    let big: Vec<u8> = (0..2_000_000u32).map(|n| n.to_le_bytes()[1]).collect();
    world.submit(3, &big, Delivery::Safe);
    world.submit(2, b"small", Delivery::Agreed);
    let took =
        world.until(20_000, |world| (1..=3).all(|node| deliveries(world.life(node)).len() == 2));
    assert_eq!(deliveries(world.life(1)), [b"small".to_vec(), big], "after {took} ms");
    check(&world);
}

#[test]
fn too_large_is_refused_with_the_limit() {
    let mut world = settled(1);
    let limit = group::MAX_PAYLOAD;
    let payload = vec![0; limit + 1];
    let (channel, delivery) = (Channel::Cluster, Delivery::Agreed);
    world.command(1, GroupCommand::Submit { channel, payload, delivery });
    let refusal = GroupEvent::Refused(Refusal::TooLarge { size: limit + 1, limit });
    assert_eq!(world.life(1).told.last().map(|told| &told.event), Some(&refusal));
}

#[test]
fn another_key_is_another_cluster() {
    let mut world = settled(2);
    world.run(100);
    world.crash(NodeId(2));
    let mut stranger = world.config.clone();
    stranger.key = ClusterKey::new([8; 64]).expect("a key");
    world.start_with(NodeId(2), stranger);
    world.run(3000);
    assert_eq!((world.view(1), world.view(2)), (vec![1], vec![2]));
    let counted = world.group(1).counters();
    assert!(counted.foreign > 10, "G8");
    assert_eq!((counted.other_key, counted.other_cluster), (counted.foreign, 0));
}

#[test]
fn the_key_without_the_name_is_another_cluster_too() {
    let mut world = settled(2);
    world.run(100);
    world.crash(NodeId(2));
    let mut stranger = world.config.clone();
    stranger.cluster_name = "elsewhere".to_owned();
    world.start_with(NodeId(2), stranger);
    world.run(3000);
    assert_eq!((world.view(1), world.view(2)), (vec![1], vec![2]));
    for node in 1..=2 {
        let counted = world.group(node).counters();
        assert!(counted.foreign > 10 && counted.other_cluster > 10, "{counted:?}");
        assert_eq!((counted.other_key, counted.alien), (0, 0));
    }
}

#[test]
fn replays_and_rubbish_only_count() {
    let mut world = settled(3);
    world.recording = Some(Vec::new());
    world.submit(2, b"once", Delivery::Safe);
    world.run(300);
    // A past life of node 3 is recorded too, and played to the others after it is over.
    world.crash(NodeId(3));
    world.until(1500, |world| world.agree(&[1, 2]));
    let recording = world.recording.take().expect("on");
    let before = (views(world.life(1)), world.group(1).counters());
    for (link, to, bytes) in &recording {
        if *to != NodeId(3) {
            world.inject(*link, *to, bytes);
            let mut damaged = bytes.clone();
            let place = damaged.len() / 2;
            damaged[place] ^= 0x10;
            world.inject(*link, *to, &damaged);
            world.inject(*link, *to, &bytes[..bytes.len() / 3]);
        }
        // Meant for somebody else.
        world.inject(*link, NodeId(if to.0 == 1 { 2 } else { 1 }), bytes);
    }
    world.run(3000);
    assert_eq!(views(world.life(1)), before.0, "G8: {:#?}", world.summary());
    assert_eq!(deliveries(world.life(1)), [b"once".to_vec()]);
    let after = world.group(1).counters();
    assert!(after.replayed > before.1.replayed && after.foreign > before.1.foreign);
}

#[test]
fn a_recorded_past_life_is_not_believed_by_a_new_process() {
    let mut world = settled(2);
    world.recording = Some(Vec::new());
    world.run(1000);
    let recording = world.recording.take().expect("on");
    world.crash(NodeId(1));
    world.crash(NodeId(2));
    world.start(NodeId(1));
    for (link, to, bytes) in recording.iter().filter(|(_, to, _)| *to == NodeId(1)) {
        world.inject(*link, *to, bytes);
    }
    world.run(2000);
    assert_eq!(world.view(1), [1], "nobody else is there");
    assert!(world.group(1).counters().unconfirmed > 10);
}

#[test]
fn a_clean_leave_is_quick_and_polite() {
    for leaver in [1, 3] {
        let mut world = settled(3);
        world.run(500);
        world.submit(leaver, b"last words", Delivery::Safe);
        world.command(leaver, GroupCommand::Leave);
        let rest: Vec<_> = (1..=3).filter(|node| *node != leaver).collect();
        let took = world.until(200, |world| world.agree(&rest));
        assert!(took <= 50, "{took} ms");
        let (view, left) = last_view(&world, rest[0]);
        assert_eq!(left, [(NodeId(leaver), Departure::Left)], "G10");
        assert_eq!(ids(&view), rest);
        world.run(600);
        let end = world.life(leaver).told.last().map(|told| &told.event);
        assert_eq!(end, Some(&GroupEvent::Left));
        assert!(rest.iter().all(|node| deliveries(world.life(*node)) == [b"last words".to_vec()]));
        world.crash(NodeId(leaver));
        world.start(NodeId(leaver));
        world.until(2000, |world| world.agree(&[1, 2, 3]));
        check(&world);
    }
}

#[test]
fn a_restarted_daemon_is_a_new_member() {
    let mut world = settled(3);
    world.run(500);
    let before = world.group(2).view().cloned().expect("a view");
    world.crash(NodeId(2));
    world.run(100);
    world.start(NodeId(2));
    world.until(1500, |world| {
        world.agree(&[1, 2, 3]) && world.group(1).view().is_some_and(|view| view.id != before.id)
    });
    let (view, left) = last_view(&world, 1);
    assert_eq!(left, [(NodeId(2), Departure::Lost)]);
    let member = view.member(NodeId(2)).expect("back");
    assert_eq!(member.came_from, None);
    assert_eq!(member.boot, before.member(NodeId(2)).expect("was there").boot);
    assert_ne!(member.incarnation, before.member(NodeId(2)).expect("was there").incarnation);
    assert_eq!(view.coordinator(), NodeId(1));
    check(&world);
}

#[test]
fn profiles_travel_with_the_view() {
    let mut world = settled(2);
    world.crash(NodeId(2));
    world.until(1500, |world| world.agree(&[1]));
    let profile = vec![9; group::MAX_PROFILE];
    world.command(1, GroupCommand::SetProfile(profile.clone()));
    world.start(NodeId(2));
    world.until(1500, |world| world.agree(&[1, 2]));
    assert_eq!(last_view(&world, 2).0.members[0].profile, profile);
}

#[test]
fn two_nodes_wait_for_each_other_once() {
    let mut config = config(2, 1, LinkPolicy::Passive);
    config.quorum.rule = QuorumRule::TwoNode;
    let mut world = World::new(config, 1);
    world.crash(NodeId(2));
    world.until(3000, |world| world.agree(&[1]));
    let quorum = last_view(&world, 1).0.quorum;
    assert_eq!(quorum.reason, QuorumReason::WaitingForAll(vec![NodeId(2)]), "Q6");
    assert!(!quorum.quorate);
    world.start(NodeId(2));
    world.until(3000, |world| world.agree(&[1, 2]));
    world.crash(NodeId(1));
    world.until(1000, |world| world.agree(&[2]));
    assert!(last_view(&world, 2).0.quorum.quorate);
    // Whoever joins one that has seen everybody need not wait.
    world.start(NodeId(1));
    world.until(3000, |world| world.agree(&[1, 2]));
    world.crash(NodeId(2));
    world.until(1000, |world| world.agree(&[1]));
    assert!(last_view(&world, 1).0.quorum.quorate);
}

#[test]
fn rest_costs_only_heartbeats() {
    let mut world = settled(3);
    world.run(1000);
    let before = world.datagrams;
    world.run(10_000);
    let per_second = (world.datagrams - before) / 10;
    assert!(per_second <= 3 * 2 * 20, "{per_second} datagrams a second");
}

#[test]
fn many_nodes_start_together_lose_some_and_rest_cheaply() {
    let mut world = World::new(config(64, 2, LinkPolicy::Passive), 64);
    let all: Vec<_> = (1..=64).collect();
    let took = world.until(10_000, |world| world.agree(&all));
    world.run(2000);
    assert!((1..=64).all(|node| views(world.life(node)) == 1), "one view, after {took} ms");
    let before = world.datagrams;
    world.run(4000);
    let per_link = (world.datagrams - before) / (4 * 64 * 2);
    assert!(per_link <= 60, "{per_link} datagrams a second, node and link");
    // One whose watchers die with it is missed all the same.
    let gone = [20, 19, 21, 12, 28];
    gone.iter().for_each(|node| world.crash(NodeId(*node)));
    let rest: Vec<_> = all.iter().copied().filter(|node| !gone.contains(node)).collect();
    let took = world.until(3000, |world| world.agree(&rest));
    assert!(took >= 500, "{took} ms is too fast to be sure");
    world.start(NodeId(20));
    let back: Vec<_> = all.iter().copied().filter(|node| !gone[1..].contains(node)).collect();
    world.until(10_000, |world| world.agree(&back));
    check(&world);
}

#[test]
fn the_configuration_changes_while_all_goes_on() {
    let mut world = settled(3);
    world.run(1000);
    let change = |world: &mut World, node: u32, change: &dyn Fn(&mut GroupConfig)| {
        let mut config = world.config.clone();
        change(&mut config);
        world.command(node, GroupCommand::Reconfigure(Box::new(config)));
    };
    let new = || ClusterKey::new([9; 64]).expect("a key");
    let old = || ClusterKey::new([7; 64]).expect("a key");
    // First all know the new key, then all use it, then all forget the old.
    let steps: [&dyn Fn(&mut GroupConfig); 3] = [
        &|config| config.other_keys = vec![new()],
        &|config| (config.key, config.other_keys) = (new(), vec![old()]),
        &|config| config.key = new(),
    ];
    for step in steps {
        for node in 1..=3 {
            change(&mut world, node, step);
            world.run(300);
        }
    }
    assert!((1..=3).all(|node| views(world.life(node)) == 1), "a key was changed without a stir");
    assert_eq!(world.group(1).counters().foreign, 0);
    // A third ring, and ring 0 goes.
    let links = |from: u8| (from..3).map(LinkId).collect::<Vec<_>>();
    for from in [0, 1] {
        for node in 1..=3 {
            change(&mut world, node, &|config| {
                config.key = new();
                config.nodes.iter_mut().for_each(|node| node.links = links(from));
            });
            world.run(300);
        }
    }
    world.cut_link(0);
    world.run(2000);
    assert!((1..=3).all(|node| views(world.life(node)) == 1), "a ring came and another went");
    let status = world.group(1).links();
    assert!(status.len() == 4 && status.iter().all(|link| link.state == LinkState::Connected));
    // A node goes, and comes back.
    for node in [1, 2] {
        change(&mut world, node, &|config| {
            config.key = new();
            config.nodes.retain(|node| node.node != NodeId(3));
            config.nodes.iter_mut().for_each(|node| node.links = links(1));
        });
    }
    world.until(2000, |world| world.agree(&[1, 2]));
    for node in [1, 2] {
        change(&mut world, node, &|config| {
            config.key = new();
            config.nodes.iter_mut().for_each(|node| node.links = links(1));
        });
    }
    world.until(3000, |world| world.agree(&[1, 2, 3]));
    check(&world);
}

#[test]
fn who_has_the_key_is_found_on_the_network() {
    let mut world = World::new(config(3, 2, LinkPolicy::Active), 5);
    for node in 1..=3 {
        let mut alone = world.config.clone();
        alone.admission = Admission::Anyone;
        alone.nodes.retain(|listed| listed.node == NodeId(node));
        world.crash(NodeId(node));
        world.start_with(NodeId(node), alone);
    }
    world.until(4000, |world| world.agree(&[1, 2, 3]));
    for node in 1..=3 {
        let found = world.life(node).told.iter().filter_map(|told| match told.event {
            GroupEvent::Discovered { node } => Some(node.0),
            _ => None,
        });
        let mut found: Vec<_> = found.collect();
        found.sort_unstable();
        assert_eq!(found, (1..=3).filter(|other| *other != node).collect::<Vec<_>>());
        let met =
            (0..2).flat_map(|link| found.iter().map(move |node| (LinkId(link), NodeId(*node))));
        assert_eq!(world.addresses(node), met.collect::<Vec<_>>(), "on each link");
    }
    assert_eq!(last_view(&world, 1).0.quorum.expected, 3, "they vote");
    world.crash(NodeId(2));
    world.until(2000, |world| world.agree(&[1, 3]));
    check(&world);
}

#[test]
fn who_is_lost_again_and_again_waits_longer_each_time() {
    let mut world = settled(3);
    world.run(1000);
    let mut waits = Vec::new();
    for _ in 0..4 {
        world.cut_both(1, 3);
        world.cut_both(2, 3);
        world.until(2000, |world| world.agree(&[1, 2]));
        world.cuts.clear();
        waits.push(world.until(20_000, |world| world.agree(&[1, 2, 3])) / 1000);
    }
    assert_eq!(waits, [0, 1, 2, 4], "seconds");
    check(&world);
}

#[test]
fn whoever_has_a_number_or_an_address_wrong_can_tell() {
    let mut world = settled(3);
    let told = world.group_mut(1).misplaced(NodeId(2));
    world.inject(LinkId(0), NodeId(2), &told);
    world.inject(LinkId(0), NodeId(3), &told);
    let counters = |world: &World, node| {
        let counted = world.group(node).counters();
        (counted.misplaced, counted.misaddressed)
    };
    assert_eq!((counters(&world, 2), counters(&world, 3)), ((1, 0), (0, 1)));
    assert_eq!(Group::claimed_sender(&told), Some(NodeId(1)));
    assert_eq!(Group::claimed_sender(b"anything"), None);
}
