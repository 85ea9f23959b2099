//! Stories of the agents that watch interfaces. What they read of the kernel is tested beside it.

use super::Stage;

#[test]
fn an_interface_that_is_not_there_is_slow() {
    let mut stage = Stage::new("pacemaker", "ifspeed", &[("iface", "nosuch0")]);
    for (action, code, asked) in [
        ("monitor", 7, ""),
        ("start", 0, "-n ifspeed -B 0 -d 5"),
        ("monitor", 0, "-n ifspeed -v 0 -d 5"),
        ("stop", 0, "-D -n ifspeed -d 5"),
        ("monitor", 7, ""),
    ] {
        assert_eq!(stage.plays(action), code, "{action}");
        assert_eq!(stage.heard("attrd_updater").join("\n"), asked, "{action}");
    }
    stage.set("iface", "");
    assert!(stage.reason("start").contains("set parameter iface"));
    stage.set("ip", "not an address");
    assert_eq!(stage.plays("start"), 6);
    stage.set("ip", "127.0.0.1");
    assert_eq!(stage.plays("validate-all"), 0);
}

#[test]
fn an_interface_works_while_it_has_a_link() {
    let mut stage = Stage::new("heartbeat", "ethmonitor", &[("interface", "nosuch0")]);
    for (name, value) in [("repeat_count", "2"), ("repeat_interval", "0"), ("multiplier", "10")] {
        stage.set(name, value);
    }
    assert_eq!((stage.plays("monitor"), stage.plays("validate-all")), (7, 6));
    assert_eq!(stage.plays("start"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n ethmonitor-nosuch0 -U 0"]);
    stage.set("interface", "lo");
    stage.set("link_status_only", "true");
    stage.set("name", "up");
    assert_eq!((stage.plays("validate-all"), stage.plays("monitor")), (0, 0));
    assert_eq!(stage.heard("attrd_updater"), ["-n up -U 10"]);
    stage.set("infiniband_device", "mlx5_9");
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n up -U 0"], "its InfiniBand port is not active");
    assert_eq!(stage.plays("stop"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-D -n up"]);
    assert_eq!(stage.plays("monitor"), 7);
    stage.set("repeat_count", "often");
    assert_eq!(stage.plays("start"), 6);
}
