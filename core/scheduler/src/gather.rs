//! What the configuration and the status mean, typed and indexed.

use crate::model::Situation;
use crate::plan::Facts;

/// Reads all that is known.
pub fn situation<'a>(facts: &Facts<'a>) -> Situation<'a> {
    let _ = facts;
    todo!()
}
