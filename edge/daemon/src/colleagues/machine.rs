//! Who was asked what, and who has not answered yet.

use super::message::{Content, Letter, Outcome, Question, Ticket};
use base::{Instant, NodeId};
use group::{Channel, Delivery, GroupCommand};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How long answers are waited for.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// So many questions of one node may be open; what is kept is bounded (H1).
const MOST: usize = 16;

/// What it hears.
#[derive(Clone, Debug)]
pub(super) enum Input {
    /// All members are to be asked.
    Ask(Ticket, Question),
    /// What this node answers to the question of another, or its own.
    Worked(NodeId, Ticket, Outcome),
    /// These nodes are in the view now.
    Members(Vec<NodeId>),
    /// What the first says has been delivered.
    Letter(NodeId, Vec<u8>),
    /// Time has passed.
    Wake,
}

/// What it wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Output {
    /// To be ordered.
    Group(GroupCommand),
    /// An answer to that node's question.
    Work(NodeId, Ticket, Question),
    /// Everybody has answered, or will not any more: each member, ascending.
    Answered(Ticket, Vec<(NodeId, Outcome)>),
}

/// The questions of one node.
#[derive(Debug)]
pub(super) struct Machine {
    node: NodeId,
    members: BTreeSet<NodeId>,
    open: BTreeMap<Ticket, Inquiry>,
}

/// A question that is not fully answered.
#[derive(Debug)]
struct Inquiry {
    until: Instant,
    missing: BTreeSet<NodeId>,
    heard: BTreeMap<NodeId, Outcome>,
}

impl Inquiry {
    fn hear(&mut self, from: NodeId, outcome: Outcome) {
        if self.missing.remove(&from) {
            self.heard.insert(from, outcome);
        }
    }
}

impl Machine {
    pub(super) fn new(node: NodeId) -> Self {
        Self { node, members: BTreeSet::from([node]), open: BTreeMap::new() }
    }

    /// When it wants to be woken, if nothing comes before.
    pub(super) fn next_wake(&self) -> Option<Instant> {
        self.open.values().map(|inquiry| inquiry.until).min()
    }

    pub(super) fn step(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Ask(ticket, question) => self.ask(now, ticket, question, out),
            Input::Worked(to, ticket, outcome) => {
                out.push(submit(ticket, Content::Answer { to, outcome }));
            }
            Input::Members(members) => self.enter(members),
            Input::Letter(sender, letter) => self.deliver(sender, &letter, out),
            Input::Wake => {}
        }
        self.give_up(now);
        self.close(out);
    }

    fn ask(&mut self, now: Instant, ticket: Ticket, question: Question, out: &mut Vec<Output>) {
        if self.open.len() >= MOST {
            let why = "too many questions are open here; ask again in a moment".to_owned();
            let refused = self.members.iter().map(|node| (*node, Err(why.clone())));
            out.push(Output::Answered(ticket, refused.collect()));
            return;
        }
        let missing = self.members.clone();
        let inquiry = Inquiry { until: now + PATIENCE, missing, heard: BTreeMap::new() };
        self.open.insert(ticket, inquiry);
        out.push(submit(ticket, Content::Question(Some(question))));
    }

    /// Who is no longer a member will not answer; who is new has not been asked.
    fn enter(&mut self, members: Vec<NodeId>) {
        self.members = members.into_iter().collect();
        for inquiry in self.open.values_mut() {
            let gone: Vec<NodeId> = inquiry.missing.difference(&self.members).copied().collect();
            for node in gone {
                inquiry.hear(node, Err("it left the view before it answered".into()));
            }
        }
    }

    fn deliver(&mut self, sender: NodeId, letter: &[u8], out: &mut Vec<Output>) {
        let Some(Letter { ticket, content }) = Letter::read(letter) else { return };
        match content {
            Content::Question(Some(question)) => {
                out.push(Output::Work(sender, ticket, question));
            }
            Content::Question(None) => {
                let version = env!("CARGO_PKG_VERSION");
                let outcome = Err(format!("its version, {version}, does not know this question"));
                out.push(submit(ticket, Content::Answer { to: sender, outcome }));
            }
            Content::Answer { to, outcome } if to == self.node => {
                if let Some(inquiry) = self.open.get_mut(&ticket) {
                    inquiry.hear(sender, outcome);
                }
            }
            Content::Answer { .. } => {}
        }
    }

    fn give_up(&mut self, now: Instant) {
        for inquiry in self.open.values_mut().filter(|inquiry| inquiry.until <= now) {
            for node in std::mem::take(&mut inquiry.missing) {
                let why = format!("it did not answer within {} s", PATIENCE.as_secs());
                inquiry.heard.insert(node, Err(why));
            }
        }
    }

    fn close(&mut self, out: &mut Vec<Output>) {
        let open = std::mem::take(&mut self.open).into_iter();
        let (done, open): (BTreeMap<_, _>, _) =
            open.partition(|(_, inquiry)| inquiry.missing.is_empty());
        self.open = open;
        let answered = |(ticket, inquiry): (Ticket, Inquiry)| {
            Output::Answered(ticket, inquiry.heard.into_iter().collect())
        };
        out.extend(done.into_iter().map(answered));
    }
}

fn submit(ticket: Ticket, content: Content) -> Output {
    let payload = Letter { ticket, content }.write();
    Output::Group(GroupCommand::Submit {
        channel: Channel::Daemons,
        payload,
        delivery: Delivery::Agreed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::colleagues::Answer;

    /// Node 1 among others: it hears what is said to it, and its outputs are noted as words.
    struct Story {
        machine: Machine,
        millis: u64,
        told: Vec<String>,
    }

    fn answer() -> Outcome {
        Ok(Answer::Rings { name: "oss".into(), links: Vec::new() })
    }

    fn members(nodes: &[u32]) -> Input {
        Input::Members(nodes.iter().copied().map(NodeId).collect())
    }

    impl Story {
        fn of(nodes: &[u32]) -> Self {
            let mut story = Self { machine: Machine::new(NodeId(1)), millis: 0, told: Vec::new() };
            story.step(members(nodes));
            story
        }

        fn step(&mut self, input: Input) {
            let now = Instant::after_start(Duration::from_millis(self.millis));
            let mut out = Vec::new();
            self.machine.step(now, input, &mut out);
            self.told.extend(out.into_iter().map(|output| words(&output)));
        }

        fn ask(&mut self, ticket: u64) {
            self.step(Input::Ask(Ticket(ticket), Question::Rings));
        }

        fn delivered(&mut self, sender: u32, ticket: u64, content: Content) {
            let letter = Letter { ticket: Ticket(ticket), content }.write();
            self.step(Input::Letter(NodeId(sender), letter));
        }

        fn answers(&mut self, sender: u32, to: u32, ticket: u64) {
            self.delivered(sender, ticket, Content::Answer { to: NodeId(to), outcome: answer() });
        }

        fn wait(&mut self, millis: u64) {
            self.millis += millis;
            self.step(Input::Wake);
        }

        fn told(&mut self) -> Vec<String> {
            std::mem::take(&mut self.told)
        }
    }

    fn words(output: &Output) -> String {
        match output {
            Output::Group(GroupCommand::Submit { payload, .. }) => match Letter::read(payload) {
                Some(Letter { ticket: Ticket(ticket), content: Content::Question(_) }) => {
                    format!("asks {ticket}")
                }
                Some(Letter {
                    ticket: Ticket(ticket),
                    content: Content::Answer { to, outcome },
                }) => {
                    let outcome = outcome.map_or_else(|why| why, |_| "links".into());
                    format!("answers {to} to {ticket}: {outcome}")
                }
                None => "says what cannot be read".into(),
            },
            Output::Group(command) => format!("{command:?}"),
            Output::Work(from, Ticket(ticket), question) => {
                format!("works on {question:?} {ticket} of {from}")
            }
            Output::Answered(Ticket(ticket), answers) => {
                let one = |(node, outcome): &(NodeId, Outcome)| match outcome {
                    Ok(_) => format!("{node}: links"),
                    Err(why) => format!("{node}: {why}"),
                };
                format!("{ticket} done: {}", answers.iter().map(one).collect::<Vec<_>>().join(", "))
            }
        }
    }

    #[test]
    fn all_members_answer() {
        let mut story = Story::of(&[1, 2, 3]);
        story.ask(10);
        story.delivered(1, 10, Content::Question(Some(Question::Rings)));
        assert_eq!(story.told(), ["asks 10", "works on Rings 10 of 1"]);
        story.step(Input::Worked(NodeId(1), Ticket(10), answer()));
        assert_eq!(story.told(), ["answers 1 to 10: links"]);
        for node in [3, 1, 2] {
            assert_eq!(story.told(), [""; 0], "not everybody has answered");
            story.answers(node, 1, 10);
        }
        assert_eq!(story.told(), ["10 done: 1: links, 2: links, 3: links"]);
        assert_eq!(story.machine.next_wake(), None);
    }

    #[test]
    fn the_silent_are_named_in_time_and_late_answers_change_nothing() {
        let mut story = Story::of(&[1, 2, 3]);
        story.ask(10);
        story.answers(1, 1, 10);
        story.wait(1999);
        assert_eq!(story.told(), ["asks 10"]);
        story.answers(3, 1, 10);
        story.wait(1);
        assert_eq!(story.told(), ["10 done: 1: links, 2: it did not answer within 2 s, 3: links"]);
        story.ask(11);
        story.answers(2, 1, 10);
        story.answers(2, 1, 11);
        story.answers(2, 1, 11);
        story.wait(2000);
        let expected = "11 done: 1: it did not answer within 2 s, 2: links, \
            3: it did not answer within 2 s";
        assert_eq!(story.told(), ["asks 11", expected]);
    }

    #[test]
    fn who_leaves_is_not_waited_for_and_who_comes_was_not_asked() {
        let mut story = Story::of(&[1, 2, 3]);
        story.ask(10);
        story.answers(1, 1, 10);
        story.answers(2, 1, 10);
        story.step(members(&[1, 2, 4]));
        let expected = "10 done: 1: links, 2: links, 3: it left the view before it answered";
        assert_eq!(story.told(), ["asks 10", expected]);
        story.ask(11);
        for node in [1, 2, 3, 4] {
            story.answers(node, 1, 11);
        }
        assert_eq!(story.told(), ["asks 11", "11 done: 1: links, 2: links, 4: links"]);
    }

    #[test]
    fn others_conversations_are_their_own() {
        let mut story = Story::of(&[1, 2]);
        story.ask(10);
        story.answers(2, 2, 10);
        assert_eq!(story.told(), ["asks 10"], "node 2 answered its own question of that number");
        story.delivered(2, 10, Content::Question(Some(Question::Rings)));
        story.delivered(2, 11, Content::Question(None));
        let told = story.told();
        assert_eq!(told[0], "works on Rings 10 of 2");
        assert!(told[1].starts_with("answers 2 to 11: its version, "), "{told:?}");
    }

    #[test]
    fn open_questions_are_bounded() {
        let mut story = Story::of(&[1, 2]);
        (0..=16).for_each(|ticket| story.ask(ticket));
        let told = story.told();
        assert_eq!(told[15], "asks 15");
        assert!(told[16].starts_with("16 done: 1: too many questions are open"), "{told:?}");
        story.wait(2000);
        assert_eq!(story.told().len(), 16);
    }
}
