//! Every rule of recovery, as a story.

use oracles::story::{Story, play, play_with, stories};

fn all() -> Vec<(String, Story)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/stories");
    let files = std::fs::read_dir(folder).expect("the stories are there");
    let mut names: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    names.retain(|name| name.extension().is_some_and(|extension| extension == "txt"));
    names.sort();
    let read = |path: &std::path::PathBuf| {
        let text = std::fs::read_to_string(path).expect("it is there");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let told = stories(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        told.into_iter().map(move |story| (name.clone(), story)).collect::<Vec<_>>()
    };
    names.iter().flat_map(read).collect()
}

#[test]
fn every_rule_of_recovery_holds() {
    let only = std::env::var("STORY").unwrap_or_default();
    let mut broken = String::new();
    for (file, story) in all().iter().filter(|(_, story)| story.title.contains(&only)) {
        let ended = play(story);
        if let Err(what) = ended.verdict {
            broken.push_str(&format!("{file}:{}: {}\n    {what}\n", story.line, story.title));
            if !only.is_empty() {
                broken.push_str(&ended.log.join("\n"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

/// L8: whatever the coordinator was about when it died, another takes over, nothing happens twice
/// that must not, and all comes to rest.
#[test]
fn the_coordinator_may_die_after_every_deed() {
    let mut broken = String::new();
    for (file, story) in &all() {
        for deeds in 1..=play(story).deeds {
            let ended = play_with(story, Some(deeds));
            let dies = ended.log.iter().any(|line| line.contains(" kill n"));
            assert!(dies, "{file}: {}: nobody died after {deeds} deeds", story.title);
            if let Err(what) = ended.verdict {
                let title = &story.title;
                broken.push_str(&format!("{file}: {title}, after {deeds} deeds:\n    {what}\n"));
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
