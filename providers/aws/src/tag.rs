//! The tag by which a replica of ours is known: named once, written and read alike.

use aws_sdk_rds::types::Tag;

const KEY: &str = "setpoint:managed-by";
const VALUE: &str = "setpoint";

/// The tag that every replica we make carries from its creation on.
pub(crate) fn ours() -> Tag {
    Tag::builder().key(KEY).value(VALUE).build()
}

/// Whether the tag is among `tags`.
pub(crate) fn is_ours(tags: &[Tag]) -> bool {
    tags.iter().any(|tag| tag.key() == Some(KEY) && tag.value() == Some(VALUE))
}
