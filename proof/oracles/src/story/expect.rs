//! What must have come about.

use base::{Instant, NodeId};
use cluster::Score;
use manager::State;
use scheduler::plan::Task;
use sim::{Call, Deed, World};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A recurring monitor counts as running for so long after it began last.
const WATCHED: Duration = Duration::from_secs(15);

/// Something that must be so at its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// `did a: stop n1, start n2; n1: fence`: since the last such line, or the story's begin, agents
    /// did this, in this order for each instance, and nothing else; monitors and notifications
    /// aside. `did nothing`.
    Did(BTreeMap<String, Vec<String>>),
    /// `probed a: n1 n2`: since the same time it was looked for there.
    Probed(String, BTreeSet<String>),
    /// `told a post-promote: n1 n2`: since the same time instances were told of that there.
    Told(String, String, BTreeSet<String>),
    /// `together 1`: since the same time so many agents ran at once at the most.
    Together(usize),
    /// `watched a: n1`: recurring monitors look at it there.
    Watched(String, BTreeSet<String>),
    /// `runs a: n1 n2`, `runs a: nowhere`: where it really runs.
    Runs(String, BTreeSet<String>),
    /// `promoted a: n1`: where it really has the promoted role.
    Promoted(String, BTreeSet<String>),
    /// `count a n1: 2`: so many failures are counted there, of all its operations.
    Count(String, String, Score),
}

impl Expectation {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (verb, rest) = text.split_once(' ')?;
        let whom =
            || rest.split_once(':').map(|(whom, what)| (whom.trim().to_owned(), what.trim()));
        let places = || whom().map(|(whom, nodes)| (whom, places_of(nodes)));
        Some(match verb {
            "did" if rest == "nothing" => Self::Did(BTreeMap::new()),
            "did" => Self::Did(rest.split(';').map(deeds).collect::<Option<_>>()?),
            "probed" => places().map(|(of, on)| Self::Probed(of, on))?,
            "told" => {
                let (whom, nodes) = places()?;
                let (of, what) = whom.split_once(' ')?;
                Self::Told(of.to_owned(), what.to_owned(), nodes)
            }
            "together" => Self::Together(rest.parse().ok()?),
            "watched" => places().map(|(of, on)| Self::Watched(of, on))?,
            "runs" => places().map(|(of, on)| Self::Runs(of, on))?,
            "promoted" => places().map(|(of, on)| Self::Promoted(of, on))?,
            "count" => {
                let (whom, count) = whom()?;
                let (resource, node) = whom.split_once(' ')?;
                Self::Count(resource.to_owned(), node.to_owned(), Score::parse(count)?)
            }
            _ => return None,
        })
    }

    /// What is so instead, in the words of the expectation, if it does not hold. `since` is the
    /// time of the last expectation of deeds.
    pub(super) fn instead(&self, world: &World, state: &State, since: Instant) -> Option<String> {
        let found = match self {
            Self::Did(_) => Self::Did(done_since(world, since)),
            Self::Probed(of, _) => {
                let calls = world.truth().calls.iter().filter(|call| call.at > since);
                Self::Probed(of.clone(), nodes_of(calls.filter(|call| is_probe(call)), of))
            }
            Self::Told(of, what, _) => {
                let calls = world.truth().calls.iter().filter(|call| call.at > since);
                let calls = calls.filter(|call| notification(call.task).as_ref() == Some(what));
                Self::Told(of.clone(), what.clone(), nodes_of(calls, of))
            }
            Self::Together(_) => Self::Together(most_at_once(world, since)),
            Self::Watched(of, _) => {
                let recent = |call: &&Call| call.at + WATCHED > world.now() && is_recurring(call);
                Self::Watched(of.clone(), nodes_of(world.truth().calls.iter().filter(recent), of))
            }
            Self::Runs(of, _) => {
                let running = |node| world.truth().active_on(node).any(|one| service(one) == of);
                Self::Runs(
                    of.clone(),
                    nodes(world).filter(|node| running(*node)).map(name).collect(),
                )
            }
            Self::Promoted(of, _) => {
                let truth = world.truth();
                let is_one = |node| {
                    truth
                        .active_on(node)
                        .any(|one| service(one) == of && truth.is_promoted(node, one))
                };
                Self::Promoted(
                    of.clone(),
                    nodes(world).filter(|node| is_one(*node)).map(name).collect(),
                )
            }
            Self::Count(of, on, _) => Self::Count(of.clone(), on.clone(), counted(state, of, on)),
        };
        (found != *self).then(|| found.words())
    }

    fn words(&self) -> String {
        let places = |verb: &str, of: &str, on: &BTreeSet<String>| {
            let on: Vec<&str> = on.iter().map(String::as_str).collect();
            let on = if on.is_empty() { "nowhere".to_owned() } else { on.join(" ") };
            format!("{verb} {of}: {on}")
        };
        match self {
            Self::Did(deeds) if deeds.is_empty() => "did nothing".to_owned(),
            Self::Did(deeds) => {
                let of =
                    |(whom, what): (&String, &Vec<String>)| format!("{whom}: {}", what.join(", "));
                format!("did {}", deeds.iter().map(of).collect::<Vec<_>>().join("; "))
            }
            Self::Probed(of, on) => places("probed", of, on),
            Self::Told(of, what, on) => places("told", &format!("{of} {what}"), on),
            Self::Together(count) => format!("together {count}"),
            Self::Watched(of, on) => places("watched", of, on),
            Self::Runs(of, on) => places("runs", of, on),
            Self::Promoted(of, on) => places("promoted", of, on),
            Self::Count(of, on, count) => format!("count {of} {on}: {count}"),
        }
    }
}

fn deeds(text: &str) -> Option<(String, Vec<String>)> {
    let (whom, what) = text.split_once(": ")?;
    let what = what.split(',').map(|deed| deed.trim().to_owned()).collect();
    Some((whom.trim().to_owned(), what))
}

fn places_of(text: &str) -> BTreeSet<String> {
    text.split_whitespace().filter(|word| *word != "nowhere").map(str::to_owned).collect()
}

/// What agents and devices were asked for after `since`, by instance or fenced node.
pub(super) fn done_since(world: &World, since: Instant) -> BTreeMap<String, Vec<String>> {
    let mut done: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for call in world.truth().calls.iter().filter(|call| call.at > since && is_deed(call)) {
        let deed = format!("{} n{}", call.task.name(), call.node);
        done.entry(call.instance.clone()).or_default().push(deed);
    }
    for act in world.truth().acts.iter().filter(|act| act.at > since) {
        if let Deed::Fence(node) = act.deed {
            done.entry(name(node)).or_default().push("fence".to_owned());
        }
    }
    done
}

/// Whether it changes what a service is.
fn is_deed(call: &Call) -> bool {
    !call.is_device && !matches!(call.task, Task::Monitor | Task::Notify(..))
}

/// `pre-start`, `post-promote`, ...
fn notification(task: Task) -> Option<String> {
    match task {
        Task::Notify(phase, of) => Some(format!("{}-{}", phase.name(), of.name())),
        _ => None,
    }
}

/// How many agents ran at the same time at the most, those that repeat themselves aside.
fn most_at_once(world: &World, since: Instant) -> usize {
    let is_meant = |call: &&Call| call.at > since && !call.is_device && !is_recurring(call);
    let calls: Vec<&Call> = world.truth().calls.iter().filter(is_meant).collect();
    let runs_at = |call: &&&Call, at| call.at <= at && call.end.is_none_or(|(end, _)| end > at);
    let at_once = |at| calls.iter().filter(|call| runs_at(call, at)).count();
    calls.iter().map(|call| at_once(call.at)).max().unwrap_or(0)
}

fn is_probe(call: &Call) -> bool {
    call.task == Task::Monitor && call.interval.is_zero()
}

fn is_recurring(call: &Call) -> bool {
    call.task == Task::Monitor && !call.interval.is_zero()
}

fn nodes_of<'a>(calls: impl Iterator<Item = &'a Call>, of: &str) -> BTreeSet<String> {
    calls.filter(|call| service(&call.instance) == of).map(|call| name(call.node)).collect()
}

/// The primitive of an instance.
pub(super) fn service(instance: &str) -> &str {
    instance.split(':').next().unwrap_or_default()
}

fn name(node: NodeId) -> String {
    format!("n{node}")
}

fn nodes(world: &World) -> impl Iterator<Item = NodeId> + '_ {
    let highest = world.recording().lives.iter().map(|life| life.node.0).max().unwrap_or(0);
    (1..=highest).map(NodeId)
}

fn counted(state: &State, of: &str, on: &str) -> Score {
    let status = state.status.nodes.values().find(|status| status.name == on);
    let attributes = status.into_iter().flat_map(|status| &status.attributes);
    let prefix = format!("fail-count-{of}#");
    let counts = attributes.filter(|(name, _)| name.starts_with(&prefix));
    let counts = counts.filter_map(|(_, value)| Score::parse(value));
    counts.fold(Score::ZERO, |sum, count| sum + count)
}
