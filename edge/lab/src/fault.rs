//! What can be broken between the machines. Each fault lasts until `heal`, also over power cycles.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A fault of the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// Nothing passes, in both directions.
    Cut(Cut),
    /// Nothing passes in one direction.
    Deaf(Deaf),
    /// Some frames are lost.
    Loss(Loss),
    /// A cable is pulled and plugged again and again.
    Flap(Flap),
}

/// A machine is cut off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The machine that is cut off.
    pub node: String,
    /// On this ring only; none: on all.
    pub ring: Option<u8>,
    /// From this machine only, while both still reach all others; none: its cable is pulled.
    pub from: Option<String>,
}

/// A machine no longer hears another one, which still hears it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deaf {
    /// The machine that does not hear.
    pub node: String,
    /// The machine that it does not hear.
    pub to: String,
    /// On this ring only; none: on all.
    pub ring: Option<u8>,
}

/// Frames are lost at random.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// Those from and to this machine; none: all, each counted once.
    pub node: Option<String>,
    /// On this ring only; none: on all.
    pub ring: Option<u8>,
    /// So many in a hundred.
    pub percent: u8,
}

/// Cables that come and go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flap {
    /// This machine's; none: those of all, at the same moments.
    pub node: Option<String>,
    /// On this ring only; none: on all.
    pub ring: Option<u8>,
    /// From one pull to the next; half of it the cable is plugged in.
    pub period: Duration,
    /// It ends by itself after this time, plugged in.
    pub lasts: Duration,
}

impl Flap {
    /// A cable takes a few milliseconds to be changed.
    pub(crate) const SHORTEST: Duration = Duration::from_millis(50);
}

impl Fault {
    /// The machines it names.
    pub(crate) fn nodes(&self) -> Vec<&String> {
        match self {
            Self::Cut(cut) => [Some(&cut.node), cut.from.as_ref()].into_iter().flatten().collect(),
            Self::Deaf(deaf) => vec![&deaf.node, &deaf.to],
            Self::Loss(loss) => loss.node.iter().collect(),
            Self::Flap(flap) => flap.node.iter().collect(),
        }
    }

    /// The ring it is limited to.
    pub(crate) const fn ring(&self) -> Option<u8> {
        match self {
            Self::Cut(cut) => cut.ring,
            Self::Deaf(deaf) => deaf.ring,
            Self::Loss(loss) => loss.ring,
            Self::Flap(flap) => flap.ring,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = |node: &Option<String>| node.clone().unwrap_or_else(|| "all".to_owned());
        match self {
            Self::Cut(Cut { node, from: None, .. }) => write!(f, "cut: {node}")?,
            Self::Cut(Cut { node, from: Some(from), .. }) => write!(f, "cut: {node} from {from}")?,
            Self::Deaf(Deaf { node, to, .. }) => write!(f, "deaf: {node} to {to}")?,
            Self::Loss(loss) => write!(f, "loss of {} %: {}", loss.percent, who(&loss.node))?,
            Self::Flap(flap) => {
                write!(f, "flapping every {} ms: {}", flap.period.as_millis(), who(&flap.node))?;
            }
        }
        match self.ring() {
            Some(ring) => write!(f, " on ring {ring}"),
            None => write!(f, " on all rings"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_as_a_person_would_say_them() {
        let name = || "oss1".to_owned();
        let (period, lasts) = (Duration::from_secs(1), Duration::from_secs(60));
        let cases = [
            (Fault::Cut(Cut { node: name(), ring: None, from: None }), "cut: oss1 on all rings"),
            (
                Fault::Cut(Cut { node: name(), ring: Some(1), from: Some("oss2".into()) }),
                "cut: oss1 from oss2 on ring 1",
            ),
            (
                Fault::Deaf(Deaf { node: name(), to: "oss2".into(), ring: None }),
                "deaf: oss1 to oss2 on all rings",
            ),
            (
                Fault::Loss(Loss { node: None, ring: Some(0), percent: 20 }),
                "loss of 20 %: all on ring 0",
            ),
            (
                Fault::Flap(Flap { node: Some(name()), ring: Some(0), period, lasts }),
                "flapping every 1000 ms: oss1 on ring 0",
            ),
        ];
        for (fault, expected) in cases {
            assert_eq!(fault.to_string(), expected);
        }
    }
}
