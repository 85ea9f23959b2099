//! How long a configuration takes to become text, and the text to become a configuration.
//!
//! `cargo run --release -p crmsh --example speed FILE`, where FILE is a CIB.

use cluster::Configuration;
use std::fs;
use std::time::Instant;

fn main() {
    let Some(path) = std::env::args().nth(1) else {
        println!("usage: speed FILE");
        return;
    };
    let cib = fs::read_to_string(&path).map_err(|error| error.to_string());
    let read = cib.and_then(|text| {
        measured("read", || cib::read_tolerant(&text)).map_err(|error| error.to_string())
    });
    let configuration = match read {
        Ok((cib, _)) => cib.configuration,
        Err(error) => return println!("{path}: {error}"),
    };
    let nothing = Configuration::default();
    for _ in 0..3 {
        let text = measured("show", || crmsh::show(&configuration, &[]));
        for (what, onto) in [("load into nothing", &nothing), ("load in place", &configuration)] {
            let loaded = measured(what, || crmsh::load_tolerant(&text, onto, crmsh::Mode::Replace));
            if let Err(errors) = loaded {
                println!("{}", errors[0]);
            }
        }
    }
}

fn measured<T>(what: &str, run: impl FnOnce() -> T) -> T {
    let begin = Instant::now();
    let outcome = run();
    println!("{what}: {:.1?}", begin.elapsed());
    outcome
}
