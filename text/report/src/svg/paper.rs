//! SVG as text: shapes in, elements out, everything escaped.

use super::pages::Stop;
use crate::plan::StepKind;
use std::fmt::Write;

/// The size and weight of a text, for its width.
#[derive(Clone, Copy, Debug)]
pub(super) struct Font {
    size: f64,
    stretch: f64,
}

/// What is done.
pub(super) const BOLD: Font = Font { size: 13.0, stretch: 1.1 };
/// Everything else.
pub(super) const PLAIN: Font = Font { size: 12.0, stretch: 1.0 };

/// How wide a text is about: fonts differ, so this is for a wide one.
pub(super) fn width(text: &str, font: Font) -> f64 {
    let letters = text.chars().map(|letter| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '!' | '\'' => 0.36,
        'f' | 'r' | 't' | ' ' | '-' | '(' | ')' | '/' => 0.42,
        'm' | 'w' | 'M' | 'W' | '@' | '%' => 0.99,
        'A'..='Z' => 0.72,
        letter if letter.is_ascii() => 0.635,
        _ => 1.0,
    });
    letters.sum::<f64>() * font.size * font.stretch
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let (front, back) = (longest * 2 / 3, longest - longest * 2 / 3 - 1);
    let start: String = text.chars().take(front).collect();
    let skip = text.chars().count() - back;
    start + "…" + &text.chars().skip(skip).collect::<String>()
}

/// A text in lines of at most so many characters, folded between words; longer words are cut.
pub(super) fn folded(text: &str, longest: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = cut(word, longest);
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= longest => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

/// Fill and stroke of a kind.
const fn colours(kind: StepKind) -> (&'static str, &'static str) {
    match kind {
        StepKind::Fence => ("#f4b6b0", "#a61b0c"),
        StepKind::Probe => ("#e3edf7", "#6b8cae"),
        StepKind::Demote => ("#ecd7f3", "#8a4fa3"),
        StepKind::Stop => ("#fbdcc8", "#c8622a"),
        StepKind::Migrate => ("#c9eeea", "#1d8a80"),
        StepKind::Start => ("#cdebcb", "#3a8a35"),
        StepKind::Promote => ("#dccbf5", "#6236a8"),
        StepKind::Reload => ("#f6ecb5", "#a58a14"),
        StepKind::Monitor => ("#d3e2fb", "#3f6fc0"),
        StepKind::Notify => ("#fdf2cf", "#bb9327"),
        StepKind::Upkeep => ("#e6e1d8", "#7d7160"),
        StepKind::Point => ("#f1f1f1", "#a3a3a3"),
    }
}

const STYLE: &str = "text{font-family:'DejaVu Sans','Segoe UI',Helvetica,Arial,sans-serif;\
fill:#1c1c1c;stroke:none;text-anchor:middle}\
.title{font-size:18px;font-weight:bold;text-anchor:start}.head{font-size:13px;fill:#6a6a6a}\
.what{font-size:13px;font-weight:bold}.node{font-size:12px;fill:#333}\
.point{font-size:12px;fill:#5c5c5c}.legend{font-size:12px;text-anchor:start}\
.line{fill:none;stroke:#7c8794;stroke-width:1.3}.stripe{fill:#f7f8fa}";

/// A picture in the making.
pub(super) struct Paper {
    text: String,
}

type Point = (f64, f64);

impl Paper {
    pub(super) fn new(width: f64, height: f64) -> Self {
        let (width, height) = (width.ceil(), height.ceil());
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\">\n<style>{STYLE}</style>\n\
             <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" markerWidth=\"7\" \
             markerHeight=\"7\" orient=\"auto\"><path d=\"M0,0.5 L8,4 L0,7.5 z\" fill=\"#7c8794\"/>\
             </marker></defs>\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
        );
        Self { text }
    }

    /// Writing to a string cannot fail.
    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        let _ = self.text.write_fmt(text);
    }

    pub(super) fn text(&mut self, (x, y): Point, class: &str, text: &str) {
        let text = escaped(text);
        self.write(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>\n"
        ));
    }

    pub(super) fn stripe(&mut self, (x, y): Point, width: f64, height: f64) {
        self.write(format_args!(
            "<rect class=\"stripe\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"6\"/>\n"
        ));
    }

    /// What follows, up to [`Paper::close_box`], has the colours of `kind` and the tooltip `tip`.
    pub(super) fn open_box(&mut self, kind: StepKind, tip: &str) {
        let (fill, stroke) = colours(kind);
        let tip = escaped(tip);
        self.write(format_args!("<g fill=\"{fill}\" stroke=\"{stroke}\"><title>{tip}</title>\n"));
    }

    pub(super) fn close_box(&mut self) {
        self.text.push_str("</g>\n");
    }

    pub(super) fn rectangle(&mut self, (x, y): Point, (width, height): Point, radius: f64) {
        self.write(format_args!(
            "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             rx=\"{radius}\" stroke-width=\"1.2\"/>\n"
        ));
    }

    /// A line from `start` through `stops`, with a tip at its end.
    pub(super) fn way(&mut self, start: Point, stops: &[Stop]) {
        self.write(format_args!(
            "<path class=\"line\" marker-end=\"url(#tip)\" d=\"M{:.1},{:.1}",
            start.0, start.1
        ));
        let mut at = start;
        for stop in stops {
            match *stop {
                Stop::Curve(to) => {
                    let half = f64::midpoint(at.0, to.0);
                    self.write(format_args!(
                        " C{half:.1},{:.1} {half:.1},{:.1} {:.1},{:.1}",
                        at.1, to.1, to.0, to.1
                    ));
                    at = to;
                }
                Stop::Straight(to) => {
                    self.write(format_args!(" L{:.1},{:.1}", to.0, to.1));
                    at = to;
                }
            }
        }
        self.text.push_str("\"/>\n");
    }

    /// What a colour means.
    pub(super) fn swatch(&mut self, (x, y): Point, kind: StepKind) {
        self.open_box(kind, kind.words());
        self.rectangle((x, y), (16.0, 16.0), 3.0);
        self.close_box();
        self.text((x + 22.0, y + 12.5), "legend", kind.words());
    }

    pub(super) fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// Text as XML takes it; what XML knows no way to write becomes a sign that something was there.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out_of_its_element() {
        assert_eq!(escaped("a<b>&\"c\u{1}"), "a&lt;b&gt;&amp;&quot;c\u{fffd}");
    }

    #[test]
    fn texts_are_folded_between_words() {
        assert_eq!(folded("watch ost0 every 10s", 10), ["watch ost0", "every 10s"]);
        assert_eq!(folded("start a-very-long-name", 9), ["start", "a-very…me"]);
        assert_eq!(folded("", 9), Vec::<String>::new());
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(cut("short", 10), "short");
        let short = cut("a-very-long-name-of-a-resource", 12);
        assert_eq!((short.as_str(), short.chars().count()), ("a-very-l…rce", 12));
    }
}
