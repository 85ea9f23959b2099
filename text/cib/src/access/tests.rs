use super::*;
use crate::{Cib, read, read_element, to_element, write_element};
use cluster::access::{Person, Rights};

/// Users are named after what they may do.
const CIB: &str = include_str!("tests/rules.xml");

fn cib() -> Cib {
    read(CIB).expect("it is sound")
}

fn grants(name: &str) -> Grants {
    let groups = if name == "grouped" { vec!["staff".to_owned()] } else { Vec::new() };
    let person = Person { name: name.into(), groups };
    match Rights::of(&cib().configuration, &person) {
        Rights::Granted(grants) => grants,
        Rights::All => panic!("{name} is exempt"),
    }
}

/// A person, what of the text is replaced by what, and what comes of it. `CUT` takes the primitive
/// `a` away, `SWAP` puts it behind `b`.
const CHANGES: &[(&str, &str, &str, &str)] = &[
    // Whoever may write everything may, but what is denied.
    ("admin", r#"value="Started""#, r#"value="Stopped""#, "fine"),
    ("admin", r#"<node id="1" uname="n1"/>"#, "", "fine"),
    (
        "admin",
        r#"value="geheim""#,
        r#"value="other""#,
        "admin may not change /cib/configuration/resources/primitive[@id='a']/instance_attributes[@id='a-i']/nvpair[@id='a-pw']/@value: permission `admin-2` of role `admin` denies it",
    ),
    // It does not vanish with what is around it either.
    (
        "admin",
        "<!-- a -->",
        "CUT",
        "admin may not remove /cib/configuration/resources/primitive[@id='a']/instance_attributes[@id='a-i']/nvpair[@id='a-pw']: permission `admin-2` of role `admin` denies it",
    ),
    // A permission to see takes none to change away; one to change gives that to see.
    ("admin", r#"type="Stateful""#, r#"type="Dummy""#, "fine"),
    // Operators start and stop, and nothing else.
    ("operator", r#"value="Started""#, r#"value="Stopped""#, "fine"),
    (
        "operator",
        r#"<primitive id="b" class="ocf" provider="p" type="Stateful"/>"#,
        r#"<primitive id="b" class="ocf" provider="p" type="Stateful"><meta_attributes id="b-m"><nvpair id="b-tr" name="target-role" value="Stopped"/></meta_attributes></primitive>"#,
        "fine",
    ),
    (
        "operator",
        r#"<meta_attributes id="a-m"><nvpair id="a-tr" name="target-role" value="Started"/></meta_attributes>"#,
        "",
        "fine",
    ),
    (
        "operator",
        r#"name="target-role" value="Started""#,
        r#"name="is-managed" value="Started""#,
        "operator may not change /cib/configuration/resources/primitive[@id='a']/meta_attributes[@id='a-m']/nvpair[@id='a-tr']/@name: no permission of role `look` or `operator` allows it",
    ),
    (
        "operator",
        r#"name="passwd" value="geheim""#,
        r#"name="target-role" value="Started""#,
        "operator may not change /cib/configuration/resources/primitive[@id='a']/instance_attributes[@id='a-i']/nvpair[@id='a-pw']/@name: permission `look-2` of role `look` denies it",
    ),
    (
        "operator",
        r#"<primitive id="b""#,
        r#"<primitive id="c" class="ocf" provider="p" type="Dummy"/><primitive id="b""#,
        "operator may not add /cib/configuration/resources/primitive[@id='c']: no permission of role `look` or `operator` allows it",
    ),
    (
        "operator",
        r#"<acl_target id="operator">"#,
        r#"<acl_target id="operator"><role id="admin"/>"#,
        "operator may not add /cib/configuration/acls/acl_target[@id='operator']/role[@id='admin']: no permission of role `look` or `operator` allows it",
    ),
    // Comments, and the order of things.
    (
        "looker",
        "<!-- a -->",
        "<!-- b -->",
        "looker may not change /cib/configuration/resources: no permission of role `look` allows it",
    ),
    (
        "looker",
        "SWAP",
        "",
        "looker may not put in another order what is in /cib/configuration/resources: no permission of role `look` allows it",
    ),
    ("admin", "SWAP", "", "fine"),
    // Groups of the system, and rules of old.
    ("grouped", r#"value="Started""#, r#"value="Stopped""#, "fine"),
    ("old", r#"type="Stateful""#, r#"type="Dummy""#, "fine"),
    (
        "old",
        r#"uname="n1""#,
        r#"uname="n2""#,
        "old may not change /cib/configuration/nodes/node[@id='1']/@uname: no permission of this user allows it",
    ),
    (
        "nobody",
        r#"uname="n1""#,
        r#"uname="n2""#,
        "nobody may not change /cib/configuration/nodes/node[@id='1']/@uname: no role gives `nobody` any permission; an acl_target of that name would",
    ),
    // What a path forbids that nobody understands is everything.
    (
        "broken",
        r#"uname="n1""#,
        r#"uname="n2""#,
        "broken may not change /cib/configuration/nodes/node[@id='1']/@uname: permission `broken-2` of role `broken` denies it",
    ),
];

#[test]
fn changes_are_allowed_or_refused_by_a_rule() {
    let before = read_element(CIB).expect("it is XML");
    for &(person, old, new, expected) in CHANGES {
        let mut after = before.clone();
        if old == "SWAP" || new == "CUT" {
            let places = find_places(&before, "//primitive[@id='a']").expect("it is a path");
            let there = places[0].at(&before).expect("it is there").clone();
            places[0].remove(&mut after);
            let resources = find_places(&after, "//resources").expect("it is a path");
            let resources = resources[0].element(&mut after).expect("it is there");
            if old == "SWAP" {
                resources.extra.children.push(cluster::ExtraNode::Element(there));
            }
        } else {
            assert!(CIB.contains(old), "{old}");
            after = read_element(&CIB.replacen(old, new, 1)).expect("it is XML");
        }
        let said = match check(&grants(person), &before, &after) {
            Ok(()) => "fine".to_owned(),
            Err(forbidden) => forbidden.to_string(),
        };
        assert_eq!(said, expected, "{person}: {old} -> {new}");
        assert_eq!(check(&grants(person), &before, &before), Ok(()));
    }
}

#[test]
fn everybody_sees_what_the_rules_show() {
    let root = read_element(CIB).expect("it is XML");
    let all = to_element(&cib());
    for (person, shown, hidden) in [
        ("looker", &["a-tr", "Stateful", "<!-- a -->"][..], &["geheim", "passwd"][..]),
        ("operator", &["a-tr", "acl_target"], &["geheim"]),
        ("admin", &["a-tr", "acl_target", "Stateful"], &["geheim"]),
        ("narrow", &[r#"<primitive id="a">"#, "geheim"], &["Stateful", "n1", "class", "b"]),
    ] {
        for root in [&root, &all] {
            let seen = visible(&grants(person), root).expect("they see something");
            let text = write_element(&seen);
            for word in shown {
                assert!(text.contains(word), "{person} does not see {word}:\n{text}");
            }
            for word in hidden {
                let needle =
                    if word.len() == 1 { format!("id=\"{word}\"") } else { (*word).into() };
                assert!(!text.contains(&needle), "{person} sees {word}:\n{text}");
            }
        }
    }
    for person in ["nobody", "broken"] {
        let why = visible(&grants(person), &root).expect_err("they see nothing").to_string();
        assert!(why.starts_with(&format!("{person} may not see /cib: ")), "{why}");
    }
}

#[test]
fn rights_are_marked_where_they_change() {
    let root = read_element(CIB).expect("it is XML");
    let place = find_places(&root, "//primitive[@id='a']").expect("it is a path").remove(0);
    let shown = |rendering| render(&grants("operator"), &root, &place, rendering);
    assert_eq!(
        shown(Rendering::Text),
        "<!-- ACLs as evaluated for user operator -->\n\
         vvv---[ READABLE ]---vvv\n\
         <primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"Dummy\">\n  \
           <meta_attributes id=\"a-m\">\n    \
             \n    \
             vvv---[ WRITABLE ]---vvv\n    \
             <nvpair id=\"a-tr\" name=\"target-role\" value=\"Started\"/>\n  \
           </meta_attributes>\n  \
           <instance_attributes id=\"a-i\">\n    \
             \n    \
             vvv---[ ~DENIED~ ]---vvv\n    \
             <nvpair id=\"a-pw\" name=\"passwd\" value=\"geheim\"/>\n    \
             <nvpair id=\"a-q\" name=\"q\" value=\"1\"/>\n  \
           </instance_attributes>\n\
         </primitive>\n"
    );
    let named = shown(Rendering::Namespace);
    let lines: Vec<&str> = named.lines().map(str::trim).collect();
    assert_eq!(
        lines[1],
        "<pcmk-access-readable:primitive id=\"a\" class=\"ocf\" provider=\"p\" type=\"Dummy\" \
         xmlns:pcmk-access-writable=\"http://clusterlabs.org/ns/pacemaker/access/writable\" \
         xmlns:pcmk-access-readable=\"http://clusterlabs.org/ns/pacemaker/access/readable\" \
         xmlns:pcmk-access-denied=\"http://clusterlabs.org/ns/pacemaker/access/denied\">"
    );
    assert!(lines[3].starts_with("<pcmk-access-writable:nvpair id=\"a-tr\""), "{}", lines[3]);
    let colored = shown(Rendering::Color);
    assert!(colored.contains("    \x1b[31m<nvpair id=\"a-pw\""), "{colored}");
    assert!(colored.contains("  \x1b[34m</meta_attributes>\x1b[0m"), "{colored}");
}

#[test]
fn paths_that_nobody_understands_are_told() {
    let said: Vec<String> =
        problems(&cib().configuration).iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[0].starts_with("broken-2: XPath `//nvpair[name()='x']`, character "), "{said:?}");
    assert!(said[1].starts_with("broken-3: XPath `//[`"), "{said:?}");
    assert!(said[0].ends_with("one that denies, denies everything"), "{said:?}");
}
