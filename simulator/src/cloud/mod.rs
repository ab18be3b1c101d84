//! `setpoint-sim cloud`: a scenario's world behind the wire protocols of real clouds, on loopback.
//!
//! Every cloud has a world of its own, all of them of one scenario and one seed: the same policy
//! sees the same load on each. The worlds live along the machine's clock, so many times as fast
//! as the [`Pace`] says. Nothing here decides about members or metrics: the worlds are those
//! that every other command of the simulator runs.
//!
//! ```text
//!  clients ──► http.rs ──► Face::answer ──► LiveWorld ──► World
//!                            aws/              │
//!                            azure/            │
//!                            kubernetes/       │
//!                            prometheus/ ◄─────┴── Log: what was published
//! ```
//!
//! Start reading at [`Clouds`]; a new protocol is one more [`Face`].

pub mod aws;
pub mod azure;
pub mod http;
pub mod kubernetes;
mod live;
mod log;
mod pace;
mod prometheus;

pub use live::{LiveWorld, Shared};
pub use log::{Log, Point};
pub use pace::Pace;

use crate::{scenario::Scenario, trouble::Trouble, world::World};
use http::Face;
use serde_json::{Map, Value};
use setpoint_core::Span;
use std::sync::Arc;
use tokio::net::TcpListener;

/// From one look at the worlds to the next when nobody calls, in the machine's time.
const BEAT: Span = Span::from_ms(100);

/// Where to listen; any free port where none is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ports {
    /// AWS.
    pub aws: Option<u16>,
    /// Azure.
    pub azure: Option<u16>,
    /// Kubernetes.
    pub kubernetes: Option<u16>,
    /// Prometheus.
    pub prometheus: Option<u16>,
}

/// What is offered, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where to listen.
    pub ports: Ports,
    /// The luck of every world.
    pub seed: u64,
    /// Whether callers must say who they are: signatures are verified, tokens are asked for.
    pub check_auth: bool,
}

/// The servers, before and while they serve.
pub struct Clouds {
    faces: Vec<(&'static str, TcpListener, Arc<dyn Face>)>,
    worlds: Vec<Shared>,
    pace: Arc<Pace>,
}

impl Clouds {
    /// Opens every port. Fails if one is taken.
    pub async fn open(scenario: &Scenario, options: Options, pace: Pace) -> Result<Self, Trouble> {
        let pace = Arc::new(pace);
        let world = |cloud| {
            let world = World::new(scenario.world.clone(), options.seed);
            live::shared(LiveWorld::new(cloud, scenario.group.as_str(), world))
        };
        let aws_world = world("aws");
        let azure_world = world("azure");
        let kubernetes_world = world("kubernetes");
        let worlds = [&aws_world, &azure_world, &kubernetes_world].map(Arc::clone).to_vec();
        let aws = aws::Aws::new(
            aws_world,
            Arc::clone(&pace),
            aws::Terms { seed: options.seed, check_auth: options.check_auth },
        )
        .beside(&[Arc::clone(&azure_world), Arc::clone(&kubernetes_world)]);
        let azure =
            azure::Azure::new(azure_world, Arc::clone(&pace), options.seed, options.check_auth);
        let kubernetes = kubernetes::Kubernetes::new(
            kubernetes_world,
            Arc::clone(&pace),
            options.seed,
            options.check_auth,
        );
        let prometheus = prometheus::Prometheus::new(worlds.clone(), Arc::clone(&pace));
        let ports = options.ports;
        let faces: Vec<(&'static str, Option<u16>, Arc<dyn Face>)> = vec![
            ("aws", ports.aws, Arc::new(aws)),
            ("azure", ports.azure, Arc::new(azure)),
            ("kubernetes", ports.kubernetes, Arc::new(kubernetes)),
            ("prometheus", ports.prometheus, Arc::new(prometheus)),
        ];
        let mut open = Vec::new();
        for (name, port, face) in faces {
            open.push((name, http::listen(name, port).await?, face));
        }
        Ok(Self { faces: open, worlds, pace })
    }

    /// Where each of them listens: one JSON object, without the end of its line.
    pub fn addresses(&self) -> String {
        let url = |(name, listener, _): &(&'static str, TcpListener, Arc<dyn Face>)| {
            let address = listener.local_addr().ok()?;
            Some(((*name).to_owned(), Value::from(format!("http://{address}"))))
        };
        let urls: Map<String, Value> = self.faces.iter().filter_map(url).collect();
        Value::Object(urls).to_string()
    }

    /// Serves until `stop` completes.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let servers = self.faces.into_iter().map(|(_, listener, face)| http::serve(listener, face));
        let servers = futures::future::join_all(servers);
        let beat = async {
            loop {
                live::catch_up(&self.worlds, self.pace.now());
                self.pace.rest(BEAT).await;
            }
        };
        let stop = std::pin::pin!(stop);
        let serving = std::pin::pin!(futures::future::join(servers, beat));
        futures::future::select(stop, serving).await;
    }
}
