//! Whether a destination answers, by what the checkers of its health check saw: pure.

use aws_sdk_route53::types::HealthCheckObservation;

/// Whether most of the checkers that say anything had an answer; none if nobody says anything.
///
/// A checker begins its report with "Success" or "Failure". Source: "Getting the status of a
/// health check" in the Route 53 developer guide.
pub(super) fn of(observations: &[HealthCheckObservation]) -> Option<bool> {
    let reports = observations.iter().filter_map(|seen| seen.status_report()?.status());
    let told = reports.filter_map(|report| match report {
        report if report.starts_with("Success") => Some(true),
        report if report.starts_with("Failure") => Some(false),
        _ => None,
    });
    let (mut answered, mut all) = (0_usize, 0_usize);
    for one in told {
        all += 1;
        answered += usize::from(one);
    }
    (all > 0).then_some(answered * 2 > all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_route53::types::StatusReport;

    #[track_caller]
    fn check(reports: &[&str], expected: Option<bool>) {
        let seen = |report: &&str| {
            let report = StatusReport::builder().status(*report).build();
            HealthCheckObservation::builder().status_report(report).build()
        };
        let observations: Vec<HealthCheckObservation> = reports.iter().map(seen).collect();
        assert_eq!(of(&observations), expected, "{reports:?}");
    }

    #[test]
    fn most_of_the_checkers_decide_and_silence_is_no_health() {
        let (well, ill) = ("Success: HTTP Status Code 200, OK", "Failure: Connection timed out.");
        check(&[well, well, ill], Some(true));
        check(&[well, ill, ill], Some(false));
        check(&[well, ill], Some(false));
        check(&[well, "Resource is being created"], Some(true));
        check(&["what is this"], None);
        check(&[], None);
    }
}
