//! Ports with nobody behind them, for passes that nobody keeps and nobody speaks into.

use crate::{Commands, Journal, JournalError, Pass};
use setpoint_core::{ActResult, Command, Intent, Memory};

/// A journal that keeps nothing: the passes are looked at by whoever made them.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Journal for Nowhere {
    fn record(&mut self, _: &Pass, _: &Memory) -> Result<(), JournalError> {
        Ok(())
    }

    fn outcome(&mut self, _: &Intent, _: &ActResult) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Nobody tells the agent anything.
#[derive(Clone, Copy, Debug)]
pub struct Nobody;

impl Commands for Nobody {
    fn take(&self) -> Vec<Command> {
        Vec::new()
    }
}
