//! Whoever sits at a terminal: colours, long texts page by page, what is being waited for, an editor,
//! and Ctrl-C.

pub(crate) mod editor;
pub(crate) mod interrupt;
pub(crate) mod pager;
pub(crate) mod paint;
pub(crate) mod progress;
