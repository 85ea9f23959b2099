//! `crm cluster` and `crm corosync`: what stands below the configuration.

use super::levels::{Command, command};
use super::{Call, Shell};
use crate::answer::{DONE, Outcome, line};
use crate::{cfgtool, quorumtool};

pub(super) const CLUSTER: &[Command] = &[
    command("status", "", "show this node's links and the quorum", status),
    command("health", "", "show what is wrong, in short", |shell, _| {
        crate::status::show(&shell.connection, crate::status::Form::Text)
    }),
];

pub(super) const COROSYNC: &[Command] =
    &[command("status", "[ring|quorum]", "show this node's links and the quorum", status)];

fn status(_: &mut Shell, call: &Call<'_>) -> Outcome {
    if call.word(0) != Some("quorum") {
        cfgtool::cfgtool(&["-s".into()])?;
    }
    if !matches!(call.word(0), Some("ring" | "link")) {
        line("");
        quorumtool::quorumtool(&["-s".into()])?;
    }
    DONE
}
