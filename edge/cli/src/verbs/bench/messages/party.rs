//! The clusters that are compared, each with its clients.

use super::super::{folder, own_options};
use super::{Figure, Place};
use crate::answer::Failure;
use crate::words::of_system;
use lab::{Lab, LabOptions};
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

/// How long Corosync's clients get to join before one speaks: they do not say when they have.
const JOINING: Duration = Duration::from_millis(500);

/// A cluster, and what its processes can do.
pub(super) trait Party {
    fn lab(&self) -> &Lab;

    /// Messages a second, heard by all.
    fn rate(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure>;

    /// Microseconds from saying to hearing.
    fn latency(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure>;
}

/// Our daemons and our clients.
pub(super) struct Own(Lab);

/// Corosync, and a client of its library.
pub(super) struct Corosync {
    lab: Lab,
    client: String,
}

fn base(nodes: usize) -> Result<LabOptions, Failure> {
    Ok(LabOptions { rings: 1, patience: Duration::from_secs(90), ..own_options(nodes)? })
}

impl Own {
    pub(super) fn start(nodes: usize) -> Result<Self, Failure> {
        let ready = ["systole", "status", "--wait-for", &nodes.to_string()].map(str::to_owned);
        Ok(Self(Lab::up(&LabOptions { ready: ready.into(), ..base(nodes)? })?))
    }

    fn start_client(&self, node: &str, words: &[&str]) -> Result<Running, Failure> {
        let call = ["systole", "bench-client"].iter().chain(words).copied().collect::<Vec<_>>();
        Running::start(&self.0, node, &call)
    }

    /// Listeners everywhere, each a member before this returns.
    fn listeners(&self, speaker: &str) -> Result<Vec<Running>, Failure> {
        let others = self.0.options().nodes.iter().filter(|node| *node != speaker);
        let mut listeners: Vec<Running> =
            others.map(|node| self.start_client(node, &["listen"])).collect::<Result<_, _>>()?;
        for listener in &mut listeners {
            listener.expect("ready")?;
        }
        Ok(listeners)
    }
}

impl Party for Own {
    fn lab(&self) -> &Lab {
        &self.0
    }

    fn rate(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure> {
        let speaker = speaker(&self.0, from);
        let listeners = self.listeners(speaker)?;
        let (size, seconds) = (size.to_string(), seconds.as_secs().to_string());
        let mut sender = self.start_client(speaker, &["send", &size, &seconds])?;
        let [rate, sent] = sender.expect("rate")?;
        for mut listener in listeners {
            let [heard, _] = listener.expect("heard")?;
            if heard != sent {
                let node = &listener.node;
                return Err(Failure::Other(format!(
                    "{sent} messages were sent, and {node} heard {heard}; this is a defect"
                )));
            }
        }
        Ok(Figure { value: rate, p99: None })
    }

    fn latency(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure> {
        let speaker = speaker(&self.0, from);
        let _listeners = self.listeners(speaker)?;
        let (size, seconds) = (size.to_string(), seconds.as_secs().to_string());
        let mut sender = self.start_client(speaker, &["ping", &size, &seconds])?;
        let [mean, p99] = sender.expect("latency")?;
        Ok(Figure { value: mean, p99: Some(p99) })
    }
}

impl Corosync {
    pub(super) fn start(nodes: usize, client: &Path) -> Result<Self, Failure> {
        // What it keeps must not end up on the machine that the lab runs on.
        let daemon = "mkdir -p /var/lib/corosync && mount -t tmpfs tmpfs /var/lib/corosync && \
                      exec corosync -f -c {dir}/cluster/corosync.conf";
        let ready = format!("corosync-quorumtool -s | grep -q '^Nodes: *{nodes}$'");
        let shell = |text: &str| ["sh", "-c", text].map(str::to_owned).to_vec();
        let options = LabOptions {
            folder: folder(nodes).with_extension("corosync"),
            daemon: shell(daemon),
            ready: shell(&ready),
            tools: Vec::new(),
            ..base(nodes)?
        };
        Ok(Self { lab: Lab::up(&options)?, client: client.to_string_lossy().into_owned() })
    }

    fn play(&self, from: Place, words: [&str; 3], listen: Duration) -> Result<String, Failure> {
        let speaker = speaker(&self.lab, from);
        let listen = listen.as_secs_f64().to_string();
        let others = self.lab.options().nodes.iter().filter(|node| *node != speaker);
        let listening = [self.client.as_str(), words[0], &listen, "0"];
        let listeners: Vec<Running> = others
            .map(|node| Running::start(&self.lab, node, &listening))
            .collect::<Result<_, _>>()?;
        std::thread::sleep(JOINING);
        let [size, seconds, role] = words;
        let call = [self.client.as_str(), size, seconds, role];
        let said = Running::start(&self.lab, speaker, &call)?.all()?;
        for listener in listeners {
            listener.all()?;
        }
        Ok(said)
    }
}

impl Party for Corosync {
    fn lab(&self) -> &Lab {
        &self.lab
    }

    fn rate(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure> {
        let (size, time) = (size.to_string(), seconds.as_secs().to_string());
        let said = self.play(from, [&size, &time, "1"], seconds + JOINING * 2)?;
        Ok(Figure { value: behind(&said, "delivered")?, p99: None })
    }

    fn latency(&self, from: Place, size: usize, seconds: Duration) -> Result<Figure, Failure> {
        let (size, time) = (size.to_string(), seconds.as_secs().to_string());
        let said = self.play(from, [&size, &time, "2"], seconds + JOINING * 2)?;
        Ok(Figure { value: behind(&said, "mean")?, p99: behind(&said, "p99").ok() })
    }
}

/// All nodes have started together, so the first is the coordinator.
fn speaker(lab: &Lab, from: Place) -> &str {
    let nodes = &lab.options().nodes;
    let node = match from {
        Place::Coordinator => nodes.first(),
        Place::Elsewhere => nodes.last(),
    };
    node.map_or("", String::as_str)
}

/// The number behind a word.
fn behind(said: &str, word: &str) -> Result<f64, Failure> {
    let mut words = said.split_whitespace().skip_while(|one| *one != word).skip(1);
    let number = words.next().and_then(|number| number.parse().ok());
    number.ok_or_else(|| Failure::Other(format!("the client says no {word}: {}", said.trim())))
}

/// A client that runs; it ends with this.
struct Running {
    node: String,
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(lab: &Lab, node: &str, words: &[&str]) -> Result<Self, Failure> {
        let mut command = lab.command(node, words);
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let failed = |why: &str| Failure::Other(format!("cannot start a client on {node}: {why}"));
        let mut child = command.spawn().map_err(|error| failed(&of_system(&error)))?;
        let output = child.stdout.take().ok_or_else(|| failed("it has no output"))?;
        Ok(Self { node: node.to_owned(), child, lines: BufReader::new(output) })
    }

    /// The next line must begin with `word`; the two numbers behind it, as far as there are any.
    fn expect(&mut self, word: &str) -> Result<[f64; 2], Failure> {
        let mut text = String::new();
        let read = self.lines.read_line(&mut text);
        let mut words = text.split_whitespace();
        if read.is_err() || words.next() != Some(word) {
            let (node, text) = (&self.node, text.trim());
            return Err(Failure::Other(format!("the client on {node} ended early: {text}")));
        }
        let mut number = || words.next().and_then(|number| number.parse().ok()).unwrap_or(0.0);
        Ok([number(), number()])
    }

    /// Everything it says until its end.
    fn all(mut self) -> Result<String, Failure> {
        let mut text = String::new();
        match self.lines.read_to_string(&mut text) {
            Ok(_) => Ok(text),
            Err(error) => Err(Failure::Other(of_system(&error))),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // One that has ended already cannot be ended; there is nobody to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
