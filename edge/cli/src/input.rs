//! Texts from outside: files and standard input, and what to say where one is wrong.

use crate::answer::Failure;
use crate::words::of_system;
use cib::{Cib, CibError};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};

/// A text that is longer is no configuration: no node would take it either.
const LONGEST: u64 = api::LARGEST_REQUEST as u64;

/// A file's text; `-` is standard input. What is too long is not read to its end.
pub(crate) fn read_file(path: &Path) -> Result<String, Failure> {
    let (name, bytes) = if path == Path::new("-") {
        ("standard input".to_owned(), read(io::stdin()))
    } else {
        (path.display().to_string(), File::open(path).and_then(read))
    };
    match bytes {
        Ok(bytes) if bytes.len() as u64 <= LONGEST => text_of(&name, bytes),
        Ok(_) => Err(Failure::NoInput(format!(
            "{name} is longer than {} MiB, as no configuration is; is it the right file?",
            LONGEST >> 20
        ))),
        Err(error) => Err(Failure::NoInput(format!("{name}: {}", of_system(&error)))),
    }
}

/// The text that these bytes are.
fn text_of(name: &str, bytes: Vec<u8>) -> Result<String, Failure> {
    String::from_utf8(bytes).map_err(|error| {
        let (bytes, good) = (error.as_bytes(), error.utf8_error().valid_up_to());
        let line = bytes[..good].iter().filter(|byte| **byte == b'\n').count() + 1;
        let begin = bytes[..good].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&bytes[begin..good]).chars().count() + 1;
        let what = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "it is UTF-16".to_owned(),
            _ => format!("the byte 0x{:02x} is not UTF-8", bytes[good]),
        };
        Failure::NoInput(format!("{name}:{line}:{column}: error: {what}; save the text as UTF-8"))
    })
}

/// The text of a file, or of what an address on the network names. What is there is fetched by
/// `curl`, which knows proxies and certificates of this machine.
pub(crate) fn read_place(place: &str) -> Result<String, Failure> {
    const SCHEMES: [&str; 3] = ["http://", "https://", "ftp://"];
    if !SCHEMES.iter().any(|scheme| place.starts_with(scheme)) {
        return read_file(Path::new(place.strip_prefix("file://").unwrap_or(place)));
    }
    let failed = |why: String| Failure::NoInput(format!("{place}: {why}"));
    let limit = LONGEST.to_string();
    let options = ["-fsSL", "--max-time", "60", "--max-filesize", &limit, "--", place];
    let output = Command::new("curl").args(options).stdin(Stdio::null()).output();
    let output = output.map_err(|error| {
        failed(format!("it is fetched by `curl`, which does not run: {}", of_system(&error)))
    })?;
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    text_of(place, output.stdout)
}

/// So much that it can be told whether there is too much.
fn read(from: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(LONGEST + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The CIB that a text is.
pub(crate) fn cib_of(name: &str, text: &str) -> Result<Cib, Failure> {
    let read = cib::read_tolerant(text);
    read.map(|(cib, _)| cib).map_err(|error| Failure::Configuration(located(name, &error)))
}

/// What is wrong with a text in XML, with its place in front.
pub(crate) fn located(name: &str, error: &CibError) -> String {
    let CibError { line, column, what, help } = error;
    let help = if help.is_empty() { String::new() } else { format!("; {help}") };
    format!("{name}:{line}:{column}: error: {what}{help}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_configuration_is_told_as_such() {
        let path = std::env::temp_dir().join(format!("systole-input-{}", std::process::id()));
        let said = |bytes: &[u8]| {
            std::fs::write(&path, bytes).expect("the folder can be written");
            read_file(&path).expect_err("it is no text").to_string()
        };
        for (bytes, why) in [
            (&b"\xff\xfe<\0c\0"[..], ":1:1: error: it is UTF-16; save the text as UTF-8"),
            (
                b"<cib>\n<\xc3\xa4 \xe4",
                ":2:4: error: the byte 0xe4 is not UTF-8; save the text as UTF-8",
            ),
        ] {
            assert!(said(bytes).ends_with(why), "{}", said(bytes));
        }
        let long = said(&vec![b' '; api::LARGEST_REQUEST + 1]);
        assert!(
            long.ends_with("is longer than 64 MiB, as no configuration is; is it the right file?")
        );
        std::fs::remove_file(&path).expect("it is ours");
        let said = read_file(Path::new("/nonexistent")).expect_err("it is not there").to_string();
        assert_eq!(said, "/nonexistent: No such file or directory");
        let endless = read_file(Path::new("/dev/zero")).expect_err("it has no end").to_string();
        assert!(endless.contains("longer than 64 MiB"), "{endless}");
    }
}
