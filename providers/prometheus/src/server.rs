//! A server that speaks PromQL as a source of readings.
//!
//! Every distinct request is sent once a pass, whatever the number of inputs it answers;
//! all of them at once, up to a cap, and all within one deadline. What did not come in
//! time is failed; what came counts.

use crate::{
    answer::seconds,
    past::{requests, samples},
    rows::{self, QueryAnswer, RangeAnswer},
};
use async_trait::async_trait;
use futures::{StreamExt, stream};
use setpoint_control::{MetricSource, Recalled};
use setpoint_core::{InputKey, Moment, Reading, Stretch, Timestamp};
use setpoint_http::{FetchError, HttpClient, HttpSettings, SetUpError, shown};
use setpoint_promql::{Rows, ServerQuery};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};
use url::Url;

/// How many requests are under way at once.
const AT_ONCE: usize = 8;

/// A server, asked once a pass for all the inputs bound to it.
pub struct PrometheusSource {
    url: Url,
    range: Url,
    client: HttpClient,
    /// Every distinct request, with the inputs that its answer is for.
    asked: BTreeMap<String, Vec<(InputKey, ServerQuery)>>,
    noted: Mutex<BTreeSet<String>>,
}

impl PrometheusSource {
    /// The server at `url`, which may have a path before `/api/v1`, and what it is asked.
    ///
    /// Fails if the client cannot be set up.
    pub fn new(
        mut url: Url,
        settings: HttpSettings,
        queries: BTreeMap<InputKey, ServerQuery>,
    ) -> Result<Self, SetUpError> {
        let path = format!("{}/api/v1/query", url.path().trim_end_matches('/'));
        url.set_path(&path);
        let mut range = url.clone();
        range.set_path(&format!("{path}_range"));
        let mut asked: BTreeMap<String, Vec<(InputKey, ServerQuery)>> = BTreeMap::new();
        for (key, query) in queries {
            match asked.get_mut(query.request()) {
                Some(inputs) => inputs.push((key, query)),
                None => drop(asked.insert(query.request().to_owned(), vec![(key, query)])),
            }
        }
        let (client, noted) = (HttpClient::new(settings)?, Mutex::default());
        Ok(Self { url, range, client, asked, noted })
    }

    pub(crate) const fn client(&self) -> &HttpClient {
        &self.client
    }

    /// Where stretches of time are asked for.
    pub(crate) const fn range_url(&self) -> &Url {
        &self.range
    }

    /// The answers to all distinct requests that came within the deadline.
    async fn ask_all(&self, now: Timestamp) -> BTreeMap<&str, Result<QueryAnswer, String>> {
        let mut answers = BTreeMap::new();
        let asked: Vec<_> = self.asked.keys().map(|request| self.answer(request, now)).collect();
        let asking = async {
            let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
            while let Some((request, answer)) = asked.next().await {
                answers.insert(request, answer);
            }
            Ok(())
        };
        // Being late is told of each request that has no answer.
        self.client.within(asking).await.ok();
        answers
    }

    async fn answer<'r>(
        &self,
        request: &'r str,
        now: Timestamp,
    ) -> (&'r str, Result<QueryAnswer, String>) {
        (request, self.ask(request, now).await.map_err(|why| self.failed(&why)))
    }

    async fn ask(&self, request: &str, now: Timestamp) -> Result<QueryAnswer, String> {
        let time = seconds(now);
        let timeout = format!("{}ms", self.client.timeout().ms());
        let form = [("query", request), ("time", &time), ("timeout", &timeout)];
        let answer = self.client.post(&self.url, &form).await.map_err(|error| error.to_string())?;
        let said = rows::read(&answer.body);
        match (answer.status.is_success(), said) {
            (true, Some(said)) => said,
            (true, None) => Err("this is no answer of Prometheus' HTTP API".to_owned()),
            // What Prometheus refuses, it gives a reason for.
            (false, Some(Err(why))) => Err(why),
            (false, _) => Err(FetchError::Status { status: answer.status }.to_string()),
        }
    }

    fn failed(&self, why: &str) -> String {
        format!("{}: {why}", shown(&self.url))
    }

    /// Tells the operator once what a server has to say about a query.
    fn note(&self, query: &ServerQuery, notes: &[String]) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        for note in notes {
            if noted.insert(note.clone()) {
                tracing::warn!(query = query.text(), note, "the server has a note on a query");
            }
        }
    }

    /// What one answer says to each of the inputs that it is for.
    fn readings(
        &self,
        inputs: &[(InputKey, ServerQuery)],
        answer: Option<Result<QueryAnswer, String>>,
    ) -> Vec<(InputKey, Reading)> {
        let late = || self.failed(&FetchError::Late(self.client.timeout()).to_string());
        let all = |said: &dyn Fn(&ServerQuery) -> Reading| {
            inputs.iter().map(|(key, query)| (key.clone(), said(query))).collect()
        };
        match answer {
            None => all(&|_| Reading::Failed(late())),
            Some(Err(why)) => all(&|_| Reading::Failed(why.clone())),
            Some(Ok(QueryAnswer { partial: Some(why), .. })) => all(&|query| {
                Reading::Absent(format!("'{}' was answered in part: {why}", query.text()))
            }),
            Some(Ok(QueryAnswer { rows, notes, .. })) => {
                inputs.iter().take(1).for_each(|(_, query)| self.note(query, &notes));
                let mut rows = Rows::new(rows);
                inputs.iter().map(|(key, query)| (key.clone(), query.answer(&mut rows))).collect()
            }
        }
    }

    /// Every input, with what is asked for it.
    fn queries(&self) -> impl Iterator<Item = &(InputKey, ServerQuery)> {
        self.asked.values().flatten()
    }
}

#[async_trait]
impl MetricSource for PrometheusSource {
    async fn read(&self, now: Moment) -> BTreeMap<InputKey, Reading> {
        let mut answers = self.ask_all(now.wall).await;
        let said = self
            .asked
            .iter()
            .flat_map(|(request, inputs)| self.readings(inputs, answers.remove(request.as_str())));
        said.collect()
    }

    async fn history(&self, now: Moment, wanted: &BTreeMap<InputKey, Stretch>) -> Recalled {
        let mut answers: BTreeMap<&str, RangeAnswer> = BTreeMap::new();
        let mut failed = None;
        let ask = |(request, stretch)| async move {
            (request, self.ask_range(request, stretch, now.wall).await)
        };
        let asked: Vec<_> = requests(self.queries(), wanted).into_iter().map(ask).collect();
        let asking = async {
            let mut asked = stream::iter(asked).buffer_unordered(AT_ONCE);
            while let Some((request, answer)) = asked.next().await {
                match answer {
                    Ok(answer) => drop(answers.insert(request, answer)),
                    Err(why) => failed = Some(self.failed(&why)),
                }
            }
            Ok(())
        };
        let late = self.client.within(asking).await.err();
        let late = late.map(|error| self.failed(&error.to_string()));
        let mut past = |(key, query): &(InputKey, ServerQuery)| {
            let answer = answers.get_mut(query.request()).filter(|_| wanted.contains_key(key))?;
            Some((key.clone(), samples(query, answer)))
        };
        let samples = self.queries().filter_map(&mut past).collect();
        Recalled { samples, trouble: failed.or(late) }
    }
}
