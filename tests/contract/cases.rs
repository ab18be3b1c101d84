//! The contract: each case is one promise of `agent/control/src/ports.rs` under one kind of fault.
//!
//! The rule they keep together: whatever goes wrong, nothing is done twice, nothing is seen that
//! is not so, and what is said of it names the operation and what to do.

use crate::{
    life,
    subject::{Case, Part, Provider, Scene, Trouble, Way, it, missing},
};
use setpoint_control::{Act, ProviderError};
use setpoint_core::{FailureKind, Seen, Span};
use std::time::{Duration, Instant};
use support::Stranger;

impl Case {
    /// Every case with its name and what it promises.
    pub(crate) const ALL: [(Self, &'static str, &'static str); 15] = [
        (Self::TwiceIsOnce, "twice-is-once", "an intent applied twice leaves what once leaves"),
        (Self::MovedIsStale, "moved-is-stale", "what somebody else moved is stale, and stays"),
        (Self::Throttled, "throttled", "who asks for fewer calls is told apart, with the wait"),
        (Self::Fails, "fails", "a server that fails is unavailable, and nothing is seen of it"),
        (
            Self::AnswerLost,
            "answer-lost",
            "a lost answer is unknown; the next look shows the effect",
        ),
        (Self::Hangs, "hangs", "a server that hangs is given up within the deadline"),
        (Self::Garbled, "garbled", "a cut answer, or a page for people, is no look and no yes"),
        (Self::HalfAList, "half-a-list", "a list whose second page fails is never a shorter list"),
        (Self::Behind, "behind", "a look that is behind has nothing undone, nor done once more"),
        (
            Self::NoCredentials,
            "no-credentials",
            "whom the server does not know is told so, and is refused",
        ),
        (
            Self::Forbidden,
            "forbidden",
            "what is not permitted is refused, with what would permit it",
        ),
        (Self::Impostor, "impostor", "who cannot prove who they are is told nothing"),
        (Self::OneIsMissing, "one-is-missing", "a target that is not there hides no other"),
        (
            Self::LooksChangeNothing,
            "looks-change-nothing",
            "no look changes anything, whatever happens",
        ),
        (
            Self::FaultsEnd,
            "faults-end",
            "under faults drawn by a seed the loop goes on, and gets there once",
        ),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

/// Plays a case against a provider. Panics if a promise is broken.
pub(crate) async fn play<P: Provider>(case: Case, provider: &P) {
    if case == Case::Impostor {
        return impostor(provider).await;
    }
    let scene = provider.scene(case.name(), Way::Server).await;
    match case {
        Case::TwiceIsOnce => twice_is_once(&scene).await,
        Case::MovedIsStale => moved_is_stale(&scene).await,
        Case::Throttled => throttled(&scene).await,
        Case::Fails => fails(&scene).await,
        Case::AnswerLost => answer_lost(&scene).await,
        Case::Hangs => hangs(&scene).await,
        Case::Garbled => garbled(&scene).await,
        Case::HalfAList => half_a_list(&scene).await,
        Case::Behind => behind(&scene).await,
        Case::NoCredentials => refusals(&scene, Trouble::Unknown, "credentials").await,
        Case::Forbidden => refusals(&scene, Trouble::Forbidden, P::REMEDY).await,
        Case::OneIsMissing => one_is_missing(&scene).await,
        Case::LooksChangeNothing => looks_change_nothing(&scene).await,
        Case::FaultsEnd => life::faults_end(&scene).await,
        Case::Impostor => unreachable!("it has no server of the provider's"),
    }
}

/// That the target stands as before, seen from both sides, and nothing was changed.
async fn untouched(scene: &Scene<impl Provider>, what: &str) {
    assert_eq!(scene.server.truth(), scene.step.from, "{what}: the server");
    assert_eq!(scene.size().await.as_ref(), Ok(&scene.step.from), "{what}: the eyes");
    assert_eq!(scene.server.effects(), 0, "{what}");
}

/// That the change was made, once, seen from both sides.
pub(crate) async fn done_once(scene: &Scene<impl Provider>, what: &str) {
    assert_eq!(scene.server.truth(), scene.step.to, "{what}: the server");
    assert_eq!(scene.size().await.as_ref(), Ok(&scene.step.to), "{what}: the eyes");
    assert_eq!(scene.server.effects(), 1, "{what}: it took effect once");
}

/// The error of an action that must not come off.
async fn refused(scene: &Scene<impl Provider>, what: &str) -> ProviderError {
    let applied = scene.apply().await;
    applied.err().unwrap_or_else(|| panic!("{what}: it is said to be under way"))
}

/// Asks again for what is done: a yes, or that the decision is about something else by now.
async fn again(scene: &Scene<impl Provider>) {
    match scene.apply().await {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain()),
    }
}

async fn twice_is_once(scene: &Scene<impl Provider>) {
    untouched(scene, "before").await;
    scene.apply().await.unwrap_or_else(|error| panic!("{}", error.chain()));
    done_once(scene, "after the first").await;
    again(scene).await;
    done_once(scene, "after the second").await;
}

async fn moved_is_stale(scene: &Scene<impl Provider>) {
    scene.server.moves();
    let moved = scene.server.truth();
    assert!(moved != scene.step.from && moved != scene.step.to, "it was moved to {moved}");
    let error = refused(scene, "moved").await;
    assert_eq!(error.kind, FailureKind::Stale, "{}", error.chain());
    assert_eq!(scene.server.truth(), moved, "what somebody else set stays");
    assert_eq!(scene.server.attempts(), 0, "nothing is sent");
}

async fn throttled(scene: &Scene<impl Provider>) {
    let expected = FailureKind::Throttled { retry_after: Some(Span::from_secs(2)) };
    for part in [Part::Changes, Part::Looks] {
        scene.server.spoil(part, Trouble::Throttled);
        let error = refused(scene, "throttled").await;
        assert_eq!(error.kind, expected, "{part:?}: {}", error.chain());
    }
    let seen = scene.size().await;
    assert!(seen.is_err(), "nothing is seen of what was not told: {seen:?}");
    scene.server.heal();
    untouched(scene, "throttled").await;
}

async fn fails(scene: &Scene<impl Provider>) {
    for status in ["500 Internal Server Error", "503 Service Unavailable"] {
        for part in [Part::Changes, Part::Looks] {
            scene.server.spoil(part, Trouble::Fails(status));
            let error = refused(scene, status).await;
            assert_eq!(error.kind, FailureKind::Unavailable, "{part:?}: {}", error.chain());
        }
        let seen = scene.size().await;
        assert!(seen.is_err(), "{status}: {seen:?}");
        scene.server.heal();
    }
    untouched(scene, "failed").await;
}

async fn answer_lost(scene: &Scene<impl Provider>) {
    scene.server.spoil(Part::Changes, Trouble::AnswerLost);
    let error = refused(scene, "its answer was lost").await;
    assert_eq!(error.kind, FailureKind::Unavailable, "{}", error.chain());
    scene.server.heal();
    done_once(scene, "the next look").await;
    again(scene).await;
    done_once(scene, "asked again").await;
}

async fn hangs(scene: &Scene<impl Provider>) {
    /// What a busy machine may add.
    const SLACK: Duration = Duration::from_secs(5);
    scene.server.spoil(Part::All, Trouble::Hangs);
    let limit = scene.deadline + SLACK;
    #[expect(clippy::disallowed_methods, reason = "how long it really takes is what is promised")]
    let began = Instant::now();
    let both = async { tokio::join!(scene.size(), scene.apply()) };
    let both = tokio::time::timeout(limit, both).await;
    #[expect(clippy::disallowed_methods, reason = "how long it really takes is what is promised")]
    let took = began.elapsed();
    let (seen, applied) = both.unwrap_or_else(|_| panic!("not given up within {limit:?}"));
    assert!(took <= limit, "it took {took:?} of {limit:?}");
    assert!(seen.is_err(), "{seen:?}");
    let error = applied.expect_err("nobody said yes");
    assert_eq!(error.kind, FailureKind::Unavailable, "{}", error.chain());
    scene.server.heal();
    untouched(scene, "hung").await;
}

async fn garbled<P: Provider>(scene: &Scene<P>) {
    let page = |status| Trouble::Fails(status);
    for trouble in [Trouble::Cut, page("200 OK"), page("502 Bad Gateway")] {
        scene.server.spoil(Part::Looks, trouble);
        let seen = scene.size().await;
        assert!(seen.is_err(), "{trouble:?}: a part is taken for all of it: {seen:?}");
        if P::LOOKS_FIRST {
            let error = refused(scene, "it could not look").await;
            let known = matches!(error.kind, FailureKind::Unavailable | FailureKind::Refused);
            assert!(known, "{trouble:?}: {:?}: {}", error.kind, error.chain());
        }
        scene.server.heal();
    }
    assert_eq!(scene.server.attempts(), 0, "nothing is changed on what was not understood");
    untouched(scene, "garbled").await;
}

async fn half_a_list(scene: &Scene<impl Provider>) {
    scene.server.spoil(Part::Looks, Trouble::HalfAList);
    let seen = scene.size().await;
    assert!(seen.is_err(), "the first page is taken for all of it: {seen:?}");
    scene.server.heal();
    untouched(scene, "half a list").await;
}

async fn behind(scene: &Scene<impl Provider>) {
    untouched(scene, "before").await;
    scene.apply().await.unwrap_or_else(|error| panic!("{}", error.chain()));
    scene.server.spoil(Part::Looks, Trouble::Behind);
    let seen = scene.size().await;
    assert!(seen.is_err() || seen == Ok(scene.step.from), "nothing is behind: {seen:?}");
    // It may be asked for anew: a size is absolute, a name is given. Or it is told apart.
    scene.apply().await.ok();
    assert_eq!(scene.server.truth(), scene.step.to, "done once, whatever the look said");
    scene.server.heal();
    assert_eq!(scene.size().await.as_ref(), Ok(&scene.step.to), "and seen, once the look is not");
}

async fn refusals(scene: &Scene<impl Provider>, trouble: Trouble, remedy: &str) {
    for part in [Part::Changes, Part::All] {
        scene.server.spoil(part, trouble);
        let error = refused(scene, "it is not permitted").await;
        let said = error.chain();
        assert_eq!(error.kind, FailureKind::Refused, "{part:?}: {said}");
        assert!(said.contains(remedy), "it must say {remedy:?}: {said}");
    }
    let seen = scene.size().await;
    assert!(seen.is_err_and(|why| why.contains(remedy)), "it must say {remedy:?}");
    scene.server.heal();
    untouched(scene, "not permitted").await;
}

async fn impostor<P: Provider>(provider: &P) {
    let stranger = Stranger::start();
    let way = Way::Stranger(stranger.url());
    let scene = provider.scene(Case::Impostor.name(), way).await;
    let says = |said: &str| said.contains("certificate") && said.contains("authority");
    let why = scene.size().await.expect_err("nobody is known there");
    assert!(says(&why), "it must say what is wrong and whom to trust: {why}");
    let error = refused(&scene, "an impostor").await;
    let said = error.chain();
    let sure = matches!(error.kind, FailureKind::Unavailable | FailureKind::Refused);
    assert!(sure && says(&said), "{:?}: {said}", error.kind);
    assert_eq!(stranger.heard(), 0, "not a word is said to a stranger");
}

async fn one_is_missing(scene: &Scene<impl Provider>) {
    let seen = scene.look().await;
    let Seen::Nothing(why) = &seen[&missing()] else { panic!("it is not there: {seen:?}") };
    assert!(!why.trim().is_empty());
    assert_eq!(seen[&it()].size().map(|(size, _)| size), Some(scene.step.from), "{seen:?}");
    let intent = setpoint_core::Intent { target: missing(), ..scene.intent() };
    let error = scene.hands.apply(&intent).await.expect_err("it is not there");
    let known = matches!(error.kind, FailureKind::Stale | FailureKind::Refused);
    assert!(known && error.chain().contains("missing"), "{:?}: {}", error.kind, error.chain());
    // Nothing is made that was not there, and nothing else is changed for it.
    untouched(scene, "beside it").await;
}

async fn looks_change_nothing<P: Provider>(scene: &Scene<P>) {
    let troubles = P::troubles().into_iter().filter(|it| *it != Trouble::Hangs);
    for trouble in troubles {
        scene.server.spoil(Part::Looks, trouble);
        scene.look().await;
        scene.server.heal();
        scene.look().await;
    }
    assert_eq!(scene.server.attempts(), 0, "a look asked for a change");
    assert_eq!(scene.server.truth(), scene.step.from);
}
