//! Plays a story.

use super::ask::edits;
use super::expect::{done_since, service};
use super::{Moment, Story, Wish};
use crate::{Broken, actions, fencing, quorum, resources};
use base::{Instant, NodeId};
use cluster::{Configuration, Resource, Version};
use manager::State;
use node::Node;
use sim::{Fault, Luck, Script, World};
use std::collections::BTreeSet;
use std::time::Duration;

/// How long a cluster may take to come to rest at the beginning.
const PATIENCE: Duration = Duration::from_secs(60);
/// For how long nothing must happen for it to be at rest.
const REST: Duration = Duration::from_secs(12);

/// What all stories have beside their own configuration.
const USUAL: &str = "\
    primitive fence stonith:fence_sim\n\
    property stonith-enabled=true no-quorum-policy=stop\n\
    rsc_defaults resource-stickiness=1\n";

/// How a story went.
#[derive(Debug)]
pub struct Ended {
    /// What was otherwise than told, with the line that told it.
    pub verdict: Result<(), String>,
    /// A line for each thing that happened.
    pub log: Vec<String>,
    /// How often agents and devices were asked for something after the begin.
    pub deeds: usize,
}

/// Plays a story to its end, or until something is otherwise than it tells.
pub fn play(story: &Story) -> Ended {
    play_with(story, None)
}

/// The same; with a number the daemon of the coordinator is killed right after so many deeds (L8),
/// and no more is asked than that nothing is done twice, and that all comes to rest.
pub fn play_with(story: &Story, death: Option<usize>) -> Ended {
    let configuration = match configuration_of(story) {
        Ok(configuration) => configuration,
        Err(what) => return Ended { verdict: Err(what), log: Vec::new(), deeds: 0 },
    };
    let mut script = Script::calm(7, story.nodes);
    script.setup.luck = Luck::Steady;
    let power_on = |node| (Instant::default(), Fault::PowerOn(NodeId(node)));
    script.events = (1..=story.nodes).map(power_on).collect();
    let world = World::new(&script, &configuration);
    let begun = Instant::default();
    let mut player = Player { story, world, begun, since: begun, death };
    let verdict = player.tell().and_then(|()| player.check());
    let deeds = player.deeds();
    Ended { verdict, log: player.world.log().to_vec(), deeds }
}

fn configuration_of(story: &Story) -> Result<Configuration, String> {
    let mut configuration = Configuration {
        // Somebody has written it: it is newer than an empty disk.
        version: Version { epoch: 1, ..Version::default() },
        ..Configuration::default()
    };
    let nodes: String = (1..=story.nodes).map(|node| format!("node {node}: n{node}\n")).collect();
    for text in [nodes.as_str(), USUAL, &story.configuration] {
        let edits = edits(text, &configuration)?;
        configuration.apply(&edits).map_err(|refusal| refusal.to_string())?;
    }
    Ok(configuration)
}

struct Player<'a> {
    story: &'a Story,
    world: World,
    /// When the seconds began to count.
    begun: Instant,
    /// When deeds were last looked at.
    since: Instant,
    /// After how many deeds the coordinator dies.
    death: Option<usize>,
}

impl Player<'_> {
    fn tell(&mut self) -> Result<(), String> {
        self.come_to_rest()?;
        (self.begun, self.since) = (self.world.now(), self.world.now());
        for (line, after, moment) in &self.story.moments {
            self.run_until(self.begun + *after);
            let told = |what: String| format!("line {line}: {what}");
            match moment {
                Moment::Fault(fault) => self.world.fail(fault),
                Moment::Wish(wish) => self.ask(wish).map_err(told)?,
                Moment::Expectation(_) if self.plays_death() => {}
                Moment::Expectation(expectation) => {
                    let state = self.state()?;
                    let instead = expectation.instead(&self.world, state, self.since);
                    if let Some(instead) = instead {
                        return Err(told(instead));
                    }
                    if matches!(expectation, super::Expectation::Did(_)) {
                        self.since = self.world.now();
                    }
                }
            }
        }
        self.rest()
    }

    const fn plays_death(&self) -> bool {
        self.death.is_some()
    }

    /// Lets time pass; the coordinator dies when it is time to.
    fn run_until(&mut self, end: Instant) {
        while let Some(count) = self.death
            && self.world.now() < end
        {
            self.world.run_until((self.world.now() + Duration::from_millis(20)).min(end));
            if self.begun > Instant::default() && self.deeds() >= count {
                let views = self.daemons().filter_map(|(_, daemon)| daemon.group().view());
                let coordinator = views.map(sim::View::coordinator).next();
                coordinator.into_iter().for_each(|node| self.world.fail(&Fault::KillDaemon(node)));
                // It happens once.
                self.death = Some(usize::MAX);
            }
        }
        self.world.run_until(end);
    }

    fn deeds(&self) -> usize {
        done_since(&self.world, self.begun).values().map(Vec::len).sum()
    }

    /// Until nothing has happened for a while.
    fn come_to_rest(&mut self) -> Result<(), String> {
        let mut last = 0;
        let mut quiet_since = self.world.now();
        while self.world.now() < quiet_since + REST {
            self.world.run_until(self.world.now() + Duration::from_secs(1));
            let deeds = self.deeds();
            if deeds != last || self.is_busy() {
                (last, quiet_since) = (deeds, self.world.now());
            }
            if self.world.now() > Instant::default() + PATIENCE {
                return Err("the cluster comes to no rest at the beginning".into());
            }
        }
        Ok(())
    }

    fn is_busy(&self) -> bool {
        let mut daemons = 0;
        let is_busy = self.daemons().any(|(_, daemon)| {
            daemons += 1;
            !daemon.manager().is_joined() || !daemon.manager().state().flights.is_empty()
        });
        is_busy || daemons == 0
    }

    fn daemons(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let nodes = (1..=self.story.nodes).map(NodeId);
        nodes.filter_map(|node| Some((node, self.world.daemon(node)?)))
    }

    fn state(&self) -> Result<&State, String> {
        let mut joined = self.daemons().filter(|(_, daemon)| daemon.manager().is_joined());
        let lowest = joined.next().map(|(_, daemon)| daemon.manager().state());
        lowest.ok_or_else(|| "no node knows the cluster's state".into())
    }

    fn ask(&mut self, wish: &Wish) -> Result<(), String> {
        let command = wish.command(&self.state()?.configuration)?;
        let asked = self.daemons().find(|(_, daemon)| daemon.manager().is_joined());
        let Some((node, _)) = asked else { return Err("nobody is there to be asked".into()) };
        let before = self.world.truth().refusals.len();
        self.world.ask(node, command);
        match self.world.truth().refusals.get(before) {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(()),
        }
    }

    /// R12: a cluster to which nothing happens does nothing; C3: all know the same.
    fn rest(&mut self) -> Result<(), String> {
        let wait = if self.plays_death() { PATIENCE } else { Duration::ZERO };
        self.run_until(self.world.now() + wait);
        let before = self.world.now();
        self.run_until(before + REST);
        let done = done_since(&self.world, before);
        if !done.is_empty() {
            return Err(format!("R12: there is no rest after the end: {done:?}"));
        }
        if self.is_busy() {
            return Err("L5: something is still under way after the end".into());
        }
        let first = self.state()?;
        match self.daemons().find(|(_, daemon)| daemon.manager().state() != first) {
            Some((node, _)) => Err(format!("C3: n{node} knows something else than the others")),
            None => Ok(()),
        }
    }

    /// What must hold in all stories, whatever they tell.
    fn check(&self) -> Result<(), String> {
        let truth = self.world.truth();
        let is_by_hand = |moment: &Moment| matches!(moment, Moment::Fault(Fault::ServiceRuns(..)));
        let cloned = self.cloned()?;
        let is_clone = |instance: &str| cloned.contains(service(instance));
        let allowed = |instance: &str| if is_clone(instance) { usize::MAX } else { 1 };
        if !self.story.moments.iter().any(|(_, _, moment)| is_by_hand(moment)) {
            let changes = truth.changes();
            resources::never_too_many(changes, allowed).map_err(|broken| broken.to_string())?;
        }
        let broken = resources::never_promoted_too_often(&truth.roles, |_| 1)
            .and_then(|()| actions::one_at_a_time(truth, self.world.now()))
            .and_then(|()| actions::after_failed_stops(truth, is_clone))
            .and_then(|()| actions::hands_off(truth))
            .and_then(|()| self.acts_with_the_right_to());
        broken.map_err(|broken| broken.to_string())
    }

    /// Q5 and F1, where the site has not given them away.
    fn acts_with_the_right_to(&self) -> Result<(), Broken> {
        let Some((_, daemon)) = self.daemons().next() else { return Ok(()) };
        let configuration = &daemon.manager().state().configuration;
        if configuration.property("no-quorum-policy") == "ignore" {
            return Ok(());
        }
        quorum::starts(self.world.truth()).and_then(|()| fencing::shots(self.world.truth()))
    }

    /// Services that may run in several places.
    fn cloned(&self) -> Result<BTreeSet<String>, String> {
        let clones = self.state()?.configuration.resources.iter();
        let clones = clones.filter(|resource| matches!(resource, Resource::Clone(_)));
        let inside = clones.flat_map(Resource::primitives);
        Ok(inside.map(|primitive| primitive.id.clone()).collect())
    }
}
