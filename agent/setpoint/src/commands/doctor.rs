//! `doctor`: what lacks, who else is at our targets, and what looking costs. Asks everybody,
//! writes nothing.

use super::{cannot_wire, configuration};
use crate::{
    cli::Common,
    config::{Config, Question, SourceKind},
    exit::Exit,
    output::{self, Format},
    runtime,
    system_clock::SystemClock,
    wiring::{self, Reach},
};
use futures::future::join_all;
use serde_json::{Value, json};
use setpoint_control::{Clock, Finding, Severity};
use setpoint_core::{
    Group, InputKey, MemberState, Reading, Seen, Span, TargetName, TargetSettings,
};
use std::collections::BTreeMap;

/// A month, as AWS's price examples count it.
const MONTH: Span = Span::from_minutes(30 * 24 * 60);

/// What a thousand metrics asked for with `GetMetricData` cost, in US dollars.
/// Source: the CloudWatch price list, 2026; it may be another in a region of yours.
const PER_THOUSAND: f64 = 0.01;

/// Prints every finding, worst last.
pub(crate) fn doctor(common: &Common) -> Exit {
    looked(common).unwrap_or_else(|exit| exit)
}

fn looked(common: &Common) -> Result<Exit, Exit> {
    let config = configuration(common)?;
    let looked = runtime::block_on(|| look(&config)).map_err(|error| {
        output::complain(&format!("error: the look around broke down: {error}"));
        Exit::Internal
    })?;
    let mut findings = looked?;
    findings.extend(cost(&config));
    findings.sort_by_key(|finding| finding.severity);
    match common.output {
        Format::Json => output::answer_json(&json!({
            "ok": exit(&findings) == Exit::Fine,
            "findings": findings.iter().map(as_json).collect::<Vec<_>>(),
        })),
        Format::Text => findings.iter().for_each(|finding| output::answer(&as_text(finding))),
    }
    Ok(exit(&findings))
}

/// Asks the providers about the targets, and every source once for all its inputs.
async fn look(config: &Config) -> Result<Vec<Finding>, Exit> {
    let config = &wiring::resolve(config.clone()).await.map_err(cannot_wire)?;
    let program = config.program();
    let world = wiring::world(config, &program, Reach::Eyes).await.map_err(cannot_wire)?;
    let mut findings = wiring::examine(config).await.map_err(cannot_wire)?;
    let now = SystemClock::start().now();
    let readings = join_all(world.sources.iter().map(|source| source.read(now))).await;
    let readings: BTreeMap<InputKey, Reading> = readings.into_iter().flatten().collect();
    let seen = join_all(world.eyes.iter().map(|eyes| eyes.observe())).await;
    let seen: BTreeMap<TargetName, Seen> = seen.into_iter().flatten().collect();
    findings.extend(program.settings.targets.iter().filter_map(|(target, bounds)| {
        let TargetSettings::Group(bounds) = bounds else { return None };
        let reading = readings.get(&bounds.sessions.as_ref()?.input)?;
        let Seen::Group(group) = seen.get(target)? else { return None };
        names_apart(target, group, reading)
    }));
    for (input, reading) in readings {
        let about = format!("input {input}");
        findings.extend(match reading {
            Reading::Sample(_) | Reading::Each(_) => None,
            Reading::Empty => {
                Some(Finding::new(Severity::Warning, about, "the query matches nothing just now"))
            }
            Reading::Absent(why) | Reading::Partly(_, why) => {
                Some(Finding::new(Severity::Warning, about, why))
            }
            Reading::Failed(why) => Some(unread(about, why)),
        });
    }
    Ok(findings)
}

/// What tells of sessions must call the members as their provider does.
fn names_apart(target: &TargetName, group: &Group, reading: &Reading) -> Option<Finding> {
    let (Reading::Each(told) | Reading::Partly(told, _)) = reading else { return None };
    let serving = group.members.iter().filter(|member| member.state == MemberState::Serving);
    let serving: Vec<&str> = serving.map(|member| &*member.name).collect();
    let unknown: Vec<&&str> = serving.iter().filter(|name| !told.contains_key(**name)).collect();
    let (first, all) = (unknown.first()?, serving.len());
    let called = told.keys().next().map_or("nobody", String::as_str);
    let message = match unknown.len() {
        lacking if lacking == all => {
            format!(
                "`sessions` tell of none of its {all} members: they speak of {called}, not {first}"
            )
        }
        lacking => {
            format!("`sessions` do not tell of {lacking} of its {all} members: {first} is one")
        }
    };
    let help = "`key` is the label with the member's name at the provider; a member without a \
                count never goes, and one with none has to say 0";
    Some(Finding::new(Severity::Warning, format!("target {target}"), message).help(help))
}

fn unread(about: String, why: String) -> Finding {
    if why.contains("AccessDenied") {
        return Finding::new(Severity::NotPermitted, about, why)
            .help("allow cloudwatch:GetMetricData");
    }
    if why.contains("would allow it") || why.contains("no token could be had") {
        return Finding::new(Severity::NotPermitted, about, why);
    }
    Finding::new(Severity::Unreachable, about, why)
}

/// What the queries of each CloudWatch source cost a month.
fn cost(config: &Config) -> Vec<Finding> {
    let metered = |(name, source): (&String, &crate::config::Source)| {
        let SourceKind::CloudWatch(_) = &source.kind else { return None };
        let asked = config.inputs.values().filter(|input| input.source == *name);
        let mut queries: Vec<_> = asked
            .filter_map(|input| {
                let Question::CloudWatch(query) = &input.question else { return None };
                Some(query)
            })
            .collect();
        queries.sort();
        queries.dedup();
        let metrics: usize = queries.iter().map(|query| query.metrics()).sum();
        let least = if queries.iter().any(|query| query.searches()) { "at least " } else { "" };
        let times = MONTH.secs() / source.period.secs();
        let dollars = metrics as f64 * times * PER_THOUSAND / 1000.0;
        let message = format!(
            "its queries ask for {least}{metrics} metrics every {}: {least}${dollars:.2} a month at \
             $0.01 per 1,000 metrics",
            source.period
        );
        Some(Finding::new(Severity::Note, format!("source {name}"), message))
    };
    config.sources.iter().filter_map(metered).collect()
}

/// The worst finding decides.
fn exit(findings: &[Finding]) -> Exit {
    match findings.iter().map(|finding| finding.severity).max() {
        None | Some(Severity::Note | Severity::Warning) => Exit::Fine,
        Some(Severity::Problem) => Exit::No,
        Some(Severity::NotPermitted) => Exit::NotPermitted,
        Some(Severity::Unreachable) => Exit::Unreachable,
    }
}

fn as_text(finding: &Finding) -> String {
    let help = finding.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default();
    format!("{}: {}: {}{help}", finding.severity.word(), finding.about, finding.message)
}

fn as_json(finding: &Finding) -> Value {
    json!({
        "severity": finding.severity.word(),
        "about": finding.about,
        "message": finding.message,
        "help": finding.help,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_by_other_names_than_the_members_are_told_of() {
        let member = |name: &str| setpoint_core::Member {
            name: name.to_owned(),
            zone: None,
            state: MemberState::Serving,
        };
        let group = Group { members: vec![member("i-1"), member("i-2")], ..Group::default() };
        let told = |names: &[&str]| {
            let sample = setpoint_core::Sample::new(setpoint_core::Timestamp::default(), 1.0);
            let each = names.iter().map(|name| ((*name).to_owned(), sample.unwrap()));
            let found =
                names_apart(&TargetName::new("web"), &group, &Reading::Each(each.collect()));
            found.map(|finding| finding.message)
        };
        let none = "`sessions` tell of none of its 2 members: they speak of 10.0.0.1:9100, not i-1";
        assert_eq!(told(&["10.0.0.1:9100"]).unwrap(), none);
        let some = "`sessions` do not tell of 1 of its 2 members: i-2 is one";
        assert_eq!(told(&["i-1"]).unwrap(), some);
        assert_eq!(told(&["i-1", "i-2", "i-3"]), None);
    }

    #[test]
    fn the_worst_finding_decides_how_it_ends() {
        let of = |all: &[Severity]| {
            let findings: Vec<Finding> =
                all.iter().map(|severity| Finding::new(*severity, "x", "y")).collect();
            exit(&findings)
        };
        assert_eq!(of(&[]), Exit::Fine);
        assert_eq!(of(&[Severity::Warning, Severity::Note]), Exit::Fine);
        assert_eq!(of(&[Severity::Problem, Severity::Note]), Exit::No);
        assert_eq!(of(&[Severity::NotPermitted, Severity::Problem]), Exit::NotPermitted);
        assert_eq!(of(&[Severity::Unreachable, Severity::NotPermitted]), Exit::Unreachable);
    }
}
