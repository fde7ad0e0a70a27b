//! What requests share: the configuration, the store, and what is held in memory between them.

use std::sync::Arc;

use claviger_protocol::{Client, OauthFault, Resource, Terms, is_document_id};
use claviger_store::{Store, StoreError};
use claviger_web::Site;
use tokio::sync::{Mutex, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::browser::Browsers;
use crate::client_keys::ClientKeys;
use crate::clock::Clock;
use crate::config::{Config, Issuer};
use crate::document::Document;
use crate::documents::Documents;
use crate::guesses::Guesses;
use crate::journal::Journal;
use crate::keyring::{Keyring, KeyringError};
use crate::metrics::Metrics;
use crate::pressed_twice::PressedTwice;
use crate::refresh_token::RefreshKeys;
use crate::revocations::Revocations;
use crate::second_factor::SecondFactors;
use crate::secrets::Secrets;
use crate::sectors::Sectors;
use crate::sender::Senders;
use crate::shelf::Shelf;
use crate::status_lists::StatusLists;
use crate::subjects::Subjects;
use crate::throttle::Throttle;
use crate::tickets::Tickets;
use crate::tls::{Reload, Tls};

/// Records of clients, and of APIs, held in memory. A record is about a kilobyte.
pub(crate) const RECORDS_HELD: usize = 10_000;

/// An open authority, as its endpoints see it.
pub(crate) struct State {
    pub(crate) config: Config,
    pub(crate) issuer: Issuer,
    pub(crate) token_endpoint: String,
    pub(crate) site: Site,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) secrets: Secrets,
    /// The passwords of people: runs of their own, so that log-ins do not hold up clients.
    pub(crate) passwords: Secrets,
    pub(crate) browsers: Browsers,
    pub(crate) guesses: Guesses,
    pub(crate) second_factors: SecondFactors,
    pub(crate) pressed_twice: PressedTwice,
    pub(crate) tickets: Tickets,
    pub(crate) refresh_keys: RefreshKeys,
    pub(crate) senders: Senders,
    pub(crate) subjects: Subjects,
    pub(crate) status_lists: StatusLists,
    pub(crate) clients: Arc<Shelf<Client>>,
    pub(crate) resources: Arc<Shelf<Resource>>,
    pub(crate) keyring: Keyring,
    pub(crate) revocations: Revocations,
    pub(crate) journal: Arc<Journal>,
    /// Held from reading a record to writing it changed, so that of two changes at once neither is
    /// lost.
    pub(crate) changing: Mutex<()>,
    /// The digest of the administrator's credential.
    pub(crate) administrator: [u8; 32],
    pub(crate) feed_places: Arc<Semaphore>,
    /// Clients whose ids are addresses.
    pub(crate) documents: Documents,
    /// Keys of clients that publish them.
    pub(crate) client_keys: ClientKeys,
    pub(crate) sectors: Sectors,
    /// Devices that begin, by address.
    pub(crate) devices: Throttle,
    /// Requests that clients without a proof push, by address.
    pub(crate) pushing: Throttle,
    /// User codes that are looked up, by person and by address.
    pub(crate) user_codes: [Throttle; 2],
    /// Open registrations by address.
    pub(crate) registering: Throttle,
    pub(crate) tls: Arc<Tls>,
    /// Has the files of TLS read again.
    pub(crate) reload: Reload,
    /// Cancelled when the authority ends.
    pub(crate) ending: CancellationToken,
    pub(crate) openapi: Document,
}

impl State {
    pub(crate) async fn client(&self, id: &str) -> Result<Option<Arc<Client>>, StoreError> {
        if is_document_id(id) {
            return Ok(self.described_client(id).await?.ok());
        }
        let store = self.store.clone();
        self.clients.find(id, |id| async move { store.find_client(&id).await }).await
    }

    /// The client whose id is the address of its document, or why it is none.
    pub(crate) async fn described_client(
        &self,
        id: &str,
    ) -> Result<Result<Arc<Client>, OauthFault>, StoreError> {
        let resources = self.resources_of_policy().await?;
        let now = self.clock.now();
        let found = self.documents.find(id, &self.terms(&resources), now).await;
        let Ok(client) = found else { return Ok(found) };
        Ok(self.sectors.check(&client, i64::MIN, now).await.map(|()| client))
    }

    /// What clients may have which nobody made; `resources` are those of the policy.
    pub(crate) fn terms<'a>(&'a self, resources: &'a [Resource]) -> Terms<'a> {
        let rules = &self.config.registration;
        Terms {
            grants: &rules.grants,
            resources,
            scopes: rules.scopes.as_deref(),
            certificates: self.config.tls.sees_clients(),
            danger_allow_loopback: rules.danger_client_addresses_on_loopback,
        }
    }

    /// The APIs that clients may have which nobody made.
    pub(crate) async fn resources_of_policy(&self) -> Result<Vec<Resource>, StoreError> {
        let mut found = Vec::new();
        for uri in &self.config.registration.resources {
            match self.resource(uri).await? {
                Some(resource) => found.push((*resource).clone()),
                None => {
                    tracing::warn!(uri, "`registration.resources` names an API that there is not")
                }
            }
        }
        Ok(found)
    }

    pub(crate) async fn resource(&self, uri: &str) -> Result<Option<Arc<Resource>>, StoreError> {
        let store = self.store.clone();
        self.resources.find(uri, |uri| async move { store.find_resource(&uri).await }).await
    }

    /// When the last token issued up to now has expired everywhere, so that what revokes it may be
    /// forgotten.
    pub(crate) fn last_token_gone(&self) -> i64 {
        self.keyring.last_token_gone(self.clock.now())
    }

    /// Takes in what was revoked since.
    pub(crate) async fn follow_revocations(&self) -> Result<(), StoreError> {
        self.revocations.follow(&self.store).await?;
        self.metrics.feed_at(i64::try_from(self.revocations.latest()).unwrap_or(i64::MAX));
        Ok(())
    }

    /// Carries out what has become due by the clock.
    pub(crate) async fn turn(&self) -> Result<(), KeyringError> {
        self.keyring.turn(self.clock.now()).await?;
        self.secrets.sweep();
        self.passwords.sweep();
        self.guesses.sweep(self.clock.now());
        Ok(())
    }

    /// Forgets what no living token can be touched by.
    pub(crate) async fn forget_expired(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.forget_expired(now).await?;
        let days = i64::try_from(self.config.journal.keep_days).unwrap_or(i64::MAX);
        self.store.forget_journal(now.saturating_sub(days.saturating_mul(86_400))).await?;
        if let Some(before) = self.config.registration.unused_before(now) {
            self.store.forget_unused_clients(before).await?;
        }
        self.revocations.forget_expired(now);
        Ok(())
    }
}
