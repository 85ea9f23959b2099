//! Network interfaces, as `/sys/class/net` shows them (the kernel's `ABI/testing/sysfs-class-net*`).

use std::fs;
use std::path::{Path, PathBuf};

/// The interfaces of this node.
#[derive(Clone, Debug)]
pub(in crate::builtin) struct Interfaces {
    sys: PathBuf,
}

/// How the parts of a bond share the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bonding {
    /// One of them sends at a time.
    OneOf,
    /// They send together.
    All,
}

impl Interfaces {
    /// What the kernel shows to this process.
    pub(in crate::builtin) fn here() -> Self {
        Self { sys: "/sys".into() }
    }

    pub(super) fn exists(&self, name: &str) -> bool {
        is_name(name) && self.path(name).exists()
    }

    /// Whether packets can go out: it is up and has a carrier. A bond has when one of its parts has
    /// that may be used.
    pub(in crate::builtin) fn has_link(&self, name: &str) -> bool {
        if !self.exists(name) || self.read(name, "carrier").as_deref() != Some("1") {
            return false;
        }
        // Interfaces without a cable, such as tunnels, say `unknown`.
        let up = self.read(name, "operstate");
        let is_up = matches!(up.as_deref(), Some("up" | "unknown"));
        let parts = self.bonded(name);
        is_up && (parts.is_empty() || parts.iter().any(|part| self.is_usable(part)))
    }

    /// Megabits a second, over all parts of a bond that take part in sending. `None` when nobody
    /// knows, as for virtual interfaces.
    pub(super) fn speed(&self, name: &str) -> Option<u64> {
        let parts = self.bonded(name);
        let usable = parts.iter().filter(|part| self.is_usable(part));
        match self.bonding(name) {
            Some(Bonding::OneOf) => {
                let active = self.read(name, "bonding/active_slave").filter(|it| !it.is_empty());
                self.own_speed(&active.or_else(|| parts.first().cloned())?)
            }
            Some(Bonding::All) => {
                let known: Vec<u64> = usable.filter_map(|part| self.own_speed(part)).collect();
                (!known.is_empty()).then(|| known.iter().sum())
            }
            None => self.own_speed(name),
        }
    }

    /// The ports of a bridge; none when it is no bridge.
    pub(super) fn ports(&self, name: &str) -> Vec<String> {
        let Ok(entries) = self.path(name).join("brif").read_dir() else { return Vec::new() };
        let mut ports: Vec<String> =
            entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
        ports.sort();
        ports
    }

    /// Packets received since it came up.
    pub(super) fn received(&self, name: &str) -> u64 {
        let count = self.read(name, "statistics/rx_packets");
        count.and_then(|count| count.parse().ok()).unwrap_or(0)
    }

    /// Whether a port of an InfiniBand device is active.
    pub(super) fn infiniband_is_active(&self, device: &str, port: &str) -> bool {
        if !is_name(device) || !is_name(port) {
            return false;
        }
        let state = self.sys.join("class/infiniband").join(device).join("ports").join(port);
        // 4: ACTIVE
        fs::read_to_string(state.join("state")).is_ok_and(|text| text.trim().ends_with("ACTIVE"))
    }

    fn own_speed(&self, name: &str) -> Option<u64> {
        let ethernet = self.read(name, "speed").and_then(|text| text.parse::<i64>().ok());
        match ethernet.and_then(|speed| u64::try_from(speed).ok()) {
            Some(speed) if speed > 0 => Some(speed),
            _ => self.infiniband_rate(name),
        }
    }

    /// `100 Gb/sec (4X EDR)`, of the fastest port of the device behind the interface.
    fn infiniband_rate(&self, name: &str) -> Option<u64> {
        let below = |path: PathBuf| {
            let entries = path.read_dir().into_iter().flatten();
            entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>()
        };
        let devices = below(self.path(name).join("device/infiniband"));
        let ports = devices.into_iter().flat_map(|device| below(device.join("ports")));
        ports.filter_map(|port| gigabits(&fs::read_to_string(port.join("rate")).ok()?)).max()
    }

    fn bonding(&self, name: &str) -> Option<Bonding> {
        // `active-backup 1`: the name of the mode and its number.
        let mode = self.read(name, "bonding/mode")?;
        Some(match mode.split(' ').next() {
            Some("active-backup" | "broadcast") => Bonding::OneOf,
            _ => Bonding::All,
        })
    }

    fn bonded(&self, name: &str) -> Vec<String> {
        let parts = self.read(name, "bonding/slaves").unwrap_or_default();
        parts.split_ascii_whitespace().filter(|part| is_name(part)).map(str::to_owned).collect()
    }

    /// Whether a part of a bond has a link, for the kernel and for the bond.
    fn is_usable(&self, part: &str) -> bool {
        let bond_says = self.read(part, "bonding_slave/mii_status");
        self.read(part, "carrier").as_deref() == Some("1")
            && bond_says.is_none_or(|status| status == "up")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.sys.join("class/net").join(name)
    }

    fn read(&self, name: &str, file: &str) -> Option<String> {
        let text = fs::read_to_string(self.path(name).join(file)).ok()?;
        Some(text.trim().to_owned())
    }
}

/// A name that leads nowhere else.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains('/') && Path::new(name).file_name().is_some()
}

fn gigabits(rate: &str) -> Option<u64> {
    let number: f64 = rate.split(' ').next()?.parse().ok()?;
    (number > 0.0 && number < 1e6).then_some((number * 1000.0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;

    /// `interface/file: content` as a tree below `class/net`.
    fn machine(files: &[(&str, &str)]) -> (Bench, Interfaces) {
        let bench = Bench::new();
        for (name, content) in files {
            let path = bench.path().join("class/net").join(name);
            fs::create_dir_all(path.parent().expect("it has one")).expect("room");
            fs::write(path, format!("{content}\n")).expect("room");
        }
        let interfaces = Interfaces { sys: bench.path().into() };
        (bench, interfaces)
    }

    #[test]
    fn a_bond_is_worth_what_its_usable_parts_are() {
        let parts = [
            ("bond0/operstate", "up"),
            ("bond0/carrier", "1"),
            ("bond0/bonding/slaves", "eth0 eth1 eth2"),
            ("bond0/bonding/active_slave", "eth1"),
            ("eth0/carrier", "1"),
            ("eth0/speed", "10000"),
            ("eth0/bonding_slave/mii_status", "up"),
            ("eth1/carrier", "1"),
            ("eth1/speed", "25000"),
            ("eth1/bonding_slave/mii_status", "up"),
            ("eth2/carrier", "1"),
            ("eth2/speed", "40000"),
            ("eth2/bonding_slave/mii_status", "down"),
        ];
        for (mode, speed) in
            [("active-backup 1", 25_000), ("802.3ad 4", 35_000), ("balance-rr 0", 35_000)]
        {
            let mut files = parts.to_vec();
            files.push(("bond0/bonding/mode", mode));
            let (_bench, machine) = machine(&files);
            assert_eq!(machine.speed("bond0"), Some(speed), "{mode}");
            assert!(machine.has_link("bond0"));
        }
        let without_any: Vec<_> = parts
            .into_iter()
            .map(
                |(name, value)| {
                    if name.ends_with("mii_status") { (name, "down") } else { (name, value) }
                },
            )
            .collect();
        assert!(!machine(&without_any).1.has_link("bond0"));
    }

    #[test]
    fn an_interface_has_a_link_when_it_is_up_and_has_a_carrier() {
        let (_bench, machine) = machine(&[
            ("eth0/operstate", "up"),
            ("eth0/carrier", "1"),
            ("eth0/speed", "-1"),
            ("eth1/operstate", "down"),
            ("eth1/carrier", "0"),
            ("tun0/operstate", "unknown"),
            ("tun0/carrier", "1"),
            ("ib0/device/infiniband/mlx5_0/ports/1/rate", "100 Gb/sec (4X EDR)"),
            ("br0/brif/eth0/state", "3"),
        ]);
        let links =
            ["eth0", "eth1", "tun0", "eth9", "../net/eth0", ""].map(|name| machine.has_link(name));
        assert_eq!(links, [true, false, true, false, false, false]);
        assert_eq!((machine.speed("eth0"), machine.speed("ib0")), (None, Some(100_000)));
        assert_eq!(machine.ports("br0"), ["eth0"]);
        assert_eq!(machine.ports("eth0"), Vec::<String>::new());
    }
}
