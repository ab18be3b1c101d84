//! A query as it is written in the configuration, in the language of its source's kind.

use super::{
    azure, cloudwatch,
    fault::{At, Code, ConfigFault, Faults, Place},
    kubernetes,
    raw::RawInput,
    suggest,
    valid::Question,
};
use setpoint_core::Unit;
use setpoint_http::{Check, JsonQuery};
use setpoint_promql::{AlertQuery, Query, ServerQuery};

/// What `raw` asks of a source of this `kind`, or a fault that shows what became of it.
///
/// With a `key` it asks for a value of each member or zone.
pub(crate) fn question(
    raw: &RawInput,
    kind: &str,
    unit: Unit,
    faults: &Faults,
) -> Option<Question> {
    if kind != "prometheus" {
        let pick = raw.pick.first().map(|(label, _)| &label.place);
        refuse_key(pick, "pick", kind, faults);
    }
    if kind != "http-json" {
        refuse_key(raw.at.as_ref().map(|at| &at.place), "at", kind, faults);
    }
    let text = &raw.query.value;
    let key = raw.key.as_ref().map(|key| key.value.as_str());
    match kind {
        "prometheus" => {
            let pick = raw.pick.iter();
            let pick = pick.map(|(label, value)| (label.value.clone(), value.value.clone()));
            let pick = pick.collect();
            let asked = match key {
                None => ServerQuery::parse(text, pick),
                Some(key) => ServerQuery::parse_each(text, pick, key),
            };
            told(asked.map(Question::Server), &raw.query, faults)
        }
        "http-json" => {
            let at = raw.at.as_ref().map(|at| at.value.as_str());
            let asked = match key {
                None => JsonQuery::new(text, at),
                Some(key) => JsonQuery::of_each(text, at, key),
            };
            told(asked.map(Question::Json), &raw.query, faults)
        }
        "alertmanager" => alerts(raw, unit, faults),
        "cloudwatch" => {
            refuse_each(raw, "CloudWatch's answers are not told apart by this version", faults)?;
            cloudwatch::parse(&raw.query, faults).map(Question::CloudWatch)
        }
        "azure-monitor" => {
            refuse_each(raw, "Azure Monitor's answers are not told apart by this version", faults)?;
            azure::metric(&raw.query, faults).map(Question::AzureMonitor)
        }
        "kubernetes" => {
            refuse_each(raw, "the metrics of a cluster are told of all pods together", faults)?;
            kubernetes::usage(&raw.query, unit, faults).map(Question::Usage)
        }
        "probe" => {
            refuse_each(raw, "a probe checks one service and knows no members", faults)?;
            check(&raw.query, unit, faults)
        }
        _ => {
            let asked = Query::parse(text).and_then(|query| match key {
                None => Ok(query),
                Some(key) => query.of_each(key),
            });
            told(asked.map(Question::Page), &raw.query, faults)
        }
    }
}

/// Which alerts are counted.
fn alerts(raw: &RawInput, unit: Unit, faults: &Faults) -> Option<Question> {
    refuse_each(raw, "alerts are counted, whomever they are about", faults)?;
    if unit != Unit::Count {
        let message = "alerts are counted: the policy's input must have the unit \"count\"";
        faults.push(ConfigFault::new(Code::BadQuery, &raw.query.place, message));
        return None;
    }
    told(AlertQuery::parse(&raw.query.value).map(Question::Alerts), &raw.query, faults)
}

/// A value of each is asked of a source that has none.
fn refuse_each(raw: &RawInput, why: &str, faults: &Faults) -> Option<()> {
    let Some(key) = &raw.key else { return Some(()) };
    let fault = ConfigFault::new(Code::BadQuery, &key.place, why.to_owned());
    faults.push(fault.help("ask a source of kind `prometheus`, `scrape` or `http-json`"));
    None
}

fn told<T, E: std::error::Error>(
    read: Result<T, E>,
    written: &At<String>,
    faults: &Faults,
) -> Option<T> {
    match read {
        Ok(read) => Some(read),
        Err(error) => {
            // The parser quotes the query: what a variable holds is not to be shown.
            let expanded = written.place.written().contains("${");
            let why = if expanded { "once its variables are expanded" } else { &error.to_string() };
            let message = format!("this query cannot be answered: {why}");
            faults.push(ConfigFault::new(Code::BadQuery, &written.place, message));
            None
        }
    }
}

fn check(written: &At<String>, unit: Unit, faults: &Faults) -> Option<Question> {
    let fault = |message: String| ConfigFault::new(Code::BadQuery, &written.place, message);
    let Some(check) = Check::of(&written.value, unit) else {
        let message = format!("there is no check {}", written.place.written());
        faults.push(fault(message).maybe_help(suggest::advice(&written.value, Check::NAMES)));
        return None;
    };
    if !check.fits(unit) {
        let units = Unit::ALL.into_iter();
        let takes =
            units.filter(|(_, unit)| check.fits(*unit)).map(|(name, _)| format!("\"{name}\""));
        let takes = takes.collect::<Vec<_>>().join(" or ");
        let message =
            format!("{} cannot be told in the unit of this input", written.place.written());
        faults.push(fault(message).help(format!("the policy's input must have the unit {takes}")));
        return None;
    }
    Some(Question::Check(check))
}

fn refuse_key(place: Option<&Place>, key: &str, kind: &str, faults: &Faults) {
    let Some(place) = place else { return };
    let message = format!("`{key}` means nothing to a source of kind \"{kind}\"");
    faults.push(ConfigFault::new(Code::UnknownKey, place, message).help("leave it out"));
}
