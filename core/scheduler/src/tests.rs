//! Stories: a cluster, and what the scheduler makes of it.
//!
//! Each file in `tests/stories` holds stories, separated by `====`. A story is a title, the
//! cluster line by line, `----`, and the plan. `UPDATE=1` writes the plans that come out; read
//! what changes before you believe it. The words are explained in `world::World::read_line`.

mod bounds;
mod world;

use crate::{Action, ActionKey, Placement, Plan, SummaryLine, Task, decide, schedule};
use cluster::Role;
use std::collections::BTreeSet;
use std::fmt::Write;
use world::World;

#[test]
fn every_story_ends_as_told() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stories");
    let is_updating = std::env::var_os("UPDATE").is_some();
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let mut wrong = String::new();
    let mut count = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let mut stories = Vec::new();
        for story in text.split("\n====\n") {
            let (told, expected) = story.split_once("\n----").unwrap_or((story, ""));
            let came = end_of(told);
            if let Err(why) = carry_out(told) {
                writeln!(wrong, "{}\n{told}\n---- {why}\n", file.display()).unwrap();
            }
            count += 1;
            if came.trim() != expected.trim() {
                let file = file.display();
                writeln!(wrong, "{file}\n{told}\n---- expected{expected}\n---- came\n{came}")
                    .unwrap();
            }
            stories.push(format!("{}\n----\n{}", told.trim(), came.trim()));
        }
        if is_updating {
            std::fs::write(&file, stories.join("\n====\n") + "\n").unwrap();
        }
    }
    assert!(count >= 30, "only {count} stories");
    println!("{wrong}");
    assert!(is_updating || wrong.is_empty(), "{wrong}");
}

/// Plans the story's cluster, twice, and writes the plan down.
fn end_of(told: &str) -> String {
    let world = World::read(told);
    let plan = schedule(&world.facts());
    assert_eq!(plan, schedule(&world.facts()), "C8: the same facts, another plan: {told}");
    check_graph(&plan);
    let mut text = String::new();
    for line in decide(&world.facts()).summary {
        let SummaryLine { verb, subject, course, reason, blocked } = line;
        write!(text, "{verb} {subject}").unwrap();
        if let Some(course) = course {
            write!(text, " ({course})").unwrap();
        }
        if !reason.is_empty() {
            write!(text, " due to {reason}").unwrap();
        }
        writeln!(text, "{}", if blocked { ", which cannot be done now" } else { "" }).unwrap();
    }
    text + &render(&plan)
}

/// Carries the plan out, one action at a time, planning anew after each; all succeed. In the end
/// there is nothing to do any more (R12), and on the way nothing was started while it was active
/// elsewhere (R1).
fn carry_out(told: &str) -> Result<(), String> {
    let mut world = World::read(told);
    if world.is_unsteady {
        return Ok(());
    }
    world.finish_what_is_in_flight();
    let mut done = String::new();
    for _ in 0..100 {
        let plan = schedule(&world.facts());
        let Some(action) = next(&plan) else {
            let is_over = plan.graph.actions.iter().all(leaves_no_trace);
            return if is_over {
                Ok(())
            } else {
                Err(format!("nothing can begin after\n{done}\n{}", render(&plan)))
            };
        };
        writeln!(done, "> {}", name(action)).unwrap();
        world.perform(action).map_err(|why| format!("{why}\n{done}"))?;
    }
    Err(format!("no end:\n{done}\n{}", render(&schedule(&world.facts()))))
}

/// The first action that waits for nothing but points.
fn next(plan: &Plan) -> Option<&Action> {
    let actions = &plan.graph.actions;
    let mut is_free = vec![false; actions.len()];
    for action in actions {
        let is_ready = action.after.iter().all(|before| is_free[before.0 as usize]);
        if is_ready && !leaves_no_trace(action) {
            return Some(action);
        }
        is_free[action.id.0 as usize] = is_ready;
    }
    None
}

/// Whether the status is the same when it has been done.
fn leaves_no_trace(action: &Action) -> bool {
    let is_notice = matches!(action.key, ActionKey::Resource { task: Task::Notify(..), .. });
    is_notice || is_point(action)
}

/// Whether nobody carries it out, and nothing comes of it.
fn is_point(action: &Action) -> bool {
    matches!(action.key, ActionKey::Pseudo(_))
}

/// What holds for every graph: ids are positions, nothing waits for itself or in a circle.
fn check_graph(plan: &Plan) {
    let mut is_done = vec![false; plan.graph.actions.len()];
    for _ in 0..plan.graph.actions.len() {
        for action in &plan.graph.actions {
            assert_eq!(plan.graph.action(action.id), Some(action));
            if action.after.iter().all(|before| is_done[before.0 as usize]) {
                is_done[action.id.0 as usize] = true;
            }
        }
    }
    assert!(is_done.iter().all(|done| *done), "the graph has a circle: {:?}", plan.graph);
}

/// What is carried out and after what (through points, and nothing that another
/// input waits for already), where everything is, and why that changes.
fn render(plan: &Plan) -> String {
    let mut text = String::new();
    let inputs = without_points(plan);
    for action in plan.graph.actions.iter().filter(|action| !is_point(action)) {
        let before = &inputs[action.id.0 as usize];
        let names = before.iter().map(|id| name(&plan.graph.actions[*id]));
        let after = names.collect::<Vec<_>>().join(", ");
        let after = if after.is_empty() { after } else { format!(" after {after}") };
        let flight = if action.in_flight { " (in flight)" } else { "" };
        writeln!(text, "> {}{flight}{after}", name(action)).unwrap();
    }
    let places = plan.placements.iter().map(|placement| {
        let promoted = if placement.role == Role::Promoted { "!" } else { "" };
        let node = placement.node.as_deref().filter(|_| placement.role != Role::Stopped);
        let node = node.unwrap_or("-");
        format!("{}={node}{promoted}", placement.instance)
    });
    writeln!(text, "where: {}", places.collect::<Vec<_>>().join(" ")).unwrap();
    let changes = |it: &&Placement| plan.changes.iter().any(|change| change.subject == it.instance);
    for placement in plan.placements.iter().filter(changes) {
        writeln!(text, "why {}: {}", placement.instance, placement.reason).unwrap();
    }
    if let Some(date) = plan.recheck {
        writeln!(text, "again at {}", date.seconds()).unwrap();
    }
    text
}

/// For every action, the actions that are no points and that it waits for.
fn without_points(plan: &Plan) -> Vec<Vec<usize>> {
    let actions = &plan.graph.actions;
    let mut inputs: Vec<BTreeSet<usize>> = Vec::new();
    let mut earlier: Vec<BTreeSet<usize>> = Vec::new();
    for action in actions {
        let mut direct = BTreeSet::new();
        let mut all = BTreeSet::new();
        for before in action.after.iter().map(|id| id.0 as usize) {
            all.extend(earlier[before].iter().copied());
            if is_point(&actions[before]) {
                direct.extend(inputs[before].iter().copied());
            } else {
                direct.insert(before);
            }
        }
        let implied: BTreeSet<usize> =
            direct.iter().flat_map(|before| earlier[*before].iter().copied()).collect();
        direct.retain(|before| !implied.contains(before));
        all.extend(direct.iter().copied());
        inputs.push(direct);
        earlier.push(all);
    }
    inputs.into_iter().map(|all| all.into_iter().collect()).collect()
}

fn name(action: &Action) -> String {
    match &action.key {
        ActionKey::Resource { instance, node, task, interval } => {
            let task = match task {
                Task::Notify(phase, of) => format!("tell:{}-{}", phase.name(), of.name()),
                task => task.name().to_owned(),
            };
            match (task.as_str(), interval.as_secs()) {
                ("monitor", 0) => format!("probe {instance} {node}"),
                (_, 0) => format!("{task} {instance} {node}"),
                (_, seconds) => format!("{task}/{seconds} {instance} {node}"),
            }
        }
        ActionKey::Fence { node, how } => format!("fence {node} {}", how.name()),
        ActionKey::Release { node } => format!("release {node}"),
        ActionKey::Pseudo(name) => name.clone(),
    }
}

/// What is done to a thousand resources on a hundred nodes is the same every time, and when all
/// is well, nothing.
#[test]
fn a_big_cluster_is_planned_alike_twice() {
    let mut told = String::from("big\nproperty stonith-enabled=true\n");
    for node in 0..100 {
        writeln!(told, "node oss{node}").unwrap();
    }
    for ost in 0..1000 {
        let (home, away) = (ost / 10, (ost / 10) ^ 1);
        writeln!(told, "primitive ost{ost} op:monitor:10s").unwrap();
        writeln!(told, "location home{ost} ost{ost} oss{home} 100").unwrap();
        writeln!(told, "location away{ost} ost{ost} oss{away} 50").unwrap();
        writeln!(told, "running oss{home} ost{ost}").unwrap();
    }
    let healthy = schedule(&World::read(&told).facts());
    assert!(healthy.graph.is_empty(), "R12: {:?}", healthy.changes);
    assert_eq!(healthy.placements.len(), 1000);

    let broken = told.replace("node oss7\n", "node oss7 lost\n");
    let world = World::read(&broken);
    let plan = schedule(&world.facts());
    assert_eq!(plan, schedule(&world.facts()), "C8");
    assert_eq!(plan.changes.len(), 11, "one fence, ten moves");
    let moves = plan.changes.iter().filter(|change| change.to.as_deref() == Some("oss6"));
    assert_eq!(moves.count(), 10);
}

/// Every action explains how it is run.
#[test]
fn an_invocation_says_all_an_agent_needs() {
    let world = World::read(
        "invocation\nnode a\nprimitive ping ocf:pacemaker:ping @host=10.0.0.1 op:monitor:10s\n\
         clone c ping clone-max=1\n",
    );
    let plan = schedule(&world.facts());
    let start = plan.graph.actions.iter().find(|action| name(action) == "start ping:0 a").unwrap();
    let monitor = plan.graph.actions.iter().find(|it| name(it) == "monitor/10 ping:0 a").unwrap();
    let run = start.invocation.as_ref().unwrap();
    assert_eq!(run.agent.to_string(), "ocf:pacemaker:ping");
    assert_eq!(run.primitive, "ping");
    assert_eq!(run.timeout.as_secs(), 20);
    assert_eq!(run.parameters["host"], "10.0.0.1");
    for (name, value) in [("timeout", "20000"), ("clone", "0"), ("clone_max", "1")] {
        assert_eq!(run.meta[name], value, "{name}");
    }
    assert_eq!(monitor.invocation.as_ref().unwrap().meta["interval"], "10000");
}

/// Every score says where it comes from.
#[test]
fn scores_remember_their_parts() {
    let world = World::read(
        "scores\nnode a\nnode b\nprimitive ost0 resource-stickiness=20\n\
         location l0 ost0 a 100\nlocation l1 ost0 b 50\nrunning b ost0\n",
    );
    let plan = schedule(&world.facts());
    let scores = &plan.placements[0].scores;
    let of = |node: &str| {
        let (score, parts) = &scores[node];
        let parts: Vec<_> = parts.iter().map(|it| format!("{} {}", it.source, it.score)).collect();
        format!("{score} = {}", parts.join(" + "))
    };
    assert_eq!(of("a"), "100 = symmetric-cluster 0 + location l0 100");
    assert_eq!(of("b"), "70 = symmetric-cluster 0 + location l1 50 + resource-stickiness 20");
    assert_eq!(plan.placements[0].reason, "location l0 gives 100");
}
