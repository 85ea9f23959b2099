//! How deep a monitor looks beyond the table of mounts (`OCF_CHECK_LEVEL`).
//!
//! All of it is done by other processes that are given up when they do not answer: who asks a dead
//! disk or server by itself can never be ended again.

use super::Wanted;
use super::device::{self, Sort};
use crate::builtin::context::{Context, Failure, warn};
use std::time::{Duration, Instant};

/// Level 10: one block, past all caches, so that a dead disk shows.
pub(super) fn read_device(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    let device = &wanted.device;
    if !device::is_block_device(device) {
        warn(&format!("check level 10 reads block devices, and {device} is none"));
        return Ok(());
    }
    let input = format!("if={device}");
    let patience = context.patience(wanted.sort.usual_time());
    let said = context.call_within(
        patience,
        "dd",
        &[&input, "of=/dev/null", "bs=4096", "count=1", "iflag=direct"],
    )?;
    if said.code == Some(0) {
        return Ok(());
    }
    let complaint = said.complaint();
    Err(Failure::generic(format!(
        "cannot read {device} ({complaint}): check the disk and its paths"
    )))
}

/// Level 20: what is written reaches the device, and can be read back.
pub(super) fn write_status(context: &Context, wanted: &Wanted) -> Result<(), Failure> {
    if wanted.sort == Sort::LustreTarget || wanted.read_only() {
        warn(&format!("check level 20 cannot write to {}", wanted.directory.display()));
        return Ok(());
    }
    let prefix = context.text("statusfile_prefix").trim_start_matches('/');
    let file = wanted.directory.join(format!("{prefix}{}_{}", context.instance(), context.node()));
    let folder = file.parent().unwrap_or(&wanted.directory).display().to_string();
    let (file, text) =
        (file.display().to_string(), format!("{} {}", context.instance(), std::process::id()));
    let until = Instant::now() + context.patience(wanted.sort.usual_time());
    ask(context, until, "mkdir", &["-p", &folder])?;
    let write = "echo \"$1\" | dd of=\"$2\" conv=fsync";
    ask(context, until, "sh", &["-c", write, "sh", &text, &file])?;
    if ask(context, until, "cat", &[&file])?.trim_end() == text {
        return Ok(());
    }
    Err(Failure::generic(format!("{file} does not read as it was written: check the file system")))
}

fn ask(
    context: &Context,
    until: Instant,
    program: &str,
    arguments: &[&str],
) -> Result<String, Failure> {
    let left = until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let said = context.call_within(left, program, arguments)?;
    if said.code == Some(0) {
        return Ok(said.stdout);
    }
    let words = arguments.last().copied().unwrap_or_default();
    let complaint = said.complaint();
    Err(Failure::generic(format!(
        "{program} of {words} failed ({complaint}): check the file system"
    )))
}
