//! The smallest provider there can be: groups whose sizes stand in a text file, a line each.
//!
//! docs/adding-a-provider.md walks through it. It is for reading: whoever has a number in a file
//! takes `kind = "file"`.

use crate::{
    files::{REMEDY, WITHOUT},
    paper::Paper,
    subject::{Case, Provider, Scene, Step, Way, it, missing},
};
use async_trait::async_trait;
use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Group, Intent, Seen, Span, TargetName};
use setpoint_local::{Failure, read_text, replace_text, within};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

// docs: the provider
/// How long a look, and an action, may take.
const DEADLINE: Span = Span::from_secs(3);

/// A file with a line for each group: `web = 4`.
#[derive(Clone, Debug)]
pub(crate) struct Notes(PathBuf);

impl Notes {
    /// The size of `group`. Fails if it does not stand there, once, as a number.
    fn size(&self, group: &TargetName) -> Result<u32, Failure> {
        let text = read_text(&self.0)?;
        let mut own = text.lines().filter_map(|line| line.split_once(" = "));
        let size = own.find(|(name, _)| *name == group.as_str()).map(|(_, size)| size.parse());
        match size {
            Some(Ok(size)) => Ok(size),
            Some(Err(_)) => Err(Failure::Content(format!("the size of {group} is no number"))),
            None => Err(Failure::Content(format!("there is no line of {group}"))),
        }
    }

    /// Writes `to` where `from` stands. What is done already is done.
    fn resize(&self, group: &TargetName, from: u32, to: u32) -> Result<(), Failure> {
        let now = self.size(group)?;
        if now == to {
            return Ok(());
        }
        if now != from {
            return Err(Failure::Stale(format!("it is {now}, not {from}")));
        }
        let (old, new) = (format!("{group} = {from}\n"), format!("{group} = {to}\n"));
        replace_text(&self.0, &read_text(&self.0)?.replacen(&old, &new, 1))
    }
}
// docs: end

// docs: the eyes
/// Eyes on the groups of the file. They have no method that writes.
pub(crate) struct NoteEyes(Notes, Vec<TargetName>);

#[async_trait]
impl Observe for NoteEyes {
    async fn observe(&self) -> BTreeMap<TargetName, Seen> {
        let looks = self.1.iter().map(async |group| {
            let (notes, name) = (self.0.clone(), group.clone());
            let size = within(DEADLINE, move || notes.size(&name)).await;
            let seen = match size {
                Ok(size) => Seen::Group(Group { desired: size, ready: size, ..Group::default() }),
                Err(why) => Seen::Nothing(why.to_string()),
            };
            (group.clone(), seen)
        });
        futures::future::join_all(looks).await.into_iter().collect()
    }
}
// docs: end

// docs: the hands
/// Hands on the groups of the file.
pub(crate) struct NoteHands(Notes);

#[async_trait]
impl Act for NoteHands {
    async fn apply(&self, intent: &Intent) -> Result<(), ProviderError> {
        let (notes, target) = (self.0.clone(), intent.target.clone());
        let done = if let Action::Resize { from, to } = intent.action {
            within(DEADLINE, move || notes.resize(&target, from, to)).await
        } else {
            Err(Failure::Refused(format!("{target} cannot {}", intent.action)))
        };
        done.map_err(|failure| ProviderError::of("notes", intent, failure))
    }
}
// docs: end

// docs: the subject
/// The provider as the suite sees it.
pub(crate) struct Groups;

impl Provider for Groups {
    type Eyes = NoteEyes;
    type Hands = NoteHands;
    const WITHOUT: &'static [(Case, &'static str)] = WITHOUT;
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, _: Way) -> Scene<Self> {
        let paper = Paper::new(line, size, 4, 9);
        let notes = Notes(paper.path());
        let eyes = Arc::new(NoteEyes(notes.clone(), vec![it(), missing()]));
        let hands = Arc::new(NoteHands(notes));
        let step = Step { from: 4, to: 6, action: Action::Resize { from: 4, to: 6 } };
        let deadline = Duration::from_millis(DEADLINE.ms());
        Scene { eyes, hands, step, deadline, server: Box::new(paper) }
    }
}

/// What the file says when the group is so large, and how large it is by what the file says.
fn line(size: u32) -> String {
    format!("it = {size}\n")
}

fn size(text: &str) -> u32 {
    let size = text.strip_prefix("it = ").and_then(|rest| rest.trim_end().parse().ok());
    size.unwrap_or_else(|| panic!("{text:?}"))
}
// docs: end
