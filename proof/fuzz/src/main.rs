//! Decides random clusters for some time: `cargo run --release -p fuzz -- SECONDS SEED`.
//!
//! The work is done by a second process, which may use only so much memory and time for each
//! cluster; when it dies, the first one keeps the cluster that did it and goes on behind it.
//! What fails lies in `fuzz-failures` afterwards, once for each place in the code.

mod worker;

use std::io::BufRead;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use worker::{Totals, Turn};

const USAGE: &str = "fuzz SECONDS SEED    decides random clusters\n\
                     fuzz --show SEED N   prints cluster number N of that seed\n\
                     fuzz FILE...         decides the clusters in these files";

/// Where clusters go that something went wrong with.
fn failures() -> PathBuf {
    PathBuf::from("fuzz-failures")
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let numbers: Vec<Option<u64>> = words.iter().map(|word| word.parse().ok()).collect();
    match (words.iter().map(String::as_str).collect::<Vec<_>>().as_slice(), numbers.as_slice()) {
        (["--work", ..], [_, Some(seconds), Some(seed), Some(first)]) => {
            worker::work(&Turn { seconds: *seconds, seed: *seed, first: *first })
        }
        (["--show", ..], [_, Some(seed), Some(number)]) => {
            print!("{}", worker::cluster(*seed, *number));
            ExitCode::SUCCESS
        }
        (_, [Some(seconds), Some(seed)]) => fuzz(*seconds, *seed),
        ([_, ..], _) if words.iter().all(|word| std::path::Path::new(word).exists()) => {
            decide_files(&words)
        }
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn fuzz(seconds: u64, seed: u64) -> ExitCode {
    let begin = Instant::now();
    let mut totals = Totals::default();
    let mut deaths = 0;
    loop {
        let left = seconds.saturating_sub(begin.elapsed().as_secs());
        let turn = Turn { seconds: left, seed, first: totals.next };
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
        // The last cluster it began was too much for it.
        let number = totals.next - 1;
        deaths += 1;
        keep(&format!("death-{seed}-{number}"), &worker::cluster(seed, number));
    }
    let took = begin.elapsed().max(Duration::from_secs(1));
    println!("{}", totals.text(took));
    println!("{deaths} clusters ended the process; {} places panicked", totals.panics);
    if deaths == 0 && totals.panics == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Runs a worker to its end, and counts what it did.
fn one_worker(turn: &Turn) -> Result<Totals, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let numbers = [turn.seconds, turn.seed, turn.first].map(|number| number.to_string());
    let child = Command::new(program).arg("--work").args(numbers).stdout(Stdio::piped()).spawn();
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

/// Puts a cluster into the folder of failures.
fn keep(name: &str, text: &str) {
    let folder = failures();
    let path = folder.join(format!("{name}.xml"));
    let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, text));
    match written {
        Ok(()) => eprintln!("fuzz: kept {}", path.display()),
        Err(error) => eprintln!("fuzz: {}: {error}", path.display()),
    }
}

fn decide_files(files: &[String]) -> ExitCode {
    for file in files {
        match std::fs::read_to_string(file) {
            Ok(text) => println!("{file}: {:?}", fuzz::check(&text)),
            Err(error) => {
                eprintln!("fuzz: {file}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}
