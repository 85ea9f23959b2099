//! The developer's commands: `cargo xtask tidy`, `cargo xtask openapi`.
//!
//! **What it never does.** Change anything but what it is named for.

mod layers;
mod map;
mod openapi;
mod tidy;
mod words;

use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask tidy|openapi

  openapi  write edge/api/openapi.json anew from the types of the API
  tidy     say where the workspace does not keep its own rules (also part of `cargo test`)";

fn main() -> ExitCode {
    let verbs: Vec<String> = std::env::args().skip(1).collect();
    match verbs.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["tidy"] => tidy(),
        ["openapi"] => openapi(),
        _ => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn openapi() -> ExitCode {
    let path = workspace().join(openapi::PATH);
    match std::fs::write(&path, openapi::text()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

fn tidy() -> ExitCode {
    match tidy::complaints(workspace()) {
        Ok(complaints) if complaints.is_empty() => {
            println!("tidy");
            ExitCode::SUCCESS
        }
        Ok(complaints) => {
            eprintln!("{}", complaints.join("\n"));
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("cannot look: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The root of the workspace.
fn workspace() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}
