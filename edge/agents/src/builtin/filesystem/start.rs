//! Mounting.

use super::device::{Sort, check_exists};
use super::{State, Wanted, foreign, read_table};
use crate::builtin::Answer;
use crate::builtin::context::{Context, Failure, warn};
use crate::code::OcfCode;
use std::fs;

pub(in crate::builtin) fn start(context: &Context, wanted: &Wanted) -> Answer {
    check_clone(context, wanted)?;
    match wanted.state(&read_table()?) {
        State::Ours => return Ok(OcfCode::Ok),
        State::Foreign { source } => return Err(foreign(wanted, &source)),
        State::NotMounted => {}
    }
    check_exists(wanted)?;
    check_privilege()?;
    check_file_system(context, wanted)?;
    make_directory(wanted)?;
    mount(context, wanted)?;
    match wanted.state(&read_table()?) {
        State::Ours => Ok(OcfCode::Ok),
        State::Foreign { source } => Err(foreign(wanted, &source)),
        State::NotMounted => Err(Failure::generic(format!(
            "mounting {} said that it succeeded, but nothing is mounted at {}",
            wanted.device,
            wanted.directory.display()
        ))),
    }
}

/// A file system that is not made for it does not survive two mounts (R1).
pub(super) fn check_clone(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    let cloned = context.meta("clone_max").is_some();
    if !cloned || wanted.sort.may_be_cloned() || wanted.read_only() {
        return Ok(());
    }
    if context.is_on("force_clones")? {
        return Ok(());
    }
    let reason = format!(
        "{} on {} is no cluster file system and would be destroyed by a clone: remove the clone, \
         or set force_clones=true when each node has a device of its own",
        wanted.fstype, wanted.device
    );
    Err(Failure::new(OcfCode::Configured, reason))
}

fn check_privilege() -> Result<(), Failure> {
    if rustix::process::geteuid().is_root() {
        return Ok(());
    }
    Err(Failure::new(OcfCode::Permission, "only root can mount: run the cluster as root"))
}

fn check_file_system(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    const WITHOUT_JOURNAL: [&str; 4] = ["ext2", "minix", "msdos", "vfat"];
    if !wanted.sort.can_be_checked() {
        return Ok(());
    }
    let due = match context.choice("run_fsck")? {
        "force" => true,
        "no" => false,
        _ => WITHOUT_JOURNAL.contains(&wanted.fstype.as_str()),
    };
    if !due {
        return Ok(());
    }
    let said = context.call("fsck", &["-t", &wanted.fstype, "-a", &wanted.device])?;
    match said.code {
        // Bits of the exit code, fsck(8): 1 errors corrected, 2 reboot advised, 4 errors left.
        Some(code) if code & !3 == 0 => Ok(()),
        _ => Err(Failure::generic(format!(
            "fsck of {} found errors it could not correct ({}): run fsck by hand",
            wanted.device,
            said.complaint()
        ))),
    }
}

fn make_directory(wanted: &Wanted) -> Result<(), Failure> {
    if wanted.directory.exists() {
        return Ok(());
    }
    fs::create_dir_all(&wanted.directory).map_err(|error| {
        let reason =
            format!("cannot create {} ({error}): create it by hand", wanted.directory.display());
        Failure::new(OcfCode::Installed, reason)
    })
}

fn mount(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    let directory = wanted.directory.to_string_lossy();
    let helper = format!("mount.{}", wanted.fstype);
    let said = if wanted.sort != Sort::Bind && context.find(&helper).is_some() {
        let options = helper_options(&wanted.options);
        let mut arguments = vec![wanted.device.as_str(), &directory];
        if !options.is_empty() {
            arguments.extend(["-o", &options]);
        }
        context.call(&helper, &arguments)?
    } else {
        let fstype = if wanted.sort == Sort::Bind { "none" } else { &wanted.fstype };
        let options = mount_options(wanted);
        let mut arguments = vec!["-t", fstype];
        if !options.is_empty() {
            arguments.extend(["-o", &options]);
        }
        arguments.extend([wanted.device.as_str(), &directory]);
        context.call("mount", &arguments)?
    };
    match said.code {
        Some(0) => Ok(()),
        _ if is_mounted_all_the_same(wanted) => {
            warn(&format!("mounting {} complained: {}", wanted.device, said.complaint()));
            Ok(())
        }
        _ => Err(Failure::generic(format!(
            "cannot mount {} at {directory}: {}",
            wanted.device,
            said.complaint()
        ))),
    }
}

/// Some helpers mount and then fail at bookkeeping.
fn is_mounted_all_the_same(wanted: &Wanted) -> bool {
    read_table().is_ok_and(|table| wanted.state(&table) == State::Ours)
}

fn mount_options(wanted: &Wanted) -> String {
    match (wanted.sort, wanted.options.as_str()) {
        (Sort::Bind, options) if !options.split(',').any(|one| one.ends_with("bind")) => {
            ["bind", options].join(",").trim_end_matches(',').to_owned()
        }
        (_, options) => options.to_owned(),
    }
}

/// What mount(8) keeps to itself when it calls a helper: notes for fstab and for user space.
fn helper_options(options: &str) -> String {
    let is_note = |option: &str| {
        matches!(option, "" | "defaults" | "auto" | "noauto" | "nofail" | "user" | "nouser")
            || option.starts_with("x-")
            || option.starts_with("comment=")
    };
    options.split(',').filter(|option| !is_note(option)).collect::<Vec<_>>().join(",")
}
