//! Network interfaces and datagram sockets of this thread's network namespace, and who is at the other
//! end of a socket.

use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind, netdevice, socket, socket_with, sockopt,
};
use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::os::fd::AsFd;
use std::time::Duration;

/// Bytes that a datagram socket may hold, each way.
const BUFFER: usize = 4 << 20;

/// An address of an interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// The address.
    pub address: IpAddr,
    /// How many leading bits of the address name the network.
    pub prefix: u8,
}

/// All addresses of this machine.
///
/// # Errors
/// When the kernel does not list them.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let found = if_addrs::get_if_addrs()?.into_iter();
    let interface = |found: if_addrs::Interface| {
        let prefix = match &found.addr {
            if_addrs::IfAddr::V4(address) => address.prefixlen,
            if_addrs::IfAddr::V6(address) => address.prefixlen,
        };
        Interface { address: found.ip(), name: found.name, prefix }
    };
    Ok(found.map(interface).collect())
}

/// Breaks a TCP connection to somebody who takes nothing of what is sent for so long, or who has gone
/// without a word.
///
/// # Errors
/// When the kernel refuses.
pub fn give_up_on_the_deaf(stream: &impl AsFd, patience: Duration) -> io::Result<()> {
    let milliseconds = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(stream, milliseconds)?;
    sockopt::set_tcp_keepidle(stream, patience / 2)?;
    sockopt::set_socket_keepalive(stream, true)?;
    Ok(sockopt::set_tcp_nodelay(stream, true)?)
}

/// The number the kernel gave the interface `name`.
///
/// # Errors
/// ENODEV when there is none of this name.
pub fn interface_index(name: &str) -> io::Result<u32> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    Ok(netdevice::name_to_index(&any, name)?)
}

/// A non-blocking UDP socket on `address`, with large buffers as far as the system permits. The
/// address need not be there yet: what is sent meanwhile is lost, and the socket works when it comes.
/// It never moves to another address.
///
/// # Errors
/// EADDRINUSE when another socket has this address and port.
pub fn datagrams(address: SocketAddr) -> io::Result<UdpSocket> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
    match address {
        SocketAddr::V4(_) => sockopt::set_ip_freebind(&socket, true)?,
        SocketAddr::V6(_) => sockopt::set_ipv6_freebind(&socket, true)?,
    }
    // Beyond the system's limit only with a privilege; without it as much as is permitted.
    if sockopt::set_socket_recv_buffer_size_force(&socket, BUFFER).is_err() {
        sockopt::set_socket_recv_buffer_size(&socket, BUFFER)?;
    }
    sockopt::set_socket_send_buffer_size(&socket, BUFFER)?;
    bind(&socket, &address)?;
    Ok(socket.into())
}

/// The process that connected a Unix stream socket, as the kernel vouches for it; 0 when it lives in
/// a PID namespace that cannot be seen from here.
///
/// # Errors
/// When it is no connected Unix socket.
pub fn peer_process(socket: impl AsFd) -> io::Result<u32> {
    let peer = sockopt::socket_peercred(socket)?;
    Ok(u32::try_from(peer.pid.as_raw_pid()).unwrap_or(0))
}

/// Makes what `socket` sends to everybody on a network leave by the interface with the address `own`,
/// and go no further than `ttl` routers.
///
/// # Errors
/// When no interface has the address.
pub fn speak_to_all(socket: &UdpSocket, own: IpAddr, group: IpAddr, ttl: u8) -> io::Result<()> {
    match own {
        IpAddr::V4(own) if is_broadcast(group) => {
            sockopt::set_socket_broadcast(socket, true)?;
            sockopt::set_ip_multicast_if(socket, &own)?;
        }
        IpAddr::V4(own) => {
            sockopt::set_ip_multicast_if(socket, &own)?;
            sockopt::set_ip_multicast_ttl(socket, u32::from(ttl))?;
        }
        IpAddr::V6(_) => {
            sockopt::set_ipv6_multicast_if(socket, index_of(own)?)?;
            sockopt::set_ipv6_multicast_hops(socket, u32::from(ttl))?;
        }
    }
    Ok(())
}

/// A non-blocking UDP socket that hears what is sent to everybody on the network in which this
/// machine is `own`: to a multicast group, or to the broadcast address.
///
/// # Errors
/// When no interface has the address, or the group is none.
pub fn hear_all(everybody: SocketAddr, own: IpAddr) -> io::Result<UdpSocket> {
    let socket = datagrams(everybody)?;
    match (everybody.ip(), own) {
        (group, _) if is_broadcast(group) => sockopt::set_socket_broadcast(&socket, true)?,
        (IpAddr::V4(group), IpAddr::V4(own)) => {
            sockopt::set_ip_add_membership(&socket, &group, &own)?;
        }
        (IpAddr::V6(group), IpAddr::V6(_)) => {
            sockopt::set_ipv6_add_membership(&socket, &group, index_of(own)?)?;
        }
        _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "mixes IPv4 and IPv6")),
    }
    Ok(socket)
}

fn is_broadcast(group: IpAddr) -> bool {
    group == IpAddr::V4(std::net::Ipv4Addr::BROADCAST)
}

/// The number of the interface that has an address.
fn index_of(own: IpAddr) -> io::Result<u32> {
    let all = interfaces()?;
    let interface = all.iter().find(|interface| interface.address == own);
    let interface = interface.ok_or(io::ErrorKind::AddrNotAvailable)?;
    interface_index(&interface.name)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_other_end_is_known() {
        let (one, other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert_eq!(super::peer_process(&one).unwrap(), std::process::id());
        assert!(super::peer_process(std::io::stdout()).is_err());
        drop(other);
    }

    #[test]
    fn every_machine_talks_to_itself_first() {
        assert_eq!(super::interface_index("lo").unwrap(), 1);
        assert!(super::interface_index("none-such").is_err());
    }

    #[test]
    fn the_loopback_network_is_there() {
        let found = super::interfaces().unwrap();
        let own = found.iter().find(|found| found.address.to_string() == "127.0.0.1").unwrap();
        assert_eq!((own.name.as_str(), own.prefix), ("lo", 8));
    }

    #[test]
    fn an_address_may_come_later_but_is_nobody_elses() {
        let absent = "192.0.2.77:0".parse().unwrap();
        super::datagrams(absent).unwrap();
        let here = super::datagrams("127.0.0.1:0".parse().unwrap()).unwrap();
        let taken = super::datagrams(here.local_addr().unwrap()).unwrap_err();
        assert_eq!(taken.kind(), std::io::ErrorKind::AddrInUse);
    }
}
