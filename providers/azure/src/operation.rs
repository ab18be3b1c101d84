//! Changes that Azure goes on with after it took them, and where it tells what becomes of each.

use crate::{
    arm::{Arm, Reason},
    fault::{Asked, CallError},
};
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use url::Url;

/// The header in which Azure tells where it tells what becomes of a change that it took.
pub(crate) const PLACE: &str = "azure-asyncoperation";

/// What became of a change.
#[derive(Deserialize)]
pub(crate) struct Operation {
    status: String,
    error: Option<Reason>,
}

impl Operation {
    /// Whether Azure is still at it.
    pub(crate) fn is_under_way(&self) -> bool {
        let over = ["succeeded", "failed", "canceled"];
        !over.iter().any(|it| self.status.eq_ignore_ascii_case(it))
    }

    /// Why it has failed, if it has.
    pub(crate) fn trouble(self) -> Option<String> {
        let Reason { code, message } =
            self.error.filter(|_| self.status.eq_ignore_ascii_case("failed"))?;
        Some(if message.is_empty() { code } else { format!("{message} ({code})") })
    }
}

/// By what they are about, where Azure tells what becomes of the last change of ours.
#[derive(Clone, Debug)]
pub(crate) struct Operations<K>(Arc<Mutex<BTreeMap<K, Url>>>);

impl<K> Default for Operations<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Clone + Ord> Operations<K> {
    /// Keeps where it is told, which `place` says, or that it is told nowhere.
    pub(crate) fn note(&self, about: &K, place: Option<&str>) {
        match place.and_then(|place| Url::parse(place).ok()) {
            Some(place) => self.all().insert(about.clone(), place),
            None => self.all().remove(about),
        };
    }

    /// What became of the last change, if that is told anywhere.
    pub(crate) async fn last(
        &self,
        arm: &Arm,
        about: &K,
        asked: &Asked,
    ) -> Result<Option<Operation>, CallError> {
        let place = self.all().get(about).cloned();
        let Some(place) = place else { return Ok(None) };
        arm.read(asked, &place).await.map(Some)
    }

    /// Forgets the last change.
    pub(crate) fn forget(&self, about: &K) {
        self.all().remove(about);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<K, Url>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
