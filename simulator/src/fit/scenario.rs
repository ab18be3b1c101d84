//! A fit as a scenario file: the world in which a policy is tried on one's own load.

use super::Fit;
use crate::history::{Column, History};
use setpoint_core::{Span, Timestamp};

/// What a fit does not tell.
#[derive(Clone, Debug, PartialEq)]
pub struct Assumed {
    /// The scenario's name.
    pub name: String,
    /// The file with the load, beside the scenario; without, the load is put in by whoever reads it.
    pub trace: Option<String>,
    /// The least and the most members; without, what the history had, and twice as many.
    pub range: (Option<u32>, Option<u32>),
    /// Dollars for an hour of a member.
    pub price: f64,
    /// How often metrics come and how late, where stamps do not tell.
    pub feed: (Span, Span),
    /// How long a request may wait before it counts as slow.
    pub slow: Span,
    /// The boot time where no launches tell: median and sigma.
    pub boot: (Span, f64),
    /// From one pass of the agent to the next.
    pub every: Span,
}

/// The load of a history as a trace: times since its first step with requests per second, each of
/// which holds until the next. What is not known is as it was before, at the start as it is after.
///
/// A rate looks back: what one step says is of the time since the step before, and that is where it
/// stands here.
pub fn trace(history: &History) -> Vec<(Span, f64)> {
    let known = (1..history.len()).filter_map(|step| {
        let load = history.get(Column::Load, step)?;
        Some((history.step().times(step as u64 - 1), load))
    });
    let mut steps: Vec<(Span, f64)> = known.collect();
    if let Some(first) = steps.first_mut() {
        first.0 = Span::ZERO;
    }
    steps
}

/// The same as a CSV file.
pub fn trace_file(history: &History) -> String {
    let lines = trace(history).into_iter().map(|(at, load)| format!("{},{load:.3}\n", at.secs()));
    std::iter::once("time,load\n".to_owned()).chain(lines).collect()
}

/// The scenario, and what is assumed in it; nothing without a capacity.
pub fn scenario(history: &History, fit: &Fit, assumed: &Assumed) -> Option<(String, Vec<String>)> {
    let capacity = fit.capacity?;
    let mut notes = Vec::new();
    let (workers, mean) = service(capacity.rps, capacity.workers());
    if capacity.workers().is_none() {
        notes.push(format!(
            "no latency tells the time of a request: {workers} workers, {mean} each"
        ));
    }
    let (boot, sigma) = boot(fit, assumed, &mut notes);
    let (period, delay) = feed(fit, assumed, &mut notes);
    let (min, max, start) = sizes(history, assumed.range);
    let Assumed { slow, price, .. } = assumed;
    let text = format!(
        "{head}\n\
         [service]                 # {rps:.4} ± {error:.4} requests/s a member\n\
         workers = {workers}\n\
         mean = \"{mean}\"\n\
         slow = \"{slow}\"\n\
         \n\
         [group]\n\
         min = {min}\n\
         max = {max}\n\
         start = {start}\n\
         boot = {{ median = \"{boot}\", sigma = {sigma:.3} }}\n\
         price = {price}\n\
         \n\
         [metrics]\n\
         period = \"{period}\"\n\
         delay = \"{delay}\"\n",
        head = head(history, assumed, &notes),
        rps = capacity.rps,
        error = capacity.error,
    );
    Some((text, notes))
}

/// What a scenario begins with: the load and when it was.
fn head(history: &History, assumed: &Assumed, notes: &[String]) -> String {
    format!(
        "# Fitted by setpoint-sim to {steps} steps of {step} from {from}.\n\
         {notes}\
         schema = 1\n\
         name = {name}\n\
         starts = \"{from}\"\n\
         duration = \"{lasts}\"\n\
         every = \"{every}\"\n\
         \n\
         [load]\n\
         base_rps = 1\n\
         noise = 0\n\
         {trace}",
        steps = history.len(),
        step = history.step(),
        from = at_second(history.start()),
        notes = notes.iter().map(|note| format!("# Assumed: {note}.\n")).collect::<String>(),
        name = quoted(&assumed.name),
        // A history of n steps has n − 1 times between them.
        lasts = seconds(history.lasts().minus(history.step())),
        every = assumed.every,
        trace = assumed.trace.as_ref().map_or_else(String::new, |file| format!(
            "trace = {{ file = {}, column = \"load\", time = \"time\" }}\n",
            quoted(file)
        )),
    )
}

fn boot(fit: &Fit, assumed: &Assumed, notes: &mut Vec<String>) -> (Span, f64) {
    if let Some(boot) = fit.boot {
        return (Span::from_ms((boot.median * 1000.0).round() as u64), boot.sigma);
    }
    let (boot, sigma) = assumed.boot;
    notes.push(format!("no launches tell the boot time: {boot}, sigma {sigma}"));
    (boot, sigma)
}

fn feed(fit: &Fit, assumed: &Assumed, notes: &mut Vec<String>) -> (Span, Span) {
    if let Some(feed) = fit.feed {
        return (whole_seconds(feed.period), feed.delay);
    }
    let (period, delay) = assumed.feed;
    notes.push(format!("no stamps tell of the metrics: every {period}, {delay} late"));
    (period, delay)
}

/// Workers and the whole milliseconds of a request that come to `rps` within a hundredth: the fewest
/// workers that do, from `workers` up.
fn service(rps: f64, workers: Option<u32>) -> (u32, Span) {
    // Without a latency: requests of about 50 ms.
    let least = workers.unwrap_or_else(|| (rps * 0.05).round().clamp(1.0, 1024.0) as u32);
    let takes = |workers: u32| 1000.0 * f64::from(workers) / rps;
    let fits = |workers: &u32| {
        let exact = takes(*workers);
        exact >= 0.5 && (exact.round() - exact).abs() <= 0.01 * exact
    };
    let found = (least..least.saturating_mul(64)).find(fits).unwrap_or(least);
    (found, Span::from_ms((takes(found).round() as u64).max(1)))
}

/// The least and the most members, and those at the start.
fn sizes(history: &History, asked: (Option<u32>, Option<u32>)) -> (u32, u32, u32) {
    let column = match history.columns().any(|column| column == Column::Desired) {
        true => Column::Desired,
        false => Column::Ready,
    };
    let known = || (0..history.len()).filter_map(|step| history.get(column, step));
    let least = known().fold(f64::INFINITY, f64::min);
    let most = known().fold(1.0, f64::max) as u32;
    let least = if least.is_finite() { least as u32 } else { 1 };
    let min = asked.0.unwrap_or(least);
    let max = asked.1.unwrap_or(most.saturating_mul(2)).max(min);
    let first = (0..history.len()).find_map(|step| history.get(Column::Ready, step));
    (min, max, first.map_or(min, |first| (first as u32).clamp(min, max)))
}

/// A length of time in seconds: its usual form tells no more than two units.
fn seconds(span: Span) -> String {
    format!("{}s", span.ms() / 1000)
}

fn whole_seconds(span: Span) -> Span {
    Span::from_secs((span.ms() / 1000).max(1))
}

fn at_second(at: Timestamp) -> Timestamp {
    Timestamp::from_ms(at.ms().div_euclid(1000) * 1000)
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_milliseconds_come_to_the_capacity_within_a_hundredth() {
        for rps in [0.7, 3.3, 10.0, 47.3, 50.0, 123.4, 450.0, 2222.0, 9000.0] {
            for workers in [None, Some(1), Some(2), Some(7)] {
                let (workers, mean) = service(rps, workers);
                let off = f64::from(workers) / mean.secs() / rps - 1.0;
                assert!(off.abs() < 0.011, "{rps}: {workers} workers, {mean}: {off}");
            }
        }
        assert_eq!(service(50.0, Some(2)), (2, Span::from_ms(40)));
    }

    #[test]
    fn a_rate_stands_where_it_was_and_a_gap_is_no_line() {
        let mut history = History::new(Timestamp::from_ms(0), Span::from_secs(60), 4);
        for (step, load) in [(0, 1.0), (1, 2.0), (3, 4.0)] {
            history.put(Column::Load, step, load);
        }
        assert_eq!(trace_file(&history), "time,load\n0,2.000\n120,4.000\n");
        let mut late = History::new(Timestamp::from_ms(0), Span::from_secs(60), 4);
        late.put(Column::Load, 3, 4.0);
        assert_eq!(trace_file(&late), "time,load\n0,4.000\n");
    }
}
