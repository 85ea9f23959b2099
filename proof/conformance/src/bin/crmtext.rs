//! `cargo run --release -p conformance --bin crmtext [--require FILE] [CASE...]`: recorded
//! configurations as text. How many come back from it as they were, into a cluster that has nothing
//! and in place; and how many look as crmsh has them (`crm/NAME.crm`), with the names of the others.
//! With cases, what differs in each. `--require` fails below the counts in a file.

use cluster::Configuration;
use conformance::crmtext::{Journey, Rendering, journey, loaded, rendering, without_additions};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut wanted: Vec<String> = std::env::args().skip(1).collect();
    let floor = match wanted.iter().position(|word| word == "--require") {
        Some(at) => wanted.drain(at..).nth(1),
        None => None,
    };
    let Some(cases) = conformance::cases() else {
        eprintln!("CONFORMANCE does not name a folder with clusters in scheduler/xml");
        return ExitCode::from(2);
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut others: BTreeMap<Rendering, Vec<String>> = BTreeMap::new();
    for case in cases.iter().filter(|case| wanted.is_empty() || wanted.contains(&case.name)) {
        let Ok((cib, _)) = cib::read_tolerant(&case.text) else {
            println!("{}: cannot be read", case.name);
            continue;
        };
        let configuration = cib.configuration;
        for (what, onto) in [("fresh", &Configuration::default()), ("inplace", &configuration)] {
            match journey(&configuration, onto) {
                Journey::Exact => *counts.entry(what).or_default() += 1,
                Journey::Differs(before, after) => {
                    println!("{} {what}:\n  before {before}\n  after  {after}", case.name);
                }
                Journey::Refused(error) => println!("{} {what}: {error}", case.name),
            }
        }
        let text = crmsh::show(&configuration, &[]);
        let again = loaded(&text, &Configuration::default());
        let again = again.map(|again| crmsh::show(&again, &[])).unwrap_or_default();
        match text.split('\n').zip(again.split('\n')).find(|(before, after)| before != after) {
            None => *counts.entry("fixed").or_default() += 1,
            Some((before, after)) => {
                println!("{} again:\n  before {before}\n  after  {after}", case.name);
            }
        }
        if let Some(recorded) = recorded(&case.name) {
            let rendering = rendering(&text, &recorded);
            let name = match rendering {
                Rendering::Same => "same",
                Rendering::Layout => "layout",
                Rendering::Meaning => "meaning",
            };
            *counts.entry(name).or_default() += 1;
            *counts.entry("meant").or_default() += usize::from(rendering != Rendering::Meaning);
            others.entry(rendering).or_default().push(case.name.clone());
            if !wanted.is_empty() {
                print_difference(&text, &recorded);
            }
        }
    }
    table(&counts, &others);
    floor.map_or(ExitCode::SUCCESS, |floor| require(&floor, &counts))
}

fn recorded(name: &str) -> Option<String> {
    let folder = PathBuf::from(std::env::var_os("CONFORMANCE")?).join("crm");
    std::fs::read_to_string(folder.join(format!("{name}.crm"))).ok()
}

fn print_difference(ours: &str, recorded: &str) {
    println!("{ours}");
    let plain = without_additions(ours);
    let pairs = plain.lines().zip(recorded.lines());
    for (ours, recorded) in pairs.filter(|(ours, recorded)| ours != recorded) {
        println!("- {recorded}\n+ {ours}");
    }
}

fn table(counts: &BTreeMap<&str, usize>, others: &BTreeMap<Rendering, Vec<String>>) {
    for (rendering, title) in
        [(Rendering::Layout, "differs in layout only"), (Rendering::Meaning, "differs in meaning")]
    {
        if let Some(names) = others.get(&rendering) {
            println!("{title}: {}", names.join(" "));
        }
    }
    let count = |name| counts.get(name).copied().unwrap_or_default();
    println!(
        "XML to text to XML, into nothing {:>4}  the same elements, order and ids",
        count("fresh")
    );
    println!("XML to text to XML, in place     {:>4}", count("inplace"));
    println!("text read and written again      {:>4}  the same text", count("fixed"));
    println!("beside crmsh's text: the same    {:>4}", count("same"));
    println!("  differs in layout only         {:>4}", count("layout"));
    println!("  differs in meaning             {:>4}", count("meaning"));
}

/// A file holds `name=count`, with commas between; `meant` counts texts of the same meaning.
fn require(file: &str, counts: &BTreeMap<&str, usize>) -> ExitCode {
    let Ok(text) = std::fs::read_to_string(file) else {
        eprintln!("{file} cannot be read");
        return ExitCode::from(2);
    };
    let mut outcome = ExitCode::SUCCESS;
    for (name, least) in text.trim().split(',').filter_map(|pair| pair.split_once('=')) {
        let count = counts.get(name).copied().unwrap_or_default();
        if least.parse().is_ok_and(|least: usize| count < least) {
            eprintln!("{name}: {count}, and {least} were required");
            outcome = ExitCode::FAILURE;
        }
    }
    outcome
}
