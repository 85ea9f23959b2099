//! Which values nobody needs to see (C7), known by their names: agents' descriptions have no word for
//! it.
//!
//! Whatever shows people a value asks here. Only doors that programs read values through, to write them
//! back, give them as they are: see ARCHITECTURE.md.

use crate::{Element, ExtraNode};

/// What stands in the place of a value that is not to be seen.
pub const STARS: &str = "******";

/// What stands in the place of a value that is kept outside of the configuration, on the nodes.
pub const KEPT_ELSEWHERE: &str = "lrm://";

/// What names of secrets have inside, in small letters.
const PARTS: [&str; 13] = [
    "passw",
    "passphrase",
    "pass_phrase",
    "secret",
    "token",
    "community",
    "apikey",
    "api_key",
    "api-key",
    "accesskey",
    "access_key",
    "privatekey",
    "private_key",
];
/// Names that end so say where a secret is, and are none.
const PLACES: [&str; 3] = ["_script", "_file", "_path"];

/// Whether values of that name are not to be seen.
pub fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part)) && !PLACES.iter().any(|end| name.ends_with(end))
}

/// What is shown of a value of that name.
pub fn shown<'v>(name: &str, value: &'v str) -> &'v str {
    if is_secret(name) && value != KEPT_ELSEWHERE { STARS } else { value }
}

/// Puts stars in the place of all secrets in a tree.
pub fn cover(element: &mut Element) {
    if element.name == "nvpair" && element.attribute("name").is_some_and(is_secret) {
        put_stars(element);
    }
    // What changes in a pair is told beside the pair as it is then, which has the name.
    if element.name == "change" && holds_secret(element) {
        return cover_values(element);
    }
    children(element).for_each(cover);
}

fn children(element: &mut Element) -> impl Iterator<Item = &mut Element> {
    element.extra.children.iter_mut().filter_map(|child| match child {
        ExtraNode::Element(child) => Some(child),
        ExtraNode::Comment(_) | ExtraNode::Text(_) => None,
    })
}

fn put_stars(element: &mut Element) {
    let is_value = |(key, value): &&mut (String, String)| key == "value" && value != KEPT_ELSEWHERE;
    let values = element.extra.attributes.iter_mut().filter(is_value);
    values.for_each(|(_, value)| STARS.clone_into(value));
}

fn holds_secret(element: &Element) -> bool {
    let is_pair = element.name == "nvpair" && element.attribute("name").is_some_and(is_secret);
    is_pair || element.elements().any(holds_secret)
}

fn cover_values(element: &mut Element) {
    let is_value = element.name == "change-attr" && element.attribute("name") == Some("value");
    let is_pair = element.name == "nvpair" && element.attribute("name").is_some_and(is_secret);
    if is_value || is_pair {
        put_stars(element);
    }
    children(element).for_each(cover_values);
}

/// A line of the crm language, of which `NAME=VALUE` is hidden where that is a secret: as many stars
/// as the value has letters, so that places in the line stay.
pub fn cover_line(line: &str) -> String {
    let mut covered = String::with_capacity(line.len());
    let (mut name, mut quote) = (String::new(), None);
    let mut is_value = false;
    for letter in line.chars() {
        let ends = letter.is_whitespace() && quote.is_none();
        if ends {
            name.clear();
            is_value = false;
        } else if matches!(letter, '"' | '\'') && quote.is_none_or(|open| open == letter) {
            quote = if quote.is_some() { None } else { Some(letter) };
        } else if letter == '=' && !is_value {
            is_value = is_secret(&name);
            covered.push(letter);
            continue;
        } else if !is_value {
            name.push(letter);
        }
        covered.push(if is_value { '*' } else { letter });
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_known_by_their_names() {
        for name in ["passwd", "ipmi_PASSWORD", "snmp-community", "api_key", "auth_token"] {
            assert_eq!(shown(name, "x"), STARS, "{name}");
            assert_eq!(shown(name, KEPT_ELSEWHERE), KEPT_ELSEWHERE, "{name}: it says no more");
        }
        for name in ["ip", "login", "passwd_script", "identity_file", "state", "compass"] {
            assert_eq!(shown(name, "x"), "x", "{name}");
        }
    }

    #[test]
    fn trees_are_covered_wherever_a_secret_stands() {
        let element = |name: &str, attributes: &[(&str, &str)], children: Vec<Element>| {
            let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
            let mut element = Element { name: name.to_owned(), ..Element::default() };
            element.extra.attributes = attributes.iter().map(own).collect();
            element.extra.children = children.into_iter().map(ExtraNode::Element).collect();
            element
        };
        let pair = |name| element("nvpair", &[("name", name), ("value", "M4RK")], vec![]);
        let changed = |name| {
            let attribute = element("change-attr", &[("name", "value"), ("value", "M4RK")], vec![]);
            let list = element("change-list", &[], vec![attribute]);
            element("change", &[], vec![list, element("change-result", &[], vec![pair(name)])])
        };
        for (mut tree, left) in [
            (element("a", &[], vec![pair("passwd"), pair("ip")]), 1),
            (element("diff", &[], vec![changed("passwd"), changed("ip")]), 2),
        ] {
            cover(&mut tree);
            assert_eq!(format!("{tree:?}").matches("M4RK").count(), left, "{tree:?}");
        }
    }

    #[test]
    fn lines_keep_their_length() {
        let cases = [
            ("primitive a x params passwd=abc ip=1", "primitive a x params passwd=*** ip=1"),
            ("params passwd='a b' x=y", "params passwd=***** x=y"),
            ("params passwd=a=b \"token=q\"", "params passwd=*** \"token=**"),
            ("params x=passwd", "params x=passwd"),
            ("", ""),
        ];
        for (line, expected) in cases {
            assert_eq!(cover_line(line), expected);
            assert_eq!(line.chars().count(), expected.chars().count());
        }
    }
}
