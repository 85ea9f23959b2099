//! How often rare situations came about: a batch in which one never did proves little about it.

use crate::excuses::PATIENCE;
use crate::stays::{Stay, by_view, stays_of};
use crate::{fencing, places, recovery};
use base::{Instant, NodeId};
use group::{Delivery, LinkState, QuorumReason, Stage};
use scheduler::plan::Task;
use sim::{
    Call, Death, Deed, Digest, Ending, Fault, Life, ROOM, Script, Told, What, World, service_names,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// A situation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// A coordinator died while a view was being agreed on.
    CoordinatorDiedInAgreement,
    /// A node died while its own proposal was under way.
    ProposerDied,
    /// A node died when some members had its view and others not.
    ProposerDiedInstalling,
    /// Two nodes proposed at once.
    TwoProposals,
    /// A node had to fetch messages of the old view before it could install the next.
    Levelled,
    /// A safe message was delivered only when its view was over.
    SafeConcluded,
    /// Two lines of views were merged, each with messages of its own.
    LinesMerged,
    /// An own message had been delivered by others meanwhile.
    Absorbed,
    /// A node noticed that it had been paused.
    PauseNoticed,
    /// After a pause the old view turned out to be there still.
    DoubtEnded,
    /// After a pause it did not.
    DoubtConfirmed,
    /// A link failed, and another carried on.
    LinkCarriedOn,
    /// Two nodes in one view had just one good ring left of several.
    LastRing,
    /// A cut that was not symmetric: a node heard one that did not hear a third.
    Asymmetric,
    /// A node left in order.
    LeftInOrder,
    /// A coordinator died while a fencing was under way.
    CoordinatorDiedFencing,
    /// A fence device switched a node off.
    Fenced,
    /// Two of two shot at each other.
    FenceRace,
    /// A cold start waited for all.
    WaitedForAll,
    /// Quorum was lost.
    QuorumLost,
    /// A node alone made a view.
    ViewOfOne,
    /// All machines were dark at once.
    AllDark,
    /// A node took over the state of others.
    Taught,
    /// A process was killed and came back while its services went on.
    KilledOverServices,
    /// A node came back with an empty disk.
    LostDisk,
    /// A write was lost with the power.
    LostWrite,
    /// A receive buffer ran over.
    Overflowed,
    /// A datagram was too long for its path.
    Swallowed,
    /// A damaged or foreign datagram came in.
    Damaged,
    /// An old datagram came in again.
    Replayed,
    /// An instance got the promoted role.
    Promoted,
    /// What another service depends on was stopped.
    DependedOnStopped,
    /// A service came to a node that held as many already as it has room for but one.
    RoomFilled,
    /// Something was to be left alone.
    LeftAlone,
    /// A failure was found in a cluster that was well otherwise.
    FailedInPeace,
    /// A member of the view was fenced, because something there could not be stopped.
    MemberFenced,
}

impl Mark {
    /// All of them.
    pub const ALL: [Self; 36] = [
        Self::CoordinatorDiedInAgreement,
        Self::ProposerDied,
        Self::ProposerDiedInstalling,
        Self::TwoProposals,
        Self::Levelled,
        Self::SafeConcluded,
        Self::LinesMerged,
        Self::Absorbed,
        Self::PauseNoticed,
        Self::DoubtEnded,
        Self::DoubtConfirmed,
        Self::LinkCarriedOn,
        Self::LastRing,
        Self::Asymmetric,
        Self::LeftInOrder,
        Self::CoordinatorDiedFencing,
        Self::Fenced,
        Self::FenceRace,
        Self::WaitedForAll,
        Self::QuorumLost,
        Self::ViewOfOne,
        Self::AllDark,
        Self::Taught,
        Self::KilledOverServices,
        Self::LostDisk,
        Self::LostWrite,
        Self::Overflowed,
        Self::Swallowed,
        Self::Damaged,
        Self::Replayed,
        Self::Promoted,
        Self::DependedOnStopped,
        Self::RoomFilled,
        Self::LeftAlone,
        Self::FailedInPeace,
        Self::MemberFenced,
    ];
}

/// How often each situation came about.
pub type Marks = BTreeMap<Mark, u64>;

/// Counts.
pub fn marks(world: &World, script: &Script) -> Marks {
    let tally = world.truth().tally;
    let lives = &world.recording().lives;
    let told = |which: fn(&What) -> bool| {
        lives.iter().flat_map(|life| &life.told).filter(|told| which(&told.what)).count() as u64
    };
    let mut marks: Marks = [
        (Mark::Absorbed, told(|what| matches!(what, What::Absorbed(_)))),
        (Mark::PauseNoticed, told(|what| matches!(what, What::Paused))),
        (Mark::LeftInOrder, told(|what| matches!(what, What::Left))),
        (Mark::Fenced, tally.fenced),
        (Mark::Taught, tally.taught),
        (Mark::LostDisk, tally.lost_disks),
        (Mark::LostWrite, tally.lost_writes),
        (Mark::Overflowed, tally.overflowed),
        (Mark::Swallowed, tally.swallowed),
        (Mark::Damaged, tally.damaged),
        (Mark::Replayed, tally.replayed),
        (Mark::FenceRace, fence_races(world)),
        (Mark::LastRing, last_rings(world, script)),
        (Mark::Asymmetric, asymmetries(script)),
        (Mark::AllDark, all_dark(world, script)),
    ]
    .into();
    of_services(world, script, &mut marks);
    of_deaths(world, &mut marks);
    of_stages(world, &mut marks);
    of_views(world, &mut marks);
    lives.iter().for_each(|life| of_links(life, &mut marks));
    marks
}

/// What the oracles for services had to judge.
fn of_services(world: &World, script: &Script, marks: &mut Marks) {
    let (recording, truth) = (world.recording(), world.truth());
    let demands = script.setup.demands;
    let is_stop =
        |call: &&Call| demands.order && call.task == Task::Stop && call.instance == "ost0";
    let filled = places::filled(recording, truth, &service_names(), ROOM);
    let left_alone = truth.left_alone.iter().filter(|(_, _, services)| !services.is_empty());
    add(marks, Mark::Promoted, truth.roles.iter().filter(|change| change.is_promoted).count());
    add(marks, Mark::DependedOnStopped, truth.calls.iter().filter(is_stop).count());
    add(marks, Mark::RoomFilled, if demands.room { filled } else { 0 });
    add(marks, Mark::LeftAlone, left_alone.count());
    add(marks, Mark::FailedInPeace, recovery::in_peace(recording, truth, script));
    add(marks, Mark::MemberFenced, fencing::of_members(recording, truth));
}

fn add(marks: &mut Marks, mark: Mark, count: usize) {
    *marks.entry(mark).or_default() += count as u64;
}

/// How far a process was at a moment.
fn stage_at(life: &Life, at: Instant) -> Stage {
    let passed = life.stages.iter().take_while(|(since, _)| *since <= at);
    passed.last().map_or(Stage::Settled, |(_, stage)| *stage)
}

fn of_deaths(world: &World, marks: &mut Marks) {
    let truth = world.truth();
    let agrees = |death: &Death| {
        let alive = world.recording().lives.iter().filter(|life| life.is_alive(death.at));
        alive
            .map(|life| stage_at(life, death.at))
            .any(|stage| matches!(stage, Stage::Proposing | Stage::Accepted | Stage::Levelling))
    };
    for death in truth.deaths.iter().filter(|death| death.how != Ending::Left) {
        let runs_something = death.how == Ending::Killed && truth.active_on(death.node).count() > 0;
        let is_so = [
            (Mark::ProposerDied, death.stage == Stage::Proposing),
            (Mark::ProposerDiedInstalling, death.stage == Stage::Announcing),
            (Mark::CoordinatorDiedInAgreement, death.was_coordinator && agrees(death)),
            (Mark::CoordinatorDiedFencing, death.was_coordinator && death.was_fencing),
            (Mark::KilledOverServices, runs_something),
        ];
        is_so.into_iter().for_each(|(mark, is_so)| add(marks, mark, usize::from(is_so)));
    }
}

fn of_stages(world: &World, marks: &mut Marks) {
    let lives = &world.recording().lives;
    for life in lives {
        for (place, (at, stage)) in life.stages.iter().enumerate() {
            match stage {
                Stage::Levelling => add(marks, Mark::Levelled, 1),
                Stage::Proposing => {
                    let mut others = lives.iter().filter(|other| other.node != life.node);
                    let is_second =
                        others.any(|other| other.is_alive(*at) && stage_at(other, *at) == *stage);
                    add(marks, Mark::TwoProposals, usize::from(is_second));
                }
                Stage::Doubting => match life.stages.get(place + 1).map(|(_, stage)| stage) {
                    Some(Stage::Settled) => add(marks, Mark::DoubtEnded, 1),
                    Some(_) => add(marks, Mark::DoubtConfirmed, 1),
                    None => {}
                },
                _ => {}
            }
        }
    }
}

fn of_views(world: &World, marks: &mut Marks) {
    let safe: BTreeSet<(NodeId, Digest)> = world
        .recording()
        .lives
        .iter()
        .flat_map(|life| life.said.iter().map(move |said| (life.node, said)))
        .filter(|(_, said)| said.delivery == Delivery::Safe)
        .map(|(node, said)| (node, said.digest))
        .collect();
    for life in &world.recording().lives {
        let stays = stays_of(life);
        for stay in &stays {
            let concluded = stay.messages().skip(stay.regular);
            add(marks, Mark::SafeConcluded, concluded.filter(|m| safe.contains(m)).count());
            add(marks, Mark::ViewOfOne, usize::from(stay.view.members.len() == 1));
            let waits = matches!(stay.view.quorum.reason, QuorumReason::WaitingForAll(_));
            add(marks, Mark::WaitedForAll, usize::from(waits));
        }
        let lost = |pair: &&[Stay<'_>]| pair[0].view.quorum.quorate && !pair[1].view.quorum.quorate;
        add(marks, Mark::QuorumLost, stays.windows(2).filter(lost).count());
    }
    let views = by_view(world.recording());
    let spoke: BTreeSet<_> = views
        .values()
        .flatten()
        .filter(|stay| !stay.all.is_empty())
        .map(|stay| stay.view.id)
        .collect();
    for stays in views.values() {
        let from = stays[0].view.members.iter().filter_map(|member| member.came_from);
        let lines: BTreeSet<_> = from.filter(|view| spoke.contains(view)).collect();
        add(marks, Mark::LinesMerged, usize::from(lines.len() > 1));
    }
}

/// A link was down for longer than patience, and its peer stayed in the view.
fn of_links(life: &Life, marks: &mut Marks) {
    for (place, Told { at, what }) in life.told.iter().enumerate() {
        let What::LinkChanged(status) = what else { continue };
        if status.state != LinkState::Disconnected {
            continue;
        }
        let soon = *at + PATIENCE * 2;
        let later = life.told[place..].iter().take_while(|told| told.at < soon);
        let evicted = later.filter(|told| match &told.what {
            What::View { view, .. } => !view.contains(status.node),
            What::Suspected { node, .. } => *node == status.node,
            _ => false,
        });
        let lived = life.ended.is_none_or(|(end, _)| end > soon);
        add(marks, Mark::LinkCarriedOn, usize::from(lived && evicted.count() == 0));
    }
}

fn fence_races(world: &World) -> u64 {
    let shots: Vec<(Instant, NodeId, NodeId)> = world
        .truth()
        .acts
        .iter()
        .filter_map(|act| match act.deed {
            Deed::Fence(target) => Some((act.at, act.node, target)),
            Deed::Start => None,
        })
        .collect();
    let is_race = |pair: &&[(Instant, NodeId, NodeId)]| {
        let (first, second) = (pair[0], pair[1]);
        first.1 == second.2
            && first.2 == second.1
            && second.0.saturating_since(first.0) < Duration::from_secs(5)
    };
    shots.windows(2).filter(is_race).count() as u64
}

fn last_rings(world: &World, script: &Script) -> u64 {
    let one_left = world.truth().paths.iter().filter(|path| path.good_rings == 1);
    if script.setup.rings > 1 { one_left.count() as u64 } else { 0 }
}

fn asymmetries(script: &Script) -> u64 {
    let is_one_way = |fault: &Fault| match fault {
        Fault::Wires(wires, sim::Trouble::Cut) => !wires.both_ways,
        _ => false,
    };
    script.events.iter().filter(|(_, fault)| is_one_way(fault)).count() as u64
}

fn all_dark(world: &World, script: &Script) -> u64 {
    let deaths = world.truth().deaths.iter().filter(|death| death.how == Ending::PowerCut);
    let nobody = |at: Instant| !world.recording().lives.iter().any(|life| life.is_alive(at));
    deaths.filter(|death| death.at < script.end && nobody(death.at)).count() as u64
}
