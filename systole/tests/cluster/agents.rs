//! Agents as Debian ships them, unmodified, on a running cluster: each is started, watched, harmed,
//! brought back, moved and stopped, and whether its service is there is looked at on the nodes
//! themselves. They stand in `agents.txt`, whose head says what the words mean.

use crate::lines::first;
use crate::rig::Rig;
use cli::observer::Observer;
use lab::LabOptions;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a step may take on a busy machine; some agents wait half a minute before they say anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Between two looks, which cost several processes each.
const AGAIN: Duration = Duration::from_millis(300);
/// As many agents are tried side by side.
const AT_ONCE: usize = 5;

/// An agent, and how to see what it does.
#[derive(Default)]
struct Row<'t> {
    agent: &'t str,
    resource: &'t str,
    skip: Option<&'t str>,
    needs: Vec<(&'t str, &'t str)>,
    before: Vec<&'t str>,
    crm: Vec<&'t str>,
    there: &'t str,
    told: Option<&'t str>,
    harm: &'t str,
    gone: Option<&'t str>,
}

/// What became of a row: of each step that was tried, or why none was.
enum Outcome {
    Skipped(String),
    Tried(Vec<Result<(), String>>),
}

/// In this order; after one that goes wrong the rest is not tried.
const STEPS: [&str; 6] = ["start", "monitor", "fail", "recover", "move", "stop"];

#[test]
fn debians_agents_work_on_a_cluster() {
    if os::account::effective_user() != 0 {
        println!("skipped: agents mount, route and change users, which takes root");
        return;
    }
    let installed_first = |options: LabOptions| LabOptions {
        daemon: [
            &["env".to_owned(), "SYSTOLE_PREFER_INSTALLED_AGENTS=1".to_owned()][..],
            &options.daemon,
        ]
        .concat(),
        ..options
    };
    let Some(rig) = Rig::up_with(2, installed_first) else { return };
    let cluster = rig.cluster();
    let options = "property stonith-enabled=false\nrsc_defaults resource-stickiness=100\n";
    cluster.load(first(cluster), "options", options).expect("options are taken");
    let rows = rows(include_str!("agents.txt"));
    let outcomes = try_all(cluster, &rows);
    print_table(&rows, &outcomes);
    cluster.never_twice().expect("nothing ran twice");
    let failed = outcomes.iter().filter(|outcome| outcome.failure().is_some()).count();
    assert_eq!(failed, 0, "agents that do not work");
}

fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    let lines = text.lines().skip_while(|line| !line.starts_with('#'));
    for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some(fact) = line.strip_prefix("  ") else {
            let (agent, resource) = line.split_once(' ').expect("an agent, and a resource");
            rows.push(Row { agent, resource, ..Row::default() });
            continue;
        };
        let row = rows.last_mut().expect("an agent stands in front of what belongs to it");
        let (word, value) = fact.split_once(' ').expect("a word, and what it says");
        let value = value.trim_start();
        match word {
            "skip" => row.skip = Some(value),
            "needs" => row.needs.push(value.split_once(": ").expect("what is needed, and a test")),
            "before" => row.before.push(value),
            "crm" => row.crm.push(value),
            "there" => row.there = value,
            "told" => row.told = Some(value),
            "break" => row.harm = value,
            "gone" => row.gone = Some(value),
            other => panic!("`{other}` says nothing"),
        }
    }
    rows
}

/// Tries a few rows at a time, in their order.
fn try_all(cluster: &Observer, rows: &[Row<'_>]) -> Vec<Outcome> {
    let outcomes: Mutex<Vec<Option<Outcome>>> = Mutex::new(rows.iter().map(|_| None).collect());
    let queue = Mutex::new(rows.iter().enumerate());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((place, row)) = next() {
                    let outcome = Trial { cluster, row }.run();
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner)[place] = Some(outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.into_iter().map(|outcome| outcome.expect("each row was tried")).collect()
}

fn print_table(rows: &[Row<'_>], outcomes: &[Outcome]) {
    let cells = |cells: [&str; 6]| cells.map(|cell| format!("{cell:9}")).concat();
    println!("{:26}{}", "", cells(STEPS).trim_end());
    for (row, outcome) in rows.iter().zip(outcomes) {
        let said = match outcome {
            Outcome::Skipped(why) => format!("skipped ({why})"),
            Outcome::Tried(steps) => cells(std::array::from_fn(|place| match steps.get(place) {
                Some(Ok(())) => "ok",
                Some(Err(_)) => "FAILED",
                None => "-",
            })),
        };
        println!("{:26}{}", row.agent, said.trim_end());
        for line in outcome.failure().unwrap_or_default().lines() {
            println!("    {line}");
        }
    }
}

impl Outcome {
    fn failure(&self) -> Option<&str> {
        match self {
            Self::Tried(steps) => steps.last()?.as_ref().err().map(String::as_str),
            Self::Skipped(_) => None,
        }
    }
}

/// A row on a cluster.
struct Trial<'c> {
    cluster: &'c Observer,
    row: &'c Row<'c>,
}

impl Trial<'_> {
    fn run(&self) -> Outcome {
        if let Some(why) = self.hindrance() {
            return Outcome::Skipped(why);
        }
        let mut tried = Vec::new();
        for step in STEPS {
            tried.push(match step {
                "start" => self.start(),
                "monitor" => self.monitor(),
                "fail" => self.fail(),
                "recover" => self.recover(),
                "move" => self.move_away(),
                _ => self.stop(),
            });
            if let Some(Err(why)) = tried.last_mut() {
                why.push_str(&self.log());
                break;
            }
        }
        Outcome::Tried(tried)
    }

    /// Why this agent cannot be tried on this machine.
    fn hindrance(&self) -> Option<String> {
        if let Some(why) = self.row.skip {
            return Some(why.to_owned());
        }
        let script = self.row.agent.split(':').skip(1).collect::<PathBuf>();
        if !Path::new("/usr/lib/ocf/resource.d").join(script).exists() {
            return Some("packages resource-agents, pacemaker-resource-agents".to_owned());
        }
        let missing = self.row.needs.iter().find(|(_, test)| self.on(self.first(), test).is_err());
        missing.map(|(what, _)| format!("needs {what}"))
    }

    fn start(&self) -> Result<(), String> {
        for node in self.nodes() {
            self.row.before.iter().try_for_each(|line| self.on(node, line).map(drop))?;
        }
        let loaded = self.cluster.load(self.first(), self.row.agent, &self.row.crm.join("\n"));
        loaded.map_err(|error| error.to_string())?;
        until(|| self.is_only_on(|_| true).and_then(|()| self.has_no_failure()))
    }

    /// A monitor has come back well, which is in the status, and has done what it is to do.
    fn monitor(&self) -> Result<(), String> {
        let node = self.place()?;
        let asked = format!("crm_resource -O -r {} -N {node}", self.primitive());
        until(|| {
            let history = self.on(self.first(), &asked)?;
            let well = |line: &&str| line.contains("_monitor_") && !line.contains("_monitor_0");
            history.lines().find(well).map(drop).ok_or_else(|| format!("no monitor: {history}"))?;
            self.row.told.map_or(Ok(()), |told| self.on(node, told).map(drop))
        })?;
        self.has_no_failure()
    }

    /// The service is gone at once, and the agent notices.
    fn fail(&self) -> Result<(), String> {
        let (harm, there) = (self.row.harm, self.row.there);
        let look = format!("({there}) >/dev/null 2>&1 || exit 0; sleep 0.05");
        let gone = format!("set -e\n{harm}\nfor i in $(seq 40); do {look}; done; exit 1");
        self.on(self.place()?, &gone)?;
        until(|| match self.has_no_failure() {
            Ok(()) => Err("no failure is shown".to_owned()),
            Err(_) => Ok(()),
        })
    }

    fn recover(&self) -> Result<(), String> {
        until(|| self.is_only_on(|_| true))?;
        self.on(self.first(), &format!("crm_resource --cleanup -r {}", self.row.resource))?;
        until(|| self.is_only_on(|_| true).and_then(|()| self.has_no_failure()))
    }

    fn move_away(&self) -> Result<(), String> {
        let here = self.place()?;
        let there = self.nodes().find(|node| *node != here).expect("there are two nodes");
        let role = if self.is_promotable() { " --promoted" } else { "" };
        let resource = self.row.resource;
        self.on(self.first(), &format!("crm_resource --move -r {resource} -N {there}{role}"))?;
        until(|| self.is_only_on(|node| node == there).and_then(|()| self.has_no_failure()))?;
        self.on(self.first(), &format!("crm_resource --clear -r {resource}")).map(drop)
    }

    fn stop(&self) -> Result<(), String> {
        let resource = self.row.resource;
        let stop = format!("crm_resource -r {resource} --meta -p target-role -v Stopped");
        self.on(self.first(), &stop)?;
        until(|| {
            let places = self.places();
            if !places.is_empty() {
                return Err(format!("it is still on {places:?}"));
            }
            let gone = |node| self.row.gone.map_or(Ok(()), |gone| self.on(node, gone).map(drop));
            self.nodes().try_for_each(gone)?;
            let located = self.located()?;
            match located.contains("is NOT running") {
                true => self.has_no_failure(),
                false => Err(format!("the cluster says: {located}")),
            }
        })
    }

    /// The service is on one node, one that fits, and the cluster says the same.
    fn is_only_on(&self, fits: impl Fn(&str) -> bool) -> Result<(), String> {
        let node = self.place()?;
        if !fits(node) {
            return Err(format!("it is on {node}"));
        }
        let located = self.located()?;
        let promoted = if self.is_promotable() { " Promoted" } else { "" };
        match located.contains(&format!("is running on: {node}{promoted}")) {
            true => Ok(()),
            false => Err(format!("it is on {node}, the cluster says: {located}")),
        }
    }

    /// The node where the service is.
    fn place(&self) -> Result<&str, String> {
        match self.places()[..] {
            [node] => Ok(node),
            ref nodes => Err(format!("it is on {nodes:?}")),
        }
    }

    fn places(&self) -> Vec<&str> {
        self.nodes().filter(|node| self.on(node, self.row.there).is_ok()).collect()
    }

    fn located(&self) -> Result<String, String> {
        self.on(self.first(), &format!("crm_resource --locate -r {}", self.row.resource))
    }

    /// What the status shows as failed: `  * ID ACTION on NODE ...`.
    fn has_no_failure(&self) -> Result<(), String> {
        let status = self.on(self.first(), "crm_mon -1rf")?;
        let start = format!("  * {} ", self.primitive());
        match status.lines().find(|line| line.starts_with(&start)) {
            Some(line) => Err(line.trim().to_owned()),
            None => Ok(()),
        }
    }

    /// What the first node's log says of the resource, and of what agents said.
    fn log(&self) -> String {
        let log = self.cluster.lab().log_of(self.first());
        let log = std::fs::read_to_string(log).unwrap_or_default();
        let own = format!(" {} ", self.primitive());
        let lines = log.lines().filter(|line| line.contains(&own));
        lines.map(|line| format!("\n  {line}")).collect()
    }

    /// Runs a shell's line on a node; gives what it says when it ends with 0.
    fn on(&self, node: &str, line: &str) -> Result<String, String> {
        let output = self.cluster.lab().run_in(node, &["sh", "-c", line]);
        let output = output.map_err(|error| error.to_string())?;
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).trim().to_owned();
        match output.status.success() {
            true => Ok(said),
            false => Err(format!("{node}$ {line}\n{}: {said}", output.status)),
        }
    }

    fn nodes(&self) -> impl Iterator<Item = &str> {
        self.cluster.lab().options().nodes.iter().map(String::as_str)
    }

    fn first(&self) -> &str {
        first(self.cluster)
    }

    fn primitive(&self) -> &str {
        let lines = self.row.crm.iter();
        let primitive = lines.filter_map(|line| line.strip_prefix("primitive ")).next();
        primitive.and_then(|line| line.split(' ').next()).expect("a primitive")
    }

    fn is_promotable(&self) -> bool {
        self.row.crm.iter().any(|line| line.contains("promotable=true"))
    }
}

/// Looks again and again until it is so.
fn until(look: impl Fn() -> Result<(), String>) -> Result<(), String> {
    let end = Instant::now() + PATIENCE;
    loop {
        match look() {
            Err(why) if Instant::now() > end => return Err(why),
            Err(_) => std::thread::sleep(AGAIN),
            Ok(()) => return Ok(()),
        }
    }
}
