//! Finds what is wrong with a policy before anything of it runs.
//!
//! The text is parsed once, without optimisation and without an engine that could run
//! it. After a syntax error that one fault is reported; otherwise all of them are: the
//! header's own, then those of one walk over the statements, which knows what every
//! value is where that can be told. Start reading at [`check`]; the walk is in `walk`.

use crate::{
    fault::{Fault, FaultId, Severity},
    faults::Faults,
    header::{Header, ParamValue, Reader, read},
    language::why_not,
    source::Source,
    syntax::parser,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};
use walk::Walker;

mod alerts;
mod calls;
mod chain;
mod expr;
mod functions;
mod members;
mod natives;
mod operators;
mod outline;
mod scope;
mod size;
mod traffic;
mod types;
mod usage;
mod walk;
mod warnings;

/// A policy without errors, not yet compiled.
#[derive(Clone, Debug)]
pub(crate) struct Checked {
    /// What it declares.
    pub(crate) header: Header,
    /// Its rules, in order.
    pub(crate) rules: Vec<RuleOutline>,
    /// The calendars that it asks.
    pub(crate) calendars: BTreeSet<String>,
    /// What is suspicious about it.
    pub(crate) warnings: Vec<Fault>,
    /// The text without its header, every place kept: what is compiled.
    pub(crate) body: String,
}

/// What can be told about a rule without running it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RuleOutline {
    /// Its name; unique within the policy.
    pub(crate) name: String,
    /// The line it starts on, from 1.
    pub(crate) line: u32,
    /// The targets named anywhere in its condition or body, in alphabetical order.
    pub(crate) targets: Vec<String>,
    /// Whether its condition must hold for some time.
    pub(crate) holds: bool,
    /// The bytes of its text, from `rule` to the closing brace.
    pub(crate) text: Range<usize>,
}

/// Checks the policy in `text`, which was read from `file`.
///
/// Fails with every fault there is, in the order of their places; warnings among them.
pub(crate) fn check(file: &str, text: &str) -> Result<Checked, Vec<Fault>> {
    check_with(file, text, &BTreeMap::new())
}

/// The same, where some parameters have other values than the header says: a window may
/// now be too long, a goal no goal any more.
pub(crate) fn check_with(
    file: &str,
    text: &str,
    params: &BTreeMap<String, ParamValue>,
) -> Result<Checked, Vec<Fault>> {
    let source = Source::new(file, text).map_err(|fault| vec![fault])?;
    let engine = parser();
    if let Some(fault) = size::too_much(&engine, &source) {
        return Err(vec![fault]);
    }
    let tree = engine.compile(text).map_err(|error| vec![syntax_fault(&source, &error)])?;
    let mut faults = Faults::new(&source);
    let statements = tree.statements();
    let mut declared = read(&mut Reader::new(&engine, &mut faults), statements);
    for (name, value) in params {
        let own = declared.as_mut().and_then(|declared| declared.params.get_mut(name));
        if let Some((_, own)) = own {
            *own = Some(value.clone());
        }
    }
    let rules = outline::rules(&mut faults, statements, declared.as_ref());
    let usage = declared.as_ref().map(|declared| {
        let usage = Walker::new(&mut faults, declared, &tree).program(statements);
        warnings::note(&mut faults, declared, &usage);
        usage
    });
    let usage = usage.unwrap_or_default();
    let body = outline::without_header(&source, statements);
    let mut header = declared.and_then(crate::header::Declared::into_header);
    for (name, target) in header.iter_mut().flat_map(|header| &mut header.targets) {
        target.replaces = usage.may_replace(name);
    }
    let calendars = usage.calendars;
    let mut found = faults.into_sorted();
    if found.iter().any(Fault::is_error) {
        // What is misspelt is not used: only errors are worth a person's time.
        found.retain(|fault| fault.is_error() || fault.id == FaultId::Endless);
    }
    match header {
        Some(header) if found.iter().all(|fault| fault.severity() == Severity::Warning) => {
            Ok(Checked { header, rules, calendars, warnings: found, body })
        }
        _ => Err(found),
    }
}

/// The one fault of a text that does not follow the grammar, and if it is a word that
/// policies may not use, that.
fn syntax_fault(source: &Source<'_>, error: &rhai::ParseError) -> Fault {
    let text = error.err_type().to_string();
    let fault = source.fault(FaultId::Syntax, error.position(), text, None);
    let word = source.text().get(fault.span.clone()).unwrap_or_default();
    match why_not(word) {
        Some(why) => {
            let message = format!("'{word}' may not be used in a policy");
            Fault { id: FaultId::Forbidden, message, help: Some(why.to_owned()), ..fault }
        }
        None if word == "\u{feff}" => {
            let help = "save the file without a byte-order mark".to_owned();
            Fault { help: Some(help), ..fault }
        }
        None => fault,
    }
}
