//! Makes sense of a rollout behind a load balancer of AWS's: the rule, and a target group for what is
//! stable and for the candidate; and of keys that are of another provider's rollouts.

use super::{
    fault::{At, Code, ConfigFault, Faults, Place},
    raw::RawNamed,
    raw_provider::RawProvider,
    raw_target::{RawRollout, RawTarget, RawTargetKind},
    valid::WeightedGroups,
};

/// The key of the tag that tells a candidate's revision, where none is said.
const REVISION_TAG: &str = "setpoint:revision";

/// The longest name of a target group, in letters.
const LONGEST_NAME: usize = 32;

/// The longest key of a tag.
const LONGEST_KEY: usize = 128;

/// The defaults of such rollouts' keys, as they are written.
pub(crate) fn defaults() -> [(&'static str, String); 1] {
    [("revision_tag", REVISION_TAG.to_owned())]
}

/// The target groups of `raw`, if it is a rollout at AWS.
pub(super) fn weighted(
    raw: &RawTarget,
    providers: &[RawNamed<RawProvider>],
    faults: &Faults,
) -> Option<WeightedGroups> {
    let RawTargetKind::Rollout { own, .. } = &raw.kind else { return None };
    let named = providers.iter().find(|provider| provider.name.value == raw.provider.value);
    match named?.what.as_ref()? {
        RawProvider::Aws(_) => {}
        RawProvider::Onprem(_) => {
            let keys = [
                ("stable", own.stable.as_ref().map(|at| &at.place)),
                ("candidate", own.candidate.as_ref().map(|at| &at.place)),
                ("revision_tag", own.revision_tag.as_ref().map(|at| &at.place)),
            ];
            strangers(keys, "aws", "a HAProxy has `candidates` and `revision_file`", faults);
            return None;
        }
        // Another provider has none, and that is said already.
        RawProvider::Azure(_)
        | RawProvider::Kubernetes(_)
        | RawProvider::Webhook(_)
        | RawProvider::Flags(_)
        | RawProvider::File(_)
        | RawProvider::Systemd(_) => return None,
    }
    let keys = [
        ("candidates", own.candidates.as_ref().map(|at| &at.place)),
        ("revision_file", own.revision_file.as_ref().map(|at| &at.place)),
    ];
    let instead = "a load balancer of AWS's has `stable`, `candidate` and `revision_tag`";
    strangers(keys, "onprem", instead, faults);
    let reader = Reader { raw, faults };
    let rule = reader.rule(raw.id());
    let stable = reader.group("stable", own.stable.as_ref());
    let candidate = reader.group("candidate", own.candidate.as_ref());
    if let (Some(stable), Some(candidate)) = (stable, candidate)
        && stable.value == candidate.value
    {
        let message = "`stable` and `candidate` are one target group";
        let fault = ConfigFault::new(Code::Twice, &candidate.place, message);
        faults.push(fault.also(&stable.place, "the same"));
    }
    Some(WeightedGroups {
        rule: rule?,
        stable: stable?.value.clone(),
        candidate: candidate?.value.clone(),
        revision_tag: reader.tag(own),
    })
}

/// A rollout at AWS being read.
struct Reader<'a> {
    raw: &'a RawTarget,
    faults: &'a Faults,
}

impl Reader<'_> {
    fn rule(&self, id: Option<&At<String>>) -> Option<String> {
        // Of one that is not there it is said elsewhere.
        let id = id?;
        if !is_rule(&id.value) {
            let message = format!("{} is no rule of a load balancer", id.place.written());
            let help = "write the ARN of a rule of an Application Load Balancer (…:listener-rule/app/…), \
                        or of a listener whose default it is (…:listener/app/…)";
            self.bad(&id.place, message, help);
        }
        Some(id.value.clone())
    }

    fn group<'t>(&self, key: &str, at: Option<&'t At<String>>) -> Option<&'t At<String>> {
        let Some(at) = at else {
            let message = format!("a rollout behind a load balancer of AWS's has `{key}`");
            let fault = ConfigFault::new(Code::MissingKey, &self.raw.provider.place, message);
            self.faults.push(fault.help(format!("write `{key} = \"its target group\"`")));
            return None;
        };
        if !is_group(&at.value) {
            let message = format!("{} is no target group", at.place.written());
            self.bad(&at.place, message, "write its name or its ARN");
        }
        Some(at)
    }

    fn tag(&self, own: &RawRollout) -> String {
        let Some(at) = &own.revision_tag else { return REVISION_TAG.to_owned() };
        if at.value.trim().is_empty() || at.value.chars().count() > LONGEST_KEY {
            let message = format!("{} is no key of a tag", at.place.written());
            self.bad(&at.place, message, "write 1 to 128 letters");
        }
        at.value.clone()
    }

    fn bad(&self, place: &Place, message: String, help: &str) {
        self.faults.push(ConfigFault::new(Code::BadValue, place, message).help(help));
    }
}

/// Says so of keys that only rollouts at a provider of kind `kind` have.
pub(super) fn strangers<const N: usize>(
    keys: [(&str, Option<&Place>); N],
    kind: &str,
    instead: &str,
    faults: &Faults,
) {
    for (key, place) in keys.into_iter().filter_map(|(key, place)| Some((key, place?))) {
        let message = format!("`{key}` is for a rollout whose provider is of kind `{kind}`");
        faults.push(ConfigFault::new(Code::WrongKind, place, message).help(instead));
    }
}

/// What an ARN of Elastic Load Balancing is about, in its parts.
fn parts(arn: &str) -> Option<Vec<&str>> {
    let fields: Vec<&str> = arn.splitn(6, ':').collect();
    let ["arn", _, "elasticloadbalancing", _, _, resource] = fields[..] else { return None };
    let whole =
        fields.iter().all(|field| !field.is_empty() && !field.contains(char::is_whitespace));
    let parts: Vec<&str> = resource.split('/').collect();
    (whole && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

fn is_rule(arn: &str) -> bool {
    let parts = parts(arn).unwrap_or_default();
    matches!(parts[..], ["listener-rule", "app", _, _, _, _] | ["listener", "app", _, _, _])
}

fn is_group(text: &str) -> bool {
    if text.starts_with("arn:") {
        let parts = parts(text).unwrap_or_default();
        return matches!(parts[..], ["targetgroup", _, _]);
    }
    let plain = text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-');
    plain && !text.is_empty() && text.len() <= LONGEST_NAME
}
