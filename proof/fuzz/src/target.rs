//! What is tried, and with what.

use crate::{Manner, check, cib_file, conf_file, crm_file, generate, mutate, packet};
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
    /// The text of a CIB, read and written.
    Cib,
    /// A `corosync.conf`, read, explained and edited.
    Conf,
    /// A text in the crm shell's language, loaded, shown and loaded again.
    Crm,
    /// The content of a packet, said by a member of the view.
    Packet,
}

impl Target {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Decide, Self::Cib, Self::Conf, Self::Crm, Self::Packet];

    /// By its name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Decide => "decide",
            Self::Cib => "cib",
            Self::Conf => "conf",
            Self::Crm => "crm",
            Self::Packet => "packet",
        }
    }

    /// What an input is called, in the plural.
    pub fn inputs(self) -> &'static str {
        match self {
            Self::Decide => "clusters",
            Self::Cib | Self::Conf | Self::Crm => "files",
            Self::Packet => "packets",
        }
    }

    /// What comes of inputs, in the plural.
    pub fn parts(self) -> &'static str {
        match self {
            Self::Decide => "actions",
            Self::Cib => "lines",
            Self::Conf => "settings",
            Self::Crm => "objects",
            Self::Packet => "frames",
        }
    }

    /// How the name of a file with an input ends.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Decide | Self::Cib => "xml",
            Self::Conf => "conf",
            Self::Crm => "crm",
            Self::Packet => "packet",
        }
    }

    /// The longest that one input may take. A cluster: three plans for a thousand containers, and
    /// their pictures.
    pub fn longest(self) -> Duration {
        match self {
            Self::Decide => Duration::from_secs(60),
            Self::Cib | Self::Crm => Duration::from_secs(10),
            Self::Conf | Self::Packet => Duration::from_secs(2),
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
            Self::Cib => cib_file::generate_text(random).into_bytes(),
            Self::Crm => crm_file::generate_text(random).into_bytes(),
            Self::Packet => packet::generate(random),
        }
    }

    /// Looks at everything that comes of an input.
    ///
    /// # Panics
    /// When something does not hold: that is what is looked for.
    pub fn check(self, input: &[u8]) -> Outcome {
        let text = std::str::from_utf8(input);
        match (self, text) {
            (Self::Packet, _) => packet::check(input),
            (Self::Decide, Ok(text)) => check(text),
            (Self::Cib, Ok(text)) => cib_file::check(text),
            (Self::Conf, Ok(text)) => conf_file::check(text),
            (Self::Crm, Ok(text)) => crm_file::check(text),
            (Self::Decide | Self::Cib | Self::Conf | Self::Crm, Err(_)) => Outcome::Refused,
        }
    }
}
