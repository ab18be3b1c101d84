//! `a.b(c)[d].e` as what it starts with and what is done to it, in the order of the text.
//!
//! Rhai nests such chains to the right, in two ways; nobody else needs to know.

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use rhai::{ASTFlags, BinaryExpr, Expr, FnCallExpr, Position};

/// One step of a chain.
#[derive(Clone, Copy)]
pub(super) struct Link<'a> {
    /// What is done.
    pub(super) step: Step<'a>,
    /// The place of its name or bracket.
    pub(super) place: Position,
    /// Whether it is written with a question mark: `?.` or `?[`.
    pub(super) guarded: bool,
}

/// What is done to a value.
#[derive(Clone, Copy)]
pub(super) enum Step<'a> {
    /// `.name`
    Property(&'a str),
    /// `.name(…)`
    Method(&'a FnCallExpr),
    /// `[…]`
    Index(&'a Expr),
}

/// What the chain `expr` starts with, and its steps; none if it is no chain.
pub(super) fn chain(expr: &Expr) -> (&Expr, Vec<Link<'_>>) {
    let mut links = Vec::new();
    match expr {
        Expr::Dot(pair, flags, _) => {
            let (base, before) = chain(&pair.lhs);
            links.extend(before);
            steps(&pair.rhs, guarded(*flags), &mut links);
            (base, links)
        }
        Expr::Index(pair, flags, place) => {
            let (base, before) = chain(&pair.lhs);
            links.extend(before);
            index(pair, *flags, *place, &mut links);
            (base, links)
        }
        other => (other, links),
    }
}

const fn guarded(flags: ASTFlags) -> bool {
    flags.contains(ASTFlags::NEGATED)
}

/// The steps on the right of a dot.
fn steps<'a>(expr: &'a Expr, guard: bool, links: &mut Vec<Link<'a>>) {
    match expr {
        Expr::Property(names, place) => {
            let step = Step::Property(names.2.as_str());
            links.push(Link { step, place: *place, guarded: guard });
        }
        Expr::MethodCall(call, place) => {
            links.push(Link { step: Step::Method(call), place: *place, guarded: guard });
        }
        Expr::Dot(pair, flags, _) => {
            steps(&pair.lhs, guard, links);
            steps(&pair.rhs, guarded(*flags), links);
        }
        Expr::Index(pair, flags, place) => {
            steps(&pair.lhs, guard, links);
            index(pair, *flags, *place, links);
        }
        _ => {}
    }
}

/// The index on the right of a bracket, and what follows the bracket: without the flag
/// that ends the chain, `a[b.c]` in the tree is `a[b].c` in the text.
fn index<'a>(pair: &'a BinaryExpr, flags: ASTFlags, place: Position, links: &mut Vec<Link<'a>>) {
    let goes_on = !flags.contains(ASTFlags::BREAK);
    let guarded_here = guarded(flags);
    match &pair.rhs {
        Expr::Dot(inner, inner_flags, _) if goes_on => {
            links.push(Link { step: Step::Index(&inner.lhs), place, guarded: guarded_here });
            steps(&inner.rhs, guarded(*inner_flags), links);
        }
        Expr::Index(inner, inner_flags, inner_place) if goes_on => {
            links.push(Link { step: Step::Index(&inner.lhs), place, guarded: guarded_here });
            index(inner, *inner_flags, *inner_place, links);
        }
        whole => links.push(Link { step: Step::Index(whole), place, guarded: guarded_here }),
    }
}
