//! Stories of the built-in agents, with tools that write down how they were called.

mod filesystem;
mod health;
mod lustre;
mod network;
mod side_by_side;

use super::*;
use crate::agent::Agent;
use crate::request::{Request, Verdict};
use crate::runner::Runner;
use crate::workbench::Bench;
use std::collections::BTreeMap;
use std::process::{Command, Stdio};

/// A built-in agent on a bench.
pub(super) struct Stage {
    pub(super) bench: Bench,
    agent: &'static Builtin,
    variables: BTreeMap<String, String>,
}

impl Stage {
    pub(super) fn new(provider: &str, kind: &str, parameters: &[(&str, &str)]) -> Self {
        let bench = Bench::new();
        for tool in ["attrd_updater", "crm_attribute"] {
            let log = bench.path().join(tool);
            bench.program(&format!("tools/{tool}"), &format!("echo \"$*\" >> {}", log.display()));
        }
        let mut stage =
            Self { bench, agent: find(provider, kind).unwrap(), variables: BTreeMap::new() };
        let path =
            format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", stage.bench.path().join("tools").display());
        let state = stage.bench.path().join("state").display().to_string();
        std::fs::create_dir_all(&state).unwrap();
        for (name, value) in [("PATH", path.as_str()), ("HA_VARRUN", &state), ("HA_RSCTMP", &state)]
        {
            stage.variables.insert(name.into(), value.into());
        }
        stage.variables.insert("OCF_RESOURCE_INSTANCE".into(), "res:0".into());
        stage.meta("on_node", "oss01");
        parameters.iter().for_each(|(name, value)| stage.set(name, value));
        stage
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        self.variables.insert(format!("OCF_RESKEY_{name}"), value.into());
    }

    pub(super) fn meta(&mut self, name: &str, value: &str) {
        self.set(&format!("CRM_meta_{name}"), value);
    }

    pub(super) fn context(&self) -> Context {
        Context::new(self.agent.metadata, self.variables.clone())
    }

    fn answer(&self, action: &str) -> Answer {
        self.agent.answer(&self.context(), action)
    }

    /// A tool that writes down how it was called, and then does what `script` says.
    pub(super) fn tool(&self, name: &str, script: &str) {
        let log = self.bench.path().join(name);
        let script = format!("echo \"$*\" >> {}; {script}", log.display());
        self.bench.program(&format!("tools/{name}"), &script);
    }

    /// The number an action ends with.
    fn plays(&self, action: &str) -> i32 {
        self.answer(action).unwrap_or_else(|failure| failure.code).number()
    }

    fn reason(&self, action: &str) -> String {
        self.answer(action).expect_err("a failure").reason
    }

    /// What a tool was called with since the last look.
    pub(super) fn heard(&self, tool: &str) -> Vec<String> {
        let text = self.bench.read(tool);
        let _ = std::fs::remove_file(self.bench.path().join(tool));
        text.lines().map(str::to_owned).collect()
    }
}

#[test]
fn metadata_is_well_formed_and_complete() {
    for agent in &TABLE {
        let xml = builtin_metadata(agent.provider, agent.kind()).unwrap();
        let mut reader = quick_xml::Reader::from_str(&xml);
        let (mut depth, mut empty_text, mut actions) = (0i32, 0, Vec::new());
        loop {
            use quick_xml::events::Event;
            match reader.read_event().expect("well-formed") {
                Event::Eof => break,
                Event::Start(_) => depth += 1,
                Event::End(_) => depth -= 1,
                Event::Empty(element) if element.name().as_ref() == "action" => {
                    let name = element.try_get_attribute("name").unwrap().unwrap();
                    let timeout = element.try_get_attribute("timeout").unwrap();
                    assert!(timeout.is_some(), "{} advises a timeout", agent.kind());
                    actions.push(name.value.into_owned());
                }
                Event::Text(text) if depth == 0 => empty_text += text.trim_ascii().len(),
                _ => {}
            }
        }
        assert_eq!((depth, empty_text), (0, 0));
        for action in ["start", "stop", "monitor", "validate-all", "meta-data"] {
            assert!(actions.iter().any(|one| one == action), "{} {action}", agent.kind());
        }
        for parameter in agent.metadata.parameters {
            assert!(!parameter.short.is_empty() && !parameter.long.is_empty());
            assert!(xml.contains(&format!("<parameter name=\"{}\"", parameter.name)));
        }
    }
    assert_eq!(builtin_metadata("pacemaker", "Filesystem"), None);
}

#[test]
fn what_is_wrong_everywhere_is_said_before_anything_is_done() {
    let stage = Stage::new("heartbeat", "Filesystem", &[("device", "/dev/x"), ("directory", "/m")]);
    assert_eq!(stage.plays("promote"), 3);
    assert_eq!(stage.plays("start"), 6);
    assert!(stage.reason("start").contains("parameter fstype is required"));
    for (name, value, part) in [
        ("directory", "relative", "absolute path"),
        ("directory", "/", "below /"),
        ("run_fsck", "perhaps", "one of auto, force, no"),
        ("fast_stop", "soon", "true or false"),
        ("force_unmount", "maybe", "one of true, safe, false"),
    ] {
        let mut stage =
            Stage::new("heartbeat", "Filesystem", &[("device", "tmpfs"), ("fstype", "tmpfs")]);
        stage.set("directory", "/mnt");
        stage.set(name, value);
        assert_eq!(stage.plays("validate-all"), 6, "{name}={value}");
        assert!(stage.reason("validate-all").contains(part), "{}", stage.reason("validate-all"));
    }
}

#[test]
fn dummy_lives_and_dies_and_moves() {
    let mut stage = Stage::new("pacemaker", "Dummy", &[]);
    for (action, code) in [
        ("monitor", 7),
        ("validate-all", 0),
        ("start", 0),
        ("start", 0),
        ("monitor", 0),
        ("reload-agent", 0),
        ("migrate_to", 0),
        ("monitor", 7),
        ("migrate_from", 0),
        ("monitor", 0),
        ("stop", 0),
        ("stop", 0),
        ("monitor", 7),
    ] {
        assert_eq!(stage.plays(action), code, "{action}");
    }
    let envfile = stage.bench.path().join("environment").display().to_string();
    stage.set("envfile", &envfile);
    stage.set("fail_start_on", "oss01");
    assert_eq!(stage.plays("start"), 1);
    assert!(stage.reason("start").contains("oss01"));
    assert!(stage.bench.read("environment").contains("== start\n"));
    assert!(stage.bench.read("environment").contains("OCF_RESKEY_fail_start_on=oss01\n"));
    stage.set("fail_start_on", "oss02");
    assert_eq!(stage.plays("start"), 0);
    stage.set("state", "/proc/nowhere/state");
    assert_ne!(stage.plays("validate-all"), 0);
}

#[test]
fn stateful_takes_its_roles_and_asks_for_them() {
    let mut stage = Stage::new("pacemaker", "Stateful", &[]);
    for (action, code, asked) in [
        ("monitor", 7, ""),
        ("promote", 7, ""),
        ("start", 0, "--promotion -l reboot -v 5"),
        ("monitor", 0, ""),
        ("promote", 0, "--promotion -l reboot -v 10"),
        ("monitor", 8, ""),
        ("notify", 0, ""),
        ("demote", 0, "--promotion -l reboot -v 5"),
        ("monitor", 0, ""),
        ("stop", 0, "--promotion -l reboot -D"),
        ("monitor", 7, ""),
    ] {
        assert_eq!(stage.plays(action), code, "{action}");
        assert_eq!(stage.heard("crm_attribute").join("\n"), asked, "{action}");
    }
    stage.bench.program("tools/crm_attribute", "echo no cluster >&2; exit 1");
    assert_eq!(stage.plays("start"), 0, "a score that cannot be set is a warning");
    let state = stage.bench.path().join("torn").display().to_string();
    std::fs::write(&state, "promo").unwrap();
    stage.set("state", &state);
    assert_eq!(stage.plays("monitor"), 1, "R3: what cannot be read is not stopped");
}

#[test]
fn sysinfo_tells_about_this_machine() {
    let mut stage = Stage::new("pacemaker", "SysInfo", &[("disks", "/proc"), ("delay", "3s")]);
    assert_eq!(stage.plays("monitor"), 7);
    assert_eq!(stage.plays("start"), 0);
    let said = stage.heard("attrd_updater");
    for name in ["arch", "os", "cpu_load", "ram_total", "ram_free", "root_free", "proc_free"] {
        assert!(said.iter().any(|line| line.starts_with(&format!("-n {name} -v "))), "{name}");
    }
    assert!(said.iter().all(|line| line.ends_with("-d 3s") && !line.contains(',')), "{said:?}");
    let load = said.iter().find_map(|line| line.strip_prefix("-n cpu_load -v ")).unwrap();
    assert!(load.split(' ').next().unwrap().parse::<f64>().is_ok(), "{load}");
    assert!(!said.iter().any(|line| line.contains("#health_disk")));

    stage.set("disks", "");
    for (minimum, health) in [("0", "green"), ("16000P", "red")] {
        stage.set("min_disk_free", minimum);
        assert_eq!(stage.plays("monitor"), 0);
        let said = stage.heard("attrd_updater");
        let line = format!("-n #health_disk -v {health} -d 3s");
        assert!(said.contains(&line), "{said:?}");
    }
    stage.set("min_disk_free", "lots");
    assert_eq!(stage.plays("monitor"), 6);
    stage.set("min_disk_free", "");
    stage.set("disks", "/nowhere");
    assert_eq!(stage.plays("monitor"), 2);
    assert_eq!(stage.plays("stop"), 0, "stopping needs no disks");
    assert!(stage.heard("attrd_updater").contains(&"-D -n arch -d 3s".to_owned()));
    assert_eq!(stage.plays("monitor"), 7);
    stage.bench.program("tools/attrd_updater", "exit 1");
    assert_eq!(stage.plays("start"), 2);
    stage.set("disks", "");
    assert!(stage.reason("start").contains("is the cluster running"));
    assert_eq!(stage.plays("stop"), 0, "a stop that fails would cost the node its life");
}

#[test]
fn ping_counts_the_hosts_that_answer() {
    // 240.0.0.1 can be reached by nobody (RFC 1112, class E).
    let mut stage = Stage::new(
        "pacemaker",
        "ping",
        &[("host_list", "127.0.0.1, 240.0.0.1"), ("multiplier", "100"), ("attempts", "1")],
    );
    stage.set("timeout", "1");
    // Serves where this process may not send echo requests itself.
    let log = stage.bench.path().join("ping").display().to_string();
    let script = format!("echo \"$*\" >> {log}; for h; do :; done; test $h = 127.0.0.1");
    stage.bench.program("tools/ping", &script);
    assert_eq!(stage.plays("monitor"), 7);
    assert_eq!(stage.plays("start"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -B 100 -d 5s"]);
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -v 100 -d 5s"]);
    stage.set("failure_score", "200");
    assert_eq!(stage.plays("monitor"), 1);
    assert!(stage.reason("monitor").contains("1 of 2 hosts answer"));
    stage.heard("attrd_updater");
    stage.heard("ping");
    stage.set("failure_score", "");
    stage.set("options", "-I lo");
    stage.set("host_list", "127.0.0.1");
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("ping"), ["-n -q -c 1 -W 1 -I lo 127.0.0.1"]);
    assert_eq!(stage.heard("attrd_updater"), ["-n pingd -v 100 -d 5s"]);
    assert_eq!(stage.plays("stop"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-D -n pingd -d 5s"]);
    assert_eq!(stage.plays("monitor"), 7);
    stage.set("attempts", "few");
    assert_eq!(stage.plays("validate-all"), 6);
}

/// Runs one of the ignored tests in a mount namespace of its own, so that nothing it mounts
/// outlives it; says so when this machine does not allow that.
fn in_a_mount_namespace(test: &str) {
    let own = std::env::current_exe().unwrap();
    let allowed = |flags: &str| {
        Command::new("unshare")
            .args([flags, "mount", "-t", "tmpfs", "t", "/mnt"])
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success())
    };
    let Some(flags) = ["-m", "-rm"].into_iter().find(|flags| allowed(flags)) else {
        println!("skipped: neither root nor user namespaces may mount here");
        return;
    };
    let name = format!("builtin::tests::{test}");
    let output = Command::new("unshare")
        .args([flags, own.to_str().unwrap(), "--exact", &name, "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    assert!(text.contains("1 passed"), "the story was told: {text}");
}

/// A loop device with an empty ext4 file system; the caller detaches it.
fn loop_device(stage: &Stage) -> Option<String> {
    let image = stage.bench.path().join("image");
    std::fs::File::create(&image).ok()?.set_len(8 << 20).ok()?;
    let made = Command::new("mkfs.ext4").arg("-q").arg(&image).status().ok()?;
    let attached = Command::new("losetup").args(["--show", "-f"]).arg(&image).output().ok()?;
    let device = String::from_utf8(attached.stdout).ok()?.trim().to_owned();
    (made.success() && attached.status.success()).then_some(device)
}

/// The whole way: the runner starts this very binary, which turns into the agent.
#[tokio::test]
async fn the_runner_runs_a_built_in_agent() {
    let bench = Bench::new();
    let own = std::env::current_exe().unwrap();
    let script = format!(
        "shift 2; SYSTOLE_AS_AGENT=\"$*\" exec {} -q --exact builtin::tests::as_agent --ignored \
         --nocapture",
        own.display()
    );
    bench.program("own", &script);
    let runner = Runner::new(bench.settings());
    let mut request = Request::new(Agent::ocf("pacemaker", "Dummy"), "monitor", "web");
    request.node = "oss01".into();
    request.parameters = vec![("fail_start_on".into(), "oss02".into())];
    for (action, code) in [("monitor", 7), ("start", 0), ("monitor", 0), ("stop", 0)] {
        request.action = action.into();
        request.issued = std::time::Instant::now();
        let outcome = runner.run(&request).await;
        assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, code), "{outcome:?}");
    }
    request.action = "start".into();
    request.node = "oss02".into();
    let outcome = runner.run(&request).await;
    assert_eq!(outcome.code, 1);
    assert!(outcome.exit_reason.contains("starting on oss02 fails"), "{outcome:?}");
}

#[test]
#[ignore = "run by the_runner_runs_a_built_in_agent, as an agent"]
fn as_agent() {
    let words = std::env::var("SYSTOLE_AS_AGENT").unwrap();
    let words: Vec<&str> = words.split(' ').collect();
    std::process::exit(builtin_main(words[0], words[1], words[2]));
}
