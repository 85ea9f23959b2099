//! What a cluster vouches with.

use crate::text::{from_word, to_word};
use crate::{Pin, Token, TokenError, tls};
use base::{Decode, DecodeError, Encode, WallTime};
use group::ClusterKey;
use rcgen::PublicKeyData;
use ring::hmac;
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use std::fmt;
use std::sync::Arc;

/// The format of tokens.
const FORMAT: u8 = 1;
/// What is signed ends with so many bytes of signature.
const SIGNATURE: usize = 32;
/// What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, section 7).
const PKCS8_HEAD: [u8; 16] =
    [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
/// The certificate's subject; nobody looks at it.
const NAME: &str = "systole";

/// A cluster's identity on the network, and its tokens; made of the cluster's key alone, so that it
/// is the same on all nodes.
#[derive(Clone)]
pub struct Authority {
    tokens: hmac::Key,
    pin: Pin,
    tls: Arc<ServerConfig>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.pin)
    }
}

/// A certificate cannot be made. What was tried is always the same, so this is a bug of this program.
#[derive(Debug, thiserror::Error)]
#[error("no certificate can be made of the cluster's key: {0}; report this as a bug")]
pub struct AuthorityError(String);

impl Authority {
    /// Of the cluster with this key.
    ///
    /// # Errors
    /// When no certificate can be made.
    pub fn new(key: &ClusterKey) -> Result<Self, AuthorityError> {
        let failed = |error: &dyn fmt::Display| AuthorityError(error.to_string());
        let seed = key.derive("systole api identity 1", b"");
        let pkcs8 = [PKCS8_HEAD.as_slice(), &seed].concat();
        let pair = rcgen::KeyPair::try_from(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()));
        let pair = pair.map_err(|error| failed(&error))?;
        let certificate = rcgen::CertificateParams::new([NAME.to_owned()])
            .and_then(|parameters| parameters.self_signed(&pair))
            .map_err(|error| failed(&error))?;
        let pin = Pin::of(&pair.subject_public_key_info());
        let tls = tls::server(certificate.der().to_vec(), pkcs8).map_err(|error| failed(&error))?;
        let secret = key.derive("systole api tokens 1", b"");
        Ok(Self { tokens: hmac::Key::new(hmac::HMAC_SHA256, &secret), pin, tls })
    }

    /// By what others know the cluster; no secret.
    pub const fn pin(&self) -> Pin {
        self.pin
    }

    /// For whoever answers in the cluster's name.
    pub fn tls(&self) -> Arc<ServerConfig> {
        self.tls.clone()
    }

    /// The token as it is handed out: one word.
    pub fn seal(&self, token: &Token) -> String {
        let mut bytes = vec![FORMAT];
        token.encode(&mut bytes);
        let signature = hmac::sign(&self.tokens, &bytes);
        bytes.extend_from_slice(signature.as_ref());
        to_word(&bytes)
    }

    /// What somebody shows at the date `now`.
    ///
    /// # Errors
    /// When this cluster has not made it, or its time is over.
    pub fn open(&self, text: &str, now: WallTime) -> Result<Token, TokenError> {
        let garbled = TokenError::Garbled;
        let bytes = from_word(text.trim()).unwrap_or_default();
        let Some(split) = bytes.len().checked_sub(SIGNATURE).filter(|split| *split > 0) else {
            return Err(garbled(DecodeError::Truncated { needed: SIGNATURE + 1 - bytes.len() }));
        };
        let (content, signature) = bytes.split_at(split);
        hmac::verify(&self.tokens, content, signature).map_err(|_| TokenError::Foreign)?;
        match content[0] {
            FORMAT => {}
            tag => return Err(garbled(DecodeError::UnknownTag { what: "token format", tag })),
        }
        let token = Token::from_bytes(&content[1..]).map_err(garbled)?;
        match now.saturating_since(token.until) {
            ago if ago.is_zero() => Ok(token),
            ago => Err(TokenError::Expired { ago }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Grant;
    use std::time::Duration;

    fn authority(key: u8) -> Authority {
        Authority::new(&ClusterKey::new([key; 32]).expect("a key")).expect("always")
    }

    #[test]
    fn all_nodes_of_a_cluster_are_known_by_one_pin() {
        assert_eq!(authority(1).pin(), authority(1).pin());
        assert_ne!(authority(1).pin(), authority(2).pin());
        // It is told to people and kept in files: another one would lock them out.
        assert_eq!(
            authority(1).pin().to_string(),
            "sha256//UsdcrnHlKPA/eWa4dDj6YiAAyVBRlIm2hsR+s4fuW4Y="
        );
    }

    #[test]
    fn tokens_are_believed_by_the_cluster_that_made_them_in_their_time() {
        let until = WallTime::from_seconds(1000);
        for grant in [Grant::User("alice".into()), Grant::Node] {
            let token = Token { grant, until, id: 7 };
            let text = authority(1).seal(&token);
            assert_eq!(authority(1).open(&format!("{text}\n"), until), Ok(token));
            assert_eq!(authority(2).open(&text, until), Err(TokenError::Foreign));
            let late = authority(1).open(&text, until + Duration::from_secs(5));
            assert_eq!(late, Err(TokenError::Expired { ago: Duration::from_secs(5) }));
        }
    }

    #[test]
    fn whatever_is_changed_in_a_token_it_is_good_no_more() {
        let token = Token {
            grant: Grant::User("alice".into()),
            until: WallTime::from_seconds(1000),
            id: u128::MAX,
        };
        let good = from_word(&authority(1).seal(&token)).expect("a word");
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let opened = authority(1).open(&to_word(&bad), WallTime::default());
            assert_eq!(opened, Err(TokenError::Foreign), "bit {bit}");
        }
        for text in ["", "x", "ä", &to_word(&good[..SIGNATURE]), &"A".repeat(100_000)] {
            assert!(authority(1).open(text, WallTime::default()).is_err(), "{text:.10}");
        }
    }
}
