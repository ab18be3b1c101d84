//! Units through a program that behaves like `systemctl`. The real one needs systemd as the
//! first process of the machine, which no test can take for granted; the form of what it
//! prints is held by the tests beside the reader.

use setpoint_control::{Act, Observe};
use setpoint_core::{Action, FailureKind, Intent, IntentId, Job, LastRun, Seen, Span, TargetName};
use setpoint_local::{Unit, Units};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

/// Keeps how a unit stands in files beside itself, and writes down how it is called.
const SYSTEMCTL: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 9
echo "$@" >> calls
read -r mood < mood
case "$mood" in
    hangs) exec sleep 60 ;;
    denies) echo "Access denied" >&2; exit 4 ;;
esac
case "$1" in
    show) cat state ;;
    start|restart)
        runs=$(($(cat runs) + 1)); echo "$runs" > runs
        printf 'LoadState=loaded\nActiveState=activating\nSubState=start\nResult=success\nInvocationID=run%s\nExecMainStartTimestampMonotonic=7\n' "$runs" > state ;;
esac
"#;

const NEVER: &str = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\nInvocationID=\nExecMainStartTimestampMonotonic=0\n";

struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(TempDir::new().expect("there is room for a folder"));
        for (name, text) in [("state", NEVER), ("mood", "fine\n"), ("runs", "0\n"), ("calls", "")] {
            machine.write(name, text);
        }
        machine.write("systemctl", SYSTEMCTL);
        let program = machine.path("systemctl");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("it is ours");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("there is room for a file");
    }

    fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.path("calls")).expect("it is there");
        calls.lines().map(str::to_owned).filter(|call| !call.starts_with("show")).collect()
    }

    fn units(&self) -> Units {
        Units::new("host", Path::new(&self.path("systemctl"))).within(Span::from_secs(20))
    }

    async fn seen(&self) -> Result<Job, String> {
        match self.units().eyes(targets()).observe().await.remove(&renew()) {
            Some(Seen::Job(job)) => Ok(job),
            Some(Seen::Nothing(why)) => Err(why),
            other => panic!("{other:?}"),
        }
    }

    async fn start(&self, after: Option<&str>, anew: bool) -> Result<(), FailureKind> {
        let after = after.map(str::to_owned);
        let action = Action::Start { token: "here/renew/1/1".to_owned(), after, anew };
        let intent = Intent { id: IntentId::new("here/renew/1/1"), target: renew(), action };
        self.units().hands(targets()).apply(&intent).await.map_err(|error| error.kind)
    }
}

fn renew() -> TargetName {
    TargetName::new("renew")
}

fn targets() -> std::collections::BTreeMap<TargetName, Unit> {
    [(renew(), Unit::new("renew.service").expect("it is a unit"))].into()
}

#[tokio::test]
async fn a_unit_is_started_once_after_the_run_that_was_seen() {
    let machine = Machine::new();
    assert_eq!(machine.seen().await, Ok(Job::default()));
    assert_eq!(machine.start(None, false).await, Ok(()));
    // The answer was lost, and the same is asked for again.
    assert_eq!(machine.start(None, false).await, Err(FailureKind::Stale));
    assert_eq!(machine.calls(), ["start --no-block -- renew.service"]);
    let job = machine.seen().await.expect("it is seen");
    assert_eq!((job.last, job.run.as_deref()), (LastRun::Running, Some("run1")));
}

#[tokio::test]
async fn what_runs_is_restarted_only_if_that_was_asked_for() {
    let machine = Machine::new();
    machine.start(None, false).await.expect("it starts");
    assert_eq!(machine.start(Some("run1"), false).await, Err(FailureKind::Stale));
    assert_eq!(machine.start(Some("run1"), true).await, Ok(()));
    assert_eq!(
        machine.calls().last().map(String::as_str),
        Some("restart --no-block -- renew.service")
    );
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_not_seen_and_a_no_is_a_no() {
    let machine = Machine::new();
    machine.write("state", "LoadState=not-found\nActiveState=inactive\n");
    assert!(machine.seen().await.is_err_and(|why| why.contains("not-found")));
    machine.write("mood", "denies\n");
    assert!(machine.seen().await.is_err_and(|why| why.contains("Access denied")));
    assert_eq!(machine.start(None, false).await, Err(FailureKind::Refused));
}

#[tokio::test]
async fn a_program_that_hangs_is_given_up() {
    let machine = Machine::new();
    machine.write("mood", "hangs\n");
    let units = machine.units().within(Span::from_ms(300));
    let seen = units.eyes(targets()).observe().await;
    assert!(
        matches!(&seen[&renew()], Seen::Nothing(why) if why.contains("not done within")),
        "{seen:?}"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_says_so() {
    let units = Units::new("host", "/nowhere/systemctl");
    let seen = units.eyes(targets()).observe().await;
    assert!(
        matches!(&seen[&renew()], Seen::Nothing(why) if why.contains("cannot be run")),
        "{seen:?}"
    );
}
