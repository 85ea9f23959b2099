//! `systole install-links`: the names of the tools that this program stands in for, as links to it.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::tools::{Home, TOOLS};
use crate::words::of_system;
use clap::Args;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

#[derive(Args, Clone, Debug)]
pub(crate) struct InstallLinks {
    /// The folder for the links, such as /usr/local/sbin
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The folder for the names of Pacemaker's daemons, which pcs looks for in /usr/lib/pacemaker
    /// [default: DIR]
    #[arg(long, value_name = "DIR")]
    daemons: Option<PathBuf>,
    /// What the links lead to [default: this program]
    #[arg(long, value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// Also where another program of that name is
    #[arg(long)]
    replace: bool,
}

/// Makes the links; says of each what became of it.
pub(crate) fn install(given: &InstallLinks) -> Outcome {
    let own = || std::env::current_exe().map_err(|error| Failure::Other(of_system(&error)));
    let program = given.program.clone().map_or_else(own, Ok)?;
    let daemons = given.daemons.as_ref().unwrap_or(&given.folder);
    let mut refused = Vec::new();
    for tool in TOOLS {
        let path = match tool.home {
            Home::Programs => given.folder.join(tool.name),
            Home::Daemons => daemons.join(tool.name),
            Home::Lab => continue,
        };
        match link(&program, &path, given.replace) {
            Ok(Made::New) => line(&format!("{} -> {}", path.display(), program.display())),
            Ok(Made::AsBefore) => {}
            Ok(Made::Taken) => refused.push(path.display().to_string()),
            Err(error) => {
                return Err(Failure::Other(format!("{}: {}", path.display(), of_system(&error))));
            }
        }
    }
    if refused.is_empty() {
        return DONE;
    }
    Err(Failure::Other(format!(
        "left alone, because other programs are there: {}; remove them or say --replace",
        refused.join(", ")
    )))
}

enum Made {
    New,
    AsBefore,
    Taken,
}

/// A link is put beside its place first, so that there is no moment without one.
fn link(program: &Path, path: &Path, replace: bool) -> io::Result<Made> {
    match fs::read_link(path) {
        Ok(target) if target == program => return Ok(Made::AsBefore),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        _ if !replace => return Ok(Made::Taken),
        _ => {}
    }
    let beside = path.with_extension("systole-new");
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::os::unix::fs::symlink(program, &beside)?;
    fs::rename(&beside, path)?;
    Ok(Made::New)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_made_once_and_nothing_is_overwritten() {
        let folder = std::env::temp_dir().join(format!("systole-links-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        fs::write(folder.join("crm_mon"), "another program").expect("the folder is ours");
        let program = PathBuf::from("/usr/sbin/systole");
        let mut given = InstallLinks {
            folder: folder.clone(),
            daemons: None,
            program: Some(program.clone()),
            replace: false,
        };
        let said = install(&given).expect_err("crm_mon is another program").to_string();
        assert!(said.contains("crm_mon; remove them"), "{said}");
        assert_eq!(fs::read_link(folder.join("cibadmin")).ok(), Some(program.clone()));
        given.replace = true;
        assert!(install(&given).is_ok());
        assert_eq!(fs::read_link(folder.join("crm_mon")).ok(), Some(program));
        fs::remove_dir_all(&folder).expect("it is ours");
    }
}
