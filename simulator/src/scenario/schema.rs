//! The JSON schema of scenario files, for editors.

/// The schema, as JSON.
pub const fn schema() -> &'static str {
    include_str!("schema.json")
}
