//! Stories from their text.

use super::{Expectation, Moment, Story, Wish};
use std::time::Duration;

/// Why a text is no story.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{text}` is neither a fault, nor a wish, nor an expectation")]
pub struct NotAStory {
    line: usize,
    text: String,
}

/// The stories of a file. What stands before the first title is a preface.
///
/// # Errors
/// With the first line that says nothing known.
pub fn stories(text: &str) -> Result<Vec<Story>, NotAStory> {
    let mut stories: Vec<Story> = Vec::new();
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if let Some(title) = text.strip_prefix("# ") {
            let title = title.to_owned();
            let (configuration, moments) = (String::new(), Vec::new());
            stories.push(Story { title, line, nodes: 3, configuration, moments });
        } else if let Some(story) = stories.last_mut().filter(|_| !text.is_empty()) {
            take(story, line, text).ok_or_else(|| NotAStory { line, text: text.to_owned() })?;
        }
    }
    Ok(stories)
}

fn take(story: &mut Story, line: usize, text: &str) -> Option<()> {
    let (first, rest) = text.split_once(' ')?;
    if first == "nodes" {
        story.nodes = rest.parse().ok()?;
    } else if first.starts_with(|c: char| c.is_ascii_digit()) {
        let at = Duration::from_millis((first.parse::<f64>().ok()? * 1000.0) as u64);
        story.moments.push((line, at, moment(rest.trim())?));
    } else {
        story.configuration.push_str(text);
        story.configuration.push('\n');
    }
    Some(())
}

fn moment(text: &str) -> Option<Moment> {
    let wish = Wish::parse(text).map(Moment::Wish);
    let expectation = || Expectation::parse(text).map(Moment::Expectation);
    wish.or_else(expectation).or_else(|| text.parse().ok().map(Moment::Fault))
}
