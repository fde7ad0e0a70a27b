//! What can be typed: every command, option and example, and nothing that they do.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};
use claviger_explain::Stack;
use claviger_gate::Network;
use http::HeaderName;

/// Issues, guards and explains bearer tokens. A refused token has a cause: Claviger names it, proves
/// it, and says who fixes it.
#[derive(Debug, Parser)]
#[command(name = "claviger", version, max_term_width = 100, arg_required_else_help = true)]
#[command(
    after_help = "Start here:\n  claviger demo                 see all seven causes of a 401 provoked and explained\n  claviger serve                an authority on loopback, with an example client and API\n  claviger explain TOKEN        why is this token refused?"
)]
pub(crate) struct Claviger {
    #[command(subcommand)]
    pub(crate) command: Command,

    /// Text for people, or one JSON document on standard output for programs.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,

    /// What to log on standard error: error, warn, info, debug, or a filter such as claviger_gate=debug.
    #[arg(
        long,
        global = true,
        env = "CLAVIGER_LOG",
        default_value = "warn",
        value_name = "FILTER"
    )]
    pub(crate) log: String,

    /// The log as text for people, or one JSON object a line.
    #[arg(long, global = true, env = "CLAVIGER_LOG_FORMAT", value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) log_format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the authority: issues, introspects and revokes tokens, publishes keys and metadata.
    #[command(
        after_help = "Example:\n  claviger serve --data ./claviger-data --listen 127.0.0.1:8080"
    )]
    Serve(Serve),
    /// Checks a configuration, or shows what file, environment and flags come to.
    #[command(
        after_help = "Examples:\n  claviger config check claviger.toml\n  CLAVIGER_TOKENS__ACCESS_TTL_SECONDS=600 claviger config show"
    )]
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Copies the database of an authority, running or not, into one file; or checks such a file.
    #[command(
        after_help = "Examples:\n  claviger backup /var/backups --data /var/lib/claviger\n  claviger backup --check /var/backups/claviger-20261128T190000Z.backup"
    )]
    Backup(MakeBackup),
    /// Makes a data directory of a backup, after checking it. Never writes over a database.
    #[command(
        after_help = "Example:\n  claviger restore claviger-20261128T190000Z.backup --data ./restored"
    )]
    Restore(Restore),
    /// Asks the authority of a configuration, on this machine, whether it is ready. Exit status: 0 or 1.
    #[command(after_help = "Example:\n  claviger health --config claviger.toml")]
    Health {
        #[command(flatten)]
        settings: Settings,
    },
    /// Runs the gate: a reverse proxy that lets good tokens through and explains the others.
    #[command(
        after_help = "Example:\n  claviger gate --upstream http://127.0.0.1:9000 --issuer http://127.0.0.1:8600 --audience http://127.0.0.1:8090"
    )]
    Gate(Gate),
    /// Shows every cause of "invalid bearer token" over real HTTP on loopback, refused and explained.
    #[command(after_help = "Example:\n  claviger demo")]
    Demo,
    /// Names the cause of a refusal: of a token, a header, a request, a curl command, a HAR, a log line, an error.
    #[command(
        after_help = "Examples:\n  claviger explain eyJhbGciOi… --jwks https://id.example/jwks --audience https://api.example\n  pbpaste | claviger explain -\n  claviger explain 'jwt malformed'\n  claviger explain --file request.txt --issuer https://id.example --online\n  claviger explain --diff works.txt fails.txt --jwks jwks.json --audience https://api.example\n  claviger explain --batch access.log.gz --jwks jwks.json --issuer https://id.example\n\nExit status: 0 accepted, 1 refused, 2 wrong usage, 3 could not be found out."
    )]
    Explain(Box<Explain>),
    /// Sends the real request, and tells the application's fault from the token's.
    #[command(
        after_help = "Examples:\n  claviger try https://api.example/orders eyJhbGciOi… --online --audience https://api.example\n  claviger try https://api.example --file copied-as-curl.txt\n  pbpaste | claviger try https://api.example/orders --repair\n\nExit status: 0 the server takes it, 1 it refuses it, 2 wrong usage, 3 its answer does not tell, or none came."
    )]
    Try(Box<Try>),
    /// Lists the catalogue of causes, or describes one.
    #[command(
        after_help = "Examples:\n  claviger faults\n  claviger faults audience-mismatch\n  claviger faults audience-mismatch --stack python"
    )]
    Faults {
        /// A code of the catalogue.
        code: Option<String>,
        /// Shows the lines that fix it in this language or product; may be given several times.
        #[arg(long, value_name = "STACK", requires = "code", value_parser = stack())]
        stack: Vec<Stack>,
    },
    /// Shows one entry of the authority's journal: what happened, and what to do about it.
    #[command(after_help = "Example:\n  claviger why dg_k3v9q2m7x4c8p1ab")]
    Why {
        /// The diagnosis id that a refused client was given, or an id of `claviger journal`.
        #[arg(value_parser = clap::builder::NonEmptyStringValueParser::new())]
        diagnosis: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows what happened at the authority: refusals, log-ins, grants, revocations, keys, administration.
    #[command(
        after_help = "Examples:\n  claviger journal --since 1h\n  claviger journal --follow --fault expired\n  claviger journal --kind administration --format json | jq .by"
    )]
    Journal(Journal),
    /// Manages the clients that may ask for tokens.
    #[command(
        after_help = "Examples:\n  claviger client create billing --resource https://api.example --scope orders:read\n  claviger client update billing --scope orders:read --scope orders:write --set access_ttl_seconds=120"
    )]
    Client {
        #[command(subcommand)]
        action: ClientAction,
    },
    /// Manages the APIs (resources) that tokens are for.
    #[command(
        after_help = "Example:\n  claviger resource create https://api.example --scope orders:read --scope orders:write"
    )]
    Resource {
        #[command(subcommand)]
        action: ResourceAction,
    },
    /// Manages the people who can log in.
    #[command(
        after_help = "Example:\n  claviger user create ada --email ada@example.org --password-file password.txt"
    )]
    User {
        #[command(subcommand)]
        action: UserAction,
    },
    /// Manages the tokens by which clients may register themselves (RFC 7591).
    #[command(
        after_help = "Example:\n  claviger registration-token create --note \"for the build farm\" --uses 10 --expires-in 86400"
    )]
    RegistrationToken {
        #[command(subcommand)]
        action: RegistrationTokenAction,
    },
    /// Shows and ends people's log-ins.
    #[command(
        after_help = "Examples:\n  claviger session list ada\n  claviger session end 9pTq…        (its sid)"
    )]
    Session {
        #[command(subcommand)]
        action: SessionAction,
    },
    /// Manages the signing keys.
    #[command(after_help = "Example:\n  claviger key rotate")]
    Key {
        #[command(subcommand)]
        action: KeyAction,
    },
    /// Revokes a token, a grant, a session, everything of a subject or client, or everything before an
    /// instant; every guard learns it at once.
    #[command(
        after_help = "Examples:\n  claviger revoke token 9pTq…        (its jti)\n  claviger revoke client billing\n  claviger revoke all --before 2026-11-23T10:00:00Z"
    )]
    Revoke {
        /// What is revoked.
        #[arg(value_enum)]
        kind: RevokeKind,
        /// Which one: the jti, grant_id, sid, sub or client id; with `all`, none.
        #[arg(required_if_eq_any = [("kind", "token"), ("kind", "grant"), ("kind", "session"), ("kind", "subject"), ("kind", "client")])]
        value: Option<String>,
        #[command(flatten)]
        instant: Instant,
        #[command(flatten)]
        admin: Admin,
    },
}

/// A grant by a name that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Grant {
    ClientCredentials,
    AuthorizationCode,
    RefreshToken,
    DeviceCode,
    TokenExchange,
}

impl Grant {
    /// As it is registered.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
            Self::TokenExchange => "urn:ietf:params:oauth:grant-type:token-exchange",
        }
    }
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum RevokeKind {
    Token,
    Grant,
    Session,
    Subject,
    Client,
    All,
}

/// Up to when something is revoked; up to now where nothing is said.
#[derive(Clone, Debug, Args)]
pub(crate) struct Instant {
    /// Only what was issued up to then, then included: Unix seconds or RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "before")]
    pub(crate) until: Option<String>,
    /// Only what was issued before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<String>,
}

/// What of the journal is shown.
#[derive(Clone, Debug, Args)]
pub(crate) struct Journal {
    /// Goes on showing what happens, until it is interrupted.
    #[arg(long, short)]
    pub(crate) follow: bool,
    /// Only this cause, or this deed: `expired`, `refresh-reused`, `create-client`.
    #[arg(long, visible_alias = "code", value_name = "CODE")]
    pub(crate) fault: Option<String>,
    /// Only this kind.
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(claviger_authority::JOURNAL_KINDS))]
    pub(crate) kind: Option<String>,
    /// Only about this client.
    #[arg(long, value_name = "ID")]
    pub(crate) client: Option<String>,
    /// Only about this person: their `sub`. The journal itself keeps a hash of it.
    #[arg(long, value_name = "SUB")]
    pub(crate) subject: Option<String>,
    /// Only from this address. The journal itself keeps a hash of it.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<String>,
    /// Not before: `45s`, `30m`, `1h`, `2d` ago, Unix seconds or RFC 3339.
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// The newest so many.
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) limit: u32,
    #[command(flatten)]
    pub(crate) admin: Admin,
}

/// How to reach the administration of an authority.
#[derive(Clone, Debug, Args)]
pub(crate) struct Admin {
    /// The authority's address.
    #[arg(
        long,
        env = "CLAVIGER_AUTHORITY",
        default_value = "http://127.0.0.1:8600",
        value_name = "URL"
    )]
    pub(crate) authority: String,
    /// The file with the administrator's token; `serve` writes it into its data directory.
    #[arg(
        long,
        env = "CLAVIGER_ADMIN_TOKEN_FILE",
        default_value = "claviger-data/admin.token",
        value_name = "FILE"
    )]
    pub(crate) admin_token_file: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) settings: Settings,
}

/// What the authority is configured by: flags over the environment over the file over the defaults.
#[derive(Clone, Debug, Args)]
pub(crate) struct Settings {
    /// The configuration; what it leaves open has safe defaults. Every field can also be set by a
    /// variable, such as CLAVIGER_TOKENS__ACCESS_TTL_SECONDS.
    #[arg(long, env = "CLAVIGER_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The data directory: database, keys, administrator's token. Made on the first start.
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// The address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
    /// The URL by which clients know this authority; the `iss` of its tokens.
    #[arg(long, value_name = "URL")]
    pub(crate) issuer: Option<String>,
    /// Any field of the configuration, such as tokens.access_ttl_seconds=600; may be given several times.
    #[arg(long, value_name = "FIELD=VALUE")]
    pub(crate) set: Vec<String>,
}

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "this is no IP address with a port; write for example 127.0.0.1:8090")
}

impl Settings {
    /// The same, with the file that was named without a flag.
    pub(crate) fn with_file(mut self, file: Option<PathBuf>) -> Self {
        self.config = file.or(self.config);
        self
    }
}

#[derive(Debug, Args)]
pub(crate) struct MakeBackup {
    /// The new file, readable by its owner alone; in a directory that stands, one named by the time.
    pub(crate) target: PathBuf,
    /// Reads the backup from end to end in place of making one.
    #[arg(long)]
    pub(crate) check: bool,
    /// Puts the master key in: the backup then needs nothing else, and whoever has it can sign tokens.
    #[arg(long, conflicts_with = "check")]
    pub(crate) with_master_key: bool,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// The backup.
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) settings: Settings,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigAction {
    /// Says every mistake with its line and what to write instead. Exit status: 0 good, 2 not.
    Check {
        /// The configuration file.
        file: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
    /// Shows every field with the value that would be served, and where it was written.
    Show {
        /// The configuration file.
        file: Option<PathBuf>,
        #[command(flatten)]
        settings: Settings,
    },
}

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
    /// The share of requests that is recorded, from 0 to 1, where no caller decides it with `traceparent`.
    #[arg(long, value_name = "RATIO")]
    pub(crate) trace_ratio: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Expected {
    Access,
    Id,
    Any,
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

/// What a client has to do beyond what every client has to.
#[derive(Debug, Args)]
pub(crate) struct Bonds {
    /// It gets only tokens that are bound to a key, which each request then proves (DPoP).
    #[arg(long)]
    pub(crate) dpop: bool,
    /// It gets only tokens that are bound to its TLS certificate.
    #[arg(long, conflicts_with = "dpop")]
    pub(crate) bind_certificate: bool,
    /// It has to push its authorization requests (PAR).
    #[arg(long, requires = "redirect_uri")]
    pub(crate) par: bool,
    /// Whether each use of a refresh token gives a new one. By default it does for a client that keeps no secret
    /// and proves no key.
    #[arg(long, value_name = "BOOL", requires = "redirect_uri")]
    pub(crate) rotate_refresh: Option<bool>,
    /// How long the refresh token before the newest still gets its answer, 0 to 120; the authority's own setting when
    /// left out.
    #[arg(long, value_name = "SECONDS", requires = "redirect_uri")]
    pub(crate) refresh_replay: Option<u32>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ClientAction {
    /// Lists the clients.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows one client.
    Show {
        /// The client id.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Makes a client; its secret is shown once.
    Create {
        /// The client id.
        id: String,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// A resource (audience) that it may ask tokens for; may be given several times.
        #[arg(long, required_unless_present_any = ["redirect_uri", "grant"], value_name = "URI")]
        resource: Vec<String>,
        /// A scope that it may have; may be given several times.
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// A key set: the client authenticates with private_key_jwt in place of a secret.
        #[arg(long, value_name = "FILE", conflicts_with = "public")]
        jwks: Option<PathBuf>,
        /// The same with a key set that the client publishes at an https address, where it may change its keys
        /// without telling anybody.
        #[arg(long, value_name = "URL", conflicts_with_all = ["public", "jwks"])]
        jwks_uri: Option<String>,
        /// Where users are sent back to after log-in; may be given several times. The client then gets tokens for
        /// users, and refreshes them.
        #[arg(long, value_name = "URL")]
        redirect_uri: Vec<String>,
        /// It can keep no secret: a program on its user's machine or in a browser.
        #[arg(long)]
        public: bool,
        /// A grant that it may use; may be given several times. Without it: what the other options call for.
        #[arg(long, value_name = "GRANT", value_enum)]
        grant: Vec<Grant>,
        /// It is your own: users are not asked for consent.
        #[arg(long)]
        first_party: bool,
        #[command(flatten)]
        certificate: Box<ClientCertificate>,
        #[command(flatten)]
        bonds: Box<Bonds>,
        #[command(flatten)]
        people: Box<AboutPeople>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Changes what is named, and leaves the rest.
    Update {
        /// The client id.
        id: String,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// A resource (audience) that it may ask tokens for; may be given several times, and replaces those before.
        #[arg(long, value_name = "URI")]
        resource: Vec<String>,
        /// A scope that it may have; may be given several times, and replaces those before.
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// Where users are sent back to after log-in; may be given several times, and replaces those before.
        #[arg(long, value_name = "URL")]
        redirect_uri: Vec<String>,
        /// Anything else by its member of the admin API, such as rotate_refresh_tokens=true or
        /// access_ttl_seconds=120: a JSON value, or a text. `null` takes it away.
        #[arg(long, value_name = "MEMBER=VALUE")]
        set: Vec<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Locks a client: its tokens end at once, and it gets no more.
    Disable {
        /// The client id.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Opens a locked client again.
    Enable {
        /// The client id.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Gives a client a new secret, shown once; the old one ends at once.
    RotateSecret {
        /// The client id.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Removes a client.
    Delete {
        /// The client id.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
}

/// What a client is told about people, and when.
#[derive(Clone, Debug, Args)]
pub(crate) struct AboutPeople {
    /// It knows people by names of its own, by which nobody else recognises them.
    #[arg(long)]
    pub(crate) pairwise: bool,
    /// The host name that stands for all clients that share those names; the one of its redirect addresses when
    /// left out.
    #[arg(long, value_name = "HOST", requires = "pairwise")]
    pub(crate) sector: Option<String>,
    /// An https address with a JSON list of redirect addresses, the client's among them: its host stands for all
    /// clients whose addresses it lists.
    #[arg(long, value_name = "URL", requires = "pairwise", conflicts_with = "sector")]
    pub(crate) sector_identifier_uri: Option<String>,
    /// What `/userinfo` signs its answers with; plain JSON when left out.
    #[arg(long, value_name = "ALG")]
    pub(crate) userinfo_signed: Option<String>,
    /// A claim of your own: NAME=groups, NAME=username or NAME=attribute:ATTRIBUTE, and behind an @ where it stands,
    /// such as @id_token,access_token (everywhere when left out); may be given several times.
    #[arg(long, value_name = "RULE")]
    pub(crate) claim: Vec<String>,
    /// Where a log-out may send people back to; may be given several times.
    #[arg(long, value_name = "URL")]
    pub(crate) post_logout_redirect_uri: Vec<String>,
    /// Where it is told that a log-in has ended.
    #[arg(long, value_name = "URL")]
    pub(crate) backchannel_logout_uri: Option<String>,
    /// Its access tokens stand in a published status list.
    #[arg(long)]
    pub(crate) status_list: bool,
}

/// How a client proves itself with a certificate on its TLS connection (RFC 8705).
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct ClientCertificate {
    /// It proves itself with a certificate of tls.client_ca_file with this subject: `CN=orders,O=Example`.
    #[arg(long, value_name = "NAME", conflicts_with_all = ["public", "jwks", "jwks_uri"])]
    pub(crate) certificate_subject: Option<String>,
    /// The same, with this host among the certificate's names.
    #[arg(long, value_name = "HOST", conflicts_with_all = ["public", "jwks", "jwks_uri"])]
    pub(crate) certificate_host: Option<String>,
    /// The same, with this URI among the certificate's names (SPIFFE).
    #[arg(long, value_name = "URI", conflicts_with_all = ["public", "jwks", "jwks_uri"])]
    pub(crate) certificate_uri: Option<String>,
    /// It proves itself with exactly this certificate, of whatever authority or its own making.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["public", "jwks", "jwks_uri"])]
    pub(crate) certificate: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ResourceAction {
    /// Lists the resources.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Makes a resource.
    Create {
        /// Its URI: the audience of its tokens.
        uri: String,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// A scope that it knows; may be given several times.
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// A client that may introspect its tokens; may be given several times.
        #[arg(long, value_name = "CLIENT")]
        introspector: Vec<String>,
        /// A claim of your own in its tokens, NAME=groups, NAME=username or NAME=attribute:ATTRIBUTE; may be given
        /// several times.
        #[arg(long, value_name = "RULE")]
        claim: Vec<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows one resource.
    Show {
        /// Its URI.
        uri: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Changes what is named, and leaves the rest.
    Update {
        /// Its URI.
        uri: String,
        /// A name for people.
        #[arg(long)]
        name: Option<String>,
        /// A scope that it knows; may be given several times, and replaces those before.
        #[arg(long, value_name = "SCOPE")]
        scope: Vec<String>,
        /// A client that may introspect its tokens; may be given several times, and replaces those before.
        #[arg(long, value_name = "CLIENT")]
        introspector: Vec<String>,
        /// Anything else by its member of the admin API, such as signing_alg=EdDSA: a JSON value, or a text. `null`
        /// takes it away.
        #[arg(long, value_name = "MEMBER=VALUE")]
        set: Vec<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Removes a resource.
    Delete {
        /// Its URI.
        uri: String,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum UserAction {
    /// Lists the people.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Makes an account.
    Create {
        /// What they log in with.
        username: String,
        /// The password: the first line of this file; without it, of standard input. At a terminal it is asked for.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows an account.
    Show {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Changes what is named, and leaves the rest.
    Update {
        /// Its id, or what they log in with.
        user: String,
        /// Another name to log in with.
        #[arg(long)]
        username: Option<String>,
        #[command(flatten)]
        person: Person,
        #[command(flatten)]
        admin: Admin,
    },
    /// Locks an account: everything of it ends at once, and nobody logs in.
    Disable {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Opens a locked account again.
    Enable {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Gives an account another password; everything of it ends at once.
    SetPassword {
        /// Its id, or what they log in with.
        user: String,
        /// The password: the first line of this file; without it, of standard input. At a terminal it is asked for.
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows the second factors of an account.
    Factors {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Takes all second factors away: the password alone logs in again. Be sure who asks you for it.
    ResetFactors {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Removes an account; everything of it ends at once.
    Delete {
        /// Its id, or what they log in with.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
}

/// What is known of a person.
#[derive(Clone, Debug, Args)]
pub(crate) struct Person {
    /// Their name.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Their e-mail address.
    #[arg(long)]
    pub(crate) email: Option<String>,
    /// That the e-mail address was proven to be theirs.
    #[arg(long, value_name = "BOOL")]
    pub(crate) email_verified: Option<bool>,
    /// A group that they belong to; may be given several times, and replaces those before.
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Vec<String>,
    /// Anything else by its member of the admin API: a JSON value, or a text. `null` takes it away.
    #[arg(long, value_name = "MEMBER=VALUE")]
    pub(crate) set: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SessionAction {
    /// Lists the log-ins of an account.
    List {
        /// Its id, or what they log in with.
        user: String,
        #[command(flatten)]
        admin: Admin,
    },
    /// Ends a log-in with everything that hangs on it.
    End {
        /// Its `sid`; with --all the account.
        sid: String,
        /// Ends all log-ins of the account.
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistrationTokenAction {
    /// Lists the tokens, without themselves.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Makes a token, shown once.
    Create {
        /// What it is for.
        #[arg(long, default_value = "")]
        note: String,
        /// How many clients it may bring in; 0: any number.
        #[arg(long, default_value_t = 1, value_name = "COUNT")]
        uses: u32,
        /// Its life in seconds (a week).
        #[arg(long, default_value_t = 604_800, value_name = "SECONDS")]
        expires_in: u64,
        #[command(flatten)]
        admin: Admin,
    },
    /// Ends a token; clients that came by it stay.
    Revoke {
        /// The id that `list` shows.
        id: String,
        #[command(flatten)]
        admin: Admin,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeyAction {
    /// Lists the signing keys and their states.
    List {
        #[command(flatten)]
        admin: Admin,
    },
    /// Starts a rotation: a new key is published, and signs once every guard can know it.
    Rotate {
        /// Which algorithm's key is followed by a new one; without it the default's.
        #[arg(long)]
        algorithm: Option<String>,
        #[command(flatten)]
        admin: Admin,
    },
    /// Withdraws a key at once: every token under it is refused everywhere.
    Withdraw {
        /// The key's `kid`.
        kid: String,
        #[command(flatten)]
        admin: Admin,
    },
}

/// The languages and products by the names of the catalogue.
fn stack() -> impl TypedValueParser<Value = Stack> {
    let names = Stack::ALL.iter().map(|stack| stack.as_str());
    PossibleValuesParser::new(names).try_map(|name| {
        Stack::ALL.iter().copied().find(|stack| stack.as_str() == name).ok_or("no such name")
    })
}
