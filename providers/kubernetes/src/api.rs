//! Calls to the API server: each once, each with a bound on its answer, lists whole or not at all.

use crate::fault::{Asked, CallError, Heard, causes};
use http::{HeaderValue, Method, Request};
use http_body_util::{BodyExt, Limited};
use kube::{Client, client::Body};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use setpoint_control::on_the_way;
use setpoint_core::Span;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::sync::Semaphore;

/// Calls that may be under way at once.
const AT_ONCE: usize = 10;
/// The largest answer that is read, in bytes.
const MAX_ANSWER: usize = 32 * 1024 * 1024;
/// Things of a list that are asked for at once.
const PAGE: usize = 500;
/// Pages of a list after which something is wrong.
const MAX_PAGES: usize = 200;
/// Whom the server notes down for what is changed.
const MANAGER: &str = "fieldManager=setpoint";

/// One namespace of one cluster.
#[derive(Clone)]
pub(crate) struct Api {
    client: Client,
    pub(crate) namespace: String,
    /// The file with the token to send, where it is ours to read.
    token_file: Option<PathBuf>,
    turns: Arc<Semaphore>,
}

impl Api {
    pub(crate) fn new(client: Client, namespace: String, token_file: Option<PathBuf>) -> Self {
        Self { client, namespace, token_file, turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// What is at `path`.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        asked: Asked,
        path: &str,
    ) -> Result<T, CallError> {
        self.send(asked, request(Method::GET, path, None)).await
    }

    /// Everything of the list at `path`: pages are read to the last.
    pub(crate) async fn list<T: DeserializeOwned>(
        &self,
        asked: Asked,
        path: &str,
        selector: Option<&str>,
    ) -> Result<Vec<T>, CallError> {
        let (mut all, mut more) = (Vec::new(), None);
        for _ in 0..MAX_PAGES {
            let mut query = vec![("limit", PAGE.to_string())];
            query.extend(selector.map(|selector| ("labelSelector", selector.to_owned())));
            query.extend(more.take().map(|token| ("continue", token)));
            let query = query.iter().map(|(key, value)| format!("{key}={}", escaped(value)));
            let path = format!("{path}?{}", query.collect::<Vec<_>>().join("&"));
            let page: Page<T> = self.get(asked.clone(), &path).await?;
            all.extend(page.items);
            match page.metadata.next.filter(|token| !token.is_empty()) {
                Some(token) => more = Some(token),
                None => return Ok(all),
            }
        }
        Err(CallError::new(asked, Heard::Strange(format!("a list of more than {MAX_PAGES} pages"))))
    }

    /// Changes what is at `path` as `patch` has it, a merge patch.
    pub(crate) async fn patch(
        &self,
        asked: Asked,
        path: &str,
        patch: &Value,
    ) -> Result<Value, CallError> {
        let path = format!("{path}?{MANAGER}");
        let body = Some(("application/merge-patch+json", patch));
        self.send(asked, request(Method::PATCH, &path, body)).await
    }

    /// Deletes what is at `path`, on the conditions in `options`.
    pub(crate) async fn delete(
        &self,
        asked: Asked,
        path: &str,
        options: &Value,
    ) -> Result<Value, CallError> {
        let body = Some(("application/json", options));
        self.send(asked, request(Method::DELETE, path, body)).await
    }

    /// Whether we would be allowed what `review` says: nothing is changed by it.
    pub(crate) async fn review(&self, review: &Value) -> Result<Value, CallError> {
        let path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
        let asked = Asked {
            verb: "create",
            group: "authorization.k8s.io".to_owned(),
            resource: "selfsubjectaccessreviews".to_owned(),
            name: None,
        };
        self.send(asked, request(Method::POST, path, Some(("application/json", review)))).await
    }

    async fn send<T: DeserializeOwned>(
        &self,
        asked: Asked,
        request: Result<Request<Body>, http::Error>,
    ) -> Result<T, CallError> {
        let turn = self.turns.acquire().await;
        let answered = match request {
            Ok(request) => self.ask(request).await,
            Err(error) => Err(Heard::NotSent(error.to_string())),
        };
        drop(turn);
        let body = answered.map_err(|heard| CallError::new(asked.clone(), heard))?;
        let read = serde_json::from_slice(&body);
        read.map_err(|error| CallError::new(asked, Heard::Strange(error.to_string())))
    }

    async fn ask(&self, mut request: Request<Body>) -> Result<Vec<u8>, Heard> {
        if let Some(file) = &self.token_file {
            let header = bearer(file).await?;
            request.headers_mut().insert(http::header::AUTHORIZATION, header);
        }
        let response = self.client.send(request).await.map_err(|error| unheard(&error))?;
        let status = response.status().as_u16();
        let seconds = response.headers().get(http::header::RETRY_AFTER);
        let seconds = seconds.and_then(|it| it.to_str().ok()?.trim().parse().ok());
        let body = Limited::new(response.into_body(), MAX_ANSWER).collect().await;
        let body = body.map_err(|error| Heard::Nothing(causes(&*error)))?.to_bytes().to_vec();
        if (200..300).contains(&status) {
            return Ok(body);
        }
        let told: Status = serde_json::from_slice(&body).unwrap_or_else(|_| Status {
            message: String::from_utf8_lossy(&body).chars().take(300).collect(),
            ..Status::default()
        });
        let seconds = seconds.or(told.details.retry_after_seconds);
        Err(Heard::Answer {
            status,
            message: told.message,
            retry_after: seconds.map(Span::from_secs),
        })
    }
}

fn request(
    method: Method,
    path: &str,
    body: Option<(&str, &Value)>,
) -> Result<Request<Body>, http::Error> {
    let request = Request::builder().method(method).uri(path).header("accept", "application/json");
    match body {
        Some((kind, value)) => {
            request.header("content-type", kind).body(Body::from(value.to_string().into_bytes()))
        }
        None => request.body(Body::empty()),
    }
}

/// What says who calls, from the file with the token.
async fn bearer(file: &Path) -> Result<HeaderValue, Heard> {
    let unread = |why: String| Heard::NotSent(format!("{}: {why}", file.display()));
    let token = tokio::fs::read_to_string(file).await.map_err(|error| unread(error.to_string()))?;
    let header = HeaderValue::try_from(format!("Bearer {}", token.trim()));
    let mut header = header.map_err(|_| unread("it holds no token".to_owned()))?;
    header.set_sensitive(true);
    Ok(header)
}

fn unheard(error: &kube::Error) -> Heard {
    if matches!(error, kube::Error::Auth(_)) {
        Heard::NotSent(causes(error))
    } else {
        Heard::Nothing(on_the_way(causes(error)))
    }
}

/// `text` as the value in a query.
fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// A page of a list.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(default)]
    metadata: PageData,
    #[serde(default = "Vec::new")]
    items: Vec<T>,
}

#[derive(Default, Deserialize)]
struct PageData {
    /// What asks for the next page.
    #[serde(rename = "continue")]
    next: Option<String>,
}

/// What the server says about a no.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    message: String,
    details: Details,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details {
    retry_after_seconds: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[tokio::test]
    async fn a_token_is_sent_without_the_end_of_its_line_and_read_anew_at_every_call() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let Err(Heard::NotSent(why)) = bearer(&file).await else { panic!("there is no file yet") };
        assert!(why.contains("token"), "{why}");
        for (written, sent) in [("first\n", "Bearer first"), ("second", "Bearer second")] {
            fs::write(&file, written).unwrap();
            assert_eq!(bearer(&file).await.unwrap(), sent);
        }
    }
}
