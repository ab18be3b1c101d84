//! As much of AWS as thousands of groups take: Auto Scaling's query protocol, from memory.
//!
//! moto needs a tenth of a second for a page of a hundred groups, so that with thousands its own
//! time is nearly all that would be measured. What it says and what this says of the same groups
//! is seen alike: a test holds that.

use crate::http::Request;
use std::{
    collections::BTreeMap,
    fmt::Write as _,
    io::{self, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Instant, SystemTime},
};

/// The most groups in one answer.
const A_PAGE: usize = 100;

/// A cloud of groups; it ends with the process.
#[derive(Clone, Debug)]
pub struct ManyGroups {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    sizes: BTreeMap<String, u32>,
    calls: Vec<GroupCall>,
}

/// A call that arrived.
#[derive(Clone, Debug)]
pub struct GroupCall {
    /// Its name: `DescribeAutoScalingGroups`.
    pub action: String,
    /// The one group that it is about.
    pub group: Option<String>,
    /// When it had arrived.
    pub at: Instant,
    /// The same, by the clock on the wall.
    pub wall: SystemTime,
    /// When it was answered.
    pub answered: Option<Instant>,
}

impl ManyGroups {
    /// Starts one with groups of `size` members called `g00000`, `g00001` and so on, on a free
    /// port. All have the tag `app`.
    pub fn start(count: usize, size: u32) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let sizes = (0..count).map(|n| (Self::name(n), size)).collect();
        let state = Arc::new(Mutex::new(State { sizes, calls: Vec::new() }));
        let own = Self { address, state };
        let cloud = own.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let cloud = cloud.clone();
                // A caller that hangs up is the caller's business.
                thread::spawn(move || cloud.serve(stream).ok());
            }
        });
        own
    }

    /// What the group of this number is called.
    pub fn name(number: usize) -> String {
        format!("g{number:05}")
    }

    /// Where it is called.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every call so far, in the order of their arrival.
    pub fn calls(&self) -> Vec<GroupCall> {
        self.state().calls.clone()
    }

    /// When the last answer was given.
    pub fn last_answer(&self) -> Option<Instant> {
        self.state().calls.iter().filter_map(|call| call.answered).max()
    }

    /// The first call that changed the size of `group`.
    pub fn first_change(&self, group: &str) -> Option<GroupCall> {
        let is_it = |call: &&GroupCall| {
            call.action == "SetDesiredCapacity" && call.group.as_deref() == Some(group)
        };
        self.state().calls.iter().find(is_it).cloned()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[expect(clippy::disallowed_methods, reason = "when a call really arrived is what is measured")]
    fn serve(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(&mut stream)? else { return Ok(()) };
        let (at, wall) = (Instant::now(), SystemTime::now());
        let action = request.field("Action").unwrap_or_default().to_owned();
        let group = request.field("AutoScalingGroupName").map(str::to_owned);
        let (number, body) = {
            let mut state = self.state();
            let call = GroupCall { action: action.clone(), group, at, wall, answered: None };
            state.calls.push(call);
            (state.calls.len() - 1, state.answer(&action, &request))
        };
        let body = format!(
            "<{action}Response xmlns=\"http://autoscaling.amazonaws.com/doc/2011-01-01/\">\
             <{action}Result>{body}</{action}Result><ResponseMetadata><RequestId>made-up\
             </RequestId></ResponseMetadata></{action}Response>"
        );
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        )?;
        self.state().calls[number].answered = Some(Instant::now());
        Ok(())
    }
}

impl State {
    fn answer(&mut self, action: &str, request: &Request) -> String {
        match action {
            "DescribeAutoScalingGroups" => self.describe(request),
            "SetDesiredCapacity" => {
                let size = request.field("DesiredCapacity").and_then(|size| size.parse().ok());
                let group = request.field("AutoScalingGroupName").unwrap_or_default();
                if let (Some(size), Some(own)) = (size, self.sizes.get_mut(group)) {
                    *own = size;
                }
                String::new()
            }
            "DescribePolicies" => "<ScalingPolicies/>".to_owned(),
            "DescribeInstanceRefreshes" => "<InstanceRefreshes/>".to_owned(),
            "DescribeScalingActivities" => "<Activities/>".to_owned(),
            _ => String::new(),
        }
    }

    /// The groups that are named, or else the next page of all.
    fn describe(&self, request: &Request) -> String {
        let names =
            (1..=A_PAGE).map_while(|n| request.field(&format!("AutoScalingGroupNames.member.{n}")));
        let names: Vec<&str> = names.collect();
        let mut body = "<AutoScalingGroups>".to_owned();
        if names.is_empty() {
            let start = request.field("NextToken").unwrap_or_default();
            let mut rest = self.sizes.range(start.to_owned()..);
            rest.by_ref().take(A_PAGE).for_each(|(name, size)| group(&mut body, name, *size));
            body.push_str("</AutoScalingGroups>");
            if let Some((next, _)) = rest.next() {
                write!(body, "<NextToken>{next}</NextToken>").expect("a string takes writes");
            }
            return body;
        }
        let known = names.into_iter().filter_map(|name| Some((name, self.sizes.get(name)?)));
        known.for_each(|(name, size)| group(&mut body, name, *size));
        body + "</AutoScalingGroups>"
    }
}

/// A group as Auto Scaling describes it.
fn group(body: &mut String, name: &str, size: u32) {
    let mut write = || {
        write!(
            body,
            "<member><AutoScalingGroupName>{name}</AutoScalingGroupName>\
             <LaunchConfigurationName>one</LaunchConfigurationName><MinSize>1</MinSize>\
             <MaxSize>200</MaxSize><DesiredCapacity>{size}</DesiredCapacity>\
             <DefaultCooldown>300</DefaultCooldown><AvailabilityZones><member>eu-west-1a</member>\
             </AvailabilityZones><LoadBalancerNames/><HealthCheckType>EC2</HealthCheckType>\
             <HealthCheckGracePeriod>300</HealthCheckGracePeriod>\
             <CreatedTime>2026-01-01T00:00:00Z</CreatedTime><VPCZoneIdentifier/><Instances>"
        )?;
        for member in 0..size {
            write!(
                body,
                "<member><InstanceId>i-{name}{member}</InstanceId>\
                 <InstanceType>t3.micro</InstanceType>\
                 <AvailabilityZone>eu-west-1a</AvailabilityZone>\
                 <LifecycleState>InService</LifecycleState><HealthStatus>Healthy</HealthStatus>\
                 <LaunchConfigurationName>one</LaunchConfigurationName>\
                 <ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>"
            )?;
        }
        write!(
            body,
            "</Instances><Tags><member><ResourceType>auto-scaling-group</ResourceType>\
             <ResourceId>{name}</ResourceId><PropagateAtLaunch>false</PropagateAtLaunch>\
             <Key>app</Key><Value>web</Value></member></Tags><TerminationPolicies><member>Default\
             </member></TerminationPolicies></member>"
        )
    };
    write().expect("a string takes writes");
}
