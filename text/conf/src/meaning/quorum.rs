//! `quorum`: who may act. What contradicts is resolved to the side that permits less, and told.

use super::{integer, merged, switch, text_of, wrong};
use crate::error::{ConfError, Warning, WarningKind};
use crate::grammar::Section;
use crate::model::{Arbiter, Node};
use base::NodeId;
use group::{Expectation, QuorumConfig, QuorumRule, TieBreaker, WaitForAll};
use std::time::Duration;

/// Corosync's defaults: milliseconds, and the port of its arbiter.
const WINDOW: u32 = 10_000;
const PORT: u16 = 5403;
const PROVIDER: &str = "corosync_votequorum";

/// The rules, and the arbiter if there is one.
pub(super) fn quorum(
    root: &Section,
    nodes: &[Node],
    warnings: &mut Vec<Warning>,
) -> Result<(QuorumConfig, Option<Arbiter>), ConfError> {
    let section = merged(root, "quorum");
    let mut modes = Modes { section: &section, nodes, warnings };
    let arbiter = modes.arbiter()?;
    let last_man_standing = modes.last_man_standing(arbiter.is_some())?;
    let tie_breaker = modes.tie_breaker(arbiter.is_some())?;
    let expectation = modes.expectation(arbiter.is_some())?;
    let rule = modes.rule(arbiter.is_some(), tie_breaker.is_some())?;
    let mut config = QuorumConfig {
        rule,
        expected_votes: integer(&section, "expected_votes")?,
        wait_for_all: modes.wait_for_all()?,
        last_man_standing,
        tie_breaker,
        expectation,
        arbiter_votes: arbiter.as_ref().map(|arbiter| arbiter.votes),
    };
    modes.reconcile(&mut config);
    Ok((config, arbiter))
}

struct Modes<'a> {
    section: &'a Section,
    nodes: &'a [Node],
    warnings: &'a mut Vec<Warning>,
}

impl Modes<'_> {
    fn warn(&mut self, key: &'static str, reason: &'static str) {
        let line = self.section.setting(key).map_or(0, |setting| setting.line);
        self.warnings.push(Warning { line, kind: WarningKind::QuorumMode { key, reason } });
    }

    fn is_on(&self, key: &str) -> Result<bool, ConfError> {
        Ok(switch(self.section, key)? == Some(true))
    }

    /// Votes of the nodes as configured.
    fn listed(&self) -> u32 {
        self.nodes.iter().fold(0, |votes: u32, node| votes.saturating_add(node.votes))
    }

    fn wait_for_all(&self) -> Result<WaitForAll, ConfError> {
        Ok(match switch(self.section, "wait_for_all")? {
            None => WaitForAll::Unset,
            Some(true) => WaitForAll::Required,
            Some(false) => WaitForAll::Off,
        })
    }

    fn rule(&mut self, has_arbiter: bool, has_breaker: bool) -> Result<QuorumRule, ConfError> {
        match self.section.setting("provider") {
            Some(setting) if setting.value != PROVIDER => return Err(wrong(setting, PROVIDER)),
            Some(_) => {}
            // Nobody has said who counts: what Pacemaker did on top of Corosync 1, a majority.
            None if self.nodes.is_empty() => return Ok(QuorumRule::Majority),
            None => {
                self.warnings.push(Warning { line: 0, kind: WarningKind::NoQuorumProvider });
                return Ok(QuorumRule::None);
            }
        }
        if !self.is_on("two_node")? {
            return Ok(QuorumRule::Majority);
        }
        let expected = integer(self.section, "expected_votes")?.unwrap_or_else(|| self.listed());
        if has_arbiter {
            self.warn("two_node", "with a device one node needs its vote");
        } else if has_breaker {
            self.warn("two_node", "auto_tie_breaker says which of two goes on");
        } else if expected != 2 {
            let line = self.section.setting("two_node").map_or(0, |setting| setting.line);
            self.warnings.push(Warning { line, kind: WarningKind::NotTwoNodes { expected } });
        } else {
            return Ok(QuorumRule::TwoNode);
        }
        Ok(QuorumRule::Majority)
    }

    fn last_man_standing(&mut self, has_arbiter: bool) -> Result<Option<Duration>, ConfError> {
        const KEY: &str = "last_man_standing";
        let window = integer(self.section, "last_man_standing_window")?.unwrap_or(WINDOW);
        if !self.is_on(KEY)? {
            return Ok(None);
        }
        if has_arbiter {
            self.warn(KEY, "it does not go together with a device");
        } else if self.nodes.iter().any(|node| node.votes != 1) {
            self.warn(KEY, "it needs one vote for each node");
        } else {
            return Ok(Some(Duration::from_millis(window.into())));
        }
        Ok(None)
    }

    fn tie_breaker(&mut self, has_arbiter: bool) -> Result<Option<TieBreaker>, ConfError> {
        const KEY: &str = "auto_tie_breaker";
        let breaker = match self.section.setting("auto_tie_breaker_node") {
            None => TieBreaker::Lowest,
            Some(setting) => match setting.value.as_str() {
                "lowest" => TieBreaker::Lowest,
                "highest" => TieBreaker::Highest,
                list => {
                    let ids = list.split_whitespace().map(|id| id.parse().map(NodeId));
                    let ids: Result<Vec<_>, _> = ids.collect();
                    TieBreaker::List(
                        ids.map_err(|_| wrong(setting, "lowest, highest or node ids"))?,
                    )
                }
            },
        };
        if !self.is_on(KEY)? {
            return Ok(None);
        }
        if has_arbiter {
            self.warn(KEY, "it does not go together with a device, which breaks ties itself");
            return Ok(None);
        }
        Ok(Some(breaker))
    }

    fn expectation(&mut self, has_arbiter: bool) -> Result<Expectation, ConfError> {
        let tracks = self.is_on("expected_votes_tracking")?;
        let shrinks = self.is_on("allow_downscale")?;
        if shrinks && has_arbiter {
            self.warn("allow_downscale", "it does not go together with a device");
        }
        Ok(match (shrinks && !has_arbiter, tracks) {
            (true, _) => Expectation::Downscale,
            (false, true) => Expectation::Tracked,
            (false, false) => Expectation::Steady,
        })
    }

    /// Modes that are safe only when nobody acts before all have been seen.
    fn reconcile(&mut self, config: &mut QuorumConfig) {
        let waits = config.wait_for_all == WaitForAll::Required;
        let expected = config.expected_votes.unwrap_or_else(|| self.listed());
        if config.tie_breaker.is_some() && expected % 2 == 1 && !waits {
            config.tie_breaker = None;
            self.warn("auto_tie_breaker", "with odd expected votes it needs wait_for_all: 1");
            if config.last_man_standing.take().is_some() {
                self.warn("last_man_standing", "with auto_tie_breaker it needs wait_for_all: 1");
            }
        }
        if config.last_man_standing.is_some() && !waits {
            self.risk("last_man_standing");
        }
        if config.expectation == Expectation::Downscale && !waits {
            self.risk("allow_downscale");
        }
    }

    fn risk(&mut self, key: &'static str) {
        let line = self.section.setting(key).map_or(0, |setting| setting.line);
        self.warnings.push(Warning { line, kind: WarningKind::NeedsWaitForAll { key } });
    }

    /// `device { model: net  votes: V  net { host: H  port: P  algorithm: A } }`
    fn arbiter(&mut self) -> Result<Option<Arbiter>, ConfError> {
        let device = merged(self.section, "device");
        let Some(model) = device.setting("model") else { return Ok(None) };
        if model.value != "net" {
            return Err(wrong(model, "net"));
        }
        let net = merged(&device, "net");
        let line = self.section.all("device").next().map_or(model.line, |device| device.line);
        let mut refuse = |reason| {
            let kind = WarningKind::QuorumMode { key: "device", reason };
            self.warnings.push(Warning { line, kind });
        };
        let nodes = self.nodes.iter().fold(0, |votes: u32, node| votes.saturating_add(node.votes));
        let Some(host) = text_of(&net, "host") else {
            refuse("its section `net` names no `host`");
            return Ok(None);
        };
        let usual = match text_of(&net, "algorithm").as_deref() {
            // The last man needs the votes of all others.
            Some("lms") => nodes.saturating_sub(1).max(1),
            _ => 1,
        };
        let votes = integer(&device, "votes")?.unwrap_or(usual);
        let expected = integer(self.section, "expected_votes")?;
        let expected = expected.unwrap_or_else(|| nodes.saturating_add(votes));
        if expected.saturating_sub(votes) < 2 {
            refuse("the nodes themselves need 2 votes at least");
            return Ok(None);
        }
        let port = match net.setting("port") {
            None => PORT,
            Some(setting) => match setting.value.parse() {
                Ok(0) | Err(_) => return Err(wrong(setting, "a TCP port from 1 to 65535")),
                Ok(port) => port,
            },
        };
        let fingerprint = match net.setting("fingerprint") {
            Some(setting) => {
                let digits = "64 hexadecimal digits, as `systole arbiter fingerprint` prints them";
                Some(sha256(&setting.value).ok_or_else(|| wrong(setting, digits))?)
            }
            None => {
                self.warnings.push(Warning { line, kind: WarningKind::NoFingerprint });
                None
            }
        };
        Ok(Some(Arbiter { host, port, votes, fingerprint }))
    }
}

/// 64 hexadecimal digits, with or without colons between.
fn sha256(text: &str) -> Option<[u8; 32]> {
    let digits = text.chars().filter(|letter| *letter != ':');
    let digits: Vec<u32> = digits.map(|letter| letter.to_digit(16)).collect::<Option<_>>()?;
    let bytes = digits.chunks(2).map(|pair| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    });
    bytes.collect::<Option<Vec<u8>>>()?.try_into().ok()
}
