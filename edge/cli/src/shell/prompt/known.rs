//! What the prompt knows while somebody types: never asked for on the way.

use crate::connection::Connection;
use crate::shell::completion::{AgentsHere, Facts};
use crate::shell::levels::Level;
use cluster::Configuration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the shell is, and the configuration as it was when the last command ended.
#[derive(Debug, Default)]
pub(in crate::shell) struct Known {
    state: Mutex<State>,
    machine: AgentsHere,
}

#[derive(Debug, Default)]
struct State {
    level: Level,
    configuration: Arc<Configuration>,
    /// How often it was looked: who comes late has nothing to say.
    looks: u64,
}

impl Known {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shell is there now, and this is the configuration that it changes.
    pub(in crate::shell) fn set(&self, level: Level, draft: &Configuration) {
        let mut state = self.state();
        state.level = level;
        state.looks += 1;
        state.configuration = Arc::new(draft.clone());
    }

    /// The shell is there now. What is configured is asked for meanwhile, so that nobody waits for
    /// it; where there is no answer, the last one stays.
    pub(in crate::shell) fn look(self: &Arc<Self>, level: Level, connection: &Connection) {
        let look = {
            let mut state = self.state();
            state.level = level;
            state.looks += 1;
            state.looks
        };
        let (known, connection) = (Arc::clone(self), connection.clone());
        std::thread::spawn(move || {
            let Ok(cib) = connection.cib() else { return };
            let mut state = known.state();
            if state.looks == look {
                state.configuration = Arc::new(cib.configuration);
            }
        });
    }

    /// Where the shell is.
    pub(super) fn level(&self) -> Level {
        self.state().level
    }

    /// Does something with what is known.
    pub(super) fn with<T>(&self, act: impl FnOnce(Level, &Facts<'_>) -> T) -> T {
        let (level, configuration) = {
            let state = self.state();
            (state.level, Arc::clone(&state.configuration))
        };
        act(level, &Facts { configuration: &configuration, machine: &self.machine })
    }
}
