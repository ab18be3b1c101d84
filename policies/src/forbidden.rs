//! What Rhai has and policies may not use, each with the reason that an author is told.

/// Functions of Rhai that policies may not use, and why.
pub const FORBIDDEN: &[(&str, &str)] = &[
    ("eval", "a policy is checked before it runs, and text it makes up is not"),
    ("exit", "all rules run at every pass; put the condition into `when`"),
    ("print", "a policy has no output; use .because(\"…\")"),
    ("debug", "a policy has no output; every comparison is recorded anyway"),
    ("sleep", "a policy never waits; use `for DURATION`"),
    ("timestamp", "a policy has no clock; use `for DURATION` or now.between(…)"),
];

/// Parts of Rhai's grammar that policies may not use, and why.
pub const FORBIDDEN_SYNTAX: &[(&str, &str)] = &[
    ("return", "all rules run at every pass; a function gives back its last expression"),
    ("throw", "what is missing skips a rule by itself; put a condition into `when`"),
    ("try", "what goes wrong in a rule ends that rule alone, and is reported"),
    ("import", "a policy is one file, read and checked as a whole"),
    ("export", "a policy is one file, read and checked as a whole"),
];

/// Why policies may not use `word`, a function or a part of the grammar.
pub fn why_not(word: &str) -> Option<&'static str> {
    let mut all = FORBIDDEN.iter().chain(FORBIDDEN_SYNTAX);
    all.find(|(own, _)| *own == word).map(|(_, why)| *why)
}
