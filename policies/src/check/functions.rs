//! The walk: the functions that a policy defines.
//!
//! Each is walked once without knowing its arguments, and again for every new kind of
//! arguments it is called with, so that dimensions are followed through it. How often
//! and how deep is bounded; beyond that, what it gives is unknown.

use super::{
    natives,
    scope::Scope,
    types::Type,
    walk::{Part, Walker},
};
use crate::{
    fault::FaultId,
    language::{On, word},
};
use rhai::{AST, ASTNode, Position, Stmt};
use std::sync::Arc;

/// How many functions deep calls are followed.
const MAX_DEPTH: usize = 4;

/// How many different calls are followed in all.
const MAX_CALLS: usize = 256;

/// The functions of a policy, and what is known of their calls.
pub(super) struct Functions {
    list: Vec<Arc<Function>>,
    calls: Vec<Call>,
    depth: usize,
}

/// A call that was followed.
struct Call {
    function: usize,
    arguments: Vec<Type>,
    gives: Type,
    /// Whether something is kept or asked for in it.
    acts: bool,
}

/// A function as it stands in the text.
struct Function {
    name: String,
    parameters: Vec<String>,
    /// Where its body begins.
    start: Position,
    statements: Vec<Stmt>,
}

/// What is known of a call.
pub(super) enum Called {
    /// What it gives, and whether something is kept or asked for in it.
    Known { gives: Type, acts: bool },
    /// Nothing yet.
    New,
    /// Nothing, and it is not looked into any more.
    TooMuch,
}

impl Functions {
    /// The functions of `tree`, in the order of the text.
    pub(super) fn of(tree: &AST) -> Self {
        let functions = tree.clone_functions_only();
        let function = |own: &rhai::Shared<rhai::ScriptFuncDef>| {
            Arc::new(Function {
                name: own.name.to_string(),
                parameters: own.params.iter().map(ToString::to_string).collect(),
                start: own.body.start_position(),
                statements: statements(&functions, &own.name, own.params.len()),
            })
        };
        let mut list: Vec<Arc<Function>> = tree.iter_fn_def().map(function).collect();
        list.sort_by(|a, b| {
            let key = |own: &Function| (own.start.line(), own.start.position());
            key(a).cmp(&key(b)).then_with(|| a.name.cmp(&b.name))
        });
        Self { list, calls: Vec::new(), depth: 0 }
    }

    /// The function `name` with that many parameters.
    pub(super) fn find(&self, name: &str, parameters: usize) -> Option<usize> {
        let fits = |own: &Arc<Function>| own.name == name && own.parameters.len() == parameters;
        self.list.iter().position(fits)
    }

    /// The number of parameters of some function `name`.
    pub(super) fn any(&self, name: &str) -> Option<usize> {
        let own = self.list.iter().find(|own| own.name == name);
        own.map(|own| own.parameters.len())
    }

    /// The names of all functions.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|own| own.name.as_str()).filter(|name| !name.contains('$'))
    }

    /// What is known of calling a function with such arguments.
    pub(super) fn known(&self, function: usize, types: &[Type]) -> Called {
        let same = |call: &&Call| call.function == function && call.arguments == types;
        match self.calls.iter().find(same) {
            Some(call) => Called::Known { gives: call.gives.clone(), acts: call.acts },
            None if self.depth >= MAX_DEPTH || self.calls.len() >= MAX_CALLS => Called::TooMuch,
            None => Called::New,
        }
    }
}

impl Walker<'_, '_> {
    /// Walks every function without knowing its arguments.
    pub(super) fn every_function(&mut self) {
        for index in 0..self.functions.list.len() {
            let function = Arc::clone(&self.functions.list[index]);
            self.shadows_a_native(&function);
            let unknown = vec![Type::Unknown; function.parameters.len()];
            if matches!(self.functions.known(index, &unknown), Called::New) {
                self.every_way_through(index, unknown);
            }
        }
    }

    /// Walks a function with arguments of these types, and tells what it gives.
    pub(super) fn every_way_through(&mut self, index: usize, types: Vec<Type>) -> Type {
        let function = Arc::clone(&self.functions.list[index]);
        let parameters = function.parameters.iter().cloned().zip(types.clone());
        let scope = std::mem::replace(&mut self.scope, Scope::of(parameters.collect()));
        let part = std::mem::replace(&mut self.part, Part::Function);
        let before = std::mem::take(&mut self.usage.rule_acts);
        // While it is under way, a call of itself gives what cannot be told.
        let call = self.functions.calls.len();
        let known = Call { function: index, arguments: types, gives: Type::Unknown, acts: false };
        self.functions.calls.push(known);
        self.functions.depth += 1;
        let gives = self.block(&function.statements);
        self.functions.depth -= 1;
        self.functions.calls[call].gives = gives.clone();
        self.functions.calls[call].acts = self.usage.rule_acts;
        self.usage.rule_acts |= before;
        self.part = part;
        self.scope = scope;
        gives
    }

    /// A function that stands for one that is there already.
    fn shadows_a_native(&mut self, function: &Function) {
        let name = function.name.as_str();
        let ours = word(On::Nothing, name);
        let native = ours.is_some() || natives::takes(name, function.parameters.len());
        if native && !name.contains('$') {
            let place = self.faults.source().name_before(function.start, name);
            let message = format!("there is a function '{name}' already");
            self.faults.add_with_help(FaultId::Shadowing, place, message, "choose another name");
        }
    }
}

/// The statements of the function `name`. The tree shows them to a walk, and only there.
fn statements(functions: &AST, name: &str, parameters: usize) -> Vec<Stmt> {
    let mut alone = functions.clone();
    alone.retain_functions(|_, _, own, count| own == name && count == parameters);
    let mut statements = Vec::new();
    alone.walk(&mut |path: &[ASTNode<'_>]| {
        if let [ASTNode::Stmt(statement)] = path {
            statements.push((*statement).clone());
        }
        true
    });
    statements
}
