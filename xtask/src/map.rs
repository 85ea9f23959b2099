//! ARCHITECTURE.md names what there is: every member of the workspace, and no function or type
//! that does not exist.

use std::collections::BTreeSet;

/// The members that the map does not show.
pub(crate) fn unnamed(members: &[String], map: &str) -> Vec<String> {
    let is_named = |member: &String| {
        let name = member.rsplit('/').next().unwrap_or(member);
        map.contains(member.as_str()) || map.contains(&format!("`{name}`"))
    };
    let unnamed = members.iter().filter(|member| !is_named(member));
    unnamed.map(|member| format!("ARCHITECTURE.md: {member} is not on the map")).collect()
}

/// The names in the map (`Type::function`, `module::Type`) of which a part is neither a word of
/// the sources nor the name of a file or folder.
pub(crate) fn invented(map: &str, known: &BTreeSet<String>) -> Vec<String> {
    let is_known = |name: &&str| name.split("::").all(|part| known.contains(part));
    let names = map.split('`').skip(1).step_by(2).filter(|name| name.contains("::"));
    let plain = names.filter(|name| name.chars().all(|c| c.is_alphanumeric() || "_:".contains(c)));
    let invented = plain.filter(|name| !is_known(name));
    invented.map(|name| format!("ARCHITECTURE.md: there is no `{name}`")).collect()
}

/// Adds what `text` defines or names as Rust words, comments left out.
pub(crate) fn words(text: &str, known: &mut BTreeSet<String>) {
    let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
    for line in code {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        known.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_that_the_map_does_not_show_is_reported() {
        let members = ["core/base", "xtask"].map(String::from);
        assert!(unnamed(&members, "core/base and `xtask`").is_empty());
        assert_eq!(unnamed(&members, "core/base"), ["ARCHITECTURE.md: xtask is not on the map"]);
    }

    #[test]
    fn a_function_that_does_not_exist_is_reported() {
        let mut known = BTreeSet::from(["group".to_owned()]);
        words("impl Group {\n    // fn dream\n    pub fn step(&mut self) {}\n}", &mut known);
        assert!(invented("`group::Group::step` and `plain`", &known).is_empty());
        assert_eq!(
            invented("`Group::dream`", &known),
            ["ARCHITECTURE.md: there is no `Group::dream`"]
        );
    }
}
