//! Debian's crmsh and pcs, as they come, on a running cluster: what each command says, and what
//! comes of it. The commands stand in `clients.txt`.

use crate::rig::{PATIENCE, Rig};
use cli::observer::{Observer, Wait};
use std::path::Path;

/// Ours covers crmsh's own name on the machines of a lab.
const CRMSH: &str = "import sys; sys.argv[0] = 'crm'; from crmsh import log; log.setup_logging(); \
    from crmsh import main; sys.exit(main.run())";

/// A command, and what must come of it.
struct Row<'t> {
    command: &'t str,
    code: i32,
    expected: Vec<(char, &'t str)>,
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

/// What is wrong with the outcome of a command; empty when it works.
fn try_out(cluster: &Observer, row: &Row<'_>) -> String {
    let words: Vec<&str> = row.command.split(' ').collect();
    let words = match words[0] {
        "crm" => [&["/usr/bin/python3", "-c", CRMSH], &words[1..]].concat(),
        _ => words,
    };
    let output = cluster.lab().run_in("oss1", &words).expect("the lab is up");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let said = text(&output.stdout) + &text(&output.stderr);
    if output.status.code() != Some(row.code) {
        return format!("{}: {}", output.status, said.trim());
    }
    let wrongs = row.expected.iter().filter_map(|(mark, words)| match mark {
        '>' => (!said.contains(words)).then(|| format!("does not say `{words}`: {}", said.trim())),
        '@' => shown(cluster, words).err(),
        '=' | '!' => {
            let now = cluster.output("oss1", &["crm", "configure", "show"]);
            let now = now.expect("the lab is up");
            (now.contains(words) != (*mark == '=')).then(|| format!("{mark} {words}:\n{now}"))
        }
        other => panic!("`{other}` marks nothing"),
    });
    wrongs.collect::<Vec<_>>().join("; ")
}

/// Waits until the status shows these words.
fn shown(cluster: &Observer, words: &str) -> Result<(), String> {
    let look = |cluster: &Observer| {
        let status = cluster.output("oss1", &["crm_mon", "-1r"])?;
        Ok(if status.contains(words) { Wait::Over } else { Wait::For(status) })
    };
    cluster.wait(PATIENCE, look, |_| {}).map_err(|why| format!("no `{words}`: {why}"))
}

#[test]
fn debians_crmsh_and_pcs_work_on_a_cluster() {
    let missing = ["/usr/sbin/crm", "/usr/sbin/pcs"].into_iter().find(|it| !Path::new(it).exists());
    if let Some(missing) = missing {
        println!("skipped: there is no {missing} on this machine (packages crmsh, pcs)");
        return;
    }
    let Some(rig) = Rig::up(2) else { return };
    let mut failures = 0;
    for row in rows(include_str!("clients.txt")) {
        let wrong = try_out(rig.cluster(), &row);
        failures += usize::from(!wrong.is_empty());
        println!("{:5}  {}", if wrong.is_empty() { "works" } else { "FAILS" }, row.command);
        for line in wrong.lines() {
            println!("         {line}");
        }
    }
    assert_eq!(failures, 0, "commands that do not work");
    rig.cluster().never_twice().expect("nothing ran twice");
}
