//! Network interfaces of this thread's network namespace.

use rustix::net::{AddressFamily, SocketType, netdevice, socket};
use std::io;

/// The number the kernel gave the interface `name`.
///
/// # Errors
/// ENODEV when there is none of this name.
pub fn interface_index(name: &str) -> io::Result<u32> {
    let any = socket(AddressFamily::INET, SocketType::DGRAM, None)?;
    Ok(netdevice::name_to_index(&any, name)?)
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_machine_talks_to_itself_first() {
        assert_eq!(super::interface_index("lo").unwrap(), 1);
        assert!(super::interface_index("none-such").is_err());
    }
}
