//! What rules tell people: `page`, `ticket` and `say`.

use super::{Outcome, context::with};
use rhai::{Engine, ImmutableString, NativeCallContext};
use setpoint_core::{NoticeKind, Saying};

/// So much may one rule say in one pass: whoever gets more reads none of it.
const MOST: usize = 20;

/// Teaches `engine` how people are told.
pub(super) fn register(engine: &mut Engine) {
    for (word, kind) in NoticeKind::NAMES {
        engine.register_fn(word, move |call: NativeCallContext<'_>, text: ImmutableString| {
            tell(&call, kind, &text)
        });
    }
}

/// Writes down what the rule under way says.
fn tell(call: &NativeCallContext<'_>, kind: NoticeKind, text: &str) -> Outcome<()> {
    let text = text.trim();
    if text.is_empty() {
        return Err(format!("'{kind}' needs words for people to read").into());
    }
    let line = u32::try_from(call.call_position().line().unwrap_or(0)).unwrap_or(u32::MAX);
    with(|context| {
        if context.says.len() >= MOST {
            return Err(format!("more than {MOST} notices of one rule in one pass").into());
        }
        context.says.push(Saying { kind, text: text.to_owned(), line });
        Ok(())
    })?
}
