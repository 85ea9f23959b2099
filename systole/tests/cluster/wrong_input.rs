//! Wrong input: each a clear error, nothing changed, the cluster unharmed.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{ObserverError, Wait};
use std::process::Command;

const GOOD: &str = "property stonith-enabled=false\n\
    primitive a ocf:pacemaker:Dummy op monitor interval=10s\n";

#[test]
fn texts_that_are_refused_on_a_live_cluster() {
    let Some(rig) = Rig::up(2) else { return };
    let cluster = rig.cluster();
    cluster.load("oss1", "good.crm", GOOD).unwrap();
    cluster.quiet("oss1", PATIENCE).unwrap();
    let before = cluster.cib("oss2").unwrap().configuration;
    let cases = [
        ("primitive b ocf:heartbeat:Filesytem", "Filesystem"),
        ("primitive b ocf:pacemaker:Dummy\nprimitive b ocf:pacemaker:Dummy", "x.crm:2:"),
        ("location l nothing 100: oss1", "nothing"),
        ("location l a many: oss1", "x.crm:1:"),
        ("primitive b ocf:pacemaker:Dummy op monitor interval=", "x.crm:1:"),
        ("primitve b ocf:pacemaker:Dummy", "primitive"),
        ("group g a missing", "missing"),
    ];
    for (text, expected) in cases {
        match cluster.load("oss1", "x.crm", text) {
            Err(ObserverError::Refused(reasons)) => {
                let reasons = reasons.join("\n");
                assert!(reasons.contains(expected), "{text}:\n{reasons}");
                println!("{reasons}");
            }
            other => panic!("{text}: {other:?}"),
        }
        assert_eq!(cluster.cib("oss2").unwrap().configuration, before, "{text}");
    }
    let xml = "<cib><configuration><resources><primitive id=\"b\" ";
    std::fs::write(rig.folder.join("cut.xml"), xml).unwrap();
    let path = rig.folder.join("cut.xml").display().to_string();
    let said = cluster.output("oss1", &["cibadmin", "-R", "-x", &path]).unwrap();
    assert!(said.contains("cut.xml:1:32: error:"), "{said}");
    assert_eq!(cluster.cib("oss2").unwrap().configuration, before);
}

#[test]
fn a_device_that_does_not_exist_fails_its_start_with_the_reason() {
    let Some(rig) = Rig::up(2) else { return };
    let text = "property stonith-enabled=false\n\
        primitive fs ocf:heartbeat:Filesystem params device=/dev/nothing directory=/mnt/x \
        fstype=ext4 op start timeout=20s\n";
    rig.cluster().load("oss1", "x.crm", text).unwrap();
    let look = |cluster: &cli::observer::Observer| {
        let status = cluster.output("oss1", &["crm_mon", "-1rf"])?;
        Ok(match status.contains("/dev/nothing") {
            true => Wait::Over,
            false => Wait::For(status),
        })
    };
    rig.cluster().wait(PATIENCE, look, |_| {}).unwrap();
    let status = rig.cluster().output("oss1", &["crm_mon", "-1rf"]).unwrap();
    assert!(status.contains("Failed Resource Actions:"), "{status}");
    println!("{status}");
}

#[test]
fn what_a_node_says_that_cannot_start() {
    let folder = std::env::temp_dir().join(format!("systole-start-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let good = format!(
        "totem {{\n  version: 2\n  cluster_name: t\n}}\nnodelist {{\n  node {{\n    \
         ring0_addr: 127.0.0.1\n    name: {}\n    nodeid: 1\n  }}\n}}\n",
        os::machine::host_name()
    );
    let start = |text: &str, key: &[u8]| {
        let (config, authkey) = (folder.join("corosync.conf"), folder.join("authkey"));
        std::fs::write(&config, text).unwrap();
        std::fs::write(&authkey, key).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_systole"))
            .arg("node")
            .arg("--config")
            .arg(&config)
            .arg("--key")
            .arg(&authkey)
            .arg("--state")
            .arg(folder.join("state"))
            .arg("--run")
            .arg(folder.join("run"))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(78));
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let twice =
        good.replace("nodelist {", "nodelist {\nnode {\nring0_addr: 127.0.0.1\nnodeid: 2\n}");
    let taken = std::net::UdpSocket::bind("127.0.0.1:5405");
    let cases = [
        ("the port is in use", good.clone(), vec![7; 256], "uses this port"),
        ("the key is too short", good.clone(), vec![7; 3], "32 to 4096"),
        ("one address for two nodes", twice, vec![7; 256], "has the address"),
        ("a file that is cut short", good[..good.len() - 3].to_owned(), vec![7; 256], "not closed"),
        ("no nodelist", "totem {\n  version: 2\n}\n".to_owned(), vec![7; 256], "node"),
    ];
    for (story, text, key, expected) in cases {
        let said = start(&text, &key);
        assert!(said.contains(expected), "{story}: {said}");
        println!("{story}: {said}");
    }
    drop(taken);
    std::fs::remove_dir_all(&folder).unwrap();
}
