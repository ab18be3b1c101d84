//! `rule "name" [when CONDITION [for DURATION]] { … }`: one rule, judged.
//!
//! A rule ends in exactly one verdict, and never in an error: what goes wrong in it is
//! its own affair, and the rules after it still run.

use super::{
    Outcome,
    context::{Context, with},
    inputs::duration,
    is_final, is_missing,
    reading::Reading,
};
use crate::syntax::rule_grammar;
use rhai::{Dynamic, Engine, EvalAltResult, EvalContext, Expression};
use setpoint_core::{Hold, RuleReport, RuleVerdict, Span};

/// Teaches `engine` the one addition to Rhai's syntax.
pub(super) fn register(engine: &mut Engine) {
    engine.register_custom_syntax_with_state_raw(
        "rule",
        |symbols, next, _state| rule_grammar(symbols, next),
        false,
        |context, parts, _state| run(context, parts).map(|()| Dynamic::UNIT),
    );
}

/// The parts of a rule, as the grammar hands them over.
struct Parts<'a, 'e> {
    condition: Option<&'a Expression<'e>>,
    duration: Option<&'a Expression<'e>>,
    body: &'a Expression<'e>,
}

fn run(engine: &mut EvalContext<'_, '_, '_, '_, '_, '_>, parts: &[Expression<'_>]) -> Outcome<()> {
    let parts = match parts {
        [_, body] => Parts { condition: None, duration: None, body },
        [_, condition, body] => Parts { condition: Some(condition), duration: None, body },
        [_, condition, duration, body] => {
            Parts { condition: Some(condition), duration: Some(duration), body }
        }
        _ => return Err("a rule has a name, a condition, a duration and a body".into()),
    };
    begin()?;
    let judged = judge(engine, &parts);
    // Out of time or operations: nothing of this policy may go on.
    if let Err(error) = &judged
        && is_final(error)
    {
        return judged.map(|_| ());
    }
    end(judged)
}

fn begin() -> Outcome<()> {
    with(|context| {
        context.compared.clear();
        context.facts.clear();
        context.opinions.clear();
        context.says.clear();
        context.substituted = false;
    })
}

/// The rule's verdict; its opinions stand in the context.
fn judge(
    engine: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    parts: &Parts<'_, '_>,
) -> Outcome<(RuleVerdict, Option<Hold>)> {
    let held = match parts.condition {
        None => Ok(true),
        Some(condition) => truth(engine, condition),
    };
    let known = match &held {
        Ok(held) => Some(*held),
        Err(error) if is_missing(error).is_some() => None,
        Err(_) => return held.map(|_| (RuleVerdict::Quiet, None)),
    };
    let Some(duration_expression) = parts.duration else {
        let fired = held?;
        return fire(engine, parts, fired).map(|verdict| (verdict, None));
    };
    let needs = engine.eval_expression_tree(duration_expression)?;
    let needs = needs.try_cast::<Reading>().ok_or("'for' needs a duration such as 5.minutes")?;
    let needs: Span = duration(&needs)?;
    let hold = with(|context| {
        let before = context.holds.get(context.rules.len()).copied().flatten();
        Hold::advance(before, known, context.tick, context.elapsed, context.hold_limit)
    })?;
    if let Err(error) = held {
        let missing = is_missing(&error).unwrap_or_default();
        return Ok((RuleVerdict::Skipped { missing }, hold));
    }
    match hold {
        Some(hold) if hold.held < needs => {
            Ok((RuleVerdict::Pending { held: hold.held, needs }, Some(hold)))
        }
        _ => match fire(engine, parts, hold.is_some()) {
            Ok(verdict) => Ok((verdict, hold)),
            Err(error) => Ok((verdict_of(&error), hold)),
        },
    }
}

/// The condition as true or false.
fn truth(
    engine: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    condition: &Expression<'_>,
) -> Outcome<bool> {
    let value = engine.eval_expression_tree(condition)?;
    value.as_bool().map_err(|found| {
        let position = condition.position();
        let text = format!("a condition is true or false, not a {found}");
        EvalAltResult::ErrorRuntime(text.into(), position).into()
    })
}

/// Runs the body if the rule fires.
fn fire(
    engine: &mut EvalContext<'_, '_, '_, '_, '_, '_>,
    parts: &Parts<'_, '_>,
    fired: bool,
) -> Outcome<RuleVerdict> {
    if !fired {
        return Ok(RuleVerdict::Quiet);
    }
    engine.eval_expression_tree(parts.body).map(|_| RuleVerdict::Fired)
}

fn verdict_of(error: &EvalAltResult) -> RuleVerdict {
    match is_missing(error) {
        Some(missing) => RuleVerdict::Skipped { missing },
        None => RuleVerdict::Failed { message: super::message(error) },
    }
}

/// Writes the rule's report.
fn end(judged: Outcome<(RuleVerdict, Option<Hold>)>) -> Outcome<()> {
    let (verdict, hold) = match judged {
        Ok(judged) => judged,
        Err(error) => (verdict_of(&error), None),
    };
    with(|context| context.report(verdict, hold))
}

impl Context {
    /// Ends the rule under way with `verdict`; only a rule that fired has opinions, or
    /// says something.
    pub(crate) fn report(&mut self, verdict: RuleVerdict, hold: Option<Hold>) {
        let index = self.rules.len();
        let Some(rule) = self.policy.script.rules().get(index) else { return };
        let mut opinions = std::mem::take(&mut self.opinions);
        let mut says = std::mem::take(&mut self.says);
        if verdict != RuleVerdict::Fired {
            opinions.clear();
            says.clear();
        }
        let key = self.policy.holds[index].clone();
        self.rules.push(RuleReport {
            rule: rule.name.clone(),
            line: rule.line,
            names: self.policy.names[index].clone(),
            verdict,
            compared: std::mem::take(&mut self.compared),
            facts: std::mem::take(&mut self.facts),
            opinions,
            says,
            hold: rule.holds.then_some((key, hold)),
        });
    }
}
