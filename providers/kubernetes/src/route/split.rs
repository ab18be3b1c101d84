//! How an HTTPRoute splits what comes between two Services, and the rules that split it otherwise:
//! pure.

use crate::fault::Fault;
use serde_json::{Value, json};

/// The weight of a backend of which none is written.
/// Source: `HTTPBackendRef` in the reference of the Gateway API.
const UNWRITTEN: u64 = 1;

/// Everybody, in percent.
const ALL: u32 = 100;

/// The two Services of a rollout.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) stable: &'a str,
    pub(super) candidate: &'a str,
    /// The namespace of the route: what is in another is another.
    pub(super) namespace: &'a str,
}

impl Sides<'_> {
    /// The candidate's share of what comes, in percent: of some it is never 0, of less than all
    /// never 100.
    ///
    /// Fails if no rule sends to the candidate; and if one that does sends anywhere else than to
    /// these two, to nobody, or splits otherwise than another.
    pub(super) fn share(self, rules: &[Value]) -> Result<u32, Fault> {
        let mut all = None;
        for (number, rule) in self.ours(rules) {
            let share = self.share_of(rule).map_err(|why| refused(number, why))?;
            if all.is_some_and(|known| known != share) {
                return Err(refused(number, "it splits otherwise than a rule before"));
            }
            all = Some(share);
        }
        let none =
            || Fault::Refused(format!("no rule sends anybody to Service {}", self.candidate));
        all.ok_or_else(none)
    }

    /// The rules with `to` percent for the candidate, and everything else as it stands.
    pub(super) fn with(self, rules: &[Value], to: u32) -> Vec<Value> {
        let mut rules = rules.to_vec();
        for rule in rules.iter_mut().filter(|rule| self.is_ours(rule)) {
            for backend in rule["backendRefs"].as_array_mut().into_iter().flatten() {
                if self.is(self.candidate, backend) {
                    backend["weight"] = json!(to);
                } else if self.is(self.stable, backend) {
                    backend["weight"] = json!(ALL.saturating_sub(to));
                }
            }
        }
        rules
    }

    /// The rules that send to the candidate, each with its number from one.
    fn ours(self, rules: &[Value]) -> impl Iterator<Item = (usize, &Value)> {
        (1..).zip(rules).filter(move |(_, rule)| self.is_ours(rule))
    }

    fn is_ours(self, rule: &Value) -> bool {
        backends(rule).any(|backend| self.is(self.candidate, backend))
    }

    fn share_of(self, rule: &Value) -> Result<u32, &'static str> {
        let total = |service: &str| -> u64 {
            backends(rule).filter(|it| self.is(service, it)).map(weight).sum()
        };
        let (candidate, stable) = (total(self.candidate), total(self.stable));
        let count = |service: &str| backends(rule).filter(|it| self.is(service, it)).count();
        if (count(self.candidate), count(self.stable)) != (1, 1) {
            return Err("it does not name the stable Service and the candidate once each");
        }
        let all: u64 = backends(rule).map(weight).sum();
        match (candidate, stable) {
            _ if all > candidate + stable => Err("it sends some to others than these two"),
            (0, 0) => Err("it sends nobody anywhere"),
            (0, _) => Ok(0),
            (_, 0) => Ok(ALL),
            _ => Ok(((candidate * 100 + all / 2) / all).clamp(1, 99) as u32),
        }
    }

    /// Whether `backend` is this Service.
    fn is(self, service: &str, backend: &Value) -> bool {
        let text = |key: &str| backend.get(key).and_then(Value::as_str);
        text("name") == Some(service)
            && text("kind").is_none_or(|kind| kind == "Service")
            && text("group").is_none_or(str::is_empty)
            && text("namespace").is_none_or(|it| it == self.namespace)
    }
}

fn refused(number: usize, why: &str) -> Fault {
    Fault::Refused(format!("rule {number} of the route: {why}"))
}

fn backends(rule: &Value) -> impl Iterator<Item = &Value> {
    rule.get("backendRefs").and_then(Value::as_array).into_iter().flatten()
}

fn weight(backend: &Value) -> u64 {
    backend.get("weight").map_or(UNWRITTEN, |weight| weight.as_u64().unwrap_or(UNWRITTEN))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIDES: Sides<'_> = Sides { stable: "shop", candidate: "shop-new", namespace: "games" };

    fn rule(stable: Value, candidate: Value) -> Value {
        json!({ "matches": [{ "path": { "value": "/" } }], "backendRefs": [
            { "name": "shop", "port": 80, "weight": stable },
            { "name": "shop-new", "port": 80, "weight": candidate, "filters": [{ "type": "X" }] },
        ] })
    }

    #[track_caller]
    fn check(stable: u32, candidate: u32, expected: u32) {
        let share = SIDES.share(&[rule(json!(stable), json!(candidate))]);
        assert_eq!(share.unwrap(), expected, "{stable} and {candidate}");
    }

    #[test]
    fn weights_of_any_sum_are_read_as_percent() {
        check(95, 5, 5);
        check(1, 1, 50);
        check(2, 1, 33);
        check(1, 0, 0);
        check(0, 7, 100);
        check(100_000, 1, 1);
        check(1, 100_000, 99);
    }

    #[test]
    fn a_weight_that_is_not_written_is_one() {
        let mut rule = rule(json!(3), json!(0));
        rule["backendRefs"][1].as_object_mut().unwrap().remove("weight");
        assert_eq!(SIDES.share(&[rule]).unwrap(), 25);
    }

    #[test]
    fn a_route_that_does_anything_else_is_not_observed() {
        let why = |rules: &[Value]| SIDES.share(rules).unwrap_err().to_string();
        let other = json!({ "backendRefs": [{ "name": "other" }] });
        assert!(why(&[]).contains("no rule sends anybody to Service shop-new"));
        assert!(why(std::slice::from_ref(&other)).contains("no rule sends anybody"));
        assert!(why(&[rule(json!(0), json!(0))]).contains("sends nobody anywhere"));
        let two = [other.clone(), rule(json!(1), json!(1)), rule(json!(3), json!(1))];
        assert_eq!(why(&two), "rule 3 of the route: it splits otherwise than a rule before");
        let mut third = rule(json!(1), json!(1));
        third["backendRefs"].as_array_mut().unwrap().push(json!({ "name": "third" }));
        assert!(why(&[third]).contains("to others than these two"));
        let mut elsewhere = rule(json!(1), json!(1));
        elsewhere["backendRefs"][0]["namespace"] = json!("others");
        assert!(why(&[elsewhere]).contains("once each"));
        // Rules that know nothing of the candidate are not ours.
        assert_eq!(SIDES.share(&[other, rule(json!(1), json!(1))]).unwrap(), 50);
    }

    #[test]
    fn every_share_reads_back_as_itself_and_nothing_else_of_a_route_is_changed() {
        let before = [json!({ "backendRefs": [{ "name": "other" }] }), rule(json!(3), json!(1))];
        for to in 0..=100 {
            let after = SIDES.with(&before, to);
            assert_eq!(SIDES.share(&after).unwrap(), to);
            let mut rest = after.clone();
            rest[1]["backendRefs"][0]["weight"] = json!(3);
            rest[1]["backendRefs"][1]["weight"] = json!(1);
            assert_eq!(rest, before);
        }
    }
}
