//! Small charts of block characters.

/// The blocks, from nothing to full.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Bars of `values` in `rows` lines of text, highest line first, one character a value.
///
/// `full` is the value that fills every row; larger values are drawn as full. A value
/// above zero always shows.
pub fn bars(values: &[f64], full: f64, rows: usize) -> Vec<String> {
    let row = |from_top: usize| {
        let below = 8 * (rows - 1 - from_top);
        values
            .iter()
            .map(|value| block(eighths(*value, full, rows).saturating_sub(below)))
            .collect()
    };
    (0..rows).map(row).collect()
}

fn block(eighths: usize) -> char {
    BLOCKS[eighths.min(8)]
}

/// The height of a bar in eighths of a row.
fn eighths(value: f64, full: f64, rows: usize) -> usize {
    if value <= 0.0 || full <= 0.0 {
        return 0;
    }
    ((8 * rows) as f64 * value / full).round().max(1.0) as usize
}

/// `values` in `cells` groups of as equal a number as can be, the largest of each.
pub fn peaks(values: &[f64], cells: usize) -> Vec<f64> {
    (0..cells)
        .map(|cell| {
            let (from, to) = (cell * values.len() / cells, (cell + 1) * values.len() / cells);
            values[from..to.max(from + 1).min(values.len())].iter().copied().fold(0.0, f64::max)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_grow_from_the_lowest_row_up() {
        assert_eq!(bars(&[0.0, 1.0, 4.0, 8.0, 12.0, 16.0, 99.0], 16.0, 2), ["    ▄██", " ▁▄████"]);
    }

    #[test]
    fn what_is_above_zero_always_shows() {
        assert_eq!(bars(&[0.0, 1e-9], 1.0, 1), [" ▁"]);
    }

    #[test]
    fn a_peak_is_never_lost() {
        assert_eq!(peaks(&[1.0, 9.0, 2.0, 3.0, 4.0], 2), [9.0, 4.0]);
        assert_eq!(peaks(&[1.0, 2.0], 4), [1.0, 1.0, 2.0, 2.0]);
    }
}
