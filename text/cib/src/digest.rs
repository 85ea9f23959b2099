//! The digests by which Pacemaker's tools compare CIBs: MD5 over a form without white space.
//!
//! Nothing secret depends on them; they say whether two trees are the same.

use cluster::{Element, ExtraNode};
use std::fmt::Write;

/// Attributes that say who wrote an element and when: two CIBs are the same without them.
const WRITERS: [&str; 5] =
    ["cib-last-written", "crm-debug-origin", "update-client", "update-origin", "update-user"];

/// From this feature set on, digests leave out the [`WRITERS`].
const LEAVES_WRITERS_OUT: [u32; 3] = [3, 0, 5];

/// The digest that stands beside a CIB on disk (`cibadmin --md5-sum`), as 32 hexadecimal digits.
pub fn digest_on_disk(root: &Element) -> String {
    let mut text = String::from(" ");
    flatten(root, &[], &mut text);
    text.push('\n');
    hex(&text)
}

/// The digest that patches carry (`cibadmin --md5-sum-versioned`), as 32 hexadecimal digits. How
/// it is made depends on the root's `crm_feature_set`; without one, or with one of before 3.0.5,
/// it is that of the disk.
pub fn digest(root: &Element) -> String {
    let written = root.attribute("crm_feature_set").unwrap_or_default();
    let numbers: Vec<u32> = written.split('.').map_while(|part| part.parse().ok()).collect();
    if numbers.as_slice() < LEAVES_WRITERS_OUT.as_slice() {
        return digest_on_disk(root);
    }
    let mut text = String::new();
    flatten(root, &WRITERS, &mut text);
    hex(&text)
}

fn hex(text: &str) -> String {
    format!("{:x}", md5::compute(text))
}

/// The element in one line, without the attributes named in `without` and without text.
fn flatten(element: &Element, without: &[&str], out: &mut String) {
    out.push('<');
    out.push_str(&element.name);
    for (name, value) in &element.extra.attributes {
        if !without.contains(&name.as_str()) {
            out.push(' ');
            out.push_str(name);
            out.push_str("=\"");
            escape(value, out);
            out.push('"');
        }
    }
    let says = |child: &&ExtraNode| !matches!(child, ExtraNode::Text(_));
    let mut children = element.extra.children.iter().filter(says).peekable();
    if children.peek().is_none() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for child in children {
        match child {
            ExtraNode::Element(child) => flatten(child, without, out),
            ExtraNode::Comment(text) => {
                out.push_str("<!--");
                out.push_str(text);
                out.push_str("-->");
            }
            ExtraNode::Text(_) => {}
        }
    }
    out.push_str("</");
    out.push_str(&element.name);
    out.push('>');
}

/// White space and control characters are spelled as C programs do it, a tab as four blanks: that
/// is no XML, but it is what goes into the digest.
fn escape(value: &str, out: &mut String) {
    for character in value.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("    "),
            '\0'..='\u{1f}' | '\u{7f}' => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\{:03o}", u32::from(character));
            }
            character => out.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `cibadmin -5` and `cibadmin -6` of Pacemaker 2.1.5 print them.
    #[test]
    fn digests_are_those_that_others_print() {
        let cases = [
            ("<a/>", "36f3fe87323978c81376fbe84b315483", "36f3fe87323978c81376fbe84b315483"),
            (
                "<cib epoch=\"5\" num_updates=\"3\" admin_epoch=\"0\"><configuration/></cib>",
                "c63a40deb5a6be97f4c4c67dcc31d2a4",
                "c63a40deb5a6be97f4c4c67dcc31d2a4",
            ),
            (
                "<cib epoch=\"5\"><a v=\"&lt;&amp;&quot;&apos;&gt;&#10;&#9;é€\"/><b></b></cib>",
                "247e38f7e41bd1512c69fcbab627909b",
                "247e38f7e41bd1512c69fcbab627909b",
            ),
            (
                "<cib epoch=\"5\">\n <c update-origin=\"x\" zz=\"1\" aa=\"2\"/><!-- com -->text</cib>",
                "9ebd72fb27e1bbbcaefd532d98c462d6",
                "9ebd72fb27e1bbbcaefd532d98c462d6",
            ),
            (
                "<cib crm_feature_set=\"3.16.2\" cib-last-written=\"x\"><c update-user=\"x\" b=\"1\"/></cib>",
                "3d930ffbd420f6d611bde3625060e282",
                "883998cc8e4869ae03d6a80d925210e3",
            ),
        ];
        for (text, on_disk, versioned) in cases {
            let root = crate::read_element(text).expect("it is XML");
            assert_eq!(digest_on_disk(&root), on_disk, "on disk: {text}");
            assert_eq!(digest(&root), versioned, "versioned: {text}");
        }
    }
}
