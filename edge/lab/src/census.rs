//! Which processes of a lab exist.

use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Those of which everything else hangs.
pub(crate) const PARTS: [&str; 3] = ["lab-supervisor", "lab-cell", "lab-init"];

/// The processes that were started as `PROGRAM lab-X FOLDER ...` with one of these words. Those on
/// a machine end with its process 1; a visitor counts for nothing, a shell may have suspended it.
pub(crate) fn processes(folder: &Path, words: &[&str]) -> Vec<u32> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let number = |entry: &std::fs::DirEntry| entry.file_name().to_str()?.parse().ok();
    let is_part = |process: &u32| {
        let line = std::fs::read(format!("/proc/{process}/cmdline"));
        line.is_ok_and(|line| is_of_lab(&line, folder, words))
    };
    all.flatten().filter_map(|entry| number(&entry)).filter(is_part).collect()
}

/// The children of `parent` that run the same program, in the order they were started.
pub(crate) fn workers(parent: u32) -> Vec<u32> {
    let program = |process: u32| std::fs::read_link(format!("/proc/{process}/exe")).ok();
    let own = program(parent);
    children(parent).into_iter().filter(|process| program(*process) == own).collect()
}

/// The children of `parent`, in the order they were started.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let mut children: Vec<u32> = std::fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|process| parent_of(*process) == Some(parent))
        .collect();
    children.sort_unstable();
    children
}

/// All processes below `process`.
pub(crate) fn descendants(process: u32) -> Vec<u32> {
    let mut found = children(process);
    let mut next = 0;
    while let Some(process) = found.get(next).copied() {
        found.extend(children(process));
        next += 1;
    }
    found
}

/// The fields of a process's `stat` behind its name (which may hold anything): its state first.
pub(crate) fn stat(process: u32) -> Option<Vec<String>> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(") ")?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn parent_of(process: u32) -> Option<u32> {
    stat(process)?.get(1)?.parse().ok()
}

/// Whether a process still has work to do, be it its own end. One that is only waiting for its
/// parent to take note holds nothing any more.
pub(crate) fn is_alive(process: u32) -> bool {
    let fields = stat(process);
    let state = fields.as_ref().and_then(|fields| fields.first());
    !matches!(state.map(String::as_str), None | Some("Z" | "X"))
}

/// Whether a command line, its words ended by zeros, is one of a lab in `folder`.
fn is_of_lab(line: &[u8], folder: &Path, words: &[&str]) -> bool {
    let mut given = line.split(|byte| *byte == 0).skip(1);
    let is_part = given.next().is_some_and(|word| words.iter().any(|part| part.as_bytes() == word));
    is_part && given.next() == Some(folder.as_os_str().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_of_one_lab_are_told_from_all_others() {
        let folder = Path::new("/tmp/lab");
        for line in ["/x/systole\0lab-supervisor\0/tmp/lab\0", "a\0lab-init\0/tmp/lab\0oss1\0"] {
            assert!(is_of_lab(line.as_bytes(), folder, &PARTS), "{line}");
        }
        for line in ["", "a\0lab-init\0/tmp/lab2\0oss1\0", "a\0lab-guardian\0/tmp/lab\0"] {
            assert!(!is_of_lab(line.as_bytes(), folder, &PARTS), "{line}");
        }
    }

    #[test]
    fn the_dead_are_not_alive() {
        assert!(is_alive(std::process::id()));
        let mut child = std::process::Command::new("true").spawn().expect("a child");
        assert!(os::process::wait_until(std::time::Duration::from_secs(5), || {
            !is_alive(child.id())
        }));
        child.wait().expect("it has ended");
    }
}
