//! `systole cleanup` and `systole refresh`: what was noted of resources is forgotten.

use crate::answer::Outcome;
use crate::connection::Connection;
use crate::output::Output;
use crate::tools::resources;
use crate::verbs::Place;
use api::Forget;
use clap::Args;

/// Of what it is forgotten.
#[derive(Args, Clone, Debug)]
pub(crate) struct ForgetArguments {
    /// Of this resource; of all when not given
    resource: Option<String>,
    /// On this node; on all when not given
    #[arg(long)]
    node: Option<String>,
    /// Forget nothing; show what would be forgotten, and what the cluster would do
    #[arg(short = 'n', long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
    #[command(flatten)]
    place: Place,
}

/// Forgets it, or shows what would come of that.
pub(crate) fn run(arguments: &ForgetArguments, what: Forget) -> Outcome {
    let real = arguments.place.connection();
    let connection = match arguments.dry_run {
        true => Connection::Rehearsal(Box::new(real), arguments.output.form()),
        false => real,
    };
    resources::forget(&connection, arguments.resource.as_deref(), arguments.node.as_deref(), what)
}
