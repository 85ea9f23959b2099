//! What this node has to say and has not yet delivered itself. Outlives views.

use crate::MAX_PAYLOAD;
use crate::frame::{Blob, Chunk, Content, PIECE};
use crate::types::{Delivery, Refusal};
use base::NodeId;
use std::collections::VecDeque;

/// Bytes that may wait.
const LIMIT: usize = 4 * MAX_PAYLOAD;

/// Messages in the order of submission.
#[derive(Debug)]
pub(crate) struct Outgoing {
    me: NodeId,
    queue: VecDeque<Message>,
    last_serial: u64,
    queued: usize,
    /// The next piece to hand to the sequencer of this view: message in the queue, part of it.
    message: usize,
    part: u32,
}

#[derive(Debug)]
struct Message {
    serial: u64,
    payload: Vec<u8>,
    delivery: Delivery,
}

impl Message {
    fn parts(&self) -> u32 {
        u32::try_from(self.payload.len().div_ceil(PIECE)).unwrap_or(u32::MAX).max(1)
    }

    fn piece(&self, part: u32) -> Content {
        let first = part as usize * PIECE;
        let last = (first + PIECE).min(self.payload.len());
        let bytes = Blob(self.payload[first..last].to_vec());
        let (serial, delivery, parts) = (self.serial, self.delivery, self.parts());
        Content::Piece { serial, part, parts, delivery, bytes }
    }
}

impl Outgoing {
    pub(crate) const fn new(me: NodeId) -> Self {
        Self { me, queue: VecDeque::new(), last_serial: 0, queued: 0, message: 0, part: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn submit(&mut self, payload: Vec<u8>, delivery: Delivery) -> Result<(), Refusal> {
        let size = payload.len();
        if size > MAX_PAYLOAD {
            return Err(Refusal::TooLarge { size, limit: MAX_PAYLOAD });
        }
        if self.queued + size > LIMIT {
            return Err(Refusal::Full { queued: self.queued });
        }
        self.last_serial += 1;
        self.queued += size;
        self.queue.push_back(Message { serial: self.last_serial, payload, delivery });
        Ok(())
    }

    /// The next piece in this view.
    pub(crate) fn next_piece(&mut self) -> Option<Chunk> {
        let message = self.queue.get(self.message)?;
        let content = message.piece(self.part);
        self.part += 1;
        if self.part == message.parts() {
            self.message += 1;
            self.part = 0;
        }
        Some(Chunk { sender: self.me, content })
    }

    /// A new view: whole messages again, from the first not delivered.
    pub(crate) const fn rewind(&mut self) {
        self.message = 0;
        self.part = 0;
    }

    /// Takes off all messages up to `serial`; they need not be said any more.
    pub(crate) fn settle(&mut self, serial: u64) -> Vec<Vec<u8>> {
        let mut settled = Vec::new();
        while self.queue.front().is_some_and(|message| message.serial <= serial) {
            let Some(message) = self.queue.pop_front() else { break };
            self.queued -= message.payload.len();
            if self.message == 0 {
                self.part = 0;
            }
            self.message = self.message.saturating_sub(1);
            settled.push(message.payload);
        }
        settled
    }
}
