//! Brings a lab up with a trivial daemon, breaks it in every way it can be broken, and checks what
//! must come of it. Run as root and as an ordinary user:
//!
//! ```text
//! labtest [DIR]                  the whole story
//! labtest up DIR NODES READY     only brings a lab up, ready when the command READY succeeds
//! labtest down DIR               ends it
//! ```

use lab::{Cut, Disk, Journal, Lab, LabOptions, Power, Storage};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    if let Some(code) = lab::hidden::dispatch(&args) {
        return code;
    }
    match Path::new(&args[0]).file_name().and_then(|name| name.to_str()) {
        Some("fence_lab") => return lab::fence_lab(&args[1..]),
        Some("mount.lustre") => return lab::mount_lustre(&args[1..]),
        _ => {}
    }
    match args.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [_, "up", folder, nodes, ready] => return up(folder, nodes, ready),
        [_, "down", folder] => return down(folder),
        _ => {}
    }
    let folder = args.get(1).map_or_else(lab::default_folder, Into::into);
    let mut options = LabOptions::new(folder, std::env::current_exe().expect("a program"), 3);
    options.rings = 2;
    options.disks = vec!["ost0:32".parse::<Disk>().expect("a disk")];
    options.daemon = ["sleep", "1000000"].map(str::to_owned).to_vec();
    options.ready = vec!["true".to_owned()];
    let started = Instant::now();
    let lab = match Lab::up(&options) {
        Ok(lab) => lab,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("up in {:?}", started.elapsed());
    story(&lab, &options);
    let started = Instant::now();
    lab.down().expect("down");
    println!("down in {:?}", started.elapsed());
    ExitCode::SUCCESS
}

fn up(folder: &str, nodes: &str, ready: &str) -> ExitCode {
    let program = std::env::current_exe().expect("a program");
    let nodes = nodes.parse().expect("a number");
    let mut options = LabOptions::new(folder.into(), program, nodes);
    options.daemon = ["sleep", "1000000"].map(str::to_owned).to_vec();
    options.ready = vec![ready.to_owned()];
    options.disks = ["a:16", "b:16", "c:16"].map(|disk| disk.parse().expect("a disk")).to_vec();
    let started = Instant::now();
    match Lab::up(&options) {
        Ok(lab) => {
            println!("up in {:?}", started.elapsed());
            print!("{}", lab.status().expect("status"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn down(folder: &str) -> ExitCode {
    match Lab::attach(Path::new(folder)).and_then(Lab::down) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn story(lab: &Lab, options: &LabOptions) {
    let again = Lab::up(options).expect_err("a second lab in the same folder");
    println!("second up: {again}");
    print!("{}", lab.status().expect("status"));
    machines_are_machines(lab);
    network(lab);
    freezing(lab);
    crash(lab);
    crash_while_writing(lab);
    fencing(lab);
    all_at_once(lab);
    suspended_visitor(lab);
    print!("{}", lab.status().expect("status"));
}

fn sh(lab: &Lab, node: &str, script: &str) -> (i32, String) {
    let output = lab.run_in(node, &["sh", "-c", script]).expect("a program");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let errors = String::from_utf8_lossy(&output.stderr);
    if !errors.is_empty() {
        println!("{node}: {script}: {}", errors.trim());
    }
    (output.status.code().unwrap_or(-1), text)
}

fn machines_are_machines(lab: &Lab) {
    assert_eq!(sh(lab, "oss2", "uname -n"), (0, "oss2".to_owned()));
    assert_eq!(sh(lab, "oss1", "exit 7").0, 7);
    assert_eq!(sh(lab, "oss1", "kill -9 $$").0, 137);
    assert_eq!(sh(lab, "oss1", "no-such-program").0, 127);
    assert_eq!(lab.run_in("oss9", &["true"]).expect("a program").status.code(), Some(126));
    let boot = |node| sh(lab, node, "cat /proc/sys/kernel/random/boot_id").1;
    assert_ne!(boot("oss1"), boot("oss2"));
    assert_eq!(sh(lab, "oss1", "ls /run | sort | head -1; echo x > /run/x; ls /mnt").0, 0);
    assert_eq!(sh(lab, "oss2", "cat /run/x 2>/dev/null").0, 1);
    assert_eq!(sh(lab, "oss1", "ls -L /usr/sbin/fence_lab /sbin/mount.lustre").0, 0);
    assert_eq!(sh(lab, "oss1", "command -v fence_lab").1, format!("{}/fence_lab", bin(lab)));
    println!("{}", sh(lab, "oss1", "ls -l /dev /dev/disk/by-id; cat /proc/net/dev; id").1);
}

fn bin(lab: &Lab) -> String {
    lab.options().folder.join("bin").display().to_string()
}

/// A datagram from one machine to another on a ring, answered by an echo that bash makes.
fn reaches(lab: &Lab, from: &str, to: u8, ring: u8) -> bool {
    let script = format!("timeout 1 bash -c 'echo > /dev/tcp/10.77.{ring}.{to}/9' 2>&1 || true");
    // Nobody listens on port 9: a refusal proves that the packet got there and back.
    sh(lab, from, &script).1.contains("refused")
}

fn network(lab: &Lab) {
    assert!(reaches(lab, "oss1", 2, 0) && reaches(lab, "oss1", 2, 1));
    let cut = |node: &str, ring, from: Option<&str>| {
        let cut = Cut { node: node.to_owned(), ring, from: from.map(str::to_owned) };
        lab.cut(&cut).expect("a cut");
    };
    cut("oss1", Some(0), None);
    assert!(!reaches(lab, "oss1", 2, 0) && reaches(lab, "oss1", 2, 1));
    cut("oss2", None, Some("oss3"));
    assert!(!reaches(lab, "oss2", 3, 1) && !reaches(lab, "oss3", 2, 0));
    assert!(reaches(lab, "oss2", 1, 1));
    lab.power_cycle("oss2").expect("a power cycle");
    assert!(!reaches(lab, "oss2", 3, 1), "cuts survive a power cycle");
    assert_eq!(lab.status().expect("status").faults.len(), 2);
    lab.heal().expect("healed");
    assert!(reaches(lab, "oss1", 2, 0) && reaches(lab, "oss2", 3, 1) && reaches(lab, "oss3", 2, 0));
    println!("network: cut and healed");
}

fn freezing(lab: &Lab) {
    let mut ticker = lab
        .command("oss1", &["sh", "-c", "while :; do echo >> /run/ticks; sleep 0.01; done"])
        .spawn()
        .expect("a ticker");
    let ticks = || sh(lab, "oss3", "true").0;
    assert_eq!(ticks(), 0);
    std::thread::sleep(std::time::Duration::from_millis(100));
    let process = lab.status().expect("status").machines[0].process.expect("on");
    let count = || std::fs::read(format!("/proc/{process}/root/run/ticks")).map(|file| file.len());
    lab.pause("oss1").expect("paused");
    assert_eq!(lab.status().expect("status").machines[0].power, Power::Paused);
    let before = count().expect("ticks");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert_eq!(count().expect("ticks"), before, "a frozen machine does not tick");
    lab.resume("oss1").expect("resumed");
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(count().expect("ticks") > before);
    println!("pause: {before} ticks, none while frozen");
    let started = Instant::now();
    let wall = os::clock::wall().0;
    let off = lab.power_off("oss1").expect("off");
    let until_frozen = off.killed_at.expect("it was on") - wall;
    println!("power off took {:?}, frozen after {until_frozen} ms", started.elapsed());
    assert_eq!(ticker.wait().expect("the ticker").code(), Some(137));
    assert_eq!(lab.power_off("oss1").expect("off again").killed_at, None);
    assert!(lab.pause("oss1").is_err());
    lab.power_on("oss1").expect("on");
}

fn crash(lab: &Lab) {
    let mount = "mkdir -p /mnt/ost0 && mount -t lustre /dev/disk/by-id/scsi-ost0 /mnt/ost0";
    assert_eq!(sh(lab, "oss1", mount).0, 0);
    assert_eq!(sh(lab, "oss1", "echo precious > /mnt/ost0/file && sync -f /mnt/ost0").0, 0);
    let mounts = lab.mounts().expect("mounts");
    println!("{mounts:?}");
    assert_eq!(mounts.len(), 1);
    assert_eq!(mounts[0].0, "oss1");
    let started = Instant::now();
    let off = lab.power_off("oss1").expect("off");
    println!("crash took {:?}: {off:?}", started.elapsed());
    let images = lab.status().expect("status").storage == Storage::Images;
    let journals: Vec<Journal> = off.disks.iter().map(|disk| disk.journal).collect();
    assert_eq!(journals, if images { vec![Journal::NeedsReplay] } else { vec![] });
    assert!(lab.mounts().expect("mounts").is_empty());
    assert_eq!(sh(lab, "oss2", mount).0, 0);
    assert_eq!(sh(lab, "oss2", "cat /mnt/ost0/file").1, "precious");
    assert_eq!(sh(lab, "oss2", "umount /mnt/ost0").0, 0);
    assert!(lab.mounts().expect("mounts").is_empty());
    lab.power_on("oss1").expect("on");
    for round in 0..5 {
        for node in ["oss1", "oss3", "oss2"] {
            assert_eq!(sh(lab, node, mount).0, 0);
            let script =
                format!("grep -qs precious /mnt/ost0/file && echo {round} > /mnt/ost0/{node}");
            assert_eq!(sh(lab, node, &script).0, 0, "blocks of another machine are seen");
            assert_eq!(sh(lab, node, "sync -f /mnt/ost0").0, 0);
            if node == "oss3" {
                lab.power_cycle(node).expect("a power cycle");
            } else {
                assert_eq!(sh(lab, node, "umount /mnt/ost0").0, 0);
            }
        }
    }
    let last = sh(lab, "oss1", &format!("{mount} && cat /mnt/ost0/oss3 && umount /mnt/ost0"));
    assert_eq!(last, (0, "4".to_owned()));
}

/// What was synced before the power went is there afterwards, and the file system is whole.
fn crash_while_writing(lab: &Lab) {
    if lab.status().expect("status").storage == Storage::Folders {
        return;
    }
    let disk = "/dev/disk/by-id/scsi-ost0";
    let writer = format!(
        "mkdir -p /mnt/ost0; mount -t lustre {disk} /mnt/ost0; n=0; while :; do \
         dd if=/dev/urandom of=/mnt/ost0/blob bs=64k count=50 2>/dev/null; \
         n=$((n+1)); echo $n > /mnt/ost0/count; sync /mnt/ost0/count; echo $n; done"
    );
    for round in 0..5 {
        let writer = lab
            .command("oss1", &["sh", "-c", &writer])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .expect("a writer");
        std::thread::sleep(std::time::Duration::from_millis(700 + 130 * round));
        let started = Instant::now();
        let off = lab.power_off("oss1").expect("off");
        let took = started.elapsed();
        let said = writer.wait_with_output().expect("the writer").stdout;
        let synced: u64 = String::from_utf8_lossy(&said)
            .lines()
            .last()
            .map_or(0, |line| line.parse().expect("a number"));
        let check =
            format!("mkdir -p /mnt/x; mount {disk} /mnt/x && cat /mnt/x/count; umount /mnt/x");
        let found: u64 = sh(lab, "oss2", &check).1.parse().expect("a number");
        let whole = sh(lab, "oss2", &format!("e2fsck -fn {disk} >/dev/null 2>&1")).0;
        println!("crash while writing took {took:?}: {off:?}; {synced} synced, {found} found");
        assert_eq!(off.disks[0].journal, Journal::NeedsReplay);
        assert!(found >= synced && synced > 0);
        assert_eq!(whole, 0, "the file system is whole after replay");
        lab.power_on("oss1").expect("on");
    }
}

/// Machines do not wait for each other.
fn all_at_once(lab: &Lab) {
    let started = Instant::now();
    std::thread::scope(|scope| {
        for node in &lab.options().nodes {
            scope.spawn(move || {
                for _ in 0..20 {
                    let off = lab.power_off(node).expect("off");
                    assert!(off.killed_at.is_some());
                    lab.power_on(node).expect("on");
                    assert_eq!(sh(lab, node, "uname -n").1, *node);
                }
            });
        }
        for _ in 0..20 {
            assert_eq!(lab.status().expect("status").machines.len(), 3);
        }
    });
    println!("60 power cycles in {:?}", started.elapsed());
}

/// A shell's Ctrl-Z on `lab run` does not keep a dead machine's disks in use.
fn suspended_visitor(lab: &Lab) {
    let mount = "mkdir -p /mnt/ost0 && mount -t lustre /dev/disk/by-id/scsi-ost0 /mnt/ost0";
    assert_eq!(sh(lab, "oss1", mount).0, 0);
    let mut visitor = lab.command("oss1", &["sleep", "1000"]).spawn().expect("a visitor");
    std::thread::sleep(std::time::Duration::from_millis(200));
    os::process::signal(visitor.id(), os::process::Send::Stop).expect("suspended");
    lab.power_off("oss1").expect("off");
    os::process::signal(visitor.id(), os::process::Send::Continue).expect("back");
    assert_eq!(visitor.wait().expect("the visitor").code(), Some(137));
    lab.power_on("oss1").expect("on");
}

fn fencing(lab: &Lab) {
    assert_eq!(sh(lab, "oss1", "fence_lab -o status -n oss2").0, 0);
    assert_eq!(sh(lab, "oss1", "printf 'action=off\\nplug=oss2\\n' | fence_lab").0, 0);
    assert_eq!(sh(lab, "oss1", "fence_lab -o status -n oss2").0, 2);
    assert_eq!(sh(lab, "oss1", "fence_lab --action=reboot --plug=oss2").0, 0);
    assert_eq!(sh(lab, "oss1", "fence_lab -o status -n oss2").0, 0);
    assert_eq!(sh(lab, "oss1", "fence_lab -o list").1, "oss1,\noss2,\noss3,");
    assert_eq!(sh(lab, "oss1", "fence_lab -o monitor").0, 0);
    assert_eq!(sh(lab, "oss1", "fence_lab -o off -n oss9").0, 1);
    assert_eq!(sh(lab, "oss1", "fence_lab -o metadata | head -1").1, "<?xml version=\"1.0\" ?>");
    assert_eq!(
        sh(lab, "oss3", "fence_lab -o off -n oss3; sleep 5").0,
        137,
        "a machine shoots itself"
    );
    lab.power_on("oss3").expect("on");
    println!("fencing: done");
}
