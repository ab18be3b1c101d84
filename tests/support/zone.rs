//! A hosted zone of Route 53 at an emulator, set up and looked at by calls of its own.

use crate::http::Request;
use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
};

/// The name of every record set of a zone.
pub const NAME: &str = "www.example.com";

/// The namespace of Route 53's documents.
const SPACE: &str = "https://route53.amazonaws.com/doc/2013-04-01/";

/// How many were made: each has a reference of its own, by which it is told from others of its name.
static MADE: AtomicU32 = AtomicU32::new(0);

/// A hosted zone with weighted record sets of one name.
#[derive(Debug)]
pub struct Zone {
    server: SocketAddr,
    id: String,
}

/// A record set as it is in a zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordSet {
    /// Its set identifier.
    pub id: String,
    /// Its weight.
    pub weight: u32,
    /// All else that it says, as XML in which nothing but tags and values is left.
    pub rest: String,
}

impl Zone {
    /// Makes one at `server`.
    #[track_caller]
    pub fn make(server: SocketAddr) -> Self {
        let reference = MADE.fetch_add(1, Relaxed);
        let made = format!(
            "<CreateHostedZoneRequest xmlns=\"{SPACE}\"><Name>example.com</Name>\
             <CallerReference>{reference}</CallerReference></CreateHostedZoneRequest>"
        );
        let answer = call(server, "POST", "hostedzone", &made);
        let id = between(&answer, "<Id>", "</Id>").expect("a zone has an id");
        Self { server, id: id.trim_start_matches("/hostedzone/").to_owned() }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Makes a health check of an endpoint, and gives its id.
    #[track_caller]
    pub fn health_check(&self, reference: &str) -> String {
        self.check(reference, "<IPAddress>192.0.2.1</IPAddress><Port>80</Port><Type>HTTP</Type>")
    }

    /// Makes a health check of the endpoint of this name, and gives its id.
    #[track_caller]
    pub fn health_check_of(&self, reference: &str, name: &str) -> String {
        let named = format!(
            "<Port>80</Port><Type>HTTP</Type>\
             <FullyQualifiedDomainName>{name}</FullyQualifiedDomainName>"
        );
        self.check(reference, &named)
    }

    #[track_caller]
    fn check(&self, reference: &str, config: &str) -> String {
        let made = format!(
            "<CreateHealthCheckRequest xmlns=\"{SPACE}\"><CallerReference>{reference}\
             </CallerReference><HealthCheckConfig>{config}</HealthCheckConfig>\
             </CreateHealthCheckRequest>"
        );
        let answer = call(self.server, "POST", "healthcheck", &made);
        between(&answer, "<Id>", "</Id>").expect("a health check has an id").to_owned()
    }

    /// Has a record set of this weight, with `what` behind it: an alias or addresses, and a
    /// health check if there is one.
    #[track_caller]
    pub fn put(&self, id: &str, weight: u32, what: &str) {
        self.put_all(&[(id, weight, what)]);
    }

    /// Has such record sets, in one change.
    #[track_caller]
    pub fn put_all(&self, sets: &[(&str, u32, &str)]) {
        let change = |(id, weight, what): &(&str, u32, &str)| {
            format!(
                "<Change><Action>UPSERT</Action><ResourceRecordSet><Name>{NAME}</Name>\
                 <Type>A</Type><SetIdentifier>{id}</SetIdentifier><Weight>{weight}</Weight>{what}\
                 </ResourceRecordSet></Change>"
            )
        };
        let changes: String = sets.iter().map(change).collect();
        let change = format!(
            "<ChangeResourceRecordSetsRequest xmlns=\"{SPACE}\"><ChangeBatch><Changes>{changes}\
             </Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"
        );
        call(self.server, "POST", &format!("hostedzone/{}/rrset", self.id), &change);
    }

    /// The answer to the question for all record sets, as it is.
    #[track_caller]
    pub fn answer(&self) -> String {
        call(self.server, "GET", &format!("hostedzone/{}/rrset?name={NAME}", self.id), "")
    }

    /// The record sets of the name, in the order of their identifiers.
    #[track_caller]
    pub fn records(&self) -> Vec<RecordSet> {
        let answer = self.answer();
        let written = answer.split("<ResourceRecordSet>").skip(1);
        let mut sets: Vec<RecordSet> = written
            .filter_map(|text| {
                let text = text.split("</ResourceRecordSet>").next()?;
                let id = between(text, "<SetIdentifier>", "</SetIdentifier>")?;
                let weight = between(text, "<Weight>", "</Weight>")?;
                let rest = text.replace(&format!("<Weight>{weight}</Weight>"), "");
                let (id, weight) = (id.to_owned(), weight.parse().ok()?);
                Some(RecordSet { id, weight, rest: rest.split_whitespace().collect() })
            })
            .collect();
        sets.sort_by(|a, b| a.id.cmp(&b.id));
        sets
    }

    /// The weights of the record sets.
    #[track_caller]
    pub fn weights(&self) -> Vec<u32> {
        self.records().into_iter().map(|set| set.weight).collect()
    }
}

/// An alias, as a load balancer of the same cloud has it.
pub fn alias(health_check: Option<&str>) -> String {
    let check = health_check.map(|id| format!("<HealthCheckId>{id}</HealthCheckId>"));
    format!(
        "<AliasTarget><HostedZoneId>Z2FDTNDATAQYW2</HostedZoneId><DNSName>lb.example.com.\
         </DNSName><EvaluateTargetHealth>true</EvaluateTargetHealth></AliasTarget>{}",
        check.unwrap_or_default()
    )
}

/// An address somewhere else.
pub fn address(health_check: Option<&str>) -> String {
    let check = health_check.map(|id| format!("<HealthCheckId>{id}</HealthCheckId>"));
    format!(
        "<TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value></ResourceRecord>\
         </ResourceRecords>{}",
        check.unwrap_or_default()
    )
}

/// What Route 53 says of a health check when nobody had an answer.
pub fn dead() -> String {
    let seen = "<HealthCheckObservation><Region>us-east-1</Region><IPAddress>192.0.2.9</IPAddress>\
                <StatusReport><Status>Failure: Connection timed out.</Status>\
                <CheckedTime>2026-01-01T00:00:00Z</CheckedTime></StatusReport>\
                </HealthCheckObservation>";
    format!(
        "<GetHealthCheckStatusResponse xmlns=\"{SPACE}\"><HealthCheckObservations>{seen}{seen}\
         </HealthCheckObservations></GetHealthCheckStatusResponse>"
    )
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> Option<&'a str> {
    text.split_once(from)?.1.split_once(to).map(|(inner, _)| inner)
}

/// Makes a call and gives the body of the answer. Panics if it is not a yes.
#[track_caller]
fn call(server: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let head = format!(
        "{method} /2013-04-01/{path} HTTP/1.1\r\nHost: {server}\r\nContent-Type: text/xml\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=fake/20260101/us-east-1/route53/aws4_request, \
         SignedHeaders=host, Signature=fake"
    );
    let request = Request { head, body: body.as_bytes().to_vec() };
    let answer = request.send(server).expect("the server answers");
    let answer = String::from_utf8_lossy(&answer).into_owned();
    assert!(answer.starts_with("HTTP/1.1 2"), "{method} {path}: {answer}");
    answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}
