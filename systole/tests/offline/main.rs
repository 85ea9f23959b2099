//! The tools on a file that stands in for the cluster: what each of them changes there, what they
//! say about it, and that none of them talks to the node of this machine meanwhile.

mod access;
mod answers;
mod output;
mod secrets;
mod terminal;

use std::io::ErrorKind;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::{Command, Output};

const BEFORE: &str = include_str!("before.xml");

/// A folder with the file, and a node that must not be asked.
struct Desk {
    folder: PathBuf,
    node: UnixListener,
}

impl Desk {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("systole-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("the folder for temporary files can be written");
        let node = UnixListener::bind(api::socket_path(&folder)).expect("nobody else is there");
        node.set_nonblocking(true).expect("it is a socket");
        std::fs::write(folder.join("cib.xml"), BEFORE).expect("the folder is ours");
        Self { folder, node }
    }

    /// Runs a line of words on the file as it is now.
    fn run(&self, line: &str) -> Output {
        self.run_for("", line)
    }

    /// The same, with the rights of a user.
    fn run_for(&self, user: &str, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_systole"));
        command.args(words(line)).current_dir(&self.folder);
        command.env("CIB_file", "cib.xml").env("SYSTOLE_RUN", &self.folder);
        command.env("CIB_shadow_dir", &self.folder).env("CIB_user", user);
        let output = command.output().expect("the program was built");
        match self.node.accept() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            other => panic!("{line} asked the node: {other:?}"),
        }
        output
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.folder.join("cib.xml")).expect("the file is there")
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The words of a line; those in apostrophes hold blanks.
fn words(line: &str) -> Vec<&str> {
    let pieces = line.split('\'').enumerate();
    let words = pieces.flat_map(|(number, piece)| match number % 2 {
        0 => piece.split_whitespace().collect(),
        _ => vec![piece],
    });
    words.collect()
}

/// The version in the first line, and the lines that came (+) and went (-), without their blanks.
fn difference(before: &str, after: &str) -> String {
    let mut went: Vec<&str> = before.lines().skip(1).map(str::trim).collect();
    let mut came = Vec::new();
    for line in after.lines().skip(1).map(str::trim) {
        match went.iter().position(|old| *old == line) {
            Some(place) => drop(went.remove(place)),
            None => came.push(line),
        }
    }
    let root = after.lines().next().unwrap_or_default();
    let number = |name: &str| {
        let start = root.find(&format!(" {name}=\"")).map(|at| at + name.len() + 3);
        start.and_then(|at| root[at..].split('"').next()).unwrap_or("-")
    };
    let version = ["admin_epoch", "epoch", "num_updates"].map(number).join(".");
    let signed = |sign: char, lines: Vec<&str>| {
        let lines = lines.into_iter().filter(|line| !line.starts_with("</"));
        lines.map(|line| format!("\n{sign} {line}")).collect::<String>()
    };
    format!("{version}{}{}", signed('-', went), signed('+', came))
}

#[test]
fn what_each_tool_changes_in_a_file() {
    let story = include_str!("changes.txt");
    for (line, expected) in stories(story) {
        let desk = Desk::new("changes");
        let output = desk.run(line);
        let found = match output.status.code() {
            Some(0) => difference(BEFORE, &desk.text()),
            code => {
                assert_eq!(desk.text(), BEFORE, "{line} failed and left something behind");
                let said = String::from_utf8_lossy(&output.stderr);
                format!("exit {}: {}", code.unwrap_or(-1), said.trim_end())
            }
        };
        assert_eq!(found, expected, "{line}");
    }
}

/// `$ COMMAND`, then what must come of it.
fn stories(text: &str) -> Vec<(&str, &str)> {
    let text = text.split_once("\n$ ").map_or(text, |(_, stories)| stories);
    let stories = text.split("\n$ ").filter_map(|story| story.split_once('\n'));
    stories.map(|(line, expected)| (line, expected.trim_end())).collect()
}

#[test]
fn what_a_file_cannot_answer_is_refused() {
    let desk = Desk::new("refusals");
    for line in [
        "attrd_updater -n x -U 1",
        "attrd_updater -n x -Q",
        "crm_node -l",
        "crm_node -p",
        "crmadmin -D",
        "stonith_admin -C oss2",
        "crm node clearstate oss2",
    ] {
        let output = desk.run(line);
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = if line.starts_with("crm ") { 1 } else { 102 };
        assert_eq!(output.status.code(), Some(expected), "{line}: {said}");
        assert!(said.contains("cib.xml"), "{line}: {said}");
        assert_eq!(desk.text(), BEFORE, "{line}");
    }
}

#[test]
fn a_draft_is_written_once_and_a_broken_file_never() {
    let desk = Desk::new("draft");
    let script = "configure\nprimitive c ocf:pacemaker:Dummy\ndelete b\ncommit\nexit\n";
    std::fs::write(desk.folder.join("script"), script).unwrap();
    assert!(desk.run("crm -f script").status.success());
    let came = "1.8.0\n- <primitive id=\"b\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>\n\
                + <primitive id=\"c\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>";
    assert_eq!(difference(BEFORE, &desk.text()), came);

    let cut = &BEFORE[..BEFORE.len() / 2];
    std::fs::write(desk.folder.join("cib.xml"), cut).unwrap();
    for line in ["crm_attribute -n x -v 1", "crm_mon -1", "cibadmin -Q"] {
        assert_eq!(desk.run(line).status.code(), Some(78), "{line}");
    }
    assert_eq!(desk.text(), cut);
    std::fs::remove_file(desk.folder.join("cib.xml")).unwrap();
    assert_eq!(desk.run("crm_attribute -n x -v 1").status.code(), Some(105));
}

#[test]
fn an_editor_changes_objects_and_what_it_wrote_is_kept() {
    let desk = Desk::new("editor");
    let edit = |script: &str| {
        let editor = desk.folder.join("editor");
        std::fs::write(&editor, format!("#!/bin/sh\n{script}\n")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_systole"));
        command.args(["crm", "configure", "edit", "b"]).current_dir(&desk.folder);
        command.env("CIB_file", "cib.xml").env("SYSTOLE_RUN", &desk.folder).env_remove("VISUAL");
        command.env("EDITOR", format!("sh {}", editor.display())).env("TMPDIR", &desk.folder);
        command.output().unwrap()
    };
    assert!(edit("true").status.success());
    assert_eq!(desk.text(), BEFORE, "nothing was changed");
    assert!(edit("sed -i 's/Dummy/Stateful/' \"$1\"").status.success());
    assert!(
        desk.text().contains("id=\"b\" class=\"ocf\" provider=\"pacemaker\" type=\"Stateful\"")
    );
    let changed = desk.text();

    let refused = edit("sed -i 's/primitive/primitve/' \"$1\"");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("did you mean `primitive`?"), "{said}");
    let kept = said.trim_end().rsplit(' ').next().unwrap();
    assert_eq!(std::fs::read_to_string(kept).unwrap(), "primitve b ocf:pacemaker:Stateful\n");
    assert_eq!(desk.text(), changed);
}

#[test]
fn changes_are_tried_on_a_shadow_copy_first() {
    let desk = Desk::new("shadow");
    let script = "cib new trial\nconfigure primitive c ocf:pacemaker:Dummy\ncib diff\n\
                  cib use live\nconfigure show type:primitive\ncib list\ncib use trial\n\
                  configure show c\ncib commit\n";
    std::fs::write(desk.folder.join("script"), script).unwrap();
    let output = desk.run("crm -f script");
    let said = String::from_utf8_lossy(&output.stdout);
    let expected = "Diff: --- 1.7.3 2\nDiff: +++ 1.8.0 (null)\n\
        +  /cib:  @epoch=8, @num_updates=0\n\
        ++ /cib/configuration/resources:  <primitive id=\"c\" class=\"ocf\" provider=\"pacemaker\" \
        type=\"Dummy\"/>\nprimitive a ocf:pacemaker:Dummy\nprimitive b ocf:pacemaker:Dummy\ntrial\n\
        primitive c ocf:pacemaker:Dummy\n";
    assert_eq!(said, expected, "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        difference(BEFORE, &desk.text()),
        "1.8.0\n+ <primitive id=\"c\" class=\"ocf\" provider=\"pacemaker\" type=\"Dummy\"/>"
    );
    let codes = [
        ("crm_shadow --create trial", 73),
        ("crm_shadow --delete trial", 64),
        ("crm_shadow --switch nothing", 105),
        ("crm_shadow --which", 105),
        ("crm_shadow --delete trial --force", 0),
        ("crm -c trial configure show", 1),
    ];
    for (line, code) in codes {
        assert_eq!(desk.run(line).status.code(), Some(code), "{line}");
    }
}

#[test]
fn a_secret_is_shown_as_stars_and_stars_change_nothing() {
    let desk = Desk::new("secrets");
    assert!(desk.run("crm resource param a set passwd geheim").status.success());
    let with_secret = desk.text();
    assert!(with_secret.contains("value=\"geheim\""));
    for (show, load) in [
        ("crm configure show", "crm configure load update shown"),
        ("crm configure show", "crm configure load replace shown"),
        ("crm configure show xml", "crm configure load xml update shown"),
        ("crm configure show xml", "crm configure load xml replace shown"),
        ("crm configure show xml", "cibadmin -R -x shown"),
        ("crm configure show xml", "cibadmin -M -x shown"),
    ] {
        let shown = desk.run(show).stdout;
        let text = String::from_utf8_lossy(&shown);
        assert!(text.contains("******") && !text.contains("geheim"), "{show}: {text}");
        std::fs::write(desk.folder.join("shown"), &shown).unwrap();
        let output = desk.run(load);
        assert!(output.status.success(), "{load}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(desk.text().contains("value=\"geheim\""), "{load}");
    }
    std::fs::write(desk.folder.join("cib.xml"), BEFORE).unwrap();
    for load in ["crm configure load xml update shown", "cibadmin -M -x shown"] {
        let said = String::from_utf8_lossy(&desk.run(load).stderr).into_owned();
        assert!(said.contains("hidden by stars"), "{load}: {said}");
        assert_eq!(desk.text(), BEFORE, "{load}");
    }
}
