//! As much HTTP/1.1 as a form and its answer take: one request a connection.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// No server here takes longer over a request, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A request as it came over the wire.
pub(crate) struct Request {
    /// The request line and the headers, without the empty line.
    pub(crate) head: String,
    /// The body: a form in the query protocol, CBOR in another.
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// Reads one request; `None` if the other side closed without sending any.
    pub(crate) fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let Some(head) = read_head(stream)? else { return Ok(None) };
        let length = header(&head, "content-length").and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body)?;
        Ok(Some(Self { head, body }))
    }

    /// Sends it to `address` and reads the whole answer, head and body, as bytes.
    pub(crate) fn send(&self, address: SocketAddr) -> io::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let kept = self.head.lines().filter(|line| {
            let name = line.split(':').next().unwrap_or(line).to_lowercase();
            name != "content-length" && name != "connection"
        });
        let head = kept.collect::<Vec<_>>().join("\r\n");
        let length = self.body.len();
        write!(stream, "{head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n")?;
        stream.write_all(&self.body)?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    /// The action of AWS's that it asks for; nothing, where that cannot be told.
    pub(crate) fn action(&self) -> &str {
        let line = self.head.lines().next().unwrap_or_default();
        match line.split_once(' ').unwrap_or_default() {
            ("POST", path) if path.contains("/rrset") => "ChangeResourceRecordSets",
            ("GET", path) if path.contains("/rrset") => "ListResourceRecordSets",
            ("GET", path) if path.contains("/healthcheck/") => "GetHealthCheckStatus",
            _ => self.field("Action").unwrap_or_default(),
        }
    }

    /// The value of a field of the form in the body, as encoded; `None` if it is not there.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let form = std::str::from_utf8(&self.body).ok()?;
        form.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
    }
}

fn read_head(stream: &mut TcpStream) -> io::Result<Option<String>> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte)? == 0 {
            return Ok(None);
        }
        head.extend(byte);
    }
    head.truncate(head.len() - 4);
    Ok(Some(String::from_utf8_lossy(&head).into_owned()))
}

/// The value of a header; `None` if it is not there.
pub(crate) fn header<'head>(head: &'head str, wanted: &str) -> Option<&'head str> {
    head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case(wanted).then(|| value.trim())
    })
}
