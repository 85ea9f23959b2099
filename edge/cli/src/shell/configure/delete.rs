//! `delete` and `erase`: what goes, with all that hangs on it.

use super::names::{knows, unknown};
use super::{change_to, draft, present};
use crate::answer::{DONE, Failure, Outcome, say_aside};
use crate::picture::Picture;
use crate::shell::{Call, Shell, Use};
use api::Request;
use cluster::{Configuration, Edit, Resource};

pub(super) fn delete(shell: &mut Shell, call: &Call<'_>) -> Outcome {
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
pub(super) fn with_constraints(configuration: &Configuration, ids: &[&str]) -> Vec<String> {
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

/// `erase`: everything but the nodes; `erase nodes`: the nodes.
pub(super) fn erase(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let before = present(shell)?;
    let after = match call.word(0) {
        None => Configuration { nodes: before.nodes.clone(), ..Configuration::default() },
        Some("nodes") => Configuration { nodes: Configuration::default().nodes, ..before },
        Some(other) => {
            let text = format!("`{other}`: erase removes all but the nodes, `erase nodes` those");
            return Err(Failure::Usage(text));
        }
    };
    change_to(shell, after)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{TEXT, configuration};
    use super::*;

    #[test]
    fn constraints_go_with_what_they_are_about() {
        let configuration = configuration(TEXT);
        assert_eq!(with_constraints(&configuration, &["g"]), ["l", "o", "g"]);
        assert_eq!(with_constraints(&configuration, &["c"]), ["o", "c"]);
        assert_eq!(with_constraints(&configuration, &["a"]), ["a"]);
        assert_eq!(with_constraints(&configuration, &["a", "b"]), ["l", "o", "a", "b"]);
        assert_eq!(with_constraints(&configuration, &["l"]), ["l"]);
    }
}
