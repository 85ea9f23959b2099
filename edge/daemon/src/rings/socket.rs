//! One ring's UDP socket. Datagrams to one peer go to the kernel many at a time, and come from it so
//! (segmentation and receive offload), because the calls cost more than the bytes.

use base::NodeId;
use conf::Multicast;
use group::LinkId;
use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, Transmit, UdpSocketState};
use std::collections::BTreeMap;
use std::io::{self, IoSliceMut};
use std::net::SocketAddr;
use std::sync::Arc;

/// The largest train of datagrams that the kernel hands over or takes at once.
const TRAIN: usize = 65_536;
const LONGEST_TRAIN: usize = 65_000;
/// Trains received at once.
const TRAINS: usize = if BATCH_SIZE < 8 { BATCH_SIZE } else { 8 };

/// A ring, or the ear for what is said to everybody on it.
pub(crate) struct RingSocket {
    pub(crate) link: LinkId,
    /// This node's address on the ring.
    pub(crate) address: SocketAddr,
    pub(crate) socket: UdpSocket,
    state: UdpSocketState,
    /// Where everybody on the ring is reached, where nodes find each other so.
    everybody: Option<SocketAddr>,
}

/// Memory to receive into, shared by the rings.
pub(crate) struct Buffers {
    bytes: Vec<Vec<u8>>,
    metas: [RecvMeta; TRAINS],
}

impl Default for Buffers {
    fn default() -> Self {
        Self { bytes: vec![vec![0; TRAIN]; TRAINS], metas: [RecvMeta::default(); TRAINS] }
    }
}

/// Datagrams of one sender, each `each` bytes long, the last perhaps shorter.
pub(crate) struct Train<'a> {
    pub(crate) from: SocketAddr,
    pub(crate) bytes: &'a [u8],
    pub(crate) each: usize,
}

impl RingSocket {
    /// Listens on `address`, also when this machine does not have it yet; and, by a socket of its
    /// own, to what is said to everybody. The socket to send by comes first.
    pub(crate) fn open(
        link: LinkId,
        address: SocketAddr,
        meeting: Option<&Multicast>,
    ) -> io::Result<Vec<Self>> {
        let own = os::network::datagrams(address)?;
        let Some(Multicast { group, port, ttl }) = meeting else {
            return Ok(vec![Self::new((link, address), own, None)?]);
        };
        let everybody = SocketAddr::new(*group, *port);
        os::network::speak_to_all(&own, address.ip(), *group, *ttl)?;
        let ear = os::network::hear_all(everybody, address.ip())?;
        let ring = (link, address);
        Ok(vec![Self::new(ring, own, Some(everybody))?, Self::new(ring, ear, None)?])
    }

    fn new(
        (link, address): (LinkId, SocketAddr),
        socket: std::net::UdpSocket,
        everybody: Option<SocketAddr>,
    ) -> io::Result<Self> {
        let state = UdpSocketState::new((&socket).into())?;
        Ok(Self { link, address, socket: UdpSocket::from_std(socket), state, everybody })
    }

    /// Do nodes find each other on it?
    pub(crate) const fn meets(&self) -> bool {
        self.everybody.is_some()
    }

    /// Sends one datagram to an address that is no node's.
    pub(crate) fn answer(&self, to: SocketAddr, datagram: &Arc<[u8]>) {
        self.send(to, std::slice::from_ref(datagram), &mut Vec::new());
    }

    /// What has come in; nothing when that was all.
    pub(crate) fn receive<'a>(
        &self,
        buffers: &'a mut Buffers,
    ) -> Option<impl Iterator<Item = Train<'a>> + use<'a>> {
        let mut slices: [IoSliceMut<'_>; TRAINS] = {
            let mut bytes = buffers.bytes.iter_mut();
            std::array::from_fn(|_| {
                IoSliceMut::new(bytes.next().map_or(&mut [], |buffer| buffer.as_mut_slice()))
            })
        };
        let count = loop {
            match self.state.recv((&self.socket).into(), &mut slices, &mut buffers.metas) {
                Ok(count) => break count,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return None,
                // An unreachable peer is reported on the next read; the links notice by silence.
                Err(_) => {}
            }
        };
        let train = |(bytes, meta): (&'a Vec<u8>, &RecvMeta)| {
            let bytes = bytes.get(..meta.len).unwrap_or_default();
            Train { from: meta.addr, bytes, each: meta.stride }
        };
        Some(buffers.bytes.iter().zip(&buffers.metas).take(count).map(train))
    }

    /// Sends `datagrams` to one peer, in order. What cannot be sent is lost: the links notice.
    fn send(&self, to: SocketAddr, datagrams: &[Arc<[u8]>], scratch: &mut Vec<u8>) {
        let mut rest = datagrams;
        while let Some(first) = rest.first() {
            let count = train_length(rest, self.state.max_gso_segments());
            let (train, more) = rest.split_at(count);
            rest = more;
            let contents = match train {
                [one] => one,
                several => {
                    scratch.clear();
                    several.iter().for_each(|datagram| scratch.extend_from_slice(datagram));
                    scratch.as_slice()
                }
            };
            let segment_size = (count > 1).then_some(first.len());
            let transmit =
                Transmit { destination: to, ecn: None, contents, segment_size, src_ip: None };
            if let Err(error) = self.state.try_send((&self.socket).into(), &transmit) {
                tracing::trace!("ring {}: not sent to {to}: {error}", self.link);
            }
        }
    }
}

/// How many of `datagrams` the kernel takes as one train: all as long as the first, and perhaps a
/// shorter one at the end.
fn train_length(datagrams: &[Arc<[u8]>], most: usize) -> usize {
    let Some(first) = datagrams.first() else { return 0 };
    let most = most.min(LONGEST_TRAIN / first.len().max(1)).max(1);
    let same = datagrams.iter().take(most).take_while(|next| next.len() == first.len()).count();
    let shorter = datagrams.get(same).is_some_and(|next| next.len() < first.len());
    same + usize::from(shorter && same < most)
}

/// Datagrams on their way out, by ring and peer.
#[derive(Default)]
pub(crate) struct Outbox {
    waiting: BTreeMap<(LinkId, NodeId), Vec<Arc<[u8]>>>,
    /// For everybody on a ring.
    announced: Vec<(LinkId, Arc<[u8]>)>,
    scratch: Vec<u8>,
}

impl Outbox {
    pub(crate) fn put(&mut self, link: LinkId, to: NodeId, bytes: Arc<[u8]>) {
        self.waiting.entry((link, to)).or_default().push(bytes);
    }

    pub(crate) fn announce(&mut self, link: LinkId, bytes: Arc<[u8]>) {
        self.announced.push((link, bytes));
    }

    /// Sends everything.
    pub(crate) fn send(
        &mut self,
        sockets: &[RingSocket],
        peers: &BTreeMap<(LinkId, NodeId), SocketAddr>,
    ) {
        for ((link, to), datagrams) in &mut self.waiting {
            let socket = sockets.iter().find(|socket| socket.link == *link);
            if let Some((socket, address)) = socket.zip(peers.get(&(*link, *to))) {
                socket.send(*address, datagrams, &mut self.scratch);
            }
            datagrams.clear();
        }
        for (link, bytes) in self.announced.drain(..) {
            let socket = sockets.iter().find(|socket| socket.link == link);
            if let Some((socket, everybody)) = socket.and_then(|it| Some((it, it.everybody?))) {
                socket.answer(everybody, &bytes);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_train_is_of_one_length_and_may_end_with_a_shorter() {
        let stories: [(&[usize], usize, usize); 7] = [
            (&[100], 64, 1),
            (&[100, 100, 100], 64, 3),
            (&[100, 100, 60, 100], 64, 3),
            (&[100, 120, 100], 64, 1),
            (&[100, 100, 100], 2, 2),
            (&[100, 100, 100], 1, 1),
            (&[40_000, 40_000], 64, 1),
        ];
        for (lengths, most, expected) in stories {
            let datagrams: Vec<Arc<[u8]>> =
                lengths.iter().map(|length| vec![0; *length].into()).collect();
            assert_eq!(train_length(&datagrams, most), expected, "{lengths:?}, {most} at most");
        }
    }
}
