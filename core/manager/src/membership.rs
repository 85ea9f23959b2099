//! Views: who knows the truth, and what a node's coming and going means for the state.

use crate::state::{Effect, End, Life, Replan};
use crate::{EventKind, Standing, State};
use base::planted::{self, Planted};
use base::{NodeId, WallTime, codec_struct};
use cluster::{Expected, JoinState, ResourceHistory};
use group::{Member, View, ViewId};
use std::collections::BTreeMap;

/// What a member tells the others when a view is agreed on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The view whose state this node has; `None` while it has only what was on its disk.
    pub synced: Option<ViewId>,
    /// Whether it was this process that had the right to act then, and not one before it.
    pub has_acted: bool,
    /// How far its configuration counts, whichever process brought it here.
    pub standing: Standing,
}
codec_struct!(Profile { synced, has_acted, standing });

/// The members that carry the cluster's state into a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// Who sends the state to the others.
    pub(crate) source: NodeId,
    /// Those who have it.
    pub(crate) members: Vec<NodeId>,
}

impl Line {
    /// The line that held the right to act last wins, whether it lives or is only on disks: what a
    /// majority of them has there must not vanish for somebody who was cut off before (C1). Of two
    /// that held it in the same view goes first who has lived since, as it has heard all that was
    /// said there; then the newest configuration: a node that came up before the others has seen
    /// nothing that they would have to follow. On a tie who has a state goes before who has none,
    /// then the lowest node.
    pub(crate) fn of(view: &View) -> Self {
        let profiles: Vec<(&Member, Profile)> =
            view.members.iter().map(|member| (member, profile_of(member))).collect();
        let has_state = |(member, profile): &(&Member, Profile)| {
            member.came_from.is_some() && profile.synced == member.came_from
        };
        let rank = |entry: &&(&Member, Profile)| {
            let (member, profile) = entry;
            // Who waits for another state may have acted, but not with what it has now.
            let has_lived = has_state(entry) && profile.has_acted;
            let Standing { acted, version } = profile.standing;
            let lowest = std::cmp::Reverse(member.node);
            (acted, has_lived, version, has_state(entry), lowest)
        };
        match profiles.iter().max_by_key(rank) {
            Some(best) if has_state(best) => {
                let same = profiles.iter().filter(|entry| has_state(entry));
                let members = same.filter(|(member, _)| member.came_from == best.0.came_from);
                let members = members.map(|(member, _)| member.node).collect();
                Self { source: best.0.node, members }
            }
            best => {
                let source = best.map_or(view.id.proposer, |(member, _)| member.node);
                Self { source, members: vec![source] }
            }
        }
    }

    pub(crate) fn came_along(&self, node: NodeId) -> bool {
        self.members.contains(&node)
    }
}

fn profile_of(member: &Member) -> Profile {
    base::Decode::from_bytes(&member.profile).unwrap_or_default()
}

impl State {
    /// A node is not in the view. What it runs is unknown until it is fenced (R3), unless it is
    /// known to be down.
    pub(crate) fn lose(&mut self, node: NodeId) {
        if planted::is(Planted::TakeLostForDown) {
            self.bury(node, End::Departed);
        }
        // Who went in order is not fenced, whatever still runs there.
        let was_let_go = self.lives.get(&node).is_some_and(|life| life.end == End::LeftRunning);
        let is_down = was_let_go || self.is_known_down(node);
        let status = self.node_mut(node);
        status.in_membership = false;
        status.is_online = false;
        status.join = JoinState::Down;
        status.expected = if is_down { Expected::Down } else { Expected::Member };
        if !is_down {
            // It has not left in order, whatever it wanted: otherwise nobody would fence it.
            status.attributes.remove("shutdown");
        }
    }

    /// A node is in the view, but not with this state: it has to introduce itself first. What it
    /// ran before is kept as it was known, so that nobody else starts it meanwhile (R2).
    pub(crate) fn await_introduction(&mut self, node: NodeId) {
        let status = self.node_mut(node);
        status.in_membership = true;
        status.is_online = false;
        status.join = JoinState::Pending;
    }

    /// A process takes part. Whatever it ran is looked for anew: its history begins empty.
    pub(crate) fn apply_introduction(
        &mut self,
        node: NodeId,
        now: WallTime,
        name: String,
        life: Life,
    ) -> Effect {
        self.names.insert(node, name.clone());
        let stored = self.know(now, &BTreeMap::from([(node, name.clone())]));
        let before = self.lives.get(&node).copied();
        if let Some(before) = before
            && before.boot == life.boot
            && matches!(before.end, End::Fenced | End::Confirmed | End::Disproved)
        {
            return self.refuse_undead(node, now, &name); // F5
        }
        self.lives.insert(node, life);
        let status = self.node_mut(node);
        status.in_membership = true;
        status.is_online = true;
        status.join = JoinState::Member;
        status.expected = Expected::Member;
        status.history.retain(|_, history| history.shutdown_lock().is_some());
        status.history.values_mut().for_each(|history| history.operations.clear());
        self.look_where_it_went(&name);
        let status = self.node_mut(node);
        // In the same life of the machine its services went on, and so does what is known of
        // them: connectivity, health, failures.
        if before.is_some_and(|before| before.boot == life.boot) {
            status.attributes.remove("shutdown");
        } else {
            status.attributes.clear();
            self.started.retain(|(on, _), _| *on != name);
        }
        self.flights.retain(|_, flight| flight.executor != node);
        self.fencing_failures.remove(&name);
        self.forget_dampened(&name);
        self.journal.write(now, EventKind::Joined { node: name });
        Effect { replan: Replan::Now, stored, ..Effect::default() }
    }

    /// F5: it was said to be dead and is not. It may run what was started elsewhere since.
    fn refuse_undead(&mut self, node: NodeId, now: WallTime, name: &str) -> Effect {
        let text = format!(
            "{name} was reported dead, and is back without having been restarted: the fence \
             device lied, or the person who confirmed it was mistaken. It is kept out; switch \
             it off and on"
        );
        let known = self.journal.since(0).any(|event| match &event.kind {
            EventKind::Alarm { text: old } => *old == text,
            _ => false,
        });
        // When it leaves again, it has to be fenced again.
        self.lives.entry(node).or_default().end = End::Disproved;
        let status = self.node_mut(node);
        status.in_membership = true;
        status.is_online = false;
        status.join = JoinState::Banned;
        status.expected = Expected::Member;
        if !known {
            self.journal.write(now, EventKind::Alarm { text });
        }
        Effect::replan()
    }

    /// The machine is certainly down: nothing runs there (F3).
    pub(crate) fn bury(&mut self, node: NodeId, end: End) {
        self.lives.entry(node).or_default().end = end;
        let status = self.node_mut(node);
        status.is_online = false;
        status.join = JoinState::Down;
        status.expected = Expected::Down;
        // What waits for it to come back does so only when it left in order.
        let waits = |history: &ResourceHistory| history.shutdown_lock().is_some();
        status.history.retain(|_, history| end == End::Departed && waits(history));
        status.attributes.clear();
        let name = self.node_name(node);
        self.look_where_it_went(&name);
        self.fencing_failures.remove(&name);
        self.started.retain(|(on, _), _| *on != name);
        self.forget_dampened(&name);
        self.flights.retain(|_, flight| flight.executor != node);
    }

    pub(crate) fn apply_confirmation(&mut self, now: WallTime, name: &str, by: String) -> Effect {
        let Some(node) = self.node_id(name) else { return Effect::default() };
        if self.status.nodes.get(&node.to_string()).is_some_and(|status| status.in_membership) {
            return Effect::default();
        }
        self.bury(node, End::Confirmed);
        self.journal.write(now, EventKind::ConfirmedDown { target: name.to_owned(), by });
        Effect::replan()
    }

    /// The scheduler moves everything off a node with the attribute `shutdown`.
    pub(crate) fn apply_leave(&mut self, node: NodeId, now: WallTime) -> Effect {
        let seconds = now.seconds().to_string();
        self.node_mut(node).attributes.insert("shutdown".into(), seconds);
        Effect::replan()
    }

    /// Whether the node of that name has said that it wants to leave.
    pub(crate) fn wants_to_leave(&self, name: &str) -> bool {
        let mut nodes = self.status.nodes.values();
        nodes.any(|node| node.name == name && node.attributes.contains_key("shutdown"))
    }

    /// Whether a node that wants to leave has been let go.
    pub(crate) fn may_go(&self, node: NodeId) -> bool {
        self.lives.get(&node).is_some_and(|life| life.may_go)
    }

    /// It leaves in order. What it lets run (in maintenance, or not managed) is remembered: nobody
    /// starts it elsewhere (R2), and it is found when the node is back.
    pub(crate) fn apply_departure(&mut self, node: NodeId, now: WallTime) -> Effect {
        if self.may_run_something(node) {
            self.lives.entry(node).or_default().end = End::LeftRunning;
            let status = self.node_mut(node);
            (status.is_online, status.join) = (false, JoinState::Down);
            status.expected = Expected::Down;
        } else {
            self.bury(node, End::Departed);
        }
        let node = self.node_name(node);
        self.journal.write(now, EventKind::Departed { node });
        Effect::replan()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::{BootId, Encode};
    use cluster::Version;
    use group::{QuorumDecision, QuorumReason};

    fn id(counter: u64) -> ViewId {
        ViewId { counter, proposer: NodeId(1) }
    }

    /// One member: the view it came from and whether it has that view's state, whether this process
    /// has acted, and the standing of its configuration: in which view it counted last, and its
    /// epoch.
    type Story = (Option<u64>, bool, bool, (u64, u64));

    fn line(stories: &[Story]) -> (u32, Vec<u32>) {
        let member = |(node, (from, has_state, has_acted, (acted, epoch))): (u32, &Story)| {
            let came_from = from.map(id);
            let synced = came_from.filter(|_| *has_state);
            let version = Version { epoch: *epoch, ..Version::default() };
            let standing = Standing { acted: *acted, version };
            Member {
                node: NodeId(node),
                incarnation: 1,
                boot: BootId(1),
                since: 1,
                came_from,
                profile: Profile { synced, has_acted: *has_acted, standing }.to_bytes(),
            }
        };
        let quorum = QuorumDecision {
            quorate: true,
            votes: 3,
            expected: 3,
            needed: 2,
            reason: QuorumReason::Majority,
            highest_expected: 2,
            flags: Vec::new(),
            voters: Vec::new(),
            arbiter: None,
        };
        let members = (1..).zip(stories).map(member).collect();
        let line = Line::of(&View { id: id(9), members, quorum });
        (line.source.0, line.members.iter().map(|node| node.0).collect())
    }

    #[test]
    fn who_carries_the_state_into_a_view() {
        // What is only on a disk, and what lives; how one that came up alone has what is on its disk.
        let dark = |acted, epoch| (None, false, false, (acted, epoch));
        let alive = |view, epoch| (Some(view), true, true, (view, epoch));
        let alone = |view, acted, epoch| (Some(view), true, false, (acted, epoch));
        let stories = [
            // All fresh: the newest configuration, then the lowest node.
            (vec![dark(0, 4), dark(0, 5), dark(0, 5)], (2, vec![2])),
            // Whose configuration counted last goes before all others, whatever they have.
            (vec![dark(0, 9), alive(5, 4), alive(5, 4)], (2, vec![2, 3])),
            (vec![alone(7, 3, 9), alive(6, 4), dark(0, 4)], (2, vec![2])),
            // One that was cut off had counted up for itself; the others agreed, and all went dark.
            (vec![dark(3, 9), dark(5, 4), dark(5, 4)], (2, vec![2])),
            // So it is when it was never dark itself, and they were.
            (vec![alive(3, 9), dark(5, 4), dark(5, 4)], (2, vec![2])),
            // Of one view goes first who has lived since.
            (vec![dark(5, 5), alive(5, 4), dark(4, 9)], (2, vec![2])),
            // A node that came up alone and never acted does not, with an older configuration.
            (vec![alone(2, 5, 4), dark(5, 5), dark(5, 5)], (2, vec![2])),
            (vec![dark(5, 5), alone(2, 5, 5), dark(5, 5)], (2, vec![2])),
            // Who waits for another state has its configuration to give, where none counts for more.
            (vec![(Some(8), false, true, (8, 4)), alive(6, 4)], (1, vec![1])),
            (vec![(Some(8), false, true, (8, 4)), alive(9, 4)], (2, vec![2])),
        ];
        for (members, expected) in stories {
            assert_eq!(line(&members), expected, "{members:?}");
        }
    }
}
