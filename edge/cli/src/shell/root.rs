//! What the shell can do at its first level.

use super::levels::{Command, command, query};
use super::{Call, Shell};
use crate::answer::{Failure, Outcome};
use crate::output::Form;
use crate::verbs::verify;

pub(super) const COMMANDS: &[Command] = &[
    query(
        "status",
        "[bynode|inactive|ops|timing|failcounts|bans|brief|full|xml...]",
        "show the cluster",
        status,
    ),
    command("verify", "", "say what is wrong with the configuration", |_, _| {
        verify::crm_verify(&["-L".into()])
    }),
];

/// The words that `crm status` takes, and the options of `crm_mon` that they are.
const WORDS: [(&str, &[&str]); 14] = [
    ("bynode", &["-n"]),
    ("inactive", &["-r"]),
    ("ops", &["-o"]),
    ("operations", &["-o"]),
    ("timing", &["-t"]),
    ("failcounts", &["-f"]),
    ("attributes", &["-A"]),
    ("bans", &["-L"]),
    ("tickets", &["-c"]),
    ("brief", &["-b"]),
    ("detail", &["-R"]),
    ("noheaders", &["-D"]),
    ("xml", &["--output-as=xml"]),
    ("full", &["-r", "-f", "-A", "-o", "-t", "-L", "-c"]),
];

fn status(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    if shell.form == Form::Json {
        return crate::verbs::status::show(&shell.connection, Form::Json);
    }
    let mut options = vec!["-1".to_owned()];
    for word in call.words {
        let found = WORDS.iter().find(|(known, _)| known.starts_with(word.as_str()));
        let Some((_, given)) = found else {
            let known = WORDS.map(|(known, _)| known).join(", ");
            return Err(Failure::Usage(format!("`status {word}`: use any of {known}")));
        };
        options.extend(given.iter().map(|option| (*option).to_owned()));
    }
    crate::tools::monitor::paged(&options)
}
