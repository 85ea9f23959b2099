//! Stories of the agents of Lustre servers, with a `mount.lustre` and an `lctl` of the test's own.

use super::{Stage, in_a_mount_namespace, loop_device};
use std::path::Path;
use std::process::Command;

#[test]
fn a_target_is_mounted_watched_and_unmounted() {
    in_a_mount_namespace("lustre::inside_a_target");
}

/// A target on a device by another of its names, or in a pool.
#[test]
#[ignore = "run by a_target_is_mounted_watched_and_unmounted in a namespace of its own"]
fn inside_a_target() {
    let mut stage = Stage::new("lustre", "Lustre", &[("target", "ostpool/ost0")]);
    let mountpoint = stage.bench.path().join("mnt/ost0").display().to_string();
    stage.set("mountpoint", &format!("{mountpoint}/"));
    stage.set("mountoptions", "-o skpath=/keys,max_sectors_kb=0");
    stage.meta("timeout", "20000");
    assert_eq!((stage.plays("monitor"), stage.plays("stop")), (7, 0));
    assert_eq!((stage.plays("start"), stage.plays("validate-all")), (5, 5), "no Lustre here");
    stage.tool("umount", "exec /bin/umount \"$@\"");
    stage.tool("mount.lustre", "exec /bin/mount -i -t tmpfs $1 $2");
    live(&stage, &[format!("ostpool/ost0 {mountpoint} -o skpath=/keys,max_sectors_kb=0")]);

    stage.tool("mount.lustre", "echo mount.lustre: is the MGS running? >&2; exit 5");
    assert!(stage.reason("start").contains("is the MGS running?"));
    stage.heard("mount.lustre");
    if let Some(device) = loop_device(&stage) {
        let link = stage.bench.path().join("by-id").display().to_string();
        std::os::unix::fs::symlink(&device, &link).unwrap();
        stage.tool("mount.lustre", "exec /bin/mount -i -t ext4 $(realpath $1) $2");
        stage.set("target", &link);
        stage.set("mountoptions", "");
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            live(&stage, &[format!("{link} {mountpoint}")]);
        }));
        let _ = Command::new("losetup").args(["-d", &device]).status();
        lived.unwrap();
    }
}

/// The whole life of a target; `mounts` is how it is to be mounted.
fn live(stage: &Stage, mounts: &[String]) {
    for action in ["validate-all", "start", "start", "monitor"] {
        assert_eq!(stage.plays(action), 0, "{action}");
    }
    assert_eq!(stage.heard("mount.lustre"), mounts);
    let mountpoint = stage.bench.path().join("mnt/ost0").display().to_string();
    let other =
        Stage::new("lustre", "Lustre", &[("target", "ostpool/other"), ("mountpoint", &mountpoint)]);
    assert_eq!(other.plays("monitor"), 1, "R3: what is there may be ours by another name");
    assert_eq!(stage.plays("stop"), 0);
    assert_eq!(stage.heard("umount"), [mountpoint], "without force");
    assert_eq!((stage.plays("stop"), stage.plays("monitor")), (0, 7));
}

#[test]
fn what_is_wrong_with_a_target_is_said() {
    let mut stage = Stage::new("lustre", "Lustre", &[("target", "/dev/disk/by-id/scsi-ost0")]);
    assert!(stage.reason("monitor").contains("parameter mountpoint is required"));
    stage.set("mountpoint", "mnt");
    assert_eq!(stage.plays("monitor"), 6);
    assert!(stage.reason("monitor").contains("parameter mountpoint is \"mnt\""));
    stage.set("mountpoint", "/mnt/nosuch/ost0");
    stage.tool("mount.lustre", "exit 1");
    for action in ["start", "validate-all"] {
        assert_eq!(stage.plays(action), 5);
        assert!(stage.reason(action).contains("scsi-ost0 does not exist"));
    }
    stage.meta("clone_max", "2");
    assert_eq!(stage.plays("start"), 6, "R1: not on two nodes");
    stage.set("mountoptions", "--fake");
    assert!(stage.reason("start").contains("mountoptions has \"--fake\""));
}

#[test]
fn a_server_is_as_healthy_as_lustre_says() {
    let mut stage = Stage::new("lustre", "healthLUSTRE", &[]);
    let recovering = "obdfilter.work-OST0000.recovery_status=\\nstatus: RECOVERING";
    stage.tool("lctl", &format!("test $2 = -n && echo healthy || printf '{recovering}\\n'"));
    stage.tool("modprobe", "exit 0");
    assert_eq!(stage.plays("monitor"), 7);
    assert_eq!(stage.plays("start"), 0);
    let asked = ["get_param -n health_check", "get_param *.*.recovery_status"];
    assert_eq!(stage.heard("lctl"), asked);
    let told = ["-n lustred -B 1 -d 5s", "-n lustre-recovery -B work-OST0000:RECOVERING -d 5s"];
    assert_eq!(stage.heard("attrd_updater"), told);
    assert!(Path::new(&stage.bench.path().join("state/healthLUSTRE-res:0")).exists());
    stage.meta("timeout", "1500");
    for (says, value) in [
        ("echo healthy; echo 'device work-OST0000 reported'", "1"),
        ("echo 'NOT HEALTHY'", "0"),
        ("echo unhealthy", "0"),
        ("echo LBUG", "0"),
        ("echo healthy; exit 2", "0"),
        ("exec sleep 600", "0"),
    ] {
        stage.tool("lctl", &format!("test $2 = -n || exit 1; {says}"));
        assert_eq!(stage.plays("monitor"), 0, "{says}");
        let asked = format!("-n lustred -v {value} -d 5s");
        assert_eq!(stage.heard("attrd_updater"), [asked], "{says}");
    }
    assert_eq!(stage.plays("stop"), 0);
    let forgotten = ["-D -n lustred -d 5s", "-D -n lustre-recovery -d 5s"];
    assert_eq!(stage.heard("attrd_updater"), forgotten);
    assert_eq!(stage.plays("monitor"), 7);
    if !Path::new("/sys/module/lustre").exists() {
        stage.tool("modprobe", "echo 'Module lustre not found' >&2; exit 1");
        assert_eq!(stage.plays("start"), 5);
        assert!(stage.reason("start").contains("Module lustre not found"));
    }
}

#[test]
fn servers_are_counted_over_lustre_s_network() {
    let mut stage = Stage::new(
        "lustre",
        "healthLNET",
        &[("host_list", "10.0.0.1@tcp 10.0.0.2@tcp,10.0.0.3@tcp"), ("multiplier", "10")],
    );
    stage.tool("modprobe", "exit 0");
    assert_eq!(stage.plays("start"), 5, "lctl is missing");
    // One answers, one does at the second try, one does not.
    stage.tool(
        "lctl",
        "cd $(dirname $0); case $2 in
        *1@tcp) exit 0;;
        *2@tcp) test -e again || { touch again; exit 1; };;
        *) exit 1;;
        esac",
    );
    assert_eq!(stage.plays("monitor"), 7);
    assert_eq!(stage.plays("start"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -B 20 -d 5s"]);
    let mut asked = stage.heard("lctl");
    asked.sort();
    let counted = ["ping 10.0.0.1@tcp 2", "ping 10.0.0.2@tcp 2", "ping 10.0.0.2@tcp 2"];
    assert_eq!(asked[..3], counted);
    assert_eq!(asked[3..], ["ping 10.0.0.3@tcp 2"; 3]);
    assert!(stage.bench.path().join("state/ping-res:0").exists());

    stage.set("device", "nosuch0");
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -v 0 -d 5s"], "no link, no answers");
    assert!(stage.heard("lctl").is_empty());
    stage.set("device", "lo");
    stage.set("failure_score", "30");
    assert_eq!(stage.plays("monitor"), 1);
    stage.heard("attrd_updater");

    stage.set("lctl", "false");
    stage.set("options", "-I lo");
    stage.set("failure_score", "");
    stage.tool("ping", "for h; do :; done; test $h = 10.0.0.3");
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -v 10 -d 5s"]);
    assert_eq!(stage.plays("stop"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-D -n pingd -d 5s"]);
    assert_eq!(stage.plays("monitor"), 7);
}
