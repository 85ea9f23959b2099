//! Which members are there, and which have to be fenced.

use super::Reader;
use crate::index::NodeIndex;
use crate::model::{Cell, QuorumPolicy};
use base::WallTime;
use cluster::value::boolean;
use cluster::{Expected, JoinState, NodeStatus, Score};

/// Since when something is so: nothing when it is not, or nobody says.
#[derive(Clone, Copy, Debug)]
struct Presence {
    /// Whether anybody says.
    is_said: bool,
    since: Option<WallTime>,
}

impl<'a> Reader<'a> {
    /// Reads the state of a member.
    pub(super) fn member(&mut self, node: NodeIndex, status: &'a NodeStatus) {
        self.transient_attributes(node, &status.attributes, &status.utilization);
        let wants_down = self.at.is_shutdown_requested(node);
        let state = &mut self.at.nodes[node];
        // It has been seen, at least.
        state.is_unclean = false;
        state.is_unseen = false;
        state.is_shutting_down = wants_down;
        state.is_expected_up = !wants_down && status.expected == Expected::Member;
        let is_online = if self.at.options.is_fencing_enabled {
            self.is_member_online(node, status)
        } else {
            self.is_member_online_unfenced(node, status)
        };
        let state = &mut self.at.nodes[node];
        state.is_online = is_online;
        if !is_online || state.is_shutting_down {
            let cell = Cell { score: Score::MINUS_INFINITY, ..self.cells[node] };
            self.set_cell(node, cell);
        }
        let options = &self.at.options;
        if !options.has_quorum && is_online && options.quorum_policy == QuorumPolicy::Fence {
            self.at.fence(node, "cluster does not have quorum", false);
        }
    }

    /// Without fencing a lost member is only complained of.
    fn is_member_online_unfenced(&mut self, node: NodeIndex, status: &NodeStatus) -> bool {
        let (membership, online) = self.presence(status);
        if membership.since.is_none() {
            return false;
        }
        if online.since.is_some() {
            return !status.unsaid.join && status.join == JoinState::Member;
        }
        if self.at.nodes[node].is_expected_up {
            self.at.fence(node, "peer is unexpectedly down", false);
        }
        false
    }

    fn is_member_online(&mut self, node: NodeIndex, status: &NodeStatus) -> bool {
        let (membership, online) = self.presence(status);
        if self.at.nodes[node].is_shutting_down {
            // Something that is leaving is there as long as its manager is.
            return online.since.is_some();
        }
        if !membership.is_said {
            self.at.fence(node, "peer has not been seen by the cluster", false);
            return false;
        }
        let is_member = membership.since.is_some();
        if status.join == JoinState::Banned {
            self.at.fence(node, "peer failed Pacemaker membership criteria", false);
        } else if self.is_termination_wanted(node) {
            let is_down = !status.unsaid.join && status.join == JoinState::Down;
            if !is_member && online.since.is_none() && is_down {
                return false;
            }
            self.at.fence(node, "fencing was requested", false);
        } else if status.unsaid.expected || status.expected == Expected::Down {
            if self.is_pending_too_long(membership.since, online.since) {
                let reason = "peer pending timed out on joining the process group";
                self.at.fence(node, reason, false);
            } else if is_member || online.since.is_some() {
                self.hold_pending(node);
            }
        } else if !is_member {
            self.at.fence(node, "peer is no longer part of the cluster", true);
        } else if online.since.is_none() {
            self.at.fence(node, "peer process is no longer available", false);
        } else if status.unsaid.join {
            self.at.fence(node, "peer was in an unknown state", false);
        } else if status.join != JoinState::Member {
            self.hold_pending(node);
        }
        is_member
    }

    /// A node that is there but has not joined runs nothing yet.
    fn hold_pending(&mut self, node: NodeIndex) {
        let state = &mut self.at.nodes[node];
        state.is_standby = true;
        state.is_pending = true;
    }

    fn presence(&self, status: &NodeStatus) -> (Presence, Presence) {
        let now = self.at.facts.now;
        let membership = Presence {
            is_said: !status.unsaid.in_membership,
            since: status.in_membership.then(|| status.member_since.unwrap_or(now)),
        };
        let online = Presence {
            is_said: !status.unsaid.is_online,
            since: status.is_online.then(|| status.online_since.unwrap_or(now)),
        };
        (membership, online)
    }

    fn is_pending_too_long(
        &mut self,
        member_since: Option<WallTime>,
        online_since: Option<WallTime>,
    ) -> bool {
        let timeout = self.at.options.node_pending_timeout;
        let Some(since) = member_since else { return false };
        if timeout.is_zero() || online_since.is_some() {
            return false;
        }
        let end = since + timeout;
        let is_over = self.at.facts.now >= end;
        if !is_over {
            cluster::sooner(&mut self.at.recheck, Some(end));
        }
        is_over
    }

    /// Whether people ask for a node to be fenced: by yes, or by the time they asked.
    fn is_termination_wanted(&self, node: NodeIndex) -> bool {
        let Some(text) = self.at.nodes[node].attributes.get("terminate") else { return false };
        boolean(text).unwrap_or_else(|| text.trim().parse::<i64>().is_ok_and(|time| time > 0))
    }
}
