//! What a provider brings to the suite: a server, a target on it, eyes and hands, and ways to
//! spoil what is between them.
//!
//! The rule it keeps: how a target stands, and how often it was changed, is asked of the server
//! beside the provider, never of the provider itself.

use setpoint_control::{Act, Observe, ProviderError};
use setpoint_core::{Action, Intent, IntentId, Seen, TargetName};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What stands in for a credential, and must never be shown.
pub(crate) const SECRET: &str = "fake-and-never-shown";

/// The target of every case.
pub(crate) fn it() -> TargetName {
    TargetName::new("it")
}

/// The target beside it, of the same kind, which the server does not have.
pub(crate) fn missing() -> TargetName {
    TargetName::new("missing")
}

/// A provider, as the suite sees it.
pub(crate) trait Provider: Send + Sync + Sized {
    /// Its eyes. That they cannot act is held where the suite is listed.
    type Eyes: Observe + 'static;
    /// Its hands.
    type Hands: Act + 'static;
    /// The cases that make no sense for it, each with the reason.
    const WITHOUT: &'static [(Case, &'static str)];
    /// What the message says to do when the server knows us and forbids it.
    const REMEDY: &'static str;

    /// Whether its hands look before they act.
    const LOOKS_FIRST: bool = true;

    /// Starts what all cases share.
    fn start() -> Self;

    /// Every trouble that there is for it.
    fn troubles() -> Vec<Trouble> {
        let has = |case: Case| !Self::WITHOUT.iter().any(|(without, _)| *without == case);
        let all = [
            (Case::Throttled, Trouble::Throttled),
            (Case::Fails, Trouble::Fails("500 Internal Server Error")),
            (Case::Garbled, Trouble::Fails("200 OK")),
            (Case::AnswerLost, Trouble::AnswerLost),
            (Case::Hangs, Trouble::Hangs),
            (Case::Garbled, Trouble::Cut),
            (Case::HalfAList, Trouble::HalfAList),
            (Case::NoCredentials, Trouble::Unknown),
            (Case::Forbidden, Trouble::Forbidden),
        ];
        all.into_iter().filter(|(case, _)| has(*case)).map(|(_, trouble)| trouble).collect()
    }

    /// A target of its own for the case called `name`, which must not meet those of others.
    fn scene(&self, name: &str, way: Way) -> impl Future<Output = Scene<Self>>;
}

/// Whom eyes and hands call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// The server, through what spoils the way.
    Server,
    /// Somebody at this address with a certificate that nobody has vouched for.
    Stranger(String),
}

/// One target, with everything that can be done about it.
pub(crate) struct Scene<P: Provider> {
    /// Eyes on [`it`] and on [`missing`].
    pub(crate) eyes: Arc<P::Eyes>,
    /// Hands on both.
    pub(crate) hands: Arc<P::Hands>,
    /// What the decision asks for.
    pub(crate) step: Step,
    /// How long a look and an action may take, whatever the server does.
    pub(crate) deadline: Duration,
    /// The other side.
    pub(crate) server: Box<dyn Server>,
}

/// A change from one size to another, in what the kind of the target counts.
pub(crate) struct Step {
    pub(crate) from: u32,
    pub(crate) to: u32,
    pub(crate) action: Action,
}

/// The server, by another way than the provider's.
pub(crate) trait Server {
    /// The size of the target.
    fn truth(&self) -> u32;

    /// Somebody else changes the target, so that the decision is about what is no more.
    fn moves(&self);

    /// How many changes took effect, from whoever is under test.
    fn effects(&self) -> usize;

    /// How many calls arrived that would change something, whatever became of them.
    fn attempts(&self) -> usize;

    /// From now on `calls` fare so.
    fn spoil(&self, part: Part, trouble: Trouble);

    /// From now on all is well again.
    fn heal(&self);
}

/// Which part of the traffic is spoiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// What looks, and the look before an action too.
    Looks,
    /// What changes something.
    Changes,
    /// All of it.
    All,
}

/// What goes wrong between a provider and its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It asks for fewer calls, and to be left alone for two seconds.
    Throttled,
    /// It fails with this status, as gateways do, by a page for people.
    Fails(&'static str),
    /// It does as asked, and the answer is lost.
    AnswerLost,
    /// It takes the call and never answers.
    Hangs,
    /// The answer ends in its middle.
    Cut,
    /// The answer goes on on a second page, which fails.
    HalfAList,
    /// What looks is answered as it was before, where it was asked before.
    Behind,
    /// It does not know who we are.
    Unknown,
    /// It knows who we are, and forbids it.
    Forbidden,
}

/// The cases, each a promise of the ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Case {
    TwiceIsOnce,
    MovedIsStale,
    Throttled,
    Fails,
    AnswerLost,
    Hangs,
    Garbled,
    HalfAList,
    Behind,
    NoCredentials,
    Forbidden,
    Impostor,
    OneIsMissing,
    LooksChangeNothing,
    FaultsEnd,
}

impl<P: Provider> Scene<P> {
    /// What is seen of both targets.
    pub(crate) async fn look(&self) -> BTreeMap<TargetName, Seen> {
        let seen = self.eyes.observe().await;
        let names: Vec<&TargetName> = seen.keys().collect();
        assert_eq!(names, [&it(), &missing()], "every target is told of, and no other");
        seen
    }

    /// The size that is seen, or why none is.
    pub(crate) async fn size(&self) -> Result<u32, String> {
        match self.look().await.remove(&it()) {
            Some(Seen::Nothing(why)) => {
                assert!(!why.trim().is_empty(), "it is said why nothing is seen");
                assert!(!why.contains(SECRET), "a secret is shown: {why}");
                Err(why)
            }
            Some(seen) => Ok(seen.size().expect("what is seen has a size").0),
            None => unreachable!("it was asserted to be there"),
        }
    }

    /// What is asked for, as the intent of a pass.
    pub(crate) fn intent(&self) -> Intent {
        let action = self.step.action.clone();
        Intent { id: IntentId::new("here/it/1/1"), target: it(), action }
    }

    /// Asks for it. An error names the provider, the operation and the target, and no secret.
    pub(crate) async fn apply(&self) -> Result<(), ProviderError> {
        let intent = self.intent();
        let applied = self.hands.apply(&intent).await;
        if let Err(error) = &applied {
            let said = error.chain();
            assert_eq!(error.operation, intent.operation(), "{said}");
            assert!(!error.provider.is_empty() && said.contains("it"), "{said}");
            assert!(error.source.to_string().len() > 3, "there is a cause: {said}");
            assert!(!said.contains(SECRET), "a secret is shown: {said}");
        }
        applied
    }
}
