//! A policy file that was checked and compiled.

use crate::{
    check::{Checked, RuleOutline, check},
    engine::{
        DatabaseHandle, ENGINE, FlagHandle, GroupHandle, Inputs, JobHandle, Now, Params,
        RolloutHandle, SettingHandle, State, TrafficHandle, VolumeHandle,
    },
    fault::Fault,
    fault::FaultId,
    header::{Header, Kind},
    run::Meant,
    source::Source,
};
use rhai::{AST, EvalAltResult, Scope};
use setpoint_core::{Contact, RuleName};
use std::{collections::BTreeSet, sync::Arc};

/// A policy file that was checked and compiled: immutable, to be shared.
#[derive(Clone, Debug)]
pub struct Script {
    file: Arc<str>,
    source: Arc<str>,
    header: Header,
    contact: Arc<Contact>,
    rules: Vec<RuleInfo>,
    calendars: BTreeSet<String>,
    warnings: Vec<Fault>,
    scope: Scope<'static>,
    program: AST,
    meant: Meant,
}

/// What can be told about a rule without running it.
#[derive(Clone, Debug)]
pub struct RuleInfo {
    /// Its name; unique within the policy.
    pub name: RuleName,
    /// The line it starts on, from 1.
    pub line: u32,
    /// The targets named in it, as the header names them.
    pub targets: Vec<String>,
    /// Whether its condition must hold `for` some time.
    pub holds: bool,
    /// A hash of its text: a hold timer ends when the rule changes.
    pub(crate) hash: u64,
}

impl Script {
    /// Checks and compiles the policy in `source`, which was read from `file`.
    ///
    /// Fails with every fault there is, in the order of their places. Nothing of the
    /// policy runs.
    pub fn parse(file: &str, source: &str) -> Result<Self, Vec<Fault>> {
        let Checked { header, rules, calendars, warnings, body } = check(file, source)?;
        let rules = rules.into_iter().map(|outline| RuleInfo::new(outline, source)).collect();
        let scope = scope(&header);
        let program = ENGINE
            .compile_with_scope(&scope, &body)
            .map_err(|error| vec![compile_fault(file, source, &error)])?;
        let (file, source) = (file.into(), source.into());
        let (owner, runbook) = (header.owner.clone(), header.runbook.clone());
        let (contact, meant) = (Arc::new(Contact { owner, runbook }), Meant::default());
        Ok(Self {
            file,
            source,
            header,
            contact,
            rules,
            calendars,
            warnings,
            scope,
            program,
            meant,
        })
    }

    /// What the policy declares.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// Who answers for it.
    pub(crate) const fn contact(&self) -> &Arc<Contact> {
        &self.contact
    }

    /// Its rules, in order.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.rules
    }

    /// The calendars that it asks: whoever runs it must have them.
    pub const fn calendars(&self) -> &BTreeSet<String> {
        &self.calendars
    }

    /// The file it was read from.
    pub const fn file(&self) -> &Arc<str> {
        &self.file
    }

    /// Its text.
    pub const fn source(&self) -> &Arc<str> {
        &self.source
    }

    /// What is suspicious about it, though not wrong.
    pub fn warnings(&self) -> &[Fault] {
        &self.warnings
    }

    /// Runs it, in the context that is under way.
    pub(crate) fn run(&self) -> Result<(), Box<EvalAltResult>> {
        self.meant.run(&self.program, &mut self.scope.clone())
    }
}

/// What a policy finds in scope: its globals and its targets.
fn scope(header: &Header) -> Scope<'static> {
    let mut scope = Scope::new();
    // Variables, not constants: those would be folded into the program.
    scope.push("m", Inputs).push("p", Params).push("state", State).push("now", Now);
    for (index, (name, target)) in header.targets.iter().enumerate() {
        match target.kind {
            Kind::Group => scope.push(name.clone(), GroupHandle(index)),
            Kind::Database => scope.push(name.clone(), DatabaseHandle(index)),
            Kind::Setting => scope.push(name.clone(), SettingHandle(index)),
            Kind::Flag => scope.push(name.clone(), FlagHandle(index)),
            Kind::Rollout => scope.push(name.clone(), RolloutHandle(index)),
            Kind::Job => scope.push(name.clone(), JobHandle(index)),
            Kind::Volume => scope.push(name.clone(), VolumeHandle(index)),
            Kind::Traffic => scope.push(name.clone(), TrafficHandle(index)),
        };
    }
    scope
}

/// What the compiler found after the checker was content: a name that is not there.
fn compile_fault(file: &str, source: &str, error: &rhai::ParseError) -> Fault {
    let text = error.err_type().to_string();
    match Source::new(file, source) {
        Ok(source) => source.fault(FaultId::Syntax, error.position(), text, None),
        Err(fault) => fault,
    }
}

impl RuleInfo {
    fn new(outline: RuleOutline, source: &str) -> Self {
        let text = source.get(outline.text).unwrap_or_default();
        Self {
            name: RuleName::new(outline.name),
            line: outline.line,
            targets: outline.targets,
            holds: outline.holds,
            hash: fnv1a(text),
        }
    }
}

/// The 64-bit FNV-1a hash: short, and the same in every version of this program.
/// Source: Fowler, Noll and Vo, "The FNV Non-Cryptographic Hash Algorithm".
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
