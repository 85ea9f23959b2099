//! Whether parameters are still those that something was started with.

use std::collections::BTreeMap;

/// What digests start with: those that other programs have written are not comparable, and say
/// nothing about a change.
const PREFIX: &str = "fnv1a-";

/// A short text that differs when the parameters do, the same on every node and in every version
/// (FNV-1a with 128 bits over names and values, each with its length in front).
///
/// To be stored with every result as [`cluster::Digests::all`], computed from the
/// parameters in the action's `Invocation`: a digest that no longer fits makes the scheduler
/// restart the resource, or set up a recurring operation again.
pub fn parameters_digest(parameters: &BTreeMap<String, String>) -> String {
    const BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let mut hash = BASIS;
    let mut mix = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u128::from(*byte)).wrapping_mul(PRIME);
        }
    };
    for text in parameters.iter().flat_map(|(name, value)| [name, value]) {
        mix(&(text.len() as u64).to_le_bytes());
        mix(text.as_bytes());
    }
    format!("{PREFIX}{hash:032x}")
}

/// Whether `digest`, taken from a record, is of other parameters than these.
pub(crate) fn differs(digest: &str, parameters: &BTreeMap<String, String>) -> bool {
    digest.starts_with(PREFIX) && digest != parameters_digest(parameters)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_may_not_pass_for_a_name() {
        let one = BTreeMap::from([("a".to_owned(), "bc".to_owned())]);
        let two = BTreeMap::from([("ab".to_owned(), "c".to_owned())]);
        assert_ne!(parameters_digest(&one), parameters_digest(&two));
        assert!(!differs(&parameters_digest(&one), &one));
        assert!(differs(&parameters_digest(&two), &one));
        assert!(!differs("0f2a8d66d73ab1dd0ec6ed2b4b1a2b07", &one));
    }
}
