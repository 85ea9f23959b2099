//! A member gone mad: holds the key, says anything. Nothing it says may stop the others (H2).

use super::{Group, Input, Output};
use crate::config::{
    Admission, Birth, Cipher, ClusterKey, GroupConfig, LinkPolicy, NodeConfig, QuorumConfig, Timing,
};
use crate::frame::{
    self, Blob, Chunk, Content, Dowry, Floor, Frame, History, Installation, Process, Source, Span,
};
use crate::quorum::{Motion, Pending, QuorumChange, QuorumDowry, QuorumMemory};
use crate::tap::Tap;
use crate::types::{Delivery, LinkId, Member, ViewId};
use base::{BootId, Encode, Instant, NodeId, Rng};
use std::collections::BTreeMap;
use std::time::Duration;

const SANE: NodeId = NodeId(1);
const MAD: NodeId = NodeId(2);

fn config() -> GroupConfig {
    let node = |node| NodeConfig { node, links: vec![LinkId(0)], votes: 1 };
    GroupConfig {
        cluster_name: "test".into(),
        admission: Admission::Listed,
        nodes: vec![node(SANE), node(MAD), node(NodeId(3))],
        policy: LinkPolicy::Passive,
        timing: Timing::default(),
        quorum: QuorumConfig::default(),
        key: ClusterKey::new([1; 32]).expect("a key"),
        other_keys: Vec::new(),
        cipher: Cipher::Aes256Gcm,
        priorities: BTreeMap::new(),
        datagram_limit: None,
    }
}

fn group(node: NodeId) -> Group {
    let boot = BootId(u128::from(node.0));
    let birth = Birth { node, incarnation: 5, boot, view_counter: 0, expected_votes: 0, seed: 1 };
    Group::new(config(), birth, Instant::default())
}

/// Numbers as an enemy would choose them.
struct Enemy {
    rng: Rng,
    view: ViewId,
}

impl Enemy {
    fn number(&mut self) -> u64 {
        let small = self.rng.below(6);
        *self
            .rng
            .pick(&[0, 1, small, self.view.counter, u64::MAX, u64::MAX - 1, 1 << 63])
            .expect("7")
    }

    fn view(&mut self) -> ViewId {
        let counter = self.view.counter + self.rng.below(3);
        let proposer = self.node();
        *self
            .rng
            .pick(&[self.view, ViewId { counter, proposer: MAD }, ViewId { counter, proposer }])
            .expect("3")
    }

    fn node(&mut self) -> NodeId {
        NodeId(u32::try_from(self.rng.below(4)).expect("small"))
    }

    fn process(&mut self) -> Process {
        Process { node: self.node(), incarnation: 5 }
    }

    fn span(&mut self) -> Span {
        Span { first: self.number(), last: self.number() }
    }

    fn chunk(&mut self) -> Chunk {
        let floor = Floor { process: self.process(), serial: self.number() };
        let part = u32::try_from(self.rng.below(3)).expect("small");
        let parts = u32::try_from(self.rng.below(3)).expect("small");
        let (serial, delivery, bytes) =
            (self.number(), Delivery::Safe, Blob::from([1; 20].as_slice()));
        let messages = vec![bytes.clone(), Blob::default()];
        let content = match self.rng.below(10) {
            0 | 1 => Content::Opening { floors: vec![floor] },
            2 => Content::Motion { serial, motion: self.motion() },
            3..6 => Content::Batch { serial, delivery, messages },
            _ => Content::Piece { serial, part, parts, delivery, bytes },
        };
        Chunk { sender: self.node(), content }
    }

    fn dowry(&mut self) -> Dowry {
        Dowry {
            boot: BootId(1),
            came_from: Some(self.view()),
            acted: self.view(),
            since: self.number(),
            quorum: self.quorum(),
            aru: self.number(),
            beyond: vec![self.span(), self.span()],
            profile: Blob::from([2; 3000].as_slice()),
        }
    }

    fn votes(&mut self) -> u32 {
        *self.rng.pick(&[0, 1, 2, u32::MAX]).expect("4")
    }

    fn motion(&mut self) -> Motion {
        let (view, node, votes) = (self.view(), self.node(), self.votes());
        let asked = *self
            .rng
            .pick(&[QuorumChange::Expect(votes), QuorumChange::Weigh { node, votes }])
            .expect("2");
        *self
            .rng
            .pick(&[Motion::Asked(asked), Motion::WindowOver { view }, Motion::Leaving])
            .expect("3")
    }

    fn quorum(&mut self) -> QuorumDowry {
        let mut memory = QuorumMemory::fresh(self.votes());
        memory.highest = self.votes();
        memory.votes.insert(self.node(), self.votes());
        memory.members = vec![self.node(), self.node()];
        memory.leaving.insert(self.node());
        let pending = Pending { position: self.number(), by: self.node(), motion: self.motion() };
        QuorumDowry { memory, delivered: self.number(), pending: vec![pending] }
    }

    fn installation(&mut self) -> Installation {
        let member = |node, came_from| Member {
            node,
            incarnation: 5,
            boot: BootId(1),
            since: 1,
            came_from,
            profile: Vec::new(),
        };
        let came_from = Some(self.view);
        let source = Source { holder: self.node(), span: self.span() };
        Installation {
            view: self.view(),
            members: vec![member(SANE, came_from), member(MAD, came_from)],
            quorum: self.quorum().memory,
            histories: vec![History {
                view: self.view,
                survivors: vec![SANE, MAD],
                target: self.number(),
                sources: vec![source],
            }],
        }
    }

    fn frame(&mut self) -> Frame {
        let (view, ballot) = (self.view(), self.view());
        match self.rng.below(10) {
            0 => Frame::Submit {
                view,
                first: self.number(),
                chunks: vec![self.chunk(), self.chunk()],
            },
            1 => Frame::Taken { view, next: self.number() },
            2 => {
                let chunks = vec![(self.number(), self.chunk()), (self.number(), self.chunk())];
                Frame::Ordered { view, stable: self.number(), chunks }
            }
            3 => Frame::Acknowledge { view, aru: self.number() },
            4 => Frame::Fetch { view, spans: vec![self.span()] },
            5 => {
                let members = vec![
                    Process { node: SANE, incarnation: 5 },
                    Process { node: MAD, incarnation: 5 },
                ];
                Frame::Propose { ballot, members }
            }
            6 => Frame::Accept { ballot, dowry: Box::new(self.dowry()) },
            7 => Frame::Install(Box::new(self.installation())),
            8 => Frame::Placed {
                view,
                stable: self.number(),
                first: self.number(),
                positions: vec![self.number(), self.number()],
            },
            _ => Frame::Part {
                id: self.number(),
                index: 0,
                count: 2,
                bytes: Blob::from([9; 9].as_slice()),
            },
        }
    }
}

/// Runs two honest processes until they share a view.
fn settle(groups: &mut [Group; 2], now: &mut Instant) {
    let mut sent = Vec::new();
    for _ in 0..2000 {
        *now = *now + Duration::from_millis(1);
        for output in std::mem::take(&mut sent) {
            let Output::Send { link, to, bytes } = output else { continue };
            let Some(group) = groups.iter_mut().find(|group| group.node() == to) else { continue };
            group.step(*now, Input::Datagram { link, bytes: &bytes }, &mut sent);
        }
        for group in groups.iter_mut() {
            group.step(*now, Input::Wake, &mut sent);
        }
    }
}

#[test]
fn a_mad_member_stops_nobody() {
    for seed in 0..40 {
        let mut now = Instant::default();
        let mut groups = [group(SANE), group(MAD)];
        settle(&mut groups, &mut now);
        let view = groups[0].view().expect("a view").clone();
        assert_eq!(view.members.len(), 2);
        let mut sealer = Tap::new(&config()).impersonate(MAD, 5, 5000);
        let mut enemy = Enemy { rng: Rng::new(seed), view: view.id };
        let before = groups[0].counters().received;
        for _ in 0..400 {
            let mut content = vec![frame::VERSION];
            enemy.frame().encode(&mut content);
            if enemy.rng.percent(20) {
                let place = usize::try_from(enemy.rng.below(content.len() as u64)).expect("small");
                content[place] ^= 1 << enemy.rng.below(8);
            }
            let bytes = sealer.say(SANE, &content);
            now = now + Duration::from_millis(enemy.rng.below(30));
            groups[0].step(now, Input::Wake, &mut Vec::new());
            let datagram = Input::Datagram { link: LinkId(0), bytes: &bytes };
            groups[0].step(now, datagram, &mut Vec::new());
            enemy.view = groups[0].view().expect("still one").id;
        }
        assert!(groups[0].counters().received > before + 200, "it was listened to");
    }
}
