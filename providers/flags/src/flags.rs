//! The flags of one file, as targets.

use crate::document::{Unreadable, find, is_json};
use async_trait::async_trait;
use setpoint_control::{Act, Finding, Observe, ProviderError, Severity};
use setpoint_core::{Action, Flag, Intent, Seen, Span, TargetName};
use setpoint_local::{Failure, read_text, replace_text, why_not_writable, within};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

/// How long a look or a change may take.
const DEADLINE: Span = Span::from_secs(5);

/// A provider whose targets are the flags of one file, by their keys.
#[derive(Clone, Debug)]
pub struct Flags {
    name: String,
    path: PathBuf,
}

impl Flags {
    /// The provider called `name` in the configuration, of the file at `path`.
    pub fn new(name: &str, path: &Path) -> Self {
        Self { name: name.to_owned(), path: path.to_owned() }
    }

    /// Eyes on these targets, each with its key.
    pub fn eyes(&self, targets: BTreeMap<TargetName, String>) -> FlagEyes {
        FlagEyes { path: self.path.clone(), targets }
    }

    /// Hands on these targets, each with its key.
    pub fn hands(&self, targets: BTreeMap<TargetName, String>) -> FlagHands {
        let (name, path) = (self.name.clone(), self.path.clone());
        FlagHands { name, path, targets, turn: Arc::default() }
    }

    /// What is to be said about these targets before work; nothing is changed. Those that the
    /// agent `acts` on must be for it to write.
    pub async fn examine(
        &self,
        targets: BTreeMap<TargetName, String>,
        acts: impl Fn(&TargetName) -> bool,
    ) -> Vec<Finding> {
        let path = self.path.clone();
        let looked = within(DEADLINE, move || Ok((read_text(&path), why_not_writable(&path))));
        let about = |name: &TargetName| format!("target {name}");
        let unread = |failure: &Failure| {
            let help = "`file` of the provider names it; the agent's user must be able to read it";
            let of =
                |name| Finding::new(Severity::Problem, about(name), failure.to_string()).help(help);
            targets.keys().map(of).collect()
        };
        let (text, unwritable) = match looked.await {
            Err(failure) | Ok((Err(failure), _)) => return unread(&failure),
            Ok((Ok(text), unwritable)) => (text, unwritable),
        };
        let finding = |(name, key): (&TargetName, &String)| match find(&text, key) {
            Err(why) => {
                let help = "an agent needs a flag with two variants and no targeting of its own";
                Some(Finding::new(Severity::Problem, about(name), why.to_string()).help(help))
            }
            Ok(_) => unwritable.clone().filter(|_| acts(name)).map(|why| {
                let help = "the agent writes the file anew beside the old one: its user needs to \
                            write in the folder; under systemd also ReadWritePaths= in the unit";
                Finding::new(Severity::NotPermitted, about(name), why).help(help)
            }),
        };
        targets.iter().filter_map(finding).collect()
    }
}

/// Reads the flags.
#[derive(Debug)]
pub struct FlagEyes {
    path: PathBuf,
    targets: BTreeMap<TargetName, String>,
}

#[async_trait]
impl Observe for FlagEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let path = self.path.clone();
        let text = within(DEADLINE, move || read_text(&path)).await;
        let seen = |key: &String| match &text {
            Err(failure) => Seen::Nothing(failure.to_string()),
            Ok(text) => match find(text, key) {
                Ok(found) => {
                    let (share, before) = (found.share, found.before());
                    Seen::Flag(Flag { share, before, busy: None })
                }
                Err(why) => Seen::Nothing(format!("{}: {why}", self.path.display())),
            },
        };
        self.targets.iter().map(|(name, key)| (name.clone(), seen(key))).collect()
    }
}

/// Changes the flags, one after the other.
#[derive(Debug)]
pub struct FlagHands {
    name: String,
    path: PathBuf,
    targets: BTreeMap<TargetName, String>,
    turn: Arc<Mutex<()>>,
}

impl FlagHands {
    async fn act(&self, intent: &Intent) -> Result<(), Failure> {
        let target = &intent.target;
        let key = self.targets.get(target).cloned();
        let unknown = || Failure::Refused(format!("{target} is no target of this provider"));
        let key = key.ok_or_else(unknown)?;
        let Action::Set { from, to, .. } = intent.action else {
            let action = &intent.action;
            return Err(Failure::Refused(format!("{target} is a flag, it cannot {action}")));
        };
        let (turn, path) = (Arc::clone(&self.turn), self.path.clone());
        let set = move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            set(&path, &key, (from, to))
        };
        within(DEADLINE, set).await
    }
}

/// Sets the flag from one share to another. Fails if it is neither; done already is done.
fn set(path: &Path, key: &str, (from, to): (u32, u32)) -> Result<(), Failure> {
    let text = read_text(path)?;
    let wrong = |why: Unreadable| Failure::Content(format!("{}: {why}", path.display()));
    let found = find(&text, key).map_err(wrong)?;
    if found.share == to {
        return Ok(());
    }
    if found.share != from {
        return Err(Failure::Stale(format!("it is on for {} %, not {from} %", found.share)));
    }
    let new = found.with(&text, to);
    if !is_json(&new) {
        return Err(Failure::Refused("a fault of ours: it would not be JSON any more".to_owned()));
    }
    replace_text(path, &new)
}

#[async_trait]
impl Act for FlagHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        self.act(intent).await.map_err(|failure| ProviderError::of(&self.name, intent, failure))
    }
}
