//! `cargo run --release -p conformance --bin shuffle [--results] [CASE...]`: recorded clusters whose
//! plan depends on the order in which their status is written, with the first difference; with
//! `--results` on the order within each history alone.

use base::Rng;
use conformance::Shuffled;
use std::process::ExitCode;

/// How often each status is shuffled.
const SHUFFLES: u64 = 5;

fn main() -> ExitCode {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let is_all = !wanted.iter().any(|word| word == "--results");
    wanted.retain(|word| word != "--results");
    let what = if is_all { Shuffled::All } else { Shuffled::Results };
    let Some(cases) = conformance::cases() else {
        eprintln!("CONFORMANCE does not name a folder with clusters in scheduler/xml");
        return ExitCode::from(2);
    };
    let (mut count, mut different) = (0, 0);
    for case in cases.iter().filter(|case| wanted.is_empty() || wanted.contains(&case.name)) {
        let Ok((mut cib, _)) = cib::read_tolerant(&case.text) else {
            println!("{}: cannot be read", case.name);
            continue;
        };
        count += 1;
        let straight = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
        let mut random = Rng::new(1);
        let first = (0..SHUFFLES).find_map(|_| {
            conformance::shuffle(&mut cib.status, what, &mut random);
            let shuffled = conformance::outline(&scheduler::decide(&conformance::facts(&cib)));
            difference(&straight, &shuffled)
        });
        if let Some(first) = first {
            different += 1;
            println!("{}: {first}", case.name);
        }
    }
    println!("{different} of {count} plans depend on the order of the status");
    ExitCode::SUCCESS
}

fn difference(one: &[String], other: &[String]) -> Option<String> {
    let only = |these: &[String], those: &[String]| {
        these.iter().find(|line| those.binary_search(line).is_err()).cloned()
    };
    let (lost, new) = (only(one, other), only(other, one));
    if one == other {
        return None;
    }
    let text = |line: Option<String>| line.unwrap_or_else(|| "-".into());
    Some(format!("\n  in order: {}\n  shuffled: {}", text(lost), text(new)))
}
