//! Shadow copies: named CIB files in one folder, to try changes on before they are made.

use super::CibFile;
use crate::answer::Failure;
use crate::words::of_system;
use std::path::{Path, PathBuf};

/// Names the copy that stands in for the cluster, as Pacemaker's tools have it.
const SHADOW_VARIABLE: &str = "CIB_shadow";
/// Names the folder of the copies.
const FOLDER_VARIABLE: &str = "CIB_shadow_dir";
/// What a copy's file is called before its name.
const PREFIX: &str = "shadow.";

/// The copies of one folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shadows {
    folder: PathBuf,
}

/// The name of the copy that the environment names, if it does.
pub(crate) fn of_environment() -> Option<String> {
    std::env::var(SHADOW_VARIABLE).ok().filter(|name| !name.is_empty())
}

impl Shadows {
    /// Those in the folder that the environment names, else in the usual one.
    pub(crate) fn usual() -> Self {
        let variable = |name| std::env::var_os(name).filter(|text| !text.is_empty());
        let folder = match (variable(FOLDER_VARIABLE), variable("HOME")) {
            (Some(folder), _) => folder.into(),
            (None, Some(home)) if os::account::effective_user() != 0 => {
                Path::new(&home).join(".cib")
            }
            // Other consoles look for them there, where there are any.
            (None, _) => ["/var/lib/pacemaker/cib", "/var/lib/systole/shadows"]
                .into_iter()
                .map(PathBuf::from)
                .find(|folder| folder.is_dir())
                .unwrap_or_else(|| PathBuf::from("/var/lib/systole/shadows")),
        };
        Self { folder }
    }

    /// The file of a copy, which need not be there.
    pub(crate) fn file(&self, name: &str) -> CibFile {
        CibFile::shadow(self.folder.join(format!("{PREFIX}{name}")), name)
    }

    /// Whether there is one of that name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.file(name).path().exists()
    }

    /// The file of a copy that has to be there.
    pub(crate) fn existing(&self, name: &str) -> Result<CibFile, Failure> {
        if self.has(name) {
            return Ok(self.file(name));
        }
        let names = self.names();
        let near = base::suggest::closest(name, names.iter().map(String::as_str));
        let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(Failure::NoSuchObject(format!("there is no shadow copy `{name}`{help}")))
    }

    /// The names of all copies, in order.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = self.folder.read_dir().into_iter().flatten();
        let files = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let names = files.filter_map(|file| Some(file.strip_prefix(PREFIX)?.to_owned()));
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }

    /// Makes a copy of that text, or a new one of it.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<CibFile, Failure> {
        let is_plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || !name.chars().all(is_plain) {
            let help = "use letters, digits, `-`, `_` and `.`";
            return Err(Failure::Usage(format!("`{name}` is no name for a shadow copy; {help}")));
        }
        let file = self.file(name);
        let written = std::fs::create_dir_all(&self.folder)
            .and_then(|()| os::file::write_atomic(file.path(), text.as_bytes()));
        let failed =
            |error| Failure::Other(format!("cannot write {}: {}", file.name(), of_system(&error)));
        written.map_err(failed)?;
        Ok(file)
    }

    /// Removes a copy.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Failure> {
        let file = self.existing(name)?;
        let removed = os::file::remove_if_there(file.path());
        removed.map_err(|error| {
            Failure::Other(format!("cannot remove {}: {}", file.name(), of_system(&error)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_come_and_go() {
        let folder = std::env::temp_dir().join(format!("systole-shadows-{}", std::process::id()));
        let shadows = Shadows { folder: folder.clone() };
        assert!(shadows.names().is_empty());
        for name in ["two", "one", "two"] {
            let file = shadows.write(name, "<cib/>").expect("the folder can be made");
            assert_eq!(file.short_name(), name);
        }
        assert_eq!(shadows.names(), ["one", "two"]);
        for name in ["", "../one", "a/b"] {
            assert!(matches!(shadows.write(name, ""), Err(Failure::Usage(_))), "{name}");
        }
        shadows.remove("one").expect("it is there");
        let gone = shadows.existing("one").expect_err("it is not").to_string();
        assert_eq!(gone, "there is no shadow copy `one`");
        assert!(shadows.existing("tow").expect_err("it is not").to_string().ends_with("`two`?"));
        std::fs::remove_dir_all(folder).expect("it is ours");
    }
}
