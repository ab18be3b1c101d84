//! `[providers.x]` as it is written: what each kind has.

use super::{
    fault::At,
    raw::{kind, required},
    raw_source::{RawAccess, access},
    table::Table,
};
use setpoint_core::Span;

/// `[providers.x]`.
#[derive(Debug)]
pub(crate) enum RawProvider {
    /// `kind = "aws"`.
    Aws(Box<RawAws>),
    /// `kind = "azure"`.
    Azure(Box<RawAzure>),
    /// `kind = "kubernetes"`.
    Kubernetes(Box<RawKubernetes>),
    /// `kind = "webhook"`.
    Webhook(Box<RawWebhook>),
    /// `kind = "file"`.
    File(RawFile),
    /// `kind = "flags"`.
    Flags(RawFlags),
    /// `kind = "systemd"`.
    Systemd(RawSystemd),
    /// `kind = "onprem"`.
    Onprem(RawOnprem),
}

/// `kind = "aws"`.
#[derive(Debug)]
pub(crate) struct RawAws {
    pub(crate) region: Option<At<String>>,
    pub(crate) endpoint: Option<At<String>>,
    pub(crate) credentials_file: Option<At<String>>,
    pub(crate) profile: Option<At<String>>,
    pub(crate) role_arn: Option<At<String>>,
    pub(crate) external_id: Option<At<String>>,
    pub(crate) calls_per_second: Option<At<u32>>,
}

/// `kind = "azure"`.
#[derive(Debug)]
pub(crate) struct RawAzure {
    pub(crate) subscription: At<String>,
    pub(crate) resource_group: Option<At<String>>,
    pub(crate) tenant_id: Option<At<String>>,
    pub(crate) client_id: Option<At<String>>,
    pub(crate) secret_file: Option<At<String>>,
    pub(crate) federated_token_file: Option<At<String>>,
    pub(crate) bearer_file: Option<At<String>>,
    pub(crate) authority: Option<At<String>>,
    pub(crate) endpoint: Option<At<String>>,
}

/// `kind = "kubernetes"`.
#[derive(Debug)]
pub(crate) struct RawKubernetes {
    pub(crate) namespace: Option<At<String>>,
    pub(crate) kubeconfig: Option<At<String>>,
    pub(crate) context: Option<At<String>>,
    pub(crate) endpoint: Option<At<String>>,
    pub(crate) bearer_file: Option<At<String>>,
}

/// `kind = "webhook"`.
#[derive(Debug)]
pub(crate) struct RawWebhook {
    pub(crate) url: At<String>,
    pub(crate) pointer: Option<At<String>>,
    pub(crate) run: Option<At<String>>,
    pub(crate) method: Option<At<String>>,
    pub(crate) timeout: Option<At<Span>>,
    pub(crate) access: RawAccess,
}

/// `kind = "file"`.
#[derive(Debug)]
pub(crate) struct RawFile {
    pub(crate) folder: At<String>,
}

/// `kind = "flags"`.
#[derive(Debug)]
pub(crate) struct RawFlags {
    pub(crate) file: At<String>,
}

/// `kind = "systemd"`.
#[derive(Debug)]
pub(crate) struct RawSystemd {
    pub(crate) program: Option<At<String>>,
}

/// `kind = "onprem"`.
#[derive(Debug)]
pub(crate) struct RawOnprem {
    pub(crate) haproxy: At<String>,
}

/// Reads one provider.
pub(crate) fn provider(mut table: Table<'_>) -> Option<RawProvider> {
    const KINDS: [&str; 8] =
        ["aws", "azure", "kubernetes", "webhook", "file", "flags", "systemd", "onprem"];
    let kind = kind(&mut table, &KINDS, &[])?;
    let provider = match kind.as_str() {
        "azure" => azure(&mut table).map(Box::new).map(RawProvider::Azure),
        "kubernetes" => Some(RawProvider::Kubernetes(Box::new(kubernetes(&mut table)))),
        "webhook" => webhook(&mut table).map(Box::new).map(RawProvider::Webhook),
        "file" => file(&mut table).map(RawProvider::File),
        "flags" => flags(&mut table).map(RawProvider::Flags),
        "onprem" => onprem(&mut table).map(RawProvider::Onprem),
        "systemd" => Some(RawProvider::Systemd(RawSystemd { program: table.text("program") })),
        _ => Some(RawProvider::Aws(Box::new(aws(&mut table)))),
    };
    table.finish();
    provider
}

fn aws(table: &mut Table<'_>) -> RawAws {
    RawAws {
        region: table.text("region"),
        endpoint: table.text("endpoint"),
        credentials_file: table.text("credentials_file"),
        profile: table.text("profile"),
        role_arn: table.text("role_arn"),
        external_id: table.text("external_id"),
        calls_per_second: table.count("calls_per_second"),
    }
}

fn azure(table: &mut Table<'_>) -> Option<RawAzure> {
    let example = "subscription = \"the id of the subscription\"";
    let subscription = required(table, "subscription", example, Table::text);
    let mut text = |key| table.text(key);
    let resource_group = text("resource_group");
    let (tenant_id, client_id) = (text("tenant_id"), text("client_id"));
    let (secret_file, federated_token_file) = (text("secret_file"), text("federated_token_file"));
    let (bearer_file, authority, endpoint) =
        (text("bearer_file"), text("authority"), text("endpoint"));
    Some(RawAzure {
        subscription: subscription?,
        resource_group,
        tenant_id,
        client_id,
        secret_file,
        federated_token_file,
        bearer_file,
        authority,
        endpoint,
    })
}

fn kubernetes(table: &mut Table<'_>) -> RawKubernetes {
    RawKubernetes {
        namespace: table.text("namespace"),
        kubeconfig: table.text("kubeconfig"),
        context: table.text("context"),
        endpoint: table.text("endpoint"),
        bearer_file: table.text("bearer_file"),
    }
}

fn webhook(table: &mut Table<'_>) -> Option<RawWebhook> {
    let example = "url = \"https://config.example/settings/{id}\"";
    let url = required(table, "url", example, Table::text);
    let (pointer, run) = (table.text("pointer"), table.text("run"));
    let method = table.text("method");
    let timeout = table.span("timeout");
    let access = access(table);
    Some(RawWebhook { url: url?, pointer, run, method, timeout, access })
}

fn onprem(table: &mut Table<'_>) -> Option<RawOnprem> {
    let example = "haproxy = \"/run/haproxy/admin.sock\"";
    let haproxy = required(table, "haproxy", example, Table::text);
    haproxy.map(|haproxy| RawOnprem { haproxy })
}

fn file(table: &mut Table<'_>) -> Option<RawFile> {
    let folder = required(table, "folder", "folder = \"/etc/app\"", Table::text);
    folder.map(|folder| RawFile { folder })
}

fn flags(table: &mut Table<'_>) -> Option<RawFlags> {
    let file = required(table, "file", "file = \"/etc/app/flags.json\"", Table::text);
    file.map(|file| RawFlags { file })
}
