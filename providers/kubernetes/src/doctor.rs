//! A look around before work: what lacks, and who else is at our targets. Changes nothing.
//!
//! Every call that looking takes is tried once. Those that change something are not: the cluster
//! is asked whether it would permit them.

use crate::{
    Kubernetes, Scalable, WeightedServices,
    eyes::{Looks, asked},
    fault::{Asked, CallError, Fault},
    rivals::{self, Rival},
    route::{Routes, route_asked},
    workload::{Object, PAUSE},
};
use serde_json::{Value, json};
use setpoint_control::{Finding, Severity, Sorted};
use setpoint_core::{FailureKind, Group, Range, TargetName};
use std::collections::BTreeMap;

/// A target as the doctor looks at it.
#[derive(Clone, Debug)]
pub struct Patient {
    /// What it is.
    pub scalable: Scalable,
    /// The sizes that the operator allows.
    pub range: Range,
    /// Whether it may be resized.
    pub acts: bool,
}

impl Kubernetes {
    /// What is to be said about this provider, `targets` and `rollouts`, each with whether it may be
    /// changed; worst last.
    pub async fn examine(
        &self,
        targets: &BTreeMap<TargetName, Patient>,
        rollouts: &BTreeMap<TargetName, (WeightedServices, bool)>,
    ) -> Vec<Finding> {
        let provider = format!("provider {}", self.name());
        let mut findings = vec![match self.version().await {
            Ok(version) => {
                let words = format!("Kubernetes {version}, namespace {}", self.api().namespace);
                Finding::new(Severity::Note, &provider, words)
            }
            Err(error) => failed(&provider, &error),
        }];
        let mut rivals = Vec::new();
        for part in rivals::all(self.api()).await {
            match part {
                Ok(part) => rivals.extend(part),
                Err(error) => findings.push(failed(&provider, &error)),
            }
        }
        for (name, patient) in targets {
            findings.extend(self.patient(&format!("target {name}"), patient, &rivals).await);
        }
        for (name, (own, acts)) in rollouts {
            let about = format!("target {name}");
            let routes = Routes { api: self.api().clone() };
            findings.extend(routes.findings(&about, own).await);
            if *acts {
                findings.extend(self.may(&about, route_asked("patch", own)).await);
            }
        }
        findings.sort_by_key(|finding| finding.severity);
        findings
    }

    async fn version(&self) -> Result<String, CallError> {
        let asked = Asked {
            verb: "get",
            group: String::new(),
            resource: "/version".to_owned(),
            name: None,
        };
        let answer: Value = self.api().get(asked, "/version").await?;
        let version = answer.get("gitVersion").and_then(Value::as_str);
        Ok(version.unwrap_or("of no version").to_owned())
    }

    async fn patient(&self, about: &str, patient: &Patient, rivals: &[Rival]) -> Vec<Finding> {
        let looks = Looks { api: self.api().clone() };
        let (object, group) = match looks.look(&patient.scalable, true).await {
            Ok(seen) => seen,
            Err(fault) => return vec![not_seen(about, &fault)],
        };
        let mut findings = findings(about, &object, &group, patient.range);
        let kind = patient.scalable.known_kind().unwrap_or(&object.kind);
        let of = (&*patient.scalable.group, kind, &*patient.scalable.name);
        findings.extend(rivals.iter().filter(|rival| rival.is_of(of)).map(|rival| {
            let message = format!("another scaler acts on it: {}", rival.who);
            Finding::new(Severity::Problem, about, message)
                .help("delete it before `mode = \"act\"`: until then nothing shrinks")
        }));
        if patient.acts {
            findings.extend(self.may(about, asked(&patient.scalable, "patch", "/scale")).await);
        }
        findings
    }

    /// Whether the cluster would permit a call; nothing where it cannot be asked that.
    async fn may(&self, about: &str, call: Asked) -> Option<Finding> {
        let (resource, sub) = call.resource.split_once('/').unwrap_or((&call.resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": self.api().namespace, "verb": call.verb, "group": call.group,
                "resource": resource, "subresource": sub, "name": call.name,
            } },
        });
        let answer = self.api().review(&review).await.ok()?;
        let allowed = answer.pointer("/status/allowed").and_then(Value::as_bool)?;
        (!allowed).then(|| {
            let name = call.name.as_deref().unwrap_or_default();
            let message = format!("{} {} {name} is not allowed", call.verb, call.resource);
            Finding::new(Severity::NotPermitted, about, message)
                .help(format!("allow {}", call.rule()))
        })
    }
}

/// What an object and its pods tell.
fn findings(about: &str, object: &Object, group: &Group, range: Range) -> Vec<Finding> {
    let warning = |message: String| Finding::new(Severity::Warning, about, message);
    let mut findings = Vec::new();
    findings.extend(writer(object).map(|tool| {
        warning(format!("it is written by {tool}, whose next run may set another size"))
            .help("leave `spec.replicas` out of what it writes")
    }));
    findings.extend(Finding::of_group(about, group, range));
    findings.extend(group.paused.as_ref().map(|why| {
        warning(format!("paused by its annotation: {why}"))
            .help(format!("take the annotation {PAUSE} off when it may be changed again"))
    }));
    findings
}

/// Who writes the object, by what tools put on what they make.
fn writer(object: &Object) -> Option<String> {
    let labels = object.metadata.labels.iter().flatten();
    let pairs = labels.chain(object.metadata.annotations.iter().flatten());
    pairs.into_iter().find_map(|(key, value)| match key.as_str() {
        "argocd.argoproj.io/instance" | "argocd.argoproj.io/tracking-id" => {
            Some("Argo CD".to_owned())
        }
        "kustomize.toolkit.fluxcd.io/name" | "helm.toolkit.fluxcd.io/name" => {
            Some(format!("Flux ({value})"))
        }
        "app.kubernetes.io/managed-by" => Some(value.clone()),
        _ => None,
    })
}

pub(crate) fn not_seen(about: &str, fault: &Fault) -> Finding {
    match fault {
        Fault::Call(error) => failed(about, error),
        Fault::Stale(why) | Fault::Refused(why) => Finding::new(Severity::Problem, about, why),
        Fault::Late(_) => Finding::new(Severity::Unreachable, about, fault.to_string()),
    }
}

/// A call that did not come off, with the rule that lacks if it is that.
fn failed(about: &str, error: &CallError) -> Finding {
    if error.is_forbidden() {
        let help = format!("allow {}", error.asked.rule());
        return Finding::new(Severity::NotPermitted, about, error.to_string()).help(help);
    }
    let severity = match error.kind() {
        FailureKind::Unavailable | FailureKind::Throttled { .. } => Severity::Unreachable,
        FailureKind::Stale | FailureKind::Refused => Severity::Problem,
    };
    Finding::new(severity, about, error.to_string())
}
