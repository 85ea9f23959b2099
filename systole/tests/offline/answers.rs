//! What tools say, beside what Pacemaker's own tools say where these are installed.

use super::{BEFORE, Desk, words};
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};

/// Who has to say what a story tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sayers {
    /// Behind `$`.
    All,
    /// Behind `%`.
    Ours,
}

struct Story {
    sayers: Sayers,
    line: &'static str,
    expected: String,
}

/// `$ COMMAND` or `% COMMAND`, then what must be said.
fn stories() -> Vec<Story> {
    let mut stories: Vec<Story> = Vec::new();
    for line in include_str!("answers.txt").lines() {
        let begun = [("$ ", Sayers::All), ("% ", Sayers::Ours)]
            .into_iter()
            .find_map(|(mark, sayers)| Some((line.strip_prefix(mark)?, sayers)));
        match (begun, stories.last_mut()) {
            (Some((line, sayers)), _) => {
                stories.push(Story { sayers, line, expected: String::new() });
            }
            (None, Some(story)) => story.expected.push_str(&format!("{line}\n")),
            (None, None) => {}
        }
    }
    for story in &mut stories {
        story.expected.truncate(story.expected.trim_end().len());
    }
    stories
}

/// What was printed, and how it ended where that was not well. Whether an apostrophe is spelled out
/// in XML is all the same.
pub(super) fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).replace("&apos;", "'");
    match output.status.code() {
        Some(0) => text.trim_end().to_owned(),
        code => format!("{}exit {}", text, code.unwrap_or(-1)),
    }
}

#[test]
fn what_each_tool_says() {
    let desk = Desk::new("answers");
    for story in stories() {
        assert_eq!(said(&desk.run(story.line)), story.expected, "{}", story.line);
        assert_eq!(desk.text(), BEFORE, "{} only asks", story.line);
    }
}

/// Where Pacemaker's tools of the version that we present are installed.
pub(super) fn peers() -> Option<&'static str> {
    let folder = "/usr/sbin";
    let output = Command::new(format!("{folder}/cibadmin")).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text.starts_with("Pacemaker 2.1.5\n") && !text.contains("Systole")).then_some(folder)
}

#[test]
fn the_installed_tools_say_the_same() {
    let Some(folder) = peers() else {
        eprintln!("skipped: Pacemaker 2.1.5 is not installed");
        return;
    };
    let desk = Desk::new("peers");
    for story in stories().into_iter().filter(|story| story.sayers == Sayers::All) {
        let words = words(story.line);
        let mut command = Command::new(format!("{folder}/{}", words[0]));
        command.arg0(words[0]).args(&words[1..]).current_dir(&desk.folder);
        command.env("CIB_file", "cib.xml").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
        let output = command.output().expect("it is installed");
        assert_eq!(said(&output), story.expected, "{}", story.line);
    }
}

/// Where Pacemaker's schemas of such answers are installed.
const SCHEMA: &str = "/usr/share/pacemaker/api/api-result.rng";

/// Pacemaker's own answer, which this is to the letter, does not fit Pacemaker's own schema.
const OWN_DO_NOT_FIT: [&str; 1] = ["crmadmin -N --output-as xml"];

#[test]
fn answers_as_xml_fit_the_installed_schemas() {
    let has_checker = Command::new("xmllint").arg("--version").output().is_ok();
    if !has_checker || !std::path::Path::new(SCHEMA).exists() {
        eprintln!("skipped: there is no xmllint (package libxml2-utils), or no {SCHEMA}");
        return;
    }
    let desk = Desk::new("schemas");
    let others = include_str!("schemas.txt").lines().skip(2).filter(|line| !line.is_empty());
    let told = stories().into_iter().map(|story| story.line);
    let lines = told.filter(|line| line.contains("--output-as")).chain(others);
    let mut unfit = String::new();
    for (number, line) in lines.filter(|line| !OWN_DO_NOT_FIT.contains(line)).enumerate() {
        let answer = desk.folder.join(format!("{number}.xml"));
        std::fs::write(&answer, desk.run(line).stdout).expect("the folder is ours");
        let mut checker = Command::new("xmllint");
        checker.args(["--noout", "--relaxng", SCHEMA]).arg(&answer);
        let output = checker.output().expect("it was there a moment ago");
        let text = std::fs::read_to_string(&answer).unwrap_or_default();
        let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            unfit.push_str(&format!("{line}: {wrong}{text}\n"));
        }
    }
    assert!(unfit.is_empty(), "{unfit}");
}
