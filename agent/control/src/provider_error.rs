//! How a provider says what went wrong.

use crate::Sorted;
use setpoint_core::{FailureKind, Intent};
use std::error::Error as StdError;

/// A provider could not do as asked.
///
/// `kind` is for the loop, which must choose between waiting, looking again and
/// calling a person. The message and its source are for that person.
#[derive(Debug, thiserror::Error)]
#[error("{provider} could not {operation}")]
pub struct ProviderError {
    /// Which provider, as named in the configuration.
    pub provider: String,
    /// What was being done, as a verb phrase: "resize game-servers to 15".
    pub operation: String,
    /// What may be done about it.
    pub kind: FailureKind,
    /// The cause. It is not repeated in the message: print the whole chain.
    #[source]
    pub source: Box<dyn StdError + Send + Sync>,
}

impl ProviderError {
    /// That the provider called `provider` could not carry `intent` out.
    pub fn of(provider: &str, intent: &Intent, error: impl Sorted) -> Self {
        Self {
            provider: provider.to_owned(),
            operation: intent.operation(),
            kind: error.kind(),
            source: error.into(),
        }
    }

    /// The message with every cause behind it, on one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause: Option<&dyn StdError> = self.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}
