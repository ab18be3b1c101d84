//! Bodies as they lie in the file: JSON, deflated.
//!
//! Most of a journal is what arrived in each pass, and names repeat in it: deflated it takes a
//! fifth of the room. Rows of before are plain JSON; both are read.

use flate2::{Compression, read::DeflateDecoder, write::DeflateEncoder};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    error::Error as StdError,
    io::{self, BufWriter, Read},
};

type Trouble = Box<dyn StdError + Send + Sync>;

/// How much of a value's JSON is held before it is deflated.
const PIECE: usize = 16 * 1024;

/// A body to be read: its JSON.
pub(crate) struct Body(Vec<u8>);

impl Body {
    /// The value whose body it is.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> serde_json::Result<T> {
        serde_json::from_slice(&self.0)
    }
}

impl FromSql for Body {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(json) => Ok(Self(json.to_vec())),
            ValueRef::Blob(packed) => {
                let mut json = Vec::new();
                let read = DeflateDecoder::new(packed).read_to_end(&mut json);
                read.map_err(|error| FromSqlError::Other(error.into()))?;
                Ok(Self(json))
            }
            ValueRef::Null | ValueRef::Integer(_) | ValueRef::Real(_) => {
                Err(FromSqlError::InvalidType)
            }
        }
    }
}

/// The body of a value.
pub(crate) fn packed(value: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    let deflate = DeflateEncoder::new(Vec::new(), Compression::default());
    // JSON is written in pieces of a few bytes, each of which would be a call of its own.
    let mut pieces = BufWriter::with_capacity(PIECE, deflate);
    serde_json::to_writer(&mut pieces, value)?;
    Ok(pieces.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_reads_as_it_was_written_and_so_does_one_of_before() {
        let value: Vec<(String, f64)> =
            (0..500).map(|n| (format!("policy/{n}"), f64::from(n) / 7.0)).collect();
        let (json, packed) = (serde_json::to_string(&value).unwrap(), packed(&value).unwrap());
        assert!(packed.len() * 2 < json.len(), "{} of {}", packed.len(), json.len());
        for body in [ValueRef::Blob(&packed), ValueRef::Text(json.as_bytes())] {
            let read: Vec<(String, f64)> = Body::column_result(body).unwrap().read().unwrap();
            assert_eq!(read, value);
        }
        assert!(Body::column_result(ValueRef::Blob(&packed[..40])).is_err(), "cut");
    }
}
