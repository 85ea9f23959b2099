//! The place where an agent's parameters get their values.

use super::Secrets;
use api::SecretPlace;
use cluster::secret::KEPT_ELSEWHERE;

/// A value that the configuration says is kept here, and is not.
#[derive(Debug, thiserror::Error)]
#[error(
    "this node keeps no value of `{parameter}` of {resource}: `cibsecret sync` brings it from a node \
     that does, `cibsecret set {resource} {parameter} VALUE` makes a new one"
)]
pub(crate) struct Missing {
    resource: String,
    parameter: String,
}

/// Puts values in the places that say that they are kept elsewhere.
///
/// Who looks or stops goes on without: most agents need no password for that, a probe that fails would
/// count as a resource that runs twice, and a stop that fails as a node to be fenced.
///
/// # Errors
/// When one is missing, for any other action.
pub(crate) fn resolve(
    secrets: &Secrets,
    (instance, action): (&str, &str),
    parameters: &mut [(String, String)],
) -> Result<(), Missing> {
    let resource = instance.split_once(':').map_or(instance, |(resource, _)| resource);
    for (name, value) in parameters.iter_mut().filter(|(_, value)| value == KEPT_ELSEWHERE) {
        let place = SecretPlace { resource: resource.to_owned(), parameter: name.clone() };
        let kept = secrets.value(&place).and_then(|secret| String::from_utf8(secret.0).ok());
        match kept {
            Some(kept) => *value = kept,
            None => {
                let missing = Missing { resource: place.resource, parameter: place.parameter };
                if !matches!(action, "monitor" | "stop") {
                    return Err(missing);
                }
                tracing::warn!("{action} of {instance} goes on, although {missing}");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{Folder, entry};
    use super::*;

    #[test]
    fn agents_get_the_values_and_some_go_on_without() {
        let folder = Folder::new("resolve");
        let secrets = folder.open();
        let entries = ["f.passwd 1 1 hidden", "f.gone 1 1 -"].map(entry);
        secrets.keep(entries.into()).expect("they are kept");
        let cases = [
            ("f", "start", "passwd=lrm:// ip=1", Some("passwd=hidden ip=1")),
            ("f:2", "start", "passwd=lrm://", Some("passwd=hidden")),
            ("f", "start", "gone=lrm://", None),
            ("g", "start", "passwd=lrm://", None),
            ("g", "off", "passwd=lrm://", None),
            ("g", "monitor", "passwd=lrm://", Some("passwd=lrm://")),
            ("g", "stop", "passwd=lrm:// ip=1", Some("passwd=lrm:// ip=1")),
        ];
        for (instance, action, given, expected) in cases {
            let pair = |word: &str| word.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
            let mut parameters: Vec<_> = given.split(' ').filter_map(pair).collect();
            let told = resolve(&secrets, (instance, action), &mut parameters);
            let words: Vec<String> = parameters.iter().map(|(n, v)| format!("{n}={v}")).collect();
            let words = told.map(|()| words.join(" "));
            assert_eq!(words.as_deref().ok(), expected, "{instance} {action}: {words:?}");
        }
    }
}
