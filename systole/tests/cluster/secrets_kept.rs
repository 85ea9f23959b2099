//! Values that are kept outside of the configuration: by all nodes, and nowhere else (C7).

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};

/// Stands in all values; the agent makes a file of the name that its `state` says, which tells
/// whether it got the value.
const MARK: &str = "M4RK";
const CONFIGURATION: &str = "property stonith-enabled=false\n\
    primitive d ocf:pacemaker:Dummy params state=/tmp/M4RK0 login=M4RK1 meta target-role=Stopped \
    op monitor interval=10s\n\
    location here d 100: oss1\n";

fn run(cluster: &Observer, node: &str, line: &str) -> String {
    let script = format!("{line} 2>&1");
    cluster.output(node, &["sh", "-c", &script]).expect("the shell is there")
}

/// Waits until `line`, run on `node`, prints `expected`.
fn until(cluster: &Observer, node: &str, line: &str, expected: &str) {
    let look = |cluster: &Observer| {
        let told = run(cluster, node, line);
        Ok(if told.trim() == expected { Wait::Over } else { Wait::For(told) })
    };
    let waited = cluster.wait(PATIENCE, look, |_| {});
    waited.unwrap_or_else(|error| panic!("{node}: {line}: {error}"));
}

#[test]
fn a_value_is_kept_by_all_nodes_and_given_to_agents() {
    let Some(rig) = Rig::up(3) else { return };
    let (cluster, lab) = (rig.cluster(), rig.lab());
    let on = |node: &str, line: &str| run(cluster, node, line);
    cluster.load("oss1", "secrets.crm", CONFIGURATION).expect("it is accepted");
    on("oss1", "cibsecret stash d state");
    assert!(on("oss1", "crm resource secret d stash login").contains("revisions"));
    for node in ["oss1", "oss2", "oss3"] {
        assert_eq!(on(node, "crm_resource -r d -g login"), "lrm://\n", "{node}");
        assert_eq!(on(node, "crm resource secret d show login"), "M4RK1\n", "{node}");
        assert_eq!(on(node, "cibsecret check d login"), "", "{node}");
    }
    assert!(!on("oss1", "cibadmin --query; crm configure show").contains(MARK));
    on("oss1", "crm resource start d");
    until(cluster, "oss1", "ls /tmp/M4RK0", "/tmp/M4RK0");

    // Who is away gets what is new when it is back, and what was taken away is not brought back.
    lab.power_off("oss3").expect("it goes");
    let told = on("oss2", "cibsecret set d login M4RK2");
    assert!(told.contains("oss3 is not here and lacks this change"), "{told}");
    assert_eq!(on("oss2", "cibsecret get d login"), "M4RK2\n");
    on("oss1", "cibsecret unstash d state");
    assert_eq!(on("oss1", "crm_resource -r d -g state"), "/tmp/M4RK0\n");
    lab.power_on("oss3").expect("it comes");
    rig.all_together("oss1");
    until(cluster, "oss3", "cibsecret get d login", "M4RK2");
    until(cluster, "oss3", "cibsecret get d state >/dev/null 2>&1; echo $?", "1");
    on("oss3", "cibsecret delete d login; cibsecret sync");
    let told = on("oss1", "cibsecret get d login");
    assert!(told.contains("keeps no value of `login` of d"), "{told}");
    for node in ["oss1", "oss2", "oss3"] {
        let log = std::fs::read_to_string(lab.log_of(node)).expect("there is one");
        let lines: Vec<&str> = log.lines().filter(|line| line.contains(MARK)).collect();
        assert!(lines.is_empty(), "C7: {node}: {lines:?}");
    }
}
