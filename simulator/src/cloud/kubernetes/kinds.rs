//! What kinds of things a cluster has, as discovery tells it and as routes find them: one table.

/// A kind of thing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The API group; empty for the core's.
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    /// As it stands in addresses.
    pub(super) plural: &'static str,
    /// As documents name it.
    pub(super) name: &'static str,
    pub(super) short: &'static [&'static str],
    pub(super) namespaced: bool,
    /// Who makes it.
    pub(super) made: Made,
}

/// Who makes a kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Callers, and members come with it.
    Workload,
    /// Callers; it is kept, and nothing comes of it.
    Kept,
    /// The cluster; callers may end it.
    Pod,
    /// The cluster, from what is published; callers look.
    Measured,
    /// Nobody: it is an answer to a question.
    Review,
}

impl Kind {
    /// `apps/v1`, or `v1` of the core's.
    pub(super) fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// `deployments.apps`, as messages name it.
    pub(super) fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_owned()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }

    /// Whether it has a size.
    pub(super) fn has_scale(&self) -> bool {
        self.made == Made::Workload
    }

    /// Whether it is an answer to a question.
    pub(super) fn is_review(&self) -> bool {
        self.made == Made::Review
    }

    /// What may be done with it.
    pub(super) const fn verbs(&self) -> &'static [&'static str] {
        match self.made {
            Made::Workload | Made::Kept => {
                &["create", "delete", "get", "list", "patch", "update", "watch"]
            }
            Made::Pod => &["delete", "get", "list", "watch"],
            Made::Measured => &["get", "list"],
            Made::Review => &["create"],
        }
    }
}

const fn kind(
    (group, version): (&'static str, &'static str),
    (plural, name): (&'static str, &'static str),
    short: &'static [&'static str],
    made: Made,
) -> Kind {
    let namespaced = !matches!(made, Made::Review);
    Kind { group, version, plural, name, short, namespaced, made }
}

/// Every kind.
pub(super) static KINDS: [Kind; 13] = [
    kind(("", "v1"), ("pods", "Pod"), &["po"], Made::Pod),
    kind(("", "v1"), ("events", "Event"), &["ev"], Made::Kept),
    kind(("apps", "v1"), ("deployments", "Deployment"), &["deploy"], Made::Workload),
    kind(("apps", "v1"), ("statefulsets", "StatefulSet"), &["sts"], Made::Workload),
    kind(
        ("autoscaling", "v2"),
        ("horizontalpodautoscalers", "HorizontalPodAutoscaler"),
        &["hpa"],
        Made::Kept,
    ),
    kind(("coordination.k8s.io", "v1"), ("leases", "Lease"), &[], Made::Kept),
    kind(("events.k8s.io", "v1"), ("events", "Event"), &[], Made::Kept),
    kind(("", "v1"), ("services", "Service"), &["svc"], Made::Kept),
    kind(("discovery.k8s.io", "v1"), ("endpointslices", "EndpointSlice"), &[], Made::Kept),
    kind(("gateway.networking.k8s.io", "v1"), ("httproutes", "HTTPRoute"), &[], Made::Kept),
    kind(("metrics.k8s.io", "v1beta1"), ("pods", "PodMetrics"), &[], Made::Measured),
    kind(
        ("authorization.k8s.io", "v1"),
        ("selfsubjectaccessreviews", "SelfSubjectAccessReview"),
        &[],
        Made::Review,
    ),
    kind(
        ("authentication.k8s.io", "v1"),
        ("selfsubjectreviews", "SelfSubjectReview"),
        &[],
        Made::Review,
    ),
];

/// The kind at this place, if there is one.
pub(super) fn find(group: &str, version: &str, plural: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|it| (it.group, it.version, it.plural) == (group, version, plural))
}

/// The kind of this name in `apps/v1`; only of what is there.
pub(super) fn workload(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|it| it.has_scale() && it.name == name)
}

/// The kind that pods are of.
pub(super) fn pods() -> &'static Kind {
    &KINDS[0]
}

/// The kind that events of the core's are of.
pub(super) fn events() -> &'static Kind {
    &KINDS[1]
}
