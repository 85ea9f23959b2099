//! Ctrl-C at the prompt: it ends what is being waited for, and not the shell with all that was
//! drafted in it.

use crate::answer::Failure;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

static PRESSED: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// From now on Ctrl-C only raises a flag; where the system does not have that, it stays as it was.
pub(crate) fn watch() {
    let pressed = PRESSED.get_or_init(Arc::default);
    let _ = signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(pressed));
}

/// Whether somebody pressed it since the command began.
pub(crate) fn is_pressed() -> bool {
    PRESSED.get().is_some_and(|pressed| pressed.load(Ordering::Relaxed))
}

/// Waits a moment, if nobody has had enough of it.
///
/// # Errors
/// [`Failure::Interrupted`]
pub(crate) fn pause(time: Duration) -> Result<(), Failure> {
    std::thread::sleep(time);
    if is_pressed() { Err(Failure::Interrupted) } else { Ok(()) }
}

/// A command begins.
pub(crate) fn forget() {
    if let Some(pressed) = PRESSED.get() {
        pressed.store(false, Ordering::Relaxed);
    }
}
