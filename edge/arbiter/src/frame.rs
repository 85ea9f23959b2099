//! What goes over the wire.

use base::{Decode, DecodeError, Encode, NodeId, codec_enum, codec_struct};
use group::arbiter::{Answer, Report};
use std::io::{self, Read, Write};

/// The newest version of the protocol that is spoken here.
pub(crate) const VERSION: u16 = 1;
/// The longest frame: a report of 64 members fits several times.
const LONGEST: usize = 4096;

/// What a cluster says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToArbiter {
    /// First of all: who it is.
    Hello(Hello),
    /// How its view is. Answered by [`ToCluster::Answer`].
    Report(Report),
}
codec_enum!(ToArbiter { 0 = Hello(hello), 1 = Report(report) });

/// Who speaks, with the proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The newest version of the protocol that it speaks.
    pub version: u16,
    /// The cluster's name.
    pub cluster: String,
    /// Which node of it.
    pub node: NodeId,
    /// Its public identity, 32 bytes.
    pub identity: Vec<u8>,
    /// The session's secret, the node and the name, signed.
    pub proof: Vec<u8>,
}
codec_struct!(Hello { version, cluster, node, identity, proof });

/// What the arbiter says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToCluster {
    /// To a hello: in which version it goes on.
    Welcome {
        /// The older of both newest ones.
        version: u16,
    },
    /// To a hello; the connection ends.
    Refused(Refused),
    /// To a report.
    Answer(Answer),
}
codec_enum!(ToCluster { 0 = Welcome { version }, 1 = Refused(why), 2 = Answer(answer) });

/// Why an arbiter does not speak to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Refused {
    /// Nobody has told it of such a cluster.
    #[error("it does not know this cluster")]
    UnknownCluster,
    /// It knows another cluster by that name.
    #[error(
        "it knows this cluster by another identity: the key has changed, or two clusters share a name"
    )]
    OtherIdentity,
    /// The proof is none.
    #[error("it does not believe the proof; is somebody in between?")]
    NoProof,
    /// No first frame, or none that it understands.
    #[error("it does not understand what it was told; which versions run on both sides?")]
    NotUnderstood,
    /// It serves as many as it can.
    #[error("it serves as many as it can")]
    Full,
}
codec_enum!(Refused {
    0 = UnknownCluster,
    1 = OtherIdentity,
    2 = NoProof,
    3 = NotUnderstood,
    4 = Full,
});

/// Why a frame could not be read. The connection is of no use any more.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// The other side is gone, or silent.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A length that nobody needs.
    #[error("a frame of {0} bytes was announced")]
    TooLong(usize),
    /// No such content.
    #[error(transparent)]
    Content(#[from] DecodeError),
}

/// Writes a frame.
pub(crate) fn write(stream: &mut impl Write, content: &impl Encode) -> io::Result<()> {
    let content = content.to_bytes();
    let length = u32::try_from(content.len()).unwrap_or(u32::MAX);
    stream.write_all(&[&length.to_le_bytes(), content.as_slice()].concat())?;
    stream.flush()
}

/// Reads a frame; nothing is set aside for more than it may have.
pub(crate) fn read<T: Decode>(stream: &mut impl Read) -> Result<T, FrameError> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(FrameError::TooLong(length));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content)?;
    Ok(T::from_bytes(&content)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut wire = Vec::new();
        write(&mut wire, &ToCluster::Welcome { version: 1 }).expect("room");
        write(&mut wire, &ToCluster::Refused(Refused::Full)).expect("room");
        let mut wire = wire.as_slice();
        let first: ToCluster = read(&mut wire).expect("whole");
        let second: ToCluster = read(&mut wire).expect("whole");
        assert_eq!(first, ToCluster::Welcome { version: 1 });
        assert_eq!(second, ToCluster::Refused(Refused::Full));
        assert!(matches!(read::<ToCluster>(&mut wire), Err(FrameError::Io(_))));
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        let tried = |bytes: &[u8]| read::<ToCluster>(&mut &bytes[..]);
        assert!(matches!(tried(&[0, 0, 1, 0, 9]), Err(FrameError::TooLong(65536))));
        assert!(matches!(tried(&[1, 0, 0, 0, 9]), Err(FrameError::Content(_))));
        assert!(matches!(tried(&[9, 0, 0, 0, 1]), Err(FrameError::Io(_))));
    }
}
