//! Values that nobody needs to see, on their way out ([`cluster::secret`] knows which).
//!
//! What is made for people hides them always. What programs read values through, to write them back
//! (`cibadmin --query`, `crm_resource --get-parameter`, `crm_attribute --query`, `attrd_updater --query`,
//! `crm_diff`, `configure save -`, `config show --xml`), gives them as they are into files and pipes, and hides them on a terminal.

use cluster::secret::{STARS, cover, is_secret, shown};
use cluster::{Element, ExtraNode};

/// The word for [`crmsh::show`] that puts stars in the place of secrets.
pub(crate) const USUAL: [&str; 1] = ["obscure:"];

/// A tree for whoever reads standard output.
pub(crate) fn tree(mut element: Element) -> Element {
    if os::terminal::output_is_terminal() {
        cover(&mut element);
    }
    element
}

/// A value of that name, for whoever reads standard output.
pub(crate) fn value<'v>(name: &str, value: &'v str) -> &'v str {
    if os::terminal::output_is_terminal() { shown(name, value) } else { value }
}

/// A line of the shell with stars in the place of what is secret in it: `passwd=VALUE`, and what
/// stands behind a name or an `ID.NAME` that is set.
pub(crate) fn covered(line: &str) -> String {
    let words = crate::words::split(line);
    let mut shown = Vec::with_capacity(words.len());
    let mut is_next = false;
    for (place, word) in words.iter().enumerate() {
        let name = word.split_once('=').map(|(name, _)| name);
        let is_set = words[..place].iter().any(|word| word == "set");
        // What is said to be a secret is one, whatever it is called.
        let is_said = is_set && words[..place].iter().any(|word| word == "secret");
        shown.push(match name {
            Some(name) if is_secret(name) => format!("{name}={STARS}"),
            _ if is_next => STARS.to_owned(),
            _ => word.clone(),
        });
        let is_name = is_said || is_secret(word.rsplit('.').next().unwrap_or(word));
        is_next = is_set && name.is_none() && is_name;
    }
    // What has nothing to hide stays as it was written.
    if shown == words { line.to_owned() } else { crate::words::joined(&shown) }
}

/// Puts stars in the place of values whose names match one of the shell's patterns; the empty one
/// stands for all secrets.
pub(crate) fn mask_by(element: &mut Element, patterns: &[&str]) {
    let name = element.attribute("name").unwrap_or_default().to_owned();
    let hides = |glob: &&str| match *glob {
        "" => is_secret(&name),
        glob => crmsh::matches(glob, &name),
    };
    if element.name == "nvpair" && patterns.iter().any(hides) {
        for (key, value) in &mut element.extra.attributes {
            if key == "value" {
                STARS.clone_into(value);
            }
        }
    }
    for child in &mut element.extra.children {
        if let ExtraNode::Element(child) = child {
            mask_by(child, patterns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_covered_and_nothing_else() {
        let cases = [
            ("resource  start 'a'", "resource  start 'a'"),
            ("primitive f x params passwd='a b' ip=1", "primitive f x params passwd=****** ip=1"),
            ("resource param f set passwd hidden", "resource param f set passwd ******"),
            ("configure set f.ipmi_password hidden", "configure set f.ipmi_password ******"),
            ("resource secret f set api_token x", "resource secret f set api_token ******"),
            ("resource secret f set login x", "resource secret f set login ******"),
            ("resource secret f show login", "resource secret f show login"),
            ("resource param f show passwd", "resource param f show passwd"),
        ];
        for (line, expected) in cases {
            assert_eq!(covered(line), expected);
        }
    }
}
