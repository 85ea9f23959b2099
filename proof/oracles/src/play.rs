//! Plays a script: trouble, then peace, then the questions.

use crate::marks::{Marks, marks};
use crate::{
    Broken, actions, changes, dependence, fencing, links, order, places, quorum, recovery,
    resources, settling, views,
};
use base::Instant;
use sim::{DATABASE, INSTANCES, ROOM, Script, World, fenced_pairs, kept_apart, service_names};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

/// How long it may take until everything is where it belongs, counted from the end of the last
/// fault (L5): most of it is the wait for nodes that were never seen, and failures that expire.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);
/// How long it must then stay so.
const AND_STAYS: Duration = Duration::from_secs(3);
/// How often it is looked at.
const LOOK: Duration = Duration::from_secs(2);

/// What came of a script.
#[derive(Debug)]
pub struct Played {
    /// What was broken, if anything.
    pub verdict: Result<(), Broken>,
    /// A line for each thing that happened.
    pub log: Vec<String>,
    /// A fingerprint of the run, to the last datagram.
    pub trace: u64,
    /// How often rare situations came about.
    pub marks: Marks,
    /// How long it took until all was settled.
    pub settled_after: Duration,
    /// For how long time went on in the world.
    pub lasted: Duration,
}

/// Plays a script to the end, or until something breaks.
pub fn play(script: &Script) -> Played {
    let mut world = World::new(script, &fenced_pairs(&script.setup));
    let mut settled_after = Duration::ZERO;
    let told = catch_unwind(AssertUnwindSafe(|| {
        world.run_until(script.end);
        safety(&world, script)?;
        world.make_whole();
        let settled = settle(&mut world, script);
        // Where the cluster comes to no rest, the cause says more than that.
        safety(&world, script)?;
        order::safety(world.recording())?;
        settled_after = settled?;
        changes::kept(&world)?;
        order::order(world.recording(), world.now())?;
        settling::bounded(&world, script.setup.nodes)
    }));
    let verdict = told.unwrap_or_else(|panic| Err(guarded(panic.as_ref())));
    Played {
        verdict,
        log: world.log().to_vec(),
        trace: world.trace(),
        marks: marks(&world, script),
        settled_after,
        lasted: world.now().since_start(),
    }
}

/// An assertion in the program itself has spoken.
fn guarded(panic: &(dyn std::any::Any + Send)) -> Broken {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic");
    Broken::guarded(text)
}

/// What must hold at every moment.
fn safety(world: &World, script: &Script) -> Result<(), Broken> {
    let (recording, truth) = (world.recording(), world.truth());
    let allowed = |instance: &str| if instance == DATABASE { INSTANCES } else { 1 };
    resources::never_too_many(truth.changes(), allowed)?;
    resources::never_promoted_too_often(&truth.roles, |_| 1)?;
    actions::one_at_a_time(truth, world.now())?;
    actions::after_failed_stops(truth, |instance| instance == DATABASE)?;
    actions::hands_off(truth)?;
    if script.setup.demands.order {
        dependence::ordered(recording, truth, ("ost0", "ost1"))?;
    }
    if script.setup.demands.room {
        let bounds = (ROOM, kept_apart(&script.setup));
        places::in_bounds(recording, truth, &service_names(), bounds)?;
    }
    recovery::prompt(recording, truth, script)?;
    fencing::shots(truth)?;
    fencing::reasons(recording, truth)?;
    quorum::starts(truth)?;
    views::views(recording)?;
    quorum::quorum(recording, &script.setup)?;
    links::intrusions(truth)?;
    links::suspicions(recording, truth)?;
    views::evictions(recording, truth)?;
    fencing::returns(recording, truth)
}

/// Lets time pass until everything is where it belongs and stays there.
fn settle(world: &mut World, script: &Script) -> Result<Duration, Broken> {
    let pauses = world.truth().hindrances.iter().filter(|one| one.is_pause).map(|one| one.until);
    let calm = pauses.fold(world.now(), Instant::max);
    let mut next_order = calm + Duration::from_secs(4);
    loop {
        world.run_until(world.now() + LOOK);
        if world.now() >= next_order {
            world.put_in_order();
            next_order = next_order + Duration::from_secs(20);
        }
        let mut verdict = settling::settled(world, &script.setup);
        let at = world.now();
        if verdict.is_ok() && world.is_in_order() {
            world.run_until(at + AND_STAYS);
            verdict = settling::settled(world, &script.setup);
            if verdict.is_ok() {
                return Ok(at.saturating_since(calm));
            }
        }
        if at > calm + SETTLED_WITHIN {
            return verdict.map(|()| SETTLED_WITHIN);
        }
    }
}
