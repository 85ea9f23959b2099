//! Keeps what is to be done, breaks circles, and writes the answer.

use crate::Decision;
use crate::model::Work;

/// The answer.
pub(crate) fn decision(work: Work<'_>) -> Decision<'_> {
    let _ = work;
    todo!()
}
