//! Where traces of requests go, and how many of them.

use serde::{Deserialize, Serialize};
use url::Url;

use super::{ConfigError, wrong, wrongs};

/// Traces for OpenTelemetry. The authority makes the spans; whoever runs it sends them (`claviger serve` does).
/// A trace names methods, routes, statuses and codes; no token, no secret and nobody who asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Telemetry {
    /// The collector that takes traces as OTLP over HTTP in JSON: its address, to which `/v1/traces` is added,
    /// such as `http://127.0.0.1:4318`. When absent, `OTEL_EXPORTER_OTLP_ENDPOINT` counts; without either,
    /// nothing is recorded and nothing is sent.
    pub otlp_endpoint: Option<String>,
    /// What this authority is called there; when absent `OTEL_SERVICE_NAME`, or `claviger`.
    pub service_name: Option<String>,
    /// The share of requests that is recorded, from 0 to 1, where no caller decides it with `traceparent`; when
    /// absent, `OTEL_TRACES_SAMPLER` counts, and without either it is 1. Less spares the collector. What does not
    /// fit into the queue is lost, and no request waits.
    pub sample_ratio: Option<f64>,
}

impl Telemetry {
    pub(crate) fn check(&self) -> Vec<ConfigError> {
        wrongs([self.check_endpoint(), self.check_name(), self.check_ratio()])
    }

    fn check_endpoint(&self) -> Result<(), ConfigError> {
        const FIELD: &str = "telemetry.otlp_endpoint";
        let Some(text) = &self.otlp_endpoint else { return Ok(()) };
        let url = Url::parse(text)
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or_else(|| {
                let fix = "write the collector's, such as `http://127.0.0.1:4318`";
                wrong(FIELD, "is no http or https URL", fix)
            })?;
        if !url.username().is_empty() || url.password().is_some() {
            let fix = "leave off everything before and with the `@`, and set \
                       OTEL_EXPORTER_OTLP_HEADERS in the environment";
            return Err(wrong(FIELD, "carries a credential", fix));
        }
        if url.query().is_some() || url.fragment().is_some() {
            let fix = "leave off everything from `?` or `#`";
            return Err(wrong(FIELD, "has a query or a fragment", fix));
        }
        Ok(())
    }

    fn check_name(&self) -> Result<(), ConfigError> {
        match &self.service_name {
            Some(name) if name.trim().is_empty() || name.len() > 255 => Err(wrong(
                "telemetry.service_name",
                "is empty or longer than 255 bytes",
                "write a short name, or leave it out for `claviger`",
            )),
            _ => Ok(()),
        }
    }

    fn check_ratio(&self) -> Result<(), ConfigError> {
        match self.sample_ratio {
            Some(ratio) if !(0.0..=1.0).contains(&ratio) => Err(wrong(
                "telemetry.sample_ratio",
                format!("{ratio} is no share"),
                "write a number from 0 (none) to 1 (all), such as `0.1`",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_to_is_named() {
        let to = |endpoint: &str| Telemetry {
            otlp_endpoint: Some(endpoint.to_owned()),
            ..Telemetry::default()
        };
        assert_eq!(to("http://127.0.0.1:4318").check(), []);
        assert_eq!(to("https://collector.example/otlp").check(), []);
        for bad in ["127.0.0.1:4318", "grpc://c", "http://a:hush@c", "http://c/?k=hush", ""] {
            let found = to(bad).check();
            assert_eq!(found[0].field, "telemetry.otlp_endpoint", "{bad}");
            assert!(!found[0].to_string().contains("hush"), "{}", found[0]);
        }
        for ratio in [-0.1, 1.5, f64::NAN, f64::INFINITY] {
            let found = Telemetry { sample_ratio: Some(ratio), ..Telemetry::default() }.check();
            assert_eq!(found[0].field, "telemetry.sample_ratio", "{ratio}");
        }
        for ratio in [None, Some(0.0), Some(1.0)] {
            assert_eq!(Telemetry { sample_ratio: ratio, ..Telemetry::default() }.check(), []);
        }
        let named = Telemetry { service_name: Some(" ".to_owned()), ..Telemetry::default() };
        assert_eq!(named.check()[0].field, "telemetry.service_name");
    }
}
