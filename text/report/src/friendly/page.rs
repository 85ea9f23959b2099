//! Paragraphs, headings and rows within 80 columns, plain or with colours.

/// Whether a terminal shows colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// Text only.
    #[default]
    Plain,
    /// ANSI escape sequences.
    Ansi,
}

/// How good the news is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Good,
    Doubtful,
    Bad,
    Heading,
}

const WIDTH: usize = 80;
/// Names longer than this push their row to the right.
const WIDEST_COLUMN: usize = 24;

/// A page under construction.
pub(super) struct Page {
    text: String,
    colour: Colour,
}

impl Page {
    pub(super) const fn new(colour: Colour) -> Self {
        Self { text: String::new(), colour }
    }

    /// The width of a column of these names.
    pub(super) fn column<'n>(names: impl Iterator<Item = &'n str>) -> usize {
        names.map(|name| name.chars().count()).max().unwrap_or(0).min(WIDEST_COLUMN)
    }

    /// Text from margin to margin.
    pub(super) fn paragraph(&mut self, words: &str) {
        self.flow("", "", words);
    }

    /// A new part, set apart by a blank line.
    pub(super) fn heading(&mut self, words: &str) {
        let words = self.paint(words, Tone::Heading);
        self.text.push_str(&format!("\n{words}\n"));
    }

    /// An entry without columns.
    pub(super) fn item(&mut self, words: &str) {
        self.flow("  ", "    ", words);
    }

    /// An entry with a name in front.
    pub(super) fn entry(&mut self, name: &str, width: usize, words: &str) {
        let lead = format!("  {name:<width$}  ");
        self.flow(&lead, &" ".repeat(width + 4), words);
    }

    /// An entry with a name and a coloured word in front.
    pub(super) fn row(&mut self, name: &str, (word, tone): (&str, Tone), words: &str) {
        let hang = 2 + name.chars().count() + word.chars().count() + 2;
        let mut lines = wrapped(hang, hang, words).into_iter();
        let first = lines.next().unwrap_or_default();
        let word = if first.is_empty() { word.trim_end() } else { word };
        let painted = self.paint(word, tone);
        self.text.push_str(format!("  {name}{painted}  {first}").trim_end());
        self.text.push('\n');
        for line in lines {
            self.text.push_str(&format!("{:hang$}{line}\n", ""));
        }
    }

    /// More about the entry above, indented by `hang` columns.
    pub(super) fn remark(&mut self, hang: usize, words: &str) {
        let lead = " ".repeat(hang + 2);
        self.flow(&lead, &lead, words);
    }

    /// A command to type, on a line of its own so that it can be copied.
    pub(super) fn command(&mut self, hang: usize, command: &str) {
        let lead = " ".repeat(hang + 2);
        self.text.push_str(&format!("{lead}  {command}\n"));
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    fn flow(&mut self, lead: &str, hang: &str, words: &str) {
        let widths = (lead.chars().count(), hang.chars().count());
        for (position, line) in wrapped(widths.0, widths.1, words).into_iter().enumerate() {
            let lead = if position == 0 { lead } else { hang };
            self.text.push_str(format!("{lead}{line}").trim_end());
            self.text.push('\n');
        }
    }

    fn paint(&self, words: &str, tone: Tone) -> String {
        let code = match (self.colour, tone) {
            (Colour::Plain, _) => return words.into(),
            (Colour::Ansi, Tone::Good) => "32",
            (Colour::Ansi, Tone::Doubtful) => "33",
            (Colour::Ansi, Tone::Bad) => "1;31",
            (Colour::Ansi, Tone::Heading) => "1",
        };
        format!("\x1b[{code}m{words}\x1b[0m")
    }
}

/// `words` in lines that fit behind a first lead and hanging leads of these widths. A word longer
/// than a line has one of its own.
fn wrapped(first: usize, hang: usize, words: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut room = WIDTH.saturating_sub(first);
    for word in words.split_whitespace() {
        let length = word.chars().count();
        let line = lines.last_mut().expect("invariant: there is always a line");
        let used = line.chars().count();
        if used > 0 && used + 1 + length > room {
            lines.push(word.to_owned());
            room = WIDTH.saturating_sub(hang);
        } else {
            if used > 0 {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
