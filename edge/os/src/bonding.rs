//! Bonds: several network interfaces as one, as `/proc/net/bonding` tells of them.

use std::io;
use std::path::Path;

/// Where the kernel's bonding driver has a file for each bond.
const FOLDER: &str = "/proc/net/bonding";

/// One bond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bond {
    /// Its name.
    pub name: String,
    /// Its mode, in the kernel's words: `fault-tolerance (active-backup)`.
    pub mode: String,
    /// The slave in use, where only one is at a time.
    pub active: Option<String>,
    /// Its interfaces.
    pub slaves: Vec<Slave>,
}

/// An interface of a bond.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slave {
    /// Its name.
    pub name: String,
    /// Whether it has a link.
    pub is_up: bool,
}

impl Bond {
    /// Its interfaces that have a link.
    pub fn healthy(&self) -> usize {
        self.slaves.iter().filter(|slave| slave.is_up).count()
    }
}

/// The bond of this name; nothing when the interface is no bond.
///
/// # Errors
/// When the kernel's file cannot be read.
pub fn bond(interface: &str) -> io::Result<Option<Bond>> {
    if interface.contains('/') {
        return Ok(None);
    }
    match std::fs::read_to_string(Path::new(FOLDER).join(interface)) {
        Ok(text) => Ok(Some(read(interface, &text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The driver's file: `key: value` lines; a part for each slave begins with its name.
fn read(name: &str, text: &str) -> Bond {
    let mut bond = Bond { name: name.to_owned(), ..Bond::default() };
    for line in text.lines() {
        let Some((key, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        match (key.trim(), bond.slaves.last_mut()) {
            ("Bonding Mode", _) => bond.mode = value.to_owned(),
            ("Currently Active Slave", _) if value != "None" => {
                bond.active = Some(value.to_owned());
            }
            ("Slave Interface", _) => {
                bond.slaves.push(Slave { name: value.to_owned(), is_up: false });
            }
            ("MII Status", Some(slave)) => slave.is_up = value == "up",
            _ => {}
        }
    }
    bond
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Ethernet Channel Bonding Driver: v6.1\n\n\
        Bonding Mode: fault-tolerance (active-backup)\nPrimary Slave: None\n\
        Currently Active Slave: eth1\nMII Status: up\nMII Polling Interval (ms): 100\n\n\
        Slave Interface: eth0\nMII Status: down\nSpeed: Unknown\nLink Failure Count: 3\n\n\
        Slave Interface: eth1\nMII Status: up\nSpeed: 10000 Mbps\nLink Failure Count: 0\n";

    #[test]
    fn the_kernels_words_are_understood() {
        let bond = read("bond0", TEXT);
        let slave = |name: &str, is_up| Slave { name: name.into(), is_up };
        let expected = Bond {
            name: "bond0".into(),
            mode: "fault-tolerance (active-backup)".into(),
            active: Some("eth1".into()),
            slaves: vec![slave("eth0", false), slave("eth1", true)],
        };
        assert_eq!((bond.healthy(), &bond), (1, &expected));
    }

    #[test]
    fn what_is_no_bond_is_none() {
        assert_eq!(bond("lo").unwrap(), None);
        assert_eq!(bond("../dev").unwrap(), None);
    }
}
