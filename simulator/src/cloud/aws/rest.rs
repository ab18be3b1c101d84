//! The fourth protocol, Route 53's alone: what is meant is told by method and path, documents are XML.
//!
//! A call comes down to flat names as those of the other protocols do: lists are numbered, so that
//! the first record of the second change is `ChangeBatch.Changes.Change.2.…`.

use super::{
    super::http::{Reply, whole},
    data::Data,
    xml,
};
use hyper::{Method, StatusCode, header};
use std::collections::BTreeMap;
use xmlparser::{ElementEnd, Token, Tokenizer};

/// The version of the API, as the path begins.
pub(super) const VERSION: &str = "2013-04-01";

/// The deepest that elements lie in each other.
const DEEPEST: usize = 32;

/// What a path asks for, and the id in it; nothing that is known has no name.
pub(super) fn route<'a>(method: &Method, path: &'a str) -> (&'static str, Option<&'a str>) {
    let path = path.trim_start_matches('/').trim_start_matches(VERSION);
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (method, parts.as_slice()) {
        (&Method::POST, ["hostedzone"]) => ("CreateHostedZone", None),
        (&Method::GET, ["hostedzone"]) => ("ListHostedZones", None),
        (&Method::GET, ["hostedzone", id]) => ("GetHostedZone", Some(id)),
        (&Method::GET, ["hostedzone", id, "rrset"]) => ("ListResourceRecordSets", Some(id)),
        (&Method::POST, ["hostedzone", id, "rrset"]) => ("ChangeResourceRecordSets", Some(id)),
        (&Method::GET, ["change", id]) => ("GetChange", Some(id)),
        (&Method::POST, ["healthcheck"]) => ("CreateHealthCheck", None),
        (&Method::GET, ["healthcheck"]) => ("ListHealthChecks", None),
        (&Method::GET, ["healthcheck", id]) => ("GetHealthCheck", Some(id)),
        (&Method::DELETE, ["healthcheck", id]) => ("DeleteHealthCheck", Some(id)),
        (&Method::GET, ["healthcheck", id, "status"]) => ("GetHealthCheckStatus", Some(id)),
        _ => ("", None),
    }
}

/// The values of a document, without its outermost element. What is no document gives nothing.
pub(super) fn read(document: &[u8]) -> BTreeMap<String, String> {
    std::str::from_utf8(document).ok().and_then(values).unwrap_or_default()
}

/// An element that is open: its name with its number, its text, and how many it has of each list.
#[derive(Default)]
struct Open {
    name: String,
    text: String,
    counts: BTreeMap<String, u32>,
}

fn values(text: &str) -> Option<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let mut open = vec![Open::default()];
    for token in Tokenizer::from(text) {
        match token.ok()? {
            Token::ElementStart { local, .. } => {
                let around = open.last_mut()?;
                let count = around.counts.entry(local.to_string()).or_default();
                *count += 1;
                // A list is called as several of its entries are: `Changes` has each `Change`.
                let is_entry = around.name.strip_suffix('s') == Some(local.as_str());
                let name = match is_entry {
                    true => format!("{local}.{count}"),
                    false => local.to_string(),
                };
                open.push(Open { name, ..Open::default() });
                if open.len() > DEEPEST {
                    return None;
                }
            }
            Token::ElementEnd { end: ElementEnd::Open, .. } => {}
            Token::ElementEnd { .. } => {
                // The first is around the document, the second its outermost element.
                let names: Vec<&str> = open.iter().skip(2).map(|it| it.name.as_str()).collect();
                let name = names.join(".");
                let ended = open.pop()?;
                if ended.counts.is_empty() && !name.is_empty() {
                    values.insert(name, xml::plain(ended.text.trim()));
                }
            }
            Token::Text { text } => open.last_mut()?.text.push_str(text.as_str()),
            Token::Cdata { .. } | Token::EntityDeclaration { .. } | Token::DtdStart { .. } => {
                return None;
            }
            Token::Declaration { .. }
            | Token::ProcessingInstruction { .. }
            | Token::Comment { .. }
            | Token::EmptyDtd { .. }
            | Token::DtdEnd { .. }
            | Token::Attribute { .. } => {}
        }
    }
    (open.len() == 1).then_some(values)
}

/// What came of `action`. What was made has a place, which is told in the head.
pub(super) fn answer(namespace: &str, action: &str, data: &Data, id: &str) -> Reply {
    let values: &[(&str, Data)] = if let Data::Map(values) = data { values } else { &[] };
    let location = values.iter().find_map(|(name, value)| {
        let Data::Text(place) = value else { return None };
        (*name == LOCATION).then_some(place.as_str())
    });
    let status = if location.is_some() { StatusCode::CREATED } else { StatusCode::OK };
    let mut text = format!("<{action}Response xmlns=\"{namespace}\">");
    let told = values.iter().filter(|(name, _)| *name != LOCATION);
    told.for_each(|(name, value)| xml::element(&mut text, name, value));
    text.push_str(&format!("</{action}Response>"));
    let mut reply = xml::named(whole(status, "text/xml", text), id);
    if let Some(Ok(place)) = location.map(str::parse) {
        reply.headers_mut().insert(header::LOCATION, place);
    }
    reply
}

/// The value that is told in the head.
pub(super) const LOCATION: &str = "Location";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_comes_down_to_flat_names() {
        let body = b"<?xml version=\"1.0\"?><R xmlns=\"x\"><B><Changes><Change><Action>A</Action>\
            </Change><Change><Action>B &amp; C</Action><S><ResourceRecords><ResourceRecord><Value>1\
            </Value></ResourceRecord></ResourceRecords><Region>r</Region></S></Change></Changes></B><None/></R>";
        let found = read(body);
        let expected = [
            ("B.Changes.Change.1.Action", "A"),
            ("B.Changes.Change.2.Action", "B & C"),
            ("B.Changes.Change.2.S.ResourceRecords.ResourceRecord.1.Value", "1"),
            ("B.Changes.Change.2.S.Region", "r"),
            ("None", ""),
        ];
        let expected: BTreeMap<String, String> =
            expected.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        assert_eq!(found, expected);
        for broken in ["", "<a>", "<a></a></b>", "<a", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"]
        {
            assert!(read(broken.as_bytes()).is_empty(), "{broken}");
        }
    }

    #[test]
    fn what_is_meant_is_told_by_method_and_path() {
        let routed = |method, path| route(&method, path);
        let sets = "/2013-04-01/hostedzone/Z1/rrset";
        assert_eq!(routed(Method::GET, sets), ("ListResourceRecordSets", Some("Z1")));
        let slash = "/2013-04-01/hostedzone/Z1/rrset/";
        assert_eq!(routed(Method::POST, slash), ("ChangeResourceRecordSets", Some("Z1")));
        assert_eq!(routed(Method::DELETE, sets), ("", None));
        let status = "/2013-04-01/healthcheck/h/status";
        assert_eq!(routed(Method::GET, status), ("GetHealthCheckStatus", Some("h")));
    }
}
