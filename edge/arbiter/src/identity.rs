//! How a cluster and an arbiter know each other.

use base::NodeId;
use group::ClusterKey;
use group::arbiter::identity_seed;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use std::fmt;
use std::str::FromStr;
use trust::{from_hex, write_hex};

/// What both sides of a TLS session can compute, and nobody else.
pub(crate) type SessionSecret = [u8; 32];

/// A cluster's own proof of who it is.
pub struct Identity {
    pair: Ed25519KeyPair,
    cluster: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({}, {})", self.cluster, self.public())
    }
}

impl Identity {
    /// Of the cluster with this key and name: the same on all its nodes.
    pub fn new(key: &ClusterKey, cluster_name: &str) -> Self {
        let pair = Ed25519KeyPair::from_seed_unchecked(&identity_seed(key, cluster_name));
        let Ok(pair) = pair else { unreachable!("every 32 bytes are a seed of Ed25519") };
        Self { pair, cluster: cluster_name.to_owned() }
    }

    /// What the arbiter is told of it.
    pub fn public(&self) -> PublicIdentity {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(self.pair.public_key().as_ref());
        PublicIdentity(bytes)
    }

    /// The cluster's name.
    pub fn cluster(&self) -> &str {
        &self.cluster
    }

    pub(crate) fn sign(&self, session: &SessionSecret, node: NodeId) -> Vec<u8> {
        self.pair.sign(&signed(session, &self.cluster, node)).as_ref().to_vec()
    }
}

/// Bound to the session: what a proof was for cannot be passed on.
fn signed(session: &SessionSecret, cluster: &str, node: NodeId) -> Vec<u8> {
    [b"systole arbiter hello 1".as_slice(), session, &node.0.to_le_bytes(), cluster.as_bytes()]
        .concat()
}

/// By what an arbiter knows a cluster; no secret. 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PublicIdentity([u8; 32]);

impl PublicIdentity {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub(crate) fn has_signed(
        &self,
        (session, cluster, node): (&SessionSecret, &str, NodeId),
        signature: &[u8],
    ) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        key.verify(&signed(session, cluster, node), signature).is_ok()
    }
}

/// This is not what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not 64 hexadecimal digits")]
pub struct NotHex(String);

impl FromStr for PublicIdentity {
    type Err = NotHex;

    fn from_str(text: &str) -> Result<Self, NotHex> {
        from_hex(text.trim()).map(Self).ok_or_else(|| NotHex(text.to_owned()))
    }
}

impl fmt::Display for PublicIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_hex(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(key: u8, name: &str) -> Identity {
        Identity::new(&ClusterKey::new([key; 32]).expect("a key"), name)
    }

    #[test]
    fn a_proof_is_good_for_one_session_of_one_node_of_one_cluster() {
        let lustre = identity(1, "lustre");
        let proof = lustre.sign(&[7; 32], NodeId(1));
        let holds = |identity: &Identity, session: u8, cluster: &str, node: u32| {
            identity.public().has_signed((&[session; 32], cluster, NodeId(node)), &proof)
        };
        assert!(holds(&lustre, 7, "lustre", 1));
        assert!(!holds(&lustre, 8, "lustre", 1));
        assert!(!holds(&lustre, 7, "scratch", 1));
        assert!(!holds(&lustre, 7, "lustre", 2));
        assert!(!holds(&identity(2, "lustre"), 7, "lustre", 1));
    }

    #[test]
    fn an_identity_is_written_and_read() {
        let public = identity(1, "lustre").public();
        assert_eq!(format!("{public}\n").parse(), Ok(public));
        for wrong in ["", "00", &"g".repeat(64), &"ä".repeat(32)] {
            assert_eq!(wrong.parse::<PublicIdentity>(), Err(NotHex(wrong.into())), "{wrong}");
        }
    }
}
