//! Pages about the gate itself: health, metrics, and what it protects (RFC 9728).
//!
//! Decides nothing; holds no token, no key, and nothing about a caller.

use std::fmt::Write as _;

use claviger_guard::{FeedStatus, Guard};
use claviger_token::{Algorithm, dpop};
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::answer::{self, Body};
use crate::config::GateConfig;

/// Where a service says what it is protected by (RFC 9728 §3).
pub(crate) const PROTECTED_RESOURCE: &str = "/.well-known/oauth-protected-resource";

/// 200 once every issuer's keys are at hand, 503 before.
pub(crate) fn health(guard: &Guard) -> Response<Body> {
    let status = guard.status();
    let code = if status.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let word = if status.ready { "ready" } else { "waiting-for-keys" };
    let body = json!({
        "status": word,
        "issuers": status.issuers,
        "remembered_tokens": status.remembered_tokens,
    });
    answer::json(code, &body)
}

/// The counts in the text format of Prometheus.
pub(crate) fn metrics(guard: &Guard) -> Response<Body> {
    let (counts, status) = (guard.counters(), guard.status());
    let mut out = String::new();
    let mut family = |name: &str, kind: &str, help: &str, rows: &[(String, String)]| {
        // Writing to a String cannot fail.
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in rows {
            let _ = writeln!(out, "{name}{labels} {value}");
        }
    };
    let one = |value: String| vec![(String::new(), value)];
    family(
        "claviger_requests_allowed_total",
        "counter",
        "Requests let through.",
        &one(counts.allowed.to_string()),
    );
    family(
        "claviger_requests_remembered_total",
        "counter",
        "Requests let through whose token was remembered.",
        &one(counts.remembered.to_string()),
    );
    let rows: Vec<_> = counts
        .refused
        .iter()
        .map(|(code, count)| {
            (format!("{{code=\"{code}\",class=\"{}\"}}", code.class().as_str()), count.to_string())
        })
        .collect();
    family("claviger_requests_refused_total", "counter", "Requests refused, by cause.", &rows);
    family(
        "claviger_reports_sent_total",
        "counter",
        "Reports of refusals that the issuer's journal has taken.",
        &one(counts.reported.to_string()),
    );
    family(
        "claviger_reports_dropped_total",
        "counter",
        "Reports of refusals that were given up.",
        &one(counts.unreported.to_string()),
    );
    let remembered = one(status.remembered_tokens.to_string());
    family(
        "claviger_remembered_tokens",
        "gauge",
        "Verified tokens that are remembered.",
        &remembered,
    );
    let by_issuer =
        |value: fn(&claviger_guard::IssuerStatus) -> Option<i64>| -> Vec<(String, String)> {
            let row = |issuer: &claviger_guard::IssuerStatus| {
                Some((
                    format!("{{issuer=\"{}\"}}", escaped(&issuer.issuer)),
                    value(issuer)?.to_string(),
                ))
            };
            status.issuers.iter().filter_map(row).collect()
        };
    let keys = by_issuer(|issuer| i64::try_from(issuer.keys).ok());
    family("claviger_issuer_keys", "gauge", "Keys at hand.", &keys);
    let ages = by_issuer(|issuer| issuer.age);
    family(
        "claviger_issuer_keys_age_seconds",
        "gauge",
        "Seconds since the keys were confirmed.",
        &ages,
    );
    let live = by_issuer(|issuer| match issuer.feed {
        FeedStatus::Absent => None,
        FeedStatus::Live { .. } => Some(1),
        FeedStatus::Lost { .. } => Some(0),
    });
    family(
        "claviger_revocation_feed_live",
        "gauge",
        "Whether the revocation feed is connected.",
        &live,
    );
    answer::text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", out)
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

/// Protected-resource metadata (RFC 9728 §2): where a client gets a token for this service.
pub(crate) fn protected_resource(config: &GateConfig) -> Response<Body> {
    let resource = config.resource.as_ref().or_else(|| config.audiences.first());
    let takes_certificates = config.client_certificate_header.is_some();
    let mut body = json!({
        "resource": resource,
        "authorization_servers": config.issuers,
        "bearer_methods_supported": ["header"],
        "dpop_signing_alg_values_supported": dpop::algorithms().map(Algorithm::name).collect::<Vec<_>>(),
        // A certificate would do as well, where one can be proven.
        "dpop_bound_access_tokens_required": config.bound_tokens_only && !takes_certificates,
        "tls_client_certificate_bound_access_tokens": takes_certificates,
    });
    if !config.scopes.is_empty() {
        body["scopes_supported"] = json!(config.scopes);
    }
    let mut response = answer::json(StatusCode::OK, &body);
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// Where these metadata are, for the challenge (RFC 9728 §5.1).
pub(crate) fn resource_metadata_url(
    config: &GateConfig,
    headers: &HeaderMap,
    uri: &http::Uri,
) -> Option<String> {
    if let Some(public) = &config.public_url {
        return Some(format!("{}{PROTECTED_RESOURCE}", public.trim_end_matches('/')));
    }
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or_else(|| uri.authority().map(http::uri::Authority::as_str))?;
    let host: http::uri::Authority = host.parse().ok()?;
    let secure = headers.get("x-forwarded-proto").is_some_and(|proto| proto.as_bytes() == b"https");
    Some(format!("{}://{host}{PROTECTED_RESOURCE}", if secure { "https" } else { "http" }))
}
