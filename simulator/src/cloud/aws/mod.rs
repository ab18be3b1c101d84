//! AWS: one endpoint for every service, as its emulators have it.
//!
//! Which service is meant is told by the scope of the signature, and where there is none by the
//! version that the query protocol, or the path, carries. The region is whatever the caller names: there is
//! one world, and it is there.
//!
//! ```text
//! Request ──► auth.rs (whose, which service) ──► wire.rs ──► Ask (parameters)
//!                                                             │
//!     autoscaling/  rds/  elb/  route53/  …  ◄── Account ◄───────┘
//!           │
//!           └─► Data ──► wire.rs ──► Reply
//! ```
//!
//! Start reading at [`Aws`]'s `handle`.

mod account;
mod ask;
mod auth;
mod autoscaling;
mod cloudwatch;
mod data;
mod elb;
mod fault;
mod pages;
mod rds;
mod rest;
mod route53;
mod sts;
mod wire;
mod xml;

use super::{
    Pace, Shared,
    http::{Face, Lost, Reply},
    live::lock,
};
use crate::world::Answer;
use account::Account;
use ask::Ask;
use async_trait::async_trait;
use auth::Caller;
use bytes::Bytes;
use data::Data;
use fault::Fault;
use hyper::Request;
use setpoint_core::Span;
use std::sync::{Arc, Mutex};

/// How callers are treated.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// The luck of whatever is made beside the scenario's own world.
    pub seed: u64,
    /// Whether signatures are verified.
    pub check_auth: bool,
}

/// A region of AWS.
pub struct Aws {
    account: Mutex<Account>,
    pace: Arc<Pace>,
    latency: Span,
    check_auth: bool,
}

/// A service.
struct Service {
    /// As signatures name it.
    name: &'static str,
    /// As calls in the query protocol name it.
    version: &'static str,
    namespace: &'static str,
    act: fn(&mut Account, &Ask) -> Result<Data, Fault>,
}

const SERVICES: [Service; 6] = [
    Service {
        name: "monitoring",
        version: "2010-08-01",
        namespace: "http://monitoring.amazonaws.com/doc/2010-08-01/",
        act: cloudwatch::act,
    },
    Service {
        name: "rds",
        version: "2014-10-31",
        namespace: "http://rds.amazonaws.com/doc/2014-10-31/",
        act: rds::act,
    },
    Service {
        name: "autoscaling",
        version: "2011-01-01",
        namespace: "http://autoscaling.amazonaws.com/doc/2011-01-01/",
        act: autoscaling::act,
    },
    Service {
        name: "sts",
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        act: sts::act,
    },
    Service {
        name: "elasticloadbalancing",
        version: "2015-12-01",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        act: elb::act,
    },
    Service {
        name: "route53",
        version: rest::VERSION,
        namespace: "https://route53.amazonaws.com/doc/2013-04-01/",
        act: route53::act,
    },
];

impl Aws {
    /// The region whose group is that of `world`.
    pub fn new(world: Shared, pace: Arc<Pace>, terms: Terms) -> Self {
        let latency = lock(&world).world.model().api.latency;
        let account = Account::new(world, Arc::clone(&pace), terms.seed);
        Self { account: Mutex::new(account), pace, latency, check_auth: terms.check_auth }
    }

    /// The same, whose health checks can ask the groups of these worlds of other clouds.
    #[must_use]
    pub fn beside(self, worlds: &[Shared]) -> Self {
        lock(&self.account).neighbours = worlds.to_vec();
        self
    }

    fn handle(&self, request: &Request<Bytes>) -> Result<Reply, Lost> {
        let mut account = lock(&self.account);
        let id = account.begin(self.pace.now());
        let caller = Caller::of(request);
        let (protocol, ask) = Ask::of(request, &caller);
        let service = SERVICES.iter().find(|it| match &caller.service {
            Some(name) => it.name == name.as_str(),
            None => ask.text("Version") == Some(it.version),
        });
        let Some(service) = service else {
            let named = caller.service.as_deref().unwrap_or("none that is named");
            let fault = Fault::unknown_action(format!("the service asked for is {named}"));
            return Ok(protocol.fault("", &fault, &id));
        };
        let mut answer = if self.check_auth {
            auth::verify(request, &caller, self.pace.present())
        } else {
            Ok(())
        }
        .and_then(|()| account.admit())
        .map(|heard| (heard, (service.act)(&mut account, &ask)));
        if let Ok((Answer::Lost, _)) = answer {
            return Err(Lost);
        }
        let said = match &mut answer {
            Ok((_, answer)) => answer.as_ref(),
            Err(fault) => Err(&*fault),
        };
        Ok(match said {
            Ok(data) => protocol.answer(service.namespace, ask.action(), data, &id),
            Err(fault) => protocol.fault(service.namespace, fault, &id),
        })
    }
}

#[async_trait]
impl Face for Aws {
    async fn answer(&self, request: Request<Bytes>) -> Result<Reply, Lost> {
        self.pace.wait(self.latency).await;
        self.handle(&request)
    }
}

#[cfg(test)]
mod tests;
