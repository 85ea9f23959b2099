//! Bytes that are shown to nobody by accident.

use crate::text::{from_base64, to_base64};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Bytes that travel as base64 and are never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Secret(pub Vec<u8>);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

impl TryFrom<String> for Secret {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        from_base64(&text).map(Self).ok_or("a secret is written in base64")
    }
}

impl From<Secret> for String {
    fn from(secret: Secret) -> Self {
        to_base64(&secret.0)
    }
}
