//! What can be typed: every command, option and example, and nothing that they do. A file for each face; what one
//! command of it does stands in `command`, under the same name.

pub(crate) mod admin;
pub(crate) mod client;
pub(crate) mod explain;
pub(crate) mod gate;
pub(crate) mod journal;
pub(crate) mod key;
pub(crate) mod registration_token;
pub(crate) mod resource;
pub(crate) mod revoke;
pub(crate) mod serve;
pub(crate) mod session;
pub(crate) mod user;

use clap::{Parser, Subcommand, ValueEnum};

use self::admin::Admin;
use self::client::ClientAction;
use self::explain::{Explain, Faults, Try};
use self::gate::Gate;
use self::journal::{Journal, Why};
use self::key::KeyAction;
use self::registration_token::RegistrationTokenAction;
use self::resource::ResourceAction;
use self::revoke::Revoke;
use self::serve::{ConfigAction, MakeBackup, Restore, Settings};
use self::session::SessionAction;
use self::user::UserAction;

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
    Serve {
        #[command(flatten)]
        settings: Settings,
    },
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
    Faults(Faults),
    /// Shows one entry of the authority's journal: what happened, and what to do about it.
    #[command(after_help = "Example:\n  claviger why dg_k3v9q2m7x4c8p1ab")]
    Why(Why),
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
        #[command(flatten)]
        admin: Admin,
    },
    /// Manages the APIs (resources) that tokens are for.
    #[command(
        after_help = "Example:\n  claviger resource create https://api.example --scope orders:read --scope orders:write"
    )]
    Resource {
        #[command(subcommand)]
        action: ResourceAction,
        #[command(flatten)]
        admin: Admin,
    },
    /// Manages the people who can log in.
    #[command(
        after_help = "Example:\n  claviger user create ada --email ada@example.org --password-file password.txt"
    )]
    User {
        #[command(subcommand)]
        action: UserAction,
        #[command(flatten)]
        admin: Admin,
    },
    /// Manages the tokens by which clients may register themselves (RFC 7591).
    #[command(
        after_help = "Example:\n  claviger registration-token create --note \"for the build farm\" --uses 10 --expires-in 86400"
    )]
    RegistrationToken {
        #[command(subcommand)]
        action: RegistrationTokenAction,
        #[command(flatten)]
        admin: Admin,
    },
    /// Shows and ends people's log-ins.
    #[command(
        after_help = "Examples:\n  claviger session list ada\n  claviger session end 9pTq…        (its sid)"
    )]
    Session {
        #[command(subcommand)]
        action: SessionAction,
        #[command(flatten)]
        admin: Admin,
    },
    /// Manages the signing keys.
    #[command(after_help = "Example:\n  claviger key rotate")]
    Key {
        #[command(subcommand)]
        action: KeyAction,
        #[command(flatten)]
        admin: Admin,
    },
    /// Revokes a token, a grant, a session, everything of a subject or client, or everything before an
    /// instant; every guard learns it at once.
    #[command(
        after_help = "Examples:\n  claviger revoke token 9pTq…        (its jti)\n  claviger revoke client billing\n  claviger revoke all --before 2026-11-23T10:00:00Z"
    )]
    Revoke(Revoke),
}
