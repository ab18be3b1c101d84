//! Other scalers on our targets: what a cloud does by itself, and would undo what we do.

use setpoint_core::Span;

/// How long an answer stands. Scalers are put on things by people, not by the minute.
const STANDS: Span = Span::from_minutes(5);

/// How long a failure stands before the cloud is asked again.
const FAILURE_STANDS: Span = Span::from_minutes(1);

/// What is known of other scalers, for as long as it stands; `T` is what a back end keeps of them.
#[derive(Debug)]
pub struct OtherScalers<T> {
    known: Option<(Span, Result<T, String>)>,
}

impl<T> Default for OtherScalers<T> {
    fn default() -> Self {
        Self { known: None }
    }
}

impl<T> OtherScalers<T> {
    /// Why a target should be left to another scaler, if there is one: `find` names it, and `read`
    /// asks for all of them where what was known at `now` stands no more.
    ///
    /// Where the cloud does not answer, what was known stands.
    pub async fn hold(
        &mut self,
        now: Span,
        read: impl Future<Output = Result<T, String>>,
        find: impl FnOnce(&T) -> Option<String>,
    ) -> Option<String> {
        if self.known.as_ref().is_none_or(|(until, _)| now >= *until) {
            let read = read.await;
            let stands = if read.is_ok() { STANDS } else { FAILURE_STANDS };
            let before = self.known.take().and_then(|(_, known)| known.ok());
            let known = read.or_else(|why| before.ok_or(why));
            self.known = Some((now + stands, known));
        }
        match &self.known.as_ref()?.1 {
            Ok(all) => Some(format!("another scaler acts on it: {}", find(all)?)),
            Err(why) => Some(format!("whether another scaler acts on it is not known: {why}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    /// What is said of a target at a minute at which the cloud, if it is asked, answers this.
    fn at(known: &mut OtherScalers<u32>, minute: u64, answer: Result<u32, &str>) -> Option<String> {
        let read = async { answer.map_err(str::to_owned) };
        block_on(known.hold(Span::from_minutes(minute), read, |all| {
            (*all > 0).then(|| format!("policy {all}"))
        }))
    }

    #[test]
    fn an_answer_stands_five_minutes_and_a_failure_one_beside_what_was_known() {
        let mut known = OtherScalers::default();
        let of = |number: u32| Some(format!("another scaler acts on it: policy {number}"));
        let unknown = "whether another scaler acts on it is not known: no";
        assert_eq!(at(&mut known, 0, Err("no")), Some(unknown.to_owned()));
        assert_eq!(at(&mut known, 1, Ok(1)), of(1));
        assert_eq!(at(&mut known, 5, Ok(2)), of(1), "nobody asked again");
        assert_eq!(at(&mut known, 6, Err("no")), of(1), "what was known stands");
        assert_eq!(at(&mut known, 7, Ok(2)), of(2), "a failure stands a minute");
        assert_eq!(at(&mut known, 12, Ok(0)), None);
    }
}
