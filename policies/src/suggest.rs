//! "Did you mean …?"

/// Half of the letters right is a slip; less is another word.
const CLOSE_ENOUGH: f64 = 0.55;

/// The known name that is most like `word`, as a question; `None` if none is close.
pub(crate) fn did_you_mean<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    let likeness = |name: &str| strsim::normalized_damerau_levenshtein(word, name);
    // Long words are expensive to compare, and nobody mistypes forty letters.
    if word.len() > 40 {
        return None;
    }
    known
        .into_iter()
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness >= CLOSE_ENOUGH)
        .max_by(|(a, one), (b, other)| a.total_cmp(b).then_with(|| other.cmp(one)))
        .map(|(_, name)| format!("did you mean '{name}'?"))
}

/// The known names in a row, for when no one of them is close.
pub(crate) fn one_of<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    known.into_iter().collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_guesses_slips_and_never_other_words() {
        let known = ["window", "unit", "max_age"];
        assert_eq!(did_you_mean("widnow", known).unwrap(), "did you mean 'window'?");
        assert_eq!(did_you_mean("maxage", known).unwrap(), "did you mean 'max_age'?");
        assert_eq!(did_you_mean("colour", known), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
