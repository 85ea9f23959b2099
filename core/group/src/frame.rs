//! What nodes say to each other, inside the seal.
//!
//! A datagram's content is one version byte and then frames until its end. A frame too large for
//! one datagram travels in [`Frame::Part`]s.

use crate::quorum::{Motion, QuorumDowry, QuorumMemory};
use crate::types::{Delivery, LinkId, Member, ViewId};
use base::{BootId, Decode, DecodeError, Encode, NodeId, Reader, codec_enum, codec_struct};
use std::sync::Arc;

/// The version of everything in this file.
pub(crate) const VERSION: u8 = 2;
/// How many bytes of frames a datagram carries at the least: an Ethernet frame less headers, tunnels
/// and seal.
pub(crate) const ROOM: usize = 1300;
/// How many bytes a chunk takes besides its payload, position and sender included, and each message of
/// a batch.
pub(crate) const CHUNK_OVERHEAD: usize = 34;
pub(crate) const MESSAGE_OVERHEAD: usize = 4;
/// How many bytes an [`Frame::Ordered`] or a [`Frame::Submit`] takes besides its chunks.
pub(crate) const CHUNKS_OVERHEAD: usize = 25;
/// How many more than its bytes a [`Frame::Part`] takes.
pub(crate) const PART_OVERHEAD: usize = 17;

/// Raw bytes; as `Vec<u8>` on the wire, copied at once instead of one by one, and shared by its
/// clones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Blob(pub(crate) Arc<[u8]>);

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl Encode for Blob {
    fn encode(&self, out: &mut Vec<u8>) {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX).encode(out);
        out.extend_from_slice(&self.0);
    }
}

impl Decode for Blob {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        reader.take(count).map(Self::from)
    }
}

/// One process of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Process {
    pub(crate) node: NodeId,
    pub(crate) incarnation: u64,
}
codec_struct!(Process { node, incarnation });

/// Positions `first..=last` of the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) first: u64,
    pub(crate) last: u64,
}
codec_struct!(Span { first, last });

/// "I got this stamp of yours, and kept it for so long before I sent it back."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Echo {
    /// Whose stamp: the receiver's incarnation.
    pub(crate) of: u64,
    pub(crate) stamp: u64,
    /// Microseconds.
    pub(crate) held: u64,
}
codec_struct!(Echo { of, stamp, held });

/// Who hears whom, as far as the sender knows; empty when all it hears are in its view, and they
/// hear exactly the view's members. Of 64 nodes it still fits one datagram.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// What the bits of [`TableRow::hears`] stand for.
    pub(crate) nodes: Vec<NodeId>,
    /// The views that most nodes are in.
    pub(crate) views: Vec<ViewId>,
    pub(crate) rows: Vec<TableRow>,
}
codec_struct!(Table { nodes, views, rows });

/// What one node hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableRow {
    /// Place in [`Table::nodes`].
    pub(crate) node: u8,
    pub(crate) hears: u64,
    /// Place in [`Table::views`]; beyond its end for any other.
    pub(crate) view: u8,
    /// How old this knowledge is, in milliseconds; the highest for more.
    pub(crate) age: u16,
}
codec_struct!(TableRow { node, hears, view, age });

/// Whether a heartbeat wants one back at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// Only if the receiver would not greet by itself.
    Routine,
    AnswerNow,
    /// It is one that was wanted.
    Answer,
}
codec_enum!(Urgency { 0 = Routine, 1 = AnswerNow, 2 = Answer });

/// Whether the sender is here to stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    Stays,
    Leaves,
}
codec_enum!(Intent { 0 = Stays, 1 = Leaves });

/// The part of a heartbeat that belongs to one link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Greeting {
    /// The link it was sent on; on another one, somebody has plugged the wrong cable.
    pub(crate) link: LinkId,
    /// The sender's clock in microseconds, to be echoed.
    pub(crate) stamp: u64,
    /// Counts the greetings on this link to this peer, from 1.
    pub(crate) number: u64,
    pub(crate) echoes: Vec<Echo>,
    pub(crate) urgency: Urgency,
    pub(crate) pulse: Pulse,
}
codec_struct!(Greeting { link, stamp, number, echoes, urgency, pulse });

/// The part of a heartbeat that is the same for all peers and links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pulse {
    pub(crate) boot: BootId,
    pub(crate) intent: Intent,
    /// The installed view; counter 0 before the first.
    pub(crate) view: ViewId,
    /// The highest view counter ever seen.
    pub(crate) counter: u64,
    pub(crate) marks: Marks,
    /// Peers that the sender watches and has not heard for long, the first few. Those who do not
    /// watch them look for themselves now.
    pub(crate) doubts: Vec<NodeId>,
    pub(crate) table: Table,
}
codec_struct!(Pulse { boot, intent, view, counter, marks, doubts, table });

/// Where a member stands in the order of its view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// It has everything up to here.
    pub(crate) aru: u64,
    /// It knows that everybody has everything up to here.
    pub(crate) stable: u64,
    /// The highest position it knows to be taken.
    pub(crate) top: u64,
}
codec_struct!(Marks { aru, stable, top });

/// The unit of order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) sender: NodeId,
    pub(crate) content: Content,
}
codec_struct!(Chunk { sender, content });

impl Chunk {
    /// May it be delivered only when every member has it?
    pub(crate) const fn is_safe(&self) -> bool {
        matches!(
            self.content,
            Content::Piece { delivery: Delivery::Safe, .. }
                | Content::Batch { delivery: Delivery::Safe, .. }
                | Content::Motion { .. }
        )
    }

    /// How many bytes it takes in a frame, at most.
    pub(crate) fn weight(&self) -> usize {
        const MOTION: usize = 32;
        CHUNK_OVERHEAD
            + match &self.content {
                Content::Piece { bytes, .. } => bytes.0.len(),
                Content::Batch { messages, .. } => {
                    messages.iter().map(|message| MESSAGE_OVERHEAD + message.0.len()).sum::<usize>()
                }
                Content::Opening { floors } => 20 * floors.len(),
                Content::Motion { .. } => MOTION,
            }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Part `part` of `parts` of the sender's message number `serial`.
    Piece { serial: u64, part: u32, parts: u32, delivery: Delivery, bytes: Blob },
    /// Small messages of the sender, whole, from number `serial` on.
    Batch { serial: u64, delivery: Delivery, messages: Vec<Blob> },
    /// The first of each view: up to which serial each process's messages are delivered in the line
    /// of views that goes on here.
    Opening { floors: Vec<Floor> },
    /// The sender's message number `serial` is about votes.
    Motion { serial: u64, motion: Motion },
}
codec_enum!(Content {
    0 = Piece { serial, part, parts, delivery, bytes },
    1 = Opening { floors },
    2 = Batch { serial, delivery, messages },
    3 = Motion { serial, motion },
});

/// All messages of this process up to this one have been delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Floor {
    pub(crate) process: Process,
    pub(crate) serial: u64,
}
codec_struct!(Floor { process, serial });

/// What a member brings into a view agreement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dowry {
    pub(crate) boot: BootId,
    /// The view it comes from.
    pub(crate) came_from: Option<ViewId>,
    /// The last quorate view it was in; counter 0 for none.
    pub(crate) acted: ViewId,
    pub(crate) since: u64,
    /// What it knows of votes.
    pub(crate) quorum: QuorumDowry,
    /// It has everything of its view up to here, ...
    pub(crate) aru: u64,
    /// ... and these.
    pub(crate) beyond: Vec<Span>,
    pub(crate) profile: Blob,
}
codec_struct!(Dowry { boot, came_from, acted, since, quorum, aru, beyond, profile });

/// A view, and how its members get level first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) view: ViewId,
    pub(crate) members: Vec<Member>,
    /// What its members know of votes together.
    pub(crate) quorum: QuorumMemory,
    pub(crate) histories: Vec<History>,
}
codec_struct!(Installation { view, members, quorum, histories });

/// How one old view ends for those of its members who go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) view: ViewId,
    pub(crate) survivors: Vec<NodeId>,
    /// The last position delivered.
    pub(crate) target: u64,
    pub(crate) sources: Vec<Source>,
}
codec_struct!(History { view, survivors, target, sources });

/// Who has what.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) holder: NodeId,
    pub(crate) span: Span,
}
codec_struct!(Source { holder, span });

/// Everything that is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    Heartbeat(Box<Greeting>),
    /// To the sequencer: the pieces from number `first` on of what the sender has to say.
    Submit {
        view: ViewId,
        first: u64,
        chunks: Vec<Chunk>,
    },
    /// From the sequencer: all pieces below `next` are taken.
    Taken {
        view: ViewId,
        next: u64,
    },
    /// Positions of the order with their content.
    Ordered {
        view: ViewId,
        stable: u64,
        chunks: Vec<(u64, Chunk)>,
    },
    /// To the sequencer: the sender has everything up to `aru`.
    Acknowledge {
        view: ViewId,
        aru: u64,
    },
    /// "Send me these."
    Fetch {
        view: ViewId,
        spans: Vec<Span>,
    },
    Propose {
        ballot: ViewId,
        members: Vec<Process>,
    },
    Refuse {
        ballot: ViewId,
        counter: u64,
    },
    Accept {
        ballot: ViewId,
        dowry: Box<Dowry>,
    },
    Install(Box<Installation>),
    Part {
        id: u64,
        index: u16,
        count: u16,
        bytes: Blob,
    },
    /// Does a datagram of this size pass? Answered on the link it came over.
    Probe {
        size: u16,
        padding: Blob,
    },
    /// It did.
    Passed {
        size: u16,
    },
    /// From the sequencer: the receiver's own pieces from number `first` on stand here.
    Placed {
        view: ViewId,
        stable: u64,
        first: u64,
        positions: Vec<u64>,
    },
    /// "You speak from an address that is not that of the node you say you are."
    Misplaced,
}
codec_enum!(Frame {
    0 = Heartbeat(greeting),
    1 = Submit { view, first, chunks },
    2 = Taken { view, next },
    3 = Ordered { view, stable, chunks },
    4 = Acknowledge { view, aru },
    5 = Fetch { view, spans },
    6 = Propose { ballot, members },
    7 = Refuse { ballot, counter },
    8 = Accept { ballot, dowry },
    9 = Install(installation),
    10 = Part { id, index, count, bytes },
    11 = Probe { size, padding },
    12 = Passed { size },
    13 = Misplaced,
    14 = Placed { view, stable, first, positions },
});

impl Frame {
    /// Is it about who is here and how to reach them, or only about what is said?
    pub(crate) const fn is_of_membership(&self) -> bool {
        matches!(
            self,
            Self::Heartbeat(_)
                | Self::Propose { .. }
                | Self::Refuse { .. }
                | Self::Accept { .. }
                | Self::Install(_)
                | Self::Probe { .. }
        )
    }
}

/// The content of a datagram with these frames.
pub(crate) fn content(frames: &[Frame]) -> Vec<u8> {
    let mut content = vec![VERSION];
    frames.iter().for_each(|frame| frame.encode(&mut content));
    content
}

/// Reads the content of a datagram.
pub(crate) fn read(content: &[u8]) -> Result<Vec<Frame>, DecodeError> {
    let mut reader = Reader::new(content);
    match u8::decode(&mut reader)? {
        VERSION => {}
        tag => return Err(DecodeError::UnknownTag { what: "version", tag }),
    }
    let mut frames = Vec::new();
    while !reader.rest().is_empty() {
        frames.push(Frame::decode(&mut reader)?);
    }
    Ok(frames)
}

/// How a frame travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Route {
    /// As the link policy says.
    Policy,
    /// Over every link: membership.
    Everywhere,
}

/// Frames on their way out, in order.
#[derive(Debug, Default)]
pub(crate) struct Posts(Vec<Post>);

#[derive(Debug)]
pub(crate) struct Post {
    pub(crate) to: Addressee,
    pub(crate) route: Route,
    pub(crate) bytes: Vec<u8>,
}

/// For whom frames are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Addressee {
    Node(NodeId),
    /// All other members of the view. Sealed once.
    Members,
    /// These but one.
    MembersBut(NodeId),
}

impl Posts {
    pub(crate) fn send(&mut self, to: NodeId, frame: &Frame) {
        self.put(Addressee::Node(to), Route::Policy, frame);
    }

    pub(crate) fn send_everywhere(&mut self, to: NodeId, frame: &Frame) {
        self.put(Addressee::Node(to), Route::Everywhere, frame);
    }

    pub(crate) fn send_others(&mut self, but: NodeId, frame: &Frame) {
        self.put(Addressee::MembersBut(but), Route::Policy, frame);
    }

    pub(crate) fn send_members(&mut self, frame: &Frame) {
        self.put(Addressee::Members, Route::Policy, frame);
    }

    fn put(&mut self, to: Addressee, route: Route, frame: &Frame) {
        self.0.push(Post { to, route, bytes: frame.to_bytes() });
    }

    pub(crate) fn take(&mut self) -> Vec<Post> {
        std::mem::take(&mut self.0)
    }
}
