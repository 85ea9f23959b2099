//! `show` and `save`: a configuration in the language that defines it, or as XML.

use super::names::{knows, unknown};
use super::present;
use crate::answer::{DONE, Failure, Outcome, print};
use crate::output::{self, Form};
use crate::secrets;
use crate::shell::{Call, Shell};
use crate::terminal::{pager, paint};
use crate::words::of_system;
use cib::Cib;
use cluster::{Configuration, Element, ExtraNode, Object, Resource, ResourceRef};
use crmsh::Mode;
use serde_json::json;
use std::path::Path;

pub(super) fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let mut words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    let is_xml = take(&mut words, "xml");
    let only_changed = take(&mut words, "changed");
    if only_changed {
        return changed(shell, is_xml);
    }
    let names_some = words.iter().any(is_id);
    if !words.iter().any(|word| word.starts_with("obscure:")) {
        words.extend(secrets::USUAL);
    }
    let in_words = !is_xml && shell.form == Form::Text;
    if in_words && !names_some && shell.draft.is_none() {
        // The node says it in words itself: nobody has to read thousands of objects first.
        pager::show(&paint::language(&shell.connection.shown(&words)?));
        return DONE;
    }
    let configuration = present(shell)?;
    check(&configuration, &words)?;
    if in_words {
        pager::show(&paint::language(&crmsh::show(&configuration, &words)));
        return DONE;
    }
    let cib = Cib { configuration, extra: shell.connection.cib()?.extra, ..Cib::default() };
    match shell.form {
        Form::Text => pager::show(&xml(&cib, &words)),
        Form::Json => tell_objects(&cib, &words),
    }
    DONE
}

fn tell_objects(cib: &Cib, words: &[&str]) {
    let tree = tree(cib, words);
    let configuration = tree.elements().find(|child| child.name == "configuration");
    let objects = configuration.map(output::objects).unwrap_or_default();
    let version = cib.configuration.version.to_string();
    output::tell(json!({ "configuration": version, "objects": objects }));
}

/// What the draft changes: the lines that come and go, or the objects as they are to be.
fn changed(shell: &Shell, is_xml: bool) -> Outcome {
    let Some(draft) = &shell.draft else { return DONE };
    let difference = draft.difference();
    let after = || Cib { configuration: difference.after(), ..Cib::default() };
    match (shell.form, is_xml) {
        (Form::Json, _) => tell_objects(&after(), &secrets::USUAL),
        (Form::Text, true) => pager::show(&xml(&after(), &secrets::USUAL)),
        (Form::Text, false) => {
            let lines = report::changes::lines(&difference, &secrets::USUAL);
            pager::show(&paint::changes(&lines));
        }
    }
    DONE
}

/// `save [xml] [ID...] FILE`: with all values, so that it can be loaded again; onto a terminal without
/// secrets.
pub(super) fn save(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let mut words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    let is_xml = take(&mut words, "xml");
    let file = words.pop().ok_or_else(|| Failure::Usage("the file is missing".into()))?;
    let configuration = present(shell)?;
    check(&configuration, &words)?;
    if file == "-" && os::terminal::output_is_terminal() {
        words.extend(secrets::USUAL);
    }
    let text = match is_xml {
        true => xml(&Cib { configuration, ..Cib::default() }, &words),
        false => crmsh::show(&configuration, &words),
    };
    if file == "-" {
        print(&text);
        return DONE;
    }
    let written = os::file::write_atomic(Path::new(file), text.as_bytes());
    written
        .map_err(|error| Failure::Other(format!("cannot write {file}: {}", of_system(&error))))?;
    DONE
}

/// Whether the word is among them; it is no longer then.
pub(super) fn take(words: &mut Vec<&str>, word: &str) -> bool {
    let before = words.len();
    words.retain(|it| *it != word);
    words.len() < before
}

/// Whether the word names one object.
fn is_id(word: &&str) -> bool {
    !word.contains([':', '*', '?', '[']) && !["and", "or"].contains(word)
}

/// Words that are ids have to be those of something.
pub(super) fn check(configuration: &Configuration, words: &[&str]) -> Result<(), Failure> {
    match words.iter().filter(|word| is_id(word)).find(|word| !knows(configuration, word)) {
        Some(id) => Err(unknown(configuration, id)),
        None => Ok(()),
    }
}

/// The ids of what the words pick, nodes by their names.
pub(super) fn picked(configuration: &Configuration, words: &[&str]) -> Vec<String> {
    let text = crmsh::show(configuration, words);
    let loaded = crmsh::load(&text, configuration, Mode::Update);
    loaded.map(|loaded| loaded.positions.into_keys().collect()).unwrap_or_default()
}

/// What the words pick, as a CIB without status.
pub(super) fn xml(cib: &Cib, words: &[&str]) -> String {
    format!("<?xml version=\"1.0\" ?>\n{}", cib::write_element(&tree(cib, words)))
}

/// The same as a tree.
fn tree(cib: &Cib, words: &[&str]) -> Element {
    let (masks, words): (Vec<&str>, Vec<&str>) =
        words.iter().partition(|word| word.starts_with("obscure:"));
    let configuration = match words.is_empty() {
        true => cib.configuration.clone(),
        false => part(&cib.configuration, &picked(&cib.configuration, &words)),
    };
    let mut root = cib::to_element(&Cib { configuration, ..cib.clone() });
    let is_status =
        |node: &ExtraNode| matches!(node, ExtraNode::Element(child) if child.name == "status");
    root.extra.children.retain(|node| !is_status(node));
    let patterns: Vec<&str> =
        masks.iter().filter_map(|mask| mask.strip_prefix("obscure:")).collect();
    secrets::mask_by(&mut root, &patterns);
    root
}

/// The objects of these ids alone.
fn part(configuration: &Configuration, ids: &[String]) -> Configuration {
    let mut part = Configuration { version: configuration.version, ..Configuration::default() };
    let resources = ids.iter().filter_map(|id| match configuration.resource(id)? {
        ResourceRef::Top(resource) => Some(resource.clone()),
        ResourceRef::Cloned { child, .. } => Some(child.clone()),
        ResourceRef::Member { primitive, .. } => Some(Resource::Primitive(primitive.clone())),
    });
    for resource in resources {
        part.resources.push(resource);
    }
    let wanted = |object: &Object| match object {
        Object::Resource(_) => false,
        Object::Node(node) => ids.contains(&node.name),
        other => ids.iter().any(|id| id == other.id()),
    };
    let others = configuration.clone().into_objects().filter(wanted);
    let puts: Vec<_> = others.map(|object| cluster::Edit::Put(Box::new(object))).collect();
    let applied = part.apply(&puts);
    // Parts of what fits together take nobody's id.
    debug_assert!(applied.is_ok());
    part.version = configuration.version;
    part
}
