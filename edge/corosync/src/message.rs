//! What adapters say to each other through Corosync's group.

use crate::door::{Process, Tally};
use crate::order::{Floors, Trail};
use base::{BootId, Decode, DecodeError, Encode, Reader, codec_enum, codec_struct};
use group::{Channel, Delivery, ViewId};

/// The first byte of everything. Who reads another one does not understand what follows.
const VERSION: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    /// Say who you are, for a view of everybody in the group but these.
    Open { ballot: ViewId, without: Vec<Process> },
    /// This is who I am.
    Hello(Box<Hello>),
    /// A part of what somebody submitted.
    Piece(Piece),
    /// All messages up to this position of the view are here.
    Acknowledge { view: ViewId, position: u64 },
    /// Something of these has been missing for long: are they alive?
    Knock { at: Vec<Process> },
    /// The answer to that.
    Here,
}
codec_enum!(Message {
    0 = Open { ballot, without },
    1 = Hello(hello),
    2 = Piece(piece),
    3 = Acknowledge { view, position },
    4 = Knock { at },
    5 = Here,
});

/// What a process brings into a view.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Hello {
    /// The round it is for.
    pub(crate) ballot: ViewId,
    /// No view had a higher counter, as far as this process knew before the round.
    pub(crate) counter: u64,
    pub(crate) incarnation: u64,
    pub(crate) boot: BootId,
    pub(crate) since: u64,
    pub(crate) came_from: Option<ViewId>,
    /// What it has accepted in that view.
    pub(crate) trail: Trail,
    /// The last view in which it had the right to act.
    pub(crate) acted: ViewId,
    pub(crate) floors: Floors,
    pub(crate) profile: Vec<u8>,
    /// What its Corosync says; absent when that speaks of another ring than this group is in.
    pub(crate) tally: Option<Tally>,
}
codec_struct!(Hello {
    ballot,
    counter,
    incarnation,
    boot,
    since,
    came_from,
    trail,
    acted,
    floors,
    profile,
    tally,
});

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// It counts in this view alone.
    pub(crate) view: ViewId,
    /// Which of its sender's messages.
    pub(crate) serial: u64,
    /// Nothing of the message follows.
    pub(crate) last: bool,
    pub(crate) channel: Channel,
    pub(crate) delivery: Delivery,
    pub(crate) bytes: Bytes,
}
codec_struct!(Piece { view, serial, last, channel, delivery, bytes });

/// Bytes that are copied at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Encode for Bytes {
    fn encode(&self, out: &mut Vec<u8>) {
        let count = u32::try_from(self.0.len()).expect("a piece is small");
        count.encode(out);
        out.extend_from_slice(&self.0);
    }
}

impl Decode for Bytes {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        Ok(Self(reader.take(count)?.to_vec()))
    }
}

impl Message {
    pub(crate) fn seal(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        self.encode(&mut out);
        out
    }

    /// What was said; nothing when it is none of ours, or of a version that is not spoken here.
    pub(crate) fn open(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        (version == VERSION).then(|| Self::from_bytes(rest).ok()).flatten()
    }
}
