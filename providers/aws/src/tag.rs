//! The tags that mean something to us: named once, written and read alike.

use aws_sdk_autoscaling::types::TagDescription;
use aws_sdk_rds::types::Tag;

/// The key and the value of the tag that tells our own replicas.
pub(crate) const OURS: (&str, &str) = ("setpoint:managed-by", "setpoint");

/// The tag by which people at the cloud's own console keep us off a resource; its value is
/// the reason.
pub(crate) const PAUSE: &str = "setpoint:pause";

/// The tag that every replica we make carries from its creation on.
pub(crate) fn ours() -> Tag {
    Tag::builder().key(OURS.0).value(OURS.1).build()
}

/// Whether the tag is among `tags`.
pub(crate) fn is_ours(tags: &[Tag]) -> bool {
    pairs(tags).any(|tag| tag == OURS)
}

/// The tags of a database, as keys and values.
pub(crate) fn pairs(tags: &[Tag]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))
}

/// The tags of a group, as keys and values.
pub(crate) fn group_pairs(tags: &[TagDescription]) -> impl Iterator<Item = (&str, &str)> {
    tags.iter().filter_map(|tag| Some((tag.key()?, tag.value().unwrap_or_default())))
}

/// Why a resource with these tags is to be left alone, if one of them says so.
pub(crate) fn paused<'a>(mut tags: impl Iterator<Item = (&'a str, &'a str)>) -> Option<String> {
    let (_, reason) = tags.find(|(key, _)| *key == PAUSE)?;
    let reason = if reason.trim().is_empty() { "no reason given" } else { reason.trim() };
    Some(reason.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_without_a_reason_pauses_all_the_same() {
        let paused = |tags: &[(&'static str, &'static str)]| paused(tags.iter().copied());
        assert_eq!(paused(&[("app", "web"), (PAUSE, "migration")]).unwrap(), "migration");
        assert_eq!(paused(&[(PAUSE, " ")]).unwrap(), "no reason given");
        assert_eq!(paused(&[("setpoint:paused", "x")]), None);
    }
}
