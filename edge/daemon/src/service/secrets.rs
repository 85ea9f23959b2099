//! Requests about values that are kept outside of the configuration.

use super::access::Asker;
use super::{Door, refused};
use crate::secrets::Lacking;
use api::{Acknowledgement, Response, Secret, SecretPlace, SecretRequest};
use std::collections::BTreeSet;

impl Door {
    /// Carries one of them out.
    pub(super) async fn secret(
        &self,
        asker: &Asker,
        request: SecretRequest,
    ) -> Result<Response, Response> {
        asker.check_exempt("handle values that are kept outside of the configuration")?;
        match request {
            SecretRequest::Keep { place, value } => {
                self.change_secret(asker, place, Some(value)).await
            }
            SecretRequest::Forget { place } => match self.sharing.secrets.value(&place) {
                None if self.sharing.compare(&place).await.is_empty() => Ok(unchanged()),
                _ => self.change_secret(asker, place, None).await,
            },
            SecretRequest::Tell { place } => Ok(Response::Secret { value: self.own(&place)? }),
            SecretRequest::Check { place } => {
                self.own(&place)?;
                let reasons = self.lines(&self.sharing.compare(&place).await, "it");
                if reasons.is_empty() {
                    Ok(unchanged())
                } else {
                    Err(Response::Refused { reasons })
                }
            }
            SecretRequest::Share => {
                let lacking = self.sharing.share().await;
                self.outcome(&lacking, "some values").await
            }
        }
    }

    /// The value that this node keeps.
    fn own(&self, place: &SecretPlace) -> Result<Secret, Response> {
        let SecretPlace { resource, parameter } = place;
        self.sharing.secrets.value(place).ok_or_else(|| {
            refused(&format!(
                "this node keeps no value of `{parameter}` of {resource}: `cibsecret set` or `stash` \
                 makes it keep one, `cibsecret sync` brings those of the others"
            ))
        })
    }

    /// Only with quorum: of two changes the later one has to know the earlier one.
    async fn change_secret(
        &self,
        asker: &Asker,
        place: SecretPlace,
        value: Option<Secret>,
    ) -> Result<Response, Response> {
        if !self.read().await?.state.has_quorum {
            return Err(refused(
                &"without quorum no value is changed: the other part of the cluster would keep \
                  another one; ask there, or bring the nodes together",
            ));
        }
        let SecretPlace { resource, parameter } = &place;
        let what = if value.is_some() { "keeps a new value" } else { "forgets the value" };
        tracing::info!("{}: each node {what} of `{parameter}` of {resource}", asker.by);
        let lacking = self.sharing.change(place, value).await;
        self.outcome(&lacking, "this change").await
    }

    /// Done where at least this node could; with a warning for each that could not.
    async fn outcome(&self, lacking: &Lacking, what: &str) -> Result<Response, Response> {
        let mut warnings = self.lines(lacking, what);
        if lacking.iter().any(|(node, _)| *node == self.me.node) {
            return Err(Response::Refused { reasons: warnings });
        }
        let view = self.read().await?.view;
        let members: BTreeSet<_> = view.iter().flat_map(group::View::nodes).collect();
        let standing = self.links.standing.now();
        let away = standing.names.iter().filter(|(node, _)| !members.contains(node));
        warnings.extend(away.map(|(_, name)| {
            format!("{name} is not here and lacks {what}: it gets it when it is back")
        }));
        Ok(Response::Done { acknowledgement: Acknowledgement::Applied, warnings })
    }

    fn lines(&self, lacking: &Lacking, what: &str) -> Vec<String> {
        let line = |(node, why): &(_, String)| {
            format!("{} lacks {what}: {why}; `cibsecret sync` tries again", self.links.name(*node))
        };
        lacking.iter().map(line).collect()
    }
}

fn unchanged() -> Response {
    Response::Done { acknowledgement: Acknowledgement::Unchanged, warnings: Vec::new() }
}
