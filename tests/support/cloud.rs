//! AWS as the tests have it: moto behind a [`FaultProxy`], and the way there.

use crate::{FaultProxy, MachineClock, Moto, REGION};
use setpoint_aws::{Aws, AwsSettings, Deadlines};
use std::{io::Write, path::Path, sync::Arc};
use tempfile::NamedTempFile;
use url::Url;

/// A cloud of one's own.
#[derive(Debug)]
pub struct Cloud {
    /// Listens to our calls.
    pub proxy: FaultProxy,
    /// Answers them, and those that set the scene.
    pub moto: Moto,
    keys: Keys,
}

impl Cloud {
    /// Starts one that lets everybody in.
    pub fn start() -> Self {
        Self::of(Moto::start())
    }

    /// One that has `moto` behind it.
    pub fn of(moto: Moto) -> Self {
        Self { proxy: FaultProxy::start(moto.address()), moto, keys: Keys::new() }
    }

    /// Where it is called, through the proxy.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.proxy.address())
    }

    /// The file with the credentials it accepts.
    pub fn credentials(&self) -> &Path {
        self.keys.0.path()
    }

    /// Gets ready to call it, through the proxy, with the default deadlines.
    pub async fn connect(&self) -> Aws {
        self.connect_within(Deadlines::default()).await
    }

    /// Gets ready to call it, through the proxy.
    pub async fn connect_within(&self, deadlines: Deadlines) -> Aws {
        self.keys.connect(&self.endpoint(), deadlines).await
    }
}

/// Credentials that every emulator takes, in a file of their own.
#[derive(Debug)]
pub struct Keys(NamedTempFile);

impl Default for Keys {
    fn default() -> Self {
        Self::new()
    }
}

impl Keys {
    /// Writes them down.
    pub fn new() -> Self {
        let mut file = NamedTempFile::new().expect("there is room for a small file");
        let text = "[default]\naws_access_key_id = fake\naws_secret_access_key = fake\n";
        file.write_all(text.as_bytes()).expect("there is room for a small file");
        Self(file)
    }

    /// Gets ready to call what listens at `endpoint`.
    pub async fn connect(&self, endpoint: &str, deadlines: Deadlines) -> Aws {
        let settings = AwsSettings {
            endpoint: Some(Url::parse(endpoint).expect("an address makes a URL")),
            credentials_file: Some(self.0.path().to_owned()),
            deadlines,
            ..AwsSettings::new("aws", REGION)
        };
        Aws::connect(settings, Arc::new(MachineClock::start())).await
    }
}
