//! `claviger revoke`.

use clap::{Args, ValueEnum};

use super::admin::Admin;

#[derive(Debug, Args)]
pub(crate) struct Revoke {
    /// What is revoked.
    #[arg(value_enum)]
    pub(crate) kind: RevokeKind,
    /// Which one: the jti, grant_id, sid, sub or client id; with `all`, none.
    #[arg(required_if_eq_any = [("kind", "token"), ("kind", "grant"), ("kind", "session"), ("kind", "subject"), ("kind", "client")])]
    pub(crate) value: Option<String>,
    /// Only what was issued up to then, then included: Unix seconds or RFC 3339.
    #[arg(long, value_name = "TIME", conflicts_with = "before")]
    pub(crate) until: Option<String>,
    /// Only what was issued before then.
    #[arg(long, value_name = "TIME")]
    pub(crate) before: Option<String>,
    #[command(flatten)]
    pub(crate) admin: Admin,
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
