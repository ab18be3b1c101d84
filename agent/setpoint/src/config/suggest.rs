//! "Did you mean …?": the nearest of the names there are.

/// The nearest of `known` to `written`, if it is near enough to be what was meant.
///
/// Nearness is Damerau-Levenshtein distance, letters without regard to case; a
/// third of the longer word may differ.
pub(crate) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = written.to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= name.len().max(written.len()).div_ceil(3))
        .min()
        .map(|(_, name)| name)
}

/// Advice for a name that nothing has: the nearest, else all there are.
pub(crate) fn advice<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    if let Some(name) = nearest(written, known.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let all: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    match &all[..] {
        [] => None,
        [only] => Some(format!("there is only {only}")),
        all => Some(format!("there are {}", all.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_suggests_what_was_meant_and_nothing_far_fetched() {
        let known = ["region", "mode", "every", "data_dir"];
        for (written, meant) in [
            ("regoin", Some("region")),
            ("Region", Some("region")),
            ("datadir", Some("data_dir")),
            ("interval", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, known), meant, "{written}");
        }
    }
}
