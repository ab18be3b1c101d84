//! The simulated Azure, judged by the official clients.

use crate::operations;
use std::path::Path;
use support::Simulated;

/// The shipped scenario with no room for more machines from its beginning on, written into `folder`.
pub(crate) fn full(folder: &Path) -> Simulated {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let shipped = root.join("simulator/scenarios/four-clouds.toml");
    let shipped = std::fs::read_to_string(shipped).expect("it is shipped");
    let policies = root.join("policies").canonicalize().expect("they are shipped");
    let shipped = shipped.replace("../../policies", &policies.display().to_string());
    let fault = "\n[[fault]]\nkind = \"no_capacity\"\nat = \"0s\"\nfor = \"6h\"\n";
    let path = folder.join("full.toml");
    std::fs::write(&path, shipped + fault).expect("there is room for a file");
    Simulated::start(&path, &[])
}

#[test]
fn the_official_clients_drive_scale_sets_and_read_their_metrics() {
    let simulated = Simulated::shipped("four-clouds.toml", &[]);
    let said = simulated.ask("azure", "scale_sets.py", &[]);
    assert!(operations(&said) >= 20, "{said}");
    let page = simulated.page("/metrics");
    assert!(page.contains("world_cpu_percent{cloud=\"azure\""), "{page}");
    simulated.stop();
}

#[test]
fn a_scale_set_is_changed_by_those_with_a_token_that_may() {
    let simulated = Simulated::shipped("four-clouds.toml", &["--check-auth"]);
    simulated.ask("azure", "scale_sets.py", &["reader"]);
}

#[test]
fn where_there_is_no_room_an_operation_says_so_and_nothing_is_lost() {
    let folder = tempfile::TempDir::new().expect("there is room for a folder");
    full(folder.path()).ask("azure", "scale_sets.py", &["full"]);
}
