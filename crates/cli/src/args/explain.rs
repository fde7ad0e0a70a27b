//! `claviger explain` and `claviger try`, which judge a credential by the same context, and `claviger faults`.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use claviger_explain::Stack;

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// What was sent: a token, a header line, a request, a curl command, a HAR, a token response, a log
    /// line; or the error message alone. `-` or nothing: standard input.
    pub(crate) input: Option<String>,
    /// Reads the input from a file; given several times, what they tell together is said as well.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub(crate) file: Vec<PathBuf>,
    /// Compares two: one that works and one that does not. Each is a file, if one of that name exists, else
    /// the text itself; `-` is standard input.
    #[arg(long, num_args = 2, value_names = ["GOOD", "BAD"], conflicts_with_all = ["input", "file", "report", "show_repaired"])]
    pub(crate) diff: Vec<String>,
    /// Reads a whole log and groups what was refused by cause, client and issuer: access logs of nginx,
    /// Apache, Envoy and HAProxy, JSON lines, the gate's log, a HAR file, or a token a line; gzip too. `-`:
    /// standard input. Tokens are judged as of the time of their line.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["input", "file", "diff", "report", "show_repaired"])]
    pub(crate) batch: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) context: Context,
    /// Writes a redacted report (Markdown) that is safe to send to the provider's support: no signature, no
    /// secret, personal claims masked. Only its owner may read the file; of files that exist, only a
    /// former report is written over.
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Shows the repaired credential. It is a working credential: treat it as one.
    #[arg(long)]
    pub(crate) show_repaired: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Try {
    /// Where to send it. The credential goes to this origin (scheme, host and port) and to no other; where the
    /// URL has no path, that of the given request is taken.
    pub(crate) url: String,
    /// What is sent: a token, a header line, a raw request, a curl command (also as browsers copy it), a HAR
    /// file. `-` or nothing: standard input.
    pub(crate) input: Option<String>,
    /// Reads the input from a file.
    #[arg(long, value_name = "FILE", conflicts_with = "input")]
    pub(crate) file: Option<PathBuf>,
    /// Sends the request once more with the one correction that was found. Only for GET, HEAD and OPTIONS.
    #[arg(long)]
    pub(crate) repair: bool,
    /// Seconds that the server may take to answer.
    #[arg(long, default_value_t = 30, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub(crate) timeout: u64,
    #[command(flatten)]
    pub(crate) context: Context,
}

/// What a credential is judged by.
#[derive(Debug, Args)]
pub(crate) struct Context {
    /// A key set: a file or a URL; may be given several times.
    #[arg(long, value_name = "FILE|URL")]
    pub(crate) jwks: Vec<String>,
    /// A public key: PEM or JWK; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Vec<PathBuf>,
    /// The shared secret of HS256 and the like: the bytes of this file as they are.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The trusted issuer; may be given several times.
    #[arg(long, value_name = "ISSUER")]
    pub(crate) issuer: Vec<String>,
    /// The API's own name; may be given several times.
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Vec<String>,
    /// The scopes that the operation needs, space-separated.
    #[arg(long, value_name = "SCOPES")]
    pub(crate) scope: Vec<String>,
    /// An algorithm that the API allows; may be given several times. ML-DSA-65 counts only where it is named.
    #[arg(long, value_name = "NAME")]
    pub(crate) algorithm: Vec<String>,
    /// Which kind of token the API expects (default: access when an issuer or audience is given, else any).
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) expect: Option<Expected>,
    /// A claim that must have this value, or a path into one (`realm_access.roles`); may be given several times.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) claim: Vec<String>,
    /// The longest life and age of a token that the API accepts.
    #[arg(long, value_name = "SECONDS")]
    pub(crate) max_age: Option<u64>,
    /// Seconds by which clocks may differ.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub(crate) leeway: u64,
    /// Judges as of this time: unix seconds or RFC 3339. With `--batch`, the lines that have no time.
    #[arg(long, value_name = "TIME")]
    pub(crate) now: Option<String>,
    /// Seconds that the search for one wrong character may take, on all cores.
    #[arg(long, default_value_t = 8, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub(crate) budget: u64,
    /// Asks the issuer: discovery and key set are fetched, clocks compared, and a given key set is held against
    /// the published one. Without it nothing leaves this machine (but a `--jwks URL` that you name).
    #[arg(long)]
    pub(crate) online: bool,
    /// With `--online`: the client to ask the issuer's introspection endpoint as. The token is sent there.
    #[arg(long, value_name = "CLIENT", requires = "online", requires = "introspect_secret_file")]
    pub(crate) introspect_as: Option<String>,
    /// With `--online`: that client's secret, the first line of this file.
    #[arg(long, value_name = "FILE", requires = "introspect_as")]
    pub(crate) introspect_secret_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expected {
    Access,
    Id,
    Any,
}

#[derive(Debug, Args)]
pub(crate) struct Faults {
    /// A code of the catalogue.
    pub(crate) code: Option<String>,
    /// Shows the lines that fix it in this language or product; may be given several times.
    #[arg(long, value_name = "STACK", requires = "code", value_parser = stack())]
    pub(crate) stack: Vec<Stack>,
}

/// The languages and products by the names of the catalogue.
fn stack() -> impl TypedValueParser<Value = Stack> {
    let names = Stack::ALL.iter().map(|stack| stack.as_str());
    PossibleValuesParser::new(names).try_map(|name| {
        Stack::ALL.iter().copied().find(|stack| stack.as_str() == name).ok_or("no such name")
    })
}
