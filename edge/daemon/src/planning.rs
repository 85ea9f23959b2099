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
        let plan = Box::new(request.plan());
        let planned = Input::Planned { serial: request.serial, plan };
        if manager.send(ToManager::Input(planned)).is_err() {
            return;
        }
    }
}
