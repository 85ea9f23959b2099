//! `crm_shadow`: shadow copies of the configuration, from the command line.

use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::connection::{CibFile, Connection, Shadows, active_shadow};
use crate::tools::arguments::{CommandLine, Parsed, flag, value};
use api::{Language, LoadMode, Request};
use cib::{Change, Order, Patch};
use cluster::{Element, ExtraNode};
use std::fmt::Write;
use std::process::ExitCode;

const LINE: CommandLine = CommandLine {
    name: "crm_shadow",
    purpose: "keeps copies of the configuration, to try changes on before they are made",
    words: "",
    choices: &[
        flag("w", "which", "show the name of the copy that is in use"),
        flag("p", "display", "show what is in it"),
        flag("d", "diff", "show in what it differs from the cluster (exit code 1 if it does)"),
        flag("F", "file", "show where it is"),
        flag("E", "edit", "change it in your editor"),
        value("c", "create", "make a copy of this name of the cluster's configuration"),
        value("e", "create-empty", "make one with nothing in it"),
        value("C", "commit", "give the cluster what is in it (with --force)"),
        value("D", "delete", "remove it (with --force)"),
        value("r", "reset", "make it a copy of the cluster's configuration again"),
        value("s", "switch", "say how to use it"),
        flag("f", "force", "do it although it cannot be undone"),
        flag("b", "batch", "accepted: no shell is started"),
        flag("a", "all", "with --commit: the status too, where the cluster is a file"),
        value("v", "validate-with", "with --create-empty: the schema"),
    ],
};

/// The copy differs from the cluster: as with `diff`, that is no failure.
const DIFFERENT: u8 = 1;

/// `crm_shadow`
pub(crate) fn main(args: &[String]) -> Outcome {
    let given = LINE.read(args)?;
    let shadows = Shadows::usual();
    let commands = [
        "which",
        "display",
        "diff",
        "file",
        "edit",
        "create",
        "create-empty",
        "commit",
        "delete",
        "reset",
        "switch",
    ];
    let Some(command) = given.first_of(&commands) else {
        return Err(Failure::Usage("say what to do, for example --create NAME; see --help".into()));
    };
    let name = given.value(command).unwrap_or_default();
    match command {
        "which" => line(&active()?),
        "file" => line(&shadows.file(&active()?).name()),
        "display" => print(&shadows.existing(&active()?)?.text()?),
        "edit" => crate::terminal::editor::open(shadows.existing(&active()?)?.path())?,
        "diff" => return diff(&shadows.existing(&active()?)?),
        "create" | "create-empty" if shadows.has(name) && !given.has("force") => {
            let text = format!("there is a shadow copy `{name}` already; --force replaces it");
            return Err(Failure::CannotCreate(text));
        }
        "create" => create(&shadows, name)?,
        "create-empty" => {
            shadows.write(name, &empty(given.value("validate-with")))?;
            tell_use(name);
        }
        "reset" => {
            shadows.existing(name)?;
            create(&shadows, name)?;
        }
        "switch" => {
            shadows.existing(name)?;
            tell_use(name);
        }
        "commit" => {
            must_be_forced(&given, "it replaces the cluster's configuration")?;
            commit(&shadows.existing(name)?, &given)?;
            line("Done. To work on the cluster again:\n  unset CIB_shadow");
        }
        _ => {
            must_be_forced(&given, "what is in the copy is lost")?;
            if shadows.has(name) {
                shadows.remove(name)?;
            }
            line("Done. To work on the cluster again:\n  unset CIB_shadow");
        }
    }
    DONE
}

fn active() -> Result<String, Failure> {
    active_shadow().ok_or_else(|| {
        Failure::NoSuchObject("No active shadow configuration defined (CIB_shadow)".into())
    })
}

fn must_be_forced(given: &Parsed, why: &str) -> Result<(), Failure> {
    match given.has("force") {
        true => Ok(()),
        false => Err(Failure::Usage(format!("{why}; use --force if that is meant"))),
    }
}

fn tell_use(name: &str) {
    line(&format!(
        "To use it, paste this into your shell:\n  CIB_shadow={name} ; export CIB_shadow"
    ));
}

fn create(shadows: &Shadows, name: &str) -> Result<(), Failure> {
    shadows.write(name, &cib::write_element(&Connection::below_shadows().tree()?))?;
    tell_use(name);
    Ok(())
}

/// A CIB with nothing in it.
pub(crate) fn empty(schema: Option<&str>) -> String {
    let mut cib = cib::Cib::default();
    cib.set_attribute("crm_feature_set", daemon::CRM_FEATURE_SET);
    cib.set_attribute("validate-with", schema.unwrap_or("pacemaker-3.9"));
    cib::write(&cib)
}

/// Gives the cluster the configuration of a copy.
fn commit(shadow: &CibFile, given: &Parsed) -> Result<(), Failure> {
    upload(shadow, given.has("all"), given.has("force"))
}

/// Gives what the copy was made of its configuration; a file its status too if `all` is wanted.
pub(crate) fn upload(shadow: &CibFile, all: bool, force: bool) -> Result<(), Failure> {
    let target = Connection::below_shadows();
    let Some(file) = target.file() else {
        return target.change(&Request::Load {
            text: shadow.text()?,
            language: Language::Xml,
            mode: LoadMode::Replace,
            name: shadow.short_name(),
            force,
        });
    };
    let (before, copy) = (target.tree()?, Connection::File(shadow.clone()).tree()?);
    let after = if all { copy } else { with_configuration_of(&before, &copy) };
    if after == before { Ok(()) } else { file.store(&before, after) }
}

fn with_configuration_of(root: &Element, other: &Element) -> Element {
    let mut root = root.clone();
    let configuration = other.elements().find(|child| child.name == "configuration");
    for child in &mut root.extra.children {
        if let (ExtraNode::Element(child), Some(configuration)) = (child, configuration)
            && child.name == "configuration"
        {
            child.clone_from(configuration);
        }
    }
    root
}

/// Says in what the copy differs from the cluster.
pub(crate) fn diff(shadow: &CibFile) -> Outcome {
    let (old, new) =
        (Connection::below_shadows().tree()?, Connection::File(shadow.clone()).tree()?);
    let patch = Patch::between(&old, &new, Order::Ignored);
    let patch = patch.map_err(|error| Failure::Other(error.to_string()))?;
    if patch.is_empty() {
        return DONE;
    }
    print(&told(&patch));
    Ok(ExitCode::from(DIFFERENT))
}

/// A patch in the lines that Pacemaker's logs and tools show: scripts read them.
fn told(patch: &Patch) -> String {
    let mut text = String::new();
    if let Some(versions) = patch.versions {
        let _ = writeln!(text, "Diff: --- {} 2", versions.source);
        let _ = writeln!(
            text,
            "Diff: +++ {} {}",
            versions.target,
            patch.digest.as_deref().unwrap_or("(null)")
        );
    }
    let is_deletion =
        |change: &&Change| matches!(change, Change::Delete { .. } | Change::DeleteComment { .. });
    let (first, rest): (Vec<_>, Vec<_>) = patch.changes.iter().partition(is_deletion);
    for change in first.into_iter().chain(rest) {
        let _ = match change {
            Change::Delete { path } => writeln!(text, "-- {path}"),
            Change::DeleteComment { path, .. } => writeln!(text, "-- {path}/comment"),
            Change::Move { path, position } => {
                writeln!(text, "+~ {path} moved to offset {position}")
            }
            Change::Modify { path, attributes, .. } => {
                let changed = attributes.iter().map(|(name, value)| match value {
                    Some(value) => format!("@{name}={value}"),
                    None => format!("-@{name}"),
                });
                writeln!(text, "+  {path}:  {}", changed.collect::<Vec<_>>().join(", "))
            }
            Change::Create { path, child: ExtraNode::Element(child), .. } => {
                let lines = cib::write_element(child);
                let lines: Vec<&str> = lines.lines().collect();
                writeln!(text, "++ {path}:  {}", lines.join("\n++     "))
            }
            Change::Create { path, .. } => writeln!(text, "++ {path}:  a comment"),
        };
    }
    text
}
