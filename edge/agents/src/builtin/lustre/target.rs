//! `ocf:lustre:Lustre`: a target (MGT, MDT, OST) that this server has mounted.
//!
//! Mounted, looked for and unmounted as a [`filesystem`] is: told from the kernel's table of mounts,
//! never forced, never lazily. A target's mount point holds no files that a process could use.

use crate::builtin::Answer;
use crate::builtin::context::{Context, Failure};
use crate::builtin::filesystem::{self, Force, Wanted};
use crate::builtin::metadata::{Action, Content, Metadata, Parameter};
use crate::code::OcfCode;
use std::time::Duration;

pub(crate) const METADATA: Metadata = Metadata {
    name: "Lustre",
    short: "A target of a Lustre file system",
    long: "Mounts a Lustre target (MGT, MDT, OST), watches that it is mounted, and unmounts it. \
           Monitors read the kernel's table of mounts alone, and cannot hang.\n\n\
           Mounting takes minutes where the other server was lost: it waits for the multi-mount \
           protection of that one to run out (some 45 s), and replays the journal. What clients \
           have to recover comes afterwards, and is not waited for.",
    parameters: &[
        Parameter::optional(
            "target",
            Content::Text(""),
            "Device or dataset of the target",
            "What was formatted: a block device, best by a name that stays the same \
             (/dev/mapper/..., /dev/disk/by-id/...), or POOL/DATASET of ZFS.",
        )
        .required()
        .unique(),
        Parameter::optional(
            "mountpoint",
            Content::Text(""),
            "Where to mount it",
            "An absolute path. It is created when it does not exist.",
        )
        .required()
        .unique(),
        Parameter::optional(
            "mountoptions",
            Content::Text(""),
            "Mount options",
            "Separated by commas, with or without the -o of mount in front: \
             -o skpath=/etc/lustre/keys, or abort_recov.",
        ),
    ],
    actions: &[
        Action::once("start", "300s"),
        Action::once("stop", "300s"),
        Action { depth: Some("0"), ..Action::monitor("300s", "20s") },
        Action::once("validate-all", "30s"),
        Action::once("meta-data", "5s"),
    ],
};

/// Mounts targets. Part of the server's packages.
const HELPER: &str = "mount.lustre";

pub(crate) fn perform(context: &Context, action: &str) -> Answer {
    let options = mount_options(context.text("mountoptions"))?;
    let wanted = Wanted::new(context, context.text("target"), "mountpoint", "lustre", options)?;
    match action {
        "start" => {
            context.needs(HELPER)?;
            filesystem::start(context, &wanted)
        }
        "stop" => {
            let patience = context.patience(Duration::from_secs(300));
            filesystem::stop(context, &wanted, Force::Never, patience)
        }
        "monitor" if filesystem::is_mounted(&wanted)? => Ok(OcfCode::Ok),
        "monitor" => Ok(OcfCode::NotRunning),
        _ => {
            context.needs(HELPER)?;
            filesystem::check_exists(&wanted)?;
            Ok(OcfCode::Ok)
        }
    }
}

/// The words are those of a command line, of which options in the sense of fstab(5) count.
fn mount_options(given: &str) -> Result<String, Failure> {
    let mut options = Vec::new();
    for word in given.split_whitespace() {
        match word {
            "-o" | "--options" | "-n" | "-v" | "-s" => {}
            "-r" => options.push("ro"),
            _ if word.starts_with("-o") => options.push(&word[2..]),
            _ if word.starts_with('-') => {
                let reason = format!(
                    "parameter mountoptions has {word:?}: give options as after mount -o, \
                     separated by commas"
                );
                return Err(Failure::new(OcfCode::Configured, reason));
            }
            _ => options.push(word),
        }
    }
    Ok(options.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_understood_with_and_without_their_flag() {
        for (given, options) in [
            ("", Some("")),
            ("-o skpath=/keys", Some("skpath=/keys")),
            ("-oacl -v -o abort_recov,max_sectors_kb=0", Some("acl,abort_recov,max_sectors_kb=0")),
            ("abort_recov", Some("abort_recov")),
            ("-r", Some("ro")),
            ("--bind", None),
        ] {
            assert_eq!(mount_options(given).ok().as_deref(), options, "{given}");
        }
    }
}
