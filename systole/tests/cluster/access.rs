//! Access rules on a live cluster: what others than root see and do.

use crate::rig::{PATIENCE, Rig};
use api::{AttributeChange, Language, LoadMode, Request, Response};
use cli::observer::Observer;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

const RULES: &str = "property stonith-enabled=false enable-acl=true\n\
    primitive a ocf:pacemaker:Dummy params fake=geheim meta target-role=Started \
    op monitor interval=10s\n\
    role look read xpath:/cib deny xpath:\"//nvpair[@name='fake']\"\n\
    role operator write xpath:\"//nvpair[@name='target-role']\"\n\
    acl_target alice look\n\
    acl_target nobody look operator\n";

fn load(text: &str) -> Request {
    Request::Load {
        text: text.into(),
        language: Language::Crm,
        mode: LoadMode::Update,
        name: "f".into(),
        force: true,
    }
}

fn target_role(value: &str) -> Request {
    let (resource, name) = ("a".into(), "target-role".into());
    Request::ResourceMeta { resource, name, value: Some(value.into()) }
}

fn attribute(name: &str) -> Request {
    let value = Some("1".into());
    Request::Attribute(AttributeChange { name: name.into(), value, ..AttributeChange::default() })
}

/// Who asks for what, and how the answer begins and what it contains.
fn requests() -> Vec<(&'static str, Request, &'static str)> {
    let preview = |request| Request::Preview { change: Box::new(request) };
    let cleanup =
        Request::Cleanup { resource: Some("a".into()), node: None, what: api::Forget::Failures };
    let standby = Request::NodeAttribute {
        node: "oss1".into(),
        name: "standby".into(),
        value: Some("on".into()),
    };
    let by_rule = "no permission of role `look` allows it";
    let by_office = "only root and hacluster may";
    let of_nobody_known = "no role gives `bob` any permission";
    vec![
        ("alice", standby, by_rule),
        ("alice", target_role("Stopped"), by_rule),
        ("alice", preview(target_role("Stopped")), by_rule),
        ("alice", load("property enable-acl=false\n"), by_rule),
        ("alice", load("primitive b ocf:pacemaker:Dummy\n"), by_rule),
        ("alice", load("acl_target alice look operator\n"), by_rule),
        ("alice", Request::Remove { ids: vec!["a".into()], force: true }, by_rule),
        ("alice", attribute("mine"), "alice may not add /cib/status/node_state[@id='1']"),
        ("alice", cleanup.clone(), "alice may not remove /cib/status/node_state"),
        ("alice", Request::Shutdown, by_office),
        ("alice", Request::Kill { node: 2 }, by_office),
        ("alice", Request::Events { after: 0 }, "Events"),
        ("alice", Request::Cib, "target-role"),
        ("alice", Request::Show { words: Vec::new() }, "target-role"),
        ("bob", Request::Cib, of_nobody_known),
        ("bob", Request::Show { words: Vec::new() }, of_nobody_known),
        ("bob", Request::Events { after: 0 }, of_nobody_known),
        ("bob", Request::Revisions, of_nobody_known),
        ("bob", Request::ConfigurationAt { revision: "0.1".into() }, of_nobody_known),
        ("nobody", target_role("Stopped"), "Done"),
        ("nobody", target_role("Started"), "Done"),
        ("nobody", load("primitive b ocf:pacemaker:Dummy\n"), "`look` or `operator` allows it"),
        ("hacluster", cleanup, "Done"),
        ("root", attribute("mine"), "Done"),
        ("root", Request::Cib, "geheim"),
        ("root", Request::Show { words: Vec::new() }, "geheim"),
    ]
}

#[test]
fn others_see_and_do_what_the_rules_allow() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "rules.crm", RULES).expect("they are right");
    cluster.quiet("oss1", PATIENCE).expect("the service starts");
    let before = cluster.cib("oss1").expect("it answers").configuration;
    for (user, what, expected) in requests() {
        let request = Request::As { user: user.into(), what: Box::new(what.clone()) };
        let answer = cluster.ask("oss1", &request).expect("it answers");
        let said = format!("{answer:?}");
        assert!(said.contains(expected), "{user} asks for {what:?}: {said}");
        let is_forbidden = matches!(answer, Response::Forbidden { .. });
        assert_eq!(is_forbidden, !["Done", "Events", "target-role", "geheim"].contains(&expected));
        assert_eq!(said.contains("geheim"), expected == "geheim", "{user}: {said}");
    }
    let after = cluster.cib("oss1").expect("it answers").configuration;
    assert!(after.is_same(&before), "only the role changed, there and back");
}

#[test]
fn a_process_without_privileges_is_refused() {
    let has_tool = Command::new("setpriv").arg("--version").output().is_ok();
    if os::account::effective_user() != 0 || !has_tool {
        println!("skipped: only root can give up privileges, with setpriv");
        return;
    }
    let Some(rig) = Rig::up(1) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "rules.crm", RULES).expect("they are right");
    let root = rig.lab().root_of("oss1").expect("there is such a node");
    let socket = root.join("run/systole/api.sock");
    let group = socket.metadata().expect("it listens").gid().to_string();
    let run = |group: &str, words: &[&str]| {
        let groups = format!("--regid={group}");
        let drop = ["setpriv", "--reuid=nobody", &groups, "--clear-groups"];
        cluster.output("oss1", &[&drop, words].concat()).expect("it can be run")
    };
    let seen = run(&group, &["cibadmin", "-Q"]);
    assert!(seen.contains("target-role") && !seen.contains("geheim"), "{seen}");
    let refused = run(&group, &["crm_attribute", "-n", "maintenance-mode", "-v", "true"]);
    assert!(refused.contains("nobody may not add /cib/configuration/crm_config"), "{refused}");
    let refused = run(&group, &["cibadmin", "-Q", "-U", "root"]);
    assert!(refused.contains("nobody may not act as root"), "{refused}");
    let shut = run("nogroup", &["cibadmin", "-Q"]);
    assert!(!shut.contains("target-role"), "who is not in the group asks nothing: {shut}");
}

/// Hands out access as `user`, into a file; gives the words that use it.
fn access_as(cluster: &Observer, user: &str) -> String {
    let file = format!("/run/{user}.json");
    let words = ["systole", "token", "create", "--user", user, "--output", &file];
    let said = cluster.output("oss1", &words).expect("it can be run");
    assert!(said.contains("Keep it secret"), "{said}");
    format!("SYSTOLE_ACCESS={file}")
}

#[test]
fn whoever_asks_over_tls_sees_and_does_what_the_rules_allow() {
    let Some(rig) = Rig::up(1) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "rules.crm", RULES).expect("they are right");
    cluster.quiet("oss1", PATIENCE).expect("the service starts");
    let (alice, root) = (access_as(cluster, "alice"), access_as(cluster, "root"));
    let run = |access: &str, words: &str| {
        let words: Vec<&str> = ["env", access].into_iter().chain(words.split(' ')).collect();
        cluster.output("oss1", &words).expect("it can be run")
    };
    let seen = run(&alice, "cibadmin -Q");
    assert!(seen.contains("target-role") && !seen.contains("geheim"), "{seen}");
    assert!(run(&root, "cibadmin -Q").contains("geheim"));
    for (access, words, expected) in [
        (&alice, "crm_attribute -n maintenance-mode -v true", "alice may not add"),
        (&alice, "systole token create --user root", "only root and hacluster may"),
        (&alice, "systole status", "oss1"),
        (&root, "crm_attribute -n maintenance-mode -v false", ""),
        (&root, "systole config log", "root from 10."),
    ] {
        let said = run(access, words);
        assert!(said.contains(expected), "{words}: {said}");
    }
    let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/examples");
    let is_there = |program| Command::new(program).arg("--version").output().is_ok();
    if is_there("curl") {
        let said = run(&alice, &format!("sh {examples}/standby.sh oss1"));
        assert!(said.contains("\"forbidden\"") && said.contains("alice may not"), "{said}");
        let said = run(&root, &format!("sh {examples}/standby.sh oss1"));
        assert!(said.contains("\"done\""), "{said}");
    }
    if is_there("python3") {
        let said = run(&alice, &format!("python3 {examples}/watch.py 2"));
        assert!(said.starts_with("oss1 is one of 1 nodes"), "{said}");
        assert_eq!(said.lines().count(), 3, "{said}");
    }
}
