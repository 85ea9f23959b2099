//! Frames on their way through a stream that takes and gives as much as it likes.

use crate::frame::{self, LONGEST};
use base::Encode;
use std::io::{self, ErrorKind, Read, Write};

/// So much is read at once.
const READ: usize = 64 << 10;
/// What has been sent is forgotten when there is so much of it.
const FORGET: usize = 256 << 10;

/// Bytes that have come in.
#[derive(Debug, Default)]
pub struct Inbox {
    bytes: Vec<u8>,
    /// The first byte not taken.
    start: usize,
    /// Behind the last byte that has come.
    end: usize,
    /// How long the frame is that was taken last.
    taken: usize,
}

/// The other side announced a frame that nobody may send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes is longer than any may be; this is not the protocol of groups.sock")]
pub struct TooLong(usize);

/// What came of reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Something.
    Some,
    /// Nothing more for now.
    Nothing,
    /// The other side has closed.
    End,
}

impl Inbox {
    /// Reads once.
    ///
    /// # Errors
    /// When the stream fails; that there is nothing to read is none.
    pub fn read(&mut self, stream: &mut impl Read) -> io::Result<Heard> {
        self.taken = 0;
        if self.start > 0 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.bytes.len() < self.end + READ {
            // As much as the frame under way still needs: one growth for a long one.
            self.bytes.resize(self.end + READ.max(self.lacking()), 0);
        }
        let room = self.bytes.get_mut(self.end..).unwrap_or_default();
        match stream.read(room) {
            Ok(0) => Ok(Heard::End),
            Ok(count) => {
                self.end += count;
                Ok(Heard::Some)
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Heard::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Heard::Some),
            Err(error) => Err(error),
        }
    }

    /// The next whole frame, without its length.
    ///
    /// # Errors
    /// When it would be too long; the stream cannot be understood any more.
    pub fn take(&mut self) -> Result<Option<&[u8]>, TooLong> {
        let Some(length) = self.length() else { return Ok(None) };
        if length > LONGEST {
            return Err(TooLong(length));
        }
        let (first, last) = (self.start + 4, self.start + 4 + length);
        if last > self.end {
            return Ok(None);
        }
        (self.start, self.taken) = (last, 4 + length);
        Ok(self.bytes.get(first..last))
    }

    /// Puts the frame that was taken last back, to be taken again.
    pub fn put_back(&mut self) {
        self.start -= std::mem::take(&mut self.taken);
    }

    fn length(&self) -> Option<usize> {
        let waiting = self.bytes.get(self.start..self.end)?;
        waiting.first_chunk().map(|bytes| u32::from_le_bytes(*bytes) as usize)
    }

    fn lacking(&self) -> usize {
        let whole = self.length().map_or(0, |length| length.min(LONGEST) + 4);
        whole.saturating_sub(self.end - self.start)
    }
}

/// Frames that are to go out.
#[derive(Debug, Default)]
pub struct Outbox {
    bytes: Vec<u8>,
    /// Where a frame begins, at or before `sent`.
    frame: usize,
    sent: usize,
}

impl Outbox {
    /// Puts a frame behind the others.
    pub fn put(&mut self, head: &impl Encode, body: &[u8]) {
        frame::write(head, body, &mut self.bytes);
    }

    /// Bytes that wait.
    pub const fn waiting(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Writes as much as the stream takes; true when nothing is left.
    ///
    /// # Errors
    /// When the stream fails; that it takes no more is none.
    pub fn write(&mut self, stream: &mut impl Write) -> io::Result<bool> {
        while self.waiting() > 0 {
            match stream.write(self.bytes.get(self.sent..).unwrap_or_default()) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.sent += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.forget();
        Ok(self.waiting() == 0)
    }

    fn forget(&mut self) {
        if self.waiting() == 0 {
            self.bytes.clear();
            (self.frame, self.sent) = (0, 0);
        } else if self.sent > FORGET {
            self.frame = self.begin_of_next();
            // The frame that is half sent stays whole, so that its end can be found.
            self.bytes.drain(..self.frame);
            (self.sent, self.frame) = (self.sent - self.frame, 0);
        }
    }

    /// Drops all frames of which nothing has been sent.
    pub fn cut_short(&mut self) {
        let frame = self.begin_of_next();
        let end = if frame == self.sent { frame } else { self.end_of(frame) };
        self.bytes.truncate(end);
        self.bytes.shrink_to_fit();
    }

    /// Where the frame begins that holds the next byte to be sent.
    fn begin_of_next(&self) -> usize {
        let mut frame = self.frame;
        while self.end_of(frame) <= self.sent && frame < self.bytes.len() {
            frame = self.end_of(frame);
        }
        frame
    }

    fn end_of(&self, frame: usize) -> usize {
        let length = self.bytes.get(frame..).and_then(<[u8]>::first_chunk);
        let length = length.map_or(0, |bytes| u32::from_le_bytes(*bytes) as usize);
        (frame + 4 + length).min(self.bytes.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::ToDaemon;
    use group::processes::GroupName;

    /// A stream that takes and gives few bytes at a time.
    #[derive(Default)]
    struct Narrow {
        bytes: std::collections::VecDeque<u8>,
        width: usize,
        room: usize,
    }

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.width).min(self.room);
            self.room -= count;
            self.bytes.extend(&bytes[..count]);
            if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Read for Narrow {
        fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
            let count = bytes.len().min(self.width).min(self.bytes.len());
            for (place, byte) in bytes.iter_mut().zip(self.bytes.drain(..count)) {
                *place = byte;
            }
            if count == 0 { Err(ErrorKind::WouldBlock.into()) } else { Ok(count) }
        }
    }

    fn say() -> ToDaemon {
        ToDaemon::Say { group: GroupName::new("a").expect("short") }
    }

    fn heard(inbox: &mut Inbox, stream: &mut Narrow) -> Vec<Vec<u8>> {
        let mut bodies = Vec::new();
        while inbox.read(stream).expect("it cannot fail") == Heard::Some {
            while let Some(frame) = inbox.take().expect("short frames") {
                let (head, body) = frame::read::<ToDaemon>(frame).expect("they were well made");
                assert_eq!(head, say());
                let body = body.to_vec();
                inbox.put_back();
                let again = inbox.take().expect("a short frame").expect("it was put back");
                assert_eq!(frame::read::<ToDaemon>(again).expect("well made").1, body);
                bodies.push(body);
            }
        }
        bodies
    }

    #[test]
    fn frames_survive_a_stream_of_any_width() {
        let sent: Vec<Vec<u8>> = [0, 1, 5000, 300_000, 2]
            .map(|length| vec![u8::try_from(length % 251).unwrap(); length])
            .into();
        for width in [1, 7, 4096, 1 << 20] {
            let mut stream = Narrow { width, room: usize::MAX, ..Narrow::default() };
            let (mut outbox, mut inbox) = (Outbox::default(), Inbox::default());
            sent.iter().for_each(|body| outbox.put(&say(), body));
            assert!(outbox.write(&mut stream).expect("it cannot fail"));
            assert_eq!(heard(&mut inbox, &mut stream), sent, "{width} bytes at a time");
        }
    }

    #[test]
    fn what_is_cut_short_ends_with_a_whole_frame() {
        // A frame of 14 bytes and its length: (bytes the stream took, frames that arrive whole).
        for (room, whole) in [(0, 0), (1, 1), (17, 1), (18, 1), (19, 2), (400_001, 22_223)] {
            let mut stream = Narrow { width: 9, room, ..Narrow::default() };
            let (mut outbox, mut inbox) = (Outbox::default(), Inbox::default());
            (0..30_000).for_each(|_| outbox.put(&say(), &[7; 8]));
            assert!(!outbox.write(&mut stream).expect("it cannot fail"));
            outbox.cut_short();
            outbox.put(&say(), b"bye");
            stream.room = usize::MAX;
            assert!(outbox.write(&mut stream).expect("it cannot fail"));
            let bodies = heard(&mut inbox, &mut stream);
            assert_eq!(bodies.last().map(Vec::as_slice), Some(&b"bye"[..]), "{room}");
            assert_eq!(bodies.len(), whole + 1, "{room}");
        }
    }

    #[test]
    fn a_frame_that_nobody_may_send_is_refused_by_its_length() {
        let mut stream = Narrow { width: 4, room: 4, ..Narrow::default() };
        stream.write_all(&u32::MAX.to_le_bytes()).expect("there is room");
        let mut inbox = Inbox::default();
        assert_eq!(inbox.read(&mut stream).expect("it cannot fail"), Heard::Some);
        assert_eq!(inbox.take(), Err(TooLong(u32::MAX as usize)));
    }
}
