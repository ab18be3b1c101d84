//! Receivers of notices: a real web service, a real mail server, and what is made of those who
//! do not take a letter.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use setpoint_core::{
    Contact, Notice, NoticeChange, NoticeKind, PolicyName, RuleName, Span, Timestamp,
};
use setpoint_http::{HttpClient, HttpSettings, Secret};
use setpoint_notify::{
    Address, Email, Encryption, Hook, Letter, MailSettings, PagerDuty, Receive, Slack, Undelivered,
    mailbox,
};
use std::{fs, path::PathBuf};
use support::{Mail, Mood, Service};
use tempfile::TempDir;
use url::Url;

const PATH: &str = "/in";

fn letter(change: NoticeChange) -> Letter {
    let notice = Notice {
        key: "web/slow/page".to_owned(),
        kind: NoticeKind::Page,
        change,
        text: "players wait: p99 is 900 ms — <now>".to_owned(),
        policy: Some(PolicyName::new("web")),
        rule: Some(RuleName::new("slow")),
        target: None,
        contact: Contact {
            owner: Some("game team".to_owned()),
            runbook: Some("https://wiki.example/slow".to_owned()),
        },
    };
    let at = Timestamp::from_ms(1_700_000_000_000);
    Letter { notice, region: "here".to_owned(), at, again: false }
}

fn raised() -> Letter {
    letter(NoticeChange::Raised)
}

fn client() -> HttpClient {
    HttpClient::new(HttpSettings::new(Span::from_secs(20), 1024)).expect("no certificates")
}

fn service() -> Service {
    Service::start(&[])
}

fn address(service: &Service) -> Address {
    Address::Url(Url::parse(&service.url(PATH)).expect("it is an address"))
}

/// The bodies that the service was sent.
fn sent(service: &Service) -> Vec<Value> {
    service.writes().into_iter().map(|write| write.body).collect()
}

#[tokio::test]
async fn a_web_service_gets_the_whole_notice_and_can_tell_it_from_others() {
    let service = service();
    let hook = Hook::new(client(), address(&service));
    assert_eq!(hook.deliver(&raised()).await, Ok(()));
    assert_eq!(hook.deliver(&letter(NoticeChange::Resolved)).await, Ok(()));
    let [raised, over] = &service.writes()[..] else { panic!("{:?}", service.writes()) };
    assert_eq!(raised.line, "POST /in");
    assert_eq!(
        raised.headers["idempotency-key"],
        "setpoint/here/web/slow/page/raised/1700000000000"
    );
    let expected = json!({
        "key": "setpoint/here/web/slow/page", "kind": "page", "change": "raised", "again": false,
        "region": "here", "at": "2023-11-14T22:13:20Z", "policy": "web", "rule": "slow",
        "target": null, "text": "players wait: p99 is 900 ms — <now>",
        "owner": "game team", "runbook": "https://wiki.example/slow",
    });
    assert_eq!(raised.body, expected);
    assert_eq!(over.body["change"], "resolved");
    assert_eq!(over.body["key"], raised.body["key"]);
}

#[tokio::test]
async fn slack_and_pagerduty_get_what_their_protocols_ask_for() {
    let service = service();
    let folder = TempDir::new().expect("there is room");
    let (url, key) = (folder.path().join("url"), folder.path().join("key"));
    fs::write(&url, service.url(PATH) + "\n").expect("there is room");
    fs::write(&key, "a-routing-key\n").expect("there is room");
    let slack = Slack::new(client(), Address::File(url));
    assert_eq!(slack.deliver(&raised()).await, Ok(()));
    let duty = PagerDuty::new(client(), address(&service), Secret::File(key));
    assert_eq!(duty.deliver(&raised()).await, Ok(()));
    assert_eq!(duty.deliver(&letter(NoticeChange::Resolved)).await, Ok(()));
    let [slack, trigger, resolve] = &sent(&service)[..] else { panic!("{:?}", sent(&service)) };
    let text = slack["text"].as_str().expect("a text");
    assert!(text.contains("&lt;now&gt;") && text.contains("owner: game team"), "{text}");
    assert_eq!(trigger["routing_key"], "a-routing-key");
    assert_eq!(trigger["event_action"], "trigger");
    assert_eq!(trigger["payload"]["severity"], "critical");
    assert_eq!(resolve["event_action"], "resolve");
    assert_eq!(resolve["dedup_key"], trigger["dedup_key"]);
}

#[tokio::test]
async fn a_receiver_that_is_ill_is_tried_again_and_one_that_refuses_is_not() {
    let service = service();
    let hook = Hook::new(client(), address(&service));
    for (status, is_tried_again) in [
        (500, true),
        (503, true),
        (429, true),
        (408, true),
        (401, true),
        (400, false),
        (404, false),
    ] {
        service.is(Mood::Answers(status));
        let answer = hook.deliver(&raised()).await.expect_err("it did not say yes");
        let later = matches!(answer, Undelivered::Later { .. });
        assert_eq!(later, is_tried_again, "{status}: {answer}");
        assert!(answer.to_string().contains(&status.to_string()), "{answer}");
    }
    let nobody = Address::Url(Url::parse("http://127.0.0.1:9/in").expect("it is an address"));
    let answer = Hook::new(client(), nobody).deliver(&raised()).await;
    assert!(matches!(answer, Err(Undelivered::Later { .. })), "{answer:?}");
    let no_file = Slack::new(client(), Address::File("no/such/file".into()));
    let answer = no_file.deliver(&raised()).await.expect_err("there is no address");
    assert!(answer.to_string().contains("no/such/file cannot be read"), "{answer}");
}

fn mail_to(mail: &Mail, to: &str) -> MailSettings {
    MailSettings {
        host: "127.0.0.1".to_owned(),
        port: mail.port(),
        encryption: Encryption::None,
        authorities: None,
        login: None,
        from: mailbox("Setpoint <setpoint@example.org>").expect("a mailbox"),
        to: vec![mailbox(to).expect("a mailbox")],
        timeout: Span::from_secs(20),
    }
}

#[tokio::test]
async fn people_who_read_mail_get_one_that_says_whose_it_is() {
    let mail = Mail::start();
    let email = Email::new(mail_to(&mail, "Ops <ops@example.org>"));
    assert_eq!(email.deliver(&raised()).await, Ok(()));
    let message = mail.next();
    assert_eq!(message["sender"], "setpoint@example.org");
    assert_eq!(message["to"], json!(["ops@example.org"]));
    let subject = "[page] here web/slow: players wait: p99 is 900 ms — <now>";
    assert_eq!(message["subject"], subject);
    let body = message["body"].as_str().expect("a text");
    assert!(body.contains("owner: game team\nrunbook: https://wiki.example/slow\n"), "{body}");
}

/// A certificate for loopback and its key, in files.
fn certificate(folder: &TempDir) -> (PathBuf, PathBuf) {
    let names = vec!["localhost".to_owned()];
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(names).expect("a certificate can be made");
    let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
    fs::write(&certificate, cert.pem()).expect("there is room");
    fs::write(&key, signing_key.serialize_pem()).expect("there is room");
    (certificate, key)
}

#[tokio::test]
async fn a_password_goes_only_to_a_server_that_is_who_it_says_it_is() {
    let folder = TempDir::new().expect("there is room");
    let (certificate, key) = certificate(&folder);
    let mail = Mail::start_strict(&certificate, &key);
    let password = folder.path().join("password");
    fs::write(&password, "some words\n").expect("there is room");
    let settings = MailSettings {
        host: "localhost".to_owned(),
        encryption: Encryption::StartTls,
        authorities: Some(certificate),
        login: Some(("setpoint".to_owned(), Secret::File(password))),
        ..mail_to(&mail, "ops@example.org")
    };
    let stranger = MailSettings { authorities: None, ..settings.clone() };
    let answer = Email::new(stranger).deliver(&raised()).await;
    assert!(matches!(answer, Err(Undelivered::Later { .. })), "{answer:?}");
    assert_eq!(Email::new(settings).deliver(&raised()).await, Ok(()));
    let message = mail.next();
    assert_eq!((&message["tls"], &message["user"]), (&json!(true), &json!("setpoint")));
}

#[tokio::test]
async fn a_server_without_starttls_is_told_nothing() {
    let mail = Mail::start();
    let encryption = Encryption::StartTls;
    let settings = MailSettings { encryption, ..mail_to(&mail, "ops@example.org") };
    let answer = Email::new(settings).deliver(&raised()).await;
    assert!(answer.is_err());
    let nobody = Email::new(mail_to(&mail, "nobody@example.org")).deliver(&raised()).await;
    let Err(Undelivered::Never(why)) = &nobody else { panic!("{nobody:?}") };
    assert!(why.contains("nobody of this name"), "{why}");
}
