//! `ocf:heartbeat:Filesystem`: a mounted file system.
//!
//! What is mounted is read from `/proc/self/mountinfo` alone, because a look at the file system
//! itself may never come back. A mount that cannot be told to be somebody else's is never
//! reported as stopped (R3).

mod depth;
mod description;
mod device;
mod mounts;
mod start;
mod stop;
mod users;

pub(crate) use description::METADATA;

use super::Answer;
use super::context::{Context, Failure};
use crate::code::OcfCode;
use device::Sort;
use mounts::{Mount, MountTable};
use std::path::{Path, PathBuf};

pub(super) use device::check_exists;
pub(super) use start::start;
pub(super) use stop::{Force, stop};

/// What is to be mounted where, read once from the parameters.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// As configured, with `UUID=` and the like turned into paths.
    device: String,
    /// Without a slash at its end.
    directory: PathBuf,
    fstype: String,
    options: String,
    sort: Sort,
}

/// What is at the directory.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    NotMounted,
    Ours,
    /// Mounted, but from somewhere else as far as can be told.
    Foreign {
        source: String,
    },
}

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let wanted = Wanted::read(context)?;
    match action {
        "start" => start(context, &wanted),
        "stop" => {
            let patience = stop::patience(context, &wanted)?;
            stop(context, &wanted, Force::read(context)?, patience)
        }
        "monitor" => monitor(context, &wanted),
        _ => validate(context, &wanted),
    }
}

impl Wanted {
    fn read(context: &Context) -> Result<Self, Failure> {
        let (device, fstype) = (context.text("device"), context.text("fstype"));
        Self::new(context, device, "directory", fstype, context.text("options").to_owned())
    }

    /// `device` is written in one of the ways of fstab(5); the directory is read from the parameter
    /// of that name.
    pub(super) fn new(
        context: &Context,
        device: &str,
        directory: &str,
        fstype: &str,
        options: String,
    ) -> Result<Self, Failure> {
        let (name, given) = (directory, context.text(directory));
        let directory = mounts::tidy(given);
        if !directory.is_absolute() || directory == Path::new("/") {
            let reason =
                format!("parameter {name} is {given:?}, but has to be an absolute path below /");
            return Err(Failure::new(OcfCode::Configured, reason));
        }
        let device = device::by_path(device);
        let sort = Sort::of(fstype, &options, &device);
        Ok(Self { device, directory, fstype: fstype.to_owned(), options, sort })
    }

    fn state(&self, table: &MountTable) -> State {
        match table.at(&self.directory) {
            None => State::NotMounted,
            Some(mount) if device::is_from(mount, self, table) => State::Ours,
            Some(mount) => State::Foreign { source: mount.source.clone() },
        }
    }

    fn read_only(&self) -> bool {
        self.options.split(',').any(|option| option == "ro")
    }
}

fn read_table() -> Result<MountTable, Failure> {
    MountTable::read()
        .map_err(|error| Failure::generic(format!("cannot read /proc/self/mountinfo: {error}")))
}

/// Told from the kernel's table of mounts alone, so that it cannot hang.
pub(super) fn is_mounted(wanted: &Wanted) -> Result<bool, Failure> {
    match wanted.state(&read_table()?) {
        State::NotMounted => Ok(false),
        State::Ours => Ok(true),
        State::Foreign { source } => Err(foreign(wanted, &source)),
    }
}

fn monitor(context: &Context, wanted: &Wanted) -> Answer {
    if !is_mounted(wanted)? {
        return Ok(OcfCode::NotRunning);
    }
    let level = context.check_level();
    if level >= 10 {
        depth::read_device(context, wanted)?;
    }
    if level >= 20 {
        depth::write_status(context, wanted)?;
    }
    Ok(OcfCode::Ok)
}

fn foreign(wanted: &Wanted, source: &str) -> Failure {
    let (directory, device) = (wanted.directory.display(), &wanted.device);
    Failure::generic(format!(
        "{directory} is mounted from {source}, not from {device}: unmount it, or correct \
         parameter device"
    ))
}

fn validate(context: &Context, wanted: &Wanted) -> Answer {
    for name in ["fast_stop", "force_clones"] {
        context.is_on(name)?;
    }
    context.choice("run_fsck")?;
    Force::read(context)?;
    start::check_clone(context, wanted)?;
    check_exists(wanted)?;
    Ok(OcfCode::Ok)
}
