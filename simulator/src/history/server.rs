//! A history out of a server that speaks PromQL: one query for each column.

use super::{Column, History, MOST_STEPS, Queries};
use crate::trouble::Trouble;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use setpoint_core::{Span, Timestamp};
use setpoint_prometheus::{Auth, RangeClient, RangeError, Secret};

/// How many requests are under way at once: enough to be quick, and few to whom others ask.
const AT_ONCE: usize = 4;

/// A stretch of time, and how finely it is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The first step is at or before this.
    pub since: Timestamp,
    /// The last step is at or before this.
    pub until: Timestamp,
    /// From one step to the next.
    pub step: Span,
}

impl Window {
    /// The same on whole steps since 1970: asked for twice, the steps are the same.
    fn aligned(self) -> Self {
        let ms = i64::try_from(self.step.ms()).unwrap_or(i64::MAX).max(1);
        let down = |at: Timestamp| Timestamp::from_ms(at.ms().div_euclid(ms) * ms);
        Self { since: down(self.since), until: down(self.until), ..self }
    }

    fn steps(self) -> usize {
        let steps = self.until.since(self.since).ms() / self.step.ms().max(1);
        usize::try_from(steps).unwrap_or(usize::MAX).saturating_add(1)
    }
}

/// Asks a server for every column of `queries` over `window`.
///
/// Fails if the server cannot be reached or refuses a query, if a query gives several series,
/// or none at all.
pub fn fetch(queries: &Queries, window: Window) -> Result<History, Trouble> {
    let window = window.aligned();
    let length = window.steps();
    if length > MOST_STEPS {
        let what =
            format!("{length} steps of {} are too many: {MOST_STEPS} are taken", window.step);
        return Err(Trouble::command_line(what).help("choose a longer --step"));
    }
    let auth = queries.token_file.clone().map(|path| Auth::Bearer(Secret::File(path)));
    let client = RangeClient::new(queries.url.clone(), queries.headers.clone(), auth)
        .map_err(|error| Trouble::command_line(error.to_string()))?;
    // Only these requests wait for anything: there is no need of more threads.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Trouble::server(error.to_string()))?;
    let columns = runtime.block_on(all(&client, queries, window))?;
    let mut history = History::new(window.since, window.step, length);
    for (column, values) in columns {
        for (at, value) in values {
            let step = at.since(window.since).ms() / window.step.ms().max(1);
            history.put(column, usize::try_from(step).unwrap_or(usize::MAX), value);
        }
    }
    Ok(history)
}

type Values = Vec<(Timestamp, f64)>;

async fn all(
    client: &RangeClient,
    queries: &Queries,
    window: Window,
) -> Result<Vec<(Column, Values)>, Trouble> {
    let one = |(column, query): (&Column, &String)| {
        let (column, query) = (*column, query.clone());
        async move { Ok((column, values(client, column, &query, window).await?)) }
    };
    let asked: Vec<_> = queries.columns.iter().map(one).collect();
    stream::iter(asked).buffered(AT_ONCE).try_collect().await
}

async fn values(
    client: &RangeClient,
    column: Column,
    query: &str,
    window: Window,
) -> Result<Values, Trouble> {
    let Window { since, until, step } = window;
    match client.values(query, (since, until), step).await {
        Ok(values) if values.is_empty() => {
            let what = format!("{column}: '{query}' says nothing from {since} to {until}");
            Err(Trouble::command_line(what).help("look at it in the server's own console"))
        }
        Ok(values) => match values.iter().find(|(_, value)| *value < 0.0) {
            Some((at, value)) => {
                Err(Trouble::command_line(format!("{column}: '{query}' is {value} at {at}"))
                    .help("nothing here can be below zero"))
            }
            None => Ok(values),
        },
        Err(RangeError::Unreachable(why)) => Err(Trouble::server(why)),
        Err(RangeError::Refused(why)) => {
            Err(Trouble::command_line(format!("{column}: '{query}': {why}")))
        }
        Err(several @ RangeError::Several(..)) => {
            Err(Trouble::command_line(format!("{column}: '{query}': {several}"))
                .help("say sum, avg, min or max"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_the_same_whenever_they_are_asked_for() {
        let at = |s: i64| Timestamp::from_ms(s * 1000);
        let window =
            |since, until| Window { since: at(since), until: at(until), step: Span::from_secs(60) };
        assert_eq!(window(61, 185).aligned(), window(60, 180));
        assert_eq!(window(61, 185).aligned().steps(), 3);
    }
}
