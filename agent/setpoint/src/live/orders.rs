//! Orders on their way to the loop: a person's words become part of the next snapshot.
//!
//! Whoever gave one is answered when the pass that took it in is over, so an answer means
//! that it holds. [`command`] is the one place where the socket's words become the core's.

use super::protocol::Ask;
use async_trait::async_trait;
use setpoint_control::{Commands, Ended, Watch};
use setpoint_core::{Command, Span, TargetName};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, oneshot};

/// As many orders as may wait for a pass: more is no person.
const MOST: usize = 100;

/// Orders between the socket and the loop.
#[derive(Default)]
pub(crate) struct Orders {
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<(Command, Option<oneshot::Sender<u64>>)>,
    taken: Vec<oneshot::Sender<u64>>,
}

impl Orders {
    /// Puts an order in; the receiver hears the number of the pass that took it in.
    pub(crate) fn place(&self, command: Command) -> Result<oneshot::Receiver<u64>, String> {
        let (sender, receiver) = oneshot::channel();
        let mut queue = self.queue();
        if queue.waiting.len() >= MOST {
            return Err(format!("{MOST} orders wait already"));
        }
        queue.waiting.push((command, Some(sender)));
        drop(queue);
        self.arrived.notify_one();
        Ok(receiver)
    }

    /// Puts in what was left while no agent was at work.
    pub(crate) fn left(&self, commands: Vec<Command>) {
        self.queue().waiting.extend(commands.into_iter().map(|command| (command, None)));
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing that holds it can panic half-way.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The loop's side of the orders.
pub(crate) struct InTray(pub(crate) Arc<Orders>);

#[async_trait]
impl Commands for InTray {
    fn take(&self) -> Vec<Command> {
        let mut queue = self.0.queue();
        let (commands, senders): (Vec<_>, Vec<_>) =
            std::mem::take(&mut queue.waiting).into_iter().unzip();
        queue.taken.extend(senders.into_iter().flatten());
        commands
    }

    async fn arrived(&self) {
        loop {
            if !self.0.queue().waiting.is_empty() {
                return;
            }
            self.0.arrived.notified().await;
        }
    }
}

impl Watch for InTray {
    fn passed(&mut self, ended: &Ended<'_>) {
        for sender in std::mem::take(&mut self.0.queue().taken) {
            // Who gave the order may have gone; it holds all the same.
            sender.send(ended.pass.snapshot.pass).unwrap_or_default();
        }
    }
}

/// What the core is told, or why it cannot be.
pub(crate) fn command(ask: Ask) -> Result<Command, String> {
    let named = |target: Option<String>| target.map(TargetName::new);
    let why = |reason: String| match reason.trim() {
        "" => Err("say why: the next one who looks wants to know".to_owned()),
        reason => Ok(reason.to_owned()),
    };
    match ask {
        Ask::Pause { target, reason, lasts } => {
            Ok(Command::Pause { target: named(target), reason: why(reason)?, lasts })
        }
        Ask::Resume { target } => Ok(Command::Resume { target: named(target) }),
        Ask::Approve { target, to, by } => {
            Ok(Command::Approve { target: TargetName::new(target), to, by })
        }
        Ask::Release { target, reason, by, remove_replicas } => {
            let (target, reason) = (TargetName::new(target), why(reason)?);
            Ok(Command::Release { target, by, reason, remove_replicas })
        }
        Ask::Adopt { target, by } => Ok(Command::Adopt { target: TargetName::new(target), by }),
        Ask::Status | Ask::Reload => Err("that is no order".to_owned()),
    }
}

/// An order that was given `ago`, as it is now; `None` if its time is over. An approval is
/// for what its giver saw: it is never left for later.
pub(crate) fn aged(command: Command, ago: Span) -> Option<Command> {
    match command {
        Command::Pause { lasts: Some(lasts), .. } if lasts <= ago => None,
        Command::Pause { target, lasts, reason } => {
            Some(Command::Pause { target, lasts: lasts.map(|lasts| lasts.minus(ago)), reason })
        }
        other @ (Command::Resume { .. } | Command::Release { .. } | Command::Adopt { .. }) => {
            Some(other)
        }
        Command::Approve { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(lasts: Option<u64>) -> Command {
        let lasts = lasts.map(Span::from_secs);
        Command::Pause { target: None, reason: "a drill".to_owned(), lasts }
    }

    #[test]
    fn a_pause_that_waited_for_an_agent_never_lasts_longer_than_was_said() {
        let ago = Span::from_secs(60);
        assert_eq!(aged(pause(Some(90)), ago), Some(pause(Some(30))));
        assert_eq!(aged(pause(Some(60)), ago), None);
        assert_eq!(aged(pause(None), ago), Some(pause(None)));
        let resume = Command::Resume { target: None };
        assert_eq!(aged(resume.clone(), ago), Some(resume));
        let approve = Command::Approve { target: TargetName::new("web"), to: 5, by: "ann".into() };
        assert_eq!(aged(approve, ago), None);
    }

    #[test]
    fn a_pause_without_a_reason_or_for_one_target_is_never_taken_for_another() {
        let ask = |reason: &str, target: Option<&str>| Ask::Pause {
            reason: reason.to_owned(),
            lasts: None,
            target: target.map(str::to_owned),
        };
        assert!(command(ask(" ", None)).unwrap_err().contains("say why"));
        let one = command(ask("x", Some("web"))).unwrap();
        let is_for =
            |target: &Option<TargetName>| target.as_ref().is_some_and(|t| t.as_str() == "web");
        assert!(matches!(&one, Command::Pause { target, .. } if is_for(target)), "{one:?}");
        assert_eq!(command(ask(" a drill ", None)), Ok(pause(None)));
    }

    #[test]
    fn each_order_is_in_one_pass_and_no_more_than_so_many_wait() {
        let orders = Arc::new(Orders::default());
        let tray = InTray(Arc::clone(&orders));
        for _ in 0..MOST {
            drop(orders.place(Command::Resume { target: None }).unwrap());
        }
        assert!(orders.place(Command::Resume { target: None }).is_err());
        assert_eq!(tray.take().len(), MOST);
        assert_eq!(tray.take(), []);
    }
}
