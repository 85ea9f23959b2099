//! A pool's life, with a kernel and a `zpool` of the test's own.

use super::*;
use crate::builtin::Answer;
use crate::builtin::tests::Stage;
use std::path::PathBuf;

/// Where a stage's kernel keeps its statistics.
fn kstats(stage: &Stage) -> PathBuf {
    stage.bench.path().join("kstat")
}

fn play(stage: &Stage, action: &str) -> Answer {
    perform_at(&kstats(stage), &stage.context(), action)
}

fn code(stage: &Stage, action: &str) -> i32 {
    play(stage, action).unwrap_or_else(|failure| failure.code).number()
}

/// A server with one pool on its disks. `zpool` says nothing while the file `hangs` is there, and
/// exports only with force while `busy` is.
fn server() -> Stage {
    let stage =
        Stage::new("heartbeat", "ZFS", &[("pool", "ostpool"), ("importargs", "-N -d /dev")]);
    std::fs::create_dir_all(kstats(&stage)).unwrap();
    let script = "cd $(dirname $0)/..; test -e hangs && exec sleep 600
        case \"$*\" in
        import*ostpool) mkdir -p kstat/ostpool; echo ONLINE > kstat/ostpool/state;;
        import*) printf '   pool: ostpool\\n     id: 1\\n';;
        'export ostpool')
            test -e busy && { echo \"cannot export 'ostpool': pool is busy\" >&2; exit 1; }
            rm -r kstat/ostpool;;
        'export -f ostpool') test -e stuck && { echo stuck >&2; exit 1; }; rm -r kstat/ostpool;;
        'list -H -o health ostpool') cat kstat/ostpool/health 2>/dev/null;;
        *) exit 2;;
        esac";
    stage.tool("zpool", script);
    stage
}

fn is(stage: &Stage, state: &str) {
    std::fs::write(kstats(stage).join("ostpool/state"), format!("{state}\n")).unwrap();
}

#[test]
fn a_pool_is_imported_watched_and_exported() {
    let mut stage = server();
    for (action, ends, calls) in [
        ("monitor", 7, ""),
        ("stop", 0, ""),
        ("validate-all", 0, "import -N -d /dev"),
        ("start", 0, "import -f -N -d /dev -o cachefile=none ostpool"),
        ("start", 0, ""),
        ("monitor", 0, ""),
        ("validate-all", 0, ""),
        ("stop", 0, "export ostpool"),
        ("stop", 0, ""),
        ("monitor", 7, ""),
    ] {
        assert_eq!(code(&stage, action), ends, "{action}");
        assert_eq!(stage.heard("zpool").join("\n"), calls, "{action}");
    }
    stage.set("importforce", "no");
    assert_eq!(code(&stage, "start"), 0);
    assert_eq!(stage.heard("zpool"), ["import -N -d /dev -o cachefile=none ostpool"]);
    stage.set("pool", "../ostpool");
    assert_eq!(code(&stage, "monitor"), 6);
}

/// R3: a pool that is imported is never taken for stopped, and nobody who hangs is asked.
#[test]
fn a_pool_without_its_disks_has_failed_and_hangs_nobody() {
    let stage = server();
    assert_eq!(code(&stage, "start"), 0);
    std::fs::write(stage.bench.path().join("hangs"), "").unwrap();
    for (state, ends) in
        [("ONLINE", 0), ("DEGRADED", 0), ("SUSPENDED", 1), ("FAULTED", 1), ("UNAVAIL", 1)]
    {
        is(&stage, state);
        assert_eq!(code(&stage, "monitor"), ends, "{state}");
    }
    is(&stage, "SUSPENDED");
    assert!(play(&stage, "monitor").unwrap_err().reason.contains("SUSPENDED"));
    assert_eq!(code(&stage, "start"), 1);
}

#[test]
fn force_is_used_when_asking_does_not_help() {
    let mut stage = server();
    assert_eq!(code(&stage, "start"), 0);
    std::fs::write(stage.bench.path().join("busy"), "").unwrap();
    stage.heard("zpool");
    assert_eq!(code(&stage, "stop"), 0);
    assert_eq!(stage.heard("zpool"), ["export ostpool", "export -f ostpool"]);

    assert_eq!(code(&stage, "start"), 0);
    std::fs::write(stage.bench.path().join("stuck"), "").unwrap();
    stage.meta("timeout", "3000");
    let failure = play(&stage, "stop").unwrap_err();
    assert!(
        failure.reason.contains("cannot export ostpool, which is ONLINE (stuck)"),
        "{failure:?}"
    );
    std::fs::write(stage.bench.path().join("hangs"), "").unwrap();
    stage.meta("timeout", "1500");
    let failure = play(&stage, "stop").unwrap_err();
    assert!(failure.reason.contains("what it looks at hangs"), "{failure:?}");
    assert_eq!(code(&stage, "monitor"), 0, "it is still there");
}

#[test]
fn without_statistics_zpool_is_asked() {
    let mut stage = server();
    assert_eq!(code(&stage, "start"), 0);
    let folder = kstats(&stage).join("ostpool");
    std::fs::remove_file(folder.join("state")).unwrap();
    std::fs::write(folder.join("health"), "DEGRADED\n").unwrap();
    assert_eq!(code(&stage, "monitor"), 0);
    std::fs::remove_file(folder.join("health")).unwrap();
    assert_eq!(code(&stage, "monitor"), 1, "R3: the kernel knows it");
    std::fs::remove_dir_all(kstats(&stage)).unwrap();
    assert_eq!(code(&stage, "monitor"), 7);
    std::fs::write(stage.bench.path().join("hangs"), "").unwrap();
    stage.meta("timeout", "1200");
    assert_eq!(code(&stage, "monitor"), 1, "who does not answer has not said that it is stopped");
    std::fs::remove_file(stage.bench.path().join("tools/zpool")).unwrap();
    assert_eq!((code(&stage, "monitor"), code(&stage, "stop"), code(&stage, "start")), (7, 0, 5));
}
