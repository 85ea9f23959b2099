//! Everything that the workspace asks of itself and that no compiler checks.

use crate::{layers, words};
use std::io;
use std::path::{Path, PathBuf};

/// All that is not as it should be, a line each; nothing when all is well.
pub(crate) fn complaints(root: &Path) -> io::Result<Vec<String>> {
    let members = layers::members(&std::fs::read_to_string(root.join("Cargo.toml"))?);
    let metadata = layers::metadata(root)?;
    let mut complaints = layers::complaints(&members, &metadata);
    for file in sources(root)? {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(root).unwrap_or(&file);
        complaints.extend(words::complaints(name, &text));
    }
    match std::fs::read_to_string(root.join("ARCHITECTURE.md")) {
        Ok(text) => complaints.extend(unnamed(&members, &text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(complaints)
}

/// The members that the map of the code does not show.
fn unnamed(members: &[String], map: &str) -> Vec<String> {
    let is_named = |member: &String| {
        let name = member.rsplit('/').next().unwrap_or(member);
        map.contains(member.as_str()) || map.contains(&format!("`{name}`"))
    };
    let unnamed = members.iter().filter(|member| !is_named(member));
    unnamed.map(|member| format!("ARCHITECTURE.md: {member} is not on the map")).collect()
}

/// All Rust files of the workspace, in order of name.
fn sources(root: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir()? {
            let entry = entry?;
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() {
                let is_ours = name != "target" && !name.starts_with('.');
                folders.extend(is_ours.then_some(path));
            } else if name.ends_with(".rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workspace_keeps_its_rules() {
        let complaints = complaints(crate::workspace()).expect("the workspace can be read");
        assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
    }

    #[test]
    fn a_crate_that_the_map_does_not_show_is_reported() {
        let members = ["core/base", "xtask"].map(String::from);
        assert!(unnamed(&members, "core/base and `xtask`").is_empty());
        assert_eq!(unnamed(&members, "core/base"), ["ARCHITECTURE.md: xtask is not on the map"]);
    }
}
