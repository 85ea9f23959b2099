//! Edits of files as people write them, and their reverses.

use base::NodeId;
use conf::{Edit, Node, NodeRef, edit, values};
use group::LinkId;
use std::collections::BTreeMap;

const FILE: &str = "\
# The servers of the file system.
totem {
	version: 2
	cluster_name:   lustre
}

nodelist {
    node {
        ring0_addr: 10.0.0.1   # not a comment, but blanks count
        # the first server
        nodeid:     1
        name:       oss01
    }

    # The second one.
    node {
        ring0_addr: 10.0.0.3
        nodeid:     3
        name:       oss03
    }

    node {
        ring0_addr: 10.0.0.5
        nodeid:     5
        name:       oss05
        quorum_votes: 1
    }
}
quorum {
    provider: corosync_votequorum
}
";

fn node(id: u32, name: &str) -> Node {
    let addresses = BTreeMap::from([(LinkId(0), format!("10.0.0.{id}"))]);
    Node { id: NodeId(id), name: Some(name.into()), addresses, votes: 1 }
}

fn remove(id: u32) -> Edit {
    Edit::RemoveNode(NodeRef::Id(NodeId(id)))
}

fn ring(link: u8, ids: &[u32]) -> Edit {
    let addresses = ids.iter().map(|id| (NodeId(*id), format!("10.0.{link}.{id}"))).collect();
    Edit::AddRing { link: LinkId(link), addresses }
}

fn set(path: &str, value: &str) -> Edit {
    Edit::Set { path: path.into(), value: Some(value.into()) }
}

fn token(millis: u64) -> Edit {
    set("totem.token", &millis.to_string())
}

#[test]
fn a_setting_is_found_by_its_path() {
    let cases = [
        ("totem.cluster_name", "lustre"),
        ("nodelist.node.name", "oss01 oss03 oss05"),
        ("nodelist.node.1.name", "oss03"),
        ("nodelist.node.7.name", ""),
        ("totem.nothing", ""),
        ("version", ""),
    ];
    for (path, expected) in cases {
        assert_eq!(values(FILE, path).expect("the file is right").join(" "), expected, "{path}");
    }
    let renamed = edit(FILE, &set("nodelist.node.1.name", "oss3")).expect("it is there");
    assert_eq!(values(&renamed, "nodelist.node.name").expect("right"), ["oss01", "oss3", "oss05"]);
}

/// What an edit adds to and takes from a text, as `+` and `-` lines.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| {
        pairs.take_while(|(left, right)| left == right).count()
    };
    let begin = same(&mut old.iter().zip(&new));
    let end = same(&mut old[begin..].iter().rev().zip(new[begin..].iter().rev()));
    let part = |lines: &[&str], mark: &str| -> String {
        lines[begin..lines.len() - end].iter().map(|line| format!("{mark}{line}\n")).collect()
    };
    part(&old, "-") + &part(&new, "+")
}

#[test]
fn only_what_is_meant_changes() {
    let stories = [
        (
            Edit::AddNode(node(4, "oss04")),
            "+        ring0_addr: 10.0.0.4\n+        nodeid:     4\n+        name:       oss04\n\
             +    }\n+\n+    node {\n",
        ),
        (
            Edit::AddNode(Node { votes: 2, ..node(9, "oss09") }),
            "+\n+    node {\n+        ring0_addr: 10.0.0.9\n+        nodeid:     9\n\
             +        name:       oss09\n+        quorum_votes: 2\n+    }\n",
        ),
        (
            remove(5),
            "-\n-    node {\n-        ring0_addr: 10.0.0.5\n-        nodeid:     5\n\
             -        name:       oss05\n-        quorum_votes: 1\n-    }\n",
        ),
        (token(2000), "+\ttoken: 2000\n"),
    ];
    for (change, expected) in stories {
        let changed = edit(FILE, &change).unwrap_or_else(|error| panic!("{change:?}: {error}"));
        assert_eq!(difference(FILE, &changed), expected, "{change:?}");
    }
    let third = edit(FILE, &Edit::RemoveNode(NodeRef::Name("oss03".into()))).expect("it is there");
    assert!(third.contains("    # The second one.\n\n    node {\n        ring0_addr: 10.0.0.5\n"));
    let two = edit(FILE, &ring(1, &[1, 3, 5])).expect("all have one");
    assert!(two.contains("        ring0_addr: 10.0.0.3\n        ring1_addr: 10.0.1.3\n"), "{two}");
}

#[test]
fn an_edit_and_its_reverse_leave_no_trace() {
    let two = edit(FILE, &ring(2, &[1, 3, 5])).expect("all have one");
    let plain = FILE.replace("        quorum_votes: 1\n", "");
    let timed = edit(FILE, &token(700)).expect("it is a time");
    let stories = [
        (FILE, Edit::AddNode(node(4, "oss04")), remove(4)),
        (FILE, Edit::AddNode(node(9, "oss09")), remove(9)),
        (FILE, Edit::AddNode(Node { votes: 7, ..node(2, "b") }), remove(2)),
        (FILE, Edit::AddNode(node(6, "c")), Edit::RemoveNode(NodeRef::Name("c".into()))),
        (&plain, remove(5), Edit::AddNode(node(5, "oss05"))),
        (FILE, ring(1, &[1, 3, 5]), Edit::RemoveRing(LinkId(1))),
        (&two, ring(1, &[1, 3, 5]), Edit::RemoveRing(LinkId(1))),
        (&two, ring(7, &[1, 3, 5]), Edit::RemoveRing(LinkId(7))),
        (&two, Edit::RemoveRing(LinkId(2)), ring(2, &[1, 3, 5])),
        (FILE, token(1000), Edit::Set { path: "totem.token".into(), value: None }),
        (&timed, token(1000), token(700)),
        (&timed, Edit::Set { path: "totem.token".into(), value: None }, token(700)),
    ];
    let odd = |text: &str| {
        // Ends of lines as on another system, tabs and blanks mixed, no end of the last line.
        let odd = text.replace("    node {", " \t node  {").replace(": ", " :\t");
        odd.trim_end().replace('\n', " \r\n")
    };
    for (text, there, back) in stories {
        for text in [text.to_owned(), odd(text)] {
            let changed = edit(&text, &there).unwrap_or_else(|error| panic!("{there:?}: {error}"));
            assert_ne!(changed, text, "{there:?}");
            let again = edit(&changed, &back).unwrap_or_else(|error| panic!("{back:?}: {error}"));
            assert_eq!(again, text, "{there:?} and {back:?}");
        }
    }
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let old = "totem {\nversion: 2\ninterface {\nbindnetaddr: 10.0.0.0\n}\n}\n";
    let single = "totem {\nversion: 2\n}\nnodelist {\nnode {\nring0_addr: a\nnodeid: 1\n}\n}\n";
    let mut wide = node(4, "d");
    wide.addresses.insert(LinkId(1), "10.1.0.4".into());
    let stories = [
        (
            "totem {",
            remove(1),
            "the file has to be mended first: line 1: section `totem` is not closed; add `}` at its end",
        ),
        (
            old,
            Edit::AddNode(node(1, "a")),
            "the file has no nodelist, so nodes come and go by themselves; write a `nodelist` with \
             all nodes to change that",
        ),
        (single, remove(1), "node 1 is the only one; a cluster has at least one"),
        (single, Edit::RemoveRing(LinkId(0)), "ring 0 is the only one; add another one first"),
        (FILE, Edit::AddNode(node(3, "x")), "there is a node 3 already; choose another id"),
        (
            FILE,
            Edit::AddNode(node(4, "oss01")),
            "node 1 is called `oss01` already; choose another name",
        ),
        (
            FILE,
            Edit::AddNode(wide),
            "the nodes have addresses on rings 0; give the new one the same, not 0, 1",
        ),
        (
            FILE,
            Edit::AddNode(node(4, "a {")),
            "`a {` cannot be an address or a name: letters, digits and any of . _ - : % can",
        ),
        (FILE, remove(2), "there is no node 2; there are 1 (oss01), 3 (oss03), 5 (oss05)"),
        (FILE, ring(0, &[1, 3, 5]), "the nodes have addresses on ring 0 already; remove it first"),
        (FILE, ring(1, &[1, 3]), "node 5 needs an address on the new ring, too"),
        (
            FILE,
            ring(1, &[1, 2, 3, 5]),
            "there is no node 2; there are 1 (oss01), 3 (oss03), 5 (oss05)",
        ),
        (FILE, ring(8, &[1, 3, 5]), "there is no ring 8: rings are numbered from 0 to 7"),
        (FILE, Edit::RemoveRing(LinkId(1)), "no node has an address on ring 1"),
        (
            FILE,
            Edit::AddRing {
                link: LinkId(1),
                addresses: [1, 3, 5].map(|id| (NodeId(id), "same".into())).into(),
            },
            "the change would make the file wrong: line 17: node 1 has the address same already; \
             give each node its own",
        ),
        (
            FILE,
            token(1 << 40),
            "the change would make the file wrong: line 4: token cannot be `1099511627776`; it is a \
             number from 0",
        ),
    ];
    for (text, change, expected) in stories {
        let refused = edit(text, &change).expect_err(expected);
        assert_eq!(refused.to_string(), expected);
    }
}

#[test]
fn settings_that_do_not_fit_are_refused_with_the_reason() {
    let stories = [
        (
            set("nodelist.node.ring0_addr", "a"),
            "`nodelist.node.ring0_addr` stands for 3 sections; say which, as in \
             `nodelist.node.0.name`",
        ),
        (
            set("logging.debug", "on"),
            "the file has no section for `logging.debug`; write it as `totem.token`",
        ),
        (set("token", "1000"), "the file has no section for `token`; write it as `totem.token`"),
        (
            set("totem.x", "a\n}"),
            "`a\n}` cannot be a value: it stands on one line, without braces, and is not empty",
        ),
    ];
    for (change, expected) in stories {
        let refused = edit(FILE, &change).expect_err(expected);
        assert_eq!(refused.to_string(), expected);
    }
}
