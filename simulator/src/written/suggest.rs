//! "Did you mean …?": the nearest of the names there are.

/// Advice for a name that nothing has: the nearest, else all there are.
pub(crate) fn advice<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    if let Some(name) = nearest(written, &known) {
        return Some(format!("did you mean `{name}`?"));
    }
    let all: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    match &all[..] {
        [] => None,
        [only] => Some(format!("there is only {only}")),
        all => Some(format!("there are {}", all.join(", "))),
    }
}

/// The known name that is most like `written`, letters without regard to case, if no more
/// than a third of the longer of them differs.
fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    let lower = written.to_lowercase();
    let apart = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    known
        .iter()
        // Long words are expensive to compare, and nobody mistypes a hundred letters.
        .filter(|name| written.len().max(name.len()) <= 100)
        .map(|name| (apart(name), *name))
        .filter(|(apart, name)| *apart <= name.len().max(written.len()).div_ceil(3))
        .min()
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_suggests_slips_and_never_other_words() {
        let known = ["inputs", "targets", "expect"];
        for (written, meant) in
            [("input", Some("inputs")), ("Targets", Some("targets")), ("colour", None), ("", None)]
        {
            assert_eq!(nearest(written, &known), meant, "{written}");
        }
        assert_eq!(advice("x", ["fleet"]).unwrap(), "there is only `fleet`");
        assert_eq!(advice("x", []), None);
    }
}
