//! `crm_simulate`: what the cluster would do, and how that would go.
//!
//! Read in this order: `options` (what is asked for), `input` (which cluster), `session` (the
//! story: what is, what is changed, what would be done, how it goes, what is then), `tell` (how
//! that is told: as `text` or `xml`), `profile` (many at once, with a watch).

mod artifacts;
mod input;
mod options;
mod profile;
mod session;
mod tell;
mod text;
mod xml;

#[cfg(test)]
mod tests;

use crate::answer::{DONE, Outcome};
use crate::picture::Picture;
use options::Options;
use std::mem::ManuallyDrop;
use tell::Tell;

/// `crm_simulate`
pub(crate) fn main(args: &[String]) -> Outcome {
    let options = Options::read(args)?;
    if let Some(folder) = &options.profile {
        return profile::run(folder, &options);
    }
    // The process ends soon: the many pieces of a large CIB need not be given back one by one.
    let mut cib = ManuallyDrop::new(input::read(&options.source)?);
    let mut tell: Box<dyn Tell> = match options.form {
        options::Form::Text => Box::new(text::Text::new(&options)),
        options::Form::Xml => Box::new(xml::Xml::new(&options)),
    };
    let code = session::run(&mut cib, &options, tell.as_mut())?;
    tell.finish(code)?;
    Ok(code.into())
}

/// What is, and what the cluster would do about it.
pub(crate) fn show(picture: &Picture) -> Outcome {
    let mut cib = input::of_picture(picture.clone());
    let options = Options::run();
    session::run(&mut cib, &options, &mut text::Text::new(&options))?;
    DONE
}
