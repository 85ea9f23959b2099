//! Asks the arbiter for its vote, on a thread of its own: nobody waits for it (Q4).
//!
//! Only the coordinator of a view asks. What the arbiter says goes to the group with the moment until
//! which that is good; when nothing is heard any more, the group itself forgets it then
//! ([`group::arbiter`]). So this thread may be late, or stuck in a name that does not resolve.

use crate::Options;
use crate::managing::now;
use crate::rings::ToRings;
use crate::standing::Standing;
use crate::start::{StartError, key};
use arbiter::{AskError, Client, Fingerprint, Identity, Place};
use base::{Instant, NodeId};
use conf::ClusterConf;
use group::arbiter::{Report, Verdict};
use group::{ArbiterVote, GroupCommand, GroupConfig, GroupEvent, View};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// For one step towards an answer.
const LIMIT: Duration = Duration::from_secs(2);
/// Between two attempts to reach it, and two looks whether there is one now.
const PAUSE: Duration = Duration::from_secs(1);

/// Where the arbiter is, if it can be asked.
pub(crate) fn place(conf: &ClusterConf) -> Option<Place> {
    let arbiter = conf.arbiter.as_ref()?;
    let fingerprint = Fingerprint(arbiter.fingerprint?);
    if conf.cluster_name.is_empty() {
        tracing::warn!("the arbiter knows clusters by name: set totem.cluster_name on all nodes");
        return None;
    }
    Some(Place { host: arbiter.host.clone(), port: arbiter.port, fingerprint })
}

/// By what an arbiter is to know the cluster of this node's configuration and key.
///
/// # Errors
/// When one of them cannot be read.
pub fn identity(options: &Options) -> Result<Identity, StartError> {
    let path = || options.config.clone();
    let text = std::fs::read_to_string(&options.config)
        .map_err(|source| StartError::File { path: path(), source })?;
    let conf = conf::parse(&text).map_err(|source| StartError::Conf { path: path(), source })?;
    Ok(Identity::new(&key(options, &conf)?, &conf.cluster_name))
}

/// The thread.
pub(crate) struct Asker {
    node: NodeId,
    standing: Standing,
    rings: ToRings,
    view: Option<View>,
    line: Option<Line>,
    told: Told,
}

/// A connection, and what it was made for.
struct Line {
    client: Client,
    place: Place,
    identity: String,
}

/// What the log has heard last: it hears of changes.
#[derive(Debug, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Nothing,
    Verdict(Verdict),
    Failure(String),
}

impl Asker {
    pub(crate) fn new(node: NodeId, standing: Standing, rings: ToRings) -> Self {
        Self { node, standing, rings, view: None, line: None, told: Told::Nothing }
    }

    /// Asks as often as the arbiter wants to be asked, and at each change of the view; until nobody
    /// tells of views any more.
    pub(crate) fn run(mut self, events: &Receiver<GroupEvent>) {
        let mut due = now();
        loop {
            match events.recv_timeout(due.saturating_since(now())) {
                Ok(event) => {
                    if self.hear(event) {
                        due = now();
                    }
                }
                Err(RecvTimeoutError::Timeout) => due = now() + self.turn(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Says whether the view is another.
    fn hear(&mut self, event: GroupEvent) -> bool {
        match event {
            GroupEvent::View { view, .. } => {
                self.view = Some(view);
                return true;
            }
            GroupEvent::Quorum { decision, .. } => {
                self.view.iter_mut().for_each(|view| view.quorum = decision.clone());
            }
            GroupEvent::Left => self.view = None,
            _ => {}
        }
        false
    }

    /// Asks, if it is this node's turn; says after what time to look again.
    fn turn(&mut self) -> Duration {
        let reading = self.standing.now();
        let speaks = self.view.as_ref().filter(|view| view.coordinator() == self.node).cloned();
        let (Some(view), Some(place), Some(group)) = (speaks, &reading.arbiter, &reading.group)
        else {
            (self.line, self.told) = (None, Told::Nothing);
            return PAUSE;
        };
        match self.ask(&view, place, group) {
            Ok(again) => again,
            Err(error) => {
                self.line = None;
                let failure = Told::Failure(error.to_string());
                if self.told != failure {
                    tracing::warn!("no answer from the arbiter: {error}");
                    self.told = failure;
                }
                PAUSE
            }
        }
    }

    fn ask(
        &mut self,
        view: &View,
        place: &Place,
        group: &GroupConfig,
    ) -> Result<Duration, AskError> {
        let report = report(self.node, view, group);
        let line = self.line(place, group)?;
        // The lease counts from before the arbiter can know of it.
        let sent = now();
        let answer = line.client.ask(&report, LIMIT)?;
        self.pass_on(view, answer.verdict, sent + answer.lease);
        Ok(answer.again)
    }

    fn pass_on(&mut self, view: &View, verdict: Verdict, until: Instant) {
        let vote = ArbiterVote::from(verdict);
        if !self.rings.command(GroupCommand::Arbiter { view: view.id, vote, until }) {
            tracing::debug!("the daemon is ending; the arbiter's answer was dropped");
        }
        if self.told != Told::Verdict(verdict) {
            let words = match verdict {
                Verdict::Granted => "has the arbiter's vote",
                Verdict::Withheld => "has not the arbiter's vote: another partition has it",
                Verdict::Undecided => "waits for the arbiter to decide",
            };
            tracing::info!("view {} {words}", view.id);
            self.told = Told::Verdict(verdict);
        }
    }

    /// The connection there is, or another, when the arbiter or the key has changed.
    fn line(&mut self, place: &Place, group: &GroupConfig) -> Result<&mut Line, AskError> {
        let identity = Identity::new(&group.key, &group.cluster_name);
        let public = identity.public().to_string();
        let kept = self.line.take();
        let kept = kept.filter(|line| line.place == *place && line.identity == public);
        let line = match kept {
            Some(line) => line,
            None => {
                let client = Client::connect(place, &identity, self.node, LIMIT)?;
                Line { client, place: place.clone(), identity: public }
            }
        };
        Ok(self.line.insert(line))
    }
}

fn report(node: NodeId, view: &View, group: &GroupConfig) -> Report {
    let with_votes = group.nodes.iter().filter(|node| node.votes > 0);
    let vote = view.quorum.arbiter.map(|arbiter| arbiter.vote);
    Report {
        node,
        view: view.id,
        members: view.members.iter().map(|member| member.node).collect(),
        configured: with_votes.map(|node| node.node).collect(),
        votes: view.quorum.voters.iter().fold(0, |votes: u32, it| votes.saturating_add(it.votes)),
        patience: group.timing.patience,
        holds: vote == Some(ArbiterVote::Granted),
    }
}

/// Does it change what is asked?
pub(crate) fn concerns(event: &GroupEvent) -> bool {
    matches!(event, GroupEvent::View { .. } | GroupEvent::Quorum { .. } | GroupEvent::Left)
}
