//! What a machine finds when it is switched on: its own /proc, /run, /dev, /mnt and tools.

use crate::layout::{Layout, read_json};
use crate::options::LabOptions;
use os::mount::{Held, Options};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

/// Devices that every machine has.
const DEVICES: [&str; 6] = ["null", "zero", "full", "random", "urandom", "tty"];

/// Mounts everything, from inside the machine's namespaces.
///
/// # Errors
/// What could not be mounted, in words.
pub(crate) fn furnish(layout: &Layout, node: &str, options: &LabOptions) -> io::Result<()> {
    os::mount::keep_private().map_err(|error| during("detaching mounts", &error))?;
    let devices: BTreeMap<String, PathBuf> = read_json(&layout.devices(node))?;
    let belongings = Belongings::take(layout, &devices)?;
    mount_kernel_views()?;
    for target in ["/run", "/mnt"] {
        fresh(Path::new(target), "mode=0755")?;
    }
    make_run_folders()?;
    belongings.bring_back(layout)?;
    furnish_dev(&belongings, layout, options)?;
    cover_libraries(layout, options)?;
    cover_tools(layout)?;
    os::mount::bind(&layout.boot_id(node), Path::new("/proc/sys/kernel/random/boot_id"))
        .map_err(|error| during("giving the machine its boot id", &error))?;
    // A system without this file resolves names in another way, or not at all.
    let _ = os::mount::bind(&layout.cluster().join("hosts"), Path::new("/etc/hosts"));
    // Other consoles read the cluster's file where a distribution has it, if it has one.
    let _ = os::mount::bind(
        &layout.cluster().join("corosync.conf"),
        Path::new("/etc/corosync/corosync.conf"),
    );
    Ok(())
}

/// What must stay reachable when /run, /mnt and /dev are covered.
struct Belongings {
    folder: Held,
    program: Held,
    devices: Vec<(&'static str, Held)>,
    disks: BTreeMap<String, (PathBuf, Held)>,
}

impl Belongings {
    fn take(layout: &Layout, disks: &BTreeMap<String, PathBuf>) -> io::Result<Self> {
        let hold = |path: &Path| {
            Held::take(path)
                .map_err(|error| during(&format!("reaching {}", path.display()), &error))
        };
        Ok(Self {
            folder: hold(layout.folder())?,
            program: hold(&std::env::current_exe()?)?,
            devices: DEVICES
                .into_iter()
                .map(|name| Ok((name, hold(&Path::new("/dev").join(name))?)))
                .collect::<io::Result<_>>()?,
            disks: disks
                .iter()
                .map(|(disk, device)| Ok((disk.clone(), (device.clone(), hold(device)?))))
                .collect::<io::Result<_>>()?,
        })
    }

    /// The lab's folder may lie in what was just covered; the program takes its place in it.
    fn bring_back(&self, layout: &Layout) -> io::Result<()> {
        if !layout.settings().exists() {
            std::fs::create_dir_all(layout.folder())?;
            self.folder
                .bind(layout.folder())
                .map_err(|error| during("bringing back the lab's folder", &error))?;
        }
        self.program
            .bind(&layout.program())
            .map_err(|error| during("putting the program in its place", &error))
    }
}

fn mount_kernel_views() -> io::Result<()> {
    let plain = Options::parse("nosuid,nodev,noexec", |_| false);
    os::mount::mount(Path::new("proc"), Path::new("/proc"), "proc", &plain)
        .map_err(|error| during("mounting /proc (is it covered in this container?)", &error))?;
    // The network's half of /sys follows the namespace it was mounted in. Where the kernel
    // refuses, the machine sees the host's interfaces there, which only confuses people.
    let _ = os::mount::mount(Path::new("sysfs"), Path::new("/sys"), "sysfs", &plain);
    Ok(())
}

/// Folders that a distribution makes at boot, and agents expect.
fn make_run_folders() -> io::Result<()> {
    for folder in ["/run/lock", "/run/resource-agents"] {
        std::fs::create_dir(folder)?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o1755))?;
    }
    Ok(())
}

fn furnish_dev(belongings: &Belongings, layout: &Layout, options: &LabOptions) -> io::Result<()> {
    let dev = Path::new("/dev");
    fresh(dev, "mode=0755")?;
    for (name, held) in &belongings.devices {
        place(held, &dev.join(name))?;
    }
    for (link, target) in [
        ("ptmx", "pts/ptmx"),
        ("fd", "/proc/self/fd"),
        ("stdin", "/proc/self/fd/0"),
        ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"),
    ] {
        symlink(target, dev.join(link))?;
    }
    std::fs::create_dir(dev.join("pts"))?;
    let terminals = Options::parse("nosuid,noexec", |_| false).with("newinstance,ptmxmode=0666");
    os::mount::mount(Path::new("devpts"), &dev.join("pts"), "devpts", &terminals)
        .map_err(|error| during("mounting /dev/pts", &error))?;
    std::fs::create_dir(dev.join("shm"))?;
    fresh(&dev.join("shm"), "mode=1777")?;
    furnish_disks(belongings, layout, options)
}

/// Disks appear under one name on all machines, whatever device or folder they are.
fn furnish_disks(belongings: &Belongings, layout: &Layout, options: &LabOptions) -> io::Result<()> {
    let names = Path::new("/dev/disk/by-id");
    std::fs::create_dir_all(names)?;
    for (disk, (device, held)) in &belongings.disks {
        place(held, device)?;
        symlink(device, names.join(format!("scsi-{disk}")))?;
    }
    let folders = options.disks.iter().filter(|disk| !belongings.disks.contains_key(&disk.name));
    for disk in folders {
        symlink(layout.disk_folder(&disk.name), names.join(format!("scsi-{}", disk.name)))?;
    }
    Ok(())
}

/// Lays the agent of services over the system's agents, of which there may be none.
fn cover_libraries(layout: &Layout, options: &LabOptions) -> io::Result<()> {
    if options.services { cover(&layout.library(), Path::new("/usr/lib")) } else { Ok(()) }
}

/// Lays the tools over the folders where scripts, mount(8) and other consoles look for them by full
/// path; the second is there only where Pacemaker is installed.
fn cover_tools(layout: &Layout) -> io::Result<()> {
    let folders = [Path::new("/usr/sbin"), Path::new("/usr/lib/pacemaker")];
    let mut present = folders.into_iter().filter(|folder| folder.is_dir());
    present.try_for_each(|folder| cover(&layout.tools(), folder))
}

/// Shows what is in `upper` and what is in `folder` as one.
fn cover(upper: &Path, folder: &Path) -> io::Result<()> {
    let layers = format!("lowerdir={}:{}", upper.display(), folder.display());
    let covered = Options::default().read_only().with(&layers);
    let what = format!("laying {} over {} (overlayfs)", upper.display(), folder.display());
    os::mount::mount(Path::new("overlay"), folder, "overlay", &covered)
        .map_err(|error| during(&what, &error))
}

fn fresh(target: &Path, data: &str) -> io::Result<()> {
    os::mount::mount(Path::new("tmpfs"), target, "tmpfs", &Options::default().with(data))
        .map_err(|error| during(&format!("mounting a tmpfs at {}", target.display()), &error))
}

fn place(held: &Held, target: &Path) -> io::Result<()> {
    File::create(target)?;
    held.bind(target).map_err(|error| during(&format!("placing {}", target.display()), &error))
}

fn during(what: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{what}: {error}"))
}
