//! Order is law: a member of the workspace uses only members that stand above it in the list in
//! `Cargo.toml`.

use serde_json::Value;
use std::io;
use std::path::Path;
use std::process::Command;

/// The members in their order, read from the root's `Cargo.toml`.
pub(crate) fn members(manifest: &str) -> Vec<String> {
    let list = manifest.lines().skip_while(|line| !line.starts_with("members")).skip(1);
    let list = list.take_while(|line| !line.starts_with(']'));
    list.filter_map(|line| Some(line.split('"').nth(1)?.to_owned())).collect()
}

/// What cargo says about the workspace.
pub(crate) fn metadata(root: &Path) -> io::Result<Value> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}

/// Who uses what stands below it, in tests and build scripts too.
pub(crate) fn complaints(members: &[String], metadata: &Value) -> Vec<String> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let place = |folder: &str| {
        let inside = folder.strip_prefix(root)?.trim_start_matches('/');
        members.iter().position(|member| member == inside)
    };
    let mut complaints = Vec::new();
    for package in list(&metadata["packages"]) {
        let manifest = text(package, "manifest_path");
        let name = text(package, "name");
        let Some(own) = place(manifest.trim_end_matches("/Cargo.toml")) else {
            complaints.push(format!("Cargo.toml: {name} is not in the list of members"));
            continue;
        };
        for dependency in list(&package["dependencies"]) {
            let used = dependency["path"].as_str().and_then(place);
            if used.is_some_and(|used| used >= own) {
                let other = text(dependency, "name");
                complaints
                    .push(format!("{}: it uses {other}, which stands below it", members[own]));
            }
        }
    }
    complaints
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MANIFEST: &str = "[workspace]\nmembers = [\n    \"core/base\",\n    \"edge/os\",\n]\n";

    #[test]
    fn the_list_is_read_in_order() {
        assert_eq!(members(MANIFEST), ["core/base", "edge/os"]);
    }

    #[test]
    fn only_what_stands_above_may_be_used() {
        let package = |name: &str, folder: &str, uses: &str| {
            json!({
                "name": name,
                "manifest_path": format!("/w/{folder}/Cargo.toml"),
                "dependencies": [
                    {"name": "serde"},
                    {"name": uses, "path": format!("/w/{}", if uses == "os" { "edge/os" } else { "core/base" }),
                     "kind": "dev"},
                ],
            })
        };
        let good = json!({"workspace_root": "/w", "packages": [package("os", "edge/os", "base")]});
        assert!(complaints(&members(MANIFEST), &good).is_empty());
        let bad = json!({
            "workspace_root": "/w",
            "packages": [package("base", "core/base", "os"), package("lost", "lost", "base")],
        });
        assert_eq!(
            complaints(&members(MANIFEST), &bad),
            [
                "core/base: it uses os, which stands below it",
                "Cargo.toml: lost is not in the list of members",
            ]
        );
    }
}
