//! Numbers in real files: what is read, what is written, and what stays when it cannot be.

use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Seen, TargetName};
use setpoint_local::{Files, Located};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};
use tempfile::TempDir;

fn pool() -> TargetName {
    TargetName::new("pool")
}

fn set(from: u32, to: u32) -> Intent {
    let action = Action::Set { from, to, leaves: true, revision: None };
    Intent { id: IntentId::new("here/pool/1/1"), target: pool(), action }
}

fn folder(name: &str, text: &str) -> TempDir {
    let folder = TempDir::new().expect("there is room for a folder");
    fs::write(folder.path().join(name), text).expect("there is room for a file");
    folder
}

async fn seen(folder: &Path, id: &str) -> Result<u32, String> {
    let located = Located::new(folder, id).expect("it is a place");
    let eyes = Files::new("files").eyes([(pool(), located)].into());
    match eyes.observe().await.remove(&pool()) {
        Some(Seen::Setting(setting)) => Ok(setting.value),
        Some(Seen::Nothing(why)) => Err(why),
        other => panic!("{other:?}"),
    }
}

async fn apply(folder: &Path, id: &str, intent: &Intent) -> Result<(), (FailureKind, String)> {
    let located = Located::new(folder, id).expect("it is a place");
    let hands = Files::new("files").hands([(pool(), located)].into());
    hands.apply(intent).await.map_err(|error| (error.kind, error.chain()))
}

#[tokio::test]
async fn a_number_is_read_and_set_and_twice_is_once() {
    let folder = folder("limits.toml", "# kept\n[pool]\nmax = 40\n");
    let (path, id) = (folder.path(), "limits.toml#/pool/max");
    assert_eq!(seen(path, id).await, Ok(40));
    for _ in 0..2 {
        assert_eq!(apply(path, id, &set(40, 20)).await, Ok(()));
    }
    let text = fs::read_to_string(path.join("limits.toml")).expect("it is there");
    assert_eq!(text, "# kept\n[pool]\nmax = 20\n");
    let left: Vec<_> = fs::read_dir(path).expect("it is a folder").collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
}

#[tokio::test]
async fn its_rights_and_the_link_that_leads_to_it_stay() {
    let folder = folder("real.json", "{\"max\": 40}");
    let (real, link) = (folder.path().join("real.json"), folder.path().join("pool.json"));
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("it is ours");
    symlink(&real, &link).expect("links can be made");
    assert_eq!(apply(folder.path(), "pool.json#/max", &set(40, 20)).await, Ok(()));
    assert!(link.symlink_metadata().expect("it is there").is_symlink());
    assert_eq!(fs::read_to_string(&real).expect("it is there"), "{\"max\": 20}");
    assert_eq!(fs::metadata(&real).expect("it is there").permissions().mode() & 0o777, 0o640);
}

#[tokio::test]
async fn what_cannot_be_read_is_nothing_and_never_a_number() {
    for (text, id, why) in [
        ("", "pool.txt", "no whole number"),
        ("{", "pool.json#/max", "no JSON"),
        ("{\"max\": \"many\"}", "pool.json#/max", "no whole number"),
        ("[pool]\n", "pool.toml#/pool/max", "no key"),
    ] {
        let name = id.split('#').next().expect("there is a first part");
        let folder = folder(name, text);
        let said = seen(folder.path(), id).await;
        assert!(said.as_ref().is_err_and(|said| said.contains(why)), "{said:?}");
        let said = apply(folder.path(), id, &set(40, 20)).await;
        assert!(matches!(said, Err((FailureKind::Refused, _))), "{said:?}");
        assert_eq!(fs::read_to_string(folder.path().join(name)).expect("it is there"), text);
    }
    let folder = folder("other", "1");
    assert!(seen(folder.path(), "pool.txt").await.is_err_and(|why| why.contains("No such file")));
}

#[tokio::test]
async fn two_numbers_of_one_file_are_both_kept() {
    let folder = folder("limits.json", "{\"a\": 1, \"b\": 1}");
    let names = ["a", "b"].map(TargetName::new);
    let places = names.clone().map(|name| {
        let id = format!("limits.json#/{name}");
        (name, Located::new(folder.path(), &id).expect("it is a place"))
    });
    let hands = Files::new("files").hands(places.into());
    for to in 2..40 {
        let both = names.clone().map(|target| Intent { target, ..set(to - 1, to) });
        let (a, b) = tokio::join!(hands.apply(&both[0]), hands.apply(&both[1]));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
    }
    let text = fs::read_to_string(folder.path().join("limits.json")).expect("it is there");
    assert_eq!(text, "{\"a\": 39, \"b\": 39}");
}

#[test]
fn a_place_never_leads_out_of_the_folder() {
    let folder = Path::new("/etc/app");
    for id in ["", "/etc/passwd", "../passwd", "a/../../b", "./a", "#/max"] {
        assert!(Located::new(folder, id).is_err(), "{id}");
    }
    for id in ["pool.txt#/max", "pool.toml", "pool.json#max"] {
        assert!(Located::new(folder, id).is_err(), "{id}");
    }
    assert!(Located::new(folder, "sub/pool.json").is_ok());
}
