//! Never outside the range, whoever asks; also when nothing could be read.

use super::{Candidate, Ruling};
use crate::Range;

/// Brings the size into `range`.
pub(crate) fn range(candidate: Candidate, range: Range) -> Ruling {
    let size = range.clamp(candidate.size);
    let note = match candidate.size {
        asked if asked > size => format!("{asked} is above {range}"),
        asked if asked < size => format!("{asked} is below {range}"),
        _ => format!("within {range}"),
    };
    Ruling::Size(size, note.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_lets_nothing_out_of_the_range() {
        let bounds = Range::new(10, 200).unwrap();
        for (size, expected) in [(0, 10), (10, 10), (57, 57), (200, 200), (u32::MAX, 200)] {
            let ruling = range(Candidate::new(40, size), bounds);
            assert!(matches!(ruling, Ruling::Size(size, _) if size == expected), "{ruling:?}");
        }
    }
}
