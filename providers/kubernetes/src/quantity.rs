//! Quantities as Kubernetes writes them: "250m", "1.5", "128Mi". Pure.

/// What each ending multiplies by.
const ENDINGS: &[(&str, f64)] = &[
    ("Ki", 1024.0),
    ("Mi", 1_048_576.0),
    ("Gi", 1_073_741_824.0),
    ("Ti", 1_099_511_627_776.0),
    ("Pi", 1_125_899_906_842_624.0),
    ("Ei", 1_152_921_504_606_846_976.0),
    ("n", 1e-9),
    ("u", 1e-6),
    ("m", 1e-3),
    ("k", 1e3),
    ("M", 1e6),
    ("G", 1e9),
    ("T", 1e12),
    ("P", 1e15),
    ("E", 1e18),
];

/// The number that `text` means; none if it is no quantity or below zero.
pub(crate) fn quantity(text: &str) -> Option<f64> {
    let text = text.trim();
    let (number, times) = match text.parse::<f64>() {
        Ok(number) => (number, 1.0),
        Err(_) => ENDINGS
            .iter()
            .find_map(|(ending, times)| Some((text.strip_suffix(ending)?.parse().ok()?, *times)))?,
    };
    let plain = text.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == '+');
    let value = number * times;
    (plain && value.is_finite()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_what_clusters_write() {
        for (text, expected) in [
            ("250m", Some(0.25)),
            ("2", Some(2.0)),
            ("0.5", Some(0.5)),
            ("1500000n", Some(0.0015)),
            ("128Mi", Some(134_217_728.0)),
            ("1e3", Some(1000.0)),
            ("1G", Some(1e9)),
            ("1E", Some(1e18)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("inf", None),
            ("NaN", None),
            ("1x", None),
        ] {
            assert_eq!(quantity(text), expected, "{text}");
        }
    }
}
