//! The rules of a policy as they stand in the text, and the text without its header.

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use super::RuleOutline;
use crate::{fault::FaultId, faults::Faults, header::Declared, source::Source};
use rhai::{ASTNode, CustomExpr, Expr, Position, Stmt};
use std::{collections::BTreeSet, ops::Range};

/// The rules among the top-level `statements`; faults those that share a name.
pub(super) fn rules(
    faults: &mut Faults<'_>,
    statements: &[Stmt],
    declared: Option<&Declared>,
) -> Vec<RuleOutline> {
    let mut rules: Vec<RuleOutline> = Vec::new();
    for (index, statement) in statements.iter().enumerate() {
        let Some((rule, place)) = as_rule(statement) else { continue };
        let (Some(name), Some(line)) = (name(rule), place.line()) else { continue };
        if let Some(first) = rules.iter().find(|other| other.name == name) {
            let text = format!("rule \"{name}\" is already defined on line {}", first.line);
            faults.add(FaultId::DuplicateRule, place, text);
        }
        let known = |target: &str| declared.is_some_and(|d| d.targets.contains_key(target));
        rules.push(RuleOutline {
            name: name.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            targets: named(rule).into_iter().filter(|target| known(target)).collect(),
            holds: rule.inputs.len() == 4,
            text: span(faults.source(), place, statements.get(index + 1)),
        });
    }
    if rules.is_empty() && declared.is_some() {
        let help = "add `rule \"name\" when … { … }`";
        faults.add_with_help(FaultId::NoRules, Position::NONE, "the policy has no rules", help);
    }
    rules
}

/// The rule that a statement is, with its place.
pub(super) fn as_rule(statement: &Stmt) -> Option<(&CustomExpr, Position)> {
    match statement {
        Stmt::Expr(expression) => match &**expression {
            Expr::Custom(custom, place) => Some((custom, *place)),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a statement defines the header.
pub(super) fn is_header(statement: &Stmt) -> bool {
    matches!(statement, Stmt::Var(definition, ..) if definition.0.as_str() == "POLICY")
}

/// The name of a rule.
pub(super) fn name(rule: &CustomExpr) -> Option<&str> {
    match rule.inputs.first()? {
        Expr::StringConstant(name, _) => Some(name.as_str()),
        _ => None,
    }
}

/// Every variable named anywhere in the rule.
fn named(rule: &CustomExpr) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for part in &rule.inputs {
        part.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            if let Some(ASTNode::Expr(Expr::Variable(variable, ..))) = path.last() {
                names.insert(variable.1.to_string());
            }
            true
        });
    }
    names
}

/// The bytes from `place` to the last closing brace before the `next` statement.
fn span(source: &Source<'_>, place: Position, next: Option<&Stmt>) -> Range<usize> {
    let start = source.offset(place);
    let end = next.map_or(source.text().len(), |next| source.offset(next.position()));
    let text = source.text().get(start..end).unwrap_or_default();
    start..start + text.rfind('}').map_or(text.len(), |brace| brace + 1)
}

/// The text with the header blanked out: it was read, and need not run at every pass.
/// Every other place stays where it was.
pub(super) fn without_header(source: &Source<'_>, statements: &[Stmt]) -> String {
    let Some(index) = statements.iter().position(is_header) else {
        return source.text().to_owned();
    };
    let text = source.text();
    let place = source.offset(statements[index].position());
    let at_const = text.get(place..).is_some_and(|rest| rest.starts_with("const"));
    let before = text.get(..place).and_then(|before| before.rfind("const"));
    let start = if at_const { place } else { before.unwrap_or(place) };
    let end = statements.get(index + 1).map_or(text.len(), |next| source.offset(next.position()));
    let blank = |c: char| if c == '\n' { '\n' } else { ' ' };
    let range = text.get(start..end).unwrap_or_default();
    // A blank for every character keeps columns, which count characters.
    let blanked: String = range.chars().map(blank).collect();
    [text.get(..start).unwrap_or_default(), &blanked, text.get(end..).unwrap_or_default()].concat()
}
