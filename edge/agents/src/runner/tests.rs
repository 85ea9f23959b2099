//! Stories of agents, good and bad, each a small shell script.

mod bad_input;

use super::*;
use crate::workbench::Bench;
use std::path::Path;

fn story(action: &str, milliseconds: u64) -> Request {
    let mut request = Request::new(Agent::ocf("test", "agent"), action, "res");
    request.timeout = Duration::from_millis(milliseconds);
    request
}

async fn play(bench: &Bench, script: &str, request: &Request) -> Outcome {
    bench.agent("test", "agent", script);
    let outcome = Runner::new(bench.settings()).run(request).await;
    let records = bench.path().join("run/actions").read_dir().map_or(0, Iterator::count);
    assert_eq!(records, 0, "no record outlives its action");
    outcome
}

/// Whether the process whose id a script wrote to `file` still runs.
fn lives(bench: &Bench, file: &str) -> bool {
    let pid = bench.read(file).trim().parse().expect("the script wrote a process id");
    processes::stat(pid).is_some_and(|stat| stat.state != 'Z')
}

async fn dies(bench: &Bench, file: &str) -> bool {
    for _ in 0..200 {
        if !lives(bench, file) {
            return true;
        }
        sleep(Duration::from_millis(5)).await;
    }
    false
}

#[tokio::test]
async fn exit_codes_output_and_the_last_reason_come_back() {
    let bench = Bench::new();
    let script = "echo out $1; echo ocf-exit-reason:first >&2; echo noise >&2
        echo 'ocf-exit-reason: second ' >&2; exit 6";
    let outcome = play(&bench, script, &story("validate-all", 5000)).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 6));
    assert_eq!(outcome.exit_reason, "second");
    assert_eq!(outcome.stdout, "out validate-all\n");
    assert!(outcome.stderr.contains("noise"));
    assert!(outcome.started.0 > 0);
}

#[tokio::test]
async fn an_agent_that_hangs_is_killed_at_its_deadline_with_its_children() {
    let bench = Bench::new();
    let script = format!(
        "sleep 60 & echo $! > {0}/child; echo half; sleep 60; exit 0",
        bench.path().display()
    );
    let outcome = play(&bench, &script, &story("start", 1000)).await;
    assert_eq!((outcome.verdict, outcome.remains), (Verdict::TimedOut, Remains::Nothing));
    assert_eq!(outcome.stdout, "half\n");
    assert!(outcome.exit_reason.contains("start did not end within 1s"));
    assert!(outcome.took < Duration::from_secs(10), "{:?}", outcome.took);
    assert!(!lives(&bench, "child"), "R9");
}

#[tokio::test]
async fn an_agent_that_ignores_sigterm_is_killed_after_the_grace() {
    let bench = Bench::new();
    let script = format!(
        "trap '' TERM; (sleep 60; sleep 60) & echo $! > {0}/child; while :; do sleep 1; done",
        bench.path().display()
    );
    let outcome = play(&bench, &script, &story("stop", 1000)).await;
    assert_eq!((outcome.verdict, outcome.remains), (Verdict::TimedOut, Remains::Nothing));
    let all = outcome.queued + outcome.took;
    assert!(all >= Duration::from_millis(1200), "grace was given: {all:?}");
    assert!(!lives(&bench, "child"), "R9");
}

#[tokio::test]
async fn time_spent_in_the_queue_is_time_spent() {
    let bench = Bench::new();
    let mut request = story("start", 400);
    request.issued = Instant::now().checked_sub(Duration::from_millis(300)).unwrap();
    let outcome = play(&bench, "sleep 10", &request).await;
    assert_eq!(outcome.verdict, Verdict::TimedOut);
    assert!(outcome.queued >= Duration::from_millis(300));
    assert!(outcome.took < Duration::from_secs(10));
    request.issued = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
    let touch = format!("touch {}/ran", bench.path().display());
    let outcome = play(&bench, &touch, &request).await;
    assert_eq!(outcome.verdict, Verdict::TimedOut);
    assert!(!bench.path().join("ran").exists(), "R9: too late is not run at all");
}

#[tokio::test]
async fn much_output_costs_no_memory_and_no_time() {
    let bench = Bench::new();
    let script = "head -c 50000000 /dev/zero | tr '\\0' x; echo; echo end; exit 0";
    let outcome = play(&bench, script, &story("monitor", 20_000)).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 0));
    assert!(outcome.stdout.ends_with("x\nend\n"));
    assert!(outcome.stdout.len() <= 64 << 10);
}

#[tokio::test]
async fn endless_output_does_not_put_off_the_deadline() {
    let bench = Bench::new();
    let outcome = play(&bench, "exec yes", &story("monitor", 200)).await;
    assert_eq!((outcome.verdict, outcome.remains), (Verdict::TimedOut, Remains::Nothing));
    assert!(outcome.took < Duration::from_secs(10));
}

#[tokio::test]
async fn what_a_monitor_forgets_is_ended_and_what_a_start_leaves_is_the_service() {
    let bench = Bench::new();
    let plain = format!("sleep 60 & echo $! > {0}/child; exit 0", bench.path().display());
    let outcome = play(&bench, &plain, &story("monitor", 5000)).await;
    assert_eq!(outcome.code, 0);
    assert!(outcome.took < Duration::from_secs(10), "a held pipe does not hold us");
    assert!(dies(&bench, "child").await, "left by a monitor");

    play(&bench, &format!("{plain}; exit 1"), &story("start", 5000)).await;
    assert!(lives(&bench, "child"), "left by a successful start");
    end(&bench, "child");

    let failed = plain.replace("exit 0", "exit 1");
    play(&bench, &failed, &story("start", 5000)).await;
    assert!(dies(&bench, "child").await, "left by a failed start");

    let daemon = format!(
        "setsid sh -c 'echo $$ > {0}/daemon; exec sleep 60' &
         while ! test -s {0}/daemon; do sleep 0.01; done; exit 1",
        bench.path().display()
    );
    play(&bench, &daemon, &story("start", 5000)).await;
    assert!(lives(&bench, "daemon"), "a service in a session of its own");
    end(&bench, "daemon");
}

fn end(bench: &Bench, file: &str) {
    let pid = bench.read(file).trim().parse().ok().and_then(Pid::from_raw);
    rustix::process::kill_process(pid.unwrap(), Signal::KILL).unwrap();
}

#[tokio::test]
async fn being_killed_by_somebody_else_is_not_an_exit_code() {
    let bench = Bench::new();
    let outcome = play(&bench, "kill -9 $$", &story("monitor", 5000)).await;
    assert_eq!(outcome.verdict, Verdict::Signalled(9));
    assert_eq!(outcome.exit_reason, "killed by signal 9");
}

#[tokio::test]
async fn an_agent_that_is_not_there_has_not_run() {
    let bench = Bench::new();
    let runner = Runner::new(bench.settings());
    let outcome =
        runner.run(&Request::new(Agent::ocf("heartbeat", "Filesystm"), "start", "fs")).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::CouldNotRun, 5));
    assert!(outcome.exit_reason.contains("did you mean ocf:heartbeat:Filesystem?"));
    let unwritable = Settings { run_dir: "/proc/nowhere".into(), ..bench.settings() };
    bench.agent("test", "agent", "exit 0");
    let outcome = Runner::new(unwritable).run(&story("start", 5000)).await;
    assert_eq!(outcome.verdict, Verdict::CouldNotRun);
    assert!(outcome.exit_reason.contains("/proc/nowhere"), "{}", outcome.exit_reason);
}

#[tokio::test]
async fn losing_interest_ends_the_processes() {
    let bench = Bench::new();
    let script = format!("echo $$ > {}/child; sleep 60; sleep 60", bench.path().display());
    bench.agent("test", "agent", &script);
    let runner = Runner::new(bench.settings());
    let request = story("start", 20_000);
    let written = bench.path().join("child");
    tokio::select! {
        _ = runner.run(&request) => unreachable!("the agent sleeps"),
        () = async { while !has_text(&written) { sleep(Duration::from_millis(5)).await } } => {}
    }
    assert!(dies(&bench, "child").await);
}

fn has_text(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0)
}

#[tokio::test]
async fn an_agent_sees_a_clean_environment_and_its_record() {
    let bench = Bench::new();
    let script = format!(
        "while ! grep -q ^pid= {0}/run/actions/*; do sleep 0.01; done; env; cat {0}/run/actions/*",
        bench.path().display()
    );
    let mut request = story("monitor", 5000);
    request.parameters = vec![("passwd".into(), "two words".into())];
    let outcome = play(&bench, &script, &request).await;
    for line in [
        "OCF_RESKEY_passwd=two words",
        "OCF_RESOURCE_TYPE=agent",
        "OCF_RESOURCE_PROVIDER=test",
        "OCF_RESKEY_CRM_meta_timeout=5000",
        "agent=ocf:test:agent",
        "action=monitor",
        "resource=res",
    ] {
        assert!(outcome.stdout.lines().any(|one| one == line), "{line}: {}", outcome.stdout);
    }
    assert!(outcome.stdout.lines().any(|line| line.starts_with("pid=")));
    assert!(!outcome.stdout.contains("CARGO"), "nothing of ours leaks: {}", outcome.stdout);
}

#[tokio::test]
async fn a_fence_agent_reads_its_parameters_and_nothing_that_is_the_clusters() {
    let bench = Bench::new();
    bench.fence("fence_test", &format!("cat > {}/input; exit 2", bench.path().display()));
    let mut request = Request::new(Agent::fence("fence_test"), "off", "st1");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    request.parameters = vec![
        pair("ip", "10.0.2.1"),
        pair("pcmk_host_list", "oss01"),
        pair("plug", "oss01"),
        pair("action", "reboot"),
    ];
    let runner = Runner::new(bench.settings());
    let outcome = runner.run(&request).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 2));
    assert_eq!(bench.read("input"), "action=off\nip=10.0.2.1\nplug=oss01\n");

    request.parameters.push(pair("passwd", "x\naction=reboot"));
    let outcome = runner.run(&request).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::CouldNotRun, 6));

    request.parameters.pop();
    request.parameters.push(pair("big", &"x".repeat(300_000)));
    bench.fence("fence_test", "exit 0");
    assert_eq!(runner.run(&request).await.code, 0, "an agent need not read its input");
}

#[tokio::test]
async fn an_older_plugin_gets_variables_and_a_host() {
    let bench = Bench::new();
    bench.program("plugins/external/test", "echo $1 $2 $hostname; echo '<parameters/>' >&2");
    let mut request = Request::new(Agent::fence("external/test"), "reboot", "st1");
    request.parameters =
        vec![("hostname".into(), "oss01".into()), ("nodename".into(), "oss01".into())];
    let runner = Runner::new(bench.settings());
    assert_eq!(runner.run(&request).await.stdout, "reset oss01 oss01\n");
    assert_eq!(runner.catalogue().fence_agents(), ["external/test"]);
}

#[tokio::test]
async fn a_built_in_agent_is_our_own_binary_with_the_words_of_the_agent() {
    let bench = Bench::new();
    bench.program("own", "echo $*; exit 7");
    let request = Request::new(Agent::ocf("heartbeat", "Filesystem"), "monitor", "fs");
    let outcome = Runner::new(bench.settings()).run(&request).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 7));
    assert_eq!(outcome.stdout, "agent ocf heartbeat Filesystem monitor\n");
}

#[tokio::test]
async fn our_own_binary_is_found_even_when_it_has_been_replaced() {
    let bench = Bench::new();
    let sample = Settings::standard(bench.path());
    let settings = Settings { own_binary: sample.own_binary, ..bench.settings() };
    let request = Request::new(Agent::ocf("pacemaker", "Dummy"), "--list", "web");
    let outcome = Runner::new(settings).run(&request).await;
    // This test's own program takes the agent's words for names of tests, and lists them.
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 0), "{outcome:?}");
    assert!(outcome.stdout.contains("an_agent_that_hangs"), "{outcome:?}");
}

fn of_class(class: &str, kind: &str, action: &str) -> Request {
    let agent = Agent::of_class(class, None, kind).expect("there is such a class");
    Request { timeout: Duration::from_secs(5), ..Request::new(agent, action, "res") }
}

#[tokio::test]
async fn an_init_script_is_told_one_word_and_answers_with_codes_of_its_own() {
    let bench = Bench::new();
    bench.program(
        "init.d/web",
        "env | grep -c OCF_RESKEY >&2; echo $#: $*; test $1 != status || exit 3",
    );
    let runner = Runner::new(bench.settings());
    let cases = [
        ("start", 0, "1: start\n"),
        ("monitor", 7, "1: status\n"),
        ("stop", 0, "1: stop\n"),
        ("promote", 3, ""),
        ("reload", 3, ""),
    ];
    for class in ["lsb", "service"] {
        for (action, code, said) in cases {
            let mut request = of_class(class, "web", action);
            request.parameters = vec![("port".into(), "80".into())];
            let outcome = runner.run(&request).await;
            let ended = (outcome.verdict, outcome.code, outcome.stdout.as_str());
            assert_eq!(ended, (Verdict::Exited, code, said), "{class}: {action}");
            assert_eq!(outcome.stderr.trim(), if said.is_empty() { "" } else { "0" }, "{class}");
        }
    }
    let outcome = runner.run(&of_class("lsb", "none", "start")).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::CouldNotRun, 5));
    assert!(outcome.exit_reason.contains("lsb:none is not on this node"), "{outcome:?}");
}

/// An init script starts its service with a plain `&`, as many do.
#[tokio::test]
async fn what_an_init_script_starts_is_the_service_and_its_status_leaves_nothing() {
    let bench = Bench::new();
    let script = format!("sleep 60 & echo $! > {}/$1; exit 0", bench.path().display());
    bench.program("init.d/web", &script);
    let runner = Runner::new(bench.settings());
    for action in ["start", "monitor"] {
        assert_eq!(runner.run(&of_class("lsb", "web", action)).await.code, 0);
    }
    assert!(dies(&bench, "status").await);
    assert!(lives(&bench, "start"));
    end(&bench, "start");
}
