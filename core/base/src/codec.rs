//! Binary encoding of what nodes say to each other and write to disk.
//!
//! Shapes: integers little-endian at their full width, `bool` and enum tags one byte, text and
//! lists a `u32` count followed by their elements, `Option` a tag byte, `Duration` milliseconds
//! as `u64`. There are no versions in here: every *message* and every *file* starts with one and
//! decides by it what to expect.
//!
//! Decoding trusts nothing: a count is checked against the bytes that are left before anything is
//! allocated, text must be UTF-8, an unknown tag is an error. Never a panic (H2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// Why bytes could not be read. The value is not built; nothing else has changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// The bytes end in the middle of a value.
    #[error("the data is cut short: {needed} more bytes expected")]
    Truncated {
        /// How many bytes are missing at the least.
        needed: usize,
    },
    /// An enum tag that this version does not know.
    #[error("unknown tag {tag} for {what}")]
    UnknownTag {
        /// The type being read.
        what: &'static str,
        /// The tag found.
        tag: u8,
    },
    /// Text that is not UTF-8.
    #[error("text is not valid UTF-8")]
    NotText,
    /// Bytes follow after the end of the value.
    #[error("{0} bytes follow after the end")]
    Trailing(usize),
    /// A value outside of its type's range.
    #[error("{0} is out of range")]
    OutOfRange(&'static str),
}

/// Can be written as bytes.
pub trait Encode {
    /// Appends this value to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// This value alone as bytes.
    fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }
}

/// Can be read from bytes.
pub trait Decode: Sized {
    /// Takes one value from the front of `reader`.
    ///
    /// # Errors
    /// When the bytes are no such value.
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    /// Reads a value that fills `bytes` exactly.
    ///
    /// # Errors
    /// When the bytes are no such value, or more than one.
    fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let value = Self::decode(&mut reader)?;
        match reader.rest().len() {
            0 => Ok(value),
            more => Err(DecodeError::Trailing(more)),
        }
    }
}

/// A cursor over bytes from outside.
#[derive(Clone, Debug)]
pub struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    /// Starts at the front of `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What has not been read yet.
    pub const fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// When fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let Some((head, tail)) = self.0.split_at_checked(count) else {
            return Err(DecodeError::Truncated { needed: count - self.0.len() });
        };
        self.0 = tail;
        Ok(head)
    }

    /// An element count, refused when even one byte per element would not fit.
    ///
    /// # Errors
    /// When fewer bytes are left than elements announced.
    pub fn count(&mut self) -> Result<usize, DecodeError> {
        let count = u32::decode(self)? as usize;
        match count.checked_sub(self.0.len()) {
            Some(needed) if needed > 0 => Err(DecodeError::Truncated { needed }),
            _ => Ok(count),
        }
    }
}

macro_rules! codec_integer {
    ($($integer:ty),*) => {$(
        impl Encode for $integer {
            fn encode(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
        impl Decode for $integer {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let mut bytes = [0; size_of::<$integer>()];
                bytes.copy_from_slice(reader.take(size_of::<$integer>())?);
                Ok(Self::from_le_bytes(bytes))
            }
        }
    )*};
}
codec_integer!(u8, u16, u32, u64, u128, i32, i64);

impl Encode for bool {
    fn encode(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Decode for bool {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            0 => Ok(false),
            1 => Ok(true),
            tag => Err(DecodeError::UnknownTag { what: "bool", tag }),
        }
    }
}

/// Writes how many elements follow, as [`Reader::count`] reads it.
pub fn encode_count(count: usize, out: &mut Vec<u8>) {
    u32::try_from(count).unwrap_or(u32::MAX).encode(out);
}

impl Encode for str {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_count(self.len(), out);
        out.extend_from_slice(self.as_bytes());
    }
}

impl Encode for String {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_str().encode(out);
    }
}

impl Decode for String {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let count = reader.count()?;
        let text = std::str::from_utf8(reader.take(count)?).map_err(|_| DecodeError::NotText)?;
        Ok(text.to_owned())
    }
}

impl Encode for Duration {
    fn encode(&self, out: &mut Vec<u8>) {
        u64::try_from(self.as_millis()).unwrap_or(u64::MAX).encode(out);
    }
}

impl Decode for Duration {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        u64::decode(reader).map(Self::from_millis)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        match self {
            None => out.push(0),
            Some(value) => {
                out.push(1);
                value.encode(out);
            }
        }
    }
}

impl<T: Decode> Decode for Option<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match u8::decode(reader)? {
            0 => Ok(None),
            1 => T::decode(reader).map(Some),
            tag => Err(DecodeError::UnknownTag { what: "option", tag }),
        }
    }
}

impl<T: Encode> Encode for Box<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_ref().encode(out);
    }
}

impl<T: Decode> Decode for Box<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}

impl<T: Encode> Encode for Arc<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        self.as_ref().encode(out);
    }
}

impl<T: Decode> Decode for Arc<T> {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        T::decode(reader).map(Self::new)
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
        self.1.encode(out);
    }
}

impl<A: Decode, B: Decode> Decode for (A, B) {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok((A::decode(reader)?, B::decode(reader)?))
    }
}

macro_rules! codec_collection {
    ($(($($bounds:tt)*) $collection:ty, $item:ty;)*) => {$(
        impl<$($bounds)*> Decode for $collection where $item: Decode {
            fn decode(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
                let count = reader.count()?;
                (0..count).map(|_| <$item>::decode(reader)).collect()
            }
        }
    )*};
}
codec_collection! {
    (T) Vec<T>, T;
    (T: Ord) BTreeSet<T>, T;
    (K: Ord, V) BTreeMap<K, V>, (K, V);
}

impl<T: Encode> Encode for Vec<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_count(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<T: Encode> Encode for BTreeSet<T> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_count(self.len(), out);
        self.iter().for_each(|item| item.encode(out));
    }
}

impl<K: Encode, V: Encode> Encode for BTreeMap<K, V> {
    fn encode(&self, out: &mut Vec<u8>) {
        encode_count(self.len(), out);
        for (key, value) in self {
            key.encode(out);
            value.encode(out);
        }
    }
}

/// Encodes a struct field by field, in the order given: `codec_struct!(View { id, members });`,
/// or a newtype: `codec_struct!(NodeId(value));`.
#[macro_export]
macro_rules! codec_struct {
    ($name:ident { $($field:ident),* $(,)? }) => {
        impl $crate::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::Encode::encode($field, out);)*
            }
        }
        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                Ok(Self { $($field: $crate::Decode::decode(reader)?),* })
            }
        }
    };
    ($name:ident($field:ident)) => {
        impl $crate::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                let Self($field) = self;
                $crate::Encode::encode($field, out);
            }
        }
        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                $crate::Decode::decode(reader).map(Self)
            }
        }
    };
}

/// Encodes an enum as a tag byte and the variant's fields. Tags are for ever: a new variant takes
/// a new number. `codec_enum!(Reply { 0 = Yes, 1 = No { why }, 2 = Later(delay) });`
#[macro_export]
macro_rules! codec_enum {
    ($name:ident { $($tag:literal = $variant:ident
        $({ $($field:ident),* $(,)? })? $(( $($item:ident),* $(,)? ))? ),* $(,)? }) => {
        impl $crate::Encode for $name {
            fn encode(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($item),* ))? => {
                        out.push($tag);
                        $($($crate::Encode::encode($field, out);)*)?
                        $($($crate::Encode::encode($item, out);)*)?
                    })*
                }
            }
        }
        impl $crate::Decode for $name {
            fn decode(reader: &mut $crate::Reader<'_>) -> Result<Self, $crate::DecodeError> {
                match <u8 as $crate::Decode>::decode(reader)? {
                    $($tag => {
                        $($(let $field = $crate::Decode::decode(reader)?;)*)?
                        $($(let $item = $crate::Decode::decode(reader)?;)*)?
                        Ok(Self::$variant $({ $($field),* })? $(( $($item),* ))?)
                    })*
                    tag => Err($crate::DecodeError::UnknownTag { what: stringify!($name), tag }),
                }
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Reply {
        Yes,
        No { why: String },
        Later(Duration),
    }
    codec_enum!(Reply { 0 = Yes, 1 = No { why }, 2 = Later(delay) });

    #[test]
    fn what_was_written_is_read_back() {
        for reply in
            [Reply::Yes, Reply::No { why: "späť".into() }, Reply::Later(Duration::from_secs(3))]
        {
            assert_eq!(Reply::from_bytes(&reply.to_bytes()), Ok(reply));
        }
        let map = BTreeMap::from([(1u32, vec![Some(2u16), None]), (7, vec![])]);
        assert_eq!(BTreeMap::from_bytes(&map.to_bytes()), Ok(map));
    }

    #[test]
    fn damaged_bytes_are_refused_with_the_reason() {
        assert_eq!(Reply::from_bytes(&[9]), Err(DecodeError::UnknownTag { what: "Reply", tag: 9 }));
        assert_eq!(Reply::from_bytes(&[0, 0]), Err(DecodeError::Trailing(1)));
        let huge = [1, 0xff, 0xff, 0xff, 0xff];
        assert!(matches!(Reply::from_bytes(&huge), Err(DecodeError::Truncated { .. })));
        assert_eq!(String::from_bytes(&[1, 0, 0, 0, 0xff]), Err(DecodeError::NotText));
    }
}
