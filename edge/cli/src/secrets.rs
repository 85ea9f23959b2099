//! Which values nobody needs to see.

use cluster::{Element, ExtraNode};

/// Words for [`crmsh::show`] that put stars in the place of values with such names.
pub(crate) const USUAL: [&str; 3] = ["obscure:*passw*", "obscure:*secret*", "obscure:*token*"];

/// Whether values of that name are not to be seen.
fn is_secret(name: &str) -> bool {
    let patterns = USUAL.iter().filter_map(|word| word.strip_prefix("obscure:"));
    let name = name.to_ascii_lowercase();
    patterns.into_iter().any(|pattern| crmsh::matches(pattern, &name))
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
        shown.push(match name {
            Some(name) if is_secret(name) => format!("{name}={}", crmsh::STARS),
            _ if is_next => crmsh::STARS.to_owned(),
            _ => word.clone(),
        });
        is_next = is_set && name.is_none() && is_secret(word.rsplit('.').next().unwrap_or(word));
    }
    // What has nothing to hide stays as it was written.
    if shown == words { line.to_owned() } else { crate::words::joined(&shown) }
}

/// Puts stars in the place of the values of a tree that nobody needs to see.
pub(crate) fn mask(element: &mut Element) {
    let patterns = USUAL.map(|word| word.strip_prefix("obscure:").unwrap_or(word));
    mask_by(element, &patterns);
}

/// The same where names match one of the patterns.
pub(crate) fn mask_by(element: &mut Element, patterns: &[&str]) {
    let name = element.attribute("name").unwrap_or_default().to_owned();
    if element.name == "nvpair" && patterns.iter().any(|glob| crmsh::matches(glob, &name)) {
        for (key, value) in &mut element.extra.attributes {
            if key == "value" {
                crmsh::STARS.clone_into(value);
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
            ("resource param f show passwd", "resource param f show passwd"),
        ];
        for (line, expected) in cases {
            assert_eq!(covered(line), expected);
        }
    }
}
