//! Straight lines through points.

/// A line through the origin: `y = slope × x`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) slope: f64,
    /// The standard error of the slope.
    pub(super) error: f64,
    /// The share of the variance of y that the line explains; below 0 where the mean of y would
    /// be the better guess.
    pub(super) r2: f64,
}

/// The line through the origin and the middle of `points`, which are in the order of time.
///
/// The ratio of the sums, not least squares: a load counted over a short step has luck of its own,
/// and least squares take luck in x for a flatter line. Source: the ratio estimator and its
/// error, Cochran, "Sampling Techniques" (1977), section 6.
///
/// What is left of neighbours is alike, so that many points tell less than as many draws would:
/// the error is widened by (1 + r) / (1 − r), r being the correlation of what is left with what is left one
/// step before. Source: the effective size of a sample of a first-order autoregression.
/// `None` of fewer than three points, or without any x.
pub(super) fn through_origin(points: &[(f64, f64)]) -> Option<Line> {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x, b + y));
    if points.len() < 3 || x <= 0.0 {
        return None;
    }
    let slope = y / x;
    let left: Vec<f64> = points.iter().map(|(x, y)| y - slope * x).collect();
    let squares: f64 = left.iter().map(|it| it * it).sum();
    let around: f64 = points.iter().map(|point| (point.1 - y / n).powi(2)).sum();
    let alike = correlation(&left, squares);
    let error = (squares * n / (n - 1.0) * (1.0 + alike) / (1.0 - alike)).sqrt() / x;
    let r2 = if around > 0.0 { 1.0 - squares / around } else { 0.0 };
    Some(Line { slope, error, r2 })
}

/// How alike neighbours are, 0 to 0.99.
fn correlation(left: &[f64], squares: f64) -> f64 {
    let products: f64 = left.windows(2).map(|pair| pair[0] * pair[1]).sum();
    if squares > 0.0 { (products / squares).clamp(0.0, 0.99) } else { 0.0 }
}

/// Where the nearest line that need not go through the origin meets the y axis, and the
/// standard error of that. `None` where x does not vary.
pub(super) fn intercept(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let xx: f64 = points.iter().map(|point| (point.0 - x).powi(2)).sum();
    let xy: f64 = points.iter().map(|point| (point.0 - x) * (point.1 - y)).sum();
    if points.len() < 3 || xx <= 1e-12 * x * x {
        return None;
    }
    let slope = xy / xx;
    let at = y - slope * x;
    let left: Vec<f64> = points.iter().map(|(x, y)| y - at - slope * x).collect();
    let squares: f64 = left.iter().map(|it| it * it).sum();
    let alike = correlation(&left, squares);
    let variance = squares / (n - 2.0) * (1.0 / n + x * x / xx) * (1.0 + alike) / (1.0 - alike);
    Some((at, variance.sqrt()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_straight_line_is_found_without_error() {
        let points: Vec<(f64, f64)> = (1..10).map(|x| (f64::from(x), 0.5 * f64::from(x))).collect();
        let line = through_origin(&points).unwrap();
        assert!((line.slope - 0.5).abs() < 1e-12 && line.error < 1e-9, "{line:?}");
        assert!((line.r2 - 1.0).abs() < 1e-12);
        let (at, _) = intercept(&points).unwrap();
        assert!(at.abs() < 1e-12);
    }

    #[test]
    fn luck_in_x_does_not_make_it_flatter() {
        let points: Vec<(f64, f64)> =
            (0..100).map(|at| (if at % 2 == 0 { 5.0 } else { 15.0 }, 5.0)).collect();
        let line = through_origin(&points).unwrap();
        assert!((line.slope - 0.5).abs() < 1e-12, "{line:?}");
    }

    #[test]
    fn what_tells_nothing_gives_no_line() {
        assert_eq!(through_origin(&[(1.0, 1.0), (2.0, 2.0)]), None);
        assert_eq!(through_origin(&[(0.0, 1.0); 5]), None);
        assert_eq!(intercept(&[(2.0, 1.0), (2.0, 2.0), (2.0, 3.0)]), None);
    }

    #[test]
    fn the_textbook_s_error() {
        // y = 2x with what is left of +1, −1, +1, −1 at x = 1: slope 2, squares 4, error √(4/3/4).
        let points = [(1.0, 3.0), (1.0, 1.0), (1.0, 3.0), (1.0, 1.0)];
        let line = through_origin(&points).unwrap();
        assert!((line.slope - 2.0).abs() < 1e-12);
        assert!((line.error - (1.0_f64 / 3.0).sqrt()).abs() < 1e-12, "{line:?}");
    }
}
