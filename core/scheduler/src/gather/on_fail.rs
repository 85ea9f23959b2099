//! What is to be done about a failed operation.

use super::Reader;
use super::outcome::Outcome;
use crate::index::ResourceIndex;
use cluster::{OnFail, OperationSettings, Role, RuleContext, resolved};
use std::time::Duration;

/// What is done about a failure, from the mildest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Recovery {
    /// Nothing.
    Ignore,
    /// It is demoted.
    Demote,
    /// It is stopped and started.
    Restart,
    /// The connection is made anew, after the remote node has been fenced.
    ResetRemote,
    /// What it runs inside of is restarted.
    RestartContainer,
    /// It is moved away.
    Ban,
    /// It is left to people.
    Block,
    /// It is stopped for good.
    Stop,
    /// Everything leaves the node.
    Standby,
    /// The node is fenced.
    Fence,
}

impl Recovery {
    /// The nearest that people can ask for.
    pub(super) const fn on_fail(self, is_fencing_enabled: bool) -> OnFail {
        match self {
            Self::Ignore => OnFail::Ignore,
            Self::Demote => OnFail::Demote,
            Self::ResetRemote if is_fencing_enabled => OnFail::Fence,
            Self::Restart | Self::ResetRemote => OnFail::Restart,
            Self::RestartContainer => OnFail::RestartContainer,
            Self::Ban => OnFail::Ban,
            Self::Block => OnFail::Block,
            Self::Stop => OnFail::Stop,
            Self::Standby => OnFail::Standby,
            Self::Fence => OnFail::Fence,
        }
    }
}

/// What is done about a failure, and the role it leaves.
pub(super) struct RecoveryPlan {
    pub(super) recovery: Recovery,
    /// The role that the resource gets when it has failed.
    pub(super) role: Role,
}

impl<'a> Reader<'a> {
    /// What is to be done about a failed operation.
    pub(super) fn recovery(&mut self, outcome: &Outcome<'a>) -> RecoveryPlan {
        let resource = outcome.resource;
        let asked = self.asked_on_fail(resource, outcome.task(), outcome.record.interval);
        let recovery = self.recovery_for(resource, outcome, asked);
        let waits = !self.at.resources[resource].reconnect_interval.is_zero();
        let role = match recovery {
            Recovery::Stop => Role::Stopped,
            Recovery::ResetRemote if waits => Role::Stopped,
            _ if outcome.task() == "promote" => Role::Unpromoted,
            _ => Role::Started,
        };
        RecoveryPlan { recovery, role }
    }

    fn recovery_for(
        &self,
        resource: ResourceIndex,
        outcome: &Outcome<'a>,
        asked: Option<OnFail>,
    ) -> Recovery {
        let state = &self.at.resources[resource];
        let is_fencing_enabled = self.at.options.is_fencing_enabled;
        // A lost connection has to be made anew, and the node behind it to be fenced; one that
        // never came up has lost nothing.
        let needs_reset = super::remote::is_connection(&state.agent)
            && !outcome.is_probe()
            && outcome.task() != "start";
        let is_forced = needs_reset && !state.is_managed;
        let asked = asked.filter(|_| !is_forced).and_then(|asked| match asked {
            OnFail::Fence if !is_fencing_enabled => Some(Recovery::Stop),
            OnFail::RestartContainer => state.container.map(|_| Recovery::RestartContainer),
            OnFail::Ignore => Some(Recovery::Ignore),
            OnFail::Block => Some(Recovery::Block),
            OnFail::Stop => Some(Recovery::Stop),
            OnFail::Demote => Some(Recovery::Demote),
            OnFail::Restart => Some(Recovery::Restart),
            OnFail::Ban => Some(Recovery::Ban),
            OnFail::Fence => Some(Recovery::Fence),
            OnFail::Standby => Some(Recovery::Standby),
        });
        asked.unwrap_or_else(|| {
            if state.container.is_some() {
                Recovery::RestartContainer
            } else if needs_reset {
                if state.is_managed { Recovery::ResetRemote } else { Recovery::Stop }
            } else if outcome.task() != "stop" {
                Recovery::Restart
            } else if is_fencing_enabled {
                Recovery::Fence
            } else {
                Recovery::Block
            }
        })
    }

    /// What people ask for, where that makes sense for the operation.
    fn asked_on_fail(
        &mut self,
        resource: ResourceIndex,
        task: &str,
        interval: Duration,
    ) -> Option<OnFail> {
        let default = self.default_on_fail(resource, task, interval);
        let settings = self.at.operations(resource);
        let own = settings.iter().find(|it| it.name == task && it.interval.value == interval);
        let asked = own.and_then(|own| self.own_on_fail(own)).or(default);
        match asked {
            Some(OnFail::Demote) => {
                let is_promoted_monitor = own.is_some_and(|own| is_promoted_monitor(own));
                (task == "promote" || is_promoted_monitor).then_some(OnFail::Demote)
            }
            // What the monitor of the promoted role asks for holds for the demotion, too.
            None if task == "demote" => {
                let monitors = settings.iter().filter(|it| is_promoted_monitor(it));
                let mut asked = monitors.filter_map(|it| self.own_on_fail(it));
                asked.find(|asked| *asked != OnFail::Demote)
            }
            asked => asked,
        }
    }

    fn own_on_fail(&self, operation: &OperationSettings) -> Option<OnFail> {
        let context = RuleContext { now: Some(self.at.facts.now), ..RuleContext::default() };
        operation.on_fail.or_else(|| {
            let meta = resolved(&operation.meta, None, &self.at.references, &context, &mut None);
            meta.get("on-fail").and_then(|text| OnFail::parse(text))
        })
    }

    fn default_on_fail(
        &mut self,
        resource: ResourceIndex,
        task: &str,
        interval: Duration,
    ) -> Option<OnFail> {
        let at = &mut self.at;
        let context = RuleContext {
            now: Some(at.facts.now),
            agent: Some(&at.resources[resource].agent),
            operation: Some((task, interval)),
            ..RuleContext::default()
        };
        let sets = &at.facts.configuration.operation_defaults;
        let meta = resolved(sets, None, &at.references, &context, &mut at.recheck);
        meta.get("on-fail").and_then(|text| OnFail::parse(text))
    }
}

fn is_promoted_monitor(operation: &OperationSettings) -> bool {
    operation.name == "monitor"
        && operation.role == Some(Role::Promoted)
        && operation.enabled != Some(false)
        && !operation.interval.value.is_zero()
}
