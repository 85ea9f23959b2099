//! The built-in agents beside the installed ones of the same names: they know the same parameters,
//! and end with the same codes.

use super::{Stage, TABLE, in_a_mount_namespace, loop_device};
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where packages put agents.
const OCF_ROOT: &str = "/usr/lib/ocf";

fn installed(provider: &str, kind: &str) -> Option<PathBuf> {
    let path = PathBuf::from(format!("{OCF_ROOT}/resource.d/{provider}/{kind}"));
    if path.exists() {
        return Some(path);
    }
    println!("skipped: ocf:{provider}:{kind} is not installed here");
    None
}

/// The exit code of an action of the installed agent, and what it wrote.
fn run(stage: &Stage, program: &PathBuf, action: &str) -> (i32, String) {
    let output = Command::new(program)
        .arg(action)
        .env_clear()
        .envs(&stage.variables)
        .env("OCF_ROOT", OCF_ROOT)
        .env("HA_SBIN_DIR", stage.bench.path().join("tools"))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The parameters of an agent's metadata, and whether each has to be set.
fn parameters(metadata: &str) -> BTreeMap<String, bool> {
    let mut reader = quick_xml::Reader::from_str(metadata);
    let mut found = BTreeMap::new();
    let value = |element: &BytesStart<'_>, name: &str| {
        let attribute = element.try_get_attribute(name).unwrap();
        attribute.map(|attribute| attribute.value.into_owned()).unwrap_or_default()
    };
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Start(element) if element.name().as_ref() == "parameter" => {
                found.insert(value(&element, "name"), value(&element, "required") == "1");
            }
            Event::Eof => return found,
            _ => {}
        }
    }
}

#[test]
fn they_know_the_same_parameters() {
    for agent in &TABLE {
        let Some(program) = installed(agent.provider, agent.kind()) else { continue };
        let stage = Stage::new(agent.provider, agent.kind(), &[]);
        let theirs = parameters(&run(&stage, &program, "meta-data").1);
        let ours = parameters(&agent.metadata.to_xml());
        for (name, required) in theirs {
            assert_eq!(ours.get(&name), Some(&required), "{} {name}", agent.kind());
        }
    }
}

/// An agent, its parameters, and what is done one after the other.
type Story =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static [&'static str]);

const A_LIFE: &[&str] =
    &["monitor", "validate-all", "start", "start", "monitor", "stop", "stop", "monitor"];

const STORIES: &[Story] = &[
    ("heartbeat", "Delay", &[("startdelay", "0"), ("stopdelay", "0"), ("mondelay", "0")], A_LIFE),
    ("heartbeat", "Delay", &[("startdelay", "soon")], &["validate-all", "start"]),
    ("heartbeat", "ethmonitor", &[("interface", "lo"), ("link_status_only", "1")], A_LIFE),
    (
        "heartbeat",
        "ethmonitor",
        &[("interface", "nosuch0"), ("repeat_count", "1"), ("repeat_interval", "1")],
        A_LIFE,
    ),
    ("heartbeat", "ethmonitor", &[], &["monitor", "start", "stop"]),
    ("heartbeat", "Filesystem", &[], &["monitor", "start", "stop"]),
    ("heartbeat", "ZFS", &[("pool", "nosuch")], &["monitor", "stop", "validate-all", "promote"]),
    ("pacemaker", "Dummy", &[], A_LIFE),
    ("pacemaker", "Dummy", &[], &["start", "migrate_to", "monitor", "migrate_from", "monitor"]),
    ("pacemaker", "HealthCPU", &[], &["monitor", "validate-all", "start", "monitor", "stop"]),
    ("pacemaker", "HealthCPU", &[], &["reload", "promote", "monitor"]),
    ("pacemaker", "HealthIOWait", &[], &["monitor", "validate-all", "start", "monitor", "stop"]),
    ("pacemaker", "HealthIOWait", &[], &["reload-agent", "promote", "monitor"]),
    ("pacemaker", "HealthSMART", &[("smartctl", "/nowhere/smartctl")], &["monitor", "start"]),
    ("pacemaker", "ifspeed", &[("iface", "nosuch0")], A_LIFE),
    ("pacemaker", "ifspeed", &[], &["monitor", "start", "stop", "promote"]),
    ("pacemaker", "ping", &[("host_list", "127.0.0.1"), ("attempts", "1")], A_LIFE),
    ("pacemaker", "Stateful", &[], &["monitor", "start", "promote", "monitor", "demote", "stop"]),
    ("pacemaker", "Stateful", &[], &["promote", "demote", "monitor"]),
    ("pacemaker", "SysInfo", &[], &["monitor", "start", "monitor", "stop", "monitor"]),
    ("pacemaker", "attribute", &[], &["monitor", "start", "stop", "monitor", "promote"]),
];

#[test]
fn they_end_with_the_same_codes() {
    let mut differences = Vec::new();
    for (provider, kind, parameters, actions) in STORIES {
        let Some(program) = installed(provider, kind) else { continue };
        let (ours, theirs) =
            (Stage::new(provider, kind, parameters), Stage::new(provider, kind, parameters));
        for action in *actions {
            let (expected, code) = (run(&theirs, &program, action).0, ours.plays(action));
            if code != expected {
                let of = format!("{kind} {parameters:?} {actions:?}");
                differences.push(format!("{of}: {action} ends with {code}, not {expected}"));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// File systems in a mount namespace: what is mounted from where, and how deep monitors look.
const MOUNTS: &[(&str, &str, &str)] =
    &[("tmpfs", "tmpfs", "size=1m"), ("SOURCE", "none", "bind"), ("LOOP", "ext4", "noatime")];

#[test]
fn they_mount_alike() {
    if installed("heartbeat", "Filesystem").is_some() {
        in_a_mount_namespace("side_by_side::inside_mounts");
    }
}

#[test]
#[ignore = "run by they_mount_alike in a namespace of its own"]
fn inside_mounts() {
    let program = installed("heartbeat", "Filesystem").expect("it was there a moment ago");
    let mut differences = Vec::new();
    for (device, fstype, options) in MOUNTS {
        let mut ours = Stage::new("heartbeat", "Filesystem", &[]);
        let folder = ours.bench.path().display().to_string();
        let attached = (*device == "LOOP").then(|| loop_device(&ours)).flatten();
        let device = match (*device, &attached) {
            ("LOOP", None) => continue,
            ("LOOP", Some(name)) => name.clone(),
            ("SOURCE", _) => format!("{folder}/source"),
            (other, _) => other.to_owned(),
        };
        for name in ["source", "mnt"] {
            std::fs::create_dir_all(format!("{folder}/{name}")).unwrap();
        }
        let directory = format!("{folder}/mnt");
        for (name, value) in [
            ("device", &*device),
            ("directory", &directory),
            ("fstype", fstype),
            ("options", options),
        ] {
            ours.set(name, value);
        }
        ours.meta("timeout", "20000");
        // Theirs looks for users by the device, and would find half of this machine.
        ours.set("force_unmount", "false");
        for (level, actions) in [("0", A_LIFE), ("20", &["start", "monitor", "stop"])] {
            ours.variables.insert("OCF_CHECK_LEVEL".into(), level.into());
            let theirs: Vec<i32> = actions.iter().map(|one| run(&ours, &program, one).0).collect();
            let codes: Vec<i32> = actions.iter().map(|one| ours.plays(one)).collect();
            if codes != theirs {
                let of = format!("{device} {fstype} {options} level {level} {actions:?}");
                differences.push(format!("{of}: {codes:?}, not {theirs:?}"));
            }
        }
        if let Some(name) = attached {
            let _ = Command::new("losetup").args(["-d", &name]).status();
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// With a `zpool` that keeps the pool in a file.
#[test]
fn they_treat_pools_alike() {
    let Some(program) = installed("heartbeat", "ZFS") else { return };
    if std::path::Path::new("/proc/spl/kstat/zfs").exists() {
        println!("skipped: this machine has pools of its own");
        return;
    }
    let server = || {
        let stage = Stage::new("heartbeat", "ZFS", &[("pool", "p")]);
        let script = "cd $(dirname $0); case $* in
            list*) cat state 2>/dev/null;;
            import) echo 'pool: p';;
            import*) echo ONLINE > state;;
            export*) rm state;;
            esac";
        stage.tool("zpool", script);
        stage
    };
    let (ours, theirs) = (server(), server());
    for (state, actions) in [("", A_LIFE), ("DEGRADED", &["monitor"]), ("SUSPENDED", &["monitor"])]
    {
        for stage in [&ours, &theirs] {
            if !state.is_empty() {
                std::fs::write(stage.bench.path().join("tools/state"), state).unwrap();
            }
        }
        for action in actions {
            let expected = run(&theirs, &program, action).0;
            assert_eq!(ours.plays(action), expected, "{action} {state}");
        }
    }
}
