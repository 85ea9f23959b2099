//! How the story is told.

use crate::answer::Failure;
use rehearsal::{Event, Modification};
use scheduler::model::ScoreNote;
use scheduler::{Situation, SummaryLine};

/// Who tells it.
pub(super) trait Tell {
    /// Something about the circumstances, such as the date.
    fn remark(&mut self, line: &str);
    /// What is.
    fn present(&mut self, situation: &Situation<'_>);
    /// What was changed first.
    fn modified(&mut self, modifications: &[Modification]);
    /// What placement noted.
    fn noted(&mut self, notes: &[ScoreNote]);
    /// What would be done.
    fn planned(&mut self, lines: &[SummaryLine]);
    /// How that went.
    fn played(&mut self, events: &[Event]);
    /// What is then.
    fn future(&mut self, situation: &Situation<'_>);
    /// That was all.
    fn finish(&mut self, code: u8) -> Result<(), Failure>;
}
