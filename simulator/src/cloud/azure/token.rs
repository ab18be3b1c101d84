//! Where tokens are to be had: for those with a secret or an assertion, and for a machine of the
//! cloud itself. A token is the name of who asked for it.

use super::said::Said;
use bytes::Bytes;
use hyper::{Method, Request, StatusCode};
use serde_json::{Value, json};
use setpoint_core::Timestamp;
use std::collections::BTreeMap;

/// How long a token of a secret is good, in seconds.
const OF_SECRET: u64 = 3599;
/// How long a token of a machine is good, in seconds.
const OF_MACHINE: u64 = 86_399;
/// Whose the machine is, if the caller does not say.
const MACHINE: &str = "managed-identity";

/// The answer, if `request` asks for a token. With `check_auth` the secret of an id is the id.
pub(super) fn answer(request: &Request<Bytes>, now: Timestamp, check_auth: bool) -> Option<Said> {
    let parts: Vec<&str> = request.uri().path().trim_matches('/').split('/').collect();
    match (request.method(), parts.as_slice()) {
        (&Method::POST, [_, "oauth2", "v2.0", "token"]) => {
            Some(of_secret(&form(request.body()), check_auth))
        }
        (&Method::GET, ["metadata", "identity", "oauth2", "token"]) => {
            Some(of_machine(request, now))
        }
        _ => None,
    }
}

type Form = BTreeMap<String, String>;

fn form(written: &[u8]) -> Form {
    url::form_urlencoded::parse(written).into_owned().filter(|(_, it)| !it.is_empty()).collect()
}

fn no(status: StatusCode, error: &str, code: u32, why: &str) -> Said {
    let description = format!("AADSTS{code}: {why}");
    let document =
        json!({ "error": error, "error_description": description, "error_codes": [code] });
    Said::new(status, document)
}

fn of_secret(form: &Form, check_auth: bool) -> Said {
    let lacks = |what: &str| {
        let why = format!("The required field '{what}' is missing from the request.");
        no(StatusCode::BAD_REQUEST, "invalid_request", 900_144, &why)
    };
    let Some(grant) = form.get("grant_type") else { return lacks("grant_type") };
    if grant != "client_credentials" {
        let why = format!("The app requested an unsupported grant type '{grant}'.");
        return no(StatusCode::BAD_REQUEST, "unsupported_grant_type", 70_003, &why);
    }
    let Some(id) = form.get("client_id") else { return lacks("client_id") };
    if !form.contains_key("scope") {
        return lacks("scope");
    }
    match (form.get("client_secret"), form.get("client_assertion")) {
        (Some(secret), _) if check_auth && secret != id => {
            let why = "Invalid client secret provided.";
            no(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_215, why)
        }
        (None, None) => {
            let why = "The request body must contain 'client_assertion' or 'client_secret'.";
            no(StatusCode::UNAUTHORIZED, "invalid_client", 7_000_218, why)
        }
        (Some(_), _) | (None, Some(_)) => Said::ok(json!({
            "token_type": "Bearer", "expires_in": OF_SECRET, "ext_expires_in": OF_SECRET,
            "access_token": id,
        })),
    }
}

fn of_machine(request: &Request<Bytes>, now: Timestamp) -> Said {
    let no = |why: &str| {
        let document: Value = json!({ "error": "invalid_request", "error_description": why });
        Said::new(StatusCode::BAD_REQUEST, document)
    };
    let query = form(request.uri().query().unwrap_or_default().as_bytes());
    let told = |name: &str| request.headers().get(name).and_then(|it| it.to_str().ok());
    // A browser that is led here sends neither.
    let knows = told("metadata").is_some_and(|it| it.eq_ignore_ascii_case("true"))
        || told("x-identity-header").is_some_and(|it| !it.is_empty());
    if !knows {
        return no("Required metadata header not specified");
    }
    if !query.contains_key("api-version") {
        return no("Required query variable 'api-version' is missing");
    }
    let Some(resource) = query.get("resource") else {
        return no("Required query variable 'resource' is missing");
    };
    let id = query.get("client_id").map_or(MACHINE, String::as_str);
    let seconds = now.ms().div_euclid(1000);
    let ends = seconds.saturating_add_unsigned(OF_MACHINE);
    Said::ok(json!({
        "access_token": id, "client_id": id, "resource": resource, "token_type": "Bearer",
        "expires_in": OF_MACHINE.to_string(), "ext_expires_in": OF_MACHINE.to_string(),
        "expires_on": ends.to_string(), "not_before": seconds.to_string(),
    }))
}
