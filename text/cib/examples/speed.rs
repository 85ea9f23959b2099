//! How long reading a CIB takes, and how much memory it needs.
//!
//! `cargo run --release -p cib --example speed FILE`

use std::fs;
use std::time::Instant;

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: speed FILE");
        return;
    };
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return println!("{path}: {error}"),
    };
    println!("{} of text, {} in memory before", mebibytes(text.len()), resident());
    for _ in 0..5 {
        let begin = Instant::now();
        let read = cib::read_tolerant(&text);
        let took = begin.elapsed();
        match &read {
            Ok((cib, doubts)) => println!(
                "{took:.1?}: {} nodes in the status, {} doubts, {} in memory",
                cib.status.nodes.len(),
                doubts.len(),
                resident()
            ),
            Err(error) => println!("{took:.1?}: {error}"),
        }
    }
    println!("{} in memory at most", status_line("VmHWM"));
}

fn mebibytes(bytes: usize) -> String {
    format!("{} MiB", bytes / (1 << 20))
}

fn resident() -> String {
    status_line("VmRSS")
}

/// What Linux says of this process.
fn status_line(name: &str) -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    kibibytes.map_or_else(|| "unknown".to_owned(), |kib: usize| mebibytes(kib * 1024))
}
