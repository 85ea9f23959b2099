//! `cargo run --release -p conformance --bin race OURS PEER FILE...`: both programs, each a command
//! such as `target/release/systole crm_simulate`, plan for each file (`-x FILE -R`). What they take,
//! the ratio, and whether their transition summaries say the same, in whatever order.

use std::io::Read;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// How often each runs: the median counts.
const RUNS: usize = 3;

/// What a program took, and what it said.
struct Lap {
    time: Duration,
    /// The most memory, in kB.
    memory: u64,
    summary: Vec<String>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [ours, peer, files @ ..] = words.as_slice() else {
        eprintln!("race OURS PEER FILE...");
        return ExitCode::from(2);
    };
    println!("{:<24}{:>10}{:>12}{:>8}{:>9}{:>9}", "", "time", "memory", "lines", "ratio", "same");
    let mut is_good = true;
    for file in files {
        let (Some(our), Some(their)) = (median(ours, file), median(peer, file)) else {
            eprintln!("race: {file}: one of the two does not run");
            return ExitCode::from(2);
        };
        let ratio = their.time.as_secs_f64() / our.time.as_secs_f64();
        let is_same = our.summary == their.summary;
        println!("{file}");
        show("  ours", &our, "");
        show("  peer", &their, &format!("{ratio:>9.1}{:>9}", if is_same { "yes" } else { "NO" }));
        is_good &= is_same;
    }
    if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn show(who: &str, lap: &Lap, rest: &str) {
    let (seconds, megabytes) = (lap.time.as_secs_f64(), lap.memory / 1000);
    println!("{who:<24}{seconds:>9.2}s{megabytes:>10}MB{:>8}{rest}", lap.summary.len());
}

fn median(command: &str, file: &str) -> Option<Lap> {
    let mut laps: Vec<Lap> = (0..RUNS).filter_map(|_| run(command, file)).collect();
    laps.sort_by_key(|lap| lap.time);
    (laps.len() == RUNS).then(|| laps.swap_remove(RUNS / 2))
}

fn run(command: &str, file: &str) -> Option<Lap> {
    let mut words = command.split_whitespace();
    let begin = Instant::now();
    let mut child = Command::new(words.next()?)
        .args(words)
        .args(["-x", file, "-R"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut pipe = child.stdout.take()?;
    let said = std::thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).map(|_| text)
    });
    let mut memory = 0;
    while child.try_wait().ok()?.is_none() {
        memory = peak(child.id()).unwrap_or(0).max(memory);
        std::thread::sleep(Duration::from_millis(2));
    }
    let time = begin.elapsed();
    let text = said.join().ok()?.ok()?;
    Some(Lap { time, memory, summary: summary(&text) })
}

/// The most memory that a process has had so far, in kB.
fn peak(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The lines of the transition summary, sorted, with single blanks.
fn summary(text: &str) -> Vec<String> {
    let lines = text.lines().skip_while(|line| !line.starts_with("Transition Summary"));
    let lines = lines.skip(1).take_while(|line| line.starts_with("  *"));
    let squeezed = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines: Vec<String> = squeezed.collect();
    lines.sort();
    lines
}
