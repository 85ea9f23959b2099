//! The layout that all of crm_mon's text shares: titles, entries behind `* `, two blanks a level.

/// Text under construction.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    text: String,
    depth: usize,
}

impl Listing {
    /// A listing whose sections are entries themselves, `depth` levels in.
    pub(crate) const fn at_depth(depth: usize) -> Self {
        Self { text: String::new(), depth }
    }

    /// Starts a section: a blank line sets it apart from what comes before.
    pub(crate) fn section(&mut self, title: &str, body: impl FnOnce(&mut Self)) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.list(title, body);
    }

    /// An entry that has entries of its own. At the outermost level it has no bullet.
    pub(crate) fn list(&mut self, title: &str, body: impl FnOnce(&mut Self)) {
        if self.depth == 0 {
            self.line(&format!("{title}:"));
        } else {
            self.entry(&format!("{title}:"));
        }
        self.below(body);
    }

    /// Entries below the one before.
    pub(crate) fn below(&mut self, body: impl FnOnce(&mut Self)) {
        self.depth += 1;
        body(self);
        self.depth -= 1;
    }

    /// One entry.
    pub(crate) fn entry(&mut self, text: &str) {
        let indent = self.depth * 2;
        self.line(&format!("{:indent$}* {text}", ""));
    }

    /// A line as it is.
    pub(crate) fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.text
    }
}

/// `[ a b c ]`.
pub(crate) fn bracketed(names: &[&str]) -> String {
    format!("[ {} ]", names.join(" "))
}

/// ` (a, b)`, or nothing when there is nothing to say.
pub(crate) fn parenthesized(words: &[impl AsRef<str>]) -> String {
    if words.is_empty() {
        return String::new();
    }
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    format!(" ({})", words.join(", "))
}
