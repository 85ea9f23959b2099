//! Everything that the workspace asks of itself and that no compiler checks.

use crate::{layers, map, words};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// All that is not as it should be, a line each; nothing when all is well.
pub(crate) fn complaints(root: &Path) -> io::Result<Vec<String>> {
    let members = layers::members(&std::fs::read_to_string(root.join("Cargo.toml"))?);
    let metadata = layers::metadata(root)?;
    let mut complaints = layers::complaints(&members, &metadata);
    let mut known = BTreeSet::new();
    for file in sources(root)? {
        let text = std::fs::read_to_string(&file)?;
        let name = file.strip_prefix(root).unwrap_or(&file);
        complaints.extend(words::complaints(name, &text));
        map::words(&text, &mut known);
        let parts = name.iter().map(|part| part.to_string_lossy());
        known.extend(parts.map(|part| part.trim_end_matches(".rs").to_owned()));
    }
    match std::fs::read_to_string(root.join("ARCHITECTURE.md")) {
        Ok(text) => {
            complaints.extend(map::unnamed(&members, &text));
            complaints.extend(map::invented(&text, &known));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    Ok(complaints)
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
}
