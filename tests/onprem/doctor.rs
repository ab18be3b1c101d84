//! `examine`: each trouble with what to do about it, and nothing changed to find out.

use crate::scene::{pool, provider, web};
use setpoint_control::{Finding, Severity};
use setpoint_core::{Range, Span, TargetName};
use setpoint_onprem::{Argv, Ending, Onprem, Pool, Resource, Split};
use support::{Haproxy, Workers};

struct Scene {
    haproxy: Haproxy,
    pool: Pool,
}

fn scene(lines: &[&str]) -> Scene {
    let pool = pool(&Workers::new(2, 0.0, 0.0), Ending::After(Span::from_secs(1)));
    Scene { haproxy: Haproxy::before_web(lines), pool }
}

impl Scene {
    async fn found(&self, provider: Onprem, acts: bool) -> Vec<Finding> {
        let range = Range::new(0, 2).expect("it is a range");
        let group = Resource::Group(self.pool.clone());
        let before = self.haproxy.servers("web");
        let found = provider.examine(&[(web(), (group, range))].into(), |_| acts).await;
        assert_eq!(self.haproxy.servers("web"), before, "nothing is changed");
        found
    }

    /// The one finding there is: how bad, what, and what to do.
    async fn one(&self) -> (Severity, String, String) {
        let mut found = self.found(provider(&self.haproxy), true).await;
        assert_eq!(found.len(), 1, "{found:?}");
        let Finding { severity, about, message, help } = found.remove(0);
        assert_eq!(about, "target web");
        (severity, message, help.unwrap_or_default())
    }
}

#[tokio::test]
async fn nothing_is_said_where_all_is_well() {
    let scene = scene(&["balance roundrobin"]);
    assert_eq!(scene.found(provider(&scene.haproxy), true).await, []);
}

#[tokio::test]
async fn a_balance_that_takes_no_servers_is_told_before_it_is_needed() {
    for balance in ["balance static-rr", "balance source"] {
        let (severity, message, help) = scene(&[balance]).one().await;
        assert_eq!(severity, Severity::Problem);
        assert!(message.contains("dynamic load balancing"), "{message}");
        assert!(help.contains("balance roundrobin"), "{help}");
    }
}

#[tokio::test]
async fn a_backend_that_is_not_there_is_told_by_its_name() {
    let mut scene = scene(&["balance roundrobin"]);
    scene.pool.backend = "wbe".to_owned();
    let (severity, message, help) = scene.one().await;
    assert_eq!((severity, message.as_str()), (Severity::Problem, "HAProxy has no backend wbe"));
    assert!(help.contains("backend wbe"), "{help}");
}

#[tokio::test]
async fn a_socket_that_permits_too_little_matters_to_who_acts() {
    let scene = scene(&["balance roundrobin"]);
    let weak = || {
        let socket = scene.haproxy.weak_socket().display().to_string();
        Onprem::new("dc", socket.parse().expect("it is a path"))
    };
    assert_eq!(scene.found(weak(), false).await, []);
    let found = scene.found(weak(), true).await;
    assert_eq!((found.len(), found[0].severity), (1, Severity::NotPermitted), "{found:?}");
    assert!(found[0].help.as_ref().unwrap().contains("level admin"), "{found:?}");
}

#[tokio::test]
async fn a_socket_that_is_not_there_is_told_once_with_its_path() {
    let scene = scene(&["balance roundrobin"]);
    let gone = Onprem::new("dc", "/no/such/admin.sock".parse().expect("it is a path"));
    let found = scene.found(gone, true).await;
    assert_eq!((found.len(), found[0].severity), (1, Severity::Unreachable), "{found:?}");
    assert!(found[0].message.contains("/no/such/admin.sock"), "{found:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_told() {
    let mut scene = scene(&["balance roundrobin"]);
    scene.pool.stop = Argv::new(vec!["/no/such/stop".to_owned()]).expect("it is a program");
    let (severity, message, _) = scene.one().await;
    assert_eq!(
        (severity, message.as_str()),
        (Severity::Problem, "there is no program /no/such/stop")
    );
}

#[tokio::test]
async fn too_few_places_for_the_range_are_worth_a_note() {
    let mut scene = scene(&["balance roundrobin"]);
    scene.pool.places.truncate(1);
    let (severity, message, _) = scene.one().await;
    assert_eq!(severity, Severity::Note);
    assert!(message.contains("0..1 members, the configuration 0..2"), "{message}");
}

#[tokio::test]
async fn what_is_wrong_with_a_candidates_share_is_told() {
    let scene = scene(&["balance roundrobin", "server a 127.0.0.1:1", "server new 127.0.0.1:2"]);
    let told = async |candidate: &str, file: Option<&str>| {
        let split = Split {
            backend: "web".to_owned(),
            candidates: vec![candidate.to_owned()],
            revision_file: file.map(Into::into),
        };
        let targets = (Resource::Rollout(split), Range::new(0, 100).expect("a range"));
        let targets = [(TargetName::new("it"), targets)].into();
        let findings = provider(&scene.haproxy).examine(&targets, |_| true).await;
        findings.into_iter().map(|it| (it.severity, it.message)).collect::<Vec<_>>()
    };
    let note = (Severity::Note, "nothing tells one candidate from the next".to_owned());
    assert_eq!(told("new", None).await, std::slice::from_ref(&note));
    let missing = "backend web: no server is called old".to_owned();
    assert_eq!(told("old", None).await, [(Severity::Problem, missing), note]);
    let found = told("new", Some("/no/such/revision")).await;
    assert!(matches!(&found[..], [(Severity::Problem, why)] if why.contains("/no/such/revision")));
}
