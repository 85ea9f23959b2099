//! `ocf:heartbeat:Filesystem`: a mounted file system.
//!
//! What is mounted is read from `/proc/self/mountinfo` alone, because a look at the file system
//! itself may never come back. A mount that cannot be told to be somebody else's is never
//! reported as stopped (R3).

mod description;
mod device;
mod mounts;
mod start;
mod stop;
mod users;

pub(crate) use description::METADATA;

use super::Answer;
use super::context::{Context, Failure, warn, write_state};
use crate::code::OcfCode;
use device::Sort;
use mounts::{Mount, MountTable};
use rustix::fs::{Mode, OFlags};
use std::path::{Path, PathBuf};

/// What is to be mounted where, read once from the parameters.
#[derive(Clone, Debug)]
struct Wanted {
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
        "start" => start::start(context, &wanted),
        "stop" => stop::stop(context, &wanted),
        "monitor" => monitor(context, &wanted),
        _ => validate(context, &wanted),
    }
}

impl Wanted {
    fn read(context: &Context) -> Result<Self, Failure> {
        let directory = mounts::tidy(context.text("directory"));
        if !directory.is_absolute() || directory == Path::new("/") {
            let reason = format!(
                "parameter directory is {:?}, but has to be an absolute path below /",
                context.text("directory")
            );
            return Err(Failure::new(OcfCode::Configured, reason));
        }
        let device = device::by_path(context.text("device"));
        let (fstype, options) = (context.text("fstype"), context.text("options"));
        Ok(Self {
            sort: Sort::of(fstype, options, &device),
            device,
            directory,
            fstype: fstype.to_owned(),
            options: options.to_owned(),
        })
    }

    fn state(&self, table: &MountTable) -> State {
        match table.at(&self.directory) {
            None => State::NotMounted,
            Some(mount) if device::is_from(mount, self) => State::Ours,
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

fn monitor(context: &Context, wanted: &Wanted) -> Answer {
    let table = read_table()?;
    match wanted.state(&table) {
        State::NotMounted => return Ok(OcfCode::NotRunning),
        State::Foreign { source } => return Err(foreign(wanted, &source)),
        State::Ours => {}
    }
    let level = context.check_level();
    if level >= 10 {
        read_device(wanted)?;
    }
    if level >= 20 {
        write_status(context, wanted)?;
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

/// Level 10: one block, past all caches, so that a dead disk shows.
fn read_device(wanted: &Wanted) -> Result<(), Failure> {
    const BLOCK: usize = 4096;
    if !device::is_block_device(&wanted.device) {
        warn(&format!("check level 10 reads block devices, and {} is none", wanted.device));
        return Ok(());
    }
    let fail = |error| {
        let device = &wanted.device;
        Failure::generic(format!("cannot read {device} ({error}): check the disk and its paths"))
    };
    let flags = OFlags::RDONLY | OFlags::DIRECT | OFlags::CLOEXEC;
    let handle = rustix::fs::open(wanted.device.as_str(), flags, Mode::empty()).map_err(fail)?;
    // Direct input goes to memory aligned like the device's blocks.
    let mut memory = vec![0; 2 * BLOCK];
    let start = memory.as_ptr().align_offset(BLOCK);
    rustix::io::pread(&handle, &mut memory[start..start + BLOCK], 0).map_err(fail)?;
    Ok(())
}

/// Level 20: what is written can be read back.
fn write_status(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    if wanted.sort == Sort::LustreTarget || wanted.read_only() {
        warn(&format!("check level 20 cannot write to {}", wanted.directory.display()));
        return Ok(());
    }
    let prefix = context.text("statusfile_prefix").trim_start_matches('/');
    let name = format!("{prefix}{}_{}", context.instance(), context.node());
    let file = wanted.directory.join(name);
    let text = format!("{} {}\n", context.instance(), std::process::id());
    write_state(&file, &text)?;
    let read = std::fs::File::open(&file)
        .and_then(|handle| handle.sync_all())
        .and_then(|()| std::fs::read_to_string(&file));
    match read {
        Ok(back) if back == text => Ok(()),
        Ok(_) => Err(Failure::generic(format!(
            "{} does not read as it was written: check the file system",
            file.display()
        ))),
        Err(error) => Err(Failure::generic(format!(
            "cannot read {} back ({error}): check the file system",
            file.display()
        ))),
    }
}

fn validate(context: &Context, wanted: &Wanted) -> Answer {
    for name in ["fast_stop", "force_clones"] {
        context.is_on(name)?;
    }
    context.choice("run_fsck")?;
    stop::Force::read(context)?;
    start::check_clone(context, wanted)?;
    device::check_exists(wanted)?;
    Ok(OcfCode::Ok)
}
