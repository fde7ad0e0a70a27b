//! `claviger gate`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use claviger_gate::Network;
use http::HeaderName;

#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// The API behind the gate.
    #[arg(long, value_name = "URL")]
    pub(crate) upstream: String,
    /// A trusted issuer; may be given several times.
    #[arg(long, required = true, value_name = "URL")]
    pub(crate) issuer: Vec<String>,
    /// A name of the API behind the gate, as tokens write it into `aud`; may be given several times.
    #[arg(long, required = true, value_name = "AUDIENCE")]
    pub(crate) audience: Vec<String>,
    /// Scopes that every request needs, space-separated.
    #[arg(long, value_name = "SCOPES")]
    pub(crate) scope: Option<String>,
    /// An algorithm that tokens may be signed with; may be given several times. Without it, whatever the issuer's
    /// keys allow, but for ML-DSA-65, which counts only where it is named.
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Vec<String>,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8090", value_name = "ADDRESS", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// How much a refused client is told: terse, code or full.
    #[arg(long, default_value = "code", value_name = "LEVEL", value_parser = ["terse", "code", "full"])]
    pub(crate) detail: String,
    /// Seconds by which clocks may differ.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub(crate) leeway: u64,
    /// Do not hand the Authorization header on to the API.
    #[arg(long)]
    pub(crate) strip_authorization: bool,
    /// Forward-auth lets CORS preflights pass. Only where the proxy sets X-Original-Method or
    /// X-Forwarded-Method on every request: else a client could, and would pass without a token.
    #[arg(long)]
    pub(crate) forward_auth_preflight: bool,
    /// Refuse (503) as soon as the revocation feed is lost, in place of going on for ten minutes.
    #[arg(long)]
    pub(crate) strict_revocation: bool,
    /// The gate's address as clients write it, to which DPoP proofs are made. Else it is what a trusted proxy says,
    /// or the Host of the request.
    #[arg(long, env = "CLAVIGER_GATE_PUBLIC_URL", value_name = "URL")]
    pub(crate) public_url: Option<String>,
    /// A proxy in front whose X-Forwarded-Proto, -Host and -For are believed: an address or a network, such as
    /// 10.0.0.0/8; may be given several times. Forward-auth judges DPoP proofs for such a proxy only.
    #[arg(
        long,
        env = "CLAVIGER_GATE_TRUSTED_PROXIES",
        value_delimiter = ',',
        value_name = "NETWORK"
    )]
    pub(crate) trusted_proxy: Vec<Network>,
    /// The header in which a trusted proxy hands on its client's certificate, such as Client-Cert, for tokens that
    /// are bound to one. The proxy must overwrite what clients send under this name.
    #[arg(long, env = "CLAVIGER_GATE_CLIENT_CERTIFICATE_HEADER", value_name = "HEADER")]
    pub(crate) client_certificate_header: Option<HeaderName>,
    /// Take only DPoP proofs with a nonce of this gate: what was used before a restart serves nobody after it.
    #[arg(long)]
    pub(crate) dpop_nonces: bool,
    /// Take no token that is bound to nothing: a stolen one is then worth nothing without its key.
    #[arg(long)]
    pub(crate) bound_tokens_only: bool,
    /// Report what is refused to the issuer's journal, as this client: one among the introspectors of the API.
    #[arg(long, env = "CLAVIGER_GATE_REPORT_AS", value_name = "CLIENT")]
    pub(crate) report_as: Option<String>,
    /// The file with that client's secret.
    #[arg(long, env = "CLAVIGER_GATE_REPORT_SECRET_FILE", value_name = "FILE")]
    pub(crate) report_secret_file: Option<PathBuf>,
    /// The issuer that takes the reports, where several are trusted.
    #[arg(long, env = "CLAVIGER_GATE_REPORT_TO", value_name = "URL")]
    pub(crate) report_to: Option<String>,
    /// The collector that takes traces as OTLP over HTTP in JSON, such as http://127.0.0.1:4318. Without it,
    /// OTEL_EXPORTER_OTLP_ENDPOINT counts; without either nothing is recorded.
    #[arg(long, value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,
    /// The share of requests that is recorded, from 0 to 1, where no caller decides it with `traceparent`. Without
    /// it, OTEL_TRACES_SAMPLER counts; without either it is 1.
    #[arg(long, value_name = "RATIO")]
    pub(crate) trace_ratio: Option<f64>,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "this is no IP address with a port; write for example 127.0.0.1:8090")
}
