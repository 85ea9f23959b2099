//! Failures that are forgotten, and fail counts that are forgotten with them.

use super::Reader;
use super::digest::DigestVerdict;
use super::fail_count::Expired;
use super::outcome::Outcome;
use crate::model::{Clearing, Finding};
use cluster::{OperationStatus, Score, exit_code};
use std::time::Duration;

impl<'a> Reader<'a> {
    /// Whether a record is of a failure that is forgotten by now. What is to be cleared with it
    /// is noted.
    pub(super) fn judge_expiry(&mut self, outcome: &Outcome<'a>) -> bool {
        if outcome.status == OperationStatus::NotInstalled {
            return false;
        }
        let (resource, node, record) = (outcome.resource, outcome.node, outcome.record);
        let is_last_failure = record.id.ends_with("_last_failure_0");
        let mut is_expired = false;
        let mut reason = None;
        let timeout = self.at.resources[resource].settings.failure_timeout;
        if !timeout.is_zero() && !record.unsaid.last_change {
            let now = self.at.facts.now;
            let expiry = record.last_change + timeout;
            is_expired = now >= expiry && !self.waits_for_fencing(outcome);
            let valid = self.at.fail_count_for(resource, node, Expired::Ignored, record);
            self.heed_block(outcome);
            let end = if valid.count > Score::ZERO {
                let timeout = self.at.resources[resource].settings.failure_timeout;
                Some(valid.last.unwrap_or_default() + timeout + Duration::from_secs(1))
            } else {
                // What is counted is dated in whole seconds, and may be over before this record is.
                Some(expiry).filter(|_| !outcome.is_as_expected())
            };
            cluster::sooner(&mut self.at.recheck, end.filter(|end| now < *end));
            if is_expired {
                let all = self.at.fail_count_for(resource, node, Expired::Counted, record);
                if all.count > Score::ZERO {
                    // A failure that counts is not forgotten before the others.
                    is_expired = valid.count == Score::ZERO;
                    reason = is_expired.then_some("it expired");
                } else if is_last_failure
                    && !self.at.resources[resource].reconnect_interval.is_zero()
                {
                    reason = Some("reconnect interval is set");
                }
            }
        }
        if !is_expired && is_last_failure && self.have_parameters_changed(outcome) {
            reason = Some("resource parameters have changed");
        }
        if let Some(reason) = reason {
            self.clear(outcome, reason);
        }
        is_expired && !is_sound_probe(outcome)
    }

    /// A failure that leaves the resource to people is never forgotten.
    fn heed_block(&mut self, outcome: &Outcome<'a>) {
        let (resource, node) = (outcome.resource, outcome.node);
        let count = self.at.fail_count_for(resource, node, Expired::Counted, outcome.record).count;
        if count > Score::ZERO && self.at.blocks_after_failure(resource, node, Some(outcome.record))
        {
            self.at.resources[resource].settings.failure_timeout = Duration::ZERO;
        }
    }

    /// A connection with a pause is only forgotten to have failed when its node has been fenced.
    fn waits_for_fencing(&self, outcome: &Outcome<'a>) -> bool {
        let state = &self.at.resources[outcome.resource];
        !state.reconnect_interval.is_zero()
            && self.at.options.is_fencing_enabled
            && outcome.task() == "monitor"
            && !outcome.is_once()
            && state.remote_node.is_some_and(|node| !self.at.nodes[node].was_remote_fenced)
    }

    /// Whether a failure is of parameters that are others now.
    fn have_parameters_changed(&mut self, outcome: &Outcome<'a>) -> bool {
        if !matches!(outcome.task(), "start" | "monitor") {
            return false;
        }
        let (resource, node, record) = (outcome.resource, outcome.node, outcome.record);
        if self.at.is_reached_through_node(resource) {
            self.at.unchecked_failures.push((resource, node, record));
            return false;
        }
        let verdict = self.at.digests(resource, node, record).verdict;
        !matches!(verdict, DigestVerdict::Same | DigestVerdict::Unknown)
    }

    fn clear(&mut self, outcome: &Outcome<'a>, reason: &'static str) {
        let has_pause = !self.at.resources[outcome.resource].reconnect_interval.is_zero();
        let clearing = Clearing {
            resource: outcome.resource,
            node: outcome.node,
            reason,
            waits_for_fencing: has_pause && self.at.options.is_fencing_enabled,
        };
        self.at.findings.add(Finding::Clearing(clearing));
    }
}

/// What a probe found does not become untrue.
fn is_sound_probe(outcome: &Outcome<'_>) -> bool {
    outcome.is_probe()
        && matches!(
            outcome.code,
            exit_code::OK
                | exit_code::NOT_RUNNING
                | exit_code::PROMOTED
                | exit_code::DEGRADED
                | exit_code::DEGRADED_PROMOTED
        )
}
