//! The grammar of policies: Rhai, `rule`, and limits of depth.
//!
//! `rule "name" [when CONDITION [for DURATION]] { … }` is the one addition. The parser
//! here makes the tree that is checked: nothing in it is folded away, and nothing of
//! it can run. The engine that runs policies shares the grammar and the limits.

use rhai::{Dynamic, Engine, ImmutableString, OptimizationLevel, ParseError};

/// How deep expressions may nest. Set by hand: the defaults differ in debug builds.
pub(crate) const MAX_EXPRESSION_DEPTH: usize = 32;

/// How deep expressions in functions may nest.
pub(crate) const MAX_FUNCTION_EXPRESSION_DEPTH: usize = 24;

/// The longest text in a policy, in bytes.
pub(crate) const MAX_TEXT: usize = 4096;

/// The most functions a policy may define.
pub(crate) const MAX_FUNCTIONS: usize = 64;

/// What comes next in a rule, after `symbols` and before `next`; `None` ends it.
///
/// The parts of a rule are then its name and its block; or name, condition and block;
/// or name, condition, duration and block.
pub(crate) fn rule_grammar(
    symbols: &[ImmutableString],
    next: &str,
) -> Result<Option<ImmutableString>, ParseError> {
    let seen: Vec<&str> = symbols.iter().map(ImmutableString::as_str).collect();
    let symbol = match seen.as_slice() {
        [_rule] => "$string$",
        [_rule, _name] if next == "when" => "when",
        [_rule, _name, "when"] => "$expr$",
        [_rule, _name, "when", _condition] if next == "for" => "for",
        [_rule, _name, "when", _condition, "for"] => "$expr$",
        [_rule, _name] | [_rule, _name, "when", _] | [_rule, _name, "when", _, "for", _] => {
            "$block$"
        }
        _ => return Ok(None),
    };
    Ok(Some(symbol.into()))
}

/// An engine that only parses: the whole grammar, no optimisation, no functions.
pub(crate) fn parser() -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_FUNCTION_EXPRESSION_DEPTH)
        .set_max_string_size(MAX_TEXT)
        .set_max_functions(MAX_FUNCTIONS);
    engine.register_custom_syntax_with_state_raw(
        "rule",
        |symbols, next, _state| rule_grammar(symbols, next),
        false,
        |_context, _parts, _state| Ok(Dynamic::UNIT),
    );
    engine
}
