//! Plans are made here, on a thread where they may take their time.

use crate::managing::ToManager;
use manager::{Input, PlanRequest};
use std::sync::mpsc::{Receiver, Sender};

/// Makes the plans that are asked for, until nobody asks any more.
pub(crate) fn run(requests: &Receiver<PlanRequest>, manager: &Sender<ToManager>) {
    while let Ok(mut request) = requests.recv() {
        // What was asked for before the newest is of no interest any more.
        while let Ok(newer) = requests.try_recv() {
            request = newer;
        }
        // A plan that cannot be made must not end one coordinator after the other (C6): nothing is
        // done then, and everything stays as it is.
        let planned = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| request.plan()));
        if planned.is_err() {
            tracing::error!("no plan could be made of the present state; nothing is changed");
        }
        let planned = Box::new(planned.unwrap_or_default());
        let input = Input::Planned { serial: request.serial, planned };
        if manager.send(ToManager::Input(input)).is_err() {
            return;
        }
    }
}
