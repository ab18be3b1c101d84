//! Reads the header from the syntax tree, with every fault in its place.
//!
//! A value that is wrong is left out, and its name is still known: so one slip in the
//! header does not make a fault of every line that uses the name.

use super::{
    EffectHeader, Header, InputHeader, Kind, ParamValue, TargetHeader,
    literal::{Entries, Reader},
};
use crate::{
    fault::FaultId,
    language::{GLOBALS, LANGUAGE},
    suggest::one_of,
};
use rhai::{ASTFlags, Expr, Position, Stmt};
use setpoint_core::{Per, Role, Scalar, Span, Unit};
use std::collections::BTreeMap;

/// The header's keys.
const KEYS: [&str; 8] =
    ["about", "language", "owner", "runbook", "params", "inputs", "targets", "state"];

/// The keys of an input.
const INPUT_KEYS: [&str; 5] = ["unit", "window", "max_age", "role", "per"];

/// What the guards may take an input for.
const ROLES: [(&str, Role); 1] = [("errors", Role::Errors)];

/// Names that a header may not give to anything.
const WORDS: [&str; 4] = ["POLICY", "rule", "when", "targets"];

/// The longest name, in bytes.
const MAX_NAME: usize = 64;

/// What a header declares, as far as it could be read.
#[derive(Debug, Default)]
pub(crate) struct Declared {
    pub(crate) params: Section<ParamValue>,
    pub(crate) inputs: Section<InputHeader>,
    pub(crate) targets: Section<TargetHeader>,
    pub(crate) state: Section<Scalar>,
    about: Option<String>,
    language: Option<u32>,
    owner: Option<String>,
    runbook: Option<String>,
}

/// The names declared in one section, each with its place and, if it could be read, its value.
pub(crate) type Section<T> = BTreeMap<String, (Position, Option<T>)>;

impl Declared {
    /// Whether it says who answers for the policy, and where to read on.
    pub(crate) const fn is_answered(&self) -> bool {
        self.owner.is_some() && self.runbook.is_some()
    }

    /// The header, if nothing in it was left out.
    pub(crate) fn into_header(self) -> Option<Header> {
        Some(Header {
            about: self.about?,
            language: self.language?,
            owner: self.owner,
            runbook: self.runbook,
            params: whole(self.params)?,
            inputs: whole(self.inputs)?,
            targets: whole(self.targets)?,
            state: whole(self.state)?,
        })
    }
}

fn whole<T>(section: Section<T>) -> Option<BTreeMap<String, T>> {
    section.into_iter().map(|(name, (_, value))| Some((name, value?))).collect()
}

/// Reads the header among the top-level `statements`.
///
/// `None` if there is none, or it is no map: then nothing is known of the body either.
pub(crate) fn read(reader: &mut Reader<'_, '_>, statements: &[Stmt]) -> Option<Declared> {
    let mut found = statements.iter().filter_map(header_value);
    let Some((place, constant, value)) = found.next() else {
        let text = "the policy has no header";
        let help = "start with `const POLICY = #{ about: \"…\", language: 1, … };`";
        reader.faults.add_with_help(FaultId::NoHeader, Position::NONE, text, help);
        return None;
    };
    for (again, ..) in found {
        reader.faults.add(FaultId::HeaderTwice, again, "POLICY is defined a second time");
    }
    if !constant {
        let (text, help) = ("POLICY must be a constant", "write `const POLICY = #{ … };`");
        reader.faults.add_with_help(FaultId::NoHeader, place, text, help);
    }
    let entries = reader.map(value, "POLICY")?;
    Some(header(reader, &entries, place))
}

/// The place, constness and value of a definition of `POLICY`.
fn header_value(statement: &Stmt) -> Option<(Position, bool, &Expr)> {
    let Stmt::Var(definition, flags, _) = statement else { return None };
    let (name, value, _) = &**definition;
    let constant = flags.intersects(ASTFlags::CONSTANT);
    (name.as_str() == "POLICY").then_some((name.pos, constant, value))
}

fn header(reader: &mut Reader<'_, '_>, entries: &Entries<'_>, place: Position) -> Declared {
    reader.known_keys(entries, "the header", &KEYS);
    let declared = Declared {
        about: reader.required(entries, "about", "the header", place, Reader::text),
        language: reader.required(entries, "language", "the header", place, language),
        owner: reader.optional(entries, "owner", Reader::text),
        runbook: reader.optional(entries, "runbook", Reader::text),
        params: section(reader, entries, "params", |reader, name, value| {
            reader.param(value, &format!("the parameter '{name}'"))
        }),
        inputs: section(reader, entries, "inputs", input),
        targets: section(reader, entries, "targets", target),
        state: section(reader, entries, "state", |reader, name, value| {
            reader.param(value, &format!("the state '{name}'"))?.into_scalar()
        }),
    };
    effects_are_declared(reader, &declared.targets, &declared.inputs);
    declared
}

fn language(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<u32> {
    let language = reader.whole(value, what)?;
    if language == LANGUAGE {
        return Some(language);
    }
    let text =
        format!("the policy is written for language {language}, this program reads {LANGUAGE}");
    reader.faults.add(FaultId::NewerLanguage, value.position(), text);
    None
}

/// Reads the section `key`: names, each with a value that `read` makes out.
fn section<T>(
    reader: &mut Reader<'_, '_>,
    entries: &Entries<'_>,
    key: &str,
    read: impl Fn(&mut Reader<'_, '_>, &str, &Expr) -> Option<T>,
) -> Section<T> {
    let Some((_, value)) = entries.get(key) else { return Section::new() };
    let Some(names) = reader.map(value, key) else { return Section::new() };
    let mut section = Section::new();
    for (name, place, value) in names.iter() {
        usable(reader, name, place, key);
        section.insert(name.to_owned(), (place, read(reader, name, value)));
    }
    section
}

/// Faults a name that a policy could not write, or that means something already.
fn usable(reader: &mut Reader<'_, '_>, name: &str, place: Position, section: &str) {
    let (text, help) = if WORDS.contains(&name) || (section == "targets" && GLOBALS.contains(&name))
    {
        (format!("the name '{name}' is taken by the language"), "choose another name")
    } else if name.len() > MAX_NAME {
        (format!("a name of {} letters is too long", name.len()), "use at most 64 letters")
    } else if !reader.is_variable(name) {
        let help = "use letters, digits and underscores, and none of Rhai's reserved words";
        (format!("'{name}' cannot be a name"), help)
    } else {
        return;
    };
    reader.faults.add_with_help(FaultId::BadName, place, text, help);
}

fn input(reader: &mut Reader<'_, '_>, name: &str, value: &Expr) -> Option<InputHeader> {
    let what = format!("the input '{name}'");
    let entries = reader.map(value, &what)?;
    reader.known_keys(&entries, &what, &INPUT_KEYS);
    let unit = reader.required(&entries, "unit", &what, value.position(), unit);
    let window = reader.optional(&entries, "window", Reader::span);
    let max_age = reader.optional(&entries, "max_age", Reader::span);
    let role = reader.optional(&entries, "role", role);
    let per = reader.optional(&entries, "per", per);
    if let Some(per) = per {
        one_value_only(reader, &entries, per);
    }
    let whole = entries.get("window").is_some() == window.is_some()
        && entries.get("max_age").is_some() == max_age.is_some()
        && entries.get("role").is_some() == role.is_some()
        && entries.get("per").is_some() == per.is_some();
    let (window, role) = (window.unwrap_or(Span::ZERO), role.unwrap_or_default());
    Some(InputHeader { unit: unit?, window, max_age, role, per }).filter(|_| whole)
}

fn per(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Per> {
    let text = reader.text(value, what)?;
    let all = [Per::Member, Per::Zone];
    if let Some(per) = all.into_iter().find(|per| per.name() == text) {
        return Some(per);
    }
    let message = format!("there is no value of each '{text}'");
    let help = "a value may be there of each \"member\" or each \"zone\"";
    let words = (text.as_str(), all.into_iter().map(Per::name), Some(help.to_owned()));
    reader.faults.add_unknown(FaultId::BadValue, value.position(), message, words);
    None
}

/// Faults keys that speak of the past of one number.
fn one_value_only(reader: &mut Reader<'_, '_>, entries: &Entries<'_>, per: Per) {
    for key in ["window", "role"] {
        let Some((place, _)) = entries.get(key) else { continue };
        let message = format!("'{key}' does not fit a value of each {}", per.name());
        let help = "declare a second input for it, bound to one number";
        reader.faults.add_with_help(FaultId::BadValue, place, message, help);
    }
}

fn role(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Role> {
    let text = reader.text(value, what)?;
    if let Some((_, role)) = ROLES.iter().find(|(name, _)| *name == text) {
        return Some(*role);
    }
    let names = ROLES.iter().map(|(name, _)| *name);
    let message = format!("unknown role '{text}'");
    let all = format!("this version knows the role {}", one_of(names.clone()));
    let words = (text.as_str(), names, Some(all));
    reader.faults.add_unknown(FaultId::BadValue, value.position(), message, words);
    None
}

/// Faults an effect on an input that the policy does not declare, or that is no one number.
fn effects_are_declared(
    reader: &mut Reader<'_, '_>,
    targets: &Section<TargetHeader>,
    inputs: &Section<InputHeader>,
) {
    for (name, (place, target)) in targets {
        let effect = target.as_ref().and_then(|target| target.effect.as_ref());
        let of = |effect: &EffectHeader| inputs.get(&effect.input)?.1;
        if effect.and_then(of).is_some_and(|input| input.per.is_some()) {
            let message =
                format!("the effect on '{name}' is seen in one number, not in one of each");
            let help = "declare a second input for it, bound to one number";
            reader.faults.add_with_help(FaultId::BadValue, *place, message, help);
        }
        let Some(effect) = effect.filter(|effect| !inputs.contains_key(&effect.input)) else {
            continue;
        };
        let message = format!("the effect on '{name}' names no input: '{}'", effect.input);
        let names = inputs.keys().map(String::as_str);
        reader.faults.add_unknown(
            FaultId::BadValue,
            *place,
            message,
            (&*effect.input, names, None),
        );
    }
}

fn unit(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Unit> {
    let names = Unit::ALL.iter().map(|(name, _)| *name);
    let text = reader.text(value, what)?;
    if let Some((_, unit)) = Unit::ALL.iter().find(|(name, _)| *name == text) {
        return Some(*unit);
    }
    let message = format!("unknown unit '{text}'");
    let all = format!("a unit is one of {}", one_of(names.clone()));
    let words = (text.as_str(), names, Some(all));
    reader.faults.add_unknown(FaultId::UnknownUnit, value.position(), message, words);
    None
}

fn target(reader: &mut Reader<'_, '_>, name: &str, value: &Expr) -> Option<TargetHeader> {
    let what = format!("the target '{name}'");
    let entries = reader.map(value, &what)?;
    let kind = reader.required(&entries, "kind", &what, value.position(), kind)?;
    Some(super::read_target::read(reader, (&entries, value.position()), kind, &what))
}

fn kind(reader: &mut Reader<'_, '_>, value: &Expr, what: &str) -> Option<Kind> {
    let text = reader.text(value, what)?;
    if let Some((_, kind)) = Kind::ALL.iter().find(|(name, _)| *name == text) {
        return Some(*kind);
    }
    let names = Kind::ALL.iter().map(|(name, _)| *name);
    let all = format!("this version acts on: {}", one_of(names.clone()));
    let message = format!("unknown kind '{text}'");
    let words = (text.as_str(), names, Some(all));
    reader.faults.add_unknown(FaultId::UnknownKind, value.position(), message, words);
    None
}
