//! The process beside a daemon that speaks or listens.

use crate::answer::{DONE, Failure, Outcome, line};
use crate::connection::run_directory;
use crate::words::number;
use clap::Subcommand;
use group::processes::{Configuration, GroupName, Process};
use local::{Client, Event, Sent};
use std::io::Write;
use std::time::{Duration, Instant};

/// The group they meet in.
const GROUP: &str = "bench";
/// The first bytes of a message are its number.
const NUMBER: usize = 8;
/// So many messages are said before looking whether one has come.
const BURST: usize = 64;

/// What a client does.
#[derive(Clone, Copy, Debug, Subcommand)]
pub(crate) enum Role {
    /// Listen until the one that speaks has gone
    Listen,
    /// Say as much as is taken
    Send {
        /// Of each message
        #[arg(value_parser = number::<usize>)]
        bytes: usize,
        /// For so long
        #[arg(value_parser = number::<u64>)]
        seconds: u64,
    },
    /// Say one at a time
    Ping {
        /// Of each message
        #[arg(value_parser = number::<usize>)]
        bytes: usize,
        /// For so long
        #[arg(value_parser = number::<u64>)]
        seconds: u64,
    },
}

/// `systole bench-client`
pub(crate) fn run(role: Role) -> Outcome {
    let mut client = Client::connect(&run_directory(None)).map_err(lost)?;
    let group = GroupName::new(GROUP).map_err(|error| Failure::Usage(error.to_string()))?;
    client.join(&group).map_err(lost)?;
    while !client.members(&group).contains(&client.process()) {
        client.receive(None).map_err(lost)?;
    }
    match role {
        Role::Listen => listen(&mut client),
        Role::Send { bytes, seconds } => send(&mut client, &group, bytes, seconds),
        Role::Ping { bytes, seconds } => ping(&mut client, &group, bytes, seconds),
    }
}

// `map_err` hands it over.
#[allow(clippy::needless_pass_by_value)]
fn lost(error: local::ClientError) -> Failure {
    Failure::Other(error.to_string())
}

fn say(text: &str) {
    line(text);
    // Whoever waits for it would wait for ever; it notices by itself when this process ends.
    let _ = std::io::stdout().flush();
}

/// Counts what one other says; says so when that one has gone.
fn listen(client: &mut Client) -> Outcome {
    say("ready");
    let mut speaker: Option<Process> = None;
    let mut heard = 0u64;
    loop {
        match client.receive(None).map_err(lost)? {
            Some(Event::Message { sender, body, .. }) => {
                if *speaker.get_or_insert(sender) != sender || number_of(&body) != heard {
                    return Err(Failure::Other(format!("message {heard} is not the next one")));
                }
                heard += 1;
            }
            Some(Event::Configuration(Configuration { left, .. }))
                if left.iter().any(|change| Some(change.process) == speaker) =>
            {
                say(&format!("heard {heard}"));
                return DONE;
            }
            Some(Event::NotDone(why)) => return Err(Failure::Other(why)),
            Some(Event::Configuration(_)) | None => {}
        }
    }
}

fn number_of(body: &[u8]) -> u64 {
    body.first_chunk().map_or(u64::MAX, |bytes| u64::from_le_bytes(*bytes))
}

fn body(bytes: usize, number: u64) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(bytes.max(NUMBER), 7);
    body
}

fn send(client: &mut Client, group: &GroupName, bytes: usize, seconds: u64) -> Outcome {
    let mut body = body(bytes, 0);
    let begin = Instant::now();
    let end = begin + Duration::from_secs(seconds);
    let (mut sent, mut heard) = (0u64, 0u64);
    while Instant::now() < end {
        let mut wait = Duration::ZERO;
        for _ in 0..BURST {
            body[..NUMBER].copy_from_slice(&sent.to_le_bytes());
            match client.send(group, &body).map_err(lost)? {
                Sent::Taken => sent += 1,
                Sent::WouldBlock => {
                    wait = end.saturating_duration_since(Instant::now());
                    break;
                }
            }
        }
        heard += own(client, wait)?;
    }
    let rate = heard as f64 / begin.elapsed().as_secs_f64();
    while heard < sent {
        heard += own(client, Duration::from_secs(1))?;
    }
    client.leave(group).map_err(lost)?;
    while !client.members(group).is_empty() {
        client.receive(None).map_err(lost)?;
    }
    say(&format!("rate {rate} {sent}"));
    DONE
}

/// How many own messages have come back: what is there, or the first within `wait`.
fn own(client: &mut Client, wait: Duration) -> Result<u64, Failure> {
    let mut count = 0;
    let mut wait = wait;
    while let Some(event) = client.receive(Some(wait)).map_err(lost)? {
        wait = Duration::ZERO;
        match event {
            Event::Message { sender, .. } if sender == client.process() => count += 1,
            Event::NotDone(why) => return Err(Failure::Other(why)),
            _ => {}
        }
    }
    Ok(count)
}

fn ping(client: &mut Client, group: &GroupName, bytes: usize, seconds: u64) -> Outcome {
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut took: Vec<Duration> = Vec::new();
    while Instant::now() < end {
        let body = body(bytes, took.len() as u64);
        let begin = Instant::now();
        if matches!(client.send(group, &body).map_err(lost)?, Sent::WouldBlock) {
            let why = "the daemon takes no message although none is on its way";
            return Err(Failure::Other(why.into()));
        }
        while own(client, Duration::from_secs(1))? == 0 {}
        took.push(begin.elapsed());
    }
    took.sort_unstable();
    let mean = took.iter().sum::<Duration>().as_secs_f64() / took.len().max(1) as f64;
    let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or_default().as_secs_f64();
    say(&format!("latency {} {} {}", mean * 1e6, p99 * 1e6, took.len()));
    DONE
}
