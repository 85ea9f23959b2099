//! Patches as others make them, and what comes of them.

use super::{Base, Order, Patch, PatchError};
use cluster::Element;

fn element(text: &str) -> Element {
    crate::read_element(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn flat(element: &Element) -> String {
    crate::write_element(element).lines().map(str::trim).collect()
}

/// A patch without what is around its changes, and without the versions.
fn changes(old: &str, new: &str) -> String {
    let (old, new) = (element(old), element(new));
    let patch = Patch::between(&old, &new, Order::Matters).expect("the roots are the same");
    let applied = patch.apply(&old, Base::Any).expect("it was made for this");
    assert_eq!(flat(&applied), flat(&new), "it gives what it was made for");
    let written = Patch { versions: None, ..patch.clone() }.to_element();
    let read = Patch::from_element(&written).map(|read| read.changes);
    assert_eq!(read, Ok(patch.changes), "it is read as it is written");
    let short = |change: &Element| {
        let at = change.attribute("position").map_or_else(String::new, |at| format!(" at {at}"));
        let attributes = change.extra.element("change-list").map(|list| {
            let one = |change: &Element| {
                let name = change.attribute("name").unwrap_or_default().to_owned();
                name + &change
                    .attribute("value")
                    .map_or_else(|| "-".into(), |value| format!("={value}"))
            };
            list.elements().map(one).collect::<Vec<_>>().join(" ")
        });
        let [operation, path] = ["operation", "path"].map(|name| change.attribute(name));
        let attributes = attributes.map_or_else(String::new, |list| format!(": {list}"));
        format!("{} {}{at}{attributes}", operation.unwrap_or("?"), path.unwrap_or("?"))
    };
    written.elements().map(short).collect::<Vec<_>>().join(", ")
}

/// As `crm_diff` of Pacemaker 2.1.5 prints them.
#[test]
fn changes_are_those_that_others_find() {
    let cases = [
        ("<r><a id='1'/></r>", "<r><a id='1'/></r>", ""),
        (
            "<r><a id='1'/><a id='2'/><a id='3'/></r>",
            "<r><a id='3'/><a id='1'/><a id='2'/></r>",
            "move /r/a[@id='3'] at 0, move /r/a[@id='1'] at 1",
        ),
        (
            "<r><a id='1'/><a id='2'/><a id='3'/></r>",
            "<r><a id='2'/><a id='3'/><a id='1'/></r>",
            "move /r/a[@id='2'] at 0, move /r/a[@id='1'] at 2",
        ),
        (
            "<r><a id='1'/><a id='2'/><a id='3'/></r>",
            "<r><b id='7'/><a id='1'/><a id='3'/><a id='2'/></r>",
            "create /r at 0, move /r/a[@id='3'] at 2, move /r/a[@id='2'] at 3",
        ),
        (
            "<r><a id='0'/><a id='1'/><a id='2'/></r>",
            "<r><a id='1'/><a id='2'/><a id='3'/><a id='0'/></r>",
            "move /r/a[@id='1'] at 0, create /r at 2, move /r/a[@id='0'] at 3",
        ),
        (
            "<r><!-- c --><a id='1'/><!-- d --></r>",
            "<r><!-- d --><a id='1'/></r>",
            "delete /r/comment at 0, delete /r/comment at 1, create /r at 0",
        ),
        (
            "<r><!-- c --><!-- d --></r>",
            "<r><!-- d --><!-- c --></r>",
            "delete /r/comment at 0, create /r at 1",
        ),
        (
            "<r z='1' b='2' id='3' c='a'/>",
            "<r b='2' id='3' q='9'/>",
            "modify /r[@id='3']: b=2 q=9 z- c-",
        ),
        (
            "<r><a id='1' v='1'/><b/><c id='6'/></r>",
            "<r><c id='6' y='1'/><a id='1' v='2'/></r>",
            "delete /r/b, modify /r/c[@id='6']: y=1, move /r/c[@id='6'] at 0, modify /r/a[@id='1']: \
             v=2, move /r/a[@id='1'] at 1",
        ),
        (
            "<r><a id='1' v='1'><b id='2' k='1'/></a></r>",
            "<r><a id='1' v='2'><b id='2' k='3'/><c/></a></r>",
            "modify /r/a[@id='1']: v=2, modify /r/a[@id='1']/b[@id='2']: k=3, create /r/a[@id='1'] at 1",
        ),
        (
            "<r><g id='1'><a id='2'/><a id='3'/></g><g id='4'/></r>",
            "<r><g id='4'/><g id='1'><a id='3'/><a id='2'/></g></r>",
            "move /r/g[@id='4'] at 0, move /r/g[@id='1']/a[@id='3'] at 0, move /r/g[@id='1']/a[@id='2'] \
             at 1, move /r/g[@id='1'] at 1",
        ),
    ];
    for (old, new, expected) in cases {
        assert_eq!(changes(old, new), expected, "{old} -> {new}");
    }
}

/// Twins are made anew; others lose one of them here.
#[test]
fn twins_are_told_apart_by_making_them_anew() {
    let cases = [
        ("<r><a x='1'/><a x='2'/></r>", "<r><a x='2'/><a x='1'/></r>"),
        ("<r><a x='1'/></r>", "<r><a x='1'/><a x='2'/></r>"),
        ("<r><a id='1'/><a/><b id='1'/></r>", "<r><b id='1'/><a/><a id='1' x='2'/></r>"),
    ];
    for (old, new) in cases {
        assert!(changes(old, new).contains("create"), "{old} -> {new}");
    }
}

const CIB: &str = "<cib admin_epoch='0' epoch='5' num_updates='3'><r id='a' x='1'/></cib>";

fn refusal(patch: &str, base: Base) -> String {
    let applied = Patch::from_element(&element(patch))
        .and_then(|patch| patch.apply(&element(CIB), base).map(|root| flat(&root)));
    match applied {
        Ok(root) => root,
        Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
    }
}

#[test]
fn a_patch_that_does_not_fit_is_refused() {
    let led = |from: &str, to: &str| {
        let version = |name: &str, text: &str| {
            let part: Vec<&str> = text.split('.').collect();
            format!(
                "<{name} admin_epoch='{}' epoch='{}' num_updates='{}'/>",
                part[0], part[1], part[2]
            )
        };
        let parts = version("source", from) + &version("target", to);
        format!("<diff format='2'><version>{parts}</version></diff>")
    };
    let one = |change: &str| format!("<diff format='2'><change {change}</change></diff>");
    let same = flat(&element(CIB));
    let cases = [
        ("<foo/>".to_owned(), "Format"),
        ("<diff format='3'/>".to_owned(), "Format"),
        ("<diff/>".to_owned(), "Format"),
        (led("0.5.3", "0.6.0"), same.as_str()),
        (led("0.4.3", "0.6.0"), "Old"),
        (led("0.5.2", "0.6.0"), "Old"),
        (led("0.5.3", "0.5.3"), "Old"),
        (led("0.5.3", "0.5.2"), "Old"),
        (led("0.7.0", "0.8.0"), "Early"),
        (one("operation='delete' path='/cib/r[@id=\"a\"]'>"), "Format"),
        (one("operation='delete' path=\"/cib/r[@id='b']\">"), same.as_str()),
        (one("operation='delete' path='/cib'>"), "Misfit"),
        (one("operation='modify' path=\"/cib/r[@id='a']\">"), "NoResult"),
        (one("operation='modify' path='/cib/s'><change-result><s/></change-result>"), "Misfit"),
        (one("operation='move' path=\"/cib/r[@id='a']\" position='9'>"), "Misfit"),
        (one("operation='move' path=\"/cib/r[@id='a']\">"), "Format"),
        (one("operation='create' path='/cib' position='0'>"), "Format"),
        (one("operation='create' path='/cib' position='-1'><a/>"), "Format"),
        (one("operation='delete' path='/cib/comment' position='0'>"), "Misfit"),
        (one("operation='paint' path='/cib'>"), "Format"),
        ("<diff format='2' digest='0123'/>".to_owned(), "Digest"),
    ];
    for (patch, expected) in cases {
        assert_eq!(refusal(&patch, Base::SameVersion), expected, "{patch}");
    }
    assert_eq!(refusal(&led("0.4.3", "0.6.0"), Base::Any), same, "versions need not count");
}

#[test]
fn roots_have_to_be_the_same() {
    for (old, new) in [("<r/>", "<q/>"), ("<r id='1'/>", "<r id='2'/>")] {
        let patch = Patch::between(&element(old), &element(new), Order::Matters);
        assert!(matches!(patch, Err(PatchError::OtherRoot { .. })), "{old} {new}");
    }
}

#[test]
fn the_order_of_attributes_may_be_ignored() {
    let (old, new) = (element("<r a='1' b='2'/>"), element("<r b='2' a='1'/>"));
    let found = |order| Patch::between(&old, &new, order).map(|patch| patch.is_empty());
    assert_eq!(found(Order::Matters), Ok(false));
    assert_eq!(found(Order::Ignored), Ok(true));
}
