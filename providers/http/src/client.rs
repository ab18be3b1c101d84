//! One client for all that is read over HTTP: limits of time and size, no redirects, no
//! proxy, and credentials that are never shown.

use crate::{
    failure::{FetchError, SetUpError},
    settings::{Auth, HttpSettings, TlsFiles},
    signed::{Sign, Unsigned},
};
use reqwest::{
    Body, Certificate, Client, ClientBuilder, Identity, Method, RequestBuilder, Response,
    StatusCode,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use setpoint_core::Span;
use std::{fs, future::Future, path::Path, time::Duration};
use url::Url;

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(3);

/// A client with its settings.
#[derive(Clone, Debug)]
pub struct HttpClient {
    client: Client,
    settings: HttpSettings,
}

/// An answer, read whole.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Vec<u8>,
    /// The entity tag of what it is about, if it has a strong one.
    pub entity_tag: Option<String>,
    /// For how long it asks us to wait, if it does in seconds.
    pub retry_after: Option<Span>,
    /// All its headers, these two among them.
    pub headers: HeaderMap,
}

impl HttpClient {
    /// A client that follows no redirects and uses no proxy.
    ///
    /// Fails if the files with the certificates are not there or not good.
    pub fn new(settings: HttpSettings) -> Result<Self, SetUpError> {
        // reqwest asks for a TLS provider even for plain HTTP; one that is installed stays.
        rustls::crypto::ring::default_provider().install_default().ok();
        let headers = settings.headers.iter().filter_map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            let mut value = HeaderValue::from_str(value).ok()?;
            value.set_sensitive(true);
            Some((name, value))
        });
        let builder = Client::builder()
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT)
            .no_proxy()
            .tls_info(true)
            .default_headers(headers.collect::<HeaderMap>())
            .user_agent(concat!("setpoint/", env!("CARGO_PKG_VERSION")));
        let client = with_certificates(builder, &settings.tls)?.build().map_err(SetUpError::Tls)?;
        Ok(Self { client, settings })
    }

    /// How long one reading may take, whole.
    pub const fn timeout(&self) -> Span {
        self.settings.timeout
    }

    /// What `work` comes to, if it does within the time of one reading.
    pub async fn within<T>(
        &self,
        work: impl Future<Output = Result<T, FetchError>> + Send,
    ) -> Result<T, FetchError> {
        self.in_time(work).await
    }

    /// The same, of work that can fail otherwise too.
    pub(crate) async fn in_time<T, E: From<FetchError>>(
        &self,
        work: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let limit = self.settings.timeout;
        match tokio::time::timeout(Duration::from_millis(limit.ms()), work).await {
            Ok(answer) => answer,
            Err(_elapsed) => Err(FetchError::Late(limit).into()),
        }
    }

    /// The body of the page at `url`, whole, within the time of one reading.
    pub async fn page(&self, url: &Url) -> Result<Vec<u8>, FetchError> {
        let answer = self.within(self.ask(self.client.get(url.clone()))).await?;
        match answer.status {
            StatusCode::OK => Ok(answer.body),
            status => Err(FetchError::Status { status }),
        }
    }

    /// What the server answers to a form. Takes as long as it takes: see [`within`](Self::within).
    pub async fn post(&self, url: &Url, form: &[(&str, &str)]) -> Result<Answer, FetchError> {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let form_type = "application/x-www-form-urlencoded";
        self.ask(self.client.post(url.clone()).header("Content-Type", form_type).body(form)).await
    }

    /// What the server answers to a request of any kind; the header called `authorization` is
    /// never shown. Takes as long as it takes, like [`post`](Self::post).
    pub async fn call(
        &self,
        method: &str,
        url: &Url,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let method = Method::from_bytes(method.as_bytes()).map_err(|_| FetchError::NoHeader)?;
        let mut request = self.client.request(method, url.clone()).body(body);
        for (name, value) in headers {
            let mut value = HeaderValue::from_str(value).map_err(|_| FetchError::NoHeader)?;
            value.set_sensitive(name.eq_ignore_ascii_case("authorization"));
            request = request.header(*name, value);
        }
        self.ask(request).await
    }

    /// What the server answers to a `GET`. Takes as long as it takes, like [`post`](Self::post).
    pub(crate) async fn get(&self, url: &Url) -> Result<Answer, FetchError> {
        self.ask(self.client.get(url.clone())).await
    }

    /// What the server answers to a document that takes the place of another.
    pub(crate) async fn put_json(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, FetchError> {
        self.send_json(self.client.put(url.clone()), headers, body).await
    }

    /// What the server answers to a document. Takes as long as it takes, like [`post`](Self::post).
    pub async fn post_json(
        &self,
        url: &Url,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, FetchError> {
        self.send_json(self.client.post(url.clone()), headers, body).await
    }

    async fn send_json(
        &self,
        request: RequestBuilder,
        headers: &[(&str, &str)],
        body: String,
    ) -> Result<Answer, FetchError> {
        let request = with(request, headers);
        self.ask(request.header(header::CONTENT_TYPE, "application/json").body(body)).await
    }

    /// The head of the answer to a `GET`.
    #[cfg(feature = "probe")]
    pub(crate) async fn head_of(&self, url: &Url) -> Result<Response, FetchError> {
        self.send(self.client.get(url.clone())).await
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, FetchError> {
        let mut response = self.send(request).await?;
        let (status, max_bytes) = (response.status(), self.settings.max_bytes);
        let said = |name| response.headers().get(name).and_then(|value| value.to_str().ok());
        // A weak tag promises too little to build a condition on.
        let entity_tag = said(header::ETAG).filter(|tag| tag.starts_with('"')).map(str::to_owned);
        let retry_after = said(header::RETRY_AFTER).and_then(|text| text.parse().ok());
        let retry_after = retry_after.map(Span::from_secs);
        let headers = response.headers().clone();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(FetchError::Connection)? {
            if body.len() + chunk.len() > max_bytes {
                return Err(FetchError::TooLarge { max_bytes });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, body, entity_tag, retry_after, headers })
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, FetchError> {
        let request = match &self.settings.auth {
            None => request,
            Some(Auth::Bearer(token)) => {
                let token = token.read().map_err(FetchError::Secret)?;
                HeaderValue::from_str(&token).map_err(|_| FetchError::NoHeader)?;
                request.bearer_auth(token)
            }
            Some(Auth::Basic { user, password }) => {
                let password = password.read().map_err(FetchError::Secret)?;
                request.basic_auth(user, Some(password))
            }
            Some(Auth::Signed(signer)) => return self.send_signed(request, &**signer).await,
        };
        request.send().await.map_err(FetchError::Connection)
    }

    async fn send_signed(
        &self,
        request: RequestBuilder,
        signer: &dyn Sign,
    ) -> Result<Response, FetchError> {
        let mut request = request.build().map_err(FetchError::Connection)?;
        let own = request.headers().iter();
        let headers = own.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let unsigned = Unsigned {
            method: request.method().as_str(),
            url: request.url(),
            headers: headers.collect(),
            body: request.body().and_then(Body::as_bytes).unwrap_or_default(),
        };
        for (name, value) in signer.sign(&unsigned).await.map_err(FetchError::Unsigned)? {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| FetchError::NoHeader)?;
            let mut value = HeaderValue::from_str(&value).map_err(|_| FetchError::NoHeader)?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        self.client.execute(request).await.map_err(FetchError::Connection)
    }
}

/// `request` with these headers.
fn with(request: RequestBuilder, headers: &[(&str, &str)]) -> RequestBuilder {
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

fn with_certificates(
    mut builder: ClientBuilder,
    files: &TlsFiles,
) -> Result<ClientBuilder, SetUpError> {
    if let Some(path) = &files.authorities {
        let authorities = Certificate::from_pem_bundle(&read(path)?).map_err(SetUpError::Tls)?;
        builder = builder.tls_certs_merge(authorities);
    }
    if let Some((certificate, key)) = &files.identity {
        let both = [read(certificate)?, read(key)?].join(&b'\n');
        builder = builder.identity(Identity::from_pem(&both).map_err(SetUpError::Tls)?);
    }
    Ok(builder)
}

fn read(path: &Path) -> Result<Vec<u8>, SetUpError> {
    fs::read(path).map_err(|source| SetUpError::File { path: path.to_owned(), source })
}

/// An address as it may be shown: what follows the path may hold a key.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    url.to_string()
}
