//! What a file system is mounted from, and whether a mount is from there.

use super::Wanted;
use super::mounts::{Mount, MountTable};
use crate::builtin::context::Failure;
use crate::code::OcfCode;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What kind of thing `device` is. It decides what can be checked, and what a second mount of it
/// on another node would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// A device or image file of this node: gone when it does not exist, broken by a second mount.
    Block,
    /// A Lustre server's target on a device of this node, or in a ZFS pool. Like [`Sort::Block`],
    /// but its mount point holds no files.
    LustreTarget,
    /// A dataset of a ZFS pool that is imported here: no path, and checked by its pool alone.
    Dataset,
    /// Made for many nodes, on a shared device.
    ClusterBlock,
    /// Somewhere in the network.
    Network,
    /// A directory that is to be seen at a second place.
    Bind,
    /// Nothing outside of the kernel.
    Virtual,
}

impl Sort {
    pub(super) fn of(fstype: &str, options: &str, device: &str) -> Self {
        let is_bind = |option: &str| matches!(option, "bind" | "rbind");
        if fstype == "bind" || options.split(',').any(is_bind) {
            return Self::Bind;
        }
        match fstype {
            // A client's device is NID:/NAME, with colons between the NIDs of several servers.
            "lustre" if device.contains(":/") => Self::Network,
            "lustre" | "lustre_tgt" => Self::LustreTarget,
            "nfs" | "nfs4" | "cifs" | "smb3" | "smbfs" | "glusterfs" | "ceph" | "beegfs"
            | "beegfs_nodev" | "9p" | "pvfs2" => Self::Network,
            "zfs" => Self::Dataset,
            "ocfs2" | "gfs2" | "gpfs" => Self::ClusterBlock,
            "tmpfs" | "ramfs" | "proc" | "sysfs" | "debugfs" | "overlay" | "aufs" | "hugetlbfs"
            | "none" => Self::Virtual,
            _ => Self::Block,
        }
    }

    /// Whether two nodes may mount it at the same time.
    pub(super) fn may_be_cloned(self) -> bool {
        matches!(self, Self::ClusterBlock | Self::Network | Self::Bind | Self::Virtual)
    }

    /// How long mounting and unmounting it may take where nobody says: a Lustre target replays its
    /// journal, waits for the other server's multi-mount protection to run out, and for its
    /// clients' requests to end.
    pub(super) const fn usual_time(self) -> Duration {
        match self {
            Self::LustreTarget => Duration::from_secs(300),
            _ => Duration::from_secs(60),
        }
    }

    /// Whether fsck can check it before it is mounted.
    pub(super) fn can_be_checked(self) -> bool {
        self == Self::Block
    }
}

/// The device as a path, where it is written in one of the ways of fstab(5) or mount(8).
pub(super) fn by_path(device: &str) -> String {
    const WAYS: [(&str, &str); 6] = [
        ("UUID=", "by-uuid"),
        ("LABEL=", "by-label"),
        ("PARTUUID=", "by-partuuid"),
        ("PARTLABEL=", "by-partlabel"),
        ("-U", "by-uuid"),
        ("-L", "by-label"),
    ];
    let device = device.trim();
    for (prefix, folder) in WAYS {
        if let Some(name) = device.strip_prefix(prefix) {
            return format!("/dev/disk/{folder}/{}", name.trim().trim_matches('"'));
        }
    }
    device.to_owned()
}

/// Refuses a device that has to be on this node and is not.
pub(in crate::builtin) fn check_exists(wanted: &Wanted) -> Result<(), Failure> {
    let device = Path::new(&wanted.device);
    let local = match wanted.sort {
        // A name that is no path is a pool's dataset: the mount itself finds out.
        Sort::Block | Sort::ClusterBlock | Sort::LustreTarget => device.is_absolute(),
        Sort::Bind => true,
        Sort::Network | Sort::Virtual | Sort::Dataset => false,
    };
    if !local || device.exists() {
        return Ok(());
    }
    let hint = match wanted.sort {
        Sort::Bind => "create the directory or correct parameter device",
        _ => "check the disk, its cables and multipath, or correct parameter device",
    };
    let reason = format!("device {} does not exist on this node: {hint}", wanted.device);
    Err(Failure::new(OcfCode::Installed, reason))
}

/// Whether it is a block device of this node.
pub(super) fn is_block_device(device: &str) -> bool {
    fs::metadata(device).is_ok_and(|metadata| metadata.file_type().is_block_device())
}

/// Whether `mount` is what is wanted. The mounted file system itself is never looked at.
pub(super) fn is_from(mount: &Mount, wanted: &Wanted, table: &MountTable) -> bool {
    match wanted.sort {
        Sort::Bind => table.shows(mount, Path::new(&wanted.device)),
        Sort::Virtual => mount.source == wanted.device && mount.fstype == wanted.fstype,
        Sort::Network => is_same_address(&mount.source, wanted),
        Sort::Dataset => mount.source == wanted.device,
        Sort::Block | Sort::LustreTarget | Sort::ClusterBlock => {
            is_same_device(mount, wanted, table)
        }
    }
}

/// NFS and CIFS keep the address as it was given. Others (Lustre, Ceph, GlusterFS) replace the
/// names of servers by addresses, or show one of several, so that only the file system's own name
/// can be compared.
fn is_same_address(source: &str, wanted: &Wanted) -> bool {
    let (source, device) = (source.trim_end_matches('/'), wanted.device.trim_end_matches('/'));
    let name = |address: &str| address.rsplit_once(":/").map(|(_, name)| name.to_owned());
    let keeps_address = matches!(wanted.fstype.as_str(), "nfs" | "nfs4" | "cifs" | "smb3");
    source == device || (!keeps_address && name(source).is_some() && name(source) == name(device))
}

/// By name, by number, or as an image file behind a loop device. Some file systems (Lustre, btrfs)
/// are mounted under a virtual number, and only the name they give as their source tells.
fn is_same_device(mount: &Mount, wanted: &Wanted, table: &MountTable) -> bool {
    if mount.source == wanted.device {
        return true;
    }
    let Ok(metadata) = fs::metadata(&wanted.device) else { return false };
    let numbers = |raw| (rustix::fs::major(raw), rustix::fs::minor(raw));
    if metadata.file_type().is_block_device() {
        return mount.device == numbers(metadata.rdev())
            || fs::metadata(&mount.source).is_ok_and(|source| {
                source.file_type().is_block_device() && source.rdev() == metadata.rdev()
            });
    }
    // A mount helper that takes a directory in the place of a device binds it.
    if metadata.is_dir() {
        return table.shows(mount, Path::new(&wanted.device));
    }
    image_behind(mount)
        .is_some_and(|image| fs::canonicalize(&wanted.device).is_ok_and(|w| w == image))
}

fn image_behind(mount: &Mount) -> Option<PathBuf> {
    let (major, minor) = mount.device;
    let file = format!("/sys/dev/block/{major}:{minor}/loop/backing_file");
    Some(fs::read_to_string(file).ok()?.trim_end_matches('\n').into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_known_by_the_part_of_its_address_that_stays() {
        for (fstype, device, source, same) in [
            ("nfs", "server:/srv/", "server:/srv", true),
            ("nfs", "server:/srv", "other:/srv", false),
            ("lustre", "mgs1@tcp:mgs2@tcp:/work", "10.0.0.1@tcp:10.0.0.2@tcp:/work", true),
            ("lustre", "mgs1@tcp:/work", "10.0.0.1@tcp:/scratch", false),
        ] {
            let wanted = Wanted {
                device: device.into(),
                directory: "/mnt".into(),
                fstype: fstype.into(),
                options: String::new(),
                sort: Sort::Network,
            };
            assert_eq!(is_same_address(source, &wanted), same, "{fstype} {source}");
        }
    }

    #[test]
    fn what_a_device_is_follows_from_type_options_and_spelling() {
        for (fstype, options, device, sort) in [
            ("ext4", "noatime", "/dev/sdb", Sort::Block),
            ("lustre", "", "/dev/disk/by-id/scsi-ost0", Sort::LustreTarget),
            ("lustre", "", "ostpool/ost0", Sort::LustreTarget),
            ("lustre", "flock", "10.0.0.1@tcp:10.0.0.2@tcp:/work", Sort::Network),
            ("nfs", "", "server:/srv", Sort::Network),
            ("none", "bind,ro", "/srv", Sort::Bind),
            ("ext4", "bind", "/srv", Sort::Bind),
            ("gfs2", "", "/dev/vg/lv", Sort::ClusterBlock),
            ("zfs", "zfsutil", "tank/home", Sort::Dataset),
            ("tmpfs", "", "tmpfs", Sort::Virtual),
        ] {
            assert_eq!(Sort::of(fstype, options, device), sort, "{fstype} {options} {device}");
        }
        assert!(!Sort::LustreTarget.may_be_cloned(), "R1: a target is on one server");
        assert!(!Sort::Dataset.may_be_cloned() && !Sort::Dataset.can_be_checked());
        assert_eq!(by_path("UUID=12-34"), "/dev/disk/by-uuid/12-34");
        assert_eq!(by_path("-L data"), "/dev/disk/by-label/data");
        assert_eq!(by_path("/dev/sdb"), "/dev/sdb");
    }
}
