//! What clients still have to recover on the targets of this server: after a target was mounted
//! elsewhere its clients replay what it had not written yet, for up to 15 minutes, and nobody else's
//! input and output goes on before.

use crate::builtin::context::{Context, Failure, SetAttribute};
use std::time::Duration;

/// The node attribute that people look at, `crm_mon -A`.
pub(super) const ATTRIBUTE: &str = "lustre-recovery";

/// Says how far recovery is. That Lustre does not tell is no reason to fail.
pub(super) fn publish(context: &Context, how: SetAttribute) -> Result<(), Failure> {
    const LIMIT: Duration = Duration::from_secs(5);
    match context.call_within(LIMIT, "lctl", &["get_param", "*.*.recovery_status"]) {
        Ok(said) if said.code == Some(0) => {
            let value = summary(&said.stdout);
            context.set_attribute(ATTRIBUTE, &value, how, context.text("dampen"))
        }
        _ => Ok(()),
    }
}

/// `complete`, or each target that is not: `work-OST0000:RECOVERING(3/8)`, with the clients that are
/// done of all.
fn summary(parameters: &str) -> String {
    let mut open: Vec<String> = Vec::new();
    let mut target = "";
    let mut is_open = false;
    for line in parameters.lines().map(str::trim) {
        if let Some(name) = line.split(".recovery_status=").next().filter(|name| *name != line) {
            target = name.split_once('.').map_or(name, |(_, target)| target);
            is_open = false;
        }
        // Both what follows the name on its line, and lines of their own.
        match line.rsplit('=').next().and_then(|rest| rest.split_once(": ")) {
            Some(("status", "COMPLETE" | "INACTIVE")) => {}
            Some(("status", status)) => {
                open.push(format!("{target}:{status}"));
                is_open = true;
            }
            Some(("completed_clients", clients)) if is_open => {
                if let Some(last) = open.last_mut() {
                    last.push_str(&format!("({clients})"));
                }
            }
            _ => {}
        }
    }
    if open.is_empty() { "complete".to_owned() } else { open.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_goes_on_is_told() {
        for (parameters, told) in [
            ("", "complete"),
            ("obdfilter.work-OST0000.recovery_status=\nstatus: COMPLETE\n", "complete"),
            ("mdt.work-MDT0000.recovery_status=\nstatus: INACTIVE\n", "complete"),
            (
                "mdt.work-MDT0000.recovery_status=\nstatus: COMPLETE\ncompleted_clients: 8/8\n\
                 obdfilter.work-OST0001.recovery_status=\nstatus: RECOVERING\n\
                 time_remaining: 74\nconnected_clients: 5/8\ncompleted_clients: 3/8\n\
                 obdfilter.work-OST0002.recovery_status=\nstatus: WAITING_FOR_CLIENTS\n",
                "work-OST0001:RECOVERING(3/8) work-OST0002:WAITING_FOR_CLIENTS",
            ),
        ] {
            assert_eq!(summary(parameters), told, "{parameters}");
        }
    }
}
