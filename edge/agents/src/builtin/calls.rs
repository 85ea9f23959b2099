//! Programs that an agent calls.

use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// What a program that was called has said.
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Said {
    /// The last line it complained with: the rest is usually usage.
    pub(crate) fn complaint(&self) -> String {
        let last = self.stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
        match (last, self.code) {
            (Some(line), _) => line.to_owned(),
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) => "killed by a signal".to_owned(),
        }
    }

    /// All that it complained with, for programs that explain themselves in several lines.
    pub(crate) fn complaints(&self) -> String {
        match self.stderr.trim() {
            "" => self.complaint(),
            all => all.to_owned(),
        }
    }
}

/// Runs `command` to its end, or until `limit` is over (`None`), and keeps the beginning of what it
/// says.
///
/// What it leaves running (the daemon behind a FUSE mount) may hold its output open for ever, and
/// is not waited for.
pub(super) fn run(mut command: Command, limit: Option<Duration>) -> io::Result<Option<Said>> {
    const LAST_WORDS: Duration = Duration::from_millis(200);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let stdout = child.stdout.take().map(Listener::new);
    let stderr = child.stderr.take().map(Listener::new);
    let status = match limit {
        None => Some(child.wait()?),
        Some(limit) => wait_until(&mut child, Instant::now() + limit)?,
    };
    let Some(status) = status else { return Ok(None) };
    let until = Instant::now() + LAST_WORDS;
    let text = |listener: Option<Listener>| listener.map(|one| one.text(until)).unwrap_or_default();
    Ok(Some(Said { code: status.code(), stdout: text(stdout), stderr: text(stderr) }))
}

/// Kills what has not ended by then, and leaves it behind: a process that waits for a dead disk or
/// server cannot be killed either, and whoever waited for it would hang as well.
fn wait_until(child: &mut Child, until: Instant) -> io::Result<Option<ExitStatus>> {
    const LOOK: Duration = Duration::from_millis(5);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= until {
            child.kill()?;
            return Ok(None);
        }
        thread::sleep(LOOK);
    }
}

/// Reads a pipe to its end and keeps what came first.
struct Listener {
    kept: Arc<Mutex<Vec<u8>>>,
    reading: JoinHandle<()>,
}

impl Listener {
    fn new(mut pipe: impl Read + Send + 'static) -> Self {
        const ENOUGH: usize = 1 << 20;
        let kept = Arc::new(Mutex::new(Vec::new()));
        let ours = Arc::clone(&kept);
        let reading = thread::spawn(move || {
            let mut chunk = [0; 16 << 10];
            while let Ok(count @ 1..) = pipe.read(&mut chunk) {
                let mut kept = ours.lock().unwrap_or_else(PoisonError::into_inner);
                let room = ENOUGH.saturating_sub(kept.len());
                kept.extend_from_slice(&chunk[..count.min(room)]);
            }
        });
        Self { kept, reading }
    }

    fn text(self, until: Instant) -> String {
        while !self.reading.is_finished() && Instant::now() < until {
            thread::sleep(Duration::from_millis(2));
        }
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).into_owned()
    }
}
