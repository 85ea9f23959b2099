//! What somebody needs to talk to a cluster from elsewhere, together.

use crate::Pin;
use crate::text::{from_word, to_word};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The TCP port of the API, unless somebody says otherwise.
pub const PORT: u16 = 5407;

/// Nothing longer is looked at.
const LONGEST: usize = 16 << 10;

/// Where a cluster is, how it is known, and a token of it. A secret, for the token's sake. In a file
/// it is JSON: `{"addresses": ["10.0.0.1:5407"], "pin": "sha256//...", "token": "..."}`; to be
/// pasted it is one word, the same in base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Access {
    /// Where nodes of it answer: one after the other is tried.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub addresses: Vec<Host>,
    /// By what all of them are known.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub pin: Pin,
    /// What they are shown.
    pub token: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("addresses", &self.addresses)
            .field("pin", &self.pin)
            .finish_non_exhaustive()
    }
}

/// This is none.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// Much too long, or neither JSON nor a word.
    #[error(
        "this is neither the word that `systole init` prints nor what `systole token` prints: was a part \
         of it lost?"
    )]
    NotOne,
    /// It does not say what it should.
    #[error("what `systole token` or `systole init` printed has been changed: {0}")]
    Content(#[from] serde_json::Error),
    /// It leads nowhere.
    #[error("no address stands in it: where is the cluster?")]
    NoAddress,
}

impl Access {
    /// As one word.
    pub fn to_word(&self) -> String {
        to_word(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// As a file.
    pub fn to_text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

impl FromStr for Access {
    type Err = AccessError;

    fn from_str(text: &str) -> Result<Self, AccessError> {
        let text = text.trim();
        if text.len() > LONGEST {
            return Err(AccessError::NotOne);
        }
        let access: Self = match text.starts_with('{') {
            true => serde_json::from_str(text)?,
            false => {
                let content = from_word(text).filter(|content| content.starts_with(b"{"));
                serde_json::from_slice(&content.ok_or(AccessError::NotOne)?)?
            }
        };
        if access.addresses.is_empty() { Err(AccessError::NoAddress) } else { Ok(access) }
    }
}

/// A name or an address, with a port: `oss1`, `10.0.0.1:5407`, `fe80::1`, `[fe80::1]:5407`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Host {
    /// The name or the address.
    pub name: String,
    /// The port.
    pub port: u16,
}

/// This is no place on the network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place on the network: write oss1, 10.0.0.1:5407 or [fe80::1]:5407")]
pub struct HostError(String);

impl FromStr for Host {
    type Err = HostError;

    fn from_str(text: &str) -> Result<Self, HostError> {
        let wrong = || HostError(text.to_owned());
        let (name, port) = match (text.strip_prefix('['), text.rsplit_once(':')) {
            (Some(rest), _) => match rest.split_once(']').ok_or_else(wrong)? {
                (name, "") => (name, None),
                (name, port) => (name, Some(port.strip_prefix(':').ok_or_else(wrong)?)),
            },
            // More than one colon: an address without a port.
            (None, Some((name, port))) if !name.contains(':') => (name, Some(port)),
            (None, _) => (text, None),
        };
        let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| wrong()))?;
        let is_one = !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '/');
        if is_one { Ok(Self { name: name.to_owned(), port }) } else { Err(wrong()) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name.contains(':') {
            true => write!(f, "[{}]:{}", self.name, self.port),
            false => write!(f, "{}:{}", self.name, self.port),
        }
    }
}

impl TryFrom<String> for Host {
    type Error = HostError;

    fn try_from(text: String) -> Result<Self, HostError> {
        text.parse()
    }
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        host.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        for (text, expected) in [
            ("oss1", Some("oss1:5407")),
            ("oss1:99", Some("oss1:99")),
            ("10.0.0.1", Some("10.0.0.1:5407")),
            ("fe80::1", Some("[fe80::1]:5407")),
            ("[fe80::1]", Some("[fe80::1]:5407")),
            ("[fe80::1]:99", Some("[fe80::1]:99")),
            ("", None),
            (":99", None),
            ("oss1:", None),
            ("oss1:99999", None),
            ("[fe80::1", None),
            ("[fe80::1]99", None),
            ("https://oss1", None),
        ] {
            let read = text.parse::<Host>().ok().map(|host| host.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_handed_out_is_a_word_or_a_file_and_keeps_its_secret() {
        let access = Access {
            addresses: vec!["oss1".parse().expect("good")],
            pin: Pin::of(b"key"),
            token: "SECRET".into(),
        };
        for text in [access.to_word(), access.to_text()] {
            assert_eq!(format!("{text}\n").parse::<Access>().expect("the same"), access);
        }
        assert!(!format!("{access:?}").contains("SECRET"));
        let nowhere = Access { addresses: Vec::new(), ..access };
        for text in ["", "{", "{}", "word", "ä", &nowhere.to_word(), &"A".repeat(LONGEST + 1)] {
            assert!(text.parse::<Access>().is_err(), "{text:.10}");
        }
    }
}
