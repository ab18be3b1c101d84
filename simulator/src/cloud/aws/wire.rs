//! The protocols in which AWS is called: forms answered in XML, JSON, CBOR, and Route 53's paths with
//! XML.
//!
//! Whichever it is, a call comes down to flat names, as the form has them, and an answer to one
//! tree of [`Data`]: services know nothing of protocols.

use super::{
    super::http::{Reply, whole},
    data::Data,
    fault::Fault,
    rest, xml,
};
use bytes::Bytes;
use ciborium::Value as Cbor;
use hyper::{Request, StatusCode, header::HeaderValue};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Query,
    Json,
    Cbor,
    Rest,
}

impl Protocol {
    /// The protocol of a request, with the action where that is not in the body.
    pub(super) fn of(request: &Request<Bytes>) -> (Self, Option<String>) {
        let target = request.headers().get("x-amz-target").and_then(|it| it.to_str().ok());
        let named = |text: &str, sign: char| text.rsplit(sign).next().map(str::to_owned);
        match (target, request.uri().path()) {
            (Some(target), _) => (Self::Json, named(target, '.')),
            (None, path) if path.starts_with("/service/") => (Self::Cbor, named(path, '/')),
            (None, path) if path.trim_start_matches('/').starts_with(rest::VERSION) => {
                (Self::Rest, Some(rest::route(request.method(), path).0.to_owned()))
            }
            (None, _) => (Self::Query, None),
        }
    }

    /// What a request gives, by flat names. What cannot be read gives nothing, and is missed.
    pub(super) fn read(self, request: &Request<Bytes>) -> BTreeMap<String, String> {
        let mut values = BTreeMap::new();
        match self {
            Self::Query => {
                let query = request.uri().query().unwrap_or_default().as_bytes();
                let pairs = url::form_urlencoded::parse(query);
                let pairs = pairs.chain(url::form_urlencoded::parse(request.body()));
                values.extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
            }
            Self::Rest => {
                let query = request.uri().query().unwrap_or_default().as_bytes();
                let pairs = url::form_urlencoded::parse(query);
                values.extend(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())));
                values.extend(rest::read(request.body()));
                let id = rest::route(request.method(), request.uri().path()).1;
                values.extend(id.map(|id| ("Id".to_owned(), id.to_owned())));
                values.insert("Version".to_owned(), rest::VERSION.to_owned());
            }
            Self::Json => {
                let body = serde_json::from_slice(request.body()).unwrap_or(Json::Null);
                flatten_json(&mut values, "", &body);
            }
            Self::Cbor => {
                let body = ciborium::from_reader(&**request.body()).unwrap_or(Cbor::Null);
                flatten_cbor(&mut values, "", &body);
            }
        }
        values
    }

    /// What came of `action`.
    pub(super) fn answer(self, namespace: &str, action: &str, data: &Data, id: &str) -> Reply {
        match self {
            Self::Query => xml::answer(namespace, action, data, id),
            Self::Rest => rest::answer(namespace, action, data, id),
            Self::Json => tell_json(StatusCode::OK, &json(data), id),
            Self::Cbor => tell_cbor(StatusCode::OK, &cbor(data), id),
        }
    }

    /// Why nothing came of it.
    pub(super) fn fault(self, namespace: &str, fault: &Fault, id: &str) -> Reply {
        let mut reply = match self {
            Self::Query | Self::Rest => return xml::fault(namespace, fault, id),
            Self::Json => {
                let body = json!({ "__type": fault.code, "message": fault.message });
                tell_json(fault.status, &body, id)
            }
            Self::Cbor => {
                let text = |text: &str| Cbor::Text(text.to_owned());
                let body = vec![
                    (text("__type"), text(fault.code)),
                    (text("message"), text(&fault.message)),
                ];
                tell_cbor(fault.status, &Cbor::Map(body), id)
            }
        };
        // By this clients of services that once spoke the form find the code they know.
        if let Ok(code) = HeaderValue::from_str(&format!("{};{}", fault.code, fault.blames())) {
            reply.headers_mut().insert("x-amzn-query-error", code);
        }
        reply
    }
}

fn tell_json(status: StatusCode, body: &Json, id: &str) -> Reply {
    xml::named(whole(status, "application/x-amz-json-1.0", body.to_string()), id)
}

fn tell_cbor(status: StatusCode, body: &Cbor, id: &str) -> Reply {
    let mut bytes = Vec::new();
    // Writing to memory does not fail.
    ciborium::into_writer(body, &mut bytes).ok();
    let mut reply = whole(status, "application/cbor", bytes);
    let protocol = HeaderValue::from_static("rpc-v2-cbor");
    reply.headers_mut().insert("smithy-protocol", protocol);
    xml::named(reply, id)
}

fn within(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn flatten_json(values: &mut BTreeMap<String, String>, prefix: &str, value: &Json) {
    match value {
        Json::Null => {}
        Json::Bool(flag) => drop(values.insert(prefix.to_owned(), flag.to_string())),
        Json::Number(number) => drop(values.insert(prefix.to_owned(), number.to_string())),
        Json::String(text) => drop(values.insert(prefix.to_owned(), text.clone())),
        Json::Array(all) => {
            for (nth, one) in all.iter().enumerate() {
                flatten_json(values, &format!("{prefix}.member.{}", nth + 1), one);
            }
        }
        Json::Object(all) => {
            for (name, one) in all {
                flatten_json(values, &within(prefix, name), one);
            }
        }
    }
}

fn flatten_cbor(values: &mut BTreeMap<String, String>, prefix: &str, value: &Cbor) {
    // The one tag there is says that a number is a time.
    let value = if let Cbor::Tag(_, inner) = value { inner } else { value };
    if let Cbor::Array(all) = value {
        for (nth, one) in all.iter().enumerate() {
            flatten_cbor(values, &format!("{prefix}.member.{}", nth + 1), one);
        }
        return;
    }
    if let Cbor::Map(all) = value {
        for (name, one) in all.iter().filter_map(|(name, one)| Some((name.as_text()?, one))) {
            flatten_cbor(values, &within(prefix, name), one);
        }
        return;
    }
    let flag = value.as_bool().map(|flag| flag.to_string());
    let whole = || value.as_integer().map(|number| i128::from(number).to_string());
    let real = || value.as_float().map(|number| number.to_string());
    let text = || value.as_text().map(str::to_owned);
    if let Some(text) = flag.or_else(whole).or_else(real).or_else(text) {
        values.insert(prefix.to_owned(), text);
    }
}

fn json(data: &Data) -> Json {
    match data {
        Data::Text(text) => Json::from(text.as_str()),
        Data::Whole(number) => Json::from(*number),
        Data::Real(number) => Json::from(*number),
        Data::Flag(flag) => Json::from(*flag),
        Data::Time(at) => Json::from(at.ms() as f64 / 1000.0),
        Data::List(_, all) => all.iter().map(json).collect(),
        Data::Map(all) => {
            Json::Object(all.iter().map(|(name, it)| ((*name).to_owned(), json(it))).collect())
        }
    }
}

fn cbor(data: &Data) -> Cbor {
    match data {
        Data::Text(text) => Cbor::Text(text.clone()),
        Data::Whole(number) => Cbor::from(*number),
        Data::Real(number) => Cbor::Float(*number),
        Data::Flag(flag) => Cbor::Bool(*flag),
        Data::Time(at) => Cbor::Tag(1, Box::new(Cbor::Float(at.ms() as f64 / 1000.0))),
        Data::List(_, all) => Cbor::Array(all.iter().map(cbor).collect()),
        Data::Map(all) => {
            let pair = |(name, it): &(&str, Data)| (Cbor::Text((*name).to_owned()), cbor(it));
            Cbor::Map(all.iter().map(pair).collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_protocol_a_call_comes_down_to_the_same_names() {
        let expected = [("A.member.1.B", "x"), ("A.member.2.C", "1.5"), ("D", "true")];
        let expected: BTreeMap<String, String> =
            expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let body = json!({ "A": [{ "B": "x" }, { "C": 1.5 }], "D": true });
        let request = Request::new(Bytes::from(body.to_string()));
        assert_eq!(Protocol::Json.read(&request), expected);
        let text = |text: &str| Cbor::Text(text.to_owned());
        let time = Cbor::Tag(1, Box::new(Cbor::Float(1.5)));
        let all = vec![Cbor::Map(vec![(text("B"), text("x"))]), Cbor::Map(vec![(text("C"), time)])];
        let body = Cbor::Map(vec![(text("A"), Cbor::Array(all)), (text("D"), Cbor::Bool(true))]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&body, &mut bytes).unwrap();
        assert_eq!(Protocol::Cbor.read(&Request::new(Bytes::from(bytes))), expected);
        let body = Bytes::from("A.member.1.B=x&A.member.2.C=1.5&D=true");
        assert_eq!(Protocol::Query.read(&Request::new(body)), expected);
    }
}
