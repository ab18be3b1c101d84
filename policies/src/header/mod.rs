//! The header of a policy: what it needs, what it sizes, and what may be tuned.
//!
//! `const POLICY = #{ … };` is a literal. It is read from the syntax tree, so nothing
//! runs and every fault has its place. A [`Header`] that exists is valid.
//! Start reading at [`Header`]; the reading itself is in `read`.

mod literal;
mod param;
mod read;
mod read_target;
mod target;

pub(crate) use literal::Reader;
pub use param::{ParamKind, ParamValue};
pub(crate) use read::{Declared, read};
pub use target::{EffectHeader, Kind, TargetHeader};

use setpoint_core::{InputSettings, Per, Role, Scalar, Span, Unit};
use std::collections::BTreeMap;

/// What a policy declares about itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// What the policy is for, in a sentence.
    pub about: String,
    /// The version of the language it is written for.
    pub language: u32,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Where to read on when it pages.
    pub runbook: Option<String>,
    /// Parameters with their defaults, by name: `p.x`.
    pub params: BTreeMap<String, ParamValue>,
    /// Inputs by name: `m.x`.
    pub inputs: BTreeMap<String, InputHeader>,
    /// Targets by name.
    pub targets: BTreeMap<String, TargetHeader>,
    /// What the policy keeps between passes, with its first values: `state.x`.
    pub state: BTreeMap<String, Scalar>,
}

/// What a policy declares about one input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputHeader {
    /// The unit in which numbers arrive.
    pub unit: Unit,
    /// How far back the policy may look; zero when it asks for the latest value only.
    pub window: Span,
    /// The age beyond which the latest sample counts as missing; the agent's default if none.
    pub max_age: Option<Span>,
    /// What the guards may take it for.
    pub role: Role,
    /// Of what it has a value each; without, it is one number.
    pub per: Option<Per>,
}

impl InputHeader {
    /// The settings of an input that is read every `period`.
    pub fn settings(&self, period: Span) -> InputSettings {
        let settings = InputSettings::new(self.unit, self.window, period);
        let max_age = self.max_age.unwrap_or(settings.max_age);
        InputSettings { max_age, role: self.role, per: self.per, ..settings }
    }
}
