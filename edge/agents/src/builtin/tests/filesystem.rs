//! Stories of `Filesystem`.

use super::{Stage, in_a_mount_namespace, loop_device};
use std::process::Command;

#[test]
fn a_file_system_that_cannot_be_mounted_says_why() {
    let mut stage = Stage::new("heartbeat", "Filesystem", &[("fstype", "ext4")]);
    let directory = stage.bench.path().join("mnt").display().to_string();
    stage.set("directory", &directory);
    stage.set("device", "/dev/disk/by-id/scsi-ost0");
    assert_eq!(stage.plays("monitor"), 7);
    assert_eq!(stage.plays("stop"), 0);
    for fstype in ["ext4", "lustre"] {
        stage.set("fstype", fstype);
        assert_eq!(stage.plays("start"), 5);
        let reason = stage.reason("start");
        assert!(reason.contains("device /dev/disk/by-id/scsi-ost0 does not exist"), "{reason}");
    }
    stage.meta("clone_max", "2");
    assert_eq!(stage.plays("start"), 6, "R1: not on two nodes");
    assert!(stage.reason("start").contains("remove the clone"));
    stage.set("force_clones", "true");
    assert_eq!(stage.plays("start"), 5);
}

#[test]
fn a_file_system_is_mounted_watched_and_unmounted() {
    in_a_mount_namespace("filesystem::inside_mounting");
}

#[test]
fn a_stop_ends_the_users_of_a_file_system() {
    in_a_mount_namespace("filesystem::inside_busy");
}

#[test]
fn a_bind_mount_and_a_block_device_are_known_by_what_they_are() {
    in_a_mount_namespace("filesystem::inside_devices");
}

fn tmpfs() -> Stage {
    let mut stage =
        Stage::new("heartbeat", "Filesystem", &[("device", "tmpfs"), ("fstype", "tmpfs")]);
    let directory = stage.bench.path().join("mnt/ost0/").display().to_string();
    stage.set("directory", &directory);
    stage.meta("timeout", "20000");
    stage
}

#[test]
#[ignore = "run by a_file_system_is_mounted_watched_and_unmounted in a namespace of its own"]
fn inside_mounting() {
    let mut stage = tmpfs();
    stage.set("options", "size=1m");
    for (action, code) in [
        ("monitor", 7),
        ("stop", 0),
        ("start", 0),
        ("start", 0),
        ("monitor", 0),
        ("stop", 0),
        ("monitor", 7),
        ("start", 0),
    ] {
        assert_eq!(stage.plays(action), code, "{action}");
    }
    stage.variables.insert("OCF_CHECK_LEVEL".into(), "20".into());
    assert_eq!(stage.plays("monitor"), 0);
    assert!(stage.bench.read("mnt/ost0/.Filesystem_status/res:0_oss01").starts_with("res:0"));
    let directory = stage.bench.path().join("mnt/ost0").display().to_string();
    let remount = |how: &str| {
        let options = format!("remount,{how}");
        let status = Command::new("mount").args(["-o", &options, &directory]).status();
        assert!(status.unwrap().success());
    };
    remount("ro");
    let reason = stage.reason("monitor");
    assert!(reason.contains("Read-only file system"), "{reason}");
    remount("rw");
    stage.tool("dd", "exec sleep 600");
    stage.meta("timeout", "1500");
    let reason = stage.reason("monitor");
    assert!(reason.contains("what it looks at hangs"), "{reason}");
    stage.meta("timeout", "20000");
    stage.variables.remove("OCF_CHECK_LEVEL");

    stage.set("device", "other");
    assert_eq!(stage.plays("monitor"), 1, "R3: what is there may be ours");
    assert!(stage.reason("start").contains("is mounted from tmpfs, not from other"));
    let below = stage.bench.path().join("mnt/ost0/below");
    std::fs::create_dir(&below).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "t"]).arg(&below).status().unwrap();
    assert!(mounted.success());
    assert_eq!(stage.plays("stop"), 0, "what is mounted below goes first");
    assert_eq!(stage.plays("monitor"), 7);
    stage.set("options", "size=nonsense");
    assert_eq!(stage.plays("start"), 1);
    assert!(stage.reason("start").contains("cannot mount other"), "{}", stage.reason("start"));

    let called = stage.bench.path().join("helper").display().to_string();
    stage.set("options", "size=2m,nofail,x-systemd.automount");
    let helper = format!("echo \"$*\" > {called}; exec mount -i -t tmpfs \"$@\"");
    stage.bench.program("tools/mount.tmpfs", &helper);
    assert_eq!(stage.plays("start"), 0);
    assert!(stage.bench.read("helper").ends_with("ost0 -o size=2m\n"));
    assert_eq!(stage.plays("stop"), 0);
}

#[test]
#[ignore = "run by a_stop_ends_the_users_of_a_file_system in a namespace of its own"]
fn inside_busy() {
    let mut stage = tmpfs();
    let directory = stage.bench.path().join("mnt/ost0");
    let held = |script: &str| {
        let ready = stage.bench.path().join("ready");
        let script = format!("{script} echo > {}; while :; do sleep 0.1; done", ready.display());
        let child =
            Command::new("sh").args(["-c", &script]).current_dir(&directory).spawn().unwrap();
        while !ready.exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        std::fs::remove_file(ready).unwrap();
        // Buries the child as its own parent would, so that it does not count as alive.
        std::thread::spawn(move || { child }.wait().unwrap())
    };
    assert_eq!(stage.plays("start"), 0);
    let polite = held("");
    assert_eq!(stage.plays("stop"), 0);
    polite.join().unwrap();

    assert_eq!(stage.plays("start"), 0);
    let stubborn = held("trap '' TERM;");
    stage.set("force_unmount", "false");
    stage.meta("timeout", "2000");
    let reason = stage.reason("stop");
    assert!(reason.contains("used by sh (pid "), "{reason}");
    assert_eq!(stage.plays("monitor"), 0, "never lazily");
    stage.set("force_unmount", "safe");
    stage.meta("timeout", "20000");
    assert_eq!(stage.plays("stop"), 0);
    stubborn.join().unwrap();
    assert_eq!(stage.plays("monitor"), 7);
}

#[test]
#[ignore = "run by a_bind_mount_and_a_block_device_are_known_by_what_they_are in a namespace"]
fn inside_devices() {
    let mut stage = tmpfs();
    let source = stage.bench.path().join("source");
    std::fs::create_dir(&source).unwrap();
    stage.set("device", source.to_str().unwrap());
    stage.set("fstype", "none");
    stage.set("options", "bind");
    for (action, code) in [("monitor", 7), ("start", 0), ("monitor", 0), ("start", 0)] {
        assert_eq!(stage.plays(action), code, "{action}");
    }
    std::fs::remove_dir(&source).unwrap();
    assert_eq!(stage.plays("monitor"), 0, "it is shown also when it is gone where it was");
    let other = stage.bench.path().display().to_string();
    stage.set("device", &other);
    assert_eq!(stage.plays("monitor"), 1, "another directory is bound there");
    assert_eq!(stage.plays("stop"), 0);

    let Some(device) = loop_device(&stage) else {
        println!("skipped: no loop devices or no mkfs.ext4 here");
        return;
    };
    stage.set("fstype", "ext4");
    stage.set("options", "");
    stage.set("run_fsck", "force");
    let link = stage.bench.path().join("by-id").display().to_string();
    std::os::unix::fs::symlink(&device, &link).unwrap();
    stage.set("device", &link);
    let codes: Vec<i32> = ["start", "monitor"].iter().map(|action| stage.plays(action)).collect();
    stage.variables.insert("OCF_CHECK_LEVEL".into(), "20".into());
    let deep = stage.plays("monitor");
    stage.tool("dd", "echo dd: Input/output error >&2; exit 1");
    let broken = stage.reason("monitor");
    stage.variables.remove("OCF_CHECK_LEVEL");
    let image = stage.bench.path().join("image").display().to_string();
    stage.set("device", &image);
    let by_image = stage.plays("monitor");
    let stopped = [stage.plays("stop"), stage.plays("monitor")];
    let _ = Command::new("losetup").args(["-d", &device]).status();
    assert!(broken.contains("Input/output error): check the disk"), "{broken}");
    assert_eq!((codes.as_slice(), deep, by_image, stopped), (&[0, 0][..], 0, 0, [0, 7]));
}
