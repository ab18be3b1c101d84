//! Settings and jobs behind a web service of the user's own.

use crate::{
    subject::{Case, Provider, SECRET, Scene, Step, Way, it, missing},
    wire::{JSON, REST, Tongue, Wire, no},
};
use serde_json::json;
use setpoint_core::{Action, Span, TargetName};
use setpoint_http::{
    Auth, Document, HttpSettings, Method, Secret, Webhook, WebhookEyes, WebhookHands,
    WebhookSettings, What,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use support::Service;
use url::Url;

const ONE_DOCUMENT: &str = "a document is one answer: there are no pages";

const TONGUE: Tongue = Tongue {
    throttled: || no("429 Too Many Requests", REST, "{}"),
    unknown: || no("401 Unauthorized", JSON, "{}"),
    forbidden: || no("403 Forbidden", JSON, "{}"),
    list: None,
};

const REMEDY: &str = "does not permit them this";

/// How long a look, and an action, may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// Limits of the user's own application.
pub(crate) struct Settings;

impl Provider for Settings {
    type Eyes = WebhookEyes;
    type Hands = WebhookHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[(Case::HalfAList, ONE_DOCUMENT)];
    const REMEDY: &'static str = REMEDY;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, way: Way) -> Scene<Self> {
        let service = Service::start(&[("/it", json!({ "value": 40 }))]);
        let own = service.clone();
        let value = move || {
            let value = own.document("/it")["value"].as_u64().expect("it holds a number");
            u32::try_from(value).expect("a small one")
        };
        let wire = Wire::new(service.address(), TONGUE, value)
            .moved_by(move || service.put("/it", json!({ "value": 35 })));
        let (eyes, hands) = plugged(&wire.url(way), "/value", What::Setting);
        let action = Action::Set { from: 40, to: 20, leaves: true, revision: None };
        let step = Step { from: 40, to: 20, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire) }
    }
}

/// Jobs of the user's own application.
pub(crate) struct Jobs;

impl Provider for Jobs {
    type Eyes = WebhookEyes;
    type Hands = WebhookHands;
    const WITHOUT: &'static [(Case, &'static str)] = &[
        (Case::HalfAList, ONE_DOCUMENT),
        (Case::MovedIsStale, "a start is known by its token, whatever ran meanwhile"),
    ];
    const REMEDY: &'static str = REMEDY;
    const LOOKS_FIRST: bool = false;

    fn start() -> Self {
        Self
    }

    async fn scene(&self, _: &str, way: Way) -> Scene<Self> {
        let service = Service::start(&[("/it", json!({ "state": "never" }))]);
        let (own, runs) = (service.clone(), service.clone());
        let truth = move || u32::try_from(own.runs("/it")).expect("it is not run that often");
        let wire = Wire::new(service.address(), TONGUE, truth).counted_by(move || runs.runs("/it"));
        let (eyes, hands) = plugged(&wire.url(way), "/state", What::Job);
        let action = Action::Start { token: "here/it/1/1".to_owned(), after: None, anew: false };
        let step = Step { from: 0, to: 1, action };
        Scene { eyes, hands, step, deadline: DEADLINE, server: Box::new(wire) }
    }
}

/// Eyes and hands on what the documents of the service at `url` have at `pointer`.
fn plugged(url: &str, pointer: &str, what: What) -> (Arc<WebhookEyes>, Arc<WebhookHands>) {
    let auth = Some(Auth::Bearer(Secret::Text(SECRET.to_owned())));
    let limit = Span::from_ms(u64::try_from(DEADLINE.as_millis()).expect("short"));
    let http = HttpSettings { auth, ..HttpSettings::new(limit, 64 * 1024) };
    let settings = WebhookSettings {
        name: "app".to_owned(),
        http,
        pointer: pointer.to_owned(),
        run: Some("/run".to_owned()),
        method: Method::Put,
    };
    let webhook = Arc::new(Webhook::new(settings).expect("no certificates are asked for"));
    let document = |name: TargetName| {
        let url = Url::parse(&format!("{url}/{name}")).expect("it is an address");
        (name, Document { url, what })
    };
    let targets = BTreeMap::from([document(it()), document(missing())]);
    (Arc::new(webhook.eyes(targets.clone())), Arc::new(webhook.hands(targets)))
}
