//! By what somebody on the network is known: a digest that was told before.

use crate::text::{from_base64, from_hex, to_base64, write_hex};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, bytes).as_ref());
    sum
}

/// The SHA-256 of a certificate, for whoever keeps one. Written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// Of a certificate, in DER.
    pub fn of(certificate: &[u8]) -> Self {
        Self(sha256(certificate))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

/// This is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotADigest {
    /// No fingerprint.
    #[error("`{0}` is not 64 hexadecimal digits")]
    Hex(String),
    /// No pin.
    #[error("`{0}` is no pin: that is `sha256//` and 44 letters of base64")]
    Pin(String),
}

impl FromStr for Fingerprint {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        from_hex(text.trim()).map(Self).ok_or_else(|| NotADigest::Hex(text.to_owned()))
    }
}

/// The SHA-256 of a public key as certificates hold it (`SubjectPublicKeyInfo`), for a certificate
/// that is made anew by each process. Written as `sha256//` and base64, as curl has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin(pub [u8; 32]);

const MARK: &str = "sha256//";

impl Pin {
    /// Of a public key, in DER.
    pub fn of(public_key: &[u8]) -> Self {
        Self(sha256(public_key))
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{MARK}{}", to_base64(&self.0))
    }
}

impl FromStr for Pin {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let bytes = text.trim().strip_prefix(MARK).and_then(from_base64);
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| NotADigest::Pin(text.to_owned()))
    }
}

impl TryFrom<String> for Pin {
    type Error = NotADigest;

    fn try_from(text: String) -> Result<Self, NotADigest> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        pin.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_and_read() {
        let print = Fingerprint::of(b"a certificate");
        assert_eq!(format!("{print}\n").parse(), Ok(print));
        let pin = Pin::of(b"");
        // As `openssl dgst -sha256 -binary </dev/null | base64` has it.
        assert_eq!(pin.to_string(), "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(pin.to_string().parse(), Ok(pin));
        for wrong in ["", "00", &"g".repeat(64), &"ä".repeat(32)] {
            assert!(wrong.parse::<Fingerprint>().is_err(), "{wrong}");
        }
        for wrong in
            ["", "sha256//", "sha256//AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]
        {
            assert!(wrong.parse::<Pin>().is_err(), "{wrong}");
        }
    }
}
