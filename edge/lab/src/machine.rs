//! One machine: its power button and what happens when it is pressed.

use crate::cell::Line;
use crate::cluster::machines;
use crate::crash::{Journal, Snapshot, journal_of};
use crate::error::{During, Refusal};
use crate::layout::Layout;
use crate::options::LabOptions;
use crate::protocol::{DiskAfterCrash, Mounted, Power, PowerOff, Storage};
use crate::switch::{self, Port};
use os::process::Send;
use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

/// How long a machine may take to start.
const START: Duration = Duration::from_secs(10);
/// How long the processes of a machine may take to be dead.
const BURIAL: Duration = Duration::from_secs(1);
/// How long the kernel may take to let go of a dead machine's disks.
const RELEASE: Duration = Duration::from_secs(10);

/// What all machines of a lab have in common.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) layout: Layout,
    pub(crate) options: LabOptions,
    pub(crate) storage: Storage,
}

/// A machine of the lab.
#[derive(Debug)]
pub(crate) struct Machine {
    name: String,
    ports: Vec<Port>,
    life: Life,
}

#[derive(Debug)]
enum Life {
    Off,
    On(Running),
    /// Dead, but its disks have not been put back to what they were: a further power-off
    /// goes on from here.
    Ending(Remains),
}

#[derive(Debug)]
struct Running {
    cell: Child,
    line: Line,
    process: u32,
    boot_id: String,
    /// The loop device of each disk.
    devices: BTreeMap<String, PathBuf>,
    paused: bool,
}

/// What a dead machine leaves behind.
#[derive(Debug)]
struct Remains {
    killed_at: i64,
    pressed_at: Duration,
    devices: BTreeMap<String, PathBuf>,
    snapshots: BTreeMap<String, (Snapshot, bool)>,
}

impl Machine {
    pub(crate) fn new(name: &str, ports: Vec<Port>) -> Self {
        Self { name: name.to_owned(), ports, life: Life::Off }
    }

    pub(crate) fn power(&self) -> Power {
        match &self.life {
            Life::Off => Power::Off,
            Life::On(running) if running.paused => Power::Paused,
            Life::On(_) => Power::On,
            Life::Ending(_) => Power::Ending,
        }
    }

    /// Its process 1, as the host numbers it.
    pub(crate) fn process(&self) -> Option<u32> {
        self.running().map(|running| running.process)
    }

    pub(crate) fn boot_id(&self) -> Option<&str> {
        self.running().map(|running| running.boot_id.as_str())
    }

    fn running(&self) -> Option<&Running> {
        match &self.life {
            Life::On(running) => Some(running),
            Life::Off | Life::Ending(_) => None,
        }
    }

    /// Finds out whether the machine ended without being switched off (its process 1 died).
    pub(crate) fn look(&mut self, site: &Site) {
        let ended = match &mut self.life {
            Life::On(running) => !matches!(running.cell.try_wait(), Ok(None)),
            Life::Off | Life::Ending(_) => false,
        };
        if ended {
            // What it was in the middle of has been unmounted by the kernel already.
            let _ = self.power_off(site);
        }
    }

    /// Starts the machine on a life with a new boot id; one that is on stays as it is.
    pub(crate) fn power_on(&mut self, site: &Site) -> Result<(), Refusal> {
        self.look(site);
        match self.life {
            Life::On(_) => return Ok(()),
            Life::Off => {}
            Life::Ending(_) => drop(self.power_off(site)?),
        }
        let refused = |error: io::Error| Refusal::NoStart {
            node: self.name.clone(),
            reason: error.to_string(),
        };
        let devices = attach_disks(site).map_err(refused)?;
        match self.start(site, &devices) {
            Ok(running) => {
                self.life = Life::On(running);
                Ok(())
            }
            Err(error) => {
                let refusal = refused(error);
                // Cables and devices of the attempt; the cell itself is gone.
                let _ = switch::disconnect(&self.ports);
                devices.values().for_each(|device| drop(os::loopback::detach(device)));
                Err(refusal)
            }
        }
    }

    fn start(&self, site: &Site, devices: &BTreeMap<String, PathBuf>) -> io::Result<Running> {
        let (layout, name) = (&site.layout, self.name.as_str());
        let boot_id = os::machine::random_uuid()?;
        std::fs::write(layout.boot_id(name), format!("{boot_id}\n"))?;
        std::fs::write(layout.devices(name), serde_json::to_vec(devices)?)?;
        let (mut cell, mut line) = spawn_cell(site, name)?;
        match self.settle_in(site, cell.id(), &mut line) {
            Ok(process) => {
                let devices = devices.clone();
                Ok(Running { cell, line, process, boot_id, devices, paused: false })
            }
            Err(error) => {
                // Process 1, if there is one, ends because nobody is on the line any more.
                drop(line);
                let _ = cell.kill();
                let _ = cell.wait();
                Err(error)
            }
        }
    }

    /// The ports of all other machines.
    fn others(&self, site: &Site) -> Vec<Port> {
        machines(&site.options)
            .filter(|(_, name)| **name != self.name)
            .flat_map(|(machine, _)| {
                (0..site.options.rings).map(move |ring| Port { machine, ring })
            })
            .collect()
    }

    /// The conversation with cell and init until the daemon runs; returns process 1.
    fn settle_in(&self, site: &Site, cell: u32, line: &mut Line) -> io::Result<u32> {
        line.expect("unshared")?;
        // A machine that died by itself a moment ago may still have its cables.
        switch::disconnect(&self.ports)?;
        switch::connect(&self.ports, &self.others(site), cell)?;
        line.say("linked")?;
        let process = line.expect("init")?.parse().map_err(io::Error::other)?;
        line.say("start")?;
        line.expect("ready")?;
        std::fs::write(site.layout.pid(&self.name), format!("{process}\n"))?;
        Ok(process)
    }

    /// Takes the power away: all processes at once, disks as they were at that moment.
    pub(crate) fn power_off(&mut self, site: &Site) -> Result<PowerOff, Refusal> {
        let remains = match std::mem::replace(&mut self.life, Life::Off) {
            Life::Off => return Ok(PowerOff::default()),
            Life::Ending(remains) => remains,
            Life::On(running) => self.kill(site, running),
        };
        match remains.settle(site, &self.name) {
            Ok(off) => Ok(off),
            Err(refusal) => {
                self.life = Life::Ending(remains);
                Err(refusal)
            }
        }
    }

    fn kill(&self, site: &Site, mut running: Running) -> Remains {
        let pressed_at = os::clock::monotonic();
        // When process 1 does not answer, it is dead, and then so is everything else.
        let frozen = running.line.say("stop").and_then(|()| running.line.expect("done"));
        let killed_at = os::clock::wall().0;
        let mut snapshots = BTreeMap::new();
        if frozen.is_ok() {
            for disk in running.mounted_disks(site) {
                match Snapshot::settled(&site.layout.image(&disk)) {
                    Ok(snapshot) => drop(snapshots.insert(disk, snapshot)),
                    Err(error) => eprintln!("lab: {}: copying {disk}: {error}", self.name),
                }
            }
        }
        self.end(site, &mut running);
        Remains { killed_at, pressed_at, devices: running.devices, snapshots }
    }

    fn end(&self, site: &Site, running: &mut Running) {
        // Both may be dead already, and the cables gone with them.
        let _ = os::process::signal(running.process, Send::Kill);
        // Process 1 is not gone before each of its dead has been collected, and a visitor that a
        // shell has suspended collects nobody. The dead do no harm, but the cell holds the mounts.
        let cell = &mut running.cell;
        os::process::wait_until(BURIAL, || !matches!(cell.try_wait(), Ok(None)));
        let _ = cell.kill();
        let _ = cell.wait();
        let _ = switch::disconnect(&self.ports);
        for file in [site.layout.pid(&self.name), site.layout.daemon(&self.name)] {
            let _ = std::fs::remove_file(file);
        }
    }

    /// Ends the machine without regard for its disks, which the kernel unmounts in good order.
    pub(crate) fn dismantle(&mut self, site: &Site) {
        let devices = match std::mem::replace(&mut self.life, Life::Off) {
            Life::Off => return,
            Life::Ending(remains) => remains.devices,
            Life::On(mut running) => {
                self.end(site, &mut running);
                running.devices
            }
        };
        for device in devices.values() {
            os::process::wait_until(RELEASE, || matches!(os::mount::is_in_use(device), Ok(false)));
            let _ = os::loopback::detach(device);
        }
    }

    pub(crate) fn pause(&mut self) -> Result<(), Refusal> {
        self.command("stop")?.paused = true;
        Ok(())
    }

    pub(crate) fn resume(&mut self) -> Result<(), Refusal> {
        self.command("continue")?.paused = false;
        Ok(())
    }

    pub(crate) fn kill_daemon(&mut self) -> Result<(), Refusal> {
        self.command("kill").map(drop)
    }

    fn command(&mut self, word: &str) -> Result<&mut Running, Refusal> {
        let Life::On(running) = &mut self.life else {
            return Err(Refusal::Off(self.name.clone()));
        };
        let told = running.line.say(word).and_then(|()| running.line.expect("done"));
        told.refusing(&format!("telling {} to {word}", self.name))?;
        Ok(running)
    }

    /// The disks it has mounted, wherever (ground truth for R1).
    pub(crate) fn mounts(&self, site: &Site) -> Vec<Mounted> {
        match &self.life {
            Life::Off => Vec::new(),
            Life::On(running) => running.mounts(site),
            Life::Ending(remains) => remains.mounts(),
        }
    }
}

impl Running {
    fn mounts(&self, site: &Site) -> Vec<Mounted> {
        // A machine whose process 1 is gone has nothing mounted.
        let table = os::mount::mounted(self.process).unwrap_or_default();
        let disks: Vec<_> =
            site.options.disks.iter().filter_map(|disk| Mark::of(site, self, &disk.name)).collect();
        let mut mounts: Vec<Mounted> = table
            .iter()
            .flat_map(|line| {
                disks.iter().filter(|mark| mark.matches(line, self.process)).map(|mark| Mounted {
                    disk: mark.disk.clone(),
                    target: line.target.display().to_string(),
                })
            })
            .collect();
        mounts.sort();
        mounts
    }

    /// Those whose image can be damaged by a crash.
    fn mounted_disks(&self, site: &Site) -> Vec<String> {
        let mut disks: Vec<String> = match site.storage {
            Storage::Images => self.mounts(site).into_iter().map(|mounted| mounted.disk).collect(),
            Storage::Folders => Vec::new(),
        };
        disks.dedup();
        disks
    }
}

/// How a disk is recognised in a machine's table of mounts.
struct Mark {
    disk: String,
    token: Token,
}

enum Token {
    /// The loop device's numbers.
    Device(u32, u32),
    /// The folder's device and inode.
    Folder(u64, u64, PathBuf),
}

impl Mark {
    fn of(site: &Site, running: &Running, disk: &str) -> Option<Self> {
        let token = match site.storage {
            Storage::Images => {
                let numbers = std::fs::metadata(running.devices.get(disk)?).ok()?.rdev();
                Token::Device(major(numbers), minor(numbers))
            }
            Storage::Folders => {
                let folder = site.layout.disk_folder(disk);
                let found = std::fs::metadata(&folder).ok()?;
                Token::Folder(found.dev(), found.ino(), folder)
            }
        };
        Some(Self { disk: disk.to_owned(), token })
    }

    fn matches(&self, line: &os::mount::Mounted, process: u32) -> bool {
        match &self.token {
            Token::Device(major, minor) => line.device == (*major, *minor),
            Token::Folder(device, inode, folder) => {
                // Only a bind mount can show it, and only what is named like it is worth a look.
                line.root.file_name() == folder.file_name()
                    && std::fs::metadata(seen_by(process, &line.target))
                        .is_ok_and(|found| (found.dev(), found.ino()) == (*device, *inode))
            }
        }
    }
}

impl Remains {
    /// Waits until the kernel has let go of all disks, then puts them back to what they were.
    fn settle(&self, site: &Site, node: &str) -> Result<PowerOff, Refusal> {
        for (disk, device) in &self.devices {
            let held = || Refusal::DiskHeld { node: node.to_owned(), disk: disk.clone() };
            let free = || matches!(os::mount::is_in_use(device), Ok(false));
            if os::loopback::is_attached(device) && !os::process::wait_until(RELEASE, free) {
                return Err(held());
            }
            os::loopback::detach(device).refusing(&format!("detaching {}", device.display()))?;
            if !os::process::wait_until(RELEASE, || !os::loopback::is_attached(device)) {
                return Err(held());
            }
        }
        let disks = self.snapshots.iter().map(|(disk, (snapshot, settled))| {
            let image = site.layout.image(disk);
            let journal = put_back(snapshot, &image);
            let journal = journal.refusing(&format!("putting {disk} back as it was"))?;
            Ok(DiskAfterCrash { name: disk.clone(), journal, settled: *settled })
        });
        let disks = disks.collect::<Result<_, Refusal>>()?;
        Ok(PowerOff { killed_at: Some(self.killed_at), pressed_at: Some(self.pressed_at), disks })
    }

    fn mounts(&self) -> Vec<Mounted> {
        let held = self.snapshots.keys().filter(|disk| {
            self.devices.get(*disk).is_some_and(|device| {
                os::loopback::is_attached(device)
                    && !matches!(os::mount::is_in_use(device), Ok(false))
            })
        });
        held.map(|disk| Mounted { disk: disk.clone(), target: "(ending)".to_owned() }).collect()
    }
}

/// Makes `image` what it was at the crash, unless another machine has mounted it meanwhile: its
/// file system must not change under it.
fn put_back(snapshot: &Snapshot, image: &Path) -> io::Result<Journal> {
    for device in os::loopback::attached_under(image)? {
        if os::mount::is_in_use(&device)? {
            return Ok(Journal::InUseElsewhere);
        }
    }
    snapshot.restore(image)?;
    journal_of(image)
}

fn attach_disks(site: &Site) -> io::Result<BTreeMap<String, PathBuf>> {
    let mut devices = BTreeMap::new();
    if site.storage == Storage::Folders {
        return Ok(devices);
    }
    for disk in &site.options.disks {
        match os::loopback::attach(&site.layout.image(&disk.name)) {
            Ok(device) => drop(devices.insert(disk.name.clone(), device)),
            Err(error) => {
                devices.values().for_each(|device| drop(os::loopback::detach(device)));
                return Err(io::Error::new(
                    error.kind(),
                    format!("attaching {}: {error}", disk.name),
                ));
            }
        }
    }
    Ok(devices)
}

fn spawn_cell(site: &Site, node: &str) -> io::Result<(Child, Line)> {
    let log = OpenOptions::new().append(true).create(true).open(site.layout.node_log(node))?;
    let (ours, theirs) = UnixStream::pair()?;
    ours.set_read_timeout(Some(START))?;
    let cell = Command::new(&site.options.program)
        .args(["lab-cell".as_ref(), site.layout.folder().as_os_str(), node.as_ref()])
        .stdin(OwnedFd::from(theirs))
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok((cell, Line::new(ours)))
}

/// A path of a machine as the host reaches it.
fn seen_by(process: u32, path: &Path) -> PathBuf {
    let root = PathBuf::from(format!("/proc/{process}/root"));
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// Linux packs a device's numbers as 12 bits of major around 20 bits of minor (makedev(3)).
fn major(device: u64) -> u32 {
    u32::try_from((device >> 8) & 0xfff).unwrap_or(u32::MAX)
}

fn minor(device: u64) -> u32 {
    u32::try_from((device & 0xff) | ((device >> 12) & 0xf_ff00)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_taken_apart() {
        assert_eq!((major(0x0703), minor(0x0703)), (7, 3));
        assert_eq!((major(0x10_0702), minor(0x10_0702)), (7, 0x102));
    }

    #[test]
    fn a_machines_paths_are_reached_through_its_process() {
        assert_eq!(seen_by(42, Path::new("/mnt/a")), Path::new("/proc/42/root/mnt/a"));
    }
}
