//! CloudWatch: what the world published, in namespaces of AWS and in one of its own.
//!
//! Start reading at [`series`](metrics::series).

mod data;
mod metrics;

use super::{account::Account, ask::Ask, data::Data, fault::Fault};

pub(super) fn act(account: &mut Account, ask: &Ask) -> Result<Data, Fault> {
    match ask.action() {
        "GetMetricData" => data::get(account, ask),
        "GetMetricStatistics" => data::statistics(account, ask),
        "ListMetrics" => metrics::list(account, ask),
        // Neither is there a way to make one here.
        "DescribeAlarms" => {
            Ok(Data::map().members("CompositeAlarms", []).members("MetricAlarms", []))
        }
        other => Err(Fault::unknown_action(format!("{other} is not simulated here"))),
    }
}
