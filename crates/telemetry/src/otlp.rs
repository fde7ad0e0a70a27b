//! Spans as the body of an OTLP request (OpenTelemetry Protocol 1.x, `ExportTraceServiceRequest` in JSON).
//!
//! The JSON form has numbers of 64 bits as text and identifiers in hexadecimal, not base64 as other messages in
//! proto3's JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value as Json, json};

use crate::span::{Kind, Span, Value};

/// The request's body for some spans of a service.
pub(crate) fn request(service: &str, spans: &[Span]) -> Json {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [
        attribute("service.name", &Value::Text(service.to_owned())),
        attribute("service.version", &Value::Text(version.to_owned())),
    ];
    let spans: Vec<Json> = spans.iter().map(span).collect();
    json!({ "resourceSpans": [{
        "resource": { "attributes": resource },
        "scopeSpans": [{ "scope": { "name": "claviger", "version": version }, "spans": spans }],
    }] })
}

fn span(span: &Span) -> Json {
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    let attributes: Vec<Json> =
        span.attributes.iter().map(|(name, value)| attribute(name, value)).collect();
    let mut said = json!({
        "traceId": span.trace.to_string(),
        "spanId": span.id.to_string(),
        "name": span.name,
        "kind": kind,
        "startTimeUnixNano": nanoseconds(span.start),
        "endTimeUnixNano": nanoseconds(span.end),
        "attributes": attributes,
        // 2 is an error; 0, unset, is everything else.
        "status": if span.failed { json!({ "code": 2 }) } else { json!({}) },
    });
    if let Some(parent) = span.parent {
        said["parentSpanId"] = json!(parent.to_string());
    }
    said
}

fn attribute(name: &str, value: &Value) -> Json {
    let value = match value {
        Value::Text(text) => json!({ "stringValue": text }),
        Value::Whole(number) => json!({ "intValue": number.to_string() }),
        Value::Yes(yes) => json!({ "boolValue": yes }),
    };
    json!({ "key": name, "value": value })
}

fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::context::{SpanId, TraceId};

    #[test]
    fn a_span_is_written_as_collectors_read_it() {
        let start = UNIX_EPOCH + Duration::new(1_795_000_000, 5);
        let span = Span {
            trace: TraceId([0xAB; 16]),
            id: SpanId([1; 8]),
            parent: Some(SpanId([2; 8])),
            name: "POST /token".to_owned(),
            kind: Kind::Server,
            start,
            end: start + Duration::from_millis(3),
            attributes: vec![
                ("http.route", Value::Text("/token".to_owned())),
                ("http.response.status_code", Value::Whole(503)),
            ],
            failed: true,
        };
        let said = request("claviger", std::slice::from_ref(&span));
        let resource = &said["resourceSpans"][0];
        let name = json!({ "key": "service.name", "value": { "stringValue": "claviger" } });
        assert_eq!(resource["resource"]["attributes"][0], name);
        assert_eq!(
            resource["scopeSpans"][0]["spans"][0],
            json!({
                "traceId": "abababababababababababababababab",
                "spanId": "0101010101010101",
                "name": "POST /token",
                "kind": 2,
                "startTimeUnixNano": "1795000000000000005",
                "endTimeUnixNano": "1795000000003000005",
                "attributes": [
                    { "key": "http.route", "value": { "stringValue": "/token" } },
                    { "key": "http.response.status_code", "value": { "intValue": "503" } },
                ],
                "status": { "code": 2 },
                "parentSpanId": "0202020202020202",
            })
        );
        let root = Span { parent: None, failed: false, ..span };
        let said = request("claviger", &[root]);
        let said = &said["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
        assert_eq!((said.get("parentSpanId"), &said["status"]), (None, &json!({})));
    }
}
