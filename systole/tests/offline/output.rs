//! What reads answers as JSON, too; what does not says so.

use super::Desk;
use std::process::Command;

#[test]
fn answers_for_programs() {
    let desk = Desk::new("output");
    let cases = [
        ("crm --output json configure show a", "\"kind\": \"primitive\""),
        ("crm configure show a --output json", "\"configuration\": \""),
        ("crm resource status --output json", "\"resources\": ["),
        ("crm node list --output json", "\"configured\": {"),
        ("crm status --output json", "\"quorate\": "),
        ("crm ra classes --output json", "\"classes\": ["),
        ("crm ra info ocf:pacemaker:Dummy --output json", "\"parameters\": ["),
        ("crm configure property cluster-name=x --dry-run --output json", "\"consequences\": ["),
        ("systole status --output json", "\"nodes\": ["),
        ("systole config show --output json", "\"objects\": ["),
    ];
    for (line, expected) in cases {
        let line = line.strip_prefix("systole ").unwrap_or(line);
        let output = desk.run(line);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{line}: {said}");
        assert!(text.starts_with("{\n") && text.contains("\n  \"version\": 1"), "{line}: {text}");
        assert!(text.contains(expected), "{line}: {text}");
    }
    for (line, code) in [("crm resource scores --output json", 2), ("crm --output yaml status", 2)]
    {
        assert_eq!(desk.run(line).status.code(), Some(code), "{line}");
    }
}

#[test]
fn drafts_are_loaded_compared_and_take_everything_over() {
    let desk = Desk::new("drafts");
    let file = |name: &str, text: &str| {
        std::fs::write(desk.folder.join(name), text).expect("the folder is ours");
    };
    let said = |line: &str| {
        let output = desk.run(line);
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&text).into_owned())
    };
    // What a draft changes is shown as what comes and goes; it takes the place of everything.
    file(
        "changed",
        "configure\nprimitive c ocf:pacemaker:Dummy\ndelete b\nshow changed\ncommit replace\n",
    );
    let (code, text) = said("crm -f changed");
    assert_eq!(code, Some(0), "{text}");
    let signs: Vec<&str> = text.lines().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(signs, ["-primitive b ocf:pacemaker:Dummy", "+primitive c ocf:pacemaker:Dummy"]);
    let ids =
        |text: &str| ["a", "b", "c"].map(|id| text.contains(&format!("<primitive id=\"{id}\"")));
    assert_eq!(ids(&desk.text()), [true, false, true]);

    // Whoever insists may draft what is doubtful.
    file("doubtful", "configure\nlocation l nowhere inf: oss1\ncommit\n");
    assert_eq!(said("crm -f doubtful").0, Some(1));
    let (code, text) = said("crm -F -f doubtful");
    assert!(code == Some(0) && text.contains("WARNING"), "{code:?}: {text}");

    // A place on the network is fetched; one that is not there is told.
    let (code, text) = said("crm configure load update http://127.0.0.1:9/x.crm");
    assert!(code == Some(1) && text.contains("http://127.0.0.1:9/x.crm: "), "{code:?}: {text}");

    // Nobody tries out what the cluster takes care of, and what is not offered says why.
    let (code, text) = said("crm configure rsctest a");
    assert!(code == Some(1) && text.contains("`crm maintenance on a` first"), "{code:?}: {text}");
    let (code, text) = said("crm cluster run ls");
    assert!(code == Some(1) && text.contains("use ssh"), "{code:?}: {text}");
    let (code, text) = said("crm script run virtual-ip id=ip ip=10.0.0.9 --dry-run");
    assert!(code == Some(0) && text.contains("+primitive ip"), "{code:?}: {text}");
}

#[test]
fn bash_completes_what_is_typed() {
    let desk = Desk::new("bash");
    const SCRIPT: &str = "PATH=$FOLDER:$PATH; source <(systole completion bash)\n\
        try() { COMP_LINE=$1 COMP_POINT=${#1}; _systole '' \"$2\"; (IFS='|'; echo \"${COMPREPLY[*]}\"); }\n\
        try 'crm resource sta' sta\n\
        try 'crm resource start ' ''\n\
        try 'crm configure property stonith-enabled=' ''\n\
        try 'systole explain a --no' --no\n";
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_systole"), desk.folder.join("systole"))
        .expect("the folder is ours");
    let bash = Command::new("bash")
        .args(["-c", SCRIPT])
        .current_dir(&desk.folder)
        .env("FOLDER", &desk.folder)
        .env("CIB_file", "cib.xml")
        .output();
    let Ok(output) = bash else {
        eprintln!("skipped: there is no bash here");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let expected = "status |start \na |b \ntrue |false \n--node \n";
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{said}");
}

/// 1600000000 in the status is noon and a half by UTC, and by the clocks of Berlin two hours later.
#[test]
fn dates_are_told_in_the_zone_of_who_asks() {
    const ZONE: &str = "/usr/share/zoneinfo/Europe/Berlin";
    let desk = Desk::new("zones");
    for (zone, expected) in
        [("UTC", "Sun Sep 13 12:26:40 2020"), ("Europe/Berlin", "Sun Sep 13 14:26:40 2020")]
    {
        if zone != "UTC" && !std::path::Path::new(ZONE).exists() {
            eprintln!("skipped: there is no {ZONE} (package tzdata)");
            continue;
        }
        let output = Command::new(env!("CARGO_BIN_EXE_systole"))
            .args(["crm_resource", "-O"])
            .current_dir(&desk.folder)
            .env("CIB_file", "cib.xml")
            .env("TZ", zone)
            .output()
            .expect("the program was built");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains(expected), "{zone}: {said}");
    }
}
