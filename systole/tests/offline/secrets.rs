//! No command prints a secret (C7): each that reads is run where there are some.

use super::{Desk, words};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::process::Command;

/// What stands in all secrets.
const MARK: &str = "M4RK";
const SECRETS: &str = include_str!("secrets.xml");
/// What reads a cluster, and a file in its place; those behind ! are for programs.
const READING: &str = include_str!("../reading.txt");
/// What reads files that it is given.
const OF_FILES: [&str; 9] = [
    "crm_simulate -x cib.xml -S -V",
    "crm_verify -x cib.xml -V",
    "systole plan -x cib.xml",
    "systole explain dummy -x cib.xml --json",
    "systole verify cib.xml",
    "systole verify broken.crm",
    "systole apply other.xml --dry-run",
    "crm configure load update other.xml --dry-run",
    "crm configure primitive z ocf:pacemaker:Dummy parms passwd=M4RK9",
];

fn desk(name: &str) -> Desk {
    let desk = Desk::new(name);
    let write = |name: &str, text: &str| {
        std::fs::write(desk.folder.join(name), text).expect("the folder is ours");
    };
    write("cib.xml", SECRETS);
    write("other.xml", &SECRETS.replace("1.2.3.4", "1.2.3.5").replace("M4RK2", "M4RK8"));
    write("broken.crm", "primitive a ocf:pacemaker:Dummy parms passwd='M4RK7 x'\n");
    desk
}

fn line(text: &str) -> String {
    text.trim_start_matches("! ").trim_start_matches("systole ").replace("NODE", "oss1")
}

#[test]
fn no_command_prints_a_secret() {
    let desk = desk("reading");
    let mut failures = Vec::new();
    let mut spoken = 0;
    let lines = READING.lines().filter(|line| !line.starts_with('#')).chain(OF_FILES);
    for text in lines {
        let output = desk.run(&line(text));
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said);
        spoken += usize::from(said.contains("dummy"));
        // That the doors tell them shows that they are there to be told.
        if said.contains(MARK) != text.starts_with('!') {
            failures.push(format!("{text}:\n{said}"));
        }
    }
    assert!(failures.is_empty(), "C7: {}", failures.join("\n"));
    assert!(spoken > 20, "only {spoken} commands said anything of the resource");
}

#[test]
fn a_terminal_is_shown_none_by_the_doors_of_programs_either() {
    let desk = desk("secrets-terminal");
    let doors = READING.lines().filter(|line| line.starts_with('!'));
    for text in doors.chain(["! crm_diff -o cib.xml -n other.xml"]) {
        let said = on_a_terminal(&desk, &line(text));
        assert!(said.contains("******"), "{text}: {said}");
        assert!(!said.contains(MARK), "C7: {text}: {said}");
    }
}

/// What a command shows on a terminal.
fn on_a_terminal(desk: &Desk, line: &str) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are some");
    grantpt(&controller).expect("it is ours");
    unlockpt(&controller).expect("it is ours");
    let path = ptsname(&controller, Vec::new()).expect("it has a name");
    let terminal = OpenOptions::new().write(true).open(path.to_str().expect("it is a path"));
    let terminal = terminal.expect("it is there");
    let mut child = Command::new(env!("CARGO_BIN_EXE_systole"))
        .args(words(line))
        .current_dir(&desk.folder)
        .env("CIB_file", "cib.xml")
        .env("SYSTOLE_RUN", &desk.folder)
        .env("PAGER", "")
        .stdout(terminal)
        .spawn()
        .expect("the program was built");
    let mut said = Vec::new();
    // It ends with an error when the last who may write there has gone.
    let _ = File::from(controller).read_to_end(&mut said);
    child.wait().expect("it was started");
    String::from_utf8_lossy(&said).into_owned()
}
