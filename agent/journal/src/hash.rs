//! Hashes that stay the same on every machine and in every version.

use serde::Serialize;

/// The BLAKE3 hash of a value's JSON, in hexadecimal.
///
/// Our maps are ordered and our floats are written so that they read back as the same
/// bits: equal values have equal hashes.
pub fn hash(value: &impl Serialize) -> String {
    let json = serde_json::to_vec(value).expect("our values have string keys and finite numbers");
    blake3::hash(&json).to_hex().to_string()
}
