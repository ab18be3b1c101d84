//! The tags that mean something to us: named once, written and read alike. Azure's tags know no
//! case in their names.

/// The name and the value of the tag that tells our own replicas.
pub(crate) const OURS: (&str, &str) = ("setpoint:managed-by", "setpoint");

/// The tag by which people at Azure's own console keep us off a resource; its value is the
/// reason.
pub(crate) const PAUSE: &str = "setpoint:pause";

/// Whether these tags tell that we made it.
pub(crate) fn is_ours<'a>(mut tags: impl Iterator<Item = (&'a str, &'a str)>) -> bool {
    tags.any(|(key, value)| key.eq_ignore_ascii_case(OURS.0) && value == OURS.1)
}

/// Why a resource with these tags is to be left alone, if one of them says so.
pub(crate) fn paused<'a>(mut tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let (_, reason) = tags.find(|(key, _)| key.eq_ignore_ascii_case(PAUSE))?;
    let reason = if reason.trim().is_empty() { "no reason given" } else { reason.trim() };
    Some(reason.to_owned())
}
