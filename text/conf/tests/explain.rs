//! Files explained, and as the map of keys.

use base::NodeId;
use conf::{Fate, explain, map};

const OLD: &str = "\
totem {
	version: 2
	secauth: off
	threads: 0
	rrd_mode: active
	token: 5000
	token: 1000
	consensus: 1200
	interface {
		ringnumber:  0
		bindnetaddr: 10.0.0.0
		mcastaddr:   226.94.1.1
		mcastport:   5400
		ttk: 1
	}
	interface {
		ringnumber:  1
		bindnetaddr: 10.0.1.0
		mcastaddr:   226.94.1.2
	}
}
service {
	name: pacemaker
	ver:  0
}
amf {
	mode: disabled
}
";

const NEW: &str = "\
totem {
    version: 2
    cluster_name: lustre
    key: abcdefghijklmnopqrstuvwxyz
    token: 2000
    interface {
        linknumber: 1
        mcastaddr: 239.1.1.1
        knet_link_priority: 10
        knet_ping_interval: 200
    }
    interface {
        linknumber: 1
        mcastport: 6000
    }
}
nodelist {
    node {
        ring0_addr: 10.0.0.2
        ring1_addr: 10.0.1.2
        nodeid: 2
        name: oss02
    }
    node {
        ring0_addr: 10.0.0.1
        ring1_addr: 10.0.1.1
        nodeid: 1
        name: oss01
    }
}
quorum {
    provider: corosync_votequorum
    two_node: yes
    device {
        model: net
        net {
            host: arbiter
            algorithm: ffsplit
        }
    }
}
uidgid {
    uid: 1000
}
logging {
    to_logfile: yes
    logfile: /var/log/cluster.log
    logger_subsys {
        subsys: TOTEM
        debug: off
    }
}
";

#[test]
fn each_setting_is_told_once_with_what_becomes_of_it() {
    use Fate::{Ignored, Mapped, Understood, Unknown};
    let settings = explain(OLD).expect("good").settings;
    let told: Vec<_> =
        settings.iter().map(|told| (told.line, told.key.as_str(), told.fate)).collect();
    assert_eq!(
        told,
        [
            (2, "version", Understood),
            (3, "secauth", Mapped),
            (4, "threads", Ignored),
            (5, "rrd_mode", Mapped),
            (6, "token", Ignored),
            (7, "token", Mapped),
            (8, "consensus", Ignored),
            (10, "ringnumber", Mapped),
            (11, "bindnetaddr", Understood),
            (12, "mcastaddr", Understood),
            (13, "mcastport", Understood),
            (14, "ttk", Unknown),
            (17, "ringnumber", Mapped),
            (18, "bindnetaddr", Understood),
            (19, "mcastaddr", Understood),
            (23, "name", Mapped),
            (24, "ver", Ignored),
            (27, "mode", Ignored),
        ]
    );
    assert_eq!(settings[4].words, "line 7 says it once more");
}

#[test]
fn a_page_for_people() {
    let page = explain(OLD).expect("good").text("old.conf");
    let begin = "\
old.conf: 18 settings: 6 understood, 6 mapped, 5 ignored, 1 unknown

totem
   2  version: 2             understood  the version of the file's language, 2
   3  secauth: off           mapped      on, always
";
    assert!(page.starts_with(begin), "{page}");
    let end = "
In effect
  cluster     (without a name)
  nodes       not listed: whoever is heard with the cluster's key
  rings       0  port 5400, on 10.0.0.0, search at 226.94.1.1
              1  port 5406, on 10.0.1.0, search at 226.94.1.2
  policy      active: messages take all rings at once
";
    assert!(page.contains(end), "{page}");
    assert!(page.contains("  a node is given up after 1000 ms of silence\n"), "{page}");
    assert!(page.contains(
        "\nWarnings\n  old.conf: no nodes are named: whoever is heard by multicast with the \
         cluster's key is one; a `nodelist` would say from the start who is missing\n  \
         old.conf:3: secauth: off is ignored"
    ));
}

#[test]
fn what_another_setting_makes_void_is_told_so() {
    let explanation = explain(NEW).expect("good");
    let words = |line: usize| {
        let told = explanation.settings.iter().find(|told| told.line == line).expect("told");
        format!("{} {}: {}", told.value, told.fate.word(), told.words)
    };
    assert_eq!(words(4), "(secret) understood: the cluster's key itself");
    assert_eq!(words(9), "10 ignored: the interface section in line 12 counts");
    assert_eq!(words(14), "6000 understood: the ring's UDP port");
    let listed = explain(
        &NEW.replace("ring1_addr", "ring2_addr")
            .replace("linknumber: 1\n        mcastport", "linknumber: 2\n        mcastport"),
    );
    let listed = listed.expect("good").settings;
    let group = listed.iter().find(|told| told.key == "mcastaddr").expect("told");
    assert_eq!(group.words, "the nodes and their addresses are listed");
}

#[test]
fn the_map_has_corosyncs_keys_and_types() {
    let entries = map(NEW, NodeId(1)).expect("good");
    let lines: Vec<String> = entries
        .iter()
        .map(|entry| format!("{} ({}) = {}", entry.key, entry.kind.word(), entry.value))
        .collect();
    assert_eq!(
        lines,
        [
            "logging.logfile (str) = /var/log/cluster.log",
            "logging.logger_subsys.TOTEM.debug (str) = off",
            "logging.logger_subsys.TOTEM.subsys (str) = TOTEM",
            "logging.to_logfile (str) = yes",
            "nodelist.local_node_pos (u32) = 1",
            "nodelist.node.0.name (str) = oss02",
            "nodelist.node.0.nodeid (u32) = 2",
            "nodelist.node.0.ring0_addr (str) = 10.0.0.2",
            "nodelist.node.0.ring1_addr (str) = 10.0.1.2",
            "nodelist.node.1.name (str) = oss01",
            "nodelist.node.1.nodeid (u32) = 1",
            "nodelist.node.1.ring0_addr (str) = 10.0.0.1",
            "nodelist.node.1.ring1_addr (str) = 10.0.1.1",
            "quorum.device.model (str) = net",
            "quorum.device.net.algorithm (str) = ffsplit",
            "quorum.device.net.host (str) = arbiter",
            "quorum.provider (str) = corosync_votequorum",
            "quorum.two_node (u8) = 1",
            "runtime.config.totem.token (u32) = 2000",
            "totem.cluster_name (str) = lustre",
            "totem.interface.1.knet_link_priority (u8) = 10",
            "totem.interface.1.knet_ping_interval (u32) = 200",
            "totem.interface.1.linknumber (u8) = 1",
            "totem.interface.1.mcastaddr (str) = 239.1.1.1",
            "totem.interface.1.mcastport (u16) = 6000",
            "totem.token (u32) = 2000",
            "totem.version (u32) = 2",
            "uidgid.config.uid.1000 (u8) = 1",
        ]
    );
}
