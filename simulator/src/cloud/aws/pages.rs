//! Long lists in pages. Where the next one begins is told by a token, which names the last entry
//! of the one before: what is made or goes meanwhile moves no other entry to a page twice.

use super::fault::Fault;

/// One page of `all`, and the token of the next one. `all` is in a fixed order, and what `key`
/// gives tells its entries apart.
///
/// Fails with `code` if the token names none of them.
pub(super) fn page<T>(
    mut all: Vec<T>,
    key: impl Fn(&T) -> String,
    (token, most): (Option<&str>, usize),
    code: &'static str,
) -> Result<(Vec<T>, Option<String>), Fault> {
    let start = match token {
        None => 0,
        Some(token) => {
            let last = all.iter().position(|one| key(one) == token);
            let unknown = || Fault::sender(code, format!("no page begins after {token}"));
            last.ok_or_else(unknown)? + 1
        }
    };
    let rest = all.split_off(start);
    let is_more = rest.len() > most;
    let page: Vec<T> = rest.into_iter().take(most).collect();
    let next = page.last().filter(|_| is_more).map(key);
    Ok((page, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_meet_and_the_last_one_names_no_other() {
        let of = |token, most| page((1..=5).collect(), ToString::to_string, (token, most), "Bad");
        assert_eq!(of(None, 2).unwrap(), (vec![1, 2], Some("2".to_owned())));
        assert_eq!(of(Some("2"), 2).unwrap(), (vec![3, 4], Some("4".to_owned())));
        assert_eq!(of(Some("4"), 2).unwrap(), (vec![5], None));
        assert_eq!(of(Some("3"), 2).unwrap(), (vec![4, 5], None));
        assert_eq!(of(Some("9"), 2).unwrap_err().code, "Bad");
    }
}
