//! Requests about values that are kept outside of the configuration.

use serde::{Deserialize, Serialize};
use trust::Secret;

/// Where such a value belongs: the configuration has `lrm://` there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SecretPlace {
    /// The resource's id.
    pub resource: String,
    /// The parameter's name.
    pub parameter: String,
}

/// What is asked of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum SecretRequest {
    /// All nodes keep this value.
    Keep {
        /// Where it belongs.
        place: SecretPlace,
        /// The value; base64.
        #[cfg_attr(feature = "schema", schemars(with = "String"))]
        value: Secret,
    },
    /// No node keeps a value for this place any more.
    Forget {
        /// The place.
        place: SecretPlace,
    },
    /// Tell the value that the asked node keeps.
    Tell {
        /// The place.
        place: SecretPlace,
    },
    /// Do all nodes keep the value that the asked node keeps?
    Check {
        /// The place.
        place: SecretPlace,
    },
    /// All nodes get the newest values that any node keeps.
    Share,
}
