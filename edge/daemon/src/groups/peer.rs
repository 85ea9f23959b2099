//! One connected process.

use base::Instant;
use group::processes::{GroupName, Input, Output, Process, Processes};
use local::frame::{ToClient, ToDaemon};
use local::{Heard, Inbox, Outbox};
use mio::net::UnixStream;
use std::time::Duration;

/// With so many bytes waiting for it, a client is not listened to any more.
const THROTTLE: usize = 1 << 20;
/// With so many its groups are slowed down, until it has read so far.
const BEHIND: usize = 2 << 20;
const CAUGHT_UP: usize = 512 << 10;
/// With so many it is sent away: eight of the longest messages.
const LIMIT: usize = 128 << 20;
/// Also one that reads nothing for so long.
const STALLED: Duration = Duration::from_secs(10);
/// How long one that is sent away has to hear why.
const FAREWELL: Duration = Duration::from_secs(5);

/// A client.
#[derive(Debug)]
pub(super) struct Peer {
    stream: UnixStream,
    process: Process,
    inbox: Inbox,
    outbox: Outbox,
    stage: Stage,
    /// There may be something to read.
    readable: bool,
    /// There may be room to write.
    writable: bool,
    /// A frame may be waiting in the inbox, for want of room in the order.
    pending: bool,
    /// It has something to say to a group that does not keep up.
    holds: Option<GroupName>,
    /// Does it not keep up itself?
    behind: bool,
    /// Since when it has read nothing, while something waits for it.
    stalled: Option<Instant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not said which version it speaks.
    Greeting,
    Open,
    /// It has been told why it has to go.
    Dismissed,
    /// Nobody is there any more.
    Closed,
}

/// Whether it is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Here,
    Gone,
}

impl Peer {
    pub(super) fn new(stream: UnixStream, process: Process) -> Self {
        Self {
            stream,
            process,
            inbox: Inbox::default(),
            outbox: Outbox::default(),
            stage: Stage::Greeting,
            readable: true,
            writable: true,
            pending: false,
            holds: None,
            behind: false,
            stalled: None,
        }
    }

    pub(super) const fn process(&self) -> Process {
        self.process
    }

    pub(super) fn notice(&mut self, event: &mio::event::Event) {
        self.readable |= event.is_readable() || event.is_read_closed() || event.is_error();
        self.writable |= event.is_writable() || event.is_write_closed();
    }

    /// May it have something to say that may be heard now?
    pub(super) fn speaks(&self, processes: &Processes) -> bool {
        let open = matches!(self.stage, Stage::Greeting | Stage::Open);
        let may = processes.has_room() && self.outbox.waiting() < THROTTLE;
        let held = self.holds.as_ref().is_some_and(|group| processes.is_slow(group));
        open && (self.readable || self.pending) && may && !held
    }

    /// Hears what is there, at most one read, and no more than the order has room for.
    pub(super) fn listen(&mut self, processes: &mut Processes, out: &mut Vec<Output>) {
        if !self.pending {
            match self.inbox.read(&mut self.stream) {
                Ok(Heard::Some) => {}
                Ok(Heard::Nothing) => self.readable = false,
                Ok(Heard::End) | Err(_) => self.stage = Stage::Closed,
            }
        }
        self.pending = true;
        self.holds = None;
        while processes.has_room() && matches!(self.stage, Stage::Greeting | Stage::Open) {
            match self.inbox.take() {
                Ok(Some(frame)) => match local::frame::read(frame) {
                    Ok((ToDaemon::Say { group }, _)) if processes.is_slow(&group) => {
                        self.inbox.put_back();
                        self.holds = Some(group);
                        return;
                    }
                    Ok((head, body)) => {
                        let input = input(self.process, &head, body);
                        match input {
                            Some(input) if self.stage == Stage::Open => processes.step(input, out),
                            _ => self.greet(&head),
                        }
                    }
                    Err(error) => {
                        let why = format!("this is not understood: {error}");
                        self.dismiss(&why);
                    }
                },
                Ok(None) => {
                    self.pending = false;
                    return;
                }
                Err(error) => self.dismiss(&error.to_string()),
            }
        }
    }

    fn greet(&mut self, head: &ToDaemon) {
        match (self.stage, head) {
            (Stage::Greeting, ToDaemon::Hello { version: 1.. }) => {
                self.stage = Stage::Open;
                let (version, process) = (local::VERSION, self.process);
                self.outbox.put(&ToClient::Welcome { version, process }, &[]);
            }
            _ => self.dismiss("the first word, and only that, is the protocol's version"),
        }
    }

    pub(super) fn tell(&mut self, head: &ToClient, body: &[u8]) {
        if self.stage != Stage::Open {
            return;
        }
        if self.outbox.waiting() + body.len() > LIMIT {
            self.dismiss("it did not read what it was told: connect again, and read");
            return;
        }
        self.outbox.put(head, body);
    }

    /// Whether it keeps up, when that has changed.
    pub(super) fn change_of_pace(&mut self) -> Option<Input> {
        let waiting = self.outbox.waiting();
        let behind = if self.behind { waiting > CAUGHT_UP } else { waiting > BEHIND };
        let changed = std::mem::replace(&mut self.behind, behind) != behind;
        changed.then_some(Input::Behind { process: self.process, behind })
    }

    /// Sends it away with a reason, the last that it hears.
    pub(super) fn dismiss(&mut self, why: &str) {
        if matches!(self.stage, Stage::Dismissed | Stage::Closed) {
            return;
        }
        let (pid, waiting) = (self.process.pid, self.outbox.waiting());
        tracing::warn!("process {pid} is disconnected from groups ({waiting} bytes wait): {why}");
        self.outbox.cut_short();
        self.outbox.put(&ToClient::Goodbye { why: why.to_owned() }, &[]);
        self.stage = Stage::Dismissed;
        self.stalled = None;
    }

    /// Writes what it takes.
    pub(super) fn write(&mut self, now: Instant) -> Presence {
        let before = self.outbox.waiting();
        if before > 0 && self.writable {
            match self.outbox.write(&mut self.stream) {
                Ok(all) => self.writable = all,
                Err(_) => self.stage = Stage::Closed,
            }
        }
        let waiting = self.outbox.waiting();
        if waiting == 0 || waiting < before {
            self.stalled = None;
        }
        if waiting > 0 {
            let since = *self.stalled.get_or_insert(now);
            self.lose_patience(now.saturating_since(since));
        }
        let told = self.stage == Stage::Dismissed && waiting == 0;
        if told || self.stage == Stage::Closed { Presence::Gone } else { Presence::Here }
    }

    fn lose_patience(&mut self, stalled: Duration) {
        match self.stage {
            Stage::Dismissed if stalled >= FAREWELL => self.stage = Stage::Closed,
            Stage::Greeting | Stage::Open if stalled >= STALLED => {
                self.dismiss("it has read nothing for too long: connect again, and read");
            }
            _ => {}
        }
    }
}

/// What a client's word means; nothing for the greeting.
fn input(process: Process, head: &ToDaemon, body: &[u8]) -> Option<Input> {
    match head {
        ToDaemon::Hello { .. } => None,
        ToDaemon::Join { group } => Some(Input::Join { process, group: group.clone() }),
        ToDaemon::Leave { group } => Some(Input::Leave { process, group: group.clone() }),
        ToDaemon::Say { group } => {
            Some(Input::Say { process, group: group.clone(), body: body.to_vec() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::NodeId;
    use group::processes::ConnectionId;
    use group::{GroupCommand, GroupEvent};
    use local::frame;
    use std::io::{Read, Write};

    fn pair() -> (Peer, std::os::unix::net::UnixStream) {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().expect("two sockets");
        ours.set_nonblocking(true).expect("a socket can be");
        let process = Process { node: NodeId(1), pid: 7, connection: ConnectionId(1) };
        (Peer::new(UnixStream::from_std(ours), process), theirs)
    }

    fn at(seconds: u64) -> Instant {
        Instant::after_start(Duration::from_secs(seconds))
    }

    /// What the client says, and what the node's groups make of it.
    fn say(peer: &mut Peer, client: &mut impl Write, words: &[ToDaemon]) -> Vec<Output> {
        let mut outbox = Outbox::default();
        words.iter().for_each(|word| outbox.put(word, b"body"));
        assert!(outbox.write(client).expect("it is read"));
        let (mut processes, mut out) = (Processes::new(NodeId(1)), Vec::new());
        peer.listen(&mut processes, &mut out);
        out
    }

    /// All that the client can still read.
    fn told(mut client: std::os::unix::net::UnixStream) -> Vec<ToClient> {
        let mut bytes = Vec::new();
        client.read_to_end(&mut bytes).expect("it ends");
        let (mut inbox, mut stream) = (Inbox::default(), bytes.as_slice());
        let mut frames = Vec::new();
        while inbox.read(&mut stream).expect("memory does not fail") == Heard::Some {
            while let Some(bytes) = inbox.take().expect("well made") {
                frames.push(frame::read(bytes).expect("well made").0);
            }
        }
        frames
    }

    fn group() -> GroupName {
        GroupName::new("a").expect("short")
    }

    #[test]
    fn the_first_word_is_the_version() {
        let join = ToDaemon::Join { group: group() };
        let hello = ToDaemon::Hello { version: 9 };
        for (words, welcome, asked) in [
            (vec![hello.clone(), join.clone()], true, 1),
            (vec![join.clone(), join.clone()], false, 0),
            (vec![ToDaemon::Hello { version: 0 }, join.clone()], false, 0),
        ] {
            let (mut peer, mut client) = pair();
            assert_eq!(say(&mut peer, &mut client, &words).len(), asked, "{words:?}");
            let gone = peer.write(at(1)) == Presence::Gone;
            assert_eq!(gone, !welcome, "{words:?}");
            drop(peer);
            let first = told(client).remove(0);
            assert_eq!(matches!(first, ToClient::Welcome { version: 1, .. }), welcome, "{first:?}");
        }
    }

    #[test]
    fn who_does_not_read_is_not_heard_and_then_sent_away_with_a_reason() {
        let (mut peer, mut client) = pair();
        say(&mut peer, &mut client, &[ToDaemon::Hello { version: 1 }]);
        let head = ToClient::Message { group: group(), sender: peer.process() };
        peer.tell(&head, &vec![7; 2 * THROTTLE]);
        assert_eq!(peer.write(at(1)), Presence::Here);
        peer.readable = true;
        assert!(!peer.speaks(&Processes::new(NodeId(1))), "throttled");
        assert_eq!(peer.write(at(10)), Presence::Here);
        assert_eq!(peer.write(at(11)), Presence::Here, "it may still hear why");
        let reader = std::thread::spawn(move || told(client));
        peer.writable = true;
        while peer.write(at(12)) == Presence::Here {
            peer.writable = true;
        }
        drop(peer);
        let told = reader.join().expect("it reads");
        assert!(matches!(told.last(), Some(ToClient::Goodbye { .. })));
        assert_eq!(told.len(), 3, "welcome, the message that was half sent, good-bye");
    }

    #[test]
    fn what_is_said_to_a_slow_group_waits_and_is_not_lost() {
        let (mut peer, mut client) = pair();
        say(&mut peer, &mut client, &[ToDaemon::Hello { version: 1 }]);
        let mut outbox = Outbox::default();
        outbox.put(&ToDaemon::Join { group: group() }, &[]);
        (0..2).for_each(|_| outbox.put(&ToDaemon::Say { group: group() }, b"body"));
        assert!(outbox.write(&mut client).expect("it is read"));

        // A member on this node falls behind, and the order says so.
        let (mut processes, mut out) = (Processes::new(NodeId(1)), Vec::new());
        let slow = Process { connection: ConnectionId(2), ..peer.process() };
        processes.step(Input::Join { process: slow, group: group() }, &mut out);
        pace(&mut processes, slow, true);
        let mut heard = Vec::new();
        peer.listen(&mut processes, &mut heard);
        assert_eq!(heard.len(), 1, "it has joined and said nothing");
        assert!(!peer.speaks(&processes), "held");

        pace(&mut processes, slow, false);
        assert!(peer.speaks(&processes));
        peer.listen(&mut processes, &mut heard);
        assert_eq!(heard.len(), 3, "and said both");
    }

    /// What a process's falling behind makes its node say comes back in the order.
    fn pace(processes: &mut Processes, process: Process, behind: bool) {
        let mut out = Vec::new();
        processes.step(Input::Behind { process, behind }, &mut out);
        let [Output::Group(GroupCommand::Submit { channel, payload, .. })] = out.as_slice() else {
            panic!("{out:?}");
        };
        let (channel, sender, payload) = (*channel, NodeId(1), payload.clone());
        let event = GroupEvent::Deliver { channel, sender, payload };
        processes.step(Input::Group(event), &mut Vec::new());
    }

    #[test]
    fn nobody_takes_more_memory_than_the_limit() {
        let (mut peer, mut client) = pair();
        say(&mut peer, &mut client, &[ToDaemon::Hello { version: 1 }]);
        let head = ToClient::Message { group: group(), sender: peer.process() };
        let body = vec![7; 1 << 20];
        (0..200).for_each(|_| peer.tell(&head, &body));
        assert_eq!(peer.stage, Stage::Dismissed);
        assert!(peer.outbox.waiting() <= 1 << 20);
        drop(client);
        assert_eq!(peer.write(at(1)), Presence::Gone);
    }
}
