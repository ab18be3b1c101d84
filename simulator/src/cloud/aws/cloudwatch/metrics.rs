//! Which metrics there are, and the values behind each.

use super::super::{
    super::live, account::Account, ask::Ask, data::Data, fault::Fault, pages::page,
};
use crate::world::{Metric, WorldModel};

/// The namespace in which every number stands as the world tells it.
const OWN: &str = "Setpoint/World";
/// Entries of a page.
const PAGE: usize = 500;

/// What a value stands for: how often it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A gauge: one value for each window.
    Gauge,
    /// A rate: so many in each second of the caller's time.
    Rate,
    /// The time within which 99 % of answers came: no other statistic of them is known.
    Quantile,
}

/// A metric that can be asked for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Series {
    pub(super) namespace: &'static str,
    pub(super) name: String,
    pub(super) dimensions: Vec<(&'static str, String)>,
    pub(super) kind: Kind,
    /// What it is made of: the product of these and of the factor.
    pub(super) of: Vec<Metric>,
    pub(super) factor: f64,
}

/// Every metric of a world.
pub(super) fn series(group: &str, model: &WorldModel) -> Vec<Series> {
    let balancer = || vec![("LoadBalancer", format!("app/{group}/0000000000000000"))];
    let of_group = || vec![("AutoScalingGroupName", group.to_owned())];
    let one = |namespace, name: &str, dimensions, kind, of: &[Metric], factor| Series {
        namespace,
        name: name.to_owned(),
        dimensions,
        kind,
        of: of.to_vec(),
        factor,
    };
    let elb = "AWS/ApplicationELB";
    let mut all = vec![
        one("AWS/EC2", "CPUUtilization", of_group(), Kind::Gauge, &[Metric::Cpu], 1.0),
        one(elb, "RequestCount", balancer(), Kind::Rate, &[Metric::Rps], 1.0),
        one(elb, "TargetResponseTime", balancer(), Kind::Quantile, &[Metric::P99], 0.001),
        one(
            elb,
            "HTTPCode_Target_5XX_Count",
            balancer(),
            Kind::Rate,
            &[Metric::Rps, Metric::Errors],
            0.01,
        ),
    ];
    if let Some(database) = &model.database {
        let instance = vec![("DBInstanceIdentifier", database.name.clone())];
        let share = f64::from(database.max_connections) / 100.0;
        let of = [Metric::Connections];
        all.push(one("AWS/RDS", "DatabaseConnections", instance, Kind::Gauge, &of, share));
    }
    for (name, metric) in Metric::ALL {
        all.push(one(OWN, name, of_group(), Kind::Gauge, &[metric], 1.0));
    }
    all
}

impl Series {
    /// A metric, as an answer has it.
    fn told(&self) -> Data {
        let dimension = |(name, value): &(&'static str, String)| {
            Data::map().with("Name", *name).with("Value", value.clone())
        };
        Data::map()
            .with("Namespace", self.namespace)
            .with("MetricName", self.name.clone())
            .members("Dimensions", self.dimensions.iter().map(dimension))
    }

    fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }
}

pub(super) fn list(account: &Account, ask: &Ask) -> Result<Data, Fault> {
    let mut all = {
        let live = live::lock(&account.main);
        let mut all = series(&live.group, live.world.model());
        all.retain(|it| it.of.iter().all(|metric| live.log.points(*metric).next().is_some()));
        all
    };
    if let Some(namespace) = ask.text("Namespace") {
        all.retain(|it| it.namespace == namespace);
    }
    if let Some(name) = ask.text("MetricName") {
        all.retain(|it| it.name == name);
    }
    for filter in ask.entries("Dimensions.member") {
        let (name, value) = (filter.must("Name")?, filter.text("Value"));
        let has = |(own, its): &(&'static str, String)| {
            *own == name && value.is_none_or(|value| value == its)
        };
        all.retain(|it| it.dimensions.iter().any(has));
    }
    let at = (ask.text("NextToken"), PAGE);
    let (all, next) = page(all, Series::key, at, "InvalidParameterValue")?;
    let told = all.iter().map(Series::told);
    Ok(Data::map().members("Metrics", told).maybe("NextToken", next))
}
