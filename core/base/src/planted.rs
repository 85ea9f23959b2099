//! Bugs to plant on purpose, so that it is known that the net which should catch them holds.
//!
//! Without the feature `planted`, which nothing that is shipped switches on, every question here is
//! answered with "no" by the compiler. With it one bug at a time can be planted in a thread.

/// A bug, and the invariant that it breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Planted {
    /// A restarted process counts its views from zero (G1).
    ForgetViewCounter,
    /// A promise binds nobody: any proposal is accepted, and any installation carried out (G2).
    InstallUnpromised,
    /// What a view is, is said again to those who have not heard it as if they were all of it (G2).
    NameTheRest,
    /// Messages that came together are delivered by sender, not by position (G3).
    DeliverBySender,
    /// What a line of views has delivered is delivered again after a merge (G4).
    DeliverAgain,
    /// What was under way when a view ended is not sent again (G5).
    LoseOwn,
    /// Deliveries go on after another view was promised (G6).
    ForgetToFreeze,
    /// Safe messages do not wait for everybody (G7).
    SafeTooEarly,
    /// A packet may come as often as it likes (G8).
    AcceptReplays,
    /// Whoever has the key is a living process, also when it was recorded last week (G8).
    TrustEchoes,
    /// Heartbeats go over the first link alone (G9).
    GreetOnOneLink,
    /// A good-bye is taken for a death (G10).
    MistakeGoodbye,
    /// Who says good-bye takes the last of the others along (G10).
    LeaveTogether,
    /// Half of the votes are a majority (Q1).
    HalfIsEnough,
    /// Every view may act (Q5, F1).
    ActWithoutQuorum,
    /// Nobody waits for all (Q6).
    SkipWaitForAll,
    /// A plan takes who is lost for down, and starts are sent without the last look, which is
    /// there for such plans (R1).
    SkipInterlock,
    /// A node that is lost counts as down (R1).
    TakeLostForDown,
    /// A fence device that did not answer has done its work (R1, F3).
    TakeSilenceForFenced,
    /// Applying an operation looks at the own clock (C3).
    ApplyByOwnClock,
    /// Who was paused accuses the others of silence (L6).
    AccuseAfterPause,
    /// What everybody has is kept for ever (H1).
    NeverForget,
    /// Nobody asks for what is missing (L5).
    NeverAskAgain,
    /// A change counts as made before any disk has it (C1).
    AnswerBeforeDisks,
    /// What one half changed alone is forgotten when it meets the other (C2).
    ForgetTheOther,
    /// An instance is promoted though nobody has asked whether another one is (R4).
    PromoteUnasked,
    /// An action waits for none on another node (R5).
    WaitForNobodyElse,
    /// What a service needs of a node's room counts only once it is there (R6).
    FillTwice,
    /// What was planned before people said that something is to be left alone is done all the same (R7).
    TouchEverything,
    /// That a monitor found a failure is no reason to plan anew (L3).
    AwaitTheTimer,
    /// Who is new in a view is shot before it could say that it is well (F2).
    ShootNewcomers,
}

impl Planted {
    /// All of them.
    pub const ALL: [Self; 31] = [
        Self::ForgetViewCounter,
        Self::InstallUnpromised,
        Self::NameTheRest,
        Self::DeliverBySender,
        Self::DeliverAgain,
        Self::LoseOwn,
        Self::ForgetToFreeze,
        Self::SafeTooEarly,
        Self::AcceptReplays,
        Self::TrustEchoes,
        Self::GreetOnOneLink,
        Self::MistakeGoodbye,
        Self::LeaveTogether,
        Self::HalfIsEnough,
        Self::ActWithoutQuorum,
        Self::SkipWaitForAll,
        Self::SkipInterlock,
        Self::TakeLostForDown,
        Self::TakeSilenceForFenced,
        Self::ApplyByOwnClock,
        Self::AccuseAfterPause,
        Self::NeverForget,
        Self::NeverAskAgain,
        Self::AnswerBeforeDisks,
        Self::ForgetTheOther,
        Self::PromoteUnasked,
        Self::WaitForNobodyElse,
        Self::FillTwice,
        Self::TouchEverything,
        Self::AwaitTheTimer,
        Self::ShootNewcomers,
    ];

    /// The invariants of which one must be seen broken before the bug counts as found: the one that
    /// it breaks, and where that is not what an observer sees first, what it sees then.
    pub const fn breaks(self) -> &'static [&'static str] {
        match self {
            Self::ForgetViewCounter => &["G1"],
            // Promises are what view ids grow by, and mostly the guard on them speaks (G1) before
            // members turn out to come from elsewhere than they say (G2).
            Self::InstallUnpromised => &["G1", "G2"],
            Self::NameTheRest => &["G2"],
            Self::DeliverBySender => &["G3"],
            Self::DeliverAgain => &["G4"],
            Self::LoseOwn => &["G5"],
            // What is delivered after the promise is more than the survivors agree on, or was safe
            // only for those who are left (G7).
            Self::ForgetToFreeze => &["G6", "G7"],
            Self::SafeTooEarly => &["G7"],
            Self::AcceptReplays | Self::TrustEchoes => &["G8"],
            Self::GreetOnOneLink => &["G9"],
            // Before the others are put out they are accused, with good rings in between (G9).
            Self::MistakeGoodbye => &["G10", "G9"],
            Self::LeaveTogether => &["G10"],
            Self::HalfIsEnough => &["Q1", "Q3"],
            Self::ActWithoutQuorum => &["Q5", "F1"],
            Self::SkipWaitForAll => &["Q6"],
            Self::SkipInterlock | Self::TakeLostForDown | Self::TakeSilenceForFenced => &["R1"],
            Self::ApplyByOwnClock => &["C3"],
            Self::AccuseAfterPause => &["L6"],
            Self::NeverForget => &["H1"],
            // What nobody asks for never comes, so the view does not settle, or the sender waits.
            Self::NeverAskAgain => &["L5", "G5"],
            Self::AnswerBeforeDisks => &["C1"],
            Self::ForgetTheOther => &["C2"],
            Self::PromoteUnasked => &["R4"],
            Self::WaitForNobodyElse => &["R5"],
            Self::FillTwice => &["R6"],
            Self::TouchEverything => &["R7"],
            Self::AwaitTheTimer => &["L3"],
            Self::ShootNewcomers => &["F2"],
        }
    }
}

#[cfg(feature = "planted")]
mod switch {
    use super::Planted;
    use std::cell::Cell;

    thread_local! {
        static CURRENT: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    /// Plants a bug in what this thread plays from here on, or takes it out.
    pub fn plant(bug: Option<Planted>) {
        CURRENT.set(bug);
    }

    /// Is this bug planted in this thread?
    #[inline]
    pub fn is(bug: Planted) -> bool {
        CURRENT.get() == Some(bug)
    }
}

#[cfg(not(feature = "planted"))]
mod switch {
    use super::Planted;

    /// Is this bug planted? Never: this is not a build for proofs.
    #[inline]
    pub const fn is(_: Planted) -> bool {
        false
    }
}

pub use switch::*;
