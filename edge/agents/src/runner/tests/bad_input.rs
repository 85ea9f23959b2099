//! Agents that are broken, and values that try to be more than values.

use super::*;

#[tokio::test]
async fn an_agent_that_may_not_be_executed_is_told_so() {
    let bench = Bench::new();
    bench.file("ocf/resource.d/test/agent", "#!/bin/sh\nexit 0\n");
    let outcome = Runner::new(bench.settings()).run(&story("start", 5000)).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::CouldNotRun, 4));
    let words = outcome.in_words();
    assert!(words.contains("may not be executed: chmod 755"), "{words}");
}

#[tokio::test]
async fn a_gigabyte_of_output_costs_no_memory() {
    let bench = Bench::new();
    let before = most_memory();
    let script = "head -c 500000000 /dev/zero; head -c 500000000 /dev/zero >&2
        echo; echo end; echo >&2; echo ocf-exit-reason:full >&2; exit 1";
    let outcome = play(&bench, script, &story("monitor", 300_000)).await;
    assert_eq!((outcome.verdict, outcome.code), (Verdict::Exited, 1));
    assert!(outcome.stdout.ends_with("\nend\n"));
    assert!(outcome.stdout.len() + outcome.stderr.len() <= 128 << 10);
    assert!(outcome.exit_reason.ends_with("full"), "{}", outcome.exit_reason.len());
    let more = most_memory() - before;
    assert!(more < 100 << 10, "{more} KiB");
}

/// The most memory that this process ever had, in KiB (proc(5), `VmHWM`).
fn most_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[tokio::test]
async fn exit_codes_that_mean_nothing_are_told_in_words() {
    let bench = Bench::new();
    let cases = [
        ("exit 137", "exit code 137: a program of it was killed by signal 9"),
        ("sh -c 'kill -9 $$'; exit $?", "killed by signal 9"),
        ("no-such-command", "(exit code 127: something that it calls is not on this node)"),
        ("exit 42", "exit code 42: which says nothing to a cluster"),
        ("echo ocf-exit-reason:no disk >&2; exit 200", "no disk (exit code 200: "),
        ("echo 'the disk is on fire' >&2; exit 1", "the disk is on fire"),
    ];
    for (script, expected) in cases {
        let outcome = play(&bench, script, &story("start", 5000)).await;
        assert_eq!(outcome.verdict, Verdict::Exited, "{script}");
        let words = outcome.in_words();
        assert!(words.contains(expected), "{script}: {words}");
    }
}

#[tokio::test]
async fn a_value_stays_a_value() {
    let bench = Bench::new();
    let touched = bench.path().join("touched");
    let touch = format!("touch {}", touched.display());
    let values = [
        format!("a\n{touch}\nb"),
        format!("'; {touch}; '"),
        format!("\"; {touch}; \""),
        format!("$({touch})"),
        format!("`{touch}`"),
        format!("x & {touch} | {touch} > {}", touched.display()),
        "() { :; }; echo vulnerable".to_owned(),
        "über \u{1b}[31m".to_owned(),
    ];
    for value in values {
        let mut request = story("start", 5000);
        request.parameters = vec![("v".into(), value.clone()), (format!("n;{touch}"), "x".into())];
        request.meta = vec![("m".into(), value.clone())];
        let script =
            "printf %s \"$OCF_RESKEY_v\"; test \"$OCF_RESKEY_CRM_meta_m\" = \"$OCF_RESKEY_v\"";
        let outcome = play(&bench, script, &request).await;
        assert_eq!((outcome.stdout.as_str(), outcome.code), (value.as_str(), 0));
    }
    assert!(!touched.exists(), "nothing was run that was not meant");
}

/// Names go to programs as one word, or to none at all.
#[tokio::test]
async fn a_name_stays_a_name() {
    let bench = Bench::new();
    bench.program("own", "for word; do echo \"[$word]\"; done");
    std::fs::create_dir_all(bench.path().join("systemd")).unwrap();
    let runner = Runner::new(bench.settings());
    let outcome = runner.run(&of_class("systemd", "--help; reboot\n", "start")).await;
    assert_eq!(outcome.stdout, "[agent]\n[--]\n[systemd]\n[--help; reboot\n]\n[start]\n");
    for name in ["../../bin/sh", "", ".", "..", "a/b"] {
        for class in ["lsb", "service"] {
            let outcome = runner.run(&of_class(class, name, "start")).await;
            assert_eq!(
                (outcome.verdict, outcome.code),
                (Verdict::CouldNotRun, 5),
                "{class}:{name}"
            );
        }
    }
}
