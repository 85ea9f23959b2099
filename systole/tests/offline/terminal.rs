//! The prompt of the shell, with somebody typing at a terminal.

use super::Desk;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::process::{Child, Command};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// How long an answer may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A terminal with `crm` on it.
struct Terminal {
    keyboard: File,
    screen: Arc<(Mutex<Vec<u8>>, Condvar)>,
    shell: Child,
}

impl Terminal {
    fn with_crm(desk: &Desk) -> Self {
        let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("there are some");
        grantpt(&controller).expect("it is ours");
        unlockpt(&controller).expect("it is ours");
        let path = ptsname(&controller, Vec::new()).expect("it has a name");
        let path = path.to_str().expect("it is a path").to_owned();
        let open = || OpenOptions::new().read(true).write(true).open(&path).expect("it is there");
        let shell = Command::new(env!("CARGO_BIN_EXE_systole"))
            .arg("crm")
            .current_dir(&desk.folder)
            .env("CIB_file", "cib.xml")
            .env("SYSTOLE_RUN", &desk.folder)
            .env("XDG_STATE_HOME", &desk.folder)
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("PAGER", "")
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .expect("the program was built");
        let keyboard = File::from(controller);
        let screen: Arc<(Mutex<Vec<u8>>, Condvar)> = Arc::default();
        let behind = keyboard.try_clone().expect("there are enough handles");
        let seen = Arc::clone(&screen);
        thread::spawn(move || show(behind, &seen));
        Self { keyboard, screen, shell }
    }

    fn types(&self, keys: &str) -> &Self {
        (&self.keyboard).write_all(keys.as_bytes()).expect("the shell is there");
        self
    }

    /// Waits until something is shown, and forgets what was shown up to it.
    fn shows(&self, expected: &str) -> &Self {
        let (screen, changed) = &*self.screen;
        let place =
            |seen: &[u8]| seen.windows(expected.len()).position(|part| part == expected.as_bytes());
        let screen = screen.lock().expect("nobody panics with it");
        let is_missing = |seen: &mut Vec<u8>| place(seen).is_none();
        let (mut seen, _) =
            changed.wait_timeout_while(screen, PATIENCE, is_missing).expect("nobody panics");
        let found = place(&seen);
        let text = String::from_utf8_lossy(&seen).into_owned();
        let Some(place) = found else { panic!("`{expected}` is not shown, but:\n{text}") };
        seen.drain(..place + expected.len());
        self
    }

    fn ends(mut self) -> Option<i32> {
        self.shell.wait().expect("it is our child").code()
    }
}

/// What a terminal does: it shows what comes, and says where the cursor is when it is asked.
fn show(mut terminal: File, screen: &(Mutex<Vec<u8>>, Condvar)) {
    const WHERE: &[u8] = b"\x1b[6n";
    let mut piece = [0; 4096];
    // When the shell is gone, reading fails.
    while let Ok(length @ 1..) = terminal.read(&mut piece) {
        let piece = &piece[..length];
        for _ in piece.windows(WHERE.len()).filter(|part| *part == WHERE) {
            let _ = terminal.write_all(b"\x1b[1;1R");
        }
        screen.0.lock().expect("nobody panics with it").extend_from_slice(piece);
        screen.1.notify_all();
    }
}

#[test]
fn somebody_types_completes_drafts_and_commits() {
    let desk = Desk::new("terminal");
    let terminal = Terminal::with_crm(&desk);
    terminal.shows("crm(cib.xml)# ");
    // What is typed at Tab becomes what was meant.
    terminal.types("conf\t").shows("configure ").types("\r").shows("crm(cib.xml)configure# ");
    terminal.types("prope\tno-quor\tfree\t").shows("freeze").types("\r").shows("configure# ");
    // Ctrl-C gives up a line, and not the draft.
    terminal.types("delete everything").shows("everything").types("\x03").shows("configure# ");
    terminal.types("primitive f ocf:pacemaker:Dummy params passwd=hidden \\\r").shows("> ");
    terminal.types("meta is-man\tfa\t\r").shows("configure# ");
    // The draft's objects are offered, too, with what they are.
    terminal.types("set f\t").shows("set f.").types("\x03").shows("configure# ");
    terminal.types("commit\r").shows("Commit it? (y/n) ").types("y\r").shows("configure# ");
    // Ctrl-D leaves.
    terminal.types("\x04");
    assert_eq!(terminal.ends(), Some(0));

    let text = desk.text();
    for expected in
        ["name=\"no-quorum-policy\" value=\"freeze\"", "name=\"is-managed\" value=\"false\""]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let history = desk.folder.join("systole/crm-history");
    let history = std::fs::read_to_string(history).expect("lines are kept");
    assert!(history.contains("passwd=******") && !history.contains("hidden"), "{history}");
}
