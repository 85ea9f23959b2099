//! What this node answers to the daemons of the others.

use crate::colleagues::{Answer, Outcome, Question, Respondent};
use crate::links::Links;
use crate::reload::Reload;
use crate::secrets::Sharing;
use base::NodeId;
use std::future::Future;

/// What the answers are worked out from.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) links: Links,
    pub(crate) reload: Reload,
    pub(crate) sharing: Sharing,
}

impl Respondent for Here {
    /// The lowest member brings values to whoever was away.
    fn entered(&self, members: &[NodeId]) {
        if members.len() < 2 || members.iter().min() != Some(&self.links.node) {
            return;
        }
        let Self { links, sharing, .. } = self.clone();
        tokio::spawn(async move {
            for (node, why) in sharing.share().await {
                tracing::warn!(
                    "{} may lack values that are kept outside of the configuration: {why}; \
                     `cibsecret sync` tries again",
                    links.name(node)
                );
            }
        });
    }

    fn answer(
        &self,
        asker: NodeId,
        question: Question,
    ) -> impl Future<Output = Outcome> + Send + 'static {
        let Self { links, reload, sharing } = self.clone();
        async move {
            match question {
                Question::Rings => {
                    let report = links.rings.report().await;
                    let report = report.ok_or_else(|| "it is stopping".to_owned())?;
                    let name = links.name(links.node);
                    Ok(Answer::Rings { name, links: links.reports(Some(&report)) })
                }
                Question::Reload(step) => {
                    reload.read(step).await.map(|is_new_key| Answer::Read { is_new_key })
                }
                Question::Change(change) => {
                    reload.change(&change).await.map(|is_new_key| Answer::Read { is_new_key })
                }
                Question::Kill(node) if NodeId(node) == links.node => {
                    // As Corosync does: at once, and the others find out.
                    tracing::error!("node {asker} has asked for the end of this daemon");
                    std::process::exit(crate::parent::HOPELESS.into())
                }
                Question::SecretsKept => Ok(Answer::SecretsKept { kept: sharing.secrets.stamps() }),
                Question::SecretsOf(node, places) if NodeId(node) == links.node => {
                    Ok(Answer::Secrets { entries: sharing.secrets.entries(&places) })
                }
                Question::SecretsToKeep(entries) => {
                    // The disk may take its time, and agents are run beside this.
                    let kept = tokio::task::spawn_blocking(move || sharing.secrets.keep(entries));
                    let kept = kept.await.map_err(|_| "it is stopping".to_owned())?;
                    kept.map(|()| Answer::Heard).map_err(|why| why.to_string())
                }
                Question::Kill(_) | Question::SecretsOf(..) => Ok(Answer::Heard),
            }
        }
    }
}
