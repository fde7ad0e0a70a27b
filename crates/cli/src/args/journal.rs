//! `claviger journal`, and `claviger why` one entry of it came about.

use clap::Args;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};

use super::admin::Admin;

#[derive(Debug, Args)]
pub(crate) struct Why {
    /// The diagnosis id that a refused client was given, or an id of `claviger journal`.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) diagnosis: String,
    #[command(flatten)]
    pub(crate) admin: Admin,
}

/// What of the journal is shown.
#[derive(Debug, Args)]
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
