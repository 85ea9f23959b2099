//! The steps themselves.

use super::inventory::Inventory;
use super::record::Record;
use super::{Consent, Standing, TakeOver, pause};
use crate::answer::{DONE, Failure, Outcome, line, print};
use crate::edit::{self, Manner};
use crate::input::cib_of;
use crate::picture::Picture;
use crate::verbs::import::{self, CibSource, Imported, Luggage, Source, has_watchdog};
use crate::verbs::pacemaker;
use crate::{preview, systemd};
use api::{AttributeChange, Request};
use cluster::{Configuration, Difference};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// How long nodes may take to find what runs on them.
const FOUND: Duration = Duration::from_secs(60);
/// How often it is looked.
const AGAIN: Duration = Duration::from_millis(500);

impl TakeOver {
    /// Pacemaker leaves everything alone, what runs is written down, our files are written.
    pub(super) fn prepare(&self, consent: Consent) -> Outcome {
        if !pacemaker::is_running() {
            return Err(wrong("no Pacemaker runs on this machine to take over from"));
        }
        let imported = import::read(&source())?;
        print(&imported.told());
        if !consent.force {
            refuse_obstacles(&imported)?;
        }
        let question = "Pacemaker will be put into maintenance mode: nothing is stopped, and until the \
                        take-over is finished or undone nothing that fails is recovered. Do it?";
        consent.given(question)?;
        pacemaker::set_maintenance(true)?;
        pacemaker::wait_until_idle()?;
        let text = pacemaker::cib()?;
        let imported = import::read(&source())?;
        if imported.cib.configuration.version != cib_of("the cluster", &text)?.configuration.version
        {
            return Err(wrong("the configuration changes while it is read; try again"));
        }
        let record = Record::of(&self.destination);
        if record.exists() {
            self.destination.put_aside(record.folder())?;
        }
        self.destination.write(&luggage(&imported))?;
        record.keep(&text)?;
        let running = Inventory::of(&Picture::of_file(imported.cib)).len();
        line(&format!(
            "Prepared: {running} services are in their places, and Pacemaker leaves them alone."
        ));
        line("Next, when every node is prepared: `systole take-over switch`, on every node.");
        DONE
    }

    /// Pacemaker ends here, and our daemon takes its place.
    pub(super) fn switch(&self, consent: Consent) -> Outcome {
        let before = Record::of(&self.destination).before()?;
        if pacemaker::is_running() {
            let now = cib_of("the cluster", &pacemaker::cib()?)?;
            is_still_as_recorded(&before.cib.configuration, &now.configuration)?;
        }
        consent
            .given("Pacemaker and Corosync will end on this node; what they run goes on. Do it?")?;
        pacemaker::stop()?;
        line("Pacemaker and Corosync have ended here. What they ran goes on.");
        if systemd::is_here() {
            systemd::node("enable")?;
            systemd::node("start")?;
            line("Our node has been started.");
        } else {
            line("Next: start `systole node` here.");
        }
        line("Then, when every node has switched: `systole take-over finish`, on one node.");
        DONE
    }

    /// What runs is compared with what ran; only if that is the same, we begin to care for it.
    pub(super) fn finish(&self, consent: Consent) -> Outcome {
        let record = Record::of(&self.destination);
        let before = record.before()?;
        let now = self.wait_until_same(&before, consent)?;
        self.hand_attributes_over(&before, &now)?;
        let configuration = &self.connection.cib()?.configuration;
        let after = pause::resumed(configuration, &before.cib.configuration);
        let difference = Difference::between(configuration, &after);
        let manner =
            Manner { name: "take-over", message: "the take-over is finished", ..Manner::default() };
        let foreseen = preview::of(&self.connection, &edit::request(&difference, manner))?;
        print(&preview::text(&foreseen)?);
        let interrupted = preview::interrupted(&foreseen);
        if !interrupted.is_empty() && !consent.force {
            return Err(Failure::Unsafe(format!(
                "the cluster would interrupt {}, so it stays in maintenance mode; `systole explain` \
                 tells why, and --force does it all the same",
                interrupted.join(", ")
            )));
        }
        consent.given("The cluster will leave maintenance mode. Do it?")?;
        edit::send(&self.connection, (configuration, &after), manner)?;
        record.close()?;
        line("The services are this cluster's now; none was stopped.");
        line(
            "On the other nodes nothing is left to do. Remove Pacemaker and Corosync when you like.",
        );
        DONE
    }

    /// Back to Pacemaker.
    pub(super) fn undo(&self, consent: Consent) -> Outcome {
        match self.standing() {
            Standing::Nothing => Err(wrong("no take-over was begun on this node")),
            Standing::Before => {
                Err(wrong("nothing was prepared on this node; nothing is to be undone"))
            }
            Standing::Prepared => self.leave_theirs_alone(consent),
            Standing::Finished => Err(wrong(
                "the cluster takes care of everything, and would stop what runs here; to go back all \
                 the same, set maintenance-mode=true first",
            )),
            Standing::Switched => {
                self.stop_ours(consent)?;
                self.give_back()
            }
            Standing::Between => self.give_back(),
        }
    }

    fn stop_ours(&self, consent: Consent) -> Result<(), Failure> {
        consent.given("Our node will end here; what runs goes on. Do it?")?;
        if systemd::is_here() {
            systemd::node("disable")?;
        }
        self.connection.change(&Request::Shutdown)?;
        let begin = Instant::now();
        while self.is_ours_running() {
            if begin.elapsed() > FOUND {
                return Err(Failure::TimedOut("our node still runs; look at its log".to_owned()));
            }
            std::thread::sleep(AGAIN);
        }
        Ok(())
    }

    /// Our files go, and Pacemaker comes back.
    fn give_back(&self) -> Outcome {
        self.take_files_back()?;
        if pacemaker::start()? {
            line("Corosync and Pacemaker have been started.");
        } else {
            line("Next: start Corosync and Pacemaker here.");
        }
        line(
            "They are in maintenance mode. When they run on every node again: `crm_attribute --name \
             maintenance-mode --update false`, on one node.",
        );
        DONE
    }

    /// Our files go; Pacemaker runs here still.
    fn leave_theirs_alone(&self, consent: Consent) -> Outcome {
        let before = Record::of(&self.destination).before()?;
        let now = Picture::of_file(cib_of("the cluster", &pacemaker::cib()?)?);
        let differences = Inventory::of(&before).differences(&Inventory::of(&now));
        let stays = !differences.is_empty() && !consent.force;
        if stays {
            print(&lines(&differences));
        }
        consent.given(match stays {
            true => "Our files will go. Pacemaker stays in maintenance mode. Do it?",
            false => "Our files will go, and Pacemaker will leave maintenance mode. Do it?",
        })?;
        self.take_files_back()?;
        if stays {
            line(
                "Our files are gone. Pacemaker stays in maintenance mode, because what runs is not \
                 what ran: when every node is back, `crm_attribute --name maintenance-mode --update \
                 false`.",
            );
            return DONE;
        }
        pacemaker::set_maintenance(false)?;
        line(
            "Pacemaker takes care of everything again. Other nodes that are prepared: the same there.",
        );
        DONE
    }

    fn take_files_back(&self) -> Result<(), Failure> {
        let record = Record::of(&self.destination);
        self.destination.put_aside(record.folder())?;
        record.close()
    }

    /// Waits until all nodes are there and have found what ran on them.
    fn wait_until_same(&self, before: &Picture, consent: Consent) -> Result<Picture, Failure> {
        let expected = Inventory::of(before);
        let begin = Instant::now();
        loop {
            let now = Picture::take(&self.connection)?;
            let missing = missing_nodes(before, &now);
            let mut reasons: Vec<String> =
                missing.iter().map(|node| format!("{node} has not switched yet")).collect();
            if reasons.is_empty() {
                reasons = expected.differences(&Inventory::of(&now));
            }
            if reasons.is_empty() {
                line(&format!("{} services are where they were.", expected.len()));
                return Ok(now);
            }
            if begin.elapsed() > FOUND || !missing.is_empty() {
                print(&lines(&reasons));
                if consent.force {
                    return Ok(now);
                }
                return Err(Failure::Unsafe(
                    "not everything is as it was, so the cluster stays in maintenance mode; --force \
                     takes it as it is"
                        .to_owned(),
                ));
            }
            std::thread::sleep(AGAIN);
        }
    }

    /// What agents and people said of nodes until those leave: without it services would move.
    fn hand_attributes_over(&self, before: &Picture, now: &Picture) -> Result<(), Failure> {
        for status in before.cib.status.nodes.values() {
            let known = now.status_of(&status.name);
            for (name, value) in status.attributes.iter().filter(|(name, _)| is_handed_over(name)) {
                if known.is_some_and(|known| known.attributes.contains_key(name)) {
                    continue;
                }
                self.connection.change(&Request::Attribute(AttributeChange {
                    node: Some(status.name.clone()),
                    name: name.clone(),
                    value: Some(value.clone()),
                    dampen_ms: 0,
                }))?;
            }
        }
        Ok(())
    }
}

/// Attributes that speak of Pacemaker itself, or of failures that it counted, stay behind.
fn is_handed_over(name: &str) -> bool {
    let of_pacemaker = ["shutdown", "terminate", "probe_complete"].contains(&name);
    let of_failures = name.starts_with("fail-count-") || name.starts_with("last-failure-");
    let is_internal = name.starts_with('#') && !name.starts_with("#health");
    !(of_pacemaker || of_failures || is_internal)
}

fn source() -> Source {
    Source { conf: import::COROSYNC_CONF.into(), key: None, cib: CibSource::Running }
}

fn luggage(imported: &Imported) -> Luggage {
    Luggage {
        conf: imported.conf.clone(),
        key: imported.key.clone(),
        configuration: pause::paused(&imported.cib.configuration),
    }
}

/// What would lose services, or the nodes they run on.
fn refuse_obstacles(imported: &Imported) -> Result<(), Failure> {
    let configuration = &imported.cib.configuration;
    let mut obstacles: Vec<String> =
        imported.unsupported().map(|entry| format!("{}: {}", entry.subject, entry.words)).collect();
    if has_watchdog(configuration) {
        obstacles.push(
            "SBD resets nodes that lose quorum, which they do here: stop it on all nodes first"
                .to_owned(),
        );
    }
    let policy = configuration.property("no-quorum-policy");
    if ["suicide", "fence"].contains(&policy) {
        obstacles.push(format!(
            "no-quorum-policy={policy} fences nodes when others have gone: set it to freeze first"
        ));
    }
    if obstacles.is_empty() {
        return Ok(());
    }
    obstacles.push("nothing was done; --force goes on all the same".to_owned());
    Err(Failure::Unsafe(obstacles.join("\n")))
}

/// What was written down must still be true when Pacemaker ends.
fn is_still_as_recorded(before: &Configuration, now: &Configuration) -> Result<(), Failure> {
    let of = |version: cluster::Version| (version.admin_epoch, version.epoch);
    if !pause::is_on(now) {
        return Err(wrong(
            "Pacemaker is not in maintenance mode, and would stop what it runs: `systole take-over \
             prepare` once more",
        ));
    }
    if of(before.version) != of(now.version) {
        return Err(wrong(
            "the configuration has changed since it was written down: `systole take-over prepare` once \
             more, on every node",
        ));
    }
    Ok(())
}

/// Nodes that were there and are not.
fn missing_nodes(before: &Picture, now: &Picture) -> BTreeSet<String> {
    let online = |picture: &Picture| -> BTreeSet<String> {
        let situation = picture.situation();
        let nodes = situation.nodes.iter().map(|(_, node)| node).filter(|node| node.is_online);
        nodes.map(|node| node.name.clone()).collect()
    };
    online(before).difference(&online(now)).cloned().collect()
}

fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect()
}

fn wrong(why: &str) -> Failure {
    Failure::Unsafe(why.to_owned())
}
