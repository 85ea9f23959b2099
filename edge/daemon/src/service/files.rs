//! Requests about the `corosync.conf` of all nodes: each reads or changes its own.

use super::{Door, applied, refused};
use crate::colleagues::{Answer, Question};
use crate::reload::KeyStep;
use api::{ConfChange, Response};
use base::NodeId;

const fn is_new_key(answer: &Answer) -> bool {
    matches!(answer, Answer::Read { is_new_key: true })
}

impl Door {
    /// All nodes read their files; a new key is taken up step by step.
    pub(super) async fn reload(&self) -> Response {
        let steps = [KeyStep::Know, KeyStep::Use, KeyStep::ForgetOld];
        for step in steps {
            match self.ask_all(Question::Reload(step)).await {
                Ok(answers) if answers.iter().any(is_new_key) => {}
                Ok(_) => break,
                Err(reasons) => return Response::Refused { reasons },
            }
        }
        applied()
    }

    /// All nodes change their files.
    pub(super) async fn change_conf(&self, change: ConfChange) -> Response {
        if let ConfChange::RemoveNode { node } = &change {
            let snapshot = match self.read().await {
                Ok(snapshot) => snapshot,
                Err(refused) => return refused,
            };
            let members = snapshot.view.iter().flat_map(group::View::nodes);
            let is_meant =
                |member: &NodeId| member.to_string() == *node || self.links.name(*member) == *node;
            if { members }.any(|member| is_meant(&member)) {
                return refused(&format!(
                    "{node} takes part in the cluster: stop it first, then what it runs moves away"
                ));
            }
        }
        match self.ask_all(Question::Change(change)).await {
            Ok(_) => applied(),
            Err(reasons) => Response::Refused { reasons },
        }
    }

    /// What all members answer; or why some could not do it.
    pub(super) async fn ask_all(&self, question: Question) -> Result<Vec<Answer>, Vec<String>> {
        let answers = self.colleagues.ask(question).await;
        let (mut done, mut failed) = (Vec::new(), Vec::new());
        for (node, outcome) in answers {
            match outcome {
                Ok(answer) => done.push(answer),
                Err(why) => failed.push(format!("{}: {why}", self.links.name(node))),
            }
        }
        if failed.is_empty() { Ok(done) } else { Err(failed) }
    }
}
