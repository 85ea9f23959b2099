//! Whether a text says all there is about an object.
//!
//! It is read back and compared, but for what is [`ordinary`]. So nothing is lost in silence: what
//! the language has no words for shows as XML.

use super::ordinary;
use crate::element;
use crate::parser::parse_tolerant;
use crate::statement::Statement;
use cluster::{Element, ExtraNode};
use std::collections::BTreeSet;

/// Whether reading `text` gives `object` again. Ids that are not among `said` come by themselves.
pub(super) fn says_all(text: &str, object: &Element, said: &BTreeSet<String>) -> bool {
    let is_ordinary = ordinary::is_ordinary(object, said);
    debug_assert!(!is_ordinary || comes_back(text, object, said), "{object:?} is not `{text}`");
    is_ordinary || comes_back(text, object, said)
}

fn comes_back(text: &str, object: &Element, said: &BTreeSet<String>) -> bool {
    let Ok(statements) = parse_tolerant(text) else { return false };
    let [statement] = statements.as_slice() else { return false };
    match &statement.value {
        Statement::Object(_, read) => is_same(read, object, said, true),
        _ => false,
    }
}

/// Whether the levels of fencing that `text` says are these.
pub(super) fn says_levels(text: &str, levels: &[&Element], said: &BTreeSet<String>) -> bool {
    let Ok(statements) = parse_tolerant(text) else { return false };
    let [statement] = statements.as_slice() else { return false };
    let Statement::FencingLevels(read) = &statement.value else { return false };
    let alike = |(read, level): (&Element, &&Element)| is_same(read, level, said, false);
    read.len() == levels.len() && read.iter().zip(levels).all(alike)
}

fn is_same(read: &Element, there: &Element, said: &BTreeSet<String>, is_object: bool) -> bool {
    read.name == there.name
        && attributes_are_same(read, there, said, is_object)
        && children_are_same(read, there, said)
}

fn attributes_are_same(
    read: &Element,
    there: &Element,
    said: &BTreeSet<String>,
    is_object: bool,
) -> bool {
    let is_node = is_object && there.name == "node";
    let mut said_too = 0;
    for (name, value) in &there.extra.attributes {
        let is_usual = !is_object || is_node && there.attribute("uname") == Some(value);
        match read.attribute(name) {
            Some(other) if other == value => said_too += 1,
            None if name == "id" && is_usual && !said.contains(value) => {}
            _ => return false,
        }
    }
    said_too == read.extra.attributes.len()
}

/// The resources inside a group or clone may stand anywhere among its blocks: their place is told
/// at the end of the text.
fn children_are_same(read: &Element, there: &Element, said: &BTreeSet<String>) -> bool {
    let is_container = ["group", "clone", "master"].contains(&there.name.as_str());
    let sorted = |element: &Element| {
        let mut children: Vec<ExtraNode> = element.extra.children.clone();
        children.sort_by_key(
            |child| matches!(child, ExtraNode::Element(it) if element::is_resource(it)),
        );
        children
    };
    let alike = |pair: (&ExtraNode, &ExtraNode)| match pair {
        (ExtraNode::Element(read), ExtraNode::Element(there)) => {
            is_same(read, there, said, element::is_resource(there) || is_reference(there))
        }
        (read, there) => read == there,
    };
    if is_container {
        let (read, there) = (sorted(read), sorted(there));
        return read.len() == there.len() && read.iter().zip(&there).all(alike);
    }
    let (read, there) = (&read.extra.children, &there.extra.children);
    read.len() == there.len() && read.iter().zip(there).all(alike)
}

/// Elements whose id is no name of their own.
fn is_reference(element: &Element) -> bool {
    ["resource_ref", "obj_ref", "role", "role_ref"].contains(&element.name.as_str())
}

#[cfg(test)]
mod tests {
    use crate::{Mode, load, show};
    use cluster::Configuration;

    const OBJECTS: &str = r#"<cib><configuration><crm_config/><nodes><node id="1" uname="n"/></nodes><resources>
        <primitive id="r" class="ocf" provider="heartbeat" type="Dummy">
          <instance_attributes id="r-instance_attributes">
            <nvpair id="r-instance_attributes-p" name="p" value="v"/>
            <nvpair id="r-instance_attributes-q" name="q" value="w"/>
          </instance_attributes>
          <meta_attributes id="r-meta_attributes"><nvpair id="r-meta_attributes-m" name="m" value="x"/></meta_attributes>
          <operations>
            <op id="r-monitor-10s" name="monitor" interval="10s" role="Started"/>
            <op id="r-start-0" name="start" interval="0" timeout="60s"/>
          </operations>
        </primitive>
        <primitive id="s" class="systemd" type="sshd"/>
      </resources><constraints>
        <rsc_location id="l" rsc="r" score="100" node="n"/>
        <rsc_colocation id="c" rsc="r" with-rsc="s" score="INFINITY"/>
        <rsc_order id="o" first="r" then="s" kind="Optional"/>
      </constraints></configuration><status/></cib>"#;

    /// What could be taken for something else, wherever it stands.
    const WORDS: [&str; 33] = [
        "",
        " ",
        "a b",
        "\\",
        "a\\",
        "&quot;",
        "'",
        "#",
        "a#",
        "$id=x",
        "$x",
        "@x",
        "x:",
        "a:b",
        "100:",
        "inf",
        "+INFINITY",
        "x=y",
        "=",
        "/x/",
        "{",
        "(r)",
        "[",
        "&#10;",
        "&#9;",
        "rule",
        "op",
        "params",
        "operations",
        "fence_x",
        "stonith",
        "_rsc_set_",
        "xml",
    ];

    /// Every value of each object is replaced by each of the words. That what is taken for ordinary comes
    /// back is asserted as it is shown.
    #[test]
    fn no_word_makes_an_object_ordinary_that_does_not_come_back() {
        let mut in_words = 0;
        let places: Vec<usize> = OBJECTS.match_indices("=\"").map(|(at, _)| at + 2).collect();
        for (at, word) in places.iter().flat_map(|at| WORDS.map(|word| (*at, word))) {
            let end = at + OBJECTS[at..].find('"').expect("a value ends");
            let text = format!("{}{word}{}", &OBJECTS[..at], &OBJECTS[end..]);
            let Ok((cib, _)) = cib::read_tolerant(&text) else { continue };
            let shown = show(&cib.configuration, &[]);
            in_words += usize::from(!shown.contains("xml <"));
        }
        assert!(in_words > 500, "only {in_words} were shown in words");
    }

    #[test]
    fn what_is_ordinary_is_shown_in_words_and_read_again() {
        let cib = cib::read(OBJECTS).expect("it is sound");
        let shown = show(&cib.configuration, &[]);
        assert!(!shown.contains("xml <") && !shown.contains('$'), "{shown}");
        let mut again = Configuration::default();
        let loaded = load(&shown, &again, Mode::Replace).expect("what is shown is read");
        again.apply(&loaded.edits).expect("edits of a text that was accepted");
        assert_eq!(show(&again, &[]), shown);
    }
}
