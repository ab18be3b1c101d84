//! M/M/c by this simulator, for bench/rivals: prints requests, CPU seconds and peak RSS in KiB.
//!
//! `cargo run --release -p setpoint-sim --example queue -- des 3600`

use setpoint_core::Span;
use setpoint_sim::{
    chance::Chance,
    world::{
        Clients, Service,
        engine::{Asked, Des, Engine, Fluid},
    },
};
use std::{env, fs, io::Write as _};

fn main() {
    let mut arguments = env::args().skip(1);
    let engine = arguments.next().expect("the engine: fluid or des");
    let seconds: u32 =
        arguments.next().and_then(|text| text.parse().ok()).expect("seconds to simulate");
    let service = Service { workers: 200, mean: Span::from_ms(160), ..Service::USUAL };
    let mut engine: Box<dyn Engine> = match engine.as_str() {
        "fluid" => Box::new(Fluid::new(service, Clients::RESIGNED)),
        _ => Box::new(Des::new(service, Clients::RESIGNED, Chance::new(1))),
    };
    let asked = Asked::usual(1000.0, 1);
    let offered: f64 = (0..seconds).map(|_| engine.second(asked).0.offered).sum();
    let (cpu, rss) = usage();
    writeln!(std::io::stdout(), "{offered:.0} {cpu:.3} {rss}").expect("somebody reads");
}

/// CPU seconds of this process, and the most memory it had in KiB, as Linux tells them.
fn usage() -> (f64, u64) {
    let stat = fs::read_to_string("/proc/self/stat").expect("/proc");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name").split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|field| field.parse::<f64>().expect("ticks")).sum();
    let status = fs::read_to_string("/proc/self/status").expect("/proc");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    let rss = peak.split_whitespace().next().expect("a number").parse().expect("KiB");
    (ticks / 100.0, rss)
}
