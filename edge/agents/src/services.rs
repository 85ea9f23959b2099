//! What the machine itself can start: the units of systemd.
//!
//! Looked for as files, in the folders where systemd looks: this answers without asking systemd,
//! which may be busy. Whether a unit can really be loaded systemd says when it is to do something.

mod headers;

pub(crate) use headers::{describe_script, describe_unit};

use crate::catalogue::is_plain_name;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The kinds of units that a cluster can start and stop.
const MANAGED: [&str; 5] = [".service", ".socket", ".mount", ".timer", ".path"];

/// All kinds there are (systemd.unit(5)).
const KINDS: [&str; 11] = [
    ".service",
    ".socket",
    ".device",
    ".mount",
    ".automount",
    ".swap",
    ".target",
    ".path",
    ".timer",
    ".slice",
    ".scope",
];

/// The whole name of a unit: what has no ending is a service.
pub(crate) fn unit_name(name: &str) -> String {
    match KINDS.iter().any(|kind| name.ends_with(kind)) {
        true => name.to_owned(),
        false => format!("{name}.service"),
    }
}

/// The file of a unit, or of the template that it is an instance of.
pub(crate) fn unit_file(folders: &[PathBuf], name: &str) -> Option<PathBuf> {
    if !is_plain_name(name) {
        return None;
    }
    let unit = unit_name(name);
    // The first folder that has the name counts, be it only to mask it with a link to nothing.
    let first = |unit: &str| {
        folders.iter().map(|folder| folder.join(unit)).find(|path| path.symlink_metadata().is_ok())
    };
    let path = first(&unit).or_else(|| first(&template_of(&unit)?))?;
    path.is_file().then_some(path)
}

/// `getty@tty1.service` is made of `getty@.service`.
fn template_of(unit: &str) -> Option<String> {
    let (prefix, instance) = unit.split_once('@')?;
    let (_, kind) = instance.rsplit_once('.')?;
    Some(format!("{prefix}@.{kind}"))
}

/// Units that a cluster can start, in order of name; services without their ending.
pub(crate) fn units(folders: &[PathBuf]) -> BTreeSet<String> {
    let entries = folders.iter().filter_map(|folder| folder.read_dir().ok()).flatten();
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| MANAGED.iter().any(|kind| name.ends_with(kind)))
        .filter(|name| unit_file(folders, name).is_some())
        .map(|name| name.strip_suffix(".service").unwrap_or(&name).to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn units_are_found_by_short_names_and_as_instances_of_templates() {
        let bench = Bench::new();
        let folders = [bench.path().join("etc"), bench.path().join("lib")];
        for (folder, name) in [
            ("lib", "nginx.service"),
            ("lib", "getty@.service"),
            ("lib", "backup.timer"),
            ("lib", "multi-user.target"),
            ("lib", "cups.service"),
            ("etc", "data.mount"),
        ] {
            bench.file(&format!("{folder}/{name}"), "[Unit]\n");
        }
        fs::create_dir_all(bench.path().join("lib/nginx.service.d")).unwrap();
        symlink("/dev/null", bench.path().join("etc/cups.service")).unwrap();
        symlink("nginx.service", bench.path().join("lib/www.service")).unwrap();

        let listed: Vec<String> = units(&folders).into_iter().collect();
        assert_eq!(listed, ["backup.timer", "data.mount", "getty@", "nginx", "www"]);
        let cases = [
            ("nginx", "lib/nginx.service"),
            ("nginx.service", "lib/nginx.service"),
            ("www", "lib/www.service"),
            ("getty@tty1", "lib/getty@.service"),
            ("backup.timer", "lib/backup.timer"),
            ("multi-user.target", "lib/multi-user.target"),
        ];
        for (name, file) in cases {
            assert_eq!(unit_file(&folders, name), Some(bench.path().join(file)), "{name}");
        }
        for name in ["apache2", "backup", "cups", "../lib/nginx", ".nginx"] {
            assert_eq!(unit_file(&folders, name), None, "{name}");
        }
    }
}
