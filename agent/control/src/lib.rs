//! The control loop, and the ports through which it touches the world.
//!
//! The daemon and the simulator run this same loop. They differ only in what they
//! plug into [`Ports`]: a system clock and clouds, or a made-up world. There is no
//! "if simulated" and no "if dry run" anywhere.

mod pass;
mod ports;
mod provider_error;

pub use pass::Pass;
pub use ports::{
    Act, Clock, Commands, Evaluator, Journal, JournalError, MetricSource, Observe, Ports,
};
pub use provider_error::ProviderError;
