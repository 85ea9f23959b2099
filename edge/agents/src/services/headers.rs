//! What units and init scripts say about themselves in their files, in the form of metadata.

use crate::builtin::metadata::escape;
use std::path::Path;
use std::{fs, io};

/// What both kinds have in common: no parameters, and few actions. Their times are what people and
/// tools find advised, as Pacemaker advises them.
struct Advice {
    seconds: u32,
    interval: u32,
    others: &'static [&'static str],
}

const OF_UNITS: Advice = Advice { seconds: 100, interval: 60, others: &[] };
const OF_SCRIPTS: Advice =
    Advice { seconds: 15, interval: 15, others: &["restart", "force-reload"] };

/// The metadata of a unit, from its file.
pub(crate) fn describe_unit(unit: &str, file: &Path) -> io::Result<String> {
    let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
    let values = |key: &str| {
        let settings = text.lines().filter_map(|line| line.split_once('='));
        let found = settings.filter(|(name, _)| name.trim() == key);
        found.map(|(_, value)| value.trim().to_owned()).next_back()
    };
    let short = values("Description").unwrap_or_else(|| format!("systemd unit file for {unit}"));
    let long = values("Documentation").map_or_else(|| short.clone(), |it| format!("{short}\n{it}"));
    Ok(metadata(unit, &short, &long, &OF_UNITS))
}

/// The metadata of an init script, from the comment that begins with `### BEGIN INIT INFO` (LSB
/// Core 5.0, "Comment Conventions for Init Scripts").
pub(crate) fn describe_script(name: &str, file: &Path) -> io::Result<String> {
    let text = String::from_utf8_lossy(&fs::read(file)?).into_owned();
    let header = Header::of(&text);
    let short = header.short.unwrap_or_else(|| name.to_owned());
    let long = if header.long.is_empty() { short.clone() } else { header.long.join("\n") };
    Ok(metadata(name, &short, &long, &OF_SCRIPTS))
}

#[derive(Default)]
struct Header {
    short: Option<String>,
    long: Vec<String>,
}

impl Header {
    fn of(script: &str) -> Self {
        let inside = script
            .lines()
            .skip_while(|line| !line.starts_with("### BEGIN INIT INFO"))
            .skip(1)
            .take_while(|line| !line.starts_with("### END INIT INFO"));
        let mut header = Self::default();
        let mut is_description = false;
        for line in inside {
            let line = line.strip_prefix('#').unwrap_or(line);
            // A line that goes on is indented by more than a blank.
            let goes_on = line.starts_with("  ") || line.starts_with('\t');
            match line.trim().split_once(':') {
                _ if goes_on && is_description => header.long.push(line.trim().to_owned()),
                Some((key, value)) => {
                    is_description = key == "Description";
                    let value = value.trim().to_owned();
                    match key {
                        "Description" if !value.is_empty() => header.long.push(value),
                        "Short-Description" => header.short = Some(value),
                        _ => {}
                    }
                }
                None => is_description = false,
            }
        }
        header
    }
}

fn metadata(name: &str, short: &str, long: &str, advice: &Advice) -> String {
    let Advice { seconds, interval, others } = advice;
    let once = ["start", "stop", "status"].iter().chain(*others);
    let actions: String = once
        .map(|action| format!("<action name=\"{action}\" timeout=\"{seconds}s\"/>\n"))
        .collect();
    let (name, short, long) = (escape(name), escape(short), escape(long));
    format!(
        "<?xml version=\"1.0\"?>\n<resource-agent name=\"{name}\" version=\"1.0\">\n\
         <version>1.1</version>\n<longdesc lang=\"en\">\n{long}\n</longdesc>\n\
         <shortdesc lang=\"en\">{short}</shortdesc>\n<parameters/>\n<actions>\n{actions}\
         <action name=\"monitor\" timeout=\"{seconds}s\" interval=\"{interval}s\"/>\n\
         <action name=\"meta-data\" timeout=\"5s\"/>\n</actions>\n</resource-agent>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workbench::Bench;

    #[test]
    fn files_tell_what_they_start() {
        let bench = Bench::new();
        let script = "#!/bin/sh\n### BEGIN INIT INFO\n# Provides:\t  nginx\n\
            # Short-Description: starts <nginx>\n# Description:       starts nginx\n\
            #\tin the background\n#  and: watches it\n# Default-Start: 2 3\n### END INIT INFO\n\
            # Description: not this\n";
        let text = describe_script("nginx", &bench.file("init.d/nginx", script)).unwrap();
        for part in [
            "<resource-agent name=\"nginx\"",
            "\nstarts nginx\nin the background\nand: watches it\n</longdesc>",
            "<shortdesc lang=\"en\">starts &lt;nginx&gt;</shortdesc>",
            "<action name=\"force-reload\" timeout=\"15s\"/>",
            "<action name=\"monitor\" timeout=\"15s\" interval=\"15s\"/>",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let bare = describe_script("bare", &bench.file("init.d/bare", "#!/bin/sh\n")).unwrap();
        assert!(bare.contains("<shortdesc lang=\"en\">bare</shortdesc>"), "{bare}");

        let unit = "[Unit]\nDescription = A web server & more\n[Service]\nExecStart=/bin/x\n";
        let text = describe_unit("web", &bench.file("systemd/web.service", unit)).unwrap();
        assert!(text.contains("<shortdesc lang=\"en\">A web server &amp; more<"), "{text}");
        assert!(text.contains("<action name=\"start\" timeout=\"100s\"/>"), "{text}");
        assert!(describe_unit("web", &bench.path().join("none")).is_err());
    }
}
