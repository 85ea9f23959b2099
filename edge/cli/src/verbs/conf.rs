//! `systole conf`: what a corosync.conf says, and what becomes of it.

use crate::answer::{DONE, Outcome, line, print, say_aside};
use crate::input::read_file;
use crate::output::JSON_VERSION;
use ::conf::{ClusterConf, Explanation, explain};
use clap::{Args, Subcommand};
use group::{Cipher, LinkPolicy};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What a corosync.conf says
#[derive(Args, Debug)]
pub(crate) struct ConfArguments {
    #[command(subcommand)]
    verb: ConfVerb,
}

#[derive(Debug, Subcommand)]
enum ConfVerb {
    /// Tell of each setting whether it is understood, mapped or ignored, and what is in
    /// effect
    Explain {
        /// The file, of Corosync 1, 2 or 3; - is standard input
        file: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// `systole conf ...`
pub(crate) fn run(arguments: &ConfArguments) -> Outcome {
    match &arguments.verb {
        ConfVerb::Explain { file, json } => {
            let name = name_of(file);
            let text = read_file(file)?;
            let explanation = match explain(&text) {
                Ok(explanation) => explanation,
                Err(error) => {
                    say_aside(&error.in_file(&name));
                    return Ok(ExitCode::FAILURE);
                }
            };
            match json {
                true => line(&format!("{:#}", as_json(&explanation))),
                false => print(&explanation.text(&name)),
            }
            DONE
        }
    }
}

fn name_of(file: &Path) -> String {
    if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() }
}

fn as_json(explanation: &Explanation) -> Value {
    let settings = explanation.settings.iter().map(|told| {
        json!({
            "line": told.line,
            "section": told.section,
            "key": told.key,
            "value": told.value,
            "fate": told.fate.word(),
            "words": told.words,
        })
    });
    let warnings = explanation
        .conf
        .warnings
        .iter()
        .map(|warning| json!({ "line": warning.line, "text": warning.kind.to_string() }));
    json!({
        "version": JSON_VERSION,
        "settings": settings.collect::<Vec<_>>(),
        "effective": effective(&explanation.conf),
        "warnings": warnings.collect::<Vec<_>>(),
    })
}

fn effective(conf: &ClusterConf) -> Value {
    let nodes = conf.nodes.iter().map(|node| {
        let addresses = node.addresses.iter();
        let addresses: Vec<Value> = addresses
            .map(|(ring, address)| json!({ "ring": ring.0, "address": address }))
            .collect();
        json!({
            "id": node.id.0,
            "name": node.name,
            "votes": node.votes,
            "addresses": addresses,
        })
    });
    let rings = conf.rings().into_iter().map(|ring| {
        let interface = conf.interfaces.get(&ring).cloned().unwrap_or_default();
        json!({
            "ring": ring.0,
            "port": conf.port(ring),
            "priority": interface.priority,
            "network": interface.bind_network,
            "multicast": interface.multicast.map(|multicast| multicast.group.to_string()),
        })
    });
    let policy = match conf.policy {
        LinkPolicy::Passive => "passive",
        LinkPolicy::Active => "active",
        LinkPolicy::RoundRobin => "rr",
    };
    let cipher = match conf.cipher {
        Cipher::Aes256Gcm => "aes-256-gcm",
        Cipher::ChaCha20Poly1305 => "chacha20-poly1305",
    };
    json!({
        "cluster": conf.cluster_name,
        "nodes": nodes.collect::<Vec<_>>(),
        "rings": rings.collect::<Vec<_>>(),
        "policy": policy,
        "timing-ms": {
            "heartbeat": conf.timing.heartbeat.as_millis(),
            "patience": conf.timing.patience.as_millis(),
            "settle": conf.timing.settle.as_millis(),
        },
        "mtu": conf.mtu,
        "cipher": cipher,
        "quorum": conf.quorum_in_words(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_the_same_as_people() {
        let text = "totem {\nversion: 2\ntoken: 1000\njoin: 50\n}\nnodelist {\nnode {\n\
            ring0_addr: a\nnodeid: 1\n}\n}\nquorum {\nprovider: corosync_votequorum\n}\n";
        let json = as_json(&explain(text).expect("good"));
        assert_eq!(json["effective"]["timing-ms"]["patience"], 1000);
        assert_eq!(json["effective"]["nodes"][0]["addresses"][0]["address"], "a");
        assert_eq!(json["settings"][2]["fate"], "ignored");
        assert_eq!(json["effective"]["quorum"][0], "1 of 1 votes are needed");
        assert_eq!(json["warnings"], json!([]));
    }

    #[test]
    fn a_wrong_file_ends_in_failure() {
        let path = std::env::temp_dir().join(format!("systole-conf-{}", std::process::id()));
        let run = |text: &str| {
            std::fs::write(&path, text).expect("the folder can be written");
            let verb = ConfVerb::Explain { file: path.clone(), json: false };
            let outcome = run(&ConfArguments { verb });
            std::fs::remove_file(&path).expect("it is ours");
            outcome.ok()
        };
        assert_eq!(run("totem {\nversion\n}\n"), Some(ExitCode::FAILURE));
        assert_eq!(run("totem {\nversion: 2\n}\n"), Some(ExitCode::SUCCESS));
    }
}
