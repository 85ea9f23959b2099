//! `crm configure`: what people want.

use super::levels::{Command, command};
use super::{Call, Draft, Shell, Use, load};
use crate::answer::{DONE, Failure, Outcome, line, print, say_aside};
use crate::edit::set_value;
use crate::picture::Picture;
use crate::words::{joined, of_system};
use api::{Language, LoadMode, Request};
use cib::Cib;
use cluster::validate::{Severity, validate};
use cluster::{Configuration, Edit, Element, Group, Object, Primitive, Resource};
use crmsh::Mode;
use std::path::Path;

pub(super) const COMMANDS: &[Command] = &[
    command(
        "show",
        "[xml] [ID...] [changed]",
        "show objects in the language that defines them",
        show,
    ),
    command("load", "[xml] update|replace FILE|-", "define what a file says", load::load),
    command("save", "[xml] FILE", "write everything to a file", save),
    command("delete", "[--force] ID...", "remove objects and the constraints on them", delete),
    command(
        "modgroup",
        "GROUP add|remove MEMBER [before|after MEMBER]",
        "change a group",
        modgroup,
    ),
    command("set", "ID.NAME VALUE", "change a parameter or meta attribute", set),
    command("verify", "", "say what is wrong", verify),
    command("get_property get-property", "NAME", "show a cluster option or its default", property),
    command("ptest simulate", "", "show what the cluster would do", simulate),
    command("commit", "", "make the changes real", commit),
    command("refresh", "", "forget the changes", refresh),
];

/// The statement out of the words of a command line.
pub(super) fn statement(words: &[String]) -> String {
    if words.first().is_some_and(|word| word.eq_ignore_ascii_case("xml")) {
        return words.join(" ");
    }
    joined(words)
}

/// Defines an object: at once, or in the draft.
pub(super) fn define(shell: &mut Shell, statement: &str) -> Outcome {
    if shell.mode == Use::Once {
        return send(shell, format!("{statement}\n"), (Language::Crm, LoadMode::Update), "crm");
    }
    draft(shell)?.load(statement, Mode::Update, "crm")?;
    DONE
}

pub(super) fn send(
    shell: &Shell,
    text: String,
    (language, mode): (Language, LoadMode),
    name: &str,
) -> Outcome {
    shell.connection.change(&Request::Load {
        text,
        language,
        mode,
        name: name.to_owned(),
        force: shell.is_forced,
    })?;
    DONE
}

/// The draft, begun with the first change.
pub(super) fn draft(shell: &mut Shell) -> Result<&mut Draft, Failure> {
    let draft = match shell.draft.take() {
        Some(draft) => draft,
        None => Draft::begin(&shell.connection)?,
    };
    Ok(shell.draft.insert(draft))
}

/// The draft if there is one, else what is real.
fn present(shell: &Shell) -> Result<Configuration, Failure> {
    match &shell.draft {
        Some(draft) => Ok(draft.configuration().clone()),
        None => Ok(shell.connection.cib()?.configuration),
    }
}

fn show(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = present(shell)?;
    let mut words: Vec<&str> = call.words.iter().map(String::as_str).collect();
    let is_xml = words.first() == Some(&"xml");
    words.retain(|word| !["xml", "changed"].contains(word) && !word.starts_with("obscure:"));
    let changed = call.words.iter().any(|word| word == "changed");
    let configuration = match (&shell.draft, changed) {
        (Some(draft), true) => draft.difference().put,
        (None, true) => Configuration::default(),
        (_, false) => configuration,
    };
    for id in &words {
        if !id.contains(':') && !knows(&configuration, id) {
            return Err(unknown(&configuration, id));
        }
    }
    print(&if is_xml { xml(configuration, &words) } else { crmsh::show(&configuration, &words) });
    DONE
}

fn xml(configuration: Configuration, ids: &[&str]) -> String {
    let root = cib::to_element(&Cib { configuration, ..Cib::default() });
    if ids.is_empty() {
        return cib::write_element(&root);
    }
    let found = ids.iter().filter_map(|id| element(&root, id));
    found.map(cib::write_element).collect()
}

fn element<'a>(root: &'a Element, id: &str) -> Option<&'a Element> {
    let is_it = ["id", "uname"].iter().any(|name| root.attribute(name) == Some(id));
    if is_it { Some(root) } else { root.elements().find_map(|child| element(child, id)) }
}

fn ids(configuration: &Configuration) -> Vec<&str> {
    let sets = [
        &configuration.properties,
        &configuration.resource_defaults,
        &configuration.operation_defaults,
    ];
    let mut ids: Vec<&str> = configuration.resources.iter().flat_map(Resource::ids).collect();
    ids.extend(configuration.constraints.iter().map(cluster::Constraint::id));
    ids.extend(configuration.nodes.iter().flat_map(|node| [node.id.as_str(), node.name.as_str()]));
    ids.extend(sets.into_iter().flatten().map(|set| set.id.as_str()));
    ids.extend(configuration.tags.iter().map(|tag| tag.id.as_str()));
    ids.extend(configuration.fencing_levels.iter().map(|level| level.id.as_str()));
    ids.extend(configuration.opaque.iter().filter_map(|(_, element)| element.attribute("id")));
    ids
}

fn knows(configuration: &Configuration, id: &str) -> bool {
    ids(configuration).contains(&id)
}

fn unknown(configuration: &Configuration, id: &str) -> Failure {
    let near = base::suggest::closest(id, ids(configuration));
    let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
    Failure::NoSuchObject(format!("object {id} does not exist{help}"))
}

fn save(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = present(shell)?;
    let is_xml = call.word(0) == Some("xml");
    let file = call.needs(usize::from(is_xml), "the file")?;
    let text = if is_xml { xml(configuration, &[]) } else { crmsh::show(&configuration, &[]) };
    if file == "-" {
        print(&text);
        return DONE;
    }
    let written = os::file::write_atomic(Path::new(file), text.as_bytes());
    written
        .map_err(|error| Failure::Other(format!("cannot write {file}: {}", of_system(&error))))?;
    DONE
}

fn delete(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let is_option = |word: &&String| ["-f", "--force", "force"].contains(&word.as_str());
    let is_forced = shell.is_forced || call.words.iter().any(|word| is_option(&word));
    let ids: Vec<&str> =
        call.words.iter().filter(|word| !is_option(word)).map(String::as_str).collect();
    if ids.is_empty() {
        return Err(Failure::Usage("say what to delete, by its id".into()));
    }
    let configuration = present(shell)?;
    if let Some(id) = ids.iter().find(|id| !knows(&configuration, id)) {
        return Err(unknown(&configuration, id));
    }
    if !is_forced && shell.connection.file().is_none() {
        refuse_running(shell, &ids)?;
    }
    let all = with_constraints(&configuration, &ids);
    for constraint in all.iter().filter(|id| !ids.contains(&id.as_str())) {
        say_aside(&format!("INFO: constraint {constraint} is deleted with it"));
    }
    if shell.mode == Use::Once {
        shell.connection.change(&Request::Remove { ids: all, force: is_forced })?;
        return DONE;
    }
    let edits: Vec<Edit> = all.into_iter().map(Edit::Remove).collect();
    draft(shell)?.apply(&edits)?;
    DONE
}

/// Nobody may lose a service by a slip of the finger.
fn refuse_running(shell: &Shell, ids: &[&str]) -> Result<(), Failure> {
    let picture = Picture::take(&shell.connection)?;
    for id in ids {
        let places = picture.places_of(id).unwrap_or_default();
        if !places.is_empty() {
            let places = places.join(", ");
            let help = format!("stop it first (`crm resource stop {id}`), or use --force");
            return Err(Failure::Other(format!("{id} is running on {places}; {help}")));
        }
    }
    Ok(())
}

/// The constraints on what goes, then what goes.
fn with_constraints(configuration: &Configuration, ids: &[&str]) -> Vec<String> {
    let mut going: Vec<&str> = ids.to_vec();
    for id in ids {
        let tops = configuration.resources.iter().filter(|resource| resource.id() == *id);
        going.extend(tops.flat_map(Resource::ids));
        let emptied = configuration.resources.iter().filter(|resource| {
            let members = resource.primitives();
            members.iter().all(|member| ids.contains(&member.id.as_str()))
        });
        going.extend(emptied.filter(|top| top.ids().contains(id)).flat_map(Resource::ids));
    }
    let hanging = configuration.constraints.iter().filter(|constraint| {
        !ids.contains(&constraint.id())
            && constraint.resources().iter().any(|resource| going.contains(resource))
    });
    let hanging = hanging.map(|constraint| constraint.id().to_owned());
    hanging.chain(ids.iter().map(|id| (*id).to_owned())).collect()
}

/// `set ost0.device /dev/sdb`: a meta attribute that is there, else a parameter.
fn set(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (path, value) = (call.needs(0, "ID.NAME")?, call.needs(1, "the value")?);
    let configuration = present(shell)?;
    let edit = assigned(&configuration, path, value)?;
    change(shell, &[edit])
}

fn assigned(configuration: &Configuration, path: &str, value: &str) -> Result<Edit, Failure> {
    let wrong = || Failure::Usage(format!("`{path}`: write ID.NAME, as in ost0.device"));
    let (id, name) = path.split_once('.').ok_or_else(wrong)?;
    let holds = |top: &&Resource| top.ids().contains(&id);
    let top = configuration.resources.iter().find(holds);
    let mut top = top.ok_or_else(|| unknown(configuration, id))?.clone();
    let mut inside = top.primitives_mut().into_iter();
    let Some(primitive) = inside.find(|primitive| primitive.id == id) else {
        let help = "use `crm resource meta` for groups and clones";
        return Err(Failure::Usage(format!("{id} is no primitive; {help}")));
    };
    let is_meta = primitive.meta.iter().any(|set| set.value(name).is_some());
    let (sets, kind) = match is_meta {
        true => (&mut primitive.meta, "meta_attributes"),
        false => (&mut primitive.parameters, "instance_attributes"),
    };
    set_value(sets, &format!("{id}-{kind}"), name, Some(value));
    Ok(Edit::Put(Box::new(Object::Resource(top))))
}

/// Changes the draft, and one-shot what is real.
fn change(shell: &mut Shell, edits: &[Edit]) -> Outcome {
    let mut draft = match shell.draft.take() {
        Some(draft) => draft,
        None => Draft::begin(&shell.connection)?,
    };
    draft.apply(edits)?;
    if shell.mode == Use::Once {
        draft.commit(&shell.connection, shell.is_forced)?;
    } else {
        shell.draft = Some(draft);
    }
    DONE
}

fn modgroup(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let configuration = present(shell)?;
    let edits = regrouped(&configuration, call)?;
    change(shell, &edits)
}

fn regrouped(configuration: &Configuration, call: &Call<'_>) -> Result<Vec<Edit>, Failure> {
    let id = call.needs(0, "the group")?;
    let member = call.needs(2, "the member")?;
    let mut group = group(configuration, id).ok_or_else(|| unknown(configuration, id))?.clone();
    let at = |group: &Group, id: &str| group.members.iter().position(|inside| inside.id == id);
    let put = |group: Group| Edit::Put(Box::new(Object::Resource(Resource::Group(group))));
    match call.word(1) {
        Some("add") => {
            let primitive = configuration.primitive(member);
            let primitive: Primitive =
                primitive.ok_or_else(|| unknown(configuration, member))?.clone();
            if at(&group, member).is_some() {
                return Err(Failure::Exists(format!("{member} is in {id} already")));
            }
            let neighbour = call.word(4).map(|name| (name, at(&group, name)));
            let place = match (call.word(3), neighbour) {
                (None, _) => group.members.len(),
                (Some("before"), Some((_, Some(place)))) => place,
                (Some("after"), Some((_, Some(place)))) => place + 1,
                (Some("before" | "after"), Some((name, None))) => {
                    return Err(Failure::NoSuchObject(format!("{name} is not in {id}")));
                }
                _ => return Err(Failure::Usage("add MEMBER [before|after MEMBER]".into())),
            };
            group.members.insert(place, primitive);
            Ok(vec![put(group)])
        }
        Some("remove") => {
            let place = at(&group, member);
            let place =
                place.ok_or_else(|| Failure::NoSuchObject(format!("{member} is not in {id}")))?;
            let primitive = group.members.remove(place);
            if group.members.is_empty() {
                let help = format!("delete the group: `crm configure delete {id}`");
                return Err(Failure::Other(format!("{member} is the last member; {help}")));
            }
            let alone = Edit::Put(Box::new(Object::Resource(Resource::Primitive(primitive))));
            Ok(vec![put(group), alone])
        }
        _ => Err(Failure::Usage("modgroup GROUP add|remove MEMBER".into())),
    }
}

fn group<'a>(configuration: &'a Configuration, id: &str) -> Option<&'a Group> {
    configuration.resources.iter().find_map(|resource| {
        let inside = match resource {
            Resource::Clone(clone) => clone.child.as_ref(),
            other => other,
        };
        match inside {
            Resource::Group(group) if group.id == id => Some(group),
            _ => None,
        }
    })
}

fn verify(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let problems = validate(&present(shell)?);
    let (errors, warnings): (Vec<_>, Vec<_>) =
        problems.into_iter().partition(|problem| problem.severity == Severity::Error);
    for warning in warnings {
        say_aside(&format!("WARNING: {warning}"));
    }
    if errors.is_empty() {
        return DONE;
    }
    Err(Failure::Refused(errors.iter().map(|error| format!("ERROR: {error}")).collect()))
}

fn property(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.needs(0, "the option")?;
    let configuration = present(shell)?;
    let value = configuration.property(name);
    if value.is_empty() {
        return Err(Failure::NoSuchObject(format!("{name} is not set, and no option by itself")));
    }
    line(value);
    DONE
}

fn simulate(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    let mut picture = Picture::take(&shell.connection)?;
    picture.cib.configuration = present(shell)?;
    crate::simulate::show(&picture)
}

fn commit(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    if let Some(draft) = shell.draft.take() {
        match draft.clone().commit(&shell.connection, shell.is_forced) {
            Ok(_) => {}
            Err(failure) => {
                // What was typed is not lost: it can be mended and committed again.
                shell.draft = Some(draft);
                return Err(failure);
            }
        }
    }
    DONE
}

fn refresh(shell: &mut Shell, _: &Call<'_>) -> Outcome {
    shell.draft = None;
    DONE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(text: &str) -> Configuration {
        let mut configuration = Configuration::default();
        let loaded = crmsh::load(text, &configuration, Mode::Update).expect("the text is right");
        configuration.apply(&loaded.edits).expect("the edits fit");
        configuration
    }

    const TEXT: &str = "primitive a ocf:pacemaker:Dummy\nprimitive b ocf:pacemaker:Dummy\n\
        primitive c ocf:pacemaker:Dummy\ngroup g a b\nlocation l g 1: n\norder o c g\n";

    #[test]
    fn constraints_go_with_what_they_are_about() {
        let configuration = configuration(TEXT);
        assert_eq!(with_constraints(&configuration, &["g"]), ["l", "o", "g"]);
        assert_eq!(with_constraints(&configuration, &["c"]), ["o", "c"]);
        assert_eq!(with_constraints(&configuration, &["a"]), ["a"]);
        assert_eq!(with_constraints(&configuration, &["a", "b"]), ["l", "o", "a", "b"]);
        assert_eq!(with_constraints(&configuration, &["l"]), ["l"]);
    }

    #[test]
    fn members_of_groups_come_and_go() {
        let mut configuration = configuration(TEXT);
        let mut change = |line: &str| {
            let words = crate::words::split(line);
            let call = Call { words: &words };
            let edits = regrouped(&configuration, &call)?;
            configuration.apply(&edits).expect("the edits fit");
            let group = group(&configuration, "g").expect("it is there");
            let members: Vec<_> = group.members.iter().map(|member| member.id.clone()).collect();
            Ok::<_, Failure>(members.join(" "))
        };
        assert_eq!(change("g add c before b").expect("c is free"), "a c b");
        assert_eq!(change("g remove a").expect("a is in it"), "c b");
        assert_eq!(change("g add a").expect("a is free"), "c b a");
        assert!(matches!(change("g add c"), Err(Failure::Exists(_))));
        assert!(matches!(change("g remove zzz"), Err(Failure::NoSuchObject(_))));
        assert!(matches!(change("zzz add a"), Err(Failure::NoSuchObject(_))));
    }

    #[test]
    fn a_parameter_is_set_where_it_is() {
        let mut configuration = configuration(TEXT);
        let edit = assigned(&configuration, "a.fake", "1").expect("a is there");
        configuration.apply(&[edit]).expect("the edit fits");
        let a = configuration.primitive("a").expect("a is there");
        assert_eq!(cluster::first_value(&a.parameters, "fake"), Some("1"));
        assert!(group(&configuration, "g").is_some(), "it is still in its group");
        assert!(matches!(assigned(&configuration, "a", "1"), Err(Failure::Usage(_))));
        assert!(matches!(assigned(&configuration, "z.x", "1"), Err(Failure::NoSuchObject(_))));
    }

    #[test]
    fn what_the_shell_took_apart_is_put_together_again() {
        let words = ["primitive", "p", "X", "params", "a=b c", "say=it's"].map(String::from);
        assert_eq!(statement(&words), "primitive p X params a='b c' say=\"it's\"");
        let xml = ["xml", "<primitive id=\"a b\"/>"].map(String::from);
        assert_eq!(statement(&xml), "xml <primitive id=\"a b\"/>");
    }
}
