//! What may be done about an answer that is not a yes.
//!
//! A pure function over what was heard; the codes are those of the API references of
//! Auto Scaling (2011-01-01), RDS (2014-10-31), Route 53 (2013-04-01), Elastic Load Balancing
//! (2015-12-01) and their common errors.

use setpoint_core::{FailureKind, Span};

/// What was heard from AWS after a call that did not succeed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Heard {
    /// Nothing, or nothing whole: no connection, no answer in time, an answer cut short.
    Nothing,
    /// The request never left: no credentials, or a request that cannot be built.
    NotSent,
    /// An answer.
    Answer(Answer),
}

/// An answer other than a yes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// AWS's own error code; absent when something else than AWS answered.
    pub(crate) code: Option<String>,
    /// The `Retry-After` header, when it holds seconds.
    pub(crate) retry_after: Option<Span>,
    /// Whether the body is a web page, which AWS's APIs never send.
    pub(crate) is_page: bool,
}

/// Codes that ask for fewer calls.
const THROTTLED: &[&str] = &[
    "BandwidthLimitExceeded",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
];

/// Codes that say the cloud could not, just now.
const UNAVAILABLE: &[&str] = &[
    "InsufficientDBInstanceCapacity",
    "InternalError",
    "InternalFailure",
    "RequestTimeout",
    "ServiceUnavailable",
];

/// Codes that say the resource is not, or no longer, as the decision took it to be.
const STALE: &[&str] = &[
    "DBClusterNotFoundFault",
    "DBInstanceNotFound",
    "IncorrectModificationState",
    "InstanceRefreshInProgress",
    "InvalidChangeBatch",
    "InvalidDBClusterStateFault",
    "InvalidDBInstanceState",
    "InvalidVolume.NotFound",
    "ListenerNotFound",
    "ResourceContention",
    "ResourceInUse",
    "RuleNotFound",
    "ScalingActivityInProgress",
    "TargetGroupNotFound",
    "VolumeModificationRateExceeded",
];

impl Heard {
    /// What may be done about it: codes first, then the status; an unknown no is a no.
    pub(crate) fn kind(&self) -> FailureKind {
        let answer = match self {
            Self::Nothing => return FailureKind::Unavailable,
            Self::NotSent => return FailureKind::Refused,
            Self::Answer(answer) => answer,
        };
        let among =
            |codes: &[&str]| answer.code.as_deref().is_some_and(|code| codes.contains(&code));
        if among(THROTTLED) || answer.status == 429 {
            FailureKind::Throttled { retry_after: answer.retry_after }
        } else if among(STALE) {
            FailureKind::Stale
        } else if among(UNAVAILABLE) || answer.status >= 500 {
            FailureKind::Unavailable
        } else {
            FailureKind::Refused
        }
    }
}

impl Answer {
    /// Whether the credentials were known, or not, and do not suffice.
    pub(crate) fn is_forbidden(&self) -> bool {
        const CODES: &[&str] = &["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"];
        self.code.as_deref().map_or(matches!(self.status, 401 | 403), |code| {
            CODES.contains(&code) || self.status == 403
        })
    }

    /// What people can do about it, where that is known: after the words, with what joins them.
    pub(crate) fn remedy(&self) -> &'static str {
        const CODES: &[&str] = &[
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "InvalidClientTokenId",
            "SignatureDoesNotMatch",
            "UnrecognizedClientException",
        ];
        match self.code.as_deref() {
            Some(code) if CODES.contains(&code) => {
                "; AWS does not take the credentials: `setpoint doctor` tells whose they are"
            }
            _ if self.is_forbidden() => "; `setpoint permissions` prints a policy that allows it",
            _ => "",
        }
    }

    /// Whether the place called does not know the action at all.
    ///
    /// AWS says so by a code. An emulator that lacks the action shows a web page with
    /// status 500 or 501; a fault of AWS's own comes as XML with a code.
    pub(crate) fn knows_no_such_action(&self) -> bool {
        match self.code.as_deref() {
            Some(code) => matches!(code, "InvalidAction" | "UnknownOperationException"),
            None => self.status == 501 || (self.status == 500 && self.is_page),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        let code = (!code.is_empty()).then(|| code.to_owned());
        Answer { status, code, ..Answer::default() }
    }

    #[track_caller]
    fn check(status: u16, code: &str, expected: FailureKind) {
        assert_eq!(Heard::Answer(answer(status, code)).kind(), expected, "{status} {code}");
    }

    #[test]
    fn it_says_what_may_be_done() {
        let throttled = FailureKind::Throttled { retry_after: None };
        check(400, "Throttling", throttled);
        check(400, "ThrottlingException", throttled);
        check(503, "RequestLimitExceeded", throttled);
        check(429, "", throttled);
        check(400, "ScalingActivityInProgress", FailureKind::Stale);
        check(500, "ResourceContention", FailureKind::Stale);
        check(400, "InvalidDBInstanceState", FailureKind::Stale);
        check(404, "DBInstanceNotFound", FailureKind::Stale);
        check(400, "InvalidChangeBatch", FailureKind::Stale);
        check(400, "PriorRequestNotComplete", throttled);
        check(400, "RuleNotFound", FailureKind::Stale);
        check(500, "InternalFailure", FailureKind::Unavailable);
        check(503, "ServiceUnavailable", FailureKind::Unavailable);
        check(400, "InsufficientDBInstanceCapacity", FailureKind::Unavailable);
        check(500, "", FailureKind::Unavailable);
        check(403, "AccessDenied", FailureKind::Refused);
        check(401, "AuthFailure", FailureKind::Refused);
        check(403, "InvalidClientTokenId", FailureKind::Refused);
        check(400, "ValidationError", FailureKind::Refused);
        check(400, "InstanceQuotaExceeded", FailureKind::Refused);
        check(418, "", FailureKind::Refused);
    }

    #[test]
    fn silence_may_pass_but_a_request_that_cannot_leave_needs_a_person() {
        assert_eq!(Heard::Nothing.kind(), FailureKind::Unavailable);
        assert_eq!(Heard::NotSent.kind(), FailureKind::Refused);
    }

    #[test]
    fn it_passes_on_how_long_to_wait() {
        let retry_after = Some(Span::from_secs(2));
        let heard = Heard::Answer(Answer { retry_after, ..answer(400, "Throttling") });
        assert_eq!(heard.kind(), FailureKind::Throttled { retry_after });
    }

    #[test]
    fn a_fault_of_the_clouds_own_never_passes_for_an_unknown_action() {
        let page = |status| Answer { is_page: true, ..answer(status, "") };
        assert!(answer(400, "InvalidAction").knows_no_such_action());
        assert!(page(500).knows_no_such_action());
        assert!(answer(501, "").knows_no_such_action());
        for other in [page(502), page(503), answer(500, ""), answer(500, "InternalFailure")] {
            assert!(!other.knows_no_such_action(), "{other:?}");
        }
    }
}
