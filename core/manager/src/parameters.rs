//! With which parameters something was done, so that a change of them is noticed, and what a change
//! asks for.

use crate::results::Record;
use base::codec_struct;
use cluster::Digests;
use scheduler::plan::Task;
use std::collections::BTreeMap;

/// What an agent's metadata says of its parameters. It is known where the agent is run, and comes
/// with the results of what is run once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Traits {
    /// The names of those that ask for a restart when they change; the agent takes the others as it
    /// runs. None: it takes none so.
    pub restart: Option<Vec<String>>,
    /// The names of those that are secret.
    pub private: Vec<String>,
}
codec_struct!(Traits { restart, private });

/// As the CIB keeps them. To the parameters of a recurring operation its timeout belongs, and a
/// reload does nothing for them.
pub(crate) fn digests(record: &Record<'_>, traits: &Traits) -> Digests {
    let mut parameters = record.invocation.parameters.clone();
    let is_once = record.interval.is_zero();
    if !is_once {
        let timeout = record.invocation.timeout.as_millis().to_string();
        parameters.insert("CRM_meta_timeout".into(), timeout);
    }
    // What ends it needs no parameters any more.
    let restart = traits.restart.as_ref().filter(|_| is_once && record.task != Task::Stop);
    let digest_of = |is_meant: &dyn Fn(&String) -> bool| {
        let meant = parameters.iter().filter(|(name, _)| is_meant(name));
        let meant: BTreeMap<String, String> =
            meant.map(|(name, value)| (name.clone(), value.clone())).collect();
        scheduler::parameters_digest(&meant)
    };
    let private = Some(&traits.private).filter(|names| !names.is_empty());
    Digests {
        all: Some(digest_of(&|_| true)),
        restart: restart.map(|names| digest_of(&|name| names.contains(name))),
        secure: private.map(|names| digest_of(&|name| !names.contains(name))),
        restart_parameters: restart.map(|names| listed(names)),
        secure_parameters: private.map(|names| listed(names)),
    }
}

/// Between blanks, so that a name is found whole.
fn listed(names: &[String]) -> String {
    let names: String = names.iter().map(|name| format!(" {name}")).collect();
    format!("{names} ")
}
