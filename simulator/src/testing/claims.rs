//! `expect`, `always`, `never` and the limits: what a test claims.

use super::{
    case::{Claims, Expectation, Invariant, WantedAction, WantedNotice, WantedRule, What},
    expression::Kind as Gives,
    fault::{At, Code, FileFault, Place},
    inputs::{Known, Signals},
    suggest,
    table::{Table, Value, entries},
    test::{Bench, Entry, Targets},
};
use setpoint_core::{NoticeChange, NoticeKind, PolicyName, RuleName, Shares, Span, TargetName};
use setpoint_policies::Kind;
use toml::de::DeValue;

/// What a test claims, and every time that an expectation names.
#[derive(Default)]
pub(super) struct Claimed {
    pub(super) claims: Claims,
    pub(super) ends: Vec<(Place, Span)>,
}

impl<'a> Bench<'a> {
    /// Everything that a test claims; one that claims nothing is a fault.
    pub(super) fn claims(
        &self,
        table: &mut Table<'a>,
        every: Span,
        signals: &Signals,
        targets: &Targets,
    ) -> Claimed {
        let mut all = Claimed::default();
        let keys = ["expect", "always", "never", "max_actions", "max_direction_changes"];
        let silent = !keys.iter().any(|key| table.has(key));
        let expected = table.tables("expect");
        let empty = expected.is_empty();
        for expect in expected {
            all.claims.expectations.extend(self.expectation(expect, every, targets, &mut all.ends));
        }
        for (key, truth) in [("always", true), ("never", false)] {
            let inputs = self.input_names();
            let known = Known { signals, targets, inputs: &inputs };
            for text in table.texts(key) {
                let Some(expression) = self.expression(&text, 0, Gives::Truth, &known) else {
                    continue;
                };
                let At { value: text, place } = text;
                all.claims.invariants.push(Invariant { expression, text, truth, place });
            }
        }
        all.claims.max_actions = table.count("max_actions");
        all.claims.max_direction_changes = table.count("max_direction_changes");
        let limits = all.claims.max_actions.is_some() || all.claims.max_direction_changes.is_some();
        if silent || (empty && !limits && !table.has("always") && !table.has("never")) {
            let fault = FileFault::new(Code::Nothing, &table.place, "the test claims nothing");
            self.fault(fault.help("write `expect`, `always`, `never` or a limit"));
        }
        all
    }

    fn expectation(
        &self,
        mut table: Table<'a>,
        every: Span,
        targets: &Targets,
        ends: &mut Vec<(Place, Span)>,
    ) -> Option<Expectation> {
        if !table.has("at") {
            table.missing("at", "at = \"2m\"");
        }
        let at = table.span("at");
        let claims = ["actions", "rule", "held", "target", "state", "notices", "error", "skipped"];
        if !claims.iter().any(|key| table.has(key)) {
            let fault = FileFault::new(Code::Nothing, &table.place, "it expects nothing");
            self.fault(fault.help("write `actions = []` if nothing is to be done"));
        }
        let actions = self.actions(&mut table, targets);
        let rules = self.rules(&mut table);
        let held = self.held(&mut table, targets);
        let sizes = self.sizes(&mut table, targets);
        let state = self.per_policy(&mut table, "state");
        let state = state.into_iter().flat_map(|entry: Entry<'a>| {
            let values = self.state_values(&entry).into_iter();
            let name = entry.name.value;
            values.map(move |(policy, value)| (policy, name.clone(), value))
        });
        let state = state.collect();
        let notices = self.notices(&mut table);
        let (error, skipped) = (table.text("error"), table.text("skipped"));
        table.finish();
        let at = at?;
        ends.push((at.place, at.value));
        let pass = at.value.ms() / every.ms();
        Some(Expectation { pass, actions, rules, held, sizes, state, notices, error, skipped })
    }

    /// `actions = ["fleet scale_to 50", "db add_replica"]`
    fn actions(&self, table: &mut Table<'a>, targets: &Targets) -> Option<At<Vec<WantedAction>>> {
        let place = self.reader.place(table.value("actions")?);
        let written = table.texts("actions");
        let value = written.iter().filter_map(|text| self.action(text, targets)).collect();
        Some(At { value, place })
    }

    fn action(&self, text: &At<String>, targets: &Targets) -> Option<WantedAction> {
        let words: Vec<&str> = text.value.split_whitespace().collect();
        let wrong = |help: &str| {
            let message = format!("{} is no action", text.place.written());
            let fault = FileFault::new(Code::BadValue, &text.place, message);
            self.fault(fault.help(help));
            None
        };
        let Some((target, rest)) = words.split_first() else {
            return wrong("write the target, then what is done: `fleet scale_to 50`");
        };
        let name = At { value: (*target).to_owned(), place: text.place.clone() };
        let Some(kind) = targets.kinds.get(*target) else {
            self.unknown_target(&name, targets);
            return None;
        };
        let named = |name: Option<&&str>| name.map(|name| (*name).to_owned());
        let what = match (kind, rest) {
            (Kind::Group, ["scale_to", size]) => size.parse().ok().map(What::ScaleTo),
            (Kind::Group, ["replace", member]) => Some(What::Replace((*member).to_owned())),
            (Kind::Database, ["add_replica", name @ ..]) if name.len() < 2 => {
                Some(What::AddReplica(named(name.first())))
            }
            (Kind::Database, ["remove_replica", name @ ..]) if name.len() < 2 => {
                Some(What::RemoveReplica(named(name.first())))
            }
            (Kind::Job, ["start"]) => Some(What::Start),
            (Kind::Job, ["restart"]) => Some(What::Restart),
            (Kind::Volume, ["grow_to", size]) => size.parse().ok().map(What::GrowTo),
            (Kind::Traffic, ["route", shares @ ..]) => routed(shares).map(What::Route),
            (Kind::Setting | Kind::Flag | Kind::Rollout, ["set_to", value]) => {
                value.parse().ok().map(What::SetTo)
            }
            _ => None,
        };
        let help = match kind {
            Kind::Group => {
                format!("write `{target} scale_to 50`, or `{target} replace m-1`")
            }
            Kind::Setting => format!("write `{target} set_to 20`"),
            Kind::Flag => format!("write `{target} set_to 0`, in percent of users"),
            Kind::Rollout => format!("write `{target} set_to 25`, in percent of the traffic"),
            Kind::Job => format!("write `{target} start` or `{target} restart`"),
            Kind::Volume => format!("write `{target} grow_to 200`, in GiB"),
            Kind::Traffic => format!("write `{target} route aws=80 azure=20`, in percent of users"),
            Kind::Database => {
                format!(
                    "write `{target} add_replica` or `{target} remove_replica`, with a name or without"
                )
            }
        };
        match what {
            Some(what) => Some(WantedAction { target: TargetName::new(target), what }),
            None => wrong(&help),
        }
    }

    /// `notices = ["page the disk", "resolved ticket the queue"]`
    fn notices(&self, table: &mut Table<'a>) -> Option<At<Vec<WantedNotice>>> {
        let place = self.reader.place(table.value("notices")?);
        let written = table.texts("notices");
        let value = written.iter().filter_map(|text| self.notice(text)).collect();
        Some(At { value, place })
    }

    fn notice(&self, text: &At<String>) -> Option<WantedNotice> {
        let over = text.value.strip_prefix("resolved ");
        let change = if over.is_some() { NoticeChange::Resolved } else { NoticeChange::Raised };
        let rest = over.unwrap_or(&text.value);
        let (word, words) = rest.split_once(' ').unwrap_or((rest, ""));
        let kind = NoticeKind::NAMES.iter().find(|(name, _)| *name == word);
        if kind.is_none() {
            let message = format!("{} is no notice", text.place.written());
            let fault = FileFault::new(Code::BadValue, &text.place, message);
            let help = "write its kind and some of its words: `page the disk`, `resolved say so`";
            self.fault(fault.help(help));
        }
        kind.map(|(_, kind)| WantedNotice { change, kind: *kind, words: words.trim().to_owned() })
    }

    /// `rule = "size"`, `rule = ["size", "web/slow"]`
    fn rules(&self, table: &mut Table<'a>) -> Vec<At<WantedRule>> {
        let Some(value) = table.value("rule") else { return Vec::new() };
        let texts = if let DeValue::Array(_) = value.get_ref() {
            table.texts("rule")
        } else {
            self.reader.text(value, "rule").into_iter().collect()
        };
        texts.into_iter().filter_map(|text| self.rule(text)).collect()
    }

    fn rule(&self, text: At<String>) -> Option<At<WantedRule>> {
        let all = self.policies.iter().flat_map(|policy| {
            policy.script.rules().iter().map(move |rule| (policy, rule.name.as_str()))
        });
        let all: Vec<_> = all.collect();
        let of_one = |policy: &PolicyName, rule: &str| format!("{policy}/{rule}");
        let value = if all.iter().any(|(_, rule)| *rule == text.value) {
            Some(WantedRule { policy: None, rule: RuleName::new(&text.value) })
        } else {
            let one = all.iter().find(|(policy, rule)| of_one(&policy.name, rule) == text.value);
            one.map(|(policy, rule)| WantedRule {
                policy: Some(policy.name.clone()),
                rule: RuleName::new(rule),
            })
        };
        if value.is_none() {
            let message = format!("no policy has a rule {}", text.place.written());
            let fault = FileFault::new(Code::UnknownName, &text.place, message);
            let names = all.iter().map(|(_, rule)| *rule);
            self.fault(fault.maybe_help(suggest::advice(&text.value, names)));
        }
        value.map(|value| At { value, place: text.place })
    }

    /// `held = "cooldown"`, or of each target its own: `held = { fleet = "cooldown" }`
    fn held(
        &self,
        table: &mut Table<'a>,
        targets: &Targets,
    ) -> Vec<(Option<TargetName>, At<String>)> {
        let Some(value) = table.value("held") else { return Vec::new() };
        if let DeValue::String(_) = value.get_ref() {
            return self
                .reader
                .text(value, "held")
                .map(|words| (None, words))
                .into_iter()
                .collect();
        }
        self.of_targets(value, "held", targets, |value, name| self.reader.text(value, name))
            .into_iter()
            .map(|(target, words)| (Some(target), words))
            .collect()
    }

    /// `target = { fleet = 50 }`
    fn sizes(&self, table: &mut Table<'a>, targets: &Targets) -> Vec<(TargetName, At<u32>)> {
        let Some(value) = table.value("target") else { return Vec::new() };
        self.of_targets(value, "target", targets, |value, name| self.reader.count(value, name))
    }

    fn of_targets<T>(
        &self,
        value: Value<'a>,
        key: &str,
        targets: &Targets,
        read: impl Fn(Value<'a>, &str) -> Option<T>,
    ) -> Vec<(TargetName, T)> {
        let all = entries(self.reader, value, key).into_iter();
        let one = |(name, value): (At<String>, Value<'a>)| {
            let read = read(value, &name.value);
            self.is_target(&name, targets).then(|| TargetName::new(&name.value)).zip(read)
        };
        all.filter_map(one).collect()
    }
}

/// `aws=80 azure=20`: shares that add up to 100; a destination without users is not written.
fn routed(written: &[&str]) -> Option<Shares> {
    let one = |text: &&str| {
        let (name, share) = text.split_once('=')?;
        Some((name.to_owned(), share.parse().ok().filter(|share| *share > 0)?))
    };
    let shares: Shares = written.iter().map(one).collect::<Option<_>>()?;
    (shares.values().map(|share| u64::from(*share)).sum::<u64>() == 100).then_some(shares)
}
