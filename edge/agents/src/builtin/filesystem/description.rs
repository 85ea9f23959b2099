//! What `Filesystem` says about itself.

use crate::builtin::metadata::{Action, Change, Content, Metadata, Need, Parameter};

pub(crate) const METADATA: Metadata = Metadata {
    name: "Filesystem",
    short: "A mounted file system",
    long: "Mounts a file system, watches that it is mounted, and unmounts it, ending the \
           processes that use it if need be. Monitors look deeper with OCF_CHECK_LEVEL: 0 reads \
           the kernel's table of mounts and cannot hang, 10 also reads a block of the device past \
           all caches, 20 also writes a status file and reads it back.\n\n\
           For Lustre (fstype=lustre) mounting and unmounting may take minutes: give start, stop \
           and monitor a timeout of 300s.",
    parameters: PARAMETERS,
    actions: &[
        Action::once("start", "60s"),
        Action::once("stop", "60s"),
        Action { depth: Some("0"), ..Action::monitor("40s", "20s") },
        Action { depth: Some("10"), ..Action::monitor("40s", "20s") },
        Action { depth: Some("20"), ..Action::monitor("40s", "20s") },
        Action::once("validate-all", "5s"),
        Action::once("meta-data", "5s"),
    ],
};

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "device",
        content: Content::Text(""),
        need: Need::Required,
        change: Change::Restart,
        short: "What to mount",
        long: "A block device, best by a name that stays the same (/dev/disk/by-id/...); \
               UUID=... or LABEL=...; HOST:/PATH of a network file system; NID:/NAME of a Lustre \
               client; or a directory when options contain bind.",
    },
    Parameter {
        name: "directory",
        content: Content::Text(""),
        need: Need::Required,
        change: Change::RestartAndUnique,
        short: "Where to mount it",
        long: "An absolute path. It is created when it does not exist.",
    },
    Parameter {
        name: "fstype",
        content: Content::Text(""),
        need: Need::Required,
        change: Change::Restart,
        short: "Type of the file system",
        long: "ext4, xfs, lustre, nfs, ... as in fstab(5).",
    },
    Parameter {
        name: "options",
        content: Content::Text(""),
        need: Need::Optional,
        change: Change::Restart,
        short: "Mount options",
        long: "Separated by commas, as after mount -o.",
    },
    Parameter {
        name: "statusfile_prefix",
        content: Content::Text(".Filesystem_status/"),
        need: Need::Optional,
        change: Change::Restart,
        short: "Beginning of the status file's name",
        long: "Where, below the directory, check level 20 writes its file. The names of the \
               resource and the node are added.",
    },
    Parameter {
        name: "run_fsck",
        content: Content::OneOf(&["auto", "force", "no"], "auto"),
        need: Need::Optional,
        change: Change::Restart,
        short: "Whether to check before mounting",
        long: "auto checks file systems without a journal, force checks every one on a block \
               device, no checks none.",
    },
    Parameter {
        name: "fast_stop",
        content: Content::Switch("no"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Give up unmounting soon",
        long: "When set, a stop that meets a busy file system fails after some 6 seconds instead \
               of trying until its timeout is nearly over.",
    },
    Parameter {
        name: "force_clones",
        content: Content::Switch("false"),
        need: Need::Optional,
        change: Change::Restart,
        short: "Allow clones of a file system that is no cluster file system",
        long: "Mounting such a file system on two nodes destroys it. Set this only when each \
               node has a device of its own under the same name, or all mount it read-only.",
    },
    Parameter {
        name: "force_unmount",
        content: Content::OneOf(&["true", "safe", "false", "yes", "no", "1", "0"], "true"),
        need: Need::Optional,
        change: Change::Reload,
        short: "Whether to end processes that use the file system",
        long: "true ends processes that have files of it open or mapped, or have their working \
               or root directory there. safe leaves the look at mapped files out, which can hang \
               on a process that itself hangs. false ends none. None of them touches the file \
               system itself.",
    },
];
