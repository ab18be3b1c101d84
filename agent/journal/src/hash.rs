//! Hashes that stay the same on every machine and in every version.

use serde::Serialize;
use std::io::{self, BufWriter, IntoInnerError, Write};

/// How much JSON is hashed at a time.
const PIECE: usize = 16 * 1024;

/// The BLAKE3 hash of a value's JSON, in hexadecimal.
///
/// Our maps are ordered and our floats are written so that they read back as the same
/// bits: equal values have equal hashes.
pub fn hash(value: &impl Serialize) -> String {
    // A plan for thousands of targets is megabytes of JSON: it is hashed as it is written.
    let mut pieces = BufWriter::with_capacity(PIECE, Hashing(blake3::Hasher::new()));
    serde_json::to_writer(&mut pieces, value)
        .expect("our values have string keys and finite numbers");
    let Hashing(hasher) =
        pieces.into_inner().map_err(IntoInnerError::into_error).expect("as it takes all");
    hasher.finalize().to_hex().to_string()
}

/// What is written here is hashed.
struct Hashing(blake3::Hasher);

impl Write for Hashing {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.0.update(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_the_json_however_long_it_is() {
        for length in [0, 1, PIECE, 3 * PIECE + 1] {
            let value = "x".repeat(length);
            let json = serde_json::to_vec(&value).unwrap();
            assert_eq!(hash(&value), blake3::hash(&json).to_hex().to_string());
        }
    }
}
