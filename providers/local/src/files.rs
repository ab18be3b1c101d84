//! Numbers in the files of one folder, as targets.

use crate::{blocking::within, failure::Failure, file::Located};
use async_trait::async_trait;
use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Intent, Seen, Setting, Span, TargetName};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

/// How long a look or a change may take.
const DEADLINE: Span = Span::from_secs(5);

/// A provider whose targets are numbers in files.
#[derive(Clone, Debug)]
pub struct Files {
    name: String,
    pub(crate) deadline: Span,
}

impl Files {
    /// The provider called `name` in the configuration.
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), deadline: DEADLINE }
    }

    /// Eyes on these targets.
    pub fn eyes(&self, targets: BTreeMap<TargetName, Located>) -> FileEyes {
        FileEyes { targets, deadline: self.deadline }
    }

    /// Hands on these targets.
    pub fn hands(&self, targets: BTreeMap<TargetName, Located>) -> FileHands {
        let (name, deadline) = (self.name.clone(), self.deadline);
        FileHands { name, targets, deadline, turn: Arc::default() }
    }
}

/// Reads the numbers.
#[derive(Debug)]
pub struct FileEyes {
    targets: BTreeMap<TargetName, Located>,
    deadline: Span,
}

#[async_trait]
impl Observe for FileEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let targets = self.targets.clone();
        let look = move || -> Result<BTreeMap<TargetName, Seen>, Failure> {
            let seen = |(name, located): (TargetName, Located)| {
                let seen = match located.read() {
                    Ok(value) => Seen::Setting(Setting { value, busy: None }),
                    Err(failure) => Seen::Nothing(failure.to_string()),
                };
                (name, seen)
            };
            Ok(targets.into_iter().map(seen).collect())
        };
        let unseen = |failure: Failure| {
            let nothing = |name: &TargetName| (name.clone(), Seen::Nothing(failure.to_string()));
            self.targets.keys().map(nothing).collect()
        };
        within(self.deadline, look).await.unwrap_or_else(unseen)
    }
}

/// Changes the numbers. Two numbers in one file are changed one after the other.
#[derive(Debug)]
pub struct FileHands {
    name: String,
    targets: BTreeMap<TargetName, Located>,
    deadline: Span,
    turn: Arc<Mutex<()>>,
}

impl FileHands {
    async fn act(&self, intent: &Intent) -> Result<(), Failure> {
        let target = &intent.target;
        let located = self.targets.get(target).cloned();
        let unknown = || Failure::Refused(format!("{target} is no target of this provider"));
        let located = located.ok_or_else(unknown)?;
        let Action::Set { from, to, .. } = intent.action else {
            let action = &intent.action;
            return Err(Failure::Refused(format!("{target} is a number, it cannot {action}")));
        };
        let turn = Arc::clone(&self.turn);
        let set = move || {
            let _turn = turn.lock().unwrap_or_else(PoisonError::into_inner);
            located.set(from, to)
        };
        within(self.deadline, set).await
    }
}

#[async_trait]
impl Act for FileHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        self.act(intent).await.map_err(|failure| ProviderError::of(&self.name, intent, failure))
    }
}
