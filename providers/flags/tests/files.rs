//! Flags in a real file: what is read, what is written, and what stays when it cannot be.

use setpoint_control::{Act, Observe, Severity};
use setpoint_core::{Action, FailureKind, Flag, Intent, IntentId, Seen, TargetName};
use setpoint_flags::Flags;
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};
use tempfile::TempDir;

const TEXT: &str = r#"{ "flags": {
  "extras": { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "on" },
  "gold":   { "state": "ENABLED", "variants": { "on": true, "off": false }, "defaultVariant": "on",
              "targeting": { "if": [ { "==": [ { "var": "tier" }, "gold" ] }, "on", "off" ] } }
} }
"#;

struct Scene {
    folder: TempDir,
    flags: Flags,
}

fn extras() -> TargetName {
    TargetName::new("extras")
}

fn set(from: u32, to: u32) -> Intent {
    let action = Action::Set { from, to, leaves: to > from, revision: None };
    Intent { id: IntentId::new("here/extras/1/1"), target: extras(), action }
}

impl Scene {
    fn new() -> Self {
        let folder = TempDir::new().expect("there is room for a folder");
        let file = folder.path().join("flags.json");
        fs::write(&file, TEXT).expect("there is room for a file");
        let flags = Flags::new("flags", &file);
        Self { folder, flags }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("flags.json")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.file()).expect("it is there")
    }

    async fn seen(&self, key: &str) -> Result<Flag, String> {
        let eyes = self.flags.eyes([(extras(), key.to_owned())].into());
        match eyes.observe().await.remove(&extras()) {
            Some(Seen::Flag(flag)) => Ok(flag),
            Some(Seen::Nothing(why)) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    async fn apply(&self, intent: &Intent) -> Result<(), (FailureKind, String)> {
        let hands = self.flags.hands([(extras(), "extras".to_owned())].into());
        hands.apply(intent).await.map_err(|error| (error.kind, error.chain()))
    }
}

#[tokio::test]
async fn a_flag_is_shed_once_and_comes_back_to_the_byte() {
    let scene = Scene::new();
    fs::set_permissions(scene.file(), fs::Permissions::from_mode(0o640)).expect("it is ours");
    assert_eq!(scene.seen("extras").await, Ok(Flag { share: 100, ..Flag::default() }));
    for _ in 0..2 {
        assert_eq!(scene.apply(&set(100, 0)).await, Ok(()));
        let shed = Flag { share: 0, before: Some(100), busy: None };
        assert_eq!(scene.seen("extras").await, Ok(shed));
    }
    assert_eq!(scene.apply(&set(0, 20)).await, Ok(()));
    assert_eq!(scene.apply(&set(20, 100)).await, Ok(()));
    assert_eq!(scene.text(), TEXT);
    let mode = fs::metadata(scene.file()).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o640);
    let left: Vec<_> = fs::read_dir(scene.folder.path()).expect("it is a folder").collect();
    assert_eq!(left.len(), 1, "nothing is left beside it: {left:?}");
}

#[tokio::test]
async fn a_flag_that_makes_no_sense_is_not_seen_and_the_file_is_told() {
    let scene = Scene::new();
    for (key, expected) in [("gold", "targeting rules of its own"), ("none", "no flag `none`")] {
        let why = scene.seen(key).await.expect_err("there is nothing to see");
        assert!(why.contains(expected) && why.contains("flags.json"), "{why}");
    }
    fs::write(scene.file(), "{ \"flags\": {").expect("there is room");
    let (kind, why) = scene.apply(&set(100, 0)).await.expect_err("half a document");
    assert_eq!(kind, FailureKind::Refused, "{why}");
    assert_eq!(scene.text(), "{ \"flags\": {", "what is broken is left to who broke it");
    fs::remove_file(scene.file()).expect("it is ours");
    let why = scene.seen("extras").await.expect_err("it is gone");
    assert!(why.contains("flags.json cannot be read"), "{why}");
}

#[tokio::test]
async fn a_look_around_tells_every_flag_that_cannot_be_worked_with() {
    let scene = Scene::new();
    let keys = ["extras", "gold", "none"].map(|key| (TargetName::new(key), key.to_owned()));
    let found = scene.flags.examine(keys.clone().into(), |_| true).await;
    let said: Vec<_> = found.iter().map(|it| (it.severity, it.about.as_str())).collect();
    let problem = Severity::Problem;
    assert_eq!(said, [(problem, "target gold"), (problem, "target none")], "{found:?}");
    assert!(found.iter().all(|it| it.help.is_some()), "{found:?}");
    // Not even root writes there.
    let elsewhere = Flags::new("flags", std::path::Path::new("/proc/version"));
    let found = elsewhere.examine(keys.into(), |_| true).await;
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(scene.text(), TEXT);
}
