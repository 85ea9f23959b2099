//! `mount.lustre` for machines without Lustre: a disk of the lab under the file system's name.

use os::mount::{Options, bind, mount};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Exit codes of mount(8).
const USAGE: u8 = 1;
const FAILED: u8 = 32;

/// Options that mean something to ext4 too. Everything else (`flock`, `abort_recov`, ...) is for
/// Lustre alone and left out.
const UNDERSTOOD: [&str; 6] = ["errors=", "data=", "commit=", "barrier", "user_xattr", "acl"];

/// What the helper was called with.
#[derive(Debug, PartialEq, Eq)]
struct Call {
    device: PathBuf,
    target: PathBuf,
    options: String,
}

/// The stand-in for Lustre's mount helper: `mount.lustre DEVICE DIR [-o OPTIONS] [-fnsvrw]`, where
/// `args` are the words after the program's name. A block device is mounted as the ext4 file
/// system it holds, a folder (the disk of an ordinary user's lab) is shown a second time.
///
/// Exit codes are those of mount(8): 0 mounted, 1 wrong call, 32 the mount failed.
pub fn mount_lustre(args: &[String]) -> ExitCode {
    let Some(call) = parse(args) else {
        eprintln!("usage: mount.lustre DEVICE DIRECTORY [-o OPTIONS] [-nsvrw]");
        return ExitCode::from(USAGE);
    };
    match perform(&call) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let (device, target) = (call.device.display(), call.target.display());
            eprintln!("mount.lustre: mount {device} at {target} failed: {error}");
            ExitCode::from(FAILED)
        }
    }
}

fn parse(args: &[String]) -> Option<Call> {
    let mut options = Vec::new();
    let mut paths = Vec::new();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-o" => options.push(words.next()?.as_str()),
            "-t" => drop(words.next()?),
            "-r" => options.push("ro"),
            flag if flag.starts_with('-') => {}
            path => paths.push(PathBuf::from(path)),
        }
    }
    let [device, target] = <[PathBuf; 2]>::try_from(paths).ok()?;
    Some(Call { device, target, options: options.join(",") })
}

fn perform(call: &Call) -> std::io::Result<()> {
    let device = Path::new(&call.device);
    if !std::fs::metadata(device)?.file_type().is_block_device() {
        return bind(device, &call.target);
    }
    let options = Options::parse(&call.options, |word| {
        UNDERSTOOD.iter().any(|known| word.trim_start_matches("no").starts_with(known))
    });
    mount(&std::fs::canonicalize(device)?, &call.target, "ext4", &options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Option<(String, String, String)> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        parse(&words).map(|call| {
            (call.device.display().to_string(), call.target.display().to_string(), call.options)
        })
    }

    #[test]
    fn the_call_is_that_of_a_mount_helper() {
        let expected = |options: &str| Some(("/dev/a".into(), "/mnt".into(), options.to_owned()));
        assert_eq!(call("/dev/a /mnt -o rw,flock"), expected("rw,flock"));
        assert_eq!(call("-n -s -v /dev/a /mnt -r -o x"), expected("ro,x"));
        assert_eq!(call("/dev/a"), None);
        assert_eq!(call("/dev/a /mnt -o"), None);
        assert_eq!(call("/dev/a /mnt /more"), None);
    }

    #[test]
    fn what_is_not_there_cannot_be_mounted() {
        let gone =
            Call { device: "/no/such".into(), target: "/mnt".into(), options: String::new() };
        assert!(perform(&gone).is_err());
    }
}
