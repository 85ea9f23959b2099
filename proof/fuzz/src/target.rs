//! What is tried, and with what.

use crate::{Manner, check, conf_file, generate, mutate};
use base::Rng;
use std::time::Duration;

/// What became of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is none that is understood.
    Refused,
    /// It was taken, and so many parts came of it: actions of a graph, settings of a file.
    Taken(usize),
}

/// What is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// A CIB, read, decided and shown.
    Decide,
    /// A `corosync.conf`, read, explained and edited.
    Conf,
}

impl Target {
    /// By its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Decide, Self::Conf].into_iter().find(|target| target.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Conf => "conf",
        }
    }

    /// What an input is called, in the plural.
    pub fn inputs(self) -> &'static str {
        match self {
            Self::Decide => "clusters",
            Self::Conf => "files",
        }
    }

    /// What comes of inputs, in the plural.
    pub fn parts(self) -> &'static str {
        match self {
            Self::Decide => "actions",
            Self::Conf => "settings",
        }
    }

    /// How the name of a file with an input ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Decide => "xml",
            Self::Conf => "conf",
        }
    }

    /// The longest that one input may take. A cluster: three plans for a thousand containers, and
    /// their pictures.
    pub fn longest(self) -> Duration {
        match self {
            Self::Decide => Duration::from_secs(60),
            Self::Conf => Duration::from_secs(2),
        }
    }

    /// A random input.
    pub fn make(self, random: &mut Rng) -> Vec<u8> {
        match self {
            Self::Decide => {
                let mut tree = generate(random, Manner::Any);
                // Some stay whole, so that everything behind the first doubt is tried, too.
                if !random.percent(25) {
                    mutate(&mut tree, random);
                }
                cib::write_element(&tree).into_bytes()
            }
            Self::Conf => {
                let mut text = conf_file::generate(random);
                if !random.percent(25) {
                    conf_file::mutate(&mut text, random);
                }
                text.into_bytes()
            }
        }
    }

    /// Looks at everything that comes of an input.
    ///
    /// # Panics
    /// When something does not hold: that is what is looked for.
    pub fn check(self, input: &[u8]) -> Outcome {
        let Ok(text) = std::str::from_utf8(input) else { return Outcome::Refused };
        match self {
            Self::Decide => check(text),
            Self::Conf => conf_file::check(text),
        }
    }
}
