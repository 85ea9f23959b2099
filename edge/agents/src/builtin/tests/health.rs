//! Stories of the agents that say how healthy a node is, and of `attribute` and `Delay`.

use super::Stage;

#[test]
fn attribute_is_what_it_says() {
    let mut stage = Stage::new("pacemaker", "attribute", &[("active_value", "here")]);
    stage.tool("attrd_updater", "echo 'name=\"opa-res:0\" host=\"oss01\" value=\"here\"'");
    for (action, code, asked) in [
        ("monitor", 7, ""),
        ("start", 0, "-n opa-res:0 -U here"),
        ("monitor", 0, "-n opa-res:0 -Q"),
        ("reload", 0, "-n opa-res:0 -U here"),
        ("stop", 0, "-n opa-res:0 -U 0"),
        ("stop", 0, ""),
        ("monitor", 7, ""),
    ] {
        assert_eq!(stage.plays(action), code, "{action}");
        assert_eq!(stage.heard("attrd_updater").join("\n"), asked, "{action}");
    }
    assert_eq!(stage.plays("start"), 0);
    stage.set("active_value", "there");
    assert!(stage.reason("monitor").contains("is \"here\", not \"there\""));
    stage.tool("attrd_updater", "exit 1");
    assert!(stage.reason("monitor").contains("is not set, not \"there\""));
    assert_eq!(stage.plays("start"), 1);
}

#[test]
fn delay_waits_and_refuses_what_is_no_time() {
    let mut stage = Stage::new("heartbeat", "Delay", &[("startdelay", "0"), ("stopdelay", "0")]);
    stage.set("mondelay", "0");
    for (action, code) in
        [("monitor", 7), ("stop", 0), ("start", 0), ("start", 0), ("monitor", 0), ("stop", 0)]
    {
        assert_eq!(stage.plays(action), code, "{action}");
    }
    stage.set("startdelay", "a while");
    assert_eq!((stage.plays("start"), stage.plays("validate-all")), (2, 2));
}

#[test]
fn processors_are_judged_by_what_they_did_since_the_last_look() {
    for (kind, attribute, limits) in [
        (
            "HealthCPU",
            "#health-cpu",
            [("0", "0", "green"), ("101", "0", "yellow"), ("101", "101", "red")],
        ),
        (
            "HealthIOWait",
            "#health-iowait",
            [("100", "100", "green"), ("-1", "100", "yellow"), ("-1", "-1", "red")],
        ),
    ] {
        let mut stage = Stage::new("pacemaker", kind, &[("dampen", "9s")]);
        assert_eq!(stage.plays("monitor"), 7);
        assert_eq!(stage.plays("start"), 0);
        stage.heard("attrd_updater");
        for (yellow, red, colour) in limits {
            stage.set("yellow_limit", yellow);
            stage.set("red_limit", red);
            assert_eq!(stage.plays("monitor"), 0);
            let expected = format!("-n {attribute} -v {colour} -d 9s");
            assert_eq!(stage.heard("attrd_updater"), [expected], "{kind}");
        }
        assert_eq!(stage.plays("stop"), 0);
        assert!(stage.heard("attrd_updater").is_empty(), "{kind}: who goes calls nobody well");
        assert_eq!(stage.plays("monitor"), 7);
        stage.set("red_limit", "much");
        assert_eq!((stage.plays("start"), stage.plays("stop")), (6, 0));
    }
}

#[test]
fn the_worst_disk_decides() {
    let mut stage = Stage::new("pacemaker", "HealthSMART", &[("drives", "/dev/sda /dev/sdb")]);
    stage.set("smartctl", "smartctl");
    assert_eq!((stage.plays("monitor"), stage.plays("stop")), (5, 0), "smartctl is missing");
    assert!(stage.reason("start").contains("install it"));
    stage.heard("attrd_updater");
    stage.tool("smartctl", "for d; do :; done; test $d = /dev/sdb && exit 8; exit 0");
    assert_eq!(stage.plays("start"), 0);
    assert_eq!(stage.heard("smartctl"), ["-H -A /dev/sda", "-H -A /dev/sdb"]);
    assert_eq!(stage.heard("attrd_updater"), ["-n #health-smart -v red -d 5s"]);
    stage.set("drives", "/dev/sda");
    stage.set("devices", "megaraid,0 megaraid,1");
    assert_eq!(stage.plays("monitor"), 0);
    let asked = ["-H -A -d megaraid,0 /dev/sda", "-H -A -d megaraid,1 /dev/sda"];
    assert_eq!(stage.heard("smartctl"), asked);
    assert_eq!(stage.heard("attrd_updater"), ["-n #health-smart -v green -d 5s"]);
    stage.tool("smartctl", "echo 'No such device'; exit 2");
    assert!(stage.reason("monitor").contains("No such device"));
    assert_eq!(stage.heard("attrd_updater"), Vec::<String>::new(), "nothing is known");
}

#[test]
fn the_worst_sensor_decides() {
    let mut stage = Stage::new("pacemaker", "SystemHealth", &[]);
    stage.tool("ipmitool", "echo 'Fan 1 | 4200 RPM | ok'; echo 'CPU Temp | 91 degrees C | cr'");
    assert_eq!(stage.plays("start"), 0);
    assert_eq!(stage.heard("ipmitool"), ["sdr list"]);
    assert_eq!(stage.heard("attrd_updater"), ["-n #health-ipmi -v red -d 5s"]);
    stage.set("ignore", "PSU 2, CPU Temp");
    assert_eq!(stage.plays("monitor"), 0);
    assert_eq!(stage.heard("attrd_updater"), ["-n #health-ipmi -v green -d 5s"]);
    stage.tool("ipmitool", "echo 'Could not open device at /dev/ipmi0' >&2; exit 1");
    assert!(stage.reason("monitor").contains("/dev/ipmi0"));
    assert_eq!(stage.plays("stop"), 0);
}
