//! What this node answers to the daemons of the others.

use crate::colleagues::{Answer, Outcome, Question, Respondent};
use crate::links::Links;
use crate::reload::Reload;
use base::NodeId;
use std::future::Future;

/// What the answers are worked out from.
#[derive(Clone)]
pub(crate) struct Here {
    pub(crate) links: Links,
    pub(crate) reload: Reload,
}

impl Respondent for Here {
    fn answer(
        &self,
        asker: NodeId,
        question: Question,
    ) -> impl Future<Output = Outcome> + Send + 'static {
        let Self { links, reload } = self.clone();
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
                Question::Kill(_) => Ok(Answer::Heard),
            }
        }
    }
}
