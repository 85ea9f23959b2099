//! `systole demo`: the main job from beginning to end, on this machine, for a newcomer's eyes.
//!
//! [`play`] is the story; `stage` is the lab it plays in, `timeline` reads the cluster's own
//! journal, `screen` prints. A process of its own plays it, so that [`run`] can end it at any
//! moment (`director`); the lab goes with it.

mod director;
mod screen;
mod stage;
mod timeline;

use crate::observer::{Placement, Wait};
use clap::Args;
pub(crate) use director::run;
use lab::{Cut, Journal, PowerOff};
use screen::Screen;
use stage::{DISKS, EXAMPLE, Failure, Stage};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use timeline::Timeline;

/// The servers; oss3 is the third voter and runs no target.
const SERVERS: [&str; 3] = ["oss1", "oss2", "oss3"];
/// From power-off to the new view, at the most.
const VIEW_LIMIT: Duration = Duration::from_millis(1500);
/// From power-off to all targets mounted elsewhere, at the most.
const MOUNT_LIMIT: Duration = Duration::from_secs(3);
/// What a step may take that has no limit of its own.
const PATIENCE: Duration = Duration::from_secs(30);

/// How it is played.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct DemoArguments {
    /// Leave the cluster up afterwards
    #[arg(long)]
    keep: bool,
    /// Skip 3 of 5 s of watching a lost network change nothing
    #[arg(long)]
    fast: bool,
}

/// What the process that plays is told.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlayerArguments {
    /// The lab's folder
    folder: PathBuf,
    #[command(flatten)]
    how: DemoArguments,
}

/// Plays the demo. 0 only if every step held.
pub(crate) fn perform(arguments: &PlayerArguments) -> ExitCode {
    // Nobody could end it any more.
    if os::process::die_with_parent().is_err() {
        return ExitCode::FAILURE;
    }
    let mut screen = Screen::new();
    match perform_in(&arguments.folder, arguments.how, &mut screen) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            screen.failed(&failure.to_string());
            ExitCode::FAILURE
        }
    }
}

fn perform_in(folder: &Path, how: DemoArguments, screen: &mut Screen) -> Result<(), Failure> {
    let stage = Stage::build(folder, screen)?;
    let outcome = play(&stage, screen, how.fast);
    if outcome.is_err() {
        stage.show_logs(screen);
    }
    let cleared = if how.keep { stage.keep(screen) } else { stage.clear() };
    cleared.and(outcome)
}

fn play(stage: &Stage, screen: &mut Screen, fast: bool) -> Result<(), Failure> {
    let before = settle(stage, screen)?;
    let marks = stage.write_marks(&before)?;
    screen.step(&format!("wrote a file on every target ({} of them)", marks.len()));
    let victim = busiest(&before);
    let timeline = lose(stage, screen, &victim, &before)?;
    stage.check_marks(&marks)?;
    screen.step(&format!("all {} files are there, unchanged, where they are now", marks.len()));
    come_back(stage, screen, &victim)?;
    lose_a_ring(stage, screen, fast)?;
    stage.cluster.never_twice()?;
    screen.step("at no moment was a disk mounted on two servers");
    screen.table(&timeline.rows(), &timeline.summary());
    timeline.within("new view", timeline.view, VIEW_LIMIT)?;
    timeline.within("targets mounted elsewhere", timeline.mounted(), MOUNT_LIMIT)
}

/// Loads the configuration and waits until every target is mounted.
fn settle(stage: &Stage, screen: &mut Screen) -> Result<Placement, Failure> {
    let started = Instant::now();
    stage.cluster.load("oss1", "examples/lustre-pair.crm", EXAMPLE)?;
    screen.step("loaded examples/lustre-pair.crm");
    let mut placement = Placement::new();
    let outcome = stage.cluster.wait(
        PATIENCE,
        |cluster| {
            placement = cluster.placement("oss3")?;
            let mounted = format!("{} of {} targets are mounted", placement.len(), DISKS.len());
            let all = placement.len() == DISKS.len();
            Ok(if all { Wait::Over } else { Wait::For(mounted) })
        },
        |progress| screen.progress(progress),
    );
    if outcome.is_ok() {
        let took = started.elapsed().as_millis();
        screen.step(&format!("all {} targets are mounted, {took} ms after the load", DISKS.len()));
    }
    screen.text(&stage.cluster.output("oss3", &["crm_mon", "-1r"])?);
    outcome?;
    Ok(placement)
}

/// The server with the most targets.
fn busiest(placement: &Placement) -> String {
    let count = |server: &&str| placement.values().filter(|node| node == server).count();
    SERVERS.iter().max_by_key(|server| count(server)).copied().unwrap_or("oss1").to_owned()
}

fn another_than(server: &str) -> &'static str {
    SERVERS.iter().rev().find(|other| **other != server).copied().unwrap_or("oss3")
}

/// Cuts the power of `victim` and waits until what it ran is mounted elsewhere.
fn lose(
    stage: &Stage,
    screen: &mut Screen,
    victim: &str,
    before: &Placement,
) -> Result<Timeline, Failure> {
    let on_victim = before.iter().filter(|(_, node)| *node == victim);
    let lost: Vec<String> = on_victim.map(|(target, _)| target.clone()).collect();
    let witness = another_than(victim);
    let known = stage.cluster.last_event(witness)?;
    screen.step(&format!("cutting the power of {victim}, which has {} targets", lost.len()));
    let power = stage.cluster.lab().power_off(victim)?;
    let mut timeline = Timeline::new(victim, power.killed_at.unwrap_or_default(), &lost);
    let outcome = stage.cluster.wait(
        PATIENCE,
        |cluster| {
            timeline.read(&cluster.events(witness, known)?);
            let progress = timeline.progress();
            Ok(if timeline.is_complete() { Wait::Over } else { Wait::For(progress) })
        },
        |progress| screen.progress(progress),
    );
    if outcome.is_err() {
        screen.text(&stage.cluster.output(witness, &["crm_mon", "-1rf"])?);
    }
    outcome?;
    screen.step(&timeline.progress());
    if stage.has_images() {
        screen.step(&journals(&power));
    }
    Ok(timeline)
}

fn journals(power: &PowerOff) -> String {
    let replayed = power.disks.iter().filter(|disk| disk.journal == Journal::NeedsReplay).count();
    let all = power.disks.len();
    format!("{replayed} of its {all} disks had a journal to replay, as after any power failure")
}

/// Switches `victim` on again (the fence device may have done so) and waits until it takes part.
fn come_back(stage: &Stage, screen: &mut Screen, victim: &str) -> Result<(), Failure> {
    stage.cluster.lab().power_on(victim)?;
    let witness = another_than(victim);
    stage.cluster.wait(
        PATIENCE,
        |cluster| cluster.are_together(witness, &SERVERS),
        |progress| screen.progress(progress),
    )?;
    screen.step(&format!("{victim} is on again and takes part; its targets stay where they are"));
    Ok(())
}

/// Cuts one of the two networks everywhere: nothing happens.
fn lose_a_ring(stage: &Stage, screen: &mut Screen, fast: bool) -> Result<(), Failure> {
    let cluster = &stage.cluster;
    cluster.quiet("oss3", PATIENCE)?;
    let view = |node: &str| cluster.report(node).map(|report| report.view);
    let before = (view("oss3")?, cluster.placement("oss3")?);
    let known = cluster.last_event("oss3")?;
    for node in SERVERS {
        cluster.lab().cut(&Cut { node: node.to_owned(), ring: Some(0), from: None })?;
    }
    let watch = Duration::from_secs(if fast { 2 } else { 5 });
    let started = Instant::now();
    while started.elapsed() < watch {
        let left = watch.saturating_sub(started.elapsed()).as_secs();
        screen.progress(&format!("ring 0 is cut everywhere; watching for {left} s more"));
        std::thread::sleep(Duration::from_millis(100));
    }
    screen.step("what corosync-cfgtool -s says on oss3: ring 0 (LINK ID 0) reaches nobody else");
    screen.text(&cluster.output("oss3", &["corosync-cfgtool", "-s"])?);
    let after = (view("oss3")?, cluster.placement("oss3")?);
    let acted = cluster.events("oss3", known)?.into_iter();
    let acted = acted.filter(|event| event.task.as_deref().is_some_and(|task| task != "monitor"));
    let moved: Vec<String> = acted.map(|event| event.text).collect();
    cluster.lab().heal()?;
    if before != after || !moved.is_empty() {
        return Err(Failure::RingMattered { moved });
    }
    screen.step("ring 0 was cut everywhere, and nothing happened: ring 1 carried on");
    Ok(())
}
