//! Policies of the library as tests have them: their half hours are made seconds.

/// The policy that adds and removes read replicas, with a window of so many seconds.
///
/// Panics if the library's has no such lengths of time any more.
pub fn replicas_policy(seconds: u32) -> String {
    let text = include_str!("../../policies/library/rds-read-replicas.rhai");
    let shorter = [
        ("window: \"30m\"", format!("window: \"{seconds}s\"")),
        ("cooldown_up: \"10m\"", "cooldown_up: \"1s\"".to_owned()),
        ("cooldown_down: \"30m\"", "cooldown_down: \"1s\"".to_owned()),
        ("peak(30.minutes)", format!("peak({seconds}.seconds)")),
    ];
    shorter.iter().fold(text.to_owned(), |text, (long, short)| {
        assert!(text.contains(long), "{long}");
        text.replace(long, short)
    })
}
