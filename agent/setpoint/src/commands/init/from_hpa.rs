//! A configuration that does here what a cluster's own autoscalers do today: pure.

use super::{
    Draft, TARGET_CPU, TARGET_CPU_TEST, policy,
    write::{add, binding, cpu, keys, name, quoted, target},
};
use crate::{config::Cluster, wiring::Autoscaler};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// The files for `natives` of `cluster`, for an agent that looks after `region`.
pub(super) fn drafts(region: &str, cluster: &Cluster, natives: &[Autoscaler]) -> Vec<Draft> {
    let mut config = head(region, cluster);
    if natives.iter().any(|native| native.cpu.is_some()) {
        add(&mut config, format_args!("\n[sources.usage]\nkind = \"kubernetes\""));
    }
    let mut drafts = Vec::new();
    let mut taken = BTreeSet::new();
    for native in natives {
        let name = name(&native.name, &mut taken);
        target(&mut config, (&name, "k8s", &native.id), native.range, &native.untold);
        if let Some(goal) = native.cpu {
            drafts.extend(policy("target-cpu", TARGET_CPU, TARGET_CPU_TEST));
            binding(&mut config, "target-cpu", &format!("{name}-cpu"), &name);
            cpu(&mut config, "usage", &format!("cpu {}", native.id), goal);
        }
    }
    drafts.dedup();
    drafts.truncate(2);
    drafts.insert(0, (PathBuf::from("setpoint.toml"), config));
    drafts
}

fn head(region: &str, cluster: &Cluster) -> String {
    let mut head = format!(
        "# What the autoscalers of a cluster do today, done by Setpoint. It only observes: compare\n\
         # its plans with what they do, then delete them and set `mode = \"act\"`.\n\
         region   = {}\nmode     = \"observe\"\ndata_dir = \"data\"\n\n\
         [providers.k8s]\nkind = \"kubernetes\"\n",
        quoted(region)
    );
    let file = cluster.kubeconfig.as_ref().map(|file| file.to_string_lossy().into_owned());
    let endpoint = cluster.endpoint.as_ref().map(|(url, _)| url.to_string());
    let told = BTreeMap::from([
        ("context", cluster.context.clone()),
        ("endpoint", endpoint),
        ("kubeconfig", file),
        ("namespace", cluster.namespace.clone()),
    ]);
    keys(&mut head, &told);
    head
}

#[cfg(test)]
mod tests {
    use super::*;
    use setpoint_core::Range;

    fn native(name: &str, cpu: Option<f64>) -> Autoscaler {
        let (range, untold) =
            (Range::new(2, 40).expect("a range"), vec!["its metric q".to_owned()]);
        Autoscaler { name: name.to_owned(), id: format!("deployment/{name}"), range, cpu, untold }
    }

    #[test]
    fn what_it_writes_passes_check_without_a_warning() {
        let cluster = Cluster {
            namespace: Some("games".to_owned()),
            kubeconfig: None,
            context: Some("prod".to_owned()),
            endpoint: None,
        };
        let natives = [native("web", Some(55.0)), native("api", Some(70.0))];
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let drafts = drafts("eu-west-1", &cluster, &natives);
        assert_eq!(drafts.len(), 3, "a configuration, a policy and its test");
        super::super::write(folder.path(), &drafts).expect("it is new");
        let loaded = crate::config::load(&folder.path().join("setpoint.toml"), &|_| None);
        assert!(loaded.faults.is_empty(), "{:?}", loaded.faults);
        let config = loaded.config.expect("no faults");
        assert_eq!((config.policies.len(), config.targets.len()), (2, 2));
        assert!(drafts[0].1.contains("# not carried over: its metric q"), "{}", drafts[0].1);
    }
}
