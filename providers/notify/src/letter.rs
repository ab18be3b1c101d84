//! What a receiver is told: a notice with the region and the time it comes from, in words.

use serde_json::{Value, json};
use setpoint_core::{Notice, NoticeChange, NoticeKind, Timestamp};

/// The longest subject, in characters.
const LONGEST_SUBJECT: usize = 200;

/// One notice on its way to a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The notice.
    pub notice: Notice,
    /// The region of the agent.
    pub region: String,
    /// The time of the pass that it comes of.
    pub at: Timestamp,
    /// Whether it was raised before the agent started, and may have been told then.
    pub again: bool,
}

impl Letter {
    /// What tells it from every notice of every agent.
    pub fn key(&self) -> String {
        format!("setpoint/{}/{}", self.region, self.notice.key)
    }

    /// Whether it says that something is over.
    pub fn is_over(&self) -> bool {
        self.notice.change == NoticeChange::Resolved
    }

    /// How urgent it is: what is over waits behind what is not.
    pub(crate) fn urgency(&self) -> (NoticeKind, bool) {
        (self.notice.kind, !self.is_over())
    }

    /// `[page] eu-west-1 cpu/slow: players wait`.
    pub fn subject(&self) -> String {
        let word = match (self.is_over(), self.again) {
            (true, _) => format!("{} resolved", self.notice.kind),
            (false, true) => format!("{}, still open", self.notice.kind),
            (false, false) => self.notice.kind.to_string(),
        };
        let text = format!("[{word}] {} {}: {}", self.region, self.about(), self.notice.text);
        let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some((end, _)) = line.char_indices().nth(LONGEST_SUBJECT) {
            line.truncate(end);
            line.push('…');
        }
        line
    }

    /// The target it is about, or the policy and the rule it comes of.
    pub(crate) fn about(&self) -> String {
        let Notice { policy, rule, target, key, .. } = &self.notice;
        match (target, policy, rule) {
            (Some(target), _, _) => target.to_string(),
            (None, Some(policy), Some(rule)) => format!("{policy}/{rule}"),
            _ => key.clone(),
        }
    }

    /// Everything there is to know, a line each.
    pub fn body(&self) -> String {
        let mut lines = vec![self.notice.text.clone(), String::new()];
        lines.extend(self.facts().map(|(name, value)| format!("{name}: {value}")));
        lines.join("\n") + "\n"
    }

    /// What there is to know besides the text, by name.
    pub(crate) fn facts(&self) -> impl Iterator<Item = (&'static str, String)> + '_ {
        let Notice { policy, rule, target, contact, .. } = &self.notice;
        let own = |name: &'static str, value: Option<String>| value.map(|value| (name, value));
        [
            Some(("region", self.region.clone())),
            own("target", target.as_ref().map(ToString::to_string)),
            own("policy", policy.as_ref().map(ToString::to_string)),
            own("rule", rule.as_ref().map(ToString::to_string)),
            own("owner", contact.owner.clone()),
            own("runbook", contact.runbook.clone()),
            Some(("at", self.at.to_string())),
            self.again.then(|| ("note", "it was open when the agent started".to_owned())),
        ]
        .into_iter()
        .flatten()
    }

    /// The same as a document for programs.
    pub fn document(&self) -> Value {
        let Notice { kind, policy, rule, target, contact, text, .. } = &self.notice;
        json!({
            "key": self.key(),
            "kind": kind.name(),
            "change": if self.is_over() { "resolved" } else { "raised" },
            "again": self.again,
            "region": self.region,
            "at": self.at.to_string(),
            "text": text,
            "policy": policy.as_ref().map(ToString::to_string),
            "rule": rule.as_ref().map(ToString::to_string),
            "target": target.as_ref().map(ToString::to_string),
            "owner": contact.owner,
            "runbook": contact.runbook,
        })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use setpoint_core::{Contact, PolicyName, RuleName, TargetName};

    /// A letter of this kind about a rule, whose key is also its text.
    pub(crate) fn letter(kind: NoticeKind, key: &str, change: NoticeChange) -> Letter {
        let notice = Notice {
            key: key.to_owned(),
            kind,
            change,
            text: format!("{key} it is"),
            policy: Some(PolicyName::new("web")),
            rule: Some(RuleName::new("slow")),
            target: None,
            contact: Contact {
                owner: Some("game team".to_owned()),
                runbook: Some("https://wiki.example/slow".to_owned()),
            },
        };
        let at = Timestamp::from_ms(1_700_000_000_000);
        Letter { notice, region: "here".to_owned(), at, again: false }
    }

    #[test]
    fn its_subject_is_one_line_that_says_what_it_is_about() {
        let mut own = letter(NoticeKind::Page, "k", NoticeChange::Raised);
        own.notice.text = "players\n wait".to_owned();
        assert_eq!(own.subject(), "[page] here web/slow: players wait");
        own.again = true;
        assert_eq!(own.subject(), "[page, still open] here web/slow: players wait");
        own.notice.target = Some(TargetName::new("fleet"));
        own.notice.change = NoticeChange::Resolved;
        assert_eq!(own.subject(), "[page resolved] here fleet: players wait");
        own.notice.text = "ä".repeat(500);
        assert_eq!(own.subject().chars().count(), LONGEST_SUBJECT + 1);
    }

    #[test]
    fn whoever_reads_it_learns_whose_it_is_and_where_to_read_on() {
        let body = letter(NoticeKind::Ticket, "k", NoticeChange::Raised).body();
        let lines = ["k it is", "", "region: here", "policy: web", "rule: slow"];
        let more = ["owner: game team", "runbook: https://wiki.example/slow"];
        let last = "at: 2023-11-14T22:13:20Z";
        let all: Vec<&str> = lines.into_iter().chain(more).chain([last]).collect();
        assert_eq!(body.lines().collect::<Vec<_>>(), all);
    }
}
