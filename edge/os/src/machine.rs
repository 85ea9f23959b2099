//! Which machine this is, and which of its lives.

use base::BootId;
use std::io;

const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// The identity of the machine's present life; it changes with every power-on (F4, F5).
///
/// # Errors
/// When the kernel does not tell, or what it tells is no UUID.
pub fn boot_id() -> io::Result<BootId> {
    let text = std::fs::read_to_string(BOOT_ID)?;
    parse_uuid(text.trim()).map(BootId).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("{BOOT_ID} holds no UUID: {text:?}"))
    })
}

/// The load average of the last minute, in hundredths.
///
/// # Errors
/// When `/proc` is not there.
pub fn load() -> io::Result<u32> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let minute = text.split_whitespace().next().and_then(|word| word.parse::<f64>().ok());
    let wrong = || io::Error::new(io::ErrorKind::InvalidData, format!("/proc/loadavg: {text:?}"));
    minute.map(|load| (load * 100.0) as u32).ok_or_else(wrong)
}

/// The machine's name, as `uname -n` prints it.
pub fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Names the machine, or this process's UTS namespace of it.
///
/// # Errors
/// Without the privilege, or when the name is longer than the 64 bytes the kernel keeps.
pub fn set_host_name(name: &str) -> io::Result<()> {
    Ok(rustix::system::sethostname(name.as_bytes())?)
}

/// A new random UUID, in the form of the kernel's boot id.
///
/// # Errors
/// When `/proc` is not there.
pub fn random_uuid() -> io::Result<String> {
    let text = std::fs::read_to_string("/proc/sys/kernel/random/uuid")?;
    Ok(text.trim().to_owned())
}

fn parse_uuid(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(|&letter| letter != '-').collect();
    let whole = digits.len() == 32 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    whole.then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boot_id_is_a_uuid_and_stays() {
        assert_eq!(parse_uuid("00000000-0000-0000-0000-0000000000ff"), Some(255));
        for wrong in ["", "12", "+0000000-0000-0000-0000-0000000000ff", "zz"] {
            assert_eq!(parse_uuid(wrong), None, "{wrong}");
        }
        assert_eq!(boot_id().unwrap(), boot_id().unwrap());
        assert!(parse_uuid(&random_uuid().unwrap()).is_some());
    }
}
