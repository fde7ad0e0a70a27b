//! `claviger gate`: the guard as a process in front of an API.

use std::process::ExitCode;
use std::time::Duration;

use claviger_gate::{Gate, GateConfig};
use claviger_guard::{LostFeed, Reports};
use claviger_telemetry::Wanted;
use claviger_token::challenge::Disclosure;
use serde_json::json;
use tokio::net::TcpListener;

use crate::args::Format;
use crate::args::gate::Gate as Arguments;
use crate::command::explain::read_file;
use crate::command::signals::EndSignals;
use crate::command::{algorithms, traces};
use crate::say::{self, CYAN, DIM, GOOD, GREEN, Stop, YELLOW};

/// How long the first key sets may take before the gate serves without them (and answers 503).
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) fn run(arguments: &Arguments, format: Format) -> Result<ExitCode, Stop> {
    let config = GateConfig {
        issuers: arguments.issuer.clone(),
        audiences: arguments.audience.clone(),
        scopes: arguments
            .scope
            .iter()
            .flat_map(|scopes| scopes.split_whitespace())
            .map(str::to_owned)
            .collect(),
        algorithms: algorithms(&arguments.algorithm)?,
        disclosure: Disclosure::from_name(&arguments.detail).unwrap_or_default(),
        leeway: arguments.leeway,
        strip_authorization: arguments.strip_authorization,
        forward_auth_preflight: arguments.forward_auth_preflight,
        lost_feed: if arguments.strict_revocation {
            LostFeed::Refuse
        } else {
            LostFeed::GoOn { seconds: 600 }
        },
        public_url: arguments.public_url.clone(),
        trusted_proxies: arguments.trusted_proxy.clone(),
        client_certificate_header: arguments.client_certificate_header.clone(),
        dpop_nonces: arguments.dpop_nonces,
        bound_tokens_only: arguments.bound_tokens_only,
        reports: reports(arguments)?,
        traceparent: Some(claviger_telemetry::traceparent),
        ..GateConfig::new(&arguments.upstream)
    };
    crate::runtime()?.block_on(async {
        let wanted = Wanted {
            endpoint: arguments.otlp_endpoint.as_deref(),
            service_name: None,
            sample_ratio: arguments.trace_ratio,
        };
        let traces = traces::start(&wanted, "claviger-gate")?;
        let gate = Gate::new(config).map_err(|error| Stop::usage(error.to_string()))?;
        let listener = TcpListener::bind(arguments.listen).await.map_err(|error| {
            Stop::unknown(format!("cannot listen on {}: {error}", arguments.listen))
                .hint("another program may listen there; --listen names another address")
        })?;
        let address = listener
            .local_addr()
            .map_err(|error| Stop::unknown(format!("cannot listen: {error}")))?;
        let mut signals = EndSignals::listen()?;
        let ready = gate.ready(PATIENCE).await;
        match format {
            Format::Json => {
                let line = json!({
                    "listen": format!("http://{address}"), "upstream": arguments.upstream,
                    "issuers": arguments.issuer, "audiences": arguments.audience, "ready": ready,
                });
                say::line(&line.to_string())?;
            }
            Format::Text => {
                say::note(&format!(
                    "{GREEN}The gate stands at http://{address}{GREEN:#} {DIM}(Ctrl-C ends it){DIM:#}"
                ));
                say::note(&format!("  {CYAN}upstream{CYAN:#}      {}", arguments.upstream));
                say::note(&format!("  {CYAN}forward-auth{CYAN:#}  http://{address}/_claviger/auth"));
                say::note(&format!("  {CYAN}health{CYAN:#}        http://{address}/_claviger/health"));
            }
        }
        if !ready {
            say::note(&format!(
                "{YELLOW}The keys of the issuer are not there yet; until they are, requests get 503.{YELLOW:#}"
            ));
        }
        gate.serve(listener, async move { signals.next().await })
            .await
            .map_err(|error| Stop::unknown(format!("the gate ended: {error}")))?;
        traces::finish(traces).await;
        Ok(ExitCode::from(GOOD))
    })
}

/// As whom the gate reports what it refuses; it does so where it was told.
fn reports(arguments: &Arguments) -> Result<Option<Reports>, Stop> {
    let Arguments { report_as, report_secret_file, report_to, .. } = arguments;
    match (report_as, report_secret_file) {
        (Some(client), Some(file)) => {
            let secret = read_file(file, "the secret of the client that reports refusals")?;
            let secret = String::from_utf8_lossy(&secret).trim().to_owned();
            Ok(Some(Reports { issuer: report_to.clone(), client: client.clone(), secret }))
        }
        (None, None) if report_to.is_none() => Ok(None),
        _ => Err(Stop::usage(
            "refusals are reported by a client with a secret, and one of them is not named",
        )
        .hint("write --report-as CLIENT and --report-secret-file FILE")),
    }
}
