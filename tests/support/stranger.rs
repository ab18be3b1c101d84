//! A server that shows a certificate which nobody has vouched for, as an impostor does.
//!
//! Whoever is careful says nothing to it: what it hears after all is counted.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use std::{
    io::Read,
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// Such a server; it ends with the process.
#[derive(Clone, Debug)]
pub struct Stranger {
    address: SocketAddr,
    heard: Arc<AtomicUsize>,
}

impl Stranger {
    /// Starts one on a free port. Its certificate is for `127.0.0.1`.
    pub fn start() -> Self {
        // One that is installed already is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
        let own = generate_simple_self_signed(vec!["127.0.0.1".to_owned()]);
        let CertifiedKey { cert, signing_key } = own.expect("a key can be made");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key);
        let config = Arc::new(config.expect("the key is that of the certificate"));
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound socket has an address");
        let stranger = Self { address, heard: Arc::default() };
        let heard = Arc::clone(&stranger.heard);
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (config, heard) = (Arc::clone(&config), Arc::clone(&heard));
                thread::spawn(move || listen(stream, config, &heard));
            }
        });
        stranger
    }

    /// Where it is called.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// How many callers told it something.
    pub fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }
}

fn listen(stream: TcpStream, config: Arc<ServerConfig>, heard: &AtomicUsize) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut first = [0];
    if StreamOwned::new(connection, stream).read(&mut first).is_ok_and(|count| count > 0) {
        heard.fetch_add(1, Ordering::SeqCst);
    }
}
