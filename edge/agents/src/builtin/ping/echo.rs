//! Echo requests: RFC 792 (ICMP) and RFC 4443 (ICMPv6).

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, ipproto, socket};
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What is known about a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::builtin) enum Reach {
    /// It answered.
    Answers,
    /// It did not answer in time.
    Silent,
    /// It could not be asked.
    Unknown(String),
    /// This process may not send echo requests.
    NotAllowed,
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answers => f.write_str("answers"),
            Self::Silent => f.write_str("does not answer"),
            Self::Unknown(why) => write!(f, "cannot be asked: {why}"),
            Self::NotAllowed => f.write_str("cannot be asked: no permission"),
        }
    }
}

/// Asks `host` up to `attempts` times and waits `patience` each time.
pub(in crate::builtin) fn ask(host: &str, attempts: u32, patience: Duration) -> Reach {
    let target = match (host, 0).to_socket_addrs().map(|mut addresses| addresses.next()) {
        Ok(Some(target)) => target,
        Ok(None) => return Reach::Unknown("the name has no address".into()),
        Err(error) => return Reach::Unknown(error.to_string()),
    };
    let line = match Line::open(target) {
        Ok(line) => line,
        Err(Errno::ACCESS | Errno::PERM | Errno::PROTONOSUPPORT) => return Reach::NotAllowed,
        Err(error) => return Reach::Unknown(error.to_string()),
    };
    let answered = (1..=attempts).any(|number| line.answers(number, patience).unwrap_or(false));
    if answered { Reach::Answers } else { Reach::Silent }
}

/// A socket for echo requests to one address. The standard library's datagram socket sends and
/// receives on any kind of datagram socket, so it serves as the handle.
struct Line {
    socket: UdpSocket,
    target: SocketAddr,
    token: [u8; TOKEN],
}

const TOKEN: usize = 16;
const HEADER: usize = 8;

impl Line {
    /// The kernel's ping socket where `net.ipv4.ping_group_range` allows it, else a raw one.
    fn open(target: SocketAddr) -> Result<Self, Errno> {
        let (family, protocol) = match target.ip() {
            IpAddr::V4(_) => (AddressFamily::INET, ipproto::ICMP),
            IpAddr::V6(_) => (AddressFamily::INET6, ipproto::ICMPV6),
        };
        let handle = socket(family, SocketType::DGRAM, Some(protocol))
            .or_else(|_| socket(family, SocketType::RAW, Some(protocol)))?;
        Ok(Self { socket: UdpSocket::from(handle), target, token: token(target) })
    }

    fn answers(&self, number: u32, patience: Duration) -> io::Result<bool> {
        let until = Instant::now() + patience;
        // A route that is missing may be back in a second; asking again at once would not help.
        let sent = self.socket.connect(self.target).and_then(|()| {
            self.socket.send(&self.request(u16::try_from(number).unwrap_or(u16::MAX)))
        });
        if let Err(error) = sent {
            sleep(patience.min(Duration::from_secs(1)));
            return Err(error);
        }
        let mut packet = [0; 1500];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(false);
            }
            self.socket.set_read_timeout(Some(left))?;
            match self.socket.recv(&mut packet) {
                Ok(size) if self.is_my_answer(&packet[..size]) => return Ok(true),
                Ok(_) => {}
                Err(error) if is_no_answer_yet(&error) => {}
                // "Unreachable" from a router counts as silence, and is waited out like one.
                Err(_) => sleep(left.min(Duration::from_millis(100))),
            }
        }
    }

    fn request(&self, number: u16) -> Vec<u8> {
        const ECHO_REQUEST: u8 = 8;
        const ECHO_REQUEST_V6: u8 = 128;
        let kind = if self.target.is_ipv4() { ECHO_REQUEST } else { ECHO_REQUEST_V6 };
        let mut packet = vec![kind, 0, 0, 0, self.token[0], self.token[1]];
        packet.extend_from_slice(&number.to_be_bytes());
        packet.extend_from_slice(&self.token);
        if self.target.is_ipv4() {
            // Raw sockets send it as it is; for all others the kernel computes it again.
            let sum = checksum(&packet).to_be_bytes();
            packet[2..4].copy_from_slice(&sum);
        }
        packet
    }

    /// A raw socket hears the answers to everybody's requests, so it is the token that counts.
    fn is_my_answer(&self, packet: &[u8]) -> bool {
        const ECHO_REPLY: u8 = 0;
        const ECHO_REPLY_V6: u8 = 129;
        let kind = if self.target.is_ipv4() { ECHO_REPLY } else { ECHO_REPLY_V6 };
        let message = without_ip_header(packet, self.target);
        message.first() == Some(&kind)
            && message.get(HEADER..HEADER + TOKEN) == Some(self.token.as_slice())
    }
}

/// Raw IPv4 sockets deliver the IP header too, whose first half-byte is 4; an echo reply begins
/// with 0.
fn without_ip_header(packet: &[u8], target: SocketAddr) -> &[u8] {
    match packet.first() {
        Some(first) if target.is_ipv4() && first >> 4 == 4 => {
            packet.get(usize::from(first & 0x0f) * 4..).unwrap_or_default()
        }
        _ => packet,
    }
}

fn is_no_answer_yet(error: &io::Error) -> bool {
    use io::ErrorKind::{Interrupted, TimedOut, WouldBlock};
    matches!(error.kind(), WouldBlock | TimedOut | Interrupted)
}

/// Tells this process's requests from all others on the machine.
fn token(target: SocketAddr) -> [u8; TOKEN] {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut token = [0; TOKEN];
    token[..4].copy_from_slice(&std::process::id().to_be_bytes());
    token[4..8].copy_from_slice(&now.subsec_nanos().to_be_bytes());
    let address = match target.ip() {
        IpAddr::V4(address) => address.to_ipv6_mapped().octets(),
        IpAddr::V6(address) => address.octets(),
    };
    token[8..].copy_from_slice(&address[8..]);
    token
}

/// RFC 1071.
fn checksum(bytes: &[u8]) -> u16 {
    let mut sum: u32 = bytes
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_answers_itself_and_nobody_answers_for_class_e() {
        let patience = Duration::from_millis(200);
        let own = ask("127.0.0.1", 3, patience);
        if own == Reach::NotAllowed {
            println!("skipped: no echo requests may be sent from here");
            return;
        }
        assert_eq!(own, Reach::Answers);
        assert_eq!(ask("240.0.0.1", 1, patience), Reach::Silent);
        assert!(matches!(ask("not a name", 1, patience), Reach::Unknown(_)));
    }

    #[test]
    fn an_answer_is_known_by_its_token_with_or_without_ip_header() {
        let target: SocketAddr = ([10, 0, 0, 1], 0).into();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let line = Line { socket, target, token: token(target) };
        let mut answer = line.request(1);
        assert_eq!(checksum(&answer), 0, "a message with its checksum sums up to nothing");
        assert!(!line.is_my_answer(&answer), "my own request is no answer");
        answer[0] = 0;
        assert!(line.is_my_answer(&answer));
        let mut raw = vec![0x45; 20];
        raw.extend_from_slice(&answer);
        assert!(line.is_my_answer(&raw));
        for cut in 0..answer.len() {
            assert!(!line.is_my_answer(&answer[..cut]));
        }
        assert!(!line.is_my_answer(&[0x4f]), "a header that is longer than its packet");
        let last = answer.len() - 1;
        answer[last] ^= 1;
        assert!(!line.is_my_answer(&answer), "somebody else's");
    }
}
