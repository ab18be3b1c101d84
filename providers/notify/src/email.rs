//! E-mail over SMTP.

use crate::{Letter, Receive, Undelivered};
use async_trait::async_trait;
pub use lettre::message::Mailbox;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::header::ContentType,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use setpoint_core::Span;
use setpoint_http::Secret;
use std::{fs, path::PathBuf, time::Duration};

/// How a mail server is talked to.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How what is sent is kept from others.
    pub encryption: Encryption,
    /// Authorities to trust besides the machine's own, in PEM.
    pub authorities: Option<PathBuf>,
    /// Who we say we are.
    pub login: Option<(String, Secret)>,
    /// Who writes.
    pub from: Mailbox,
    /// Who reads; at least one.
    pub to: Vec<Mailbox>,
    /// How long one letter may take.
    pub timeout: Span,
}

/// How what is sent is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// It must begin by `STARTTLS`, or nothing is sent.
    StartTls,
    /// From the first byte on.
    Tls,
    /// Not at all.
    None,
}

impl Encryption {
    /// Every way with its name.
    pub const NAMES: [(&'static str, Self); 3] =
        [("starttls", Self::StartTls), ("tls", Self::Tls), ("none", Self::None)];
}

/// The mailbox `text`: `ops@example.org`, `Ops <ops@example.org>`. Fails if it is none, and says why.
pub fn mailbox(text: &str) -> Result<Mailbox, String> {
    text.parse().map_err(|error: lettre::address::AddressError| error.to_string())
}

/// People who read mail.
pub struct Email(MailSettings);

impl Email {
    /// Those of `settings`.
    pub const fn new(settings: MailSettings) -> Self {
        Self(settings)
    }

    /// Whom we trust.
    fn parameters(&self) -> Result<TlsParameters, Undelivered> {
        let MailSettings { host, authorities, .. } = &self.0;
        let unset = |error: Error| Undelivered::later(format!("TLS cannot be set up: {error}"));
        let mut parameters = TlsParameters::builder(host.clone());
        if let Some(path) = authorities {
            let unread =
                |error| Undelivered::later(format!("{} cannot be read: {error}", path.display()));
            let pem = fs::read(path).map_err(unread)?;
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(unset)?);
        }
        parameters.build_rustls().map_err(unset)
    }

    /// The way to the server, made anew for each letter: a password may have been renewed, and
    /// letters are rare.
    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, Undelivered> {
        let MailSettings { host, port, encryption, login, timeout, .. } = &self.0;
        let tls = match encryption {
            Encryption::StartTls => Tls::Required(self.parameters()?),
            Encryption::Tls => Tls::Wrapper(self.parameters()?),
            Encryption::None => Tls::None,
        };
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host.clone())
            .port(*port)
            .tls(tls)
            .timeout(Some(Duration::from_millis(timeout.ms())));
        let Some((user, password)) = login else { return Ok(transport.build()) };
        let unread = |error| Undelivered::later(format!("the password cannot be read: {error}"));
        let password = password.read().map_err(unread)?;
        Ok(transport.credentials(Credentials::new(user.clone(), password)).build())
    }
}

#[async_trait]
impl Receive for Email {
    async fn deliver(&self, letter: &Letter) -> Result<(), Undelivered> {
        let message = message(&self.0, letter)?;
        let sent = self.transport()?.send(message).await;
        sent.map(drop).map_err(|error| undelivered(&error))
    }
}

fn message(settings: &MailSettings, letter: &Letter) -> Result<Message, Undelivered> {
    let mut message = Message::builder().from(settings.from.clone());
    for mailbox in &settings.to {
        message = message.to(mailbox.clone());
    }
    let message = message.subject(letter.subject()).header(ContentType::TEXT_PLAIN);
    let wrong = |error| Undelivered::Never(format!("it cannot be written as a mail: {error}"));
    message.body(letter.body()).map_err(wrong)
}

/// A server that says no to this letter will say no again; whatever else goes wrong may pass.
fn undelivered(error: &Error) -> Undelivered {
    let causes = std::iter::successors(Some(error as &dyn std::error::Error), |it| it.source());
    let why = causes.map(ToString::to_string).collect::<Vec<_>>().join(": ");
    if error.is_permanent() { Undelivered::Never(why) } else { Undelivered::later(why) }
}
