//! A web service of the user's own, which gets every notice as a document.

use crate::{Address, Letter, Receive, Undelivered, receive::post};
use async_trait::async_trait;
use setpoint_http::HttpClient;

/// A web service that takes notices.
pub struct Hook {
    client: HttpClient,
    address: Address,
}

impl Hook {
    /// The service at `address`.
    pub const fn new(client: HttpClient, address: Address) -> Self {
        Self { client, address }
    }
}

#[async_trait]
impl Receive for Hook {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let url = self.address.read()?;
        // The same notice, told twice, has the same key: whoever must not act twice can tell.
        let change = if letter.is_over() { "resolved" } else { "raised" };
        let key = format!("{}/{change}/{}", letter.key(), letter.at.ms());
        let headers = [("Idempotency-Key", key.as_str())];
        post(&self.client, &url, &headers, letter.document().to_string()).await
    }
}
