//! How a provider says what went wrong.

use setpoint_core::FailureKind;
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
