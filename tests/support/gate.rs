//! A gate before a server that lets through only what is signed as AWS has it.
//!
//! The signature is made again here, by the steps of AWS's documentation ("Create a signed
//! AWS API request"), and by no code of the program's or of the crate that it signs with.

use crate::http::Request;
use ring::{digest, hmac};
use std::{
    io::Write,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A gate; it knows one key.
#[derive(Debug)]
pub struct Gate {
    address: SocketAddr,
    refused: Arc<Mutex<Vec<String>>>,
}

/// Who may pass, for what.
#[derive(Clone, Debug)]
pub struct Allowed {
    /// The secret of the key.
    pub secret: String,
    /// The region it must be signed for.
    pub region: String,
    /// The service it must be signed for.
    pub service: String,
    /// What the path begins with, and is sent on without.
    pub prefix: String,
}

impl Gate {
    /// A gate before the server at `behind`.
    pub fn start(behind: SocketAddr, allowed: Allowed) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let refused = Arc::<Mutex<Vec<String>>>::default();
        let why = Arc::clone(&refused);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (allowed, why) = (allowed.clone(), Arc::clone(&why));
                // Who hangs up early is not waited for.
                thread::spawn(move || pass(stream, behind, &allowed, &why).ok());
            }
        });
        Self { address, refused }
    }

    /// Where it is called, with the prefix.
    pub fn url(&self, prefix: &str) -> String {
        format!("http://{}{prefix}", self.address)
    }

    /// What was refused so far, and why.
    pub fn refused(&self) -> Vec<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn pass(
    mut stream: TcpStream,
    behind: SocketAddr,
    allowed: &Allowed,
    refused: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let Some(mut request) = Request::read(&mut stream)? else { return Ok(()) };
    let answer = match signed(&request, allowed) {
        Ok(()) => {
            request.head = request.head.replacen(&allowed.prefix, "", 1);
            request.send(behind)?
        }
        Err(why) => {
            refused.lock().unwrap_or_else(PoisonError::into_inner).push(why);
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_vec()
        }
    };
    stream.write_all(&answer)
}

/// Whether the request is signed with the one key there is.
fn signed(request: &Request, allowed: &Allowed) -> Result<(), String> {
    let Allowed { secret, region, service, .. } = allowed;
    let given = header(request, "authorization").ok_or("not signed at all")?;
    let part = |name: &str| {
        let rest = given.split_once(&format!("{name}=")).map(|(_, rest)| rest);
        rest.and_then(|rest| rest.split(", ").next()).ok_or(format!("no {name} in {given}"))
    };
    let (credential, names, signature) =
        (part("Credential")?, part("SignedHeaders")?, part("Signature")?);
    let scope = credential.split_once('/').map(|(_, scope)| scope).ok_or("no scope")?;
    let time = header(request, "x-amz-date").ok_or("no x-amz-date")?;
    let day = time.get(..8).ok_or("no day")?;
    if scope != format!("{day}/{region}/{service}/aws4_request") {
        return Err(format!("for {scope}"));
    }
    if !names.split(';').any(|name| name == "host") {
        return Err("the host is not signed".to_owned());
    }
    let mut line = request.head.lines().next().unwrap_or_default().split(' ');
    let (method, target) = (line.next().unwrap_or_default(), line.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut canonical = format!("{method}\n{path}\n{query}\n");
    for name in names.split(';') {
        let value = header(request, name).ok_or(format!("{name} is signed and not there"))?;
        canonical.push_str(&format!("{name}:{}\n", value.trim()));
    }
    let body = hex(digest::digest(&digest::SHA256, &request.body).as_ref());
    canonical.push_str(&format!("\n{names}\n{body}"));
    let canonical = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("AWS4-HMAC-SHA256\n{time}\n{scope}\n{canonical}");
    let mut key = format!("AWS4{secret}").into_bytes();
    for step in scope.split('/') {
        key = keyed(&key, step);
    }
    match hex(&keyed(&key, &to_sign)) == signature {
        true => Ok(()),
        false => Err("another signature".to_owned()),
    }
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes()).as_ref().to_vec()
}

fn header<'r>(request: &'r Request, wanted: &str) -> Option<&'r str> {
    let fields = request.head.lines().skip(1).filter_map(|line| line.split_once(": "));
    let mut found = fields.filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
    found.next().map(|(_, value)| value)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
