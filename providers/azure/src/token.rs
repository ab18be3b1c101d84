//! Tokens: had from whoever gives them, kept until shortly before they end, never shown.

use crate::identity::{Application, Identity, ManagedAt};
use serde::Deserialize;
use serde_json::Value;
use setpoint_control::Clock;
use setpoint_core::{Moment, Span};
use setpoint_http::{Answer, FetchError, HttpClient, Secret};
use std::{fmt, fs, sync::Arc};
use tokio::sync::Mutex;
use url::Url;

/// A token that ends within this is replaced, if it can be.
const EARLY: Span = Span::from_minutes(5);
/// How long a failure stands before a token is asked for again.
const FAILURE_STANDS: Span = Span::from_secs(5);
/// How long a token is good that does not say.
const UNTOLD: Span = Span::from_minutes(10);

/// Tokens for one audience.
pub(crate) struct Tokens {
    http: HttpClient,
    identity: Identity,
    /// What the tokens are for, as its address without the last slash.
    audience: String,
    clock: Arc<dyn Clock>,
    kept: Mutex<Kept>,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("identity", &self.identity).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Kept {
    token: Option<Token>,
    /// Until when nobody is asked again, and why the last attempt failed.
    failed: Option<(Span, String)>,
}

#[derive(Clone)]
struct Token {
    text: String,
    /// When it ends, on the monotonic clock.
    ends: Span,
    /// From when on another is asked for.
    old: Span,
}

impl Tokens {
    pub(crate) fn new(
        http: HttpClient,
        identity: Identity,
        audience: &Url,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let audience = audience.as_str().trim_end_matches('/').to_owned();
        Self { http, identity, audience, clock, kept: Mutex::default() }
    }

    /// A token that is good now.
    ///
    /// Fails with words for a person. While a token is still good, not getting another is no
    /// failure.
    pub(crate) async fn token(&self) -> Result<String, String> {
        if let Identity::Bearer { file } = &self.identity {
            return read(&Secret::File(file.clone()), &file.display().to_string());
        }
        let now = self.clock.now();
        let mut kept = self.kept.lock().await;
        let good = kept.token.clone().filter(|token| now.monotonic < token.ends);
        if let Some(fresh) = good.as_ref().filter(|token| now.monotonic < token.old) {
            return Ok(fresh.text.clone());
        }
        let failed = kept.failed.clone().filter(|(until, _)| now.monotonic < *until);
        let had = match failed {
            Some((_, why)) => Err(why),
            None => self.ask(now).await,
        };
        match had {
            Ok(token) => {
                let text = token.text.clone();
                *kept = Kept { token: Some(token), failed: None };
                Ok(text)
            }
            Err(why) => {
                if kept.failed.as_ref().is_none_or(|(until, _)| now.monotonic >= *until) {
                    kept.failed = Some((now.monotonic + FAILURE_STANDS, why.clone()));
                }
                good.map(|token| token.text).ok_or(why)
            }
        }
    }

    /// The token in hand was refused: the next call asks for another.
    pub(crate) async fn forget(&self) {
        self.kept.lock().await.token = None;
    }

    async fn ask(&self, now: Moment) -> Result<Token, String> {
        let (whom, answer) = match &self.identity {
            Identity::Bearer { .. } => return Err("a token in a file is not asked for".to_owned()),
            Identity::Managed { client_id, at } => {
                let whom = format!("the managed identity at {at:?}");
                (whom, self.ask_managed(client_id.as_deref(), at).await)
            }
            Identity::Federated { application, file } => {
                let proof = read(&Secret::File(file.clone()), &file.display().to_string())?;
                let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
                let proof = [("client_assertion_type", kind), ("client_assertion", &*proof)];
                self.ask_authority(application, &proof).await
            }
            Identity::Secret { application, secret } => {
                let secret = read(secret, "the client secret")?;
                self.ask_authority(application, &[("client_secret", &secret)]).await
            }
        };
        let answer = answer.map_err(|error| format!("{whom}: {error}"))?;
        understood(&answer, now).map_err(|why| format!("{whom}: {why}"))
    }

    async fn ask_managed(
        &self,
        client_id: Option<&str>,
        at: &ManagedAt,
    ) -> Result<Answer, FetchError> {
        let (mut url, version, header) = match at {
            ManagedAt::Machine(host) => {
                let mut url = host.clone();
                url.set_path("/metadata/identity/oauth2/token");
                (url, "2018-02-01", ("Metadata", "true"))
            }
            ManagedAt::Service { url, key } => {
                (url.clone(), "2019-08-01", ("X-IDENTITY-HEADER", &**key))
            }
        };
        let id = client_id.map(|id| ("client_id", id));
        let query = [("api-version", version), ("resource", &self.audience)];
        url.query_pairs_mut().extend_pairs(query.into_iter().chain(id));
        self.http.within(self.http.call("GET", &url, &[header], Vec::new())).await
    }

    async fn ask_authority(
        &self,
        application: &Application,
        proof: &[(&str, &str)],
    ) -> (String, Result<Answer, FetchError>) {
        let Application { tenant, client_id, authority } = application;
        let mut url = authority.clone();
        url.set_path(&format!("{tenant}/oauth2/v2.0/token"));
        let scope = format!("{}/.default", self.audience);
        let mut form =
            vec![("grant_type", "client_credentials"), ("client_id", client_id), ("scope", &scope)];
        form.extend(proof);
        let answer = self.http.within(self.http.post(&url, &form)).await;
        (format!("{client_id} at {authority}"), answer)
    }
}

fn read(secret: &Secret, name: &str) -> Result<String, String> {
    if let Secret::File(path) = secret
        && fs::metadata(path).is_ok_and(|file| file.len() == 0)
    {
        return Err(format!("{name}: it is empty"));
    }
    secret.read().map_err(|error| format!("{name}: {error}"))
}

/// What those who give tokens say; some of them write numbers as texts.
#[derive(Deserialize)]
struct Given {
    access_token: String,
    #[serde(default)]
    expires_in: Value,
    #[serde(default)]
    expires_on: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Refusal {
    error: String,
    error_description: String,
}

/// The token in an answer, or why there is none in it: no word of a token is ever told.
fn understood(answer: &Answer, now: Moment) -> Result<Token, String> {
    if !answer.status.is_success() {
        let Refusal { error, error_description } =
            serde_json::from_slice(&answer.body).unwrap_or_default();
        // What follows the first line are ids for Microsoft's support.
        let words = error_description.lines().next().unwrap_or_default();
        let words = if words.is_empty() { &error } else { words };
        return Err(format!("{words} ({})", answer.status.as_u16()).trim_start().to_owned());
    }
    let given: Given = serde_json::from_slice(&answer.body)
        .ok()
        .filter(|given: &Given| !given.access_token.is_empty())
        .ok_or("there is no token in the answer")?;
    let seconds = number(&given.expires_in).map(Span::from_secs).or_else(|| {
        let ends = i64::try_from(number(&given.expires_on)?.checked_mul(1000)?).ok()?;
        Some(Span::from_ms(u64::try_from(ends.checked_sub(now.wall.ms())?).unwrap_or(0)))
    });
    let lasts = seconds.unwrap_or(UNTOLD);
    // One that lasts for less than twice that is replaced halfway.
    let early = EARLY.min(Span::from_ms(lasts.ms() / 2));
    let fresh = Span::from_ms(lasts.ms().saturating_sub(early.ms()));
    let (ends, old) = (now.monotonic + lasts, now.monotonic + fresh);
    Ok(Token { text: given.access_token, ends, old })
}

fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stand_in::{Hand, Heard, serve};
    use serde_json::json;
    use setpoint_http::HttpSettings;

    /// Tokens of this identity, made from the address of who gives them by `answer`.
    async fn tokens(
        identity: impl Fn(&Url) -> Identity,
        answer: impl Fn(&str) -> (u16, Value) + Send + Sync + 'static,
    ) -> (Tokens, Arc<Hand>, Heard) {
        let (url, heard) = serve(move |call, _| answer(call)).await;
        let http = HttpClient::new(HttpSettings::new(Span::from_secs(5), 1 << 20)).unwrap();
        let (clock, audience) =
            (Arc::new(Hand::default()), Url::parse("https://arm.example").unwrap());
        let tokens = Tokens::new(http, identity(&url), &audience, Arc::<Hand>::clone(&clock));
        (tokens, clock, heard)
    }

    fn machine(url: &Url) -> Identity {
        Identity::Managed { client_id: None, at: ManagedAt::Machine(url.clone()) }
    }

    fn application(url: &Url) -> Application {
        let (tenant, client_id) = ("tenant".to_owned(), "client".to_owned());
        Application { tenant, client_id, authority: url.clone() }
    }

    #[tokio::test]
    async fn a_token_is_kept_until_shortly_before_it_ends_and_used_to_its_end() {
        let given = Mutex::<u32>::default();
        let (tokens, clock, heard) = tokens(machine, move |_| {
            let mut given = given.try_lock().unwrap();
            *given += 1;
            match *given {
                1 => (200, json!({ "access_token": "first", "expires_in": "3600" })),
                2 => (500, json!({})),
                _ => (200, json!({ "access_token": "last", "expires_in": 3600 })),
            }
        })
        .await;
        let first = Ok("first".to_owned());
        assert_eq!(tokens.token().await, first);
        clock.forward(Span::from_minutes(54));
        assert_eq!((tokens.token().await, heard.lock().unwrap().len()), (first.clone(), 1));
        clock.forward(Span::from_minutes(2));
        assert_eq!(tokens.token().await, first, "it is still good");
        assert_eq!((tokens.token().await, heard.lock().unwrap().len()), (first, 2), "no storm");
        clock.forward(Span::from_secs(6));
        assert_eq!(tokens.token().await, Ok("last".to_owned()));
        tokens.forget().await;
        tokens.token().await.unwrap();
        assert_eq!(heard.lock().unwrap().len(), 4);
    }

    #[tokio::test]
    async fn a_token_that_ended_is_never_sent() {
        let given = Mutex::<bool>::default();
        let (tokens, clock, _) = tokens(machine, move |_| {
            let first = !std::mem::replace(&mut *given.try_lock().unwrap(), true);
            let lasts = json!({ "access_token": "short", "expires_on": "60" });
            if first { (200, lasts) } else { (400, json!({ "error": "invalid_request" })) }
        })
        .await;
        assert_eq!(tokens.token().await, Ok("short".to_owned()));
        clock.forward(Span::from_secs(61));
        let why = tokens.token().await.unwrap_err();
        assert!(why.ends_with("invalid_request (400)"), "{why}");
    }

    #[tokio::test]
    async fn an_application_proves_itself_by_its_secret_or_by_the_token_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("proof");
        let given = |_: &str| (200, json!({ "access_token": "t", "expires_in": 3599 }));
        let with_secret = |url: &Url| {
            let secret = Secret::File(file.clone());
            Identity::Secret { application: application(url), secret }
        };
        let (by_secret, _, heard) = tokens(with_secret, given).await;
        let why = by_secret.token().await.unwrap_err();
        assert!(why.starts_with("the client secret: "), "{why}");
        fs::write(&file, "").unwrap();
        let (by_secret, _, _) = tokens(with_secret, given).await;
        assert_eq!(by_secret.token().await.unwrap_err(), "the client secret: it is empty");
        assert!(heard.lock().unwrap().is_empty(), "nothing is sent without a secret");
        fs::write(&file, "a+b\n").unwrap();
        let (by_secret, _, heard) = tokens(with_secret, given).await;
        by_secret.token().await.unwrap();
        let scope = "scope=https%3A%2F%2Farm.example%2F.default";
        let form = format!(
            "POST /tenant/oauth2/v2.0/token grant_type=client_credentials&client_id=client&{scope}\
             &client_secret=a%2Bb"
        );
        assert_eq!(heard.lock().unwrap().as_slice(), [form]);
        let federated =
            |url: &Url| Identity::Federated { application: application(url), file: file.clone() };
        let (federated, _, heard) = tokens(federated, given).await;
        federated.token().await.unwrap();
        let said = heard.lock().unwrap().concat();
        assert!(said.ends_with("jwt-bearer&client_assertion=a%2Bb"), "{said}");
    }

    #[tokio::test]
    async fn a_refusal_is_told_in_its_words_and_an_answer_that_is_none_tells_no_secret() {
        let no = "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1";
        let refused =
            move |_: &str| (401, json!({ "error": "invalid_client", "error_description": no }));
        let secret = |url: &Url| Identity::Secret {
            application: application(url),
            secret: Secret::Text("hush".to_owned()),
        };
        let (tokens_of_it, _, _) = tokens(secret, refused).await;
        let why = tokens_of_it.token().await.unwrap_err();
        assert!(why.starts_with("client at http://127.0.0.1"), "{why}");
        assert!(why.ends_with("AADSTS7000215: Invalid client secret provided. (401)"), "{why}");
        let (tokens_of_it, _, _) = tokens(secret, |_| (200, json!({ "token": "hush" }))).await;
        let why = tokens_of_it.token().await.unwrap_err();
        assert!(why.ends_with("there is no token in the answer"), "{why}");
        assert!(!format!("{tokens_of_it:?}").contains("hush"));
    }
}
