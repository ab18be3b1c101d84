//! What people can do about troubles that every back end over a network can have, said once.

/// What is to be done about a server whose certificate nobody we trust has vouched for.
const UNTRUSTED: &str = "no authority that is trusted here vouches for its certificate; if it is \
                         the right server, add its authority to those of the machine, or name it \
                         where the configuration has a place for it";

/// What went wrong on the way to a server, in `words`, and what is to be done about it where
/// that is known: of a failed handshake the words of rustls say only which check failed.
pub fn on_the_way(words: String) -> String {
    if words.contains("UnknownIssuer") { format!("{words}: {UNTRUSTED}") } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_is_advised() {
        let refused = "Connection refused (os error 111)".to_owned();
        assert_eq!(on_the_way(refused.clone()), refused);
        let unknown = on_the_way("invalid peer certificate: UnknownIssuer".to_owned());
        assert!(unknown.contains("UnknownIssuer: no authority"), "{unknown}");
        let expired = "invalid peer certificate: Expired".to_owned();
        assert_eq!(on_the_way(expired.clone()), expired);
    }
}
