//! Debian's crmsh and pcs, as they come, on a running cluster: what each command says, and what
//! comes of it. The commands stand in `clients.txt`.

use crate::lines;
use crate::rig::Rig;
use cli::observer::Observer;
use std::path::Path;
use std::process::Output;

/// Ours covers crmsh's own name on the machines of a lab.
const CRMSH: &str = "import sys; sys.argv[0] = 'crm'; from crmsh import log; log.setup_logging(); \
    from crmsh import main; sys.exit(main.run())";

fn run(cluster: &Observer, command: &str) -> Output {
    let words: Vec<&str> = command.split(' ').collect();
    let words = match words[0] {
        "crm" => [&["/usr/bin/python3", "-c", CRMSH], &words[1..]].concat(),
        _ => words,
    };
    cluster.lab().run_in(lines::first(cluster), &words).expect("the lab is up")
}

#[test]
fn debians_crmsh_and_pcs_work_on_a_cluster() {
    let missing = ["/usr/sbin/crm", "/usr/sbin/pcs"].into_iter().find(|it| !Path::new(it).exists());
    if let Some(missing) = missing {
        println!("skipped: there is no {missing} on this machine (packages crmsh, pcs)");
        return;
    }
    let Some(rig) = Rig::up(2) else { return };
    lines::play(rig.cluster(), include_str!("clients.txt"), run);
}
