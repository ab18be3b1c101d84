//! Requests signed as AWS has it: Signature Version 4.
//!
//! The signature itself is made by AWS's own crate. Here is whose keys it is made with and
//! for how long they are kept: asking for them may be a call of its own, to a role or to the
//! machine, and would otherwise be made for every request.

use crate::signed::{Sign, Unsigned};
use async_trait::async_trait;
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use setpoint_control::Clock;
use setpoint_core::Timestamp;
use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::Mutex;

/// Keys are asked for anew so long before they end, and after so long if they never do.
const FRESH: Duration = Duration::from_secs(300);

/// Signs for one service in one region.
pub struct SigV4 {
    region: String,
    service: String,
    credentials: SharedCredentialsProvider,
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
}

/// Keys, and until when they need not be asked for again.
struct Kept {
    keys: Credentials,
    until: SystemTime,
}

impl SigV4 {
    /// Signs for `service` in `region`, with the keys that `credentials` gives.
    pub fn new(
        (region, service): (impl Into<String>, impl Into<String>),
        credentials: SharedCredentialsProvider,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let (region, service) = (region.into(), service.into());
        Self { region, service, credentials, clock, kept: Mutex::default() }
    }

    /// The keys to sign with now.
    async fn keys(&self, now: SystemTime) -> Result<Credentials, String> {
        // Whoever comes while they are being asked for waits for that answer.
        let mut kept = self.kept.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.until) {
            return Ok(kept.keys.clone());
        }
        match self.credentials.provide_credentials().await {
            Ok(keys) => {
                let end = keys.expiry().map(|end| end - FRESH);
                let until = end.unwrap_or(now + FRESH);
                *kept = Some(Kept { keys: keys.clone(), until });
                Ok(keys)
            }
            // Those from before are good until their end.
            Err(error) => {
                let still = |kept: &&Kept| kept.keys.expiry().is_some_and(|end| now < end);
                kept.as_ref().filter(still).map(|kept| kept.keys.clone()).ok_or_else(|| why(&error))
            }
        }
    }
}

#[async_trait]
impl Sign for SigV4 {
    async fn sign(&self, request: &Unsigned<'_>) -> Result<Vec<(String, String)>, String> {
        let now = system(self.clock.now().wall);
        let identity = self.keys(now).await?.into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(&self.service)
            .time(now)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let headers = request.headers.iter().copied();
        let body = SignableBody::Bytes(request.body);
        let request = SignableRequest::new(request.method, request.url.as_str(), headers, body)
            .map_err(|error| error.to_string())?;
        let signed = sign(request, &parameters.into()).map_err(|error| error.to_string())?;
        let headers = signed.output().headers();
        Ok(headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl fmt::Debug for SigV4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigV4").field("region", &self.region).finish_non_exhaustive()
    }
}

/// A time of ours as AWS's crates take it.
fn system(time: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(u64::try_from(time.ms()).unwrap_or_default())
}

/// The innermost cause says most: that there are no keys at all, or who would not give them.
fn why(error: &dyn StdError) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    format!("no AWS credentials can be had: {cause}")
}
