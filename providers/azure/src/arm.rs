//! Calls to Azure Resource Manager: each once, to one place only, with a bound on its answer.
//!
//! Tokens are put on requests here and nowhere else, so that nothing above ever holds one.

use crate::{
    fault::{Asked, CallError, Heard},
    token::Tokens,
};
use serde::{Deserialize, de::DeserializeOwned};
use setpoint_http::{Answer, FetchError, HttpClient};
use std::sync::Arc;
use tokio::sync::Semaphore;
use url::Url;

/// Calls that may be under way at once.
const AT_ONCE: usize = 10;
/// Pages of a list after which something is wrong.
pub(crate) const MAX_PAGES: usize = 200;

/// One subscription at Azure Resource Manager.
#[derive(Clone, Debug)]
pub(crate) struct Arm {
    http: HttpClient,
    tokens: Arc<Tokens>,
    endpoint: Url,
    turns: Arc<Semaphore>,
}

impl Arm {
    pub(crate) fn new(http: HttpClient, tokens: Tokens, endpoint: Url) -> Self {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        Self { http, tokens: Arc::new(tokens), endpoint, turns }
    }

    /// Where it is.
    pub(crate) const fn endpoint(&self) -> &Url {
        &self.endpoint
    }

    /// What is at `path`, in this version of its API.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        asked: &Asked,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, CallError> {
        self.read(asked, &self.at(path, query)).await
    }

    /// The address of what is at `path`.
    pub(crate) fn at(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.endpoint.clone();
        url.set_path(path);
        url.query_pairs_mut().extend_pairs(query);
        url
    }

    /// Everything of the list at `path`: pages are read to the last.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        asked: &Asked,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<Vec<T>, CallError> {
        let strange = |why: String| CallError::new(asked.clone(), Heard::Strange(why));
        let mut page: Page<T> = self.get(asked, path, query).await?;
        let mut all = page.value;
        for _ in 1..MAX_PAGES {
            let Some(next) = page.next_link.filter(|link| !link.is_empty()) else { return Ok(all) };
            let next = Url::parse(&next).map_err(|error| strange(error.to_string()))?;
            page = self.read(asked, &next).await?;
            all.append(&mut page.value);
        }
        Err(strange(format!("a list of more than {MAX_PAGES} pages")))
    }

    /// What is at `url`.
    pub(crate) async fn read<T: DeserializeOwned>(
        &self,
        asked: &Asked,
        url: &Url,
    ) -> Result<T, CallError> {
        let answered = self.call("GET", url, &[], Vec::new()).await;
        let read = answered.and_then(|answer| {
            serde_json::from_slice(&answer.body).map_err(|error| Heard::Strange(error.to_string()))
        });
        read.map_err(|heard| CallError::new(asked.clone(), heard))
    }

    /// Makes one call. Anything but a yes is an error.
    pub(crate) async fn call(
        &self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, Heard> {
        // Links come from answers: a token must not follow one to somebody else.
        if url.origin() != self.endpoint.origin() {
            let host = url.host_str().unwrap_or_default();
            return Err(Heard::Strange(format!("it leads to another place, {host}")));
        }
        let turn = self.turns.acquire().await;
        let token = self.tokens.token().await.map_err(Heard::NoToken)?;
        let bearer = format!("Bearer {token}");
        let mut all = vec![("authorization", &*bearer), ("accept", "application/json")];
        all.extend(headers);
        let answer = self.http.within(self.http.call(method, url, &all, body)).await;
        drop(turn);
        let answer = answer.map_err(unheard)?;
        if answer.status.is_success() {
            return Ok(answer);
        }
        if answer.status.as_u16() == 401 {
            self.tokens.forget().await;
        }
        Err(refused(&answer))
    }
}

fn unheard(error: FetchError) -> Heard {
    match error {
        FetchError::Secret(_) | FetchError::NoHeader | FetchError::Unsigned(_) => {
            Heard::NoToken(error.to_string())
        }
        FetchError::Status { .. }
        | FetchError::TooLarge { .. }
        | FetchError::Late(_)
        | FetchError::Connection(_) => Heard::Nothing(error.to_string()),
    }
}

fn refused(answer: &Answer) -> Heard {
    let Refusal { error } = serde_json::from_slice(&answer.body).unwrap_or_default();
    Heard::Answer {
        status: answer.status.as_u16(),
        code: error.code,
        message: error.message,
        retry_after: answer.retry_after,
    }
}

/// A page of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    #[serde(default = "Vec::new")]
    value: Vec<T>,
    /// Where the next page is.
    next_link: Option<String>,
}

/// What Azure says about a no.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: Reason,
}

/// What went wrong: a code, and words for a person.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reason {
    pub(crate) code: String,
    pub(crate) message: String,
}
