//! Files as people have them, and what must come of each.

use base::NodeId;
use conf::{ClusterConf, Multicast, OwnId, Problem, Transport, parse};
use group::{
    Admission, Cipher, ClusterKey, Expectation, LinkId, LinkPolicy, QuorumRule, TieBreaker,
    WaitForAll,
};
use std::time::Duration;

const MODERN: &str = "\
# two servers, two rings
totem {
    version: 2
    cluster_name: lustre
    transport: knet
    link_mode: active
    crypto_cipher: aes256
    crypto_hash: sha256
    token: 2000
    interface {
        linknumber: 1
        mcastport: 6000
    }
}

nodelist {
    node {
        ring0_addr: 10.0.0.2
        ring1_addr: fd00::2
        name: oss02
        nodeid: 2
    }
    node {
        ring0_addr: 10.0.0.1
        ring1_addr: fd00::1
        name: oss01
        nodeid: 1
        quorum_votes: 1
    }
}

quorum {
    provider: corosync_votequorum
    two_node: 1
}

logging {
    to_logfile: yes
    logfile: /var/log/cluster.log
    debug: off
}
";

const OLD: &str = "\
totem {
\tversion: 2
\tsecauth: off
\tthreads: 0
\trrd_mode: active
\tinterface {
\t\tringnumber:  0
\t\tbindnetaddr: 10.0.0.0
\t\tmcastaddr:   226.94.1.1
\t\tmcastport:   5400
\t}
\tinterface {
\t\tringnumber:  1
\t\tbindnetaddr: 10.0.1.0
\t\tmcastaddr:   226.94.1.2
\t}
}
aisexec {
\tuser:  root
\tgroup: root
}
service {
\tname: pacemaker
\tver:  0
}
";

fn warnings(conf: &ClusterConf) -> Vec<String> {
    conf.warnings.iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_of_today() {
    let conf = parse(MODERN).expect("good");
    assert_eq!(warnings(&conf), [""; 0]);
    assert_eq!(conf.cluster_name, "lustre");
    assert_eq!((conf.transport, conf.policy), (Transport::Knet, LinkPolicy::Active));
    assert_eq!(conf.cipher, Cipher::Aes256Gcm);
    assert_eq!(conf.timing.patience, Duration::from_secs(2));
    assert_eq!(conf.timing.heartbeat, Duration::from_millis(125));
    assert_eq!((conf.port(LinkId(0)), conf.port(LinkId(1))), (5405, 6000));
    assert_eq!(
        (conf.quorum.rule, conf.quorum.wait_for_all),
        (QuorumRule::TwoNode, WaitForAll::Unset)
    );
    assert_eq!(conf.logging.file.as_deref(), Some("/var/log/cluster.log"));
    let first = &conf.nodes[0];
    assert_eq!((first.id, first.name.as_deref()), (NodeId(1), Some("oss01")));
    assert_eq!(first.addresses[&LinkId(1)], "fd00::1");
    let group = conf.group_config(ClusterKey::new([1; 128]).expect("a key")).expect("nodes");
    assert_eq!(group.nodes.len(), 2);
    assert_eq!(group.nodes[1].links, [LinkId(0), LinkId(1)]);
    assert_eq!((group.priorities[&LinkId(1)], group.datagram_limit), (1, None));
    let slow = MODERN.replace("aes256", "chacha20\n    knet_mtu: 1400");
    let slow = parse(&slow).expect("good");
    assert_eq!(slow.cipher, Cipher::ChaCha20Poly1305);
    let group = slow.group_config(ClusterKey::new([1; 128]).expect("a key")).expect("nodes");
    assert_eq!(group.datagram_limit, Some(1352));
}

#[test]
fn the_guides_file_with_its_slip() {
    let conf = parse(OLD).expect("good");
    assert_eq!(
        warnings(&conf),
        [
            "no nodes are named: whoever is heard by multicast with the cluster's key is one; a \
             `nodelist` would say from the start who is missing",
            "line 3: secauth: off is ignored: packets are always authenticated and encrypted",
            "line 5: totem.rrd_mode is taken as `rrp_mode`, which is how it is written",
        ]
    );
    assert_eq!((conf.transport, conf.quorum.rule), (Transport::Udp, QuorumRule::Majority));
    assert!(conf.starts_pacemaker);
    assert_eq!((conf.port(LinkId(0)), conf.port(LinkId(1))), (5400, 5406));
    assert_eq!(conf.interfaces[&LinkId(1)].bind_network.as_deref(), Some("10.0.1.0"));
    let found = |ring| conf.interfaces[&LinkId(ring)].multicast;
    let group = |text: &str| text.parse().expect("an address");
    let expected = Multicast { group: group("226.94.1.1"), port: 5400, ttl: 1 };
    assert_eq!(found(0), Some(expected));
    assert_eq!(found(1), Some(Multicast { group: group("226.94.1.2"), port: 5406, ttl: 1 }));
    assert_eq!(conf.own_id.at([10, 0, 0, 1].into()), NodeId(16_777_226));
    let key = || ClusterKey::new([1; 32]).expect("a key");
    let group = conf.group_config(key()).expect("its networks say where to look");
    assert_eq!((group.admission, group.nodes.len()), (Admission::Anyone, 0));
    let nowhere = parse("totem {\nversion: 2\n}\n").expect("good").group_config(key());
    assert_eq!(nowhere.expect_err("nobody, nowhere").problem, Problem::NoNodes);
    assert_eq!(conf.policy, LinkPolicy::Active, "the slip is understood");
}

#[test]
fn where_nodes_look_for_each_other() {
    let of = |totem: &str, interface: &str| {
        let text = format!("totem {{\nversion: 2\n{totem}\ninterface {{\n{interface}\n}}\n}}\n");
        let conf = parse(&text).unwrap_or_else(|error| panic!("{text}{error}"));
        let multicast = conf.interfaces[&LinkId(0)].multicast.expect("nobody is listed");
        (format!("{} {} {}", multicast.group, multicast.port, multicast.ttl), conf.own_id)
    };
    let stories = [
        ("", "mcastaddr: ff15::1\nttl: 3\nmcastport: 7000", "ff15::1 7000 3", OwnId::OfAddress),
        ("nodeid: 7", "broadcast: yes", "255.255.255.255 5405 1", OwnId::Given(NodeId(7))),
        ("clear_node_high_bit: yes", "", "239.192.129.28 5405 1", OwnId::OfAddressPositive),
        ("cluster_name: lustre", "", "239.192.17.133 5405 1", OwnId::OfAddress),
    ];
    for (totem, interface, expected, own_id) in stories {
        assert_eq!(of(totem, interface), (expected.to_owned(), own_id), "{totem} {interface}");
    }
    assert_eq!(OwnId::OfAddressPositive.at([10, 0, 0, 255].into()), NodeId(0x7f00_000a));
    let listed = MODERN.replace("linknumber: 1", "linknumber: 1\n        knet_link_priority: 10");
    let listed = parse(&listed).expect("good");
    assert_eq!(listed.interfaces[&LinkId(1)].multicast, None);
    assert_eq!(listed.interfaces[&LinkId(1)].priority, 10);
}

#[test]
fn how_large_packets_are() {
    for (settings, expected) in [
        ("", None),
        ("netmtu: 65536", None),
        ("netmtu: 8982", Some(8982)),
        ("netmtu: 8982\nknet_mtu: 1400", Some(1400)),
        ("knet_mtu: 0", None),
    ] {
        let text = MODERN.replace("version: 2", &format!("version: 2\n{settings}"));
        assert_eq!(parse(&text).expect("good").mtu, expected, "{settings}");
    }
}

#[test]
fn members_of_corosync_1_4() {
    let text = "totem {\r\n version: 2\r\n transport: udpu\r\n interface {\r\n ringnumber: 0\r\n\
        member {\r\n memberaddr: 10.0.0.1\r\n }\r\n member {\r\n memberaddr: 10.0.0.2\r\n }\r\n\
        mcastport: 5400\r\n }\r\n }\r\n";
    let conf = parse(text).expect("good");
    let ids: Vec<_> = conf.nodes.iter().map(|node| node.id.0).collect();
    assert_eq!(ids, [16_777_226, 33_554_442]);
}

#[test]
fn what_is_wrong_is_said_with_line_and_remedy() {
    let head = "totem {\nversion: 2\n}\n";
    let node = |inner: &str| format!("{head}nodelist {{\nnode {{\n{inner}\n}}\n}}\n");
    let twice = "nodeid: 1\nring0_addr: a\n}\nnode {\nnodeid: 1\nring0_addr: b";
    let uneven = "nodeid: 1\nring0_addr: a\n}\nnode {\nnodeid: 2\nring0_addr: b\nring1_addr: c";
    let stories = [
        (
            "totem {\nversion: 2\n".into(),
            "line 1: section `totem` is not closed; add `}` at its end",
        ),
        (format!("{head}}}"), "line 4: no section is open here; remove the `}`"),
        (
            format!("{head}hello"),
            "line 4: `hello` is not understood; write `key: value`, `section {` or `}`",
        ),
        (format!("{head}{{\n}}"), "line 4: the section has no name; write it before the `{`"),
        (
            format!("{head}a {{ b: c"),
            "line 4: nothing may follow `{` on its line; put `b: c` on the next one",
        ),
        (format!("{head}: 7"), "line 4: there is no key before the `:`"),
        (
            "totem {\n}".into(),
            "there is no `version: 2` in section `totem`; is this a corosync.conf?",
        ),
        (
            node("ring0_addr: oss01"),
            "line 5: the node has no nodeid; add `nodeid: NUMBER`, another one for each node",
        ),
        (
            node("ring0_addr:\nnodeid: 1"),
            "line 6: ring0_addr cannot be ``; it is an address or a name",
        ),
        (node("nodeid: 0"), "line 6: nodeid cannot be `0`; it is a number from 1"),
        (
            "a {\n".repeat(17),
            "line 17: sections are nested more than 16 deep; is a `}` missing further up?",
        ),
        (
            node("nodeid: 1\nring0_addr: a\n}\nnode {\nnodeid: 2\nring0_addr: a"),
            "line 9: node 1 has the address a already; give each node its own",
        ),
        (
            node("nodeid: 3"),
            "line 5: node 3 has no ring0_addr, but others have; give it to all or none",
        ),
        (node(twice), "line 9: another node has nodeid 1 already; give each its own"),
        (node(uneven), "line 5: node 1 has no ring1_addr, but others have; give it to all or none"),
    ];
    refuses(&stories);
}

fn refuses(stories: &[(String, &str)]) {
    for (text, expected) in stories {
        let error = parse(text).expect_err(expected);
        assert_eq!(error.to_string(), *expected);
        // The same with the file's name, as compilers and editors have it.
        let place = expected.strip_prefix("line ").unwrap_or(expected);
        let separator = if place == *expected { "a.conf: " } else { "a.conf:" };
        assert_eq!(error.in_file(&"a.conf"), format!("{separator}{place}"));
    }
}

#[test]
fn what_a_key_cannot_be_is_said_with_what_it_can() {
    refuses(&[
        (
            "totem {\nversion: 2\ntoken: soon\n}".into(),
            "line 3: token cannot be `soon`; it is a number from 0",
        ),
        (
            "totem {\nversion: 2\nrrp_mode: all\n}".into(),
            "line 3: rrp_mode cannot be `all`; it is active, passive or rr",
        ),
        (
            "totem {\nversion: 2\ntransport: rdma\n}".into(),
            "line 3: transport cannot be `rdma`; it is knet, udpu or udp; use an IP address of the InfiniBand interface",
        ),
        (
            "totem {\nversion: 2\nknet_mtu: 100\n}".into(),
            "line 3: knet_mtu cannot be `100`; it is a number of bytes from 576 to 65535, or 0 to find out",
        ),
        (
            "totem {\nversion: 2\ninterface {\nmcastaddr: 10.0.0.1\n}\n}".into(),
            "line 4: mcastaddr cannot be `10.0.0.1`; it is a multicast address, as 239.255.1.1",
        ),
    ]);
}

#[test]
fn what_has_no_effect_is_said() {
    let text = "totem {\nversion: 2\ntoken: 50\ncrypto_hash: none\n}\nnodelist {\nnode {\n\
        ring0_addr: a\nnodeid: 1\n}\n}\nqorum {\n}\nquorum {\nauto_tie_breaker: 1\ntwo_node: 1\n\
        provider: corosync_votequorum\ndevice {\nmodel: net\n}\n}\nfoobar: 1\n";
    assert_eq!(
        warnings(&parse(text).expect("good")),
        [
            "line 3: token 50 ms is too short to tell a slow node from a dead one; using 200 ms",
            "line 4: crypto_hash: none is ignored: packets are always authenticated and encrypted",
            "line 12: unknown section `qorum` has no effect; did you mean `quorum`?",
            "line 15: quorum.auto_tie_breaker is ignored: with odd expected votes it needs \
             wait_for_all: 1",
            "line 16: quorum.two_node is ignored: auto_tie_breaker says which of two goes on",
            "line 18: quorum.device is ignored: its section `net` names no `host`",
            "line 22: unknown key `foobar` has no effect",
        ]
    );
    let bare = parse("totem {\nversion: 2\n}\nnodelist {\nnode {\nring0_addr: a\nnodeid: 1\n}\n}");
    let bare = bare.expect("good");
    assert_eq!(bare.quorum.rule, QuorumRule::None);
    assert!(warnings(&bare)[0].starts_with("no quorum provider: every partition may act"));
}

#[test]
fn who_am_i() {
    let conf = parse(MODERN).expect("good");
    let local = |host: &str, addresses: &[&str]| {
        let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        conf.local_node(host, &addresses).map(|node| node.id.0)
    };
    assert_eq!(local("oss02", &[]), Some(2));
    assert_eq!(local("oss01.example.com", &[]), Some(1));
    assert_eq!(local("other", &["127.0.0.1", "fd00::2"]), Some(2));
    assert_eq!(local("other", &["127.0.0.1"]), None);
}

/// A file of `nodes` nodes with these lines in its section `quorum`.
fn with_quorum(nodes: u32, lines: &str) -> String {
    let node = |id| format!("node {{\nring0_addr: n{id}\nnodeid: {id}\n}}\n");
    let list: String = (1..=nodes).map(node).collect();
    let lines = lines.replace("; ", "\n");
    format!(
        "totem {{\nversion: 2\n}}\nnodelist {{\n{list}}}\n\
         quorum {{\nprovider: corosync_votequorum\n{lines}\n}}\n"
    )
}

/// What is in force, in words.
fn in_force(conf: &ClusterConf) -> String {
    let quorum = &conf.quorum;
    let window = quorum.last_man_standing.map(|window| format!("last man {window:?}"));
    let breaker = quorum.tie_breaker.as_ref().map(|breaker| match breaker {
        TieBreaker::List(nodes) => format!("list of {}", nodes.len()),
        other => format!("{other:?}"),
    });
    let arbiter = conf.arbiter.as_ref();
    let arbiter = arbiter.map(|a| format!("{} votes of {}:{}", a.votes, a.host, a.port));
    assert_eq!(quorum.arbiter_votes, conf.arbiter.as_ref().map(|arbiter| arbiter.votes));
    let expectation =
        (quorum.expectation != Expectation::Steady).then(|| format!("{:?}", quorum.expectation));
    let rule = Some(format!("{:?}", quorum.rule));
    [rule, window, breaker, expectation, arbiter]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(", ")
}

/// Nodes, lines, what is in force, and how what is said of it begins.
const MODES: &[(u32, &str, &str, &[&str])] = &[
    (4, "auto_tie_breaker: 1", "Majority, Lowest", &[]),
    (3, "auto_tie_breaker: 1; wait_for_all: 1", "Majority, Lowest", &[]),
    (4, "auto_tie_breaker: 1; auto_tie_breaker_node: 3 1", "Majority, list of 2", &[]),
    (
        3,
        "auto_tie_breaker: 1; last_man_standing: 1",
        "Majority",
        &[
            "quorum.auto_tie_breaker is ignored: with odd expected votes it needs wait_for_all: 1",
            "quorum.last_man_standing is ignored: with auto_tie_breaker it needs wait_for_all: 1",
        ],
    ),
    (2, "two_node: 1", "TwoNode", &[]),
    (
        2,
        "two_node: 1; auto_tie_breaker: 1",
        "Majority, Lowest",
        &["quorum.two_node is ignored: auto_tie_breaker says which of two goes on"],
    ),
    (
        4,
        "last_man_standing: 1; last_man_standing_window: 5000; wait_for_all: 1",
        "Majority, last man 5s",
        &[],
    ),
    (
        4,
        "last_man_standing: 1",
        "Majority, last man 10s",
        &["quorum.last_man_standing without wait_for_all: nodes that come back may form"],
    ),
    (4, "expected_votes_tracking: 1", "Majority, Tracked", &[]),
    (
        4,
        "allow_downscale: 1; expected_votes: 3",
        "Majority, Downscale",
        &["quorum.allow_downscale without wait_for_all: nodes that come back may form"],
    ),
    (
        2,
        "device {; model: net; net {; host: arb; fingerprint: FP; }; }",
        "Majority, 1 votes of arb:5403",
        &[],
    ),
    (
        4,
        "device {; model: net; net {; host: arb; fingerprint: FP; algorithm: lms; port: 99; }; }",
        "Majority, 3 votes of arb:99",
        &[],
    ),
    (
        2,
        "two_node: 1; last_man_standing: 1; device {; model: net; net {; host: arb; fingerprint: FP; }; }",
        "Majority, 1 votes of arb:5403",
        &[
            "quorum.last_man_standing is ignored: it does not go together with a device",
            "quorum.two_node is ignored: with a device one node needs its vote",
        ],
    ),
    (
        2,
        "device {; model: net; net {; host: arb; }; }",
        "Majority, 1 votes of arb:5403",
        &["quorum.device.net needs the `fingerprint`"],
    ),
    (
        1,
        "device {; model: net; net {; host: arb; }; }",
        "Majority",
        &["quorum.device is ignored: the nodes themselves need 2 votes at least"],
    ),
];

#[test]
fn modes_of_quorum_and_what_they_do_to_each_other() {
    for (nodes, lines, expected, doubts) in MODES {
        let lines = lines.replace("FP", &"ab".repeat(32));
        let conf = parse(&with_quorum(*nodes, &lines)).expect("good");
        assert_eq!(in_force(&conf), *expected, "{lines}");
        let mut told = warnings(&conf);
        told.sort_by_key(|text| text.find("quorum.").map(|at| text[at..].to_owned()));
        assert_eq!(told.len(), doubts.len(), "{lines}: {told:?}");
        let all_told = told.iter().zip(*doubts).all(|(text, doubt)| text.contains(doubt));
        assert!(all_told, "{lines}: {told:?}");
    }
}

#[test]
fn an_arbiter_is_known_by_its_fingerprint() {
    let read = |text: &str| {
        let device =
            format!("device {{; model: net; net {{; host: arb; fingerprint: {text}; }}; }}");
        let conf = parse(&with_quorum(2, &device)).map_err(|error| error.to_string())?;
        Ok::<_, String>(conf.arbiter.and_then(|arbiter| arbiter.fingerprint))
    };
    let colons = ["AB"; 32].join(":");
    for good in ["ab".repeat(32), colons] {
        assert_eq!(read(&good), Ok(Some([0xab; 32])), "{good}");
    }
    for wrong in ["ab".repeat(31), "ab".repeat(33), "xy".repeat(32), "a".repeat(63)] {
        let error = read(&wrong).expect_err("it is none");
        assert!(error.contains("`systole arbiter fingerprint`"), "{error}");
    }
}
