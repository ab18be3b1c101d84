//! The one walk over a policy's syntax tree: statements.
//!
//! It goes through the text as a rule would run, knows what every variable is where
//! that can be told, and notes every fault on its way. Where two ways meet, what holds
//! either way is kept. Start reading at [`Walker::program`].

#![expect(clippy::wildcard_enum_match_arm, reason = "Rhai's syntax tree is an open enum")]

use super::{
    functions::Functions,
    natives, outline,
    scope::Scope,
    types::{Number, Type},
    usage::Usage,
};
use crate::{
    fault::FaultId,
    faults::Faults,
    header::Declared,
    language::{GLOBALS, why_not},
};
use rhai::{AST, ASTFlags, ASTNode, CustomExpr, Expr, FlowControl, Position, Stmt};
use std::collections::BTreeSet;

/// Where in a policy the walk is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Between the rules.
    Outside,
    /// In what a rule waits for: `when`, `for`.
    Condition,
    /// In what a rule does.
    Body,
    /// In a function.
    Function,
}

/// The walk under way.
pub(super) struct Walker<'w, 's> {
    pub(super) faults: &'w mut Faults<'s>,
    pub(super) declared: &'w Declared,
    pub(super) functions: Functions,
    pub(super) scope: Scope,
    pub(super) part: Part,
    pub(super) usage: Usage,
}

impl<'w, 's> Walker<'w, 's> {
    /// A walk over `tree`, whose header declares `declared`.
    pub(super) fn new(faults: &'w mut Faults<'s>, declared: &'w Declared, tree: &AST) -> Self {
        let mut scope = Scope::default();
        let globals = [Type::Inputs, Type::Params, Type::Now, Type::State];
        for (name, is) in GLOBALS.into_iter().zip(globals) {
            scope.define(name, is);
        }
        for (name, (_, target)) in &declared.targets {
            let target =
                target.as_ref().map(|target| Type::Target(target.kind, name.as_str().into()));
            scope.define(name, target.unwrap_or(Type::Unknown));
        }
        let functions = Functions::of(tree);
        let part = Part::Outside;
        Self { faults, declared, functions, scope, part, usage: Usage::default() }
    }

    /// Walks all of the policy, and gives back what it uses.
    pub(super) fn program(mut self, statements: &[Stmt]) -> Usage {
        self.every_function();
        for statement in statements {
            if let Some((rule, place)) = outline::as_rule(statement) {
                self.rule(rule, place);
            } else if !outline::is_header(statement) {
                self.statement(statement);
            }
        }
        self.usage
    }

    fn rule(&mut self, rule: &CustomExpr, place: Position) {
        let before = (self.part, std::mem::take(&mut self.usage.rule_acts));
        let mut never = false;
        if let [_name, conditions @ .., body] = &*rule.inputs {
            self.part = Part::Condition;
            if let Some(condition) = conditions.first() {
                never = matches!(condition, Expr::BoolConstant(false, _));
                self.condition(condition, "'when' needs a condition");
            }
            if let Some(duration) = conditions.get(1) {
                self.duration(duration);
            }
            self.part = Part::Body;
            self.expr(body);
        }
        if never || !self.usage.rule_acts {
            let name = outline::name(rule).unwrap_or_default();
            let message = format!("rule \"{name}\" can never ask for anything");
            let help = "record an opinion in its body, such as fleet.track(m.cpu, p.goal)";
            self.faults.add_with_help(FaultId::NoOpinion, place, message, help);
        }
        (self.part, self.usage.rule_acts) = before;
    }

    /// A rule that stands where none may; what is in it is looked at all the same.
    pub(super) fn misplaced(&mut self, rule: &CustomExpr, place: Position, id: FaultId) {
        let name = outline::name(rule).unwrap_or_default();
        let (message, help) = if id == FaultId::MisplacedRule {
            let inside = match self.part {
                Part::Function => "a function",
                Part::Outside => "a block",
                Part::Condition | Part::Body => "another rule",
            };
            let help = "put it at the top level; a condition goes into its `when`";
            (format!("rule \"{name}\" stands inside {inside}"), help)
        } else {
            (
                format!("the value of rule \"{name}\" is used"),
                "a rule has no value: let it stand alone",
            )
        };
        self.faults.add_with_help(id, place, message, help);
        let acts = self.usage.rule_acts;
        self.rule(rule, place);
        self.usage.rule_acts |= acts;
    }

    /// The statements of a block; the last one is its value.
    pub(super) fn block(&mut self, statements: &[Stmt]) -> Type {
        let mark = self.scope.mark();
        let mut value = Type::Nothing;
        for statement in statements {
            value = self.statement(statement);
        }
        self.scope.leave(mark);
        value
    }

    pub(super) fn statement(&mut self, statement: &Stmt) -> Type {
        match statement {
            Stmt::Noop(_) => Type::Nothing,
            Stmt::If(flow, _) => self.branch(flow),
            Stmt::Switch(switch, _) => {
                self.expr(&switch.0);
                let cases = switch.1.expressions.iter().map(|case| (&case.lhs, &case.rhs));
                self.cases(cases, switch.1.def_case.is_some())
            }
            Stmt::While(flow, place) => {
                let endless = matches!(flow.expr, Expr::Unit(_) | Expr::BoolConstant(true, _));
                self.cycle(flow, *place, endless)
            }
            Stmt::Do(flow, flags, place) => {
                let ends_on = flags.contains(ASTFlags::NEGATED);
                let endless = matches!(flow.expr, Expr::BoolConstant(value, _) if value != ends_on);
                self.cycle(flow, *place, endless)
            }
            Stmt::For(parts, _) => self.for_each(&parts.0, parts.1.as_ref(), &parts.2),
            Stmt::Var(parts, _, _) => {
                let is = self.expr(&parts.1);
                self.define(&parts.0, is);
                Type::Nothing
            }
            Stmt::Assignment(parts) => {
                self.assignment(&parts.0, &parts.1);
                Type::Nothing
            }
            Stmt::FnCall(call, place) => self.call(call, *place),
            Stmt::Block(block) => self.block(block.statements()),
            Stmt::TryCatch(flow, place) => {
                self.forbidden("try", *place);
                self.block(flow.body.statements());
                let mark = self.scope.mark();
                if let Expr::Variable(name, ..) = &flow.expr {
                    self.scope.define(&name.1, Type::Unknown);
                }
                self.block(flow.branch.statements());
                self.scope.leave(mark);
                Type::Unknown
            }
            Stmt::Expr(expr) => match &**expr {
                Expr::Custom(rule, place) => {
                    self.misplaced(rule, *place, FaultId::MisplacedRule);
                    Type::Nothing
                }
                expr => self.expr(expr),
            },
            Stmt::BreakLoop(value, ..) => {
                value.as_deref().map(|value| self.expr(value));
                Type::Unknown
            }
            Stmt::Return(value, flags, place) => {
                let thrown = flags.contains(ASTFlags::BREAK);
                self.forbidden(if thrown { "throw" } else { "return" }, *place);
                value.as_deref().map(|value| self.expr(value));
                Type::Unknown
            }
            _ => Type::Unknown,
        }
    }

    /// `if`, and what its value is.
    fn branch(&mut self, flow: &FlowControl) -> Type {
        self.condition(&flow.expr, "'if' needs a condition");
        let before = self.scope.clone();
        let then = self.block(flow.body.statements());
        let after = std::mem::replace(&mut self.scope, before);
        let otherwise = self.block(flow.branch.statements());
        self.scope.merge(&after);
        then.or(otherwise)
    }

    /// The cases of a `switch`, each with its condition; `whole` if one of them always fits.
    fn cases<'e>(
        &mut self,
        cases: impl Iterator<Item = (&'e Expr, &'e Expr)>,
        whole: bool,
    ) -> Type {
        let before = self.scope.clone();
        let mut value = (!whole).then_some(Type::Nothing);
        for (condition, action) in cases {
            let after = std::mem::replace(&mut self.scope, before.clone());
            self.condition(condition, "'if' needs a condition");
            let is = self.expr(action);
            value = Some(value.map_or_else(|| is.clone(), |value| value.or(is.clone())));
            self.scope.merge(&after);
        }
        value.unwrap_or(Type::Nothing)
    }

    /// A loop: what is assigned in it may be anything in its second round.
    fn cycle(&mut self, flow: &FlowControl, place: Position, endless: bool) -> Type {
        let statements = flow.body.statements();
        if endless && !has_way_out(statements) {
            let help = "leave it by `break`; a policy is evaluated anew at every pass";
            let message = "this loop has no way out";
            self.faults.add_with_help(FaultId::Endless, place, message, help);
        }
        self.forget_assigned(statements);
        if !matches!(flow.expr, Expr::Unit(_)) {
            self.condition(&flow.expr, "a loop needs a condition");
        }
        self.block(statements);
        self.forget_assigned(statements);
        Type::Unknown
    }

    fn for_each(
        &mut self,
        name: &rhai::Ident,
        counter: Option<&rhai::Ident>,
        flow: &FlowControl,
    ) -> Type {
        let range = matches!(&flow.expr, Expr::FnCall(call, _) if call.name.starts_with(".."));
        self.expr(&flow.expr);
        self.forget_assigned(flow.body.statements());
        let mark = self.scope.mark();
        let whole = Type::Number(Number { whole: true, value: None });
        self.define(name, if range { whole.clone() } else { Type::Unknown });
        if let Some(counter) = counter {
            self.define(counter, whole);
        }
        self.block(flow.body.statements());
        self.scope.leave(mark);
        self.forget_assigned(flow.body.statements());
        Type::Unknown
    }

    /// Defines a variable, and faults it if its name means something already.
    fn define(&mut self, name: &rhai::Ident, is: Type) {
        let taken = self.scope.get(name.as_str()).map(|own| match own {
            Type::Target(kind, _) => format!("'{}' is the name of a {kind}", name.name),
            Type::Inputs | Type::Params | Type::State | Type::Now => {
                format!("'{}' is a word of the language", name.name)
            }
            _ => format!("'{}' is already defined here", name.name),
        });
        if let Some(message) = taken {
            let help = "choose another name";
            self.faults.add_with_help(FaultId::Shadowing, name.pos, message, help);
        }
        self.scope.define(name.as_str(), is);
    }

    /// Variables assigned in `statements` may be anything.
    fn forget_assigned(&mut self, statements: &[Stmt]) {
        for name in assigned(statements) {
            let handle = self.scope.get(&name).is_some_and(Type::is_ours_by_name);
            if !handle {
                self.scope.set(&name, Type::Unknown);
            }
        }
    }

    /// An expression that must be true or false.
    pub(super) fn condition(&mut self, expr: &Expr, what: &str) {
        let is = self.expr(expr);
        if !matches!(is, Type::Bool | Type::Unknown) {
            let message = format!("{what}, not {}", is.noun());
            let help = match is.dimension() {
                Some(dimension) => format!("compare it, such as … > {}", dimension.example()),
                None => "a condition is true or false".to_owned(),
            };
            self.faults.add_with_help(FaultId::WrongValue, expr.start_position(), message, help);
        }
    }

    /// Notes the use of a part of Rhai that policies may not use.
    pub(super) fn forbidden(&mut self, word: &str, place: Position) {
        let message = format!("'{word}' may not be used in a policy");
        let why = why_not(word).unwrap_or("policies do without it");
        self.faults.add_with_help(FaultId::Forbidden, place, message, why);
    }
}

impl Type {
    /// Whether it is what a name of the header or the language stands for.
    const fn is_ours_by_name(&self) -> bool {
        matches!(self, Self::Inputs | Self::Params | Self::State | Self::Now | Self::Target(..))
    }
}

/// The variables that are assigned anywhere in `statements`.
fn assigned(statements: &[Stmt]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            let changed = match path.last() {
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => Some(&parts.1.lhs),
                Some(ASTNode::Expr(Expr::Dot(pair, ..))) => Some(&pair.lhs),
                _ => None,
            };
            if let Some(Expr::Variable(name, ..)) = changed {
                names.insert(name.1.to_string());
            }
            true
        });
    }
    names
}

/// Whether something in the body of a loop leaves it.
fn has_way_out(statements: &[Stmt]) -> bool {
    let mut found = false;
    for statement in statements {
        statement.walk(&mut Vec::new(), &mut |path: &[ASTNode<'_>]| {
            let [before @ .., last] = path else { return true };
            let inner = |node: &ASTNode<'_>| {
                matches!(node, ASTNode::Stmt(Stmt::While(..) | Stmt::Do(..) | Stmt::For(..)))
            };
            found |= match last {
                ASTNode::Stmt(Stmt::BreakLoop(_, flags, _)) => {
                    flags.contains(ASTFlags::BREAK) && !before.iter().any(inner)
                }
                ASTNode::Stmt(Stmt::Return(..)) => true,
                ASTNode::Expr(Expr::FnCall(call, _)) | ASTNode::Stmt(Stmt::FnCall(call, _)) => {
                    call.name == "exit"
                }
                _ => false,
            };
            true
        });
    }
    found
}

/// The names of functions that a policy can call.
pub(super) fn callable() -> impl Iterator<Item = &'static str> {
    crate::language::words(crate::language::On::Nothing).chain(natives::names())
}
