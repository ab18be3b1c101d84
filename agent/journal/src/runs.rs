//! Which passes a row stands for: not all from its first to its last, where other reasons came
//! between.
//!
//! Kept as a column of the row, a few bits for each time the reason came back: how many passes
//! it was away, and how many it stayed, by turns. Nothing is kept of one that never went.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

/// Whole passes, in runs that follow one another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Runs {
    first: u64,
    /// Of each run but the first, how many passes lie before it; and of each, how many it has.
    away: Vec<u64>,
    stayed: Vec<u64>,
}

impl Runs {
    /// One pass.
    pub(crate) fn starting(pass: u64) -> Self {
        Self { first: pass, away: Vec::new(), stayed: vec![1] }
    }

    /// The last pass.
    pub(crate) fn last(&self) -> u64 {
        self.first + self.away.iter().chain(&self.stayed).sum::<u64>() - 1
    }

    /// Takes in a later pass.
    pub(crate) fn push(&mut self, pass: u64) {
        match (pass - self.last(), self.stayed.last_mut()) {
            (1, Some(stayed)) => *stayed += 1,
            (later, _) => {
                self.away.push(later - 1);
                self.stayed.push(1);
            }
        }
    }

    /// How many passes there are.
    pub(crate) fn count(&self) -> u64 {
        self.stayed.iter().sum()
    }

    /// The last of them that is not after `pass`.
    pub(crate) fn last_until(&self, pass: u64) -> Option<u64> {
        let (mut start, mut found) = (self.first, None);
        for (place, stayed) in self.stayed.iter().enumerate() {
            if start > pass {
                break;
            }
            found = Some(pass.min(start + stayed - 1));
            start += stayed + self.away.get(place).copied().unwrap_or_default();
        }
        found
    }

    /// The runs after `first` again, as they were written beside it and `count`.
    pub(crate) fn read(first: u64, count: u64, written: Option<Written>) -> Self {
        let Some(Written(numbers)) = written else {
            return Self { first, away: Vec::new(), stayed: vec![count] };
        };
        let take = |from| numbers.iter().skip(from).step_by(2).copied().collect();
        Self { first, away: take(1), stayed: take(0) }
    }

    /// What is written of them; nothing of a single run.
    pub(crate) fn written(&self) -> Option<Written> {
        let (first, rest) = self.stayed.split_first()?;
        if rest.is_empty() {
            return None;
        }
        let rest = self.away.iter().zip(rest).flat_map(|(away, stayed)| [*away, *stayed]);
        Some(Written([*first].into_iter().chain(rest).collect()))
    }
}

/// Numbers as they lie in the file: seven bits a byte, the lowest first, the eighth where
/// another follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written(Vec<u64>);

impl ToSql for Written {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        let mut bytes = Vec::new();
        for number in &self.0 {
            let mut left = *number;
            while left > 0x7f {
                bytes.push(0x80 | (left & 0x7f) as u8);
                left >>= 7;
            }
            bytes.push(left as u8);
        }
        Ok(bytes.into())
    }
}

impl FromSql for Written {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let (mut numbers, mut number, mut shift) = (Vec::new(), 0, 0_u32);
        for byte in value.as_blob()? {
            let bits = u64::from(byte & 0x7f);
            number |= bits.checked_shl(shift).ok_or(FromSqlError::OutOfRange(i64::MAX))?;
            shift += 7;
            if byte & 0x80 == 0 {
                numbers.push(number);
                (number, shift) = (0, 0);
            }
        }
        Ok(Self(numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These passes are told as they are, before and after lying in a file.
    #[track_caller]
    fn check(passes: &[u64]) {
        let mut own = Runs::starting(passes[0]);
        passes[1..].iter().for_each(|pass| own.push(*pass));
        assert_eq!(own.count(), passes.len() as u64, "{own:?}");
        let written = own.written();
        let bytes = written.as_ref().map(|written| {
            let sql = written.to_sql().unwrap();
            let ToSqlOutput::Owned(rusqlite::types::Value::Blob(bytes)) = sql else {
                panic!("{sql:?}")
            };
            bytes
        });
        let back = bytes.map(|bytes| Written::column_result(ValueRef::Blob(&bytes)).unwrap());
        assert_eq!(back, written);
        assert_eq!(Runs::read(own.first, own.count(), back), own);
        for pass in 0..passes[passes.len() - 1] + 3 {
            let expected = passes.iter().copied().rfind(|own| *own <= pass);
            assert_eq!(own.last_until(pass), expected, "{pass} in {own:?}");
        }
        assert_eq!(own.last(), passes[passes.len() - 1]);
    }

    #[test]
    fn every_pass_is_told_and_no_other() {
        check(&[7]);
        check(&[7, 8, 9]);
        check(&[7, 9]);
        check(&[1, 2, 5, 6, 7, 400, 20_000, 20_001]);
        // Every set of ten passes after the first.
        for bits in 0..1024_u64 {
            let rest = (1..=10).filter(|n| bits >> (n - 1) & 1 == 1);
            check(&[0].into_iter().chain(rest).map(|n| n + 3).collect::<Vec<_>>());
        }
    }
}
