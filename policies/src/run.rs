//! One run of a script, with what the runs before it found out.
//!
//! Rhai finds out by name and types which function an operator or a method means, and takes
//! longer for it than most functions take. In one script that is the same at every pass, so it
//! is kept from run to run. Nothing that is kept depends on a value: with it or without it, a
//! run comes to the same.

use crate::engine::ENGINE;
use rhai::{AST, Caches, EvalAltResult, Scope};
use std::sync::{Mutex, PoisonError};

/// Which functions a script means, as far as its runs found out.
#[derive(Debug, Default)]
pub(crate) struct Meant(Mutex<Caches>);

/// A copy finds out for itself.
impl Clone for Meant {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Meant {
    /// Runs `program` with what is in `scope`.
    ///
    /// Whoever runs the same script meanwhile, on another thread, finds out for itself.
    pub(crate) fn run(
        &self,
        program: &AST,
        scope: &mut Scope<'_>,
    ) -> Result<(), Box<EvalAltResult>> {
        // Taken out, so that a run that panics leaves nothing half found out.
        let mut caches = std::mem::take(&mut *self.lock());
        let mut global = ENGINE.new_global_runtime_state();
        global.lib.push(program.shared_lib().clone());
        #[expect(deprecated, reason = "no other way to run a script hands the caches over")]
        let ended =
            ENGINE.eval_statements_raw(&mut global, &mut caches, scope, program.statements());
        // What a function of the script found out holds in that function alone.
        caches.rewind_fn_resolution_caches(1);
        *self.lock() = caches;
        ended.map(drop)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Caches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
