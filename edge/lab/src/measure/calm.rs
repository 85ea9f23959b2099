//! No false alarm: what a cluster must stand without putting anybody out.

use super::{MeasureError, Membership, everybody, in_one_view};
use crate::busy::Busy;
use crate::client::Lab;
use crate::fault::{Fault, Flap, Loss};
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// How often a node stands still, and for how long.
const PAUSE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(400));
/// How long the node stands still that is to be put out.
const LONG_PAUSE: Duration = Duration::from_secs(60);
/// How long all may take to be together again.
const TOGETHER: Duration = Duration::from_secs(30);

/// What is done to the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Two busy loops for each core.
    Stress,
    /// Every fifth frame on one ring is lost.
    Loss,
    /// One ring goes down and up, once a second.
    Flap,
    /// One node stands still for 400 ms every 5 s.
    Pauses,
    /// One node stands still for 60 s: it alone is put out, and comes back by itself.
    LongPause,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calm {
    /// Views that were installed, by the node that installed the most.
    pub views: u64,
    /// Suspicions of all nodes.
    pub suspicions: u64,
    /// What was not as it should be.
    pub wrong: Vec<String>,
}

impl Scenario {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Stress, Self::Loss, Self::Flap, Self::Pauses, Self::LongPause];

    const fn name(self) -> &'static str {
        match self {
            Self::Stress => "stress",
            Self::Loss => "loss",
            Self::Flap => "flap",
            Self::Pauses => "pauses",
            Self::LongPause => "long-pause",
        }
    }

    /// Views that each node may install: the one without the node that is put out, and the one
    /// with it again.
    const fn views(self) -> u64 {
        match self {
            Self::LongPause => 2,
            Self::Stress | Self::Loss | Self::Flap | Self::Pauses => 0,
        }
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Scenario {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scenario| scenario.name() == text);
        let names = || Self::ALL.map(Self::name).join(", ");
        found.ok_or_else(|| format!("one of {} is expected", names()))
    }
}

/// Plays a scenario on a cluster at rest for so long, and counts. The network is healed
/// afterwards. The last node is the one that stands still.
///
/// # Errors
/// When the scenario cannot be played, or a node gives no answer.
pub fn remain_calm(
    lab: &Lab,
    membership: &impl Membership,
    scenario: Scenario,
    lasts: Duration,
) -> Result<Calm, MeasureError> {
    in_one_view(lab, membership, &everybody(lab), TOGETHER)?;
    let before = count(lab, membership)?;
    let mut wrong = play(lab, membership, scenario, lasts)?;
    lab.heal()?;
    if let Err(error) = in_one_view(lab, membership, &everybody(lab), TOGETHER) {
        wrong.push(error.to_string());
    }
    let after = count(lab, membership)?;
    let pairs = || before.iter().zip(&after);
    let views = pairs().map(|(b, a)| a.0.saturating_sub(b.0)).max().unwrap_or_default();
    let suspicions = pairs().map(|(b, a)| a.1.saturating_sub(b.1)).sum();
    if views != scenario.views() {
        wrong.push(format!("{views} view changes where {} are right", scenario.views()));
    }
    Ok(Calm { views, suspicions, wrong })
}

/// Views and suspicions, node by node.
fn count(lab: &Lab, membership: &impl Membership) -> Result<Vec<(u64, u64)>, MeasureError> {
    let of = |node: &String| match membership.seen(lab, node) {
        Some(seen) => Ok((seen.views, seen.suspicions)),
        None => Err(MeasureError::NoDaemon(node.clone())),
    };
    lab.options().nodes.iter().map(of).collect()
}

/// Says what was not as it should be meanwhile.
fn play(
    lab: &Lab,
    membership: &impl Membership,
    scenario: Scenario,
    lasts: Duration,
) -> Result<Vec<String>, MeasureError> {
    let end = os::clock::monotonic() + lasts;
    let left = || end.saturating_sub(os::clock::monotonic());
    let last = lab.options().nodes.last().cloned().unwrap_or_default();
    match scenario {
        Scenario::Stress => {
            let options = lab.options();
            let busy = Busy::start(&options.program, &options.folder)?;
            std::thread::sleep(lasts);
            drop(busy);
        }
        Scenario::Loss => {
            lab.inflict(Fault::Loss(Loss { node: None, ring: Some(0), percent: 20 }))?;
            std::thread::sleep(lasts);
        }
        Scenario::Flap => {
            let period = Duration::from_secs(1);
            lab.inflict(Fault::Flap(Flap { node: None, ring: Some(0), period, lasts }))?;
            std::thread::sleep(lasts);
        }
        Scenario::Pauses => {
            while left() > Duration::ZERO {
                lab.pause(&last)?;
                std::thread::sleep(PAUSE.1);
                lab.resume(&last)?;
                std::thread::sleep((PAUSE.0 - PAUSE.1).min(left()));
            }
        }
        Scenario::LongPause => return stand_still(lab, membership, &last),
    }
    Ok(Vec::new())
}

fn stand_still(
    lab: &Lab,
    membership: &impl Membership,
    node: &str,
) -> Result<Vec<String>, MeasureError> {
    let mut others: BTreeSet<String> = everybody(lab);
    others.remove(node);
    lab.pause(node)?;
    std::thread::sleep(LONG_PAUSE);
    let gone = in_one_view(lab, membership, &others, Duration::from_secs(1));
    lab.resume(node)?;
    Ok(gone.err().map(|error| error.to_string()).into_iter().collect())
}
