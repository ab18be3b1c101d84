//! What the engine refuses on its own, were the checker not there.

use super::{Accepts, ENGINE, Reading, overloads};
use crate::language::{FORBIDDEN, On, UNITS, WORDS};
use rhai::{Dynamic, Scope};
use setpoint_core::Dimension;

/// What comes of `script` when `r` is a reading of 60 %.
fn run(script: &str) -> Result<Dynamic, String> {
    let mut scope = Scope::new();
    scope.push("r", Reading::fixed(0.6, Dimension::Ratio).unwrap());
    ENGINE.eval_with_scope::<Dynamic>(&mut scope, script).map_err(|error| error.to_string())
}

#[test]
fn a_reading_is_never_compared_with_what_it_is_not() {
    let others =
        ["()", "\"60\"", "true", "'x'", "[1]", "#{ a: 1 }", "1", "0.6", "1.minute", "(|x| x)"];
    for other in others {
        for operator in ["==", "!=", "<", "<=", ">", ">="] {
            for script in [format!("r {operator} {other}"), format!("{other} {operator} r")] {
                let error = run(&script).map(|value| format!("it answered {value}")).unwrap_err();
                assert!(error.starts_with("Runtime error: cannot compare"), "{script}: {error}");
            }
        }
    }
}

#[test]
fn a_comparison_hidden_in_a_variable_does_not_answer_either() {
    for script in ["let x = (); !(r > x)", "let x = \"a\"; if r != x { 1 } else { 2 }"] {
        assert!(run(script).is_err(), "{script}");
    }
}

#[test]
fn what_is_forbidden_is_an_error_without_the_checker_too() {
    for (word, _) in FORBIDDEN {
        for script in [format!("{word}()"), format!("{word}(1)"), format!("{word}(1.5)")] {
            assert!(run(&script).is_err(), "{script} ran");
            assert!(run(&format!("1; {script}; 2")).is_err(), "{script} was passed over");
        }
    }
    for script in ["import \"x\" as x;", "5.sleep()", "export let x = 1;"] {
        assert!(run(script).is_err(), "{script} ran");
    }
}

#[test]
fn a_number_that_is_none_is_an_error() {
    for script in [
        "(0.0 / 0.0).to_int()",
        "(1.0 / 0.0).to_int()",
        "1e300.to_int()",
        "to_int(-1e300)",
        "(0.0 / 0.0).percent",
        "(1.0 / 0.0).minutes",
        "r / 0",
        "r * 1e308 * 1e308",
        "9223372036854775807 + 1",
        "(-9223372036854775807 - 1) / -1",
        "2 ** 64",
    ] {
        assert!(run(script).is_err(), "{script} ran");
    }
}

/// Operators, and words that Rhai uses by itself to write a value as text.
const NO_WORDS: [&str; 14] = [
    "+",
    "-",
    "*",
    "/",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "to_string",
    "to_debug",
    "index$get$",
    "index$set$",
];

#[test]
fn the_engine_knows_no_word_that_the_table_does_not() {
    for (name, takes) in overloads() {
        let on: &[On] = match takes.first() {
            Some(Accepts::Reading) => &[On::Reading, On::Part, On::Quantity, On::Nothing],
            Some(Accepts::Each) => &[On::Each],
            Some(Accepts::Group) => &[On::Group],
            Some(Accepts::Database) => &[On::Database],
            Some(Accepts::Setting) => &[On::Setting],
            Some(Accepts::Flag) => &[On::Flag],
            Some(Accepts::Rollout) => &[On::Rollout],
            Some(Accepts::Job) => &[On::Job],
            Some(Accepts::Volume) => &[On::Volume],
            Some(Accepts::Traffic) => &[On::Traffic],
            Some(Accepts::Opinion) => &[On::Opinion],
            Some(Accepts::Alert) => &[On::Alert],
            Some(Accepts::Global) => &[On::Inputs, On::Now],
            Some(Accepts::Anything | Accepts::OfRhai) | None => continue,
        };
        let own = name.strip_prefix("get$").unwrap_or(&name);
        let known = WORDS.iter().any(|word| on.contains(&word.on) && word.name == own);
        assert!(known || NO_WORDS.contains(&own), "{name} on {on:?} stands in no table");
    }
    for unit in UNITS {
        assert!(run(&format!("5.{}", unit.name)).is_ok());
    }
}
