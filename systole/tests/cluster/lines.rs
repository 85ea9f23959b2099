//! Lines that somebody types on a running cluster, and what must come of each. They stand in text
//! files, whose heads say what the marks mean.

use crate::rig::PATIENCE;
use cli::observer::{Observer, Wait};
use std::process::Output;

/// A command, and what must come of it.
struct Row<'t> {
    command: &'t str,
    code: i32,
    expected: Vec<(char, &'t str)>,
}

/// Types the lines one after the other, `run` says how, and prints which of them work. All must.
pub(crate) fn play(cluster: &Observer, text: &str, run: impl Fn(&Observer, &str) -> Output) {
    let mut failures = 0;
    for row in rows(text) {
        let wrong = row.wrong(cluster, &run(cluster, row.command));
        failures += usize::from(!wrong.is_empty());
        println!("{:5}  {}", if wrong.is_empty() { "works" } else { "FAILS" }, row.command);
        for line in wrong.lines() {
            println!("         {line}");
        }
    }
    assert_eq!(failures, 0, "commands that do not work");
    cluster.never_twice().expect("nothing ran twice");
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let lines = text.lines().skip_while(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(wish) = line.strip_prefix("  ") else {
            rows.push(Row { command: line, code: 0, expected: Vec::new() });
            continue;
        };
        let row = rows.last_mut().expect("a command stands in front of what must come of it");
        match wish.strip_prefix("exit ") {
            Some(code) => row.code = code.parse().expect("an exit code is a number"),
            None => {
                let (mark, words) = wish.split_once(' ').expect("a mark, and words");
                row.expected.push((mark.chars().next().expect("a mark"), words));
            }
        }
    }
    rows
}

impl Row<'_> {
    /// What is wrong with the outcome; empty when it works.
    fn wrong(&self, cluster: &Observer, output: &Output) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = text(&output.stdout) + &text(&output.stderr);
        let said = said.trim();
        if output.status.code() != Some(self.code) {
            return format!("{}: {said}", output.status);
        }
        let wrongs = self.expected.iter().filter_map(|(mark, words)| match mark {
            '>' => (!said.contains(words)).then(|| format!("does not say `{words}`: {said}")),
            '@' => shown(cluster, words).err(),
            '=' | '!' => {
                let now = cluster.output(first(cluster), &["crm", "configure", "show"]);
                let now = now.expect("the lab is up");
                (now.contains(words) != (*mark == '=')).then(|| format!("{mark} {words}:\n{now}"))
            }
            other => panic!("`{other}` marks nothing"),
        });
        wrongs.collect::<Vec<_>>().join("; ")
    }
}

/// Waits until the status shows these words.
fn shown(cluster: &Observer, words: &str) -> Result<(), String> {
    let look = |cluster: &Observer| {
        let status = cluster.output(first(cluster), &["crm_mon", "-1rA"])?;
        Ok(if status.contains(words) { Wait::Over } else { Wait::For(status) })
    };
    cluster.wait(PATIENCE, look, |_| {}).map_err(|why| format!("no `{words}`: {why}"))
}

/// The node on which everything is typed and looked at.
pub(crate) fn first(cluster: &Observer) -> &str {
    &cluster.lab().options().nodes[0]
}
