//! A metrics page that the test writes.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A server of one page; it ends with the process.
#[derive(Clone, Debug)]
pub struct Exporter {
    address: SocketAddr,
    page: Arc<Mutex<Page>>,
}

/// What the exporter answers.
#[derive(Clone, Debug)]
pub enum Page {
    /// This text, with status 200.
    Text(String),
    /// This status, with an empty body.
    Status(u16),
    /// This many bytes that never make a sample.
    Endless(usize),
    /// These bytes, whatever they are.
    Bytes(Vec<u8>),
    /// Nothing: the connection is closed without a word.
    Gone,
}

impl Exporter {
    /// Starts one with `page`, on a free port.
    pub fn start(page: Page) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let page = Arc::new(Mutex::new(page));
        let shown = Arc::clone(&page);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let page = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
                // A reader that hangs up early is the reader's business.
                thread::spawn(move || answer(stream, &page).ok());
            }
        });
        Self { address, page }
    }

    /// Shows another page from now on.
    pub fn show(&self, page: Page) {
        *self.page.lock().unwrap_or_else(PoisonError::into_inner) = page;
    }

    /// Shows one line.
    pub fn show_value(&self, metric: &str, value: impl std::fmt::Display) {
        self.show(Page::Text(format!("{metric} {value}\n")));
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://{}/metrics", self.address)
    }
}

fn answer(mut stream: TcpStream, page: &Page) -> std::io::Result<()> {
    let mut request = [0; 4096];
    let mut seen = Vec::new();
    while !seen.ends_with(b"\r\n\r\n") {
        match stream.read(&mut request)? {
            0 => return Ok(()),
            read => seen.extend_from_slice(&request[..read]),
        }
    }
    let (status, body) = match page {
        Page::Text(text) => (200, text.clone().into_bytes()),
        Page::Bytes(bytes) => (200, bytes.clone()),
        Page::Status(status) => (*status, Vec::new()),
        Page::Endless(length) => return endless(stream, *length),
        Page::Gone => return Ok(()),
    };
    head(&mut stream, status, body.len())?;
    stream.write_all(&body)
}

fn endless(mut stream: TcpStream, length: usize) -> std::io::Result<()> {
    head(&mut stream, 200, length)?;
    let comment = [b"# ".as_slice(), &[b'x'; 1021], b"\n"].concat();
    for _ in 0..length.div_ceil(comment.len()) {
        stream.write_all(&comment)?;
    }
    Ok(())
}

fn head(stream: &mut TcpStream, status: u16, length: usize) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Type: text/plain; version=0.0.4\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n"
    )
}
