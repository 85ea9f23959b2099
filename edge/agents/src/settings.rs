//! Where agents are, and what they all get.

use crate::preference::InstalledFirst;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Paths and habits, the same for every action of a node. Many nodes on one machine differ in them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `OCF_ROOT`: agents are in `resource.d/PROVIDER/KIND` below.
    pub ocf_root: PathBuf,
    /// The program that has `agent ocf PROVIDER KIND ACTION`.
    pub own_binary: PathBuf,
    /// Actions are recorded in `actions` below.
    pub run_dir: PathBuf,
    /// `HA_RSCTMP`: where agents keep their state files, empty after a boot. The folder above it is
    /// `HA_VARRUN`, where some have theirs.
    pub state_dir: PathBuf,
    /// Where `attrd_updater`, `crm_attribute`, ... are: `HA_SBIN_DIR`, and first in the path.
    pub tools_dir: PathBuf,
    /// Where helpers of the scripts themselves may be (`send_arp`, ...), the first that is there is
    /// `HA_BIN`.
    pub helper_dirs: Vec<PathBuf>,
    /// Where `fence_*` programs are looked for, in this order.
    pub fence_dirs: Vec<PathBuf>,
    /// `external/*` fence plugins are below.
    pub plugin_dir: PathBuf,
    /// `lsb:*` scripts are here.
    pub init_dir: PathBuf,
    /// Where systemd, when it runs, looks for units, the first that has one counts.
    pub unit_dirs: Vec<PathBuf>,
    /// There when systemd runs (sd_booted(3)); what we add to units until the next boot is below.
    pub systemd_dir: PathBuf,
    /// The rest of the agents' `PATH`.
    pub path: String,
    /// Who answers for a name that is both built in and installed.
    pub installed_first: InstalledFirst,
    /// Variables of our own environment that agents see too; see [`inheritable`].
    pub inherited: Vec<(String, String)>,
    /// The time between SIGTERM and SIGKILL at the deadline.
    pub grace: Duration,
}

impl Settings {
    /// The usual places of a Linux system, with records below `run_dir`.
    pub fn standard(run_dir: &Path) -> Self {
        Self {
            ocf_root: "/usr/lib/ocf".into(),
            // Also right when the binary has been replaced by an upgrade: a child that has not
            // yet called exec is still the program that runs, deleted or not.
            own_binary: "/proc/self/exe".into(),
            run_dir: run_dir.into(),
            state_dir: "/run/resource-agents".into(),
            tools_dir: "/usr/sbin".into(),
            helper_dirs: ["/usr/libexec/heartbeat", "/usr/lib64/heartbeat", "/usr/lib/heartbeat"]
                .map(PathBuf::from)
                .into(),
            fence_dirs: ["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"]
                .map(PathBuf::from)
                .into(),
            plugin_dir: "/usr/lib/stonith/plugins".into(),
            init_dir: "/etc/init.d".into(),
            // systemd.unit(5), "Unit File Load Path".
            unit_dirs: [
                "/etc/systemd/system.control",
                "/run/systemd/system.control",
                "/run/systemd/transient",
                "/run/systemd/generator.early",
                "/etc/systemd/system",
                "/run/systemd/system",
                "/run/systemd/generator",
                "/usr/local/lib/systemd/system",
                "/usr/lib/systemd/system",
                "/lib/systemd/system",
                "/run/systemd/generator.late",
            ]
            .map(PathBuf::from)
            .into(),
            systemd_dir: "/run/systemd/system".into(),
            path: "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin".into(),
            installed_first: InstalledFirst::Always,
            inherited: inheritable(std::env::vars_os().filter_map(|(name, value)| {
                Some((name.into_string().ok()?, value.into_string().ok()?))
            })),
            grace: Duration::from_secs(1),
        }
    }

    pub(crate) fn agent_path(&self) -> String {
        format!("{}:{}", self.tools_dir.display(), self.path)
    }

    pub(crate) fn agents_dir(&self) -> PathBuf {
        self.ocf_root.join("resource.d")
    }
}

/// Of a process's variables, those that are meant for agents: language, time zone, where the bus of
/// the machine is, and the cluster's own families (`PCMK_`, `HA_`, `SBD_`).
pub fn inheritable(variables: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
    const NAMES: [&str; 3] = ["LANG", "TZ", "DBUS_SYSTEM_BUS_ADDRESS"];
    const FAMILIES: [&str; 4] = ["LC_", "PCMK_", "HA_", "SBD_"];
    let is_of_family = |name: &str| FAMILIES.iter().any(|family| name.starts_with(family));
    variables.filter(|(name, _)| NAMES.contains(&name.as_str()) || is_of_family(name)).collect()
}
