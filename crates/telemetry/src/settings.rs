//! Where traces go and how many: what the operator wrote, and below it the variables that OpenTelemetry has for
//! every program.
//!
//! Decides which of them counts. Reads no environment itself.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use url::Url;

use crate::sampling::Sampling;

/// What the configuration or the command line says; what is left out follows from the environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'w> {
    /// The collector's address, to which `/v1/traces` is added.
    pub endpoint: Option<&'w str>,
    /// What the service is called there.
    pub service_name: Option<&'w str>,
    /// The share of traces begun here that is recorded, 0 to 1, while callers decide about theirs; where none is
    /// given, what `OTEL_TRACES_SAMPLER` says, else all.
    pub sample_ratio: Option<f64>,
}

/// What traces are sent by. Its `Debug` shows no header: they hold the collector's credential.
#[derive(Clone)]
pub struct Settings {
    pub(crate) endpoint: Uri,
    pub(crate) service_name: String,
    pub(crate) sampling: Sampling,
    pub(crate) headers: HeaderMap,
}

impl fmt::Debug for Settings {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Settings")
            .field("endpoint", &self.endpoint)
            .field("service_name", &self.service_name)
            .field("sampling", &self.sampling)
            .finish_non_exhaustive()
    }
}

/// A setting that cannot be: which, and why. Never repeats a header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct SettingsError {
    /// The variable or setting.
    pub name: &'static str,
    /// What is wrong with it.
    pub problem: String,
}

const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const TRACES_ENDPOINT: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const TRACES_HEADERS: &str = "OTEL_EXPORTER_OTLP_TRACES_HEADERS";

impl Settings {
    /// What follows from the wish and the environment; none where nothing is to be sent. `service` is what the
    /// process is called where nobody names it.
    ///
    /// # Errors
    /// Where an address, a header or a sampler is none, or the ratio is out of range.
    pub fn from(
        wanted: &Wanted<'_>,
        service: &str,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, SettingsError> {
        let variable = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        if variable("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let endpoint = if let Some(wanted) = wanted.endpoint {
            address("otlp_endpoint", wanted, true)?
        } else if let Some(given) = variable(TRACES_ENDPOINT) {
            address(TRACES_ENDPOINT, &given, false)?
        } else if let Some(given) = variable(ENDPOINT) {
            address(ENDPOINT, &given, true)?
        } else {
            return Ok(None);
        };
        let sampling = Sampling::from(wanted.sample_ratio, variable)?;
        let named = || variable("OTEL_SERVICE_NAME");
        let name = wanted.service_name.map(str::to_owned).or_else(named);
        let headers = match variable(TRACES_HEADERS) {
            Some(given) => headers(TRACES_HEADERS, &given)?,
            None => variable(HEADERS)
                .map_or_else(|| Ok(HeaderMap::new()), |given| headers(HEADERS, &given))?,
        };
        let service_name = name.unwrap_or_else(|| service.to_owned());
        Ok(Some(Self { endpoint, service_name, sampling, headers }))
    }

    /// Where traces go.
    #[must_use]
    pub fn endpoint(&self) -> String {
        self.endpoint.to_string()
    }
}

/// The address for traces, made of a base where `is_base` (OTLP exporter §endpoint URLs).
fn address(name: &'static str, text: &str, is_base: bool) -> Result<Uri, SettingsError> {
    let wrong = |problem: &str| SettingsError { name, problem: problem.to_owned() };
    let text = text.trim();
    let url = Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        .ok_or_else(|| {
            wrong("is no http or https URL; write the collector's, such as http://127.0.0.1:4318")
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "carries a credential; leave off everything before and with the `@`, and send it in a header \
             (OTEL_EXPORTER_OTLP_HEADERS)",
        ));
    }
    if is_base && (url.query().is_some() || url.fragment().is_some()) {
        return Err(wrong("has a query or a fragment; leave off everything from `?` or `#`"));
    }
    let whole = if is_base {
        format!("{}/v1/traces", url.as_str().trim_end_matches('/'))
    } else {
        url.as_str().split('#').next().unwrap_or_default().to_owned()
    };
    whole.parse().map_err(|_| wrong("is no address that can be asked"))
}

/// `name=value,name=value`, the values with percent escapes (as W3C Baggage writes them).
fn headers(variable: &'static str, text: &str) -> Result<HeaderMap, SettingsError> {
    let mut all = HeaderMap::new();
    for (nth, pair) in text.split(',').filter(|pair| !pair.trim().is_empty()).enumerate() {
        let wrong = || SettingsError {
            name: variable,
            problem: format!("header number {} is not NAME=VALUE", nth + 1),
        };
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
        let value = unescaped(value.trim()).ok_or_else(wrong)?;
        let mut value = HeaderValue::from_bytes(&value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        all.append(name, value);
    }
    Ok(all)
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        if *byte != b'%' {
            out.push(*byte);
            rest = behind;
            continue;
        }
        let (digits, behind) = behind.split_at_checked(2)?;
        out.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = behind;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(
        wanted: &Wanted<'_>,
        variables: &[(&str, &str)],
    ) -> Result<Option<Settings>, SettingsError> {
        let value = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name)?;
            Some(found.1.to_owned())
        };
        Settings::from(wanted, "claviger", value)
    }

    fn endpoint(wanted: Option<&str>, variables: &[(&str, &str)]) -> Option<String> {
        let wanted = Wanted { endpoint: wanted, ..Wanted::default() };
        settings(&wanted, variables).unwrap().map(|settings| settings.endpoint())
    }

    #[test]
    fn nothing_is_sent_where_nobody_names_a_collector() {
        assert_eq!(endpoint(None, &[]), None);
        assert_eq!(endpoint(None, &[(ENDPOINT, " ")]), None);
        let disabled = [(ENDPOINT, "http://c:4318"), ("OTEL_SDK_DISABLED", "TRUE")];
        assert_eq!(endpoint(Some("http://c:4318"), &disabled), None);
    }

    #[test]
    fn what_the_operator_wrote_goes_before_the_environment() {
        let both = [(ENDPOINT, "http://c:4318/base/"), (TRACES_ENDPOINT, "https://t/in?x=1")];
        for (wanted, variables, expected) in [
            (Some("http://own:1"), &both[..], "http://own:1/v1/traces"),
            (None, &both[..], "https://t/in?x=1"),
            (None, &both[..1], "http://c:4318/base/v1/traces"),
        ] {
            assert_eq!(endpoint(wanted, variables).as_deref(), Some(expected));
        }
        let named = [(ENDPOINT, "http://c"), ("OTEL_SERVICE_NAME", "id-eu")];
        let of = |name| {
            let wanted = Wanted { service_name: name, ..Wanted::default() };
            settings(&wanted, &named).unwrap().unwrap().service_name
        };
        assert_eq!((of(None).as_str(), of(Some("own")).as_str()), ("id-eu", "own"));
    }

    #[test]
    fn a_wrong_setting_is_named_and_a_credential_never_repeated() {
        for (name, value) in [
            (ENDPOINT, "collector:4318"),
            (ENDPOINT, "ftp://c"),
            (ENDPOINT, "http://hush:secret@c"),
            (ENDPOINT, "http://c/?secret=1"),
            (TRACES_ENDPOINT, "secret"),
        ] {
            let error = settings(&Wanted::default(), &[(name, value)]).unwrap_err();
            assert_eq!(error.name, name);
            assert!(!error.to_string().contains("secret"), "{error}");
        }
        for broken in ["secret", "a b=secret", "a=secret%2", "a=%0asecret"] {
            let variables = [(ENDPOINT, "http://c"), (HEADERS, broken)];
            let error = settings(&Wanted::default(), &variables).unwrap_err();
            assert_eq!(error.name, HEADERS, "{broken}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn headers_are_read_and_shown_to_nobody() {
        let variables = [(ENDPOINT, "http://c"), (HEADERS, "api-key=a%20secret, x-tenant=eu")];
        let settings = settings(&Wanted::default(), &variables).unwrap().unwrap();
        assert_eq!(settings.headers["api-key"], "a secret");
        assert_eq!(settings.headers["x-tenant"], "eu");
        assert!(!format!("{settings:?}").contains("secret"));
    }
}
