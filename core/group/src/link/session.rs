//! One process of a peer, and the frames it sends in parts.

use crate::frame::{Blob, Frame, Intent};
use crate::seal::ProcessKey;
use base::{Decode, Instant};
use std::collections::BTreeMap;

/// Frames being put together at once, and parts and bytes of one.
const ASSEMBLIES: usize = 4;
const PARTS: u16 = 1024;
const BYTES: usize = 1 << 20;

/// A process that has shown that it is alive now.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) incarnation: u64,
    pub(crate) key: ProcessKey,
    pub(crate) heard_at: Instant,
    pub(crate) intent: Intent,
    parts: BTreeMap<u64, Assembly>,
}

#[derive(Debug)]
struct Assembly {
    pieces: Vec<Option<Blob>>,
    bytes: usize,
}

impl Session {
    pub(crate) const fn new(incarnation: u64, key: ProcessKey, now: Instant) -> Self {
        let parts = BTreeMap::new();
        Self { incarnation, key, heard_at: now, intent: Intent::Stays, parts }
    }

    /// Notes what concerns the session, and replaces the last part of a frame by the frame.
    pub(crate) fn take_in(&mut self, frames: &mut Vec<Frame>) {
        for frame in std::mem::take(frames) {
            match frame {
                Frame::Part { id, index, count, bytes } => {
                    frames.extend(self.assemble(id, (index, count), bytes));
                }
                Frame::Heartbeat(greeting) => {
                    self.intent = greeting.pulse.intent;
                    frames.push(Frame::Heartbeat(greeting));
                }
                other => frames.push(other),
            }
        }
    }

    fn assemble(&mut self, id: u64, (index, count): (u16, u16), bytes: Blob) -> Option<Frame> {
        if index >= count || count > PARTS {
            return None;
        }
        let empty = || Assembly { pieces: vec![None; usize::from(count)], bytes: 0 };
        let assembly = self.parts.entry(id).or_insert_with(empty);
        assembly.bytes += bytes.0.len();
        if assembly.bytes > BYTES {
            self.parts.remove(&id);
            return None;
        }
        *assembly.pieces.get_mut(usize::from(index))? = Some(bytes);
        if assembly.pieces.iter().all(Option::is_some) {
            let pieces = self.parts.remove(&id)?.pieces.into_iter().flatten();
            let whole: Vec<u8> = pieces.flat_map(|piece| piece.0.to_vec()).collect();
            return Frame::from_bytes(&whole).ok();
        }
        if self.parts.len() > ASSEMBLIES {
            self.parts.pop_first();
        }
        None
    }
}
