//! A real metrics page, read whole.

use setpoint_core::Timestamp;
use setpoint_promql::{Page, Query, Recent};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::Duration,
};

/// A node exporter of one's own; stopped when dropped.
struct NodeExporter {
    process: Child,
    port: u16,
}

impl NodeExporter {
    fn start() -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let port = free.local_addr().expect("a bound socket has an address").port();
        drop(free);
        let process = Command::new("prometheus-node-exporter")
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("apt-get install prometheus-node-exporter");
        Self { process, port }
    }

    /// The page, as soon as it is there.
    fn page(&self) -> Vec<u8> {
        for _ in 0..200 {
            if let Ok(page) = self.fetch() {
                return page;
            }
            std::thread::park_timeout(Duration::from_millis(50));
        }
        panic!("the node exporter does not answer");
    }

    fn fetch(&self) -> std::io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        let body = answer.windows(4).position(|window| window == b"\r\n\r\n");
        Ok(body.map_or_else(Vec::new, |head| answer[head + 4..].to_vec()))
    }
}

impl Drop for NodeExporter {
    fn drop(&mut self) {
        // It may have ended by itself, which is all that is wanted here.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

#[test]
fn a_real_page_is_read_whole() {
    let exporter = NodeExporter::start();
    let body = exporter.page();
    let text = String::from_utf8(body.clone()).expect("a page is text");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    let page = Page::parse(&body).expect("a real page is well-formed");
    assert_eq!(page.samples(), lines);
    assert!(lines > 200, "{lines}");

    let queries =
        ["count(node_cpu_seconds_total)", "node_memory_MemTotal_bytes", "sum(node_uname_info)"]
            .map(|text| Query::parse(text).expect("a page can answer it"));
    let mut recent = Recent::of(&queries);
    recent.absorb(&page, Timestamp::from_ms(0));
    for query in &queries {
        let reading = query.answer(&recent, Timestamp::from_ms(0));
        assert!(
            matches!(reading, setpoint_core::Reading::Sample(_)),
            "{}: {reading:?}",
            query.text()
        );
    }
}
