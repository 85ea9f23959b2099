//! A change on trial: unless somebody confirms it in time, the cluster takes it back by itself.
//!
//! Who changes the configuration from afar may cut off the way to it. The promise is kept by whoever
//! is coordinator when the time is over, so it does not depend on who made it.

use crate::manager::Manager;
use crate::operation::Operation;
use crate::state::{Effect, Maker, Replan};
use crate::{CLUSTER, EventKind, Output, State};
use base::{Instant, NodeId, WallTime, codec_struct};
use cluster::Version;
use std::time::Duration;

/// What has to be confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// The revision.
    pub version: Version,
    /// Until when, by the cluster's clock.
    pub until: WallTime,
}
codec_struct!(Trial { version, until });

/// How long the coordinator waits before it says again what may have got lost.
const AGAIN: Duration = Duration::from_secs(1);

impl State {
    /// Somebody says that it is to stay.
    pub(crate) fn apply_confirmation_of_change(&mut self, version: Version) -> Effect {
        let was_on_trial = self.trial.take_if(|trial| trial.version == version).is_some();
        Effect { stored: was_on_trial, ..Effect::default() }
    }

    /// Nobody has confirmed it in time.
    pub(crate) fn apply_end_of_trial(
        &mut self,
        sender: NodeId,
        now: WallTime,
        version: Version,
    ) -> Effect {
        let is_over = |trial: &mut Trial| trial.version == version && trial.until <= now;
        if !self.may_act() || self.trial.take_if(is_over).is_none() {
            return Effect::default();
        }
        let Some(revision) = self.revisions.get(version) else { return Effect::default() };
        let by = revision.by.clone();
        let edits = revision.difference.clone().reversed().into_edits();
        match self.check_edit(None, &edits) {
            Ok(changed) => {
                let message = format!("{version} by {by} was not confirmed in time");
                let origin = self.node_name(sender);
                self.reconfigure(changed, Maker { at: now, by: CLUSTER.into(), origin, message });
                let (version, by) = (self.configuration.version, CLUSTER.to_owned());
                self.journal.write(now, EventKind::Configured { version, by });
                Effect { replan: Replan::Soon, stored: true, ..Effect::default() }
            }
            Err(_) => {
                let text = format!(
                    "the change of the configuration to {version} by {by} was not confirmed in \
                     time, and cannot be taken back, because what it touched has been changed \
                     since: look at it with `systole config show {version}`"
                );
                self.journal.write(now, EventKind::Alarm { text });
                Effect { stored: true, ..Effect::default() }
            }
        }
    }
}

impl Manager {
    /// When the trial is over, if this node has to end it.
    pub(crate) fn trial_wake(&self) -> Option<Instant> {
        let trial = self.state().trial.as_ref().filter(|_| self.state().may_act())?;
        let left = trial.until.saturating_since(self.clock().at);
        let again = self.trial_ended.map(|at| at + AGAIN);
        Some((self.now() + left).max(again.unwrap_or_default()))
    }

    /// The coordinator ends a trial whose time is over.
    pub(crate) fn end_trial(&mut self, out: &mut Vec<Output>) {
        if self.state().trial.is_none() {
            self.trial_ended = None;
            return;
        }
        let is_due = self.trial_wake().is_some_and(|at| at <= self.now());
        if let Some(trial) = self.state().trial.clone().filter(|_| is_due && self.is_coordinator())
        {
            self.trial_ended = Some(self.now());
            self.submit(Operation::EndTrial { version: trial.version }, out);
        }
    }
}
