//! What is looked at, and how it is shown: for verbs that ask about the cluster as it is, or about
//! one in a file.

use crate::answer::Failure;
use crate::connection::Connection;
use crate::input::{located, read_file};
use crate::output::{Form, Output};
use crate::picture::Picture;
use clap::Args;
use std::path::{Path, PathBuf};

/// What is looked at.
#[derive(Args, Clone, Debug)]
pub(crate) struct Subject {
    /// A CIB in a file, in place of the running cluster; - is standard input
    #[arg(short = 'x', long, value_name = "FILE")]
    xml_file: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
    /// Where the node keeps its socket [default: $SYSTOLE_RUN, else /run/systole]
    #[arg(long, value_name = "DIR", display_order = 900)]
    run: Option<PathBuf>,
}

impl Subject {
    /// The form of the answer.
    pub(crate) const fn form(&self) -> Form {
        self.output.form()
    }

    /// One look at it.
    pub(crate) fn picture(&self) -> Result<Picture, Failure> {
        match &self.xml_file {
            Some(path) => of_file(path),
            None => Picture::take(&Connection::new(self.run.as_deref())),
        }
    }
}

fn of_file(path: &Path) -> Result<Picture, Failure> {
    let text = read_file(path)?;
    let read = cib::read_tolerant(&text);
    let name = path.display().to_string();
    let wrong = |error| Failure::Configuration(located(&name, &error));
    Ok(Picture::of_file(read.map_err(wrong)?.0))
}
