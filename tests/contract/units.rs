//! Units of systemd, through a program that behaves like `systemctl`: the real one needs systemd
//! as the first process of the machine.

use crate::{
    paper::why,
    subject::{Case, Part, Provider, Scene, Server, Step, Trouble, Way, it, missing},
};
use setpoint_core::{Action, Span};
use setpoint_local::{Unit, UnitEyes, UnitHands, Units as Provided};
use std::{
    collections::BTreeMap, fs, os::unix::fs::PermissionsExt, path::PathBuf, sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// How long a look, and a start with the look before it, may take.
const DEADLINE: Duration = Duration::from_secs(4);

/// Keeps how a unit stands in a file beside itself, and writes down what it is asked for.
const SYSTEMCTL: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 9
case "$*" in
    *absent.service) echo "LoadState=not-found"; echo "ActiveState=inactive"; exit 0 ;;
esac
verb=$1
read -r part mood < mood
case "$part-$verb" in
    looks-show|changes-start|all-*) ;;
    *) mood=fine ;;
esac
[ "$verb" = start ] && echo start >> attempts
case "$mood" in
    hangs) exec sleep 60 ;;
    page) echo "<!doctype html><title>502</title>"; exit 0 ;;
    cut) head -n 2 state; kill -9 $$ ;;
    unreachable) echo "Failed to connect to bus: Connection refused" >&2; exit 1 ;;
    denies) echo "Access denied" >&2; exit 4 ;;
esac
case "$verb" in
    show) cat state ;;
    start)
        echo run >> runs
        printf 'LoadState=loaded\nActiveState=activating\nSubState=start\nResult=success\nInvocationID=run%s\nExecMainStartTimestampMonotonic=7\n' "$(wc -l < runs)" > state ;;
esac
[ "$mood" = dies ] && kill -9 $$
exit 0
"#;

const NEVER: &str = "LoadState=loaded\nActiveState=inactive\nSubState=dead\nResult=success\n\
                     InvocationID=\nExecMainStartTimestampMonotonic=0\n";

/// Units.
pub(crate) struct Units;

impl Provider for Units {
    type Eyes = UnitEyes;
    type Hands = UnitHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[
        (Case::Throttled, "systemd asks nobody to wait"),
        (Case::HalfAList, "a unit is asked for by its name: there are no pages"),
        (Case::Behind, "systemd answers from what it does"),
        (Case::NoCredentials, why::NO_CALLERS),
        (Case::Impostor, why::NO_NETWORK),
    ];
    const REMEDY: &'static str = "the agent's user must be permitted";

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, _: Way) -> Scene<Self> {
        let machine = Machine::new();
        let unit = |name| Unit::new(name).expect("it is the name of a unit");
        let targets =
            BTreeMap::from([(it(), unit("it.service")), (missing(), unit("absent.service"))]);
        let provided = Provided::new("host", machine.path("systemctl")).within(Span::from_secs(2));
        let (eyes, hands) =
            (Arc::new(provided.eyes(targets.clone())), Arc::new(provided.hands(targets)));
        let action = Action::Start { token: "here/it/1/1".to_owned(), after: None, anew: false };
        let step = Step { from: 0, to: 1, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(machine) }
    }
}

/// A folder with the program, and what it keeps.
struct Machine(TempDir);

impl Machine {
    fn new() -> Self {
        let machine = Self(TempDir::new().expect("there is room for a folder"));
        for (name, text) in
            [("state", NEVER), ("mood", "no fine\n"), ("runs", ""), ("attempts", "")]
        {
            machine.write(name, text);
        }
        machine.write("systemctl", SYSTEMCTL);
        let program = machine.path("systemctl");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).expect("it is ours");
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("there is room for a file");
    }

    fn lines(&self, name: &str) -> usize {
        fs::read_to_string(self.path(name)).expect("it is there").lines().count()
    }
}

impl Server for Machine {
    fn truth(&self) -> u32 {
        u32::try_from(self.lines("runs")).expect("it is not run that often")
    }

    fn moves(&self) {
        self.write("runs", "run\nrun\n");
        self.write("state", &NEVER.replace("ID=\n", "ID=theirs\n").replace("=0\n", "=9\n"));
    }

    fn effects(&self) -> usize {
        self.lines("runs")
    }

    fn attempts(&self) -> usize {
        self.lines("attempts")
    }

    fn spoil(&self, part: Part, trouble: Trouble) {
        let mood = match trouble {
            Trouble::Fails(status) if status.starts_with("200") => "page",
            Trouble::Fails(_) => "unreachable",
            Trouble::AnswerLost => "dies",
            Trouble::Hangs => "hangs",
            Trouble::Cut => "cut",
            Trouble::Forbidden => "denies",
            Trouble::Throttled | Trouble::HalfAList | Trouble::Behind | Trouble::Unknown => {
                panic!("systemd has no {trouble:?}")
            }
        };
        let part = match part {
            Part::Looks => "looks",
            Part::Changes => "changes",
            Part::All => "all",
        };
        self.write("mood", &format!("{part} {mood}\n"));
    }

    fn heal(&self) {
        self.write("mood", "no fine\n");
    }
}
