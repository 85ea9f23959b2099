//! The lines of earlier days, without what nobody is to read there.

use crate::secrets;
use reedline::{
    FileBackedHistory, History, HistoryItem, HistoryItemId, HistorySessionId, Result, SearchQuery,
};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

/// So many lines are kept.
const LINES: usize = 1000;

/// A history in which stars stand in the place of secrets.
pub(super) struct Discreet(FileBackedHistory);

/// Where the user's programs keep what should survive them.
fn folder() -> Option<PathBuf> {
    let named = |name| std::env::var_os(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    let state = named("XDG_STATE_HOME").filter(|path| path.is_absolute());
    Some(state.or_else(|| Some(named("HOME")?.join(".local/state")))?.join("systole"))
}

impl Discreet {
    /// The user's own; none where there is no place for it.
    pub(super) fn usual() -> Option<Self> {
        let folder = folder()?;
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).ok()?;
        Self::at(folder.join("crm-history"))
    }

    fn at(file: PathBuf) -> Option<Self> {
        FileBackedHistory::with_file(LINES, file).ok().map(Self)
    }
}

impl History for Discreet {
    fn save(&mut self, mut item: HistoryItem) -> Result<HistoryItem> {
        item.command_line = secrets::covered(&item.command_line);
        self.0.save(item)
    }

    fn load(&self, id: HistoryItemId) -> Result<HistoryItem> {
        self.0.load(id)
    }

    fn count(&self, query: SearchQuery) -> Result<i64> {
        self.0.count(query)
    }

    fn search(&self, query: SearchQuery) -> Result<Vec<HistoryItem>> {
        self.0.search(query)
    }

    fn update(
        &mut self,
        id: HistoryItemId,
        updater: &dyn Fn(HistoryItem) -> HistoryItem,
    ) -> Result<()> {
        self.0.update(id, updater)
    }

    fn clear(&mut self) -> Result<()> {
        self.0.clear()
    }

    fn delete(&mut self, id: HistoryItemId) -> Result<()> {
        self.0.delete(id)
    }

    fn sync(&mut self) -> std::io::Result<()> {
        self.0.sync()
    }

    fn session(&self) -> Option<HistorySessionId> {
        self.0.session()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_written_down() {
        let name = format!("systole-history-{}", std::process::id());
        let file = std::env::temp_dir().join(name);
        let mut history = Discreet::at(file.clone()).expect("it can be made");
        for line in ["status", "configure primitive f stonith:x params passwd=hidden login=root"] {
            history.save(HistoryItem::from_command_line(line)).expect("it is kept");
        }
        history.sync().expect("it can be written");
        let text = std::fs::read_to_string(&file).expect("it was written");
        std::fs::remove_file(&file).expect("it can be removed");
        let expected = "status\nconfigure primitive f stonith:x params passwd=****** login=root\n";
        assert_eq!(text, expected);
    }
}
