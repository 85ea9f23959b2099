//! The end of what a process prints, however much that is.

use std::io;
use tokio::net::unix::pipe;

/// Keeps the last bytes of a pipe and never makes the writer wait.
#[derive(Debug)]
pub(crate) struct Capture {
    pipe: Option<pipe::Receiver>,
    kept: Vec<u8>,
    limit: usize,
}

enum Progress {
    More,
    Nothing,
}

impl Capture {
    /// A pipe of which the last `limit` bytes are kept, and the end that the process gets.
    ///
    /// # Errors
    /// When no file descriptors are left.
    pub(crate) fn new(limit: usize) -> io::Result<(Self, io::PipeWriter)> {
        let (reader, writer) = io::pipe()?;
        let pipe = pipe::Receiver::from_owned_fd(reader.into())?;
        Ok((Self { pipe: Some(pipe), kept: Vec::new(), limit }, writer))
    }

    /// Waits for output and takes it; for ever once there can be none any more.
    pub(crate) async fn fill(&mut self) {
        match &self.pipe {
            None => std::future::pending().await,
            Some(pipe) => match pipe.readable().await {
                Ok(()) => _ = self.take(),
                Err(_) => self.pipe = None,
            },
        }
    }

    /// Takes what is in the pipe already. A service that the agent left running may hold the
    /// other end for ever, so this does not wait for the end.
    pub(crate) fn drain(&mut self) {
        const FULL_PIPE: usize = 1 << 20;
        let mut most = FULL_PIPE / CHUNK;
        while most > 0 && matches!(self.take(), Progress::More) {
            most -= 1;
        }
    }

    /// The text kept, with bytes that are no UTF-8 replaced.
    pub(crate) fn text(&self) -> String {
        let start = self.kept.len().saturating_sub(self.limit);
        String::from_utf8_lossy(&self.kept[start..]).into_owned()
    }

    fn take(&mut self) -> Progress {
        let Some(pipe) = &self.pipe else { return Progress::Nothing };
        let mut chunk = [0; CHUNK];
        match pipe.try_read(&mut chunk) {
            Ok(0) => self.pipe = None,
            Ok(count) => {
                self.keep(&chunk[..count]);
                return Progress::More;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.pipe = None,
        }
        Progress::Nothing
    }

    fn keep(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        // Twice the limit, so that the front is cut off once per `limit` bytes and not each time.
        if self.kept.len() > 2 * self.limit {
            self.kept.drain(..self.kept.len() - self.limit);
        }
    }
}

const CHUNK: usize = 16 * 1024;

/// The last `ocf-exit-reason:` an agent gave; agents that retry give several.
pub(crate) fn exit_reason(stderr: &str) -> Option<String> {
    stderr
        .lines()
        .rev()
        .find_map(|line| line.trim_start().strip_prefix("ocf-exit-reason:"))
        .map(|reason| reason.trim().to_owned())
}
