//! What this process has to say and has not yet delivered itself. Outlives views.

use crate::message::{Bytes, Piece};
use group::{Channel, Delivery, Refusal, ViewId, admit};
use std::collections::VecDeque;

/// Bytes of one piece: the client library sends what is longer in parts of its own, and blocks.
const PIECE: usize = 48 * 1024;
/// Bytes that may be on their way at once, so that Corosync's queues have room for the others.
const WINDOW: usize = 8 * PIECE;

/// Messages in the order of submission.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    queue: VecDeque<Own>,
    last_serial: u64,
    queued: usize,
    /// The next to send in this view: message in the queue, bytes of it.
    message: usize,
    offset: usize,
    on_their_way: usize,
}

#[derive(Debug)]
struct Own {
    serial: u64,
    channel: Channel,
    payload: Vec<u8>,
    delivery: Delivery,
}

impl Outgoing {
    pub(crate) fn submit(
        &mut self,
        channel: Channel,
        payload: Vec<u8>,
        delivery: Delivery,
    ) -> Result<(), Refusal> {
        admit(payload.len(), self.queued)?;
        self.last_serial += 1;
        self.queued += payload.len();
        self.queue.push_back(Own { serial: self.last_serial, channel, payload, delivery });
        Ok(())
    }

    /// The next piece to send in `view`, as long as not too much is on its way.
    pub(crate) fn next_piece(&mut self, view: ViewId) -> Option<Piece> {
        if self.on_their_way >= WINDOW {
            return None;
        }
        let own = self.queue.get(self.message)?;
        let rest = own.payload.get(self.offset..)?;
        let bytes = rest.get(..PIECE).unwrap_or(rest);
        let last = bytes.len() == rest.len();
        let piece = Piece {
            view,
            serial: own.serial,
            last,
            channel: own.channel,
            delivery: own.delivery,
            bytes: Bytes(bytes.to_vec()),
        };
        self.on_their_way += bytes.len();
        if last {
            (self.message, self.offset) = (self.message + 1, 0);
        } else {
            self.offset += bytes.len();
        }
        Some(piece)
    }

    /// A piece of this view has come back.
    pub(crate) const fn came_back(&mut self, size: usize) {
        self.on_their_way = self.on_their_way.saturating_sub(size);
    }

    /// Own messages up to this one need not be said again; gives those that had not been.
    pub(crate) fn done(&mut self, serial: u64) -> Vec<(Channel, Vec<u8>)> {
        let count = self.queue.iter().take_while(|own| own.serial <= serial).count();
        self.message = self.message.saturating_sub(count);
        let done: Vec<_> =
            self.queue.drain(..count).map(|own| (own.channel, own.payload)).collect();
        self.queued -= done.iter().map(|(_, payload)| payload.len()).sum::<usize>();
        done
    }

    /// Another view: everything is said again.
    pub(crate) const fn rewind(&mut self) {
        (self.message, self.offset, self.on_their_way) = (0, 0, 0);
    }
}
