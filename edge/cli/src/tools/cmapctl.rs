//! `corosync-cmapctl`: the configuration and how the node sees the cluster, as a flat map of keys.
//!
//! It is for looking only: what is set in a file is changed there, where it also survives.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::Connection;
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use api::{MapEntry, MapName, Request, VoteChange};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

const LINE: CommandLine = CommandLine {
    name: "corosync-cmapctl",
    purpose: "shows the configuration and the node's view of the cluster as keys",
    words: "[PREFIX]...",
    choices: &[
        value("g", "get", "show this key"),
        value("t", "track", "show changes of this key as they come"),
        value("T", "track-prefix", "show changes of all keys that begin so as they come"),
        value("m", "map", "which map: icmap (the usual one) or stats"),
        flag("b", "binary", "accepted: no value is binary"),
        flag("q", "quiet", "say nothing of a key that is not there"),
        flag("s", "set", "KEY TYPE VALUE: refused, but for `quorum.cancel_wait_for_all u8 1`"),
        value("d", "delete", "refused"),
        value("D", "delete-prefix", "refused"),
        value("p", "load", "refused"),
        value("C", "clear", "refused"),
    ],
};

/// How often is looked whether something has changed: nothing tells of it by itself.
const PERIOD: Duration = Duration::from_secs(1);

/// `corosync-cmapctl`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let connection = Connection::to_node();
    if given.has("set") {
        return set(&connection, &given.words);
    }
    if let Some(option) = given.first_of(&["delete", "delete-prefix", "load", "clear"]) {
        return Err(read_only(option));
    }
    let map = match given.value("map") {
        None | Some("icmap") => MapName::Icmap,
        Some("stats") => MapName::Stats,
        Some(other) => {
            let text = format!("there is no map `{other}`; it is icmap or stats");
            return Err(Failure::Usage(text));
        }
    };
    let tracked = Tracked::of(&given);
    if let Some(key) = given.value("get") {
        show_one(&connection.map(map)?, key, given.has("quiet"))
    } else if tracked.is_empty() {
        show(&connection.map(map)?, &given.words);
        DONE
    } else {
        track(&connection, map, &tracked)
    }
}

fn read_only(option: &str) -> Failure {
    Failure::Refused(vec![match option {
        "clear" => {
            "counters are not cleared: others watch them, too; remember what they were".into()
        }
        _ => "keys are only shown here: change the corosync.conf of every node; `systole conf \
              explain` tells what it means"
            .into(),
    }])
}

fn set(connection: &Connection, words: &[String]) -> Outcome {
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["quorum.cancel_wait_for_all", "u8", "1"] => cancel_wait_for_all(connection),
        [_, _, _] => Err(read_only("set")),
        _ => Err(Failure::Usage("say what to set: -s KEY TYPE VALUE".into())),
    }
}

/// The one key that is an order and not a setting.
fn cancel_wait_for_all(connection: &Connection) -> Outcome {
    connection.change(&Request::Quorum(VoteChange::CancelWaitForAll))?;
    DONE
}

fn shown(entry: &MapEntry) -> String {
    format!("{} ({}) = {}", entry.key, entry.kind, entry.value)
}

fn show(entries: &[MapEntry], prefixes: &[String]) {
    let wanted = |entry: &&MapEntry| {
        prefixes.is_empty() || prefixes.iter().any(|prefix| entry.key.starts_with(prefix.as_str()))
    };
    entries.iter().filter(wanted).for_each(|entry| line(&shown(entry)));
}

fn show_one(entries: &[MapEntry], key: &str, is_quiet: bool) -> Outcome {
    match entries.iter().find(|entry| entry.key == key) {
        Some(entry) => {
            line(&shown(entry));
            DONE
        }
        None if is_quiet => Ok(ExitCode::FAILURE),
        None => {
            let keys = entries.iter().map(|entry| entry.key.as_str());
            let near = base::suggest::closest(key, keys);
            let help = near.map_or_else(
                || "without options all are shown".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            Err(Failure::NoSuchObject(format!("there is no key `{key}`; {help}")))
        }
    }
}

/// What is watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Tracked {
    keys: Vec<String>,
    prefixes: Vec<String>,
}

impl Tracked {
    fn of(given: &Parsed) -> Self {
        let all = |name| given.values(name).map(ToOwned::to_owned).collect();
        Self { keys: all("track"), prefixes: all("track-prefix") }
    }

    fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.prefixes.is_empty()
    }

    fn covers(&self, key: &str) -> bool {
        self.keys.iter().any(|wanted| wanted == key)
            || self.prefixes.iter().any(|prefix| key.starts_with(prefix.as_str()))
    }

    fn of_all(&self, entries: Vec<MapEntry>) -> BTreeMap<String, MapEntry> {
        let wanted = entries.into_iter().filter(|entry| self.covers(&entry.key));
        wanted.map(|entry| (entry.key.clone(), entry)).collect()
    }
}

/// Until somebody stops it, or the node.
fn track(connection: &Connection, map: MapName, tracked: &Tracked) -> Outcome {
    let mut before = tracked.of_all(connection.map(map)?);
    loop {
        std::thread::sleep(PERIOD);
        let now = tracked.of_all(connection.map(map)?);
        changes(&before, &now).iter().for_each(|change| line(change));
        before = now;
    }
}

fn changes(before: &BTreeMap<String, MapEntry>, now: &BTreeMap<String, MapEntry>) -> Vec<String> {
    let gone = before.values().filter(|entry| !now.contains_key(&entry.key));
    let gone = gone.map(|entry| format!("delete> {}", shown(entry)));
    let come = now.values().filter_map(|entry| match before.get(&entry.key) {
        None => Some(format!("create> {}", shown(entry))),
        Some(old) if old != entry => Some(format!("modify> {}", shown(entry))),
        Some(_) => None,
    });
    gone.chain(come).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(key: &str, value: &str) -> MapEntry {
        MapEntry { key: key.into(), kind: "str".into(), value: value.into() }
    }

    #[test]
    fn changes_are_told_as_they_come() {
        let tracked = Tracked { keys: vec!["c".into()], prefixes: vec!["a.".into()] };
        let before = tracked.of_all(vec![entry("a.1", "x"), entry("a.2", "x"), entry("cc", "x")]);
        let now = tracked.of_all(vec![entry("a.2", "y"), entry("b", "y"), entry("c", "z")]);
        assert_eq!(
            changes(&before, &now),
            ["delete> a.1 (str) = x", "modify> a.2 (str) = y", "create> c (str) = z"]
        );
        assert_eq!(changes(&now, &now), [""; 0]);
    }

    #[test]
    fn nothing_is_set_here() {
        let said = |line: &str| {
            let args: Vec<String> = line.split(' ').map(Into::into).collect();
            main(&args).expect_err(line).to_string()
        };
        for line in ["-s totem.token u32 5", "-d totem.token", "-D totem", "-p /tmp/x"] {
            assert!(said(line).starts_with("keys are only shown here"), "{line}");
        }
        assert!(said("-C all").starts_with("counters are not cleared"));
        assert_eq!(said("-s totem.token"), "say what to set: -s KEY TYPE VALUE");
        assert_eq!(said("-m stat"), "there is no map `stat`; it is icmap or stats");
    }

    #[test]
    fn a_key_that_is_not_there_is_told_with_the_nearest() {
        let entries = [entry("totem.token", "5")];
        let failure = show_one(&entries, "totem.tokem", false).expect_err("it is not there");
        assert_eq!(
            failure.to_string(),
            "there is no key `totem.tokem`; did you mean `totem.token`?"
        );
        assert_eq!(show_one(&entries, "totem.tokem", true).ok(), Some(ExitCode::FAILURE));
    }
}
