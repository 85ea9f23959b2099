//! `crm_simulate`: what the cluster would do, and how that would go.
//!
//! Read in this order: `options` (what is asked for), `input` (which cluster), `session` (the
//! story: what is, what is changed, what would be done, how it goes, what is then), `text` and
//! `xml` (how that is told), `profile` (many at once, with a watch).

mod artifacts;
mod input;
mod options;
mod profile;
mod session;
mod text;

use crate::answer::{DONE, Outcome};
use crate::picture::Picture;
use options::Options;

/// `crm_simulate`
pub(crate) fn main(args: &[String]) -> Outcome {
    let options = Options::read(args)?;
    if let Some(folder) = &options.profile {
        return profile::run(folder, &options);
    }
    let cib = input::read(&options.source)?;
    session::run(cib, &options, text::Pages::new(options.quiet))
}

/// What is, and what the cluster would do about it.
pub(crate) fn show(picture: &Picture) -> Outcome {
    let cib = input::of_picture(picture.clone());
    session::run(cib, &Options::run(), text::Pages::new(false))?;
    DONE
}
