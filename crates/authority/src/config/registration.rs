//! Whether clients may register themselves (RFC 7591), and what they then may have.

use claviger_protocol::{GrantType, check_resource_uri, check_scope};
use serde::{Deserialize, Serialize};

use super::{ConfigError, within, wrong, wrongs};

/// Registration of clients by themselves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Registration {
    /// Who may register a client. Closed by default: whoever registers can ask people for consent under a name of
    /// its own choosing.
    pub mode: RegistrationMode,
    /// The grants that clients may register for. `client_credentials` gives tokens to programs that nobody vouches
    /// for: name it with the mode `token` only.
    pub grants: Vec<GrantType>,
    /// The APIs they may have tokens for, after a person's consent; the first is that of a request that names
    /// none. None by default: they then learn who a person is, and nothing else.
    pub resources: Vec<String>,
    /// The scopes they may ask for. When absent: those of OpenID Connect, and all that the APIs above know.
    pub scopes: Option<Vec<String>>,
    /// Registered clients at most; beyond it registration answers 503.
    pub clients_max: u32,
    /// Open registrations per hour from one address (IPv6: one /64).
    pub per_address_per_hour: u32,
    /// A client that registered without a token, and that nobody has allowed anything for so many days, is forgotten.
    pub unused_days: u32,
    /// Whether a client's id may be the https address of a document that describes it (the client-ID metadata
    /// documents of the Model Context Protocol). The authority then fetches from addresses that anybody names, on
    /// the public Internet only. Such clients may have what `grants`, `resources` and `scopes` say.
    pub client_id_documents: bool,
    /// Lets addresses that clients name (documents, `jwks_uri`, `sector_identifier_uri`, `backchannel_logout_uri`) lead to
    /// this very machine,
    /// over plain http as well: for tests alone. With it anybody can have the authority ask services that listen here.
    pub danger_client_addresses_on_loopback: bool,
}

/// Who may register a client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationMode {
    /// Nobody: the operator makes the clients.
    #[default]
    Closed,
    /// Whoever has an initial access token of the operator.
    Token,
    /// Anybody.
    Open,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::Closed,
            grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
            resources: Vec::new(),
            scopes: None,
            clients_max: 1000,
            per_address_per_hour: 20,
            unused_days: 7,
            client_id_documents: false,
            danger_client_addresses_on_loopback: false,
        }
    }
}

impl Registration {
    pub(super) fn check(&self) -> Vec<ConfigError> {
        let resources = self.resources.iter().map(|uri| {
            check_resource_uri(uri)
                .map_err(|invalid| wrong("registration.resources", invalid.problem, invalid.fix))
        });
        let scopes = self.scopes.iter().flatten().map(|scope| {
            check_scope(scope)
                .map_err(|invalid| wrong("registration.scopes", invalid.problem, invalid.fix))
        });
        let mut found = wrongs(resources.chain(scopes));
        if self.grants.is_empty() {
            let fix = "name at least one, or set `registration.mode` to \"closed\"";
            found.push(wrong("registration.grants", "there is none", fix));
        }
        let hourly = u64::from(self.per_address_per_hour);
        found.extend(wrongs([
            within("registration.clients_max", u64::from(self.clients_max), 1, 10_000_000),
            within("registration.per_address_per_hour", hourly, 1, 1_000_000),
            within("registration.unused_days", u64::from(self.unused_days), 1, 3660),
        ]));
        found
    }

    /// Whether anybody can register at all.
    pub(crate) fn is_open(&self) -> bool {
        self.mode != RegistrationMode::Closed
    }

    /// Registrations up to then are forgotten where nobody used them.
    pub(crate) fn unused_before(&self, now: i64) -> Option<i64> {
        let days = i64::from(self.unused_days);
        self.is_open().then(|| now.saturating_sub(days * 86_400))
    }
}
