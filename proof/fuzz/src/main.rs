//! Tries random inputs for some time: `cargo run --release -p fuzz -- TARGET SECONDS SEED`.
//!
//! The work is done by a second process, which may use only so much memory and time for each
//! input; when it dies, the first one keeps the input that did it and goes on behind it. What
//! fails lies in `fuzz-failures` afterwards, once for each place in the code.

mod worker;

use fuzz::Target;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use worker::{Totals, Turn};

const USAGE: &str = "fuzz TARGET SECONDS SEED    tries random inputs\n\
                     fuzz TARGET --show SEED N   prints input number N of that seed\n\
                     fuzz TARGET FILE...         tries what is in these files\n\
                     TARGET is decide (the scheduler), cib, conf (corosync.conf), crm, or packet";

/// Where inputs go that something went wrong with.
fn failures() -> PathBuf {
    PathBuf::from("fuzz-failures")
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = words.split_first().and_then(|(name, rest)| Some((Target::named(name)?, rest)));
    let done = asked.and_then(|(target, words)| run(target, words));
    done.unwrap_or_else(|| {
        eprintln!("{USAGE}");
        ExitCode::from(2)
    })
}

/// Does what is asked for; nothing when that is not understood.
fn run(target: Target, words: &[String]) -> Option<ExitCode> {
    let numbers: Vec<Option<u64>> = words.iter().map(|word| word.parse().ok()).collect();
    match (words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), numbers.as_slice()) {
        (["--work", ..], [_, Some(seconds), Some(seed), Some(first)]) => {
            let turn = Turn { target, seconds: *seconds, seed: *seed, first: *first };
            Some(worker::work(&turn))
        }
        (["--show", ..], [_, Some(seed), Some(number)]) => {
            let shown = std::io::stdout().write_all(&worker::input(target, *seed, *number));
            Some(if shown.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        (_, [Some(seconds), Some(seed)]) => Some(fuzz(target, *seconds, *seed)),
        ([_, ..], _) if words.iter().all(|word| std::path::Path::new(word).exists()) => {
            Some(try_files(target, words))
        }
        _ => None,
    }
}

fn fuzz(target: Target, seconds: u64, seed: u64) -> ExitCode {
    let begin = Instant::now();
    let mut totals = Totals::default();
    let mut deaths = 0;
    loop {
        let left = seconds.saturating_sub(begin.elapsed().as_secs());
        let turn = Turn { target, seconds: left, seed, first: totals.next };
        match one_worker(&turn) {
            Ok(done) => totals.add(&done),
            Err(reason) => {
                eprintln!("fuzz: {reason}");
                return ExitCode::FAILURE;
            }
        }
        if totals.is_finished {
            break;
        }
        // The last input it began was too much for it.
        let number = totals.next - 1;
        deaths += 1;
        keep(target, &format!("death-{seed}-{number}"), &worker::input(target, seed, number));
    }
    let took = begin.elapsed().max(Duration::from_secs(1));
    println!("{}", totals.text(target, took));
    println!("{deaths} inputs ended the process; {} places panicked", totals.panics);
    if deaths == 0 && totals.panics == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a worker to its end, and counts what it did.
fn one_worker(turn: &Turn) -> Result<Totals, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let numbers = [turn.seconds, turn.seed, turn.first].map(|number| number.to_string());
    let child = Command::new(program)
        .args([turn.target.name(), "--work"])
        .args(numbers)
        .stdout(Stdio::piped())
        .spawn();
    let mut child = child.map_err(|error| error.to_string())?;
    let mut totals = Totals { next: turn.first, ..Totals::default() };
    if let Some(lines) = child.stdout.take() {
        for line in std::io::BufReader::new(lines).lines().map_while(Result::ok) {
            totals.read(&line);
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if !status.success() && totals.next == turn.first {
        return Err(format!("the worker could not begin: {status}"));
    }
    totals.is_finished = status.success();
    Ok(totals)
}

/// Puts an input into the folder of failures.
fn keep(target: Target, name: &str, input: &[u8]) {
    let folder = failures();
    let path = folder.join(format!("{name}.{}", target.extension()));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input));
    match written {
        Ok(()) => eprintln!("fuzz: kept {}", path.display()),
        Err(error) => eprintln!("fuzz: {}: {error}", path.display()),
    }
}

fn try_files(target: Target, files: &[String]) -> ExitCode {
    for file in files {
        match std::fs::read(file) {
            Ok(input) => println!("{file}: {:?}", target.check(&input)),
            Err(error) => {
                eprintln!("fuzz: {file}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
