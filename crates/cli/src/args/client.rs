//! `claviger client`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub(crate) enum ClientAction {
    /// Lists the clients.
    List,
    /// Shows one client.
    Show(ClientId),
    /// Makes a client; its secret is shown once.
    Create(Box<NewClient>),
    /// Changes what is named, and leaves the rest. A list that is named replaces the one before.
    Update(ClientChange),
    /// Locks a client: its tokens end at once, and it gets no more.
    Disable(ClientId),
    /// Opens a locked client again.
    Enable(ClientId),
    /// Gives a client a new secret, shown once; the old one ends at once.
    RotateSecret(ClientId),
    /// Removes a client.
    Delete(ClientId),
}

#[derive(Debug, Args)]
pub(crate) struct ClientId {
    /// The client id.
    pub(crate) id: String,
}

#[derive(Debug, Args)]
#[command(mut_arg("resource", |it| it.required_unless_present_any(["redirect_uri", "grant"])))]
pub(crate) struct NewClient {
    #[command(flatten)]
    pub(crate) client: ClientId,
    #[command(flatten)]
    pub(crate) terms: ClientTerms,
    /// A key set: the client authenticates with private_key_jwt in place of a secret.
    #[arg(long, value_name = "FILE", conflicts_with = "public")]
    pub(crate) jwks: Option<PathBuf>,
    /// The same with a key set that the client publishes at an https address, where it may change its keys
    /// without telling anybody.
    #[arg(long, value_name = "URL", conflicts_with_all = ["public", "jwks"])]
    pub(crate) jwks_uri: Option<String>,
    /// It can keep no secret: a program on its user's machine or in a browser.
    #[arg(long)]
    pub(crate) public: bool,
    /// A grant that it may use; may be given several times. Without it: what the other options call for.
    #[arg(long, value_name = "GRANT", value_enum)]
    pub(crate) grant: Vec<Grant>,
    /// It is your own: users are not asked for consent.
    #[arg(long)]
    pub(crate) first_party: bool,
    #[command(flatten)]
    pub(crate) certificate: ClientCertificate,
    #[command(flatten)]
    pub(crate) bonds: Bonds,
    #[command(flatten)]
    pub(crate) people: AboutPeople,
}

#[derive(Debug, Args)]
pub(crate) struct ClientChange {
    #[command(flatten)]
    pub(crate) client: ClientId,
    #[command(flatten)]
    pub(crate) terms: ClientTerms,
    /// Anything else by its member of the admin API, such as rotate_refresh_tokens=true or
    /// access_ttl_seconds=120: a JSON value, or a text. `null` takes it away.
    #[arg(long, value_name = "MEMBER=VALUE")]
    pub(crate) set: Vec<String>,
}

/// What a client is called and may have.
#[derive(Debug, Args)]
pub(crate) struct ClientTerms {
    /// A name for people.
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// A resource (audience) that it may ask tokens for; may be given several times.
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Vec<String>,
    /// A scope that it may have; may be given several times.
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,
    /// Where users are sent back to after log-in; may be given several times. A client that is made with it gets
    /// tokens for users, and refreshes them.
    #[arg(long, value_name = "URL")]
    pub(crate) redirect_uri: Vec<String>,
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

/// How a client proves itself with a certificate on its TLS connection (RFC 8705).
#[derive(Debug, Args)]
// Not said once with the group: clap would name all four where one is in conflict.
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
