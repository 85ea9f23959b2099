//! No command of a running cluster prints a secret, and no log has one (C7).

use crate::rig::{PATIENCE, Rig};

const MARK: &str = "M4RK";
/// What reads a cluster; those behind ! are doors for programs.
const READING: &str = include_str!("../reading.txt");
const SECRETS: &str = "property stonith-enabled=false my-secret=M4RK0\n\
    primitive fence stonith:fence_lab params passwd=M4RK1\n\
    primitive dummy ocf:pacemaker:Dummy params passwd=M4RK2 utilization token=1 \
    op monitor interval=10s\n\
    primitive broken ocf:pacemaker:Dummy params passwd=M4RK3 fail_start_on=oss1\n";

#[test]
fn no_command_and_no_log_has_a_secret() {
    let Some(rig) = Rig::up(1) else { return };
    let cluster = rig.cluster();
    let run = |line: &str| {
        let script = format!("{line} 2>&1");
        cluster.output("oss1", &["sh", "-c", &script]).expect("the shell is there")
    };
    cluster.load("oss1", "secrets.crm", SECRETS).expect("the configuration is accepted");
    // They are changed, refused, looked for by agents that fail, and taken back.
    run("crm node attribute oss1 set ipmi_password M4RK4");
    run("crm node status-attr oss1 set login_token M4RK5");
    run("crm resource param dummy set passwd M4RK6");
    let refused = run("crm configure primitive dummy ocf:pacemaker:Dummy params passwd=M4RK7");
    let mut said = vec![("a refusal".to_owned(), refused)];
    cluster.quiet("oss1", PATIENCE).expect("the cluster comes to rest");
    let lines = READING.lines().filter(|line| !line.starts_with('#'));
    for line in lines.chain(["systole config undo $(systole config log -n 1 | cut -d' ' -f1)"]) {
        let is_door = line.starts_with('!');
        let line = line.trim_start_matches("! ").replace("NODE", "oss1");
        let words = run(&line);
        if !is_door {
            said.push((line, words));
        }
    }
    assert!(run("cibadmin --query").contains(MARK), "they are there to be told");
    let log = std::fs::read_to_string(rig.lab().log_of("oss1")).expect("there is one");
    assert!(log.contains("broken"), "the agent that fails is told of: {log}");
    said.push(("the log".to_owned(), log));
    for (line, words) in said {
        assert!(!words.contains(MARK), "C7: {line}: {words}");
    }
}
