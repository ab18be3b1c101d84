//! The desk: hears of every pass, and puts each notice into the outboxes of those who are told.

use crate::{Letter, Receive, Tally, pace::Pace, postman::Post};
use setpoint_control::{Clock, Ended, Watch};
use setpoint_core::{Notice, NoticeChange, NoticeKind, Span, Timestamp};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::task::JoinHandle;

/// Who is told what.
#[derive(Clone, Debug, Default)]
pub struct Routes {
    /// The region of the agent.
    pub region: String,
    /// The receivers of each kind, by their names.
    pub receivers: BTreeMap<NoticeKind, Vec<String>>,
    /// Whether anything is sent; else all of it stays in the log.
    pub sends: bool,
    /// The policies that may not act: what they say stays in the log. Of a fleet's policy the
    /// name without that of the group.
    pub silent: BTreeSet<String>,
}

/// A receiver with its limit of letters a minute.
pub type Limited = (Box<dyn Receive>, u32);

/// All receivers of an agent, with their postmen. They end when it is dropped.
pub struct Office {
    clock: Arc<dyn Clock>,
    tally: Arc<Tally>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    routes: Routes,
    posts: BTreeMap<String, (Arc<Post>, JoinHandle<()>)>,
}

impl Office {
    /// An office without receivers.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tally: Arc::default(), state: Mutex::default() }
    }

    /// What became of letters.
    pub const fn tally(&self) -> &Arc<Tally> {
        &self.tally
    }

    /// From now on notices go these ways, to these receivers. What waits for a receiver that
    /// there still is goes by its new settings. Within a runtime of tokio.
    pub fn adopt(&self, routes: Routes, receivers: BTreeMap<String, Limited>) {
        let mut state = self.state();
        state.routes = routes;
        let mut before = std::mem::take(&mut state.posts);
        for (name, (receiver, a_minute)) in receivers {
            // A letter that is on its way when its postman is sent home is tried once more.
            let post = before.remove(&name).map(|(post, postman)| {
                postman.abort();
                post
            });
            let post = post.unwrap_or_else(|| Arc::new(Post::new(&name, &self.tally)));
            let (own, clock) = (Arc::clone(&post), Arc::clone(&self.clock));
            let postman = tokio::spawn(async move {
                own.deliver(&*receiver, &*clock, Pace::new(a_minute)).await;
            });
            state.posts.insert(name, (post, postman));
        }
        for (post, postman) in before.into_values() {
            postman.abort();
            post.forget();
        }
    }

    /// Waits until all letters are sent, but no longer than `patience`.
    pub async fn close(&self, patience: Span) {
        const LOOK: Span = Span::from_ms(50);
        let until = self.clock.now().monotonic + patience;
        while !self.is_empty() && self.clock.now().monotonic < until {
            self.clock.sleep_until(self.clock.now().monotonic + LOOK).await;
        }
        if !self.is_empty() {
            tracing::warn!("notices are not sent yet; open ones are told again at the next start");
        }
    }

    fn is_empty(&self) -> bool {
        self.state().posts.values().all(|(post, _)| post.is_empty())
    }

    fn tell(&self, notice: &Notice, at: Timestamp, again: bool) {
        let state = self.state();
        let Routes { region, receivers, sends, silent } = &state.routes;
        let policy = notice.policy.as_ref().map(|policy| policy.as_str());
        let policy = policy.and_then(|policy| policy.split('/').next());
        let is_sent = *sends && !policy.is_some_and(|policy| silent.contains(policy));
        // A remark is about a moment: that it is over is not worth a word.
        let is_news = notice.kind != NoticeKind::Say || notice.change == NoticeChange::Raised;
        if !is_sent || !is_news {
            return;
        }
        for name in receivers.get(&notice.kind).into_iter().flatten() {
            let Some((post, _)) = state.posts.get(name) else { continue };
            let (notice, region) = (notice.clone(), region.clone());
            post.put(Letter { notice, region, at, again });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked was among whole values.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        for (_, postman) in self.state().posts.values() {
            postman.abort();
        }
    }
}

/// The office's side of the loop.
pub struct Desk {
    office: Arc<Office>,
    has_begun: bool,
}

impl Desk {
    /// Puts what it hears into the outboxes of `office`.
    pub const fn new(office: Arc<Office>) -> Self {
        Self { office, has_begun: false }
    }
}

impl Watch for Desk {
    fn passed(&mut self, ended: &Ended<'_>) {
        let at = ended.pass.snapshot.at.wall;
        let news = &ended.pass.plan.notices;
        if !std::mem::replace(&mut self.has_begun, true) {
            // Whether an earlier life of the agent could still tell of them is not known.
            let is_news = |own: &Notice| news.iter().any(|notice| notice.key == own.key);
            let open = ended.memory.notices.values().map(|open| &open.notice);
            let matters = |own: &&Notice| own.kind != NoticeKind::Say && !is_news(own);
            open.filter(matters).for_each(|notice| self.office.tell(notice, at, true));
        }
        news.iter().for_each(|notice| self.office.tell(notice, at, false));
    }
}
