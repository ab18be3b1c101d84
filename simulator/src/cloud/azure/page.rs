//! Long lists in pages. Where the next one begins is told by the entry before it: what is made or
//! goes meanwhile moves no other entry to a page twice.

use super::{fault::Fault, route::Route, said::Said};
use serde_json::{Value, json};

/// Entries of a page.
const PAGE: usize = 30;

/// The page of `all` that `route` asks for. `all` is in the order of its keys.
pub(super) fn page<K>(
    route: &Route,
    all: impl IntoIterator<Item = (K, Value)>,
) -> Result<Said, Fault>
where
    K: Ord + std::fmt::Display + std::str::FromStr,
{
    let after = match route.asked("$skiptoken") {
        None => None,
        Some(token) => {
            let wrong = |_| Fault::parameter("The value of parameter $skiptoken is invalid.");
            Some(token.parse::<K>().map_err(wrong)?)
        }
    };
    let mut rest = all.into_iter().filter(|(key, _)| after.as_ref().is_none_or(|it| key > it));
    let shown: Vec<(K, Value)> = rest.by_ref().take(PAGE).collect();
    let is_more = rest.next().is_some();
    let next = shown.last().filter(|_| is_more).map(|(key, _)| route.next_page(&key.to_string()));
    let shown: Vec<Value> = shown.into_iter().map(|(_, value)| value).collect();
    let mut document = json!({ "value": shown });
    if let Some(next) = next {
        document["nextLink"] = json!(next);
    }
    Ok(Said::ok(document))
}
