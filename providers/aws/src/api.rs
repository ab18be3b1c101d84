//! The way to one of AWS's APIs, with a bound on how many calls are under way at once.

use crate::{fault::CallError, pace::Pace};
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use std::{error::Error as StdError, sync::Arc};
use tokio::sync::Semaphore;

/// Calls of one API that may be under way at once. A region of many targets would
/// otherwise be throttled by its own agent.
const AT_ONCE: usize = 4;

/// The Auto Scaling API.
pub(crate) type Autoscaling = Api<aws_sdk_autoscaling::Client>;
/// The RDS API.
pub(crate) type Rds = Api<aws_sdk_rds::Client>;

/// The API that tells who one is.
pub(crate) type Sts = Api<aws_sdk_sts::Client>;

/// One API: a client and the gate before it, which all clients of that API share.
#[derive(Clone, Debug)]
pub(crate) struct Api<Client> {
    client: Client,
    gate: Arc<Semaphore>,
    pace: Arc<Pace>,
}

impl<Client> Api<Client> {
    /// The API behind `client`, with a gate of its own, at the pace of its provider.
    pub(crate) fn new(client: Client, pace: Arc<Pace>) -> Self {
        Self { client, gate: Arc::new(Semaphore::new(AT_ONCE)), pace }
    }

    /// Another client of the same API, behind the same gate.
    pub(crate) fn with(&self, client: Client) -> Self {
        Self { client, gate: Arc::clone(&self.gate), pace: Arc::clone(&self.pace) }
    }

    /// What to build calls with.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// Waits for its turn and the gate, then for `answer`: that of the call named `name`, or of
    /// several that follow on each other, as pages do.
    pub(crate) async fn call<Answer, Error>(
        &self,
        name: &'static str,
        answer: impl Future<Output = Result<Answer, SdkError<Error>>>,
    ) -> Result<Answer, CallError>
    where
        Error: ProvideErrorMetadata + StdError + 'static,
    {
        self.pace.turn().await;
        let _permit = self.gate.acquire().await.expect("the gate is never closed");
        answer.await.map_err(|error| CallError::new(name, &error))
    }
}
