//! `corosync-quorumtool`: votes, and changing them.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::Connection;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use api::{ArbiterReport, NodeReport, Request, ViewReport, VoteChange};
use base::NodeId;
use jiff::tz::TimeZone;
use report::votes::{Arbiter, Column, Ids, Opinion, Quorum, Style, Voter};
use std::process::ExitCode;
use std::time::Duration;

const LINE: CommandLine = CommandLine {
    name: "corosync-quorumtool",
    purpose: "shows votes and quorum, and changes votes; exit code 2 without quorum, 1 on errors",
    words: "",
    choices: &[
        flag("s", "status", "show everything (also without options)"),
        flag("l", "list", "show the members only"),
        flag("m", "monitor", "show everything, and again on every change"),
        value("e", "expected", "expect so many votes; not fewer than are here"),
        value("v", "votes", "give a node so many votes"),
        value("n", "nodeid", "which node, with -v; this one when not given"),
        flag("f", "force", "do not count the arbiter's votes until it speaks again"),
        flag("p", "qdevice", "show how nodes stand to the arbiter, also without one"),
        flag("H", "hex", "show numbers of nodes in hexadecimal digits"),
        value("o", "sort", "order of the members: a or i by number, n by name"),
        flag("i", "ip", "accepted for the sake of scripts"),
        flag("V", "version", "show the version"),
    ],
};

/// The exit code that tells scripts that there is no quorum.
const NOT_QUORATE: u8 = 2;
/// How often the monitor looks.
const PAUSE: Duration = Duration::from_millis(250);

/// `corosync-quorumtool`
pub(crate) fn quorumtool(args: &[String]) -> Outcome {
    run(args).map_err(|failure| match failure {
        // 2 says that there is no quorum, so a wrong command line cannot say it too.
        Failure::Usage(text) => Failure::Other(text),
        other => other,
    })
}

fn run(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::to_node();
    if let Some(change) = change(&given)? {
        connection.ask(&Request::Quorum(change))?;
        return DONE;
    }
    let order = Order::of(given.value("sort"))?;
    if given.has("monitor") {
        return monitor(&connection, &given, order);
    }
    let quorum = quorum(&connection.node()?, order);
    let style = style(&given);
    print(&match given.has("list") {
        true => report::votes::members(&quorum, style),
        false => report::votes::status(&quorum, style),
    });
    Ok(if quorum.is_quorate { ExitCode::SUCCESS } else { ExitCode::from(NOT_QUORATE) })
}

/// What is to be changed, if anything.
fn change(given: &Parsed) -> Result<Option<VoteChange>, Failure> {
    let number = |key: &str| match given.value(key).map(str::parse) {
        None => Ok(None),
        Some(Ok(number)) => Ok(Some(number)),
        Some(Err(_)) => Err(Failure::Usage(format!("--{key} needs a number from 0"))),
    };
    let (expected, votes, node) = (number("expected")?, number("votes")?, number("nodeid")?);
    Ok(match (expected, votes) {
        (Some(_), Some(_)) => {
            return Err(Failure::Usage("give -e or -v, one after the other".into()));
        }
        (Some(votes), None) => Some(VoteChange::Expect { votes }),
        (None, Some(votes)) => Some(VoteChange::Weigh { node, votes }),
        (None, None) => given.has("force").then_some(VoteChange::ForgetArbiter),
    })
}

/// Shows everything, and again whenever it is not as it was; until the node is gone.
fn monitor(connection: &Connection, given: &Parsed, order: Order) -> Outcome {
    let mut shown: Option<ViewReport> = None;
    loop {
        let node = connection.node()?;
        if node.view != shown {
            if shown.is_some() {
                line("");
            }
            print(&report::votes::status(&quorum(&node, order), style(given)));
            shown = node.view;
        }
        std::thread::sleep(PAUSE);
    }
}

fn style(given: &Parsed) -> Style {
    Style {
        ids: if given.has("hex") { Ids::Hexadecimal } else { Ids::Decimal },
        column: if given.has("qdevice") { Column::Always } else { Column::WithArbiter },
    }
}

/// In which order members are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    ById,
    ByName,
}

impl Order {
    fn of(word: Option<&str>) -> Result<Self, Failure> {
        match word {
            None | Some("a" | "i") => Ok(Self::ById),
            Some("n") => Ok(Self::ByName),
            Some(_) => Err(Failure::Usage("--sort is a, i or n".into())),
        }
    }
}

/// The votes as the node tells them.
fn quorum(node: &NodeReport, order: Order) -> Quorum {
    let view = node.view.clone().unwrap_or_default();
    let voter = |member: &api::MemberReport| Voter {
        id: NodeId(member.id),
        votes: member.votes,
        name: member.name.clone(),
    };
    let mut members: Vec<_> = view.members.iter().map(voter).collect();
    match order {
        Order::ById => members.sort_by_key(|voter| voter.id),
        Order::ByName => members.sort_by(|one, other| one.name.cmp(&other.name)),
    }
    Quorum {
        date: os::clock::wall(),
        zone: TimeZone::system(),
        local: NodeId(node.id),
        view: founder_and_number(&view.id),
        is_quorate: view.quorate,
        expected: view.expected_votes,
        highest_expected: view.highest_expected,
        total: view.votes,
        needed: view.needed_votes,
        flags: view.flags,
        members,
        arbiter: view.arbiter.as_ref().map(arbiter),
    }
}

fn arbiter(report: &ArbiterReport) -> Arbiter {
    let opinion = match report.vote.as_str() {
        "granted" => Opinion::Granted,
        "withheld" => Opinion::Withheld,
        _ => Opinion::Unknown,
    };
    Arbiter { votes: report.votes, opinion }
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
    use api::MemberReport;

    fn node() -> NodeReport {
        let member = |id, name: &str, votes| MemberReport { id, name: name.into(), votes };
        NodeReport {
            id: 1,
            name: "oss2".into(),
            joined: true,
            view: Some(ViewReport {
                id: "1.2f".into(),
                installed_at: None,
                members: vec![member(1, "oss2", 2), member(2, "oss1", 1)],
                coordinator: "oss2".into(),
                quorate: true,
                quorum: "quorate: 4 of 4 votes, 3 needed; a majority of the votes is here".into(),
                votes: 4,
                expected_votes: 4,
                highest_expected: 5,
                needed_votes: 3,
                flags: vec!["Quorate".into(), "Qdevice".into()],
                arbiter: Some(ArbiterReport { votes: 1, vote: "granted".into() }),
            }),
            ..NodeReport::default()
        }
    }

    #[test]
    fn votes_are_those_that_the_node_counts() {
        let counted = quorum(&node(), Order::ById);
        assert_eq!((counted.expected, counted.highest_expected, counted.needed), (4, 5, 3));
        assert_eq!((counted.view, counted.total), ((NodeId(1), 0x2f), 4));
        let votes: Vec<_> = counted.members.iter().map(|voter| voter.votes).collect();
        assert_eq!(votes, [2, 1]);
        assert_eq!(counted.arbiter, Some(Arbiter { votes: 1, opinion: Opinion::Granted }));
        assert_eq!(quorum(&node(), Order::ByName).members[0].name, "oss1");
        let alone = NodeReport { view: None, ..node() };
        assert!(!quorum(&alone, Order::ById).is_quorate);
    }

    #[test]
    fn options_say_what_to_change() {
        let read = |args: &[&str]| {
            let args: Vec<String> = args.iter().map(ToString::to_string).collect();
            LINE.read(&args).and_then(|given| change(&given))
        };
        assert_eq!(read(&["-e", "3"]).unwrap(), Some(VoteChange::Expect { votes: 3 }));
        let of_two = VoteChange::Weigh { node: Some(2), votes: 0 };
        assert_eq!(read(&["-v", "0", "-n", "2"]).unwrap(), Some(of_two));
        assert_eq!(read(&["-f"]).unwrap(), Some(VoteChange::ForgetArbiter));
        assert_eq!(read(&["-lH"]).unwrap(), None);
        assert!(read(&["-e", "many"]).is_err());
        assert!(read(&["-e", "1", "-v", "1"]).is_err());
        let wrong = quorumtool(&["-e".into(), "many".into()]);
        assert!(matches!(wrong, Err(Failure::Other(_))), "2 is taken: {wrong:?}");
    }
}
