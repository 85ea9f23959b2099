//! Answers to whoever has asked, and may have gone meanwhile.

use tokio::sync::oneshot;

/// Gives the answer; nobody is missing who does not want it any more.
pub(crate) fn give<T>(answer: oneshot::Sender<T>, value: T) {
    if answer.send(value).is_err() {
        tracing::debug!("a client went away before its answer came");
    }
}
