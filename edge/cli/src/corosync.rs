//! `corosync-quorumtool`: votes.

use crate::answer::{Outcome, print};
use crate::arguments::{CommandLine, Parsed, flag};
use crate::connection::Connection;
use api::NodeReport;
use base::NodeId;
use jiff::tz::TimeZone;
use report::rings::{Flag, Quorum, Voter};
use std::process::ExitCode;

const QUORUMTOOL: CommandLine = CommandLine {
    name: "corosync-quorumtool",
    purpose: "shows votes and quorum; exit code 2 without quorum",
    words: "",
    choices: &[
        flag("s", "status", "show everything (also without options)"),
        flag("l", "list", "show the members only"),
        flag("i", "ip", "accepted for the sake of scripts"),
    ],
};

/// The exit code that tells scripts that there is no quorum.
const NOT_QUORATE: u8 = 2;

/// `corosync-quorumtool`
pub(crate) fn quorumtool(args: &[String]) -> Outcome {
    let given: Parsed = QUORUMTOOL.read(args)?;
    let node = Connection::usual().node()?;
    let quorum = quorum(&node);
    let text = report::rings::quorum(&quorum);
    let shown = match given.has("list") {
        true => text.find("Membership information").map_or("", |at| &text[at..]),
        false => &text,
    };
    print(shown);
    Ok(if quorum.is_quorate { ExitCode::SUCCESS } else { ExitCode::from(NOT_QUORATE) })
}

/// The votes as the node tells them.
fn quorum(node: &NodeReport) -> Quorum {
    let view = node.view.clone().unwrap_or_default();
    let mut flags = Vec::new();
    if view.two_node {
        flags.push(Flag::TwoNode);
    }
    if view.quorate {
        flags.push(Flag::Quorate);
    }
    if view.wait_for_all {
        flags.push(Flag::WaitForAll);
    }
    let members = view.members.iter().map(|member| Voter {
        id: NodeId(member.id),
        votes: 1,
        name: member.name.clone(),
    });
    Quorum {
        date: os::clock::wall(),
        zone: TimeZone::system(),
        local: NodeId(node.id),
        view: founder_and_number(&view.id),
        is_quorate: view.quorate,
        expected: view.expected_votes,
        highest_expected: view.expected_votes,
        needed: view.needed_votes,
        flags,
        members: members.collect(),
    }
}

/// A view's id is written `FOUNDER.NUMBER`, in hexadecimal digits.
fn founder_and_number(id: &str) -> (NodeId, u64) {
    let (founder, number) = id.split_once('.').unwrap_or(("0", id));
    let founder = u32::from_str_radix(founder, 16).unwrap_or(0);
    (NodeId(founder), u64::from_str_radix(number, 16).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::{MemberReport, ViewReport};

    fn node() -> NodeReport {
        let member = |id, name: &str| MemberReport { id, name: name.into() };
        NodeReport {
            id: 1,
            name: "oss1".into(),
            joined: true,
            view: Some(ViewReport {
                id: "1.2f".into(),
                members: vec![member(1, "oss1"), member(2, "oss2")],
                coordinator: "oss1".into(),
                quorate: true,
                quorum: "quorate: 2 of 3 votes, 2 needed; a majority of the votes is here".into(),
                votes: 2,
                expected_votes: 3,
                needed_votes: 2,
                ..ViewReport::default()
            }),
            ..NodeReport::default()
        }
    }

    #[test]
    fn votes_are_those_that_the_node_counts() {
        let counted = quorum(&node());
        assert_eq!((counted.expected, counted.needed), (3, 2));
        assert_eq!(counted.view, (NodeId(1), 0x2f));
        assert_eq!(counted.flags, [Flag::Quorate]);
        let alone = NodeReport { view: None, ..node() };
        assert!(!quorum(&alone).is_quorate);
    }
}
