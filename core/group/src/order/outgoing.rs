//! What this node has to say and has not yet delivered itself. Outlives views.

use crate::frame::{Blob, CHUNK_OVERHEAD, CHUNKS_OVERHEAD, Chunk, Content, MESSAGE_OVERHEAD, ROOM};
use crate::quorum::Motion;
use crate::types::{Channel, Delivery, Refusal, admit};
use base::NodeId;
use std::collections::VecDeque;

/// Messages in the order of submission.
#[derive(Debug)]
pub(crate) struct Outgoing {
    me: NodeId,
    queue: VecDeque<Message>,
    last_serial: u64,
    queued: usize,
    /// The next to hand to the sequencer of this view: message in the queue, bytes of it.
    message: usize,
    offset: usize,
    /// Which piece of that message is next, and how large its pieces are.
    part: u32,
    piece: usize,
}

#[derive(Debug)]
struct Message {
    serial: u64,
    body: Body,
}

#[derive(Debug)]
enum Body {
    Payload { payload: Vec<u8>, delivery: Delivery },
    Motion(Motion),
}

impl Outgoing {
    pub(crate) const fn new(me: NodeId) -> Self {
        Self {
            me,
            queue: VecDeque::new(),
            last_serial: 0,
            queued: 0,
            message: 0,
            offset: 0,
            part: 0,
            piece: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    pub(crate) fn submit(
        &mut self,
        channel: Channel,
        payload: Vec<u8>,
        delivery: Delivery,
    ) -> Result<(), Refusal> {
        admit(payload.len(), self.queued)?;
        let payload = channel.close(payload);
        self.queued += payload.len();
        self.push(Body::Payload { payload, delivery });
        Ok(())
    }

    /// Motions are few and small: there is always room for them.
    pub(crate) fn put(&mut self, motion: Motion) {
        self.push(Body::Motion(motion));
    }

    fn push(&mut self, body: Body) {
        self.last_serial += 1;
        self.queue.push_back(Message { serial: self.last_serial, body });
    }

    /// The next chunk in this view, such that it fills a datagram with room for `room` bytes at
    /// best: a piece of a message, or several small ones.
    pub(crate) fn next_chunk(&mut self, room: usize) -> Option<Chunk> {
        let room = room.max(ROOM) - CHUNKS_OVERHEAD - CHUNK_OVERHEAD;
        let Message { serial, body } = self.queue.get(self.message)?;
        let content = match body {
            Body::Motion(motion) => {
                self.message += 1;
                Content::Motion { serial: *serial, motion: *motion }
            }
            Body::Payload { payload, delivery }
                if self.part == 0 && payload.len() + MESSAGE_OVERHEAD <= room =>
            {
                self.batch(room, *serial, *delivery)
            }
            Body::Payload { .. } => self.next_piece(room)?,
        };
        Some(Chunk { sender: self.me, content })
    }

    /// As many whole messages as fit, of one kind of delivery.
    fn batch(&mut self, room: usize, serial: u64, kind: Delivery) -> Content {
        let mut filled = 0;
        let waiting = self.queue.range(self.message..);
        let messages: Vec<_> = waiting
            .map_while(|message| match &message.body {
                Body::Payload { payload, delivery } if *delivery == kind => {
                    filled += payload.len() + MESSAGE_OVERHEAD;
                    (filled <= room).then(|| Blob::from(payload.as_slice()))
                }
                _ => None,
            })
            .collect();
        self.message += messages.len();
        Content::Batch { serial, delivery: kind, messages }
    }

    fn next_piece(&mut self, room: usize) -> Option<Content> {
        let message = self.queue.get(self.message)?;
        let Body::Payload { payload, delivery } = &message.body else { return None };
        if self.part == 0 {
            self.piece = room;
        }
        let length = payload.len();
        let parts = u32::try_from(length.div_ceil(self.piece)).unwrap_or(u32::MAX);
        let end = (self.offset + self.piece).min(length);
        let bytes = Blob::from(&payload[self.offset..end]);
        let (serial, delivery, part) = (message.serial, *delivery, self.part);
        self.offset = end;
        self.part += 1;
        if self.part == parts {
            self.message += 1;
            self.restart_message();
        }
        Some(Content::Piece { serial, part, parts, delivery, bytes })
    }

    const fn restart_message(&mut self) {
        self.offset = 0;
        self.part = 0;
    }

    /// A new view: whole messages again, from the first not delivered.
    pub(crate) const fn rewind(&mut self) {
        self.message = 0;
        self.restart_message();
    }

    /// Takes off all messages up to `serial`; they need not be said any more. Gives their payloads.
    pub(crate) fn settle(&mut self, serial: u64) -> Vec<Vec<u8>> {
        let mut settled = Vec::new();
        while self.queue.front().is_some_and(|message| message.serial <= serial) {
            let Some(message) = self.queue.pop_front() else { break };
            if self.message == 0 {
                self.restart_message();
            }
            self.message = self.message.saturating_sub(1);
            if let Body::Payload { payload, .. } = message.body {
                self.queued -= payload.len();
                settled.push(payload);
            }
        }
        settled
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Frame;
    use crate::types::ViewId;
    use base::Encode;

    fn ordered(chunk: Chunk) -> Vec<u8> {
        let view = ViewId { counter: 1, proposer: NodeId(1) };
        Frame::Ordered { view, stable: 1, chunks: vec![(1, chunk)] }.to_bytes()
    }

    /// The chunks that messages of these sizes make: sizes of the messages of a batch, or `part/parts`.
    fn chunks(sizes: &[usize]) -> Vec<String> {
        let mut outgoing = Outgoing::new(NodeId(1));
        for (index, size) in sizes.iter().enumerate() {
            let delivery = if index == 3 { Delivery::Safe } else { Delivery::Agreed };
            outgoing.submit(Channel::Cluster, vec![0; *size], delivery).expect("room");
        }
        let mut told = Vec::new();
        while let Some(chunk) = outgoing.next_chunk(ROOM) {
            let frame = ordered(chunk.clone());
            assert!(frame.len() <= ROOM, "a frame of {} bytes", frame.len());
            assert!(frame.len() <= CHUNKS_OVERHEAD + chunk.weight(), "it weighs more than it says");
            told.push(match chunk.content {
                Content::Batch { messages, .. } => {
                    // Each with its channel behind it.
                    let sizes = messages.iter().map(|message| (message.0.len() - 1).to_string());
                    sizes.collect::<Vec<_>>().join("+")
                }
                Content::Piece { part, parts, .. } => format!("{part}/{parts}"),
                Content::Opening { .. } => "opening".into(),
                Content::Motion { .. } => "motion".into(),
            });
        }
        told
    }

    #[test]
    fn small_messages_travel_together_and_large_ones_in_pieces() {
        let stories: [(&[usize], &[&str]); 5] = [
            (&[0], &["0"]),
            (&[10, 20, 30, 40, 50], &["10+20+30", "40", "50"]),
            (&[600, 600, 600], &["600+600", "600"]),
            (&[1236, 1237], &["1236", "0/1"]),
            (&[3000, 5], &["0/3", "1/3", "2/3", "5"]),
        ];
        for (sizes, expected) in stories {
            assert_eq!(chunks(sizes), expected, "{sizes:?}");
        }
    }
}
