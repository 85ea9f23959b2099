//! What is handed out to those who ask from elsewhere.

use super::access::Asker;
use super::{Door, done, refused};
use api::{Access, Response};
use manager::{Command, Reply};
use std::time::Duration;
use trust::{Grant, Token};

/// Nothing is good for longer: it cannot be taken back one by one.
const LONGEST: Duration = Duration::from_secs(400 * 24 * 3600);

impl Door {
    /// Access for a user, for so long.
    pub(super) fn give_access(
        &self,
        asker: &Asker,
        user: String,
        time: Duration,
    ) -> Result<Response, Response> {
        asker.check_exempt("give access to others")?;
        if user.is_empty() || user.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(refused(&format!("`{user}` is no name of a user")));
        }
        tracing::info!("{} gives access as {user} for {} s", asker.by, time.as_secs());
        let (_, access) = self.hand_out(Grant::User(user), time)?;
        Ok(Response::Access(access))
    }

    /// Access for a machine that is to become a node, for so long.
    pub(super) async fn invite(&self, asker: &Asker, time: Duration) -> Result<Response, Response> {
        asker.check_exempt("invite machines")?;
        let (token, access) = self.hand_out(Grant::Node, time)?;
        match self.ask(Command::Invite { id: token.id, until: token.until }).await {
            Some(Reply::Done(_)) => {
                tracing::info!("{} invites a machine to become a node", asker.by);
                Ok(Response::Access(access))
            }
            reply => Err(done(reply, Vec::new())),
        }
    }

    /// A token with what is needed to show it.
    fn hand_out(&self, grant: Grant, time: Duration) -> Result<(Token, Access), Response> {
        if time.is_zero() || time > LONGEST {
            let days = LONGEST.as_secs() / (24 * 3600);
            return Err(refused(&format!(
                "a token is good for a second at least and {days} days at most"
            )));
        }
        let addresses = self.remote.hosts();
        let authority = self.remote.authority().filter(|_| !addresses.is_empty());
        let Some(authority) = authority else {
            let why = "this node answers nobody on the network: leave `--api none` out where it is started";
            return Err(refused(&why));
        };
        let id = crate::start::random_number().and_then(|high| {
            Ok(u128::from(high) << 64 | u128::from(crate::start::random_number()?))
        });
        let id = id.map_err(|error| refused(&error))?;
        let token = Token { grant, until: os::clock::wall() + time, id };
        let sealed = authority.seal(&token);
        Ok((token, Access { addresses, pin: authority.pin(), token: sealed }))
    }
}
