//! `crm script`: configurations for what people usually want, with gaps to fill in.

mod catalogue;

use super::completion::Candidate;
use super::levels::{Command, command, query};
use super::{Call, Shell, configure};
use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::output::{self, Form};
use crate::words::quoted;
use catalogue::{Gap, SCRIPTS, Script};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) const COMMANDS: &[Command] = &[
    query("list", "", "list the scripts", list),
    query("show", "SCRIPT", "tell what it defines and needs", show),
    command("verify", "SCRIPT NAME=VALUE...", "show what would be defined", verify),
    command("run", "SCRIPT NAME=VALUE...", "define it", run),
];

/// The scripts for whoever is typing.
pub(super) fn names() -> Vec<Candidate> {
    SCRIPTS.iter().map(|script| Candidate::new(script.name, script.about)).collect()
}

/// What a script needs to know, for whoever is typing.
pub(super) fn gaps(script: &str) -> Vec<Candidate> {
    let script = SCRIPTS.iter().find(|known| known.name == script);
    let gaps = script.into_iter().flat_map(|script| script.gaps);
    gaps.map(|gap| Candidate::new(gap.name, gap.about)).collect()
}

fn list(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    if shell.form == Form::Json {
        let scripts: Vec<Value> = SCRIPTS.iter().map(as_json).collect();
        output::tell(json!({ "scripts": scripts }));
        return DONE;
    }
    for script in &SCRIPTS {
        line(&format!("{:<16}{}", script.name, script.about));
    }
    DONE
}

fn as_json(script: &Script) -> Value {
    let gap = |gap: &Gap| {
        json!({
            "name": gap.name,
            "about": gap.about,
            "required": gap.usual.is_none(),
            "default": gap.usual.filter(|text| !text.is_empty()),
        })
    };
    let gaps: Vec<Value> = script.gaps.iter().map(gap).collect();
    json!({ "name": script.name, "about": script.about, "parameters": gaps })
}

fn named(call: &Call<'_>) -> Result<&'static Script, Failure> {
    let name = call.needs(0, "the script")?;
    SCRIPTS.iter().find(|script| script.name == name).ok_or_else(|| {
        let near = base::suggest::closest(name, SCRIPTS.iter().map(|script| script.name));
        let help = near.map_or_else(
            || "`crm script list` lists all".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Failure::NoSuchObject(format!("there is no script `{name}`; {help}"))
    })
}

fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let script = named(call)?;
    if shell.form == Form::Json {
        output::tell(as_json(script));
        return DONE;
    }
    let mut text = format!("{}: {}\n\n", script.name, script.about);
    for gap in script.gaps {
        let usual = match gap.usual {
            None => " (has to be said)".to_owned(),
            Some("") => String::new(),
            Some(usual) => format!(" [{usual}]"),
        };
        text.push_str(&format!("  {:<12}{}{usual}\n", gap.name, gap.about));
    }
    print(&format!("{text}\n{}", script.text));
    DONE
}

fn verify(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let text = filled(named(call)?, &call.words[1..])?;
    let configuration = configure::present(shell)?;
    let loaded = crmsh::load(&text, &configuration, crmsh::Mode::Update);
    print(&text);
    match loaded {
        Ok(_) => DONE,
        Err(wrong) => {
            Err(Failure::Refused(wrong.iter().map(|found| found.in_file("script")).collect()))
        }
    }
}

fn run(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let text = filled(named(call)?, &call.words[1..])?;
    configure::define(shell, &text)
}

/// What a script defines, with its gaps filled in; lines whose gap stays empty are left out.
fn filled(script: &Script, words: &[String]) -> Result<String, Failure> {
    let mut values: BTreeMap<&str, &str> =
        script.gaps.iter().filter_map(|gap| Some((gap.name, gap.usual?))).collect();
    for word in words {
        let (name, value) =
            word.split_once('=').ok_or_else(|| Failure::Usage("write NAME=VALUE".into()))?;
        let gap = script.gaps.iter().find(|gap| gap.name == name).ok_or_else(|| {
            let known: Vec<&str> = script.gaps.iter().map(|gap| gap.name).collect();
            let known = known.join(", ");
            Failure::Usage(format!("{} does not ask for `{name}`, but for {known}", script.name))
        })?;
        values.insert(gap.name, value);
    }
    let missing: Vec<&str> =
        script.gaps.iter().map(|gap| gap.name).filter(|name| !values.contains_key(name)).collect();
    if !missing.is_empty() {
        return Err(Failure::Usage(format!("{} needs {}", script.name, missing.join(", "))));
    }
    let lines = script.text.lines().filter_map(|text| with_values(text, &values));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// The line with values in its gaps; none where one of them is empty.
fn with_values(text: &str, values: &BTreeMap<&str, &str>) -> Option<String> {
    let mut line = String::new();
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, behind)| Some((before, behind.split_once('}')?)))
    {
        let value = values.get(name).filter(|value| !value.is_empty())?;
        line.push_str(before);
        line.push_str(&quoted(value));
        rest = after;
    }
    line.push_str(rest);
    Some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(line: &str) -> Result<String, String> {
        let words = crate::words::split(line);
        let call = Call { words: &words };
        let script = named(&call).map_err(|failure| failure.to_string())?;
        filled(script, &words[1..]).map_err(|failure| failure.to_string())
    }

    #[test]
    fn gaps_are_filled_and_lines_without_values_left_out() {
        let given = text("virtual-ip id=ip ip=10.0.0.9").expect("all is said");
        let expected = "primitive ip ocf:heartbeat:IPaddr2 \\\n\tparams ip=10.0.0.9 \\\n\t\
            op monitor interval=10s timeout=20s\n";
        assert_eq!(given, expected);
        let given = text("virtual-ip id=ip ip=10.0.0.9 nic='a b'").expect("all is said");
        assert!(given.contains("\tnic='a b' \\\n"), "{given}");
        let cases = [
            ("virtual-ip id=ip", "virtual-ip needs ip"),
            (
                "virtual-ip id=ip x=1",
                "virtual-ip does not ask for `x`, but for id, ip, nic, netmask",
            ),
            ("virtul-ip", "there is no script `virtul-ip`; did you mean `virtual-ip`?"),
        ];
        for (line, expected) in cases {
            assert_eq!(text(line), Err(expected.to_owned()));
        }
    }

    #[test]
    fn every_script_says_what_the_language_takes() {
        for script in &SCRIPTS {
            let all = |gap: &Gap| format!("{}={}", gap.name, gap.example);
            let needed = |gap: &&Gap| gap.usual.is_none();
            let words: Vec<String> = script.gaps.iter().map(all).collect();
            let least: Vec<String> = script.gaps.iter().filter(needed).map(all).collect();
            for words in [words, least] {
                let text = filled(script, &words).expect("all is said");
                let onto = cluster::Configuration::default();
                let nodes = "node 1: oss1\nnode 2: oss2\n";
                let loaded = crmsh::load(&format!("{nodes}{text}"), &onto, crmsh::Mode::Update);
                assert!(loaded.is_ok(), "{}: {text}: {loaded:?}", script.name);
                assert!(!text.contains('{'), "{}: {text}", script.name);
            }
        }
    }
}
