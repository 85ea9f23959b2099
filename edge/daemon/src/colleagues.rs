//! What the daemons of the cluster ask each other: what only a node itself knows, such as how its
//! links are. A question goes to all members of the view through the common order, every daemon
//! answers, and who asked is told what each of them said, or that it did not answer.
//!
//! ```text
//! message    questions, answers, how they travel; a new kind begins here      message.rs
//! machine    who was asked, who is missing                                    machine.rs
//! here       the loop around it; what is answered here is a `Respondent`'s
//! ```

mod machine;
mod message;

use crate::managing::now;
use crate::rings::ToRings;
use base::NodeId;
use group::{Channel, GroupEvent};
use machine::{Input, Machine, Output};
pub(crate) use message::{Answer, Outcome, Question, Ticket};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Longest sleep: the machine says when it wants to be woken, this is for one that wants nothing.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What each member said, ascending.
pub(crate) type Answers = Vec<(NodeId, Outcome)>;

/// Works out what this node answers.
pub(crate) trait Respondent: Send + Sync + 'static {
    /// The answer to a question of `asker`.
    fn answer(
        &self,
        asker: NodeId,
        question: Question,
    ) -> impl Future<Output = Outcome> + Send + 'static;

    /// These nodes are in the view now.
    fn entered(&self, members: &[NodeId]);
}

/// The way to the other daemons.
#[derive(Clone)]
pub(crate) struct Colleagues {
    orders: mpsc::UnboundedSender<Order>,
    next: Arc<AtomicU64>,
}

enum Order {
    Hear(GroupEvent),
    Ask(Ticket, Question, oneshot::Sender<Answers>),
    Worked(NodeId, Ticket, Outcome),
}

/// What comes to the loop.
pub(crate) struct Inbox(mpsc::UnboundedReceiver<Order>);

impl Colleagues {
    /// `incarnation` tells the questions of this process from those of the one before.
    pub(crate) fn new(incarnation: u64) -> (Self, Inbox) {
        let (orders, inbox) = mpsc::unbounded_channel();
        (Self { orders, next: Arc::new(AtomicU64::new(incarnation)) }, Inbox(inbox))
    }

    /// Asks all members of the view. Comes back when all have answered, and after two seconds at
    /// the latest; with nothing when this node is stopping.
    pub(crate) async fn ask(&self, question: Question) -> Answers {
        let ticket = Ticket(self.next.fetch_add(1, Ordering::Relaxed));
        let (answer, answers) = oneshot::channel();
        match self.orders.send(Order::Ask(ticket, question, answer)) {
            Ok(()) => answers.await.unwrap_or_default(),
            Err(_) => Answers::new(),
        }
    }

    /// Tells what the group layer says.
    pub(crate) fn tell(&self, event: GroupEvent) {
        if self.orders.send(Order::Hear(event)).is_err() {
            tracing::debug!("the daemon is ending; what daemons said was dropped");
        }
    }

    /// Asks, collects and answers, until this node ends.
    pub(crate) async fn run(
        self,
        node: NodeId,
        mut inbox: Inbox,
        rings: ToRings,
        respondent: impl Respondent,
    ) {
        let mut machine = Machine::new(node);
        let mut asking = BTreeMap::new();
        let mut out = Vec::new();
        loop {
            let sleep = machine.next_wake().map_or(LONGEST_SLEEP, |at| at.saturating_since(now()));
            let input = match tokio::time::timeout(sleep, inbox.0.recv()).await {
                Ok(Some(Order::Hear(event))) => heard(event),
                Ok(Some(Order::Worked(to, ticket, outcome))) => Input::Worked(to, ticket, outcome),
                Ok(Some(Order::Ask(ticket, question, answer))) => {
                    asking.insert(ticket, answer);
                    Input::Ask(ticket, question)
                }
                Ok(None) => return,
                Err(_) => Input::Wake,
            };
            if let Input::Members(members) = &input {
                respondent.entered(members);
            }
            machine.step(now(), input, &mut out);
            for output in out.drain(..) {
                let delivered = match output {
                    Output::Group(command) => rings.command(command),
                    Output::Work(asker, ticket, question) => {
                        self.work(&respondent, asker, ticket, question);
                        true
                    }
                    Output::Answered(ticket, answers) => asking
                        .remove(&ticket)
                        .is_some_and(|waiting: oneshot::Sender<_>| waiting.send(answers).is_ok()),
                };
                if !delivered {
                    tracing::debug!("the daemon is ending, or a client went away");
                }
            }
        }
    }

    /// Aside, because it may take its time.
    fn work(
        &self,
        respondent: &impl Respondent,
        asker: NodeId,
        ticket: Ticket,
        question: Question,
    ) {
        let answer = respondent.answer(asker, question);
        let orders = self.orders.clone();
        tokio::spawn(async move {
            if orders.send(Order::Worked(asker, ticket, answer.await)).is_err() {
                tracing::debug!("the daemon is ending; a question was not answered");
            }
        });
    }
}

/// What an event of the group layer means here.
fn heard(event: GroupEvent) -> Input {
    match event {
        GroupEvent::View { view, .. } => Input::Members(view.nodes()),
        GroupEvent::Deliver { channel: Channel::Daemons, sender, payload } => {
            Input::Letter(sender, payload)
        }
        // What became of an absorbed question is not told: in time its answers are missed.
        _ => Input::Wake,
    }
}
