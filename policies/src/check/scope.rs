//! The variables that can be seen from one place of a policy.

use super::types::Type;

/// The variables in scope, innermost last.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    variables: Vec<(String, Type)>,
}

impl Scope {
    /// A scope that holds nothing but `variables`: that of a function.
    pub(super) const fn of(variables: Vec<(String, Type)>) -> Self {
        Self { variables }
    }

    /// Defines `name`.
    pub(super) fn define(&mut self, name: &str, is: Type) {
        self.variables.push((name.to_owned(), is));
    }

    /// What `name` is.
    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.variables.iter().rev().find(|(own, _)| own == name).map(|(_, is)| is)
    }

    /// Says that `name` is now something else.
    pub(super) fn set(&mut self, name: &str, is: Type) {
        if let Some((_, own)) = self.variables.iter_mut().rev().find(|(own, _)| own == name) {
            *own = is;
        }
    }

    /// Every name that can be seen.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|(name, _)| name.as_str())
    }

    /// How many variables there are, to come back to by [`Scope::leave`].
    pub(super) const fn mark(&self) -> usize {
        self.variables.len()
    }

    /// Forgets what was defined since `mark`.
    pub(super) fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// Where two ways of getting here differ, what holds either way.
    pub(super) fn merge(&mut self, other: &Self) {
        for ((_, own), (_, theirs)) in self.variables.iter_mut().zip(&other.variables) {
            if own != theirs {
                *own = std::mem::replace(own, Type::Unknown).or(theirs.clone());
            }
        }
    }
}
