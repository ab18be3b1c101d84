//! Numbers in files, and feature flags in a file of flagd's format.

use crate::{
    paper::{Paper, why},
    subject::{Case, Provider, Scene, Step, Way, it, missing},
};
use serde_json::{Value, json};
use setpoint_core::Action;
use setpoint_flags::{FlagEyes, FlagHands, Flags};
use setpoint_local::{FileEyes, FileHands, Files, Located};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// How long a look, and a change, may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The cases that no file has.
pub(crate) const WITHOUT: &[(Case, &str)] = &[
    (Case::Throttled, why::NO_WAIT),
    (Case::AnswerLost, why::NO_ANSWER),
    (Case::HalfAList, why::NO_PAGES),
    (Case::Behind, why::NO_COPY),
    (Case::NoCredentials, why::NO_CALLERS),
    (Case::Impostor, why::NO_NETWORK),
];

pub(crate) const REMEDY: &str = "the agent's user must be permitted";

/// Numbers in files.
pub(crate) struct Numbers;

impl Provider for Numbers {
    type Eyes = FileEyes;
    type Hands = FileHands;
    const WITHOUT: &'static [(Case, &'static str)] = WITHOUT;
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, _: Way) -> Scene<Self> {
        let paper = Paper::new(written, read, 40, 35);
        let located = |id| Located::new(&paper.folder(), id).expect("it is a place");
        let targets = BTreeMap::from([(it(), located("it")), (missing(), located("missing"))]);
        let files = Files::new("files");
        let (eyes, hands) = (Arc::new(files.eyes(targets.clone())), Arc::new(files.hands(targets)));
        let action = Action::Set { from: 40, to: 20, leaves: true, revision: None };
        let step = Step { from: 40, to: 20, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(paper) }
    }
}

fn written(number: u32) -> String {
    format!("{number}\n")
}

fn read(text: &str) -> u32 {
    text.trim().parse().expect("it is a number")
}

/// Feature flags.
pub(crate) struct FeatureFlags;

impl Provider for FeatureFlags {
    type Eyes = FlagEyes;
    type Hands = FlagHands;
    const WITHOUT: &'static [(Case, &'static str)] = WITHOUT;
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, _: Way) -> Scene<Self> {
        let paper = Paper::new(shown_to, share, 100, 0);
        let targets = BTreeMap::from([(it(), "it".to_owned()), (missing(), "none".to_owned())]);
        let flags = Flags::new("flags", &paper.path());
        let (eyes, hands) = (Arc::new(flags.eyes(targets.clone())), Arc::new(flags.hands(targets)));
        let action = Action::Set { from: 100, to: 20, leaves: false, revision: None };
        let step = Step { from: 100, to: 20, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(paper) }
    }
}

/// A file with one flag, which is on for all or for nobody.
fn shown_to(share: u32) -> String {
    let default = if share == 100 { "on" } else { "off" };
    let flag = json!({ "state": "ENABLED", "defaultVariant": default,
        "variants": { "on": true, "off": false } });
    json!({ "flags": { "it": flag } }).to_string()
}

/// For how many percent of users the flag is on, as flagd has it.
fn share(text: &str) -> u32 {
    let document: Value = serde_json::from_str(text).expect("it is JSON");
    let flag = &document["flags"]["it"];
    match flag["targeting"]["fractional"][0][1].as_u64() {
        Some(share) => u32::try_from(share).expect("at most 100"),
        None if flag["defaultVariant"] == "on" => 100,
        None => 0,
    }
}
