//! Loop devices: a file as a block device.

use rustix::ioctl::{IntegerSetter, Ioctl, IoctlOutput, NoArg, Opcode, ioctl};
use std::ffi::c_void;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

const LOOP_SET_FD: Opcode = 0x4c00;
const LOOP_CLR_FD: Opcode = 0x4c01;
const LOOP_CTL_GET_FREE: Opcode = 0x4c82;
const CONTROL: &str = "/dev/loop-control";
/// Somebody else may take a free device before we do, so it is asked for again.
const ATTEMPTS: usize = 64;

/// Whether this process may make loop devices.
///
/// # Errors
/// The reason why not.
pub fn check() -> io::Result<()> {
    File::options().read(true).write(true).open(CONTROL).map(drop)
}

/// Attaches `image` to a free loop device and returns the device's path.
///
/// Several devices over one image are what several servers with a shared disk are. No descriptor
/// of the device stays open: the kernel drops its cached blocks when the last one is closed, and
/// a block cached on one server must not outlive a write by another.
///
/// # Errors
/// Without the privilege, or when all devices are taken and the kernel adds none.
pub fn attach(image: &Path) -> io::Result<PathBuf> {
    let control = File::options().read(true).write(true).open(CONTROL)?;
    let backing = File::options().read(true).write(true).open(image)?;
    for _ in 0..ATTEMPTS {
        // SAFETY: takes no argument and returns the device's number.
        let number = unsafe { ioctl(&control, GetFree) }?;
        let path = PathBuf::from(format!("/dev/loop{number}"));
        let device = File::options().read(true).write(true).open(&path)?;
        let descriptor = usize::try_from(backing.as_raw_fd()).map_err(io::Error::other)?;
        // SAFETY: the argument of LOOP_SET_FD is the descriptor itself.
        match unsafe { ioctl(&device, IntegerSetter::<LOOP_SET_FD>::new_usize(descriptor)) } {
            Ok(()) => return Ok(path),
            Err(rustix::io::Errno::BUSY) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(io::Error::new(io::ErrorKind::ResourceBusy, "every free loop device was taken by others"))
}

/// Detaches a loop device; one that is still mounted detaches when it is unmounted.
///
/// # Errors
/// Without the privilege. That nothing is attached is no error.
pub fn detach(device: &Path) -> io::Result<()> {
    let device = File::options().read(true).write(true).open(device)?;
    // SAFETY: LOOP_CLR_FD takes no argument.
    match unsafe { ioctl(&device, NoArg::<LOOP_CLR_FD>::new()) } {
        Ok(()) | Err(rustix::io::Errno::NXIO) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Whether the device has an image.
pub fn is_attached(device: &Path) -> bool {
    backing_of(device).is_some()
}

/// The loop devices of this machine whose image lies under `folder`, or is it.
///
/// # Errors
/// When there is no such folder or no `/sys`.
pub fn attached_under(folder: &Path) -> io::Result<Vec<PathBuf>> {
    // The kernel tells the path without symbolic links.
    let folder = folder.canonicalize()?;
    let mut devices = Vec::new();
    for entry in std::fs::read_dir("/sys/block")? {
        let device = Path::new("/dev").join(entry?.file_name());
        if backing_of(&device).is_some_and(|backing| backing.starts_with(&folder)) {
            devices.push(device);
        }
    }
    Ok(devices)
}

fn backing_of(device: &Path) -> Option<PathBuf> {
    let name = device.file_name()?;
    let file = Path::new("/sys/block").join(name).join("loop/backing_file");
    let text = std::fs::read_to_string(file).ok()?;
    // The kernel marks an image that was removed meanwhile.
    Some(PathBuf::from(text.trim_end().trim_end_matches(" (deleted)")))
}

/// LOOP_CTL_GET_FREE answers through its return value.
struct GetFree;

// SAFETY: the request takes no pointer, and its output is the plain return value.
unsafe impl Ioctl for GetFree {
    type Output = IoctlOutput;
    const IS_MUTATING: bool = false;

    fn opcode(&self) -> Opcode {
        LOOP_CTL_GET_FREE
    }

    fn as_ptr(&mut self) -> *mut c_void {
        std::ptr::null_mut()
    }

    unsafe fn output_from_ptr(
        output: IoctlOutput,
        _: *mut c_void,
    ) -> rustix::io::Result<Self::Output> {
        Ok(output)
    }
}
