//! How many hosts this node reaches, times what each is worth, as a node attribute. What counts as
//! reached is the agent's own.

use super::echo::Reach;
use crate::builtin::Answer;
use crate::builtin::context::{Context, Failure, SetAttribute, remove_state, warn, write_state};
use crate::code::OcfCode;
use std::path::Path;
use std::thread;

/// Asks one host.
pub(in crate::builtin) type Ask<'a> = dyn Fn(&str) -> Result<Reach, Failure> + Sync + 'a;

/// What the attribute is made of.
pub(in crate::builtin) struct Connectivity<'a> {
    hosts: Vec<&'a str>,
    multiplier: i64,
    failure_score: i64,
    dampen: &'a str,
    talkative: bool,
}

impl<'a> Connectivity<'a> {
    pub(in crate::builtin) fn read(context: &'a Context) -> Result<Self, Failure> {
        let hosts = context.text("host_list").split([' ', ',', '\t', '\n']);
        context.time("dampen")?;
        Ok(Self {
            hosts: hosts.filter(|host| !host.is_empty()).collect(),
            multiplier: context.number("multiplier")?,
            failure_score: context.number("failure_score")?,
            dampen: context.text("dampen"),
            talkative: context.is_on("debug")?,
        })
    }

    /// The life of such an agent; `state` is the file that exists while it is started.
    pub(in crate::builtin) fn perform(
        &self,
        context: &Context,
        action: &str,
        state: &Path,
        ask: &Ask<'_>,
    ) -> Answer {
        match action {
            "start" => {
                write_state(state, "")?;
                self.update(context, SetAttribute::ValueAndDampening, ask)
            }
            "monitor" if !state.exists() => Ok(OcfCode::NotRunning),
            "monitor" => self.update(context, SetAttribute::Value, ask),
            "reload" | "reload-agent" => self.update(context, SetAttribute::ValueAndDampening, ask),
            "stop" => {
                context.delete_attribute(context.text("name"), self.dampen);
                remove_state(state)?;
                Ok(OcfCode::Ok)
            }
            _ => Ok(OcfCode::Ok),
        }
    }

    fn update(&self, context: &Context, how: SetAttribute, ask: &Ask<'_>) -> Answer {
        let reached = self.count_reached(ask)?;
        let score = i64::try_from(reached).unwrap_or(i64::MAX).saturating_mul(self.multiplier);
        context.set_attribute(context.text("name"), &score.to_string(), how, self.dampen)?;
        if score < self.failure_score {
            return Err(Failure::generic(format!(
                "{reached} of {} hosts answer, which makes {score}, less than failure_score {}: \
                 look at the network of this node",
                self.hosts.len(),
                self.failure_score
            )));
        }
        Ok(OcfCode::Ok)
    }

    /// All are asked at the same time.
    fn count_reached(&self, ask: &Ask<'_>) -> Result<usize, Failure> {
        let answers: Vec<Result<Reach, Failure>> = thread::scope(|scope| {
            let asking: Vec<_> =
                self.hosts.iter().map(|host| scope.spawn(move || ask(host))).collect();
            let lost = || Err(Failure::generic("a host could not be asked: out of memory"));
            asking.into_iter().map(|asked| asked.join().unwrap_or_else(|_| lost())).collect()
        });
        let mut reached = 0;
        for (host, answer) in self.hosts.iter().zip(answers) {
            let answer = answer?;
            reached += usize::from(answer == Reach::Answers);
            if self.talkative || answer != Reach::Answers {
                warn(&format!("{host}: {answer}"));
            }
        }
        Ok(reached)
    }
}
