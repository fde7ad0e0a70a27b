//! `claviger explain`: gathers input, keys and policy, and prints the report that `claviger_explain` makes.

mod compare;
mod search;
mod together;

use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use claviger_explain::batch::BATCH_BUDGET;
use claviger_explain::{Report, Surroundings, TextStyle};
use claviger_guard::fetch::{FetchRules, Fetcher};
use claviger_token::{Algorithm, Code, Expect, Fact, Fault, Policy, Verdict};

use crate::args::{Expected, Explain, Format};
use crate::say::{self, BAD, GOOD, Stop, UNKNOWN};

/// The most that is read of an input or a key file. A HAR of a long session fits.
pub(crate) const MOST_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole file, within the limit.
pub(crate) fn read_file(path: &Path, what: &str) -> Result<Vec<u8>, Stop> {
    let refused = |error: std::io::Error| {
        Stop::usage(format!("cannot read {what} `{}`: {error}", path.display()))
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(refused)?
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(refused)?;
    within_limit(bytes, what)
}

pub(crate) fn within_limit(bytes: Vec<u8>, what: &str) -> Result<Vec<u8>, Stop> {
    if bytes.len() as u64 > MOST_INPUT {
        return Err(Stop::usage(format!("{what} is longer than {} MiB", MOST_INPUT >> 20)));
    }
    Ok(bytes)
}

/// Reads standard input to its end, within the limit.
fn standard_input() -> Result<Vec<u8>, Stop> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| Stop::usage(format!("cannot read standard input: {error}")))?;
    within_limit(bytes, "standard input")
}

fn input(arguments: &Explain) -> Result<Vec<u8>, Stop> {
    if let Some(file) = arguments.file.first() {
        return read_file(file, "the input");
    }
    match arguments.input.as_deref() {
        Some("-") | None => {
            if arguments.input.is_none() && std::io::IsTerminal::is_terminal(&std::io::stdin()) {
                say::note(
                    "Paste what was sent (a token, header, request, curl command …) or the error, then Ctrl-D:",
                );
            }
            standard_input()
        }
        Some(text) => Ok(text.as_bytes().to_vec()),
    }
}

/// Unix seconds of `--now`, or of this machine's clock.
fn now(arguments: &Explain) -> Result<i64, Stop> {
    let Some(text) = &arguments.now else {
        return Ok(jiff::Timestamp::now().as_second());
    };
    if let Ok(seconds) = text.parse() {
        return Ok(seconds);
    }
    text.parse::<jiff::Timestamp>().map(jiff::Timestamp::as_second).map_err(|_| {
        Stop::usage(format!("`--now {text}` is no time"))
            .hint("unix seconds (1795000000) or RFC 3339 (2026-11-18T11:06:40Z)")
    })
}

fn policy(arguments: &Explain) -> Result<Policy, Stop> {
    let algorithms = arguments
        .algorithm
        .iter()
        .map(|name| {
            Algorithm::from_name(name).ok_or_else(|| {
                let known: Vec<&str> = Algorithm::ALL.iter().map(|one| one.name()).collect();
                Stop::usage(format!("`--algorithm {name}` is none that is known"))
                    .hint(format!("one of {}", known.join(", ")))
            })
        })
        .collect::<Result<_, _>>()?;
    let pinned = arguments
        .claim
        .iter()
        .map(|claim| {
            claim
                .split_once('=')
                .filter(|(name, _)| !name.is_empty())
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .ok_or_else(|| {
                    Stop::usage(format!("`--claim {claim}` is not NAME=VALUE"))
                        .hint("for example --claim tid=9122040d")
                })
        })
        .collect::<Result<_, _>>()?;
    let named = !arguments.issuer.is_empty() || !arguments.audience.is_empty();
    let expect = match arguments.expect {
        Some(Expected::Access) => Expect::Access,
        Some(Expected::Id) => Expect::Id,
        Some(Expected::Any) => Expect::Any,
        None if named => Expect::Access,
        None => Expect::Any,
    };
    let scopes = arguments
        .scope
        .iter()
        .flat_map(|scopes| scopes.split_whitespace())
        .map(str::to_owned)
        .collect();
    Ok(Policy {
        issuers: arguments.issuer.clone(),
        audiences: arguments.audience.clone(),
        algorithms,
        scopes,
        expect,
        pinned,
        leeway: arguments.leeway,
        max_age: arguments.max_age,
        ..Policy::default()
    })
}

fn is_url(text: &str) -> bool {
    text.starts_with("http://") || text.starts_with("https://")
}

/// Everything that was given, read and, where a URL was named, fetched.
fn surroundings(arguments: &Explain, input: &[u8]) -> Result<Surroundings, Stop> {
    let mut around = Surroundings::new(policy(arguments)?, now(arguments)?);
    for place in arguments.jwks.iter().filter(|place| !is_url(place)) {
        around = around.with_key_set(place, &read_file(Path::new(place), "the key set")?);
    }
    for path in &arguments.key {
        let name = path.display().to_string();
        around = around.with_key(&name, &read_file(path, "the key")?);
    }
    if let Some(path) = &arguments.secret_file {
        let name = path.display().to_string();
        around = around.with_secret(&name, &read_file(path, "the secret")?);
    }
    let urls: Vec<&String> = arguments.jwks.iter().filter(|place| is_url(place)).collect();
    if urls.is_empty() && !arguments.online {
        return Ok(around);
    }
    crate::runtime()?.block_on(async {
        let fetcher = Fetcher::new(FetchRules::default());
        for url in urls {
            around = match fetcher.get(url, None).await {
                Ok(fetched) => around.with_key_set(url, fetched.body.as_bytes()),
                Err(error) => around.with_fault(unreachable(url, &error.to_string())),
            };
        }
        if arguments.online {
            around = discovered(arguments, input, &fetcher, around).await?;
        }
        Ok(around)
    })
}

fn unreachable(url: &str, cause: &str) -> Fault {
    Fault::new(Code::KeySetUnreachable)
        .with("url", url)
        .with("cause", Fact::Words(cause.to_owned()))
}

/// The key set of the issuer: the one named, else the one that the token names.
async fn discovered(
    arguments: &Explain,
    input: &[u8],
    fetcher: &Fetcher,
    around: Surroundings,
) -> Result<Surroundings, Stop> {
    let issuer = match arguments.issuer.first() {
        Some(issuer) => issuer.clone(),
        None => {
            let report = claviger_explain::explain(input, &around).to_json(false);
            report["token"]["claims"]["iss"].as_str().unwrap_or_default().to_owned()
        }
    };
    if !is_url(&issuer) {
        return Err(Stop::usage("`--online` needs an issuer to ask, and the token names none")
            .hint("name it: --issuer https://id.example"));
    }
    say::note(&format!("asking {issuer} …"));
    let found = match fetcher.discover(&issuer).await {
        Ok(found) => found,
        Err(fault) => return Ok(around.with_fault(*fault)),
    };
    Ok(match fetcher.get(&found.jwks_uri, None).await {
        Ok(fetched) => around.with_key_set(&found.jwks_uri, fetched.body.as_bytes()),
        Err(error) => around.with_fault(unreachable(&found.jwks_uri, &error.to_string())),
    })
}

/// The exit code of a verdict.
pub(crate) const fn exit(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Accepted => GOOD,
        Verdict::Refused => BAD,
        Verdict::Undetermined => UNKNOWN,
    }
}

/// What can be sent to a provider's support: the faults and what proves them, the token's kind and
/// header; no signature, no claim's value but those that a fault compares.
fn markdown(report: &Report) -> String {
    let json = report.to_json(false);
    let mut out = format!("# Why this token is {}\n\n", report.verdict.as_str());
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    for fault in json["faults"].as_array().into_iter().flatten() {
        let code: Option<Code> = text(&fault["code"]).parse().ok();
        let _ = writeln!(
            out,
            "## {} (`{}`, {})\n",
            text(&fault["title"]),
            text(&fault["code"]),
            text(&fault["certainty"])
        );
        let _ = writeln!(out, "- what: {}", text(&fault["detail"]));
        let _ = writeln!(out, "- who acts: the {}", text(&fault["who"]));
        let _ = writeln!(out, "- fix: {}", text(&fault["fix"]));
        if let Some(code) = code {
            let _ = writeln!(out, "- source: {}", code.clause());
        }
        out.push('\n');
    }
    let _ = writeln!(out, "## Surroundings\n");
    let _ = writeln!(out, "- judged at: {}", claviger_token::rfc3339(report.now));
    if let Some(header) = json["token"]["header"].as_object() {
        for name in ["alg", "typ", "kid"] {
            if let Some(value) = header.get(name) {
                let _ = writeln!(out, "- header `{name}`: {value}");
            }
        }
    }
    if let Some(claims) = json["token"]["claims"].as_object() {
        let names: Vec<&str> = claims.keys().map(String::as_str).collect();
        let _ = writeln!(out, "- claims present: {}", names.join(", "));
        for name in ["iss", "aud", "iat", "nbf", "exp"] {
            if let Some(value) = claims.get(name) {
                let _ = writeln!(out, "- claim `{name}`: {value}");
            }
        }
    }
    let _ = writeln!(
        out,
        "\nMade by claviger {}; it holds no signature and no secret.",
        env!("CARGO_PKG_VERSION")
    );
    out
}

pub(crate) fn run(arguments: &Explain, format: Format) -> Result<ExitCode, Stop> {
    if let [good, bad] = arguments.diff.as_slice() {
        return compare::run(arguments, good, bad, format);
    }
    if arguments.file.len() > 1 {
        return together::run(arguments, format);
    }
    if let Some(log) = &arguments.batch {
        let around = surroundings(arguments, b"")?.with_budget(BATCH_BUDGET);
        return super::batch::run(log, around, format);
    }
    let input = input(arguments)?;
    let around = search::within(surroundings(arguments, &input)?, arguments.budget);
    let report = claviger_explain::explain(&input, &around);
    if let Some(path) = &arguments.report {
        std::fs::write(path, markdown(&report)).map_err(|error| {
            Stop::unknown(format!("cannot write the report `{}`: {error}", path.display()))
        })?;
    }
    let style = style(arguments);
    let together = together::inside(&input, &around, &style);
    match format {
        Format::Json => {
            let mut json = report.to_json(arguments.show_repaired);
            if let Some((together, _)) = together {
                json["together"] = together;
            }
            say::print(&json)?;
        }
        Format::Text => {
            let mut page = claviger_explain::text(&report, &style);
            if let Some((_, together)) = together {
                page.push('\n');
                page.push_str(&together);
            }
            say::line(page.trim_end())?;
        }
    }
    Ok(ExitCode::from(exit(report.verdict)))
}

fn style(arguments: &Explain) -> TextStyle {
    TextStyle { color: say::color(), width: say::width(), show_repaired: arguments.show_repaired }
}
