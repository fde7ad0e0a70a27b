//! An authority from its opening to its end: the directory, the store, what is held in memory, and
//! the jobs that go on beside the requests.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use claviger_store::seal::{self, SealError};
use claviger_store::{Store, StoreError};
use claviger_web::Site;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::browser::Browsers;
use crate::client_keys::ClientKeys;
use crate::clock::Clock;
use crate::config::{Config, Limits};
use crate::data_dir::DataDir;
use crate::dispatch::Dispatch;
use crate::document::Document;
use crate::documents::Documents;
use crate::first_start::{self, Bootstrap};
use crate::guesses::Guesses;
use crate::hashing::Hashing;
use crate::hex;
use crate::journal::Journal;
use crate::key_making::KeyTrouble;
use crate::keyring::{Keyring, KeyringError};
use crate::metrics::Metrics;
use crate::notices;
use crate::open_error::OpenError;
use crate::openapi;
use crate::pressed_twice::PressedTwice;
use crate::refresh_token::RefreshKeys;
use crate::revocations::Revocations;
use crate::routes;
use crate::second_factor::SecondFactors;
use crate::secrets::Secrets;
use crate::sectors::Sectors;
use crate::sender::Senders;
use crate::serve::Server;
use crate::shelf::Shelf;
use crate::state::{RECORDS_HELD, State};
use crate::status_lists::StatusLists;
use crate::subjects::Subjects;
use crate::throttle::Throttle;
use crate::tickets::Tickets;
use crate::tls::{self, Reload, Tls};

/// How often it is asked what has become due, unless keys live for less. A withdrawn key does not wait for it.
const TURN: Duration = Duration::from_secs(5);
/// How often what has expired is forgotten. It writes, and nothing depends on it but space.
const FORGET: Duration = Duration::from_secs(60);

/// An open authority. Dropped, its jobs end; [`Authority::close`] also waits for what was written.
pub struct Authority {
    state: Arc<State>,
    jobs: JoinSet<()>,
    /// Held until the store is closed, so that no other process comes in between.
    dir: Option<DataDir>,
}

impl fmt::Debug for Authority {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Authority")
            .field("issuer", &self.state.issuer.text)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the authority of a data directory; on first start it makes one, and says what it made.
    /// Needs a running Tokio runtime.
    ///
    /// # Errors
    /// What stands in the way, where, and what to do about it.
    pub async fn open(config: Config) -> Result<(Self, Option<Bootstrap>), OpenError> {
        Self::open_at(config, Clock::machine()).await
    }

    /// The same by a clock of the caller's choosing.
    ///
    /// # Errors
    /// As [`Authority::open`].
    pub async fn open_at(
        config: Config,
        clock: Clock,
    ) -> Result<(Self, Option<Bootstrap>), OpenError> {
        config.check()?;
        let issuer = config.issuer()?;
        let tls = Arc::new(Tls::open(&config, clock.now())?);
        let dir = DataDir::open(&config.data_dir)?;
        let master_file = dir.master_key(config.master_key_file.as_deref())?;
        let master = seal::MasterKey::new(&master_file.bytes)
            .map_err(|error| OpenError::Key { problem: error.to_string() })?;
        let master = Arc::new(master);
        let store = open_store(&dir).await?;
        let metrics = Arc::new(Metrics::new());
        let hashing = || {
            Hashing::start(config.limits.argon2_runs)
                .map_err(|error| OpenError::Threads { problem: error.to_string() })
        };
        let secrets = Secrets::new(&config.limits, hashing()?, Arc::clone(&metrics))?;
        // No password is remembered, and wrong ones are counted by `guesses`.
        let for_people = Limits {
            remembered_secrets: 0,
            wrong_secrets_per_minute: u32::MAX,
            ..config.limits.clone()
        };
        let passwords = Secrets::new(&for_people, hashing()?, Arc::clone(&metrics))?;
        let second_factors = SecondFactors::new(Arc::clone(&master), &master_file.bytes, &issuer);
        let tickets = Tickets::new(Arc::clone(&master));
        let browsers = Browsers::new(&master_file.bytes, issuer.secure);
        let refresh_keys = RefreshKeys::new(&master_file.bytes);
        let senders = Senders::new()?;
        let subjects = Subjects::new(&master_file.bytes);
        let now = clock.now();
        let bootstrap = match store.find_setting(first_start::ADMINISTRATOR).await? {
            Some(_) => None,
            None => {
                let text = &issuer.text;
                Some(
                    first_start::carry_out(&config, text, &dir, &store, &master, &secrets, now)
                        .await?,
                )
            }
        };
        let administrator = store
            .find_setting(first_start::ADMINISTRATOR)
            .await?
            .and_then(|digits| hex::decode(digits.as_bytes()))
            .ok_or_else(|| OpenError::File {
                path: dir.database(),
                problem: "holds no usable digest of the administrator's credential".to_owned(),
                fix: "restore the database from a backup".to_owned(),
            })?;
        let journal = Arc::new(Journal::new(
            store.clone(),
            clock.clone(),
            &master_file.bytes,
            &config.journal,
            Arc::clone(&metrics),
        ));
        let keyring = Keyring::open(
            store.clone(),
            master,
            &config,
            issuer.clone(),
            Arc::clone(&metrics),
            Arc::clone(&journal),
        )
        .await
        .map_err(|error| keys_refused(error, &master_file.path))?;
        keyring.turn(now).await.map_err(|error| keys_refused(error, &master_file.path))?;
        let revocations = Revocations::new();
        revocations.follow(&store).await?;
        let state = Arc::new(State {
            token_endpoint: format!("{}/token", issuer.base),
            site: Site::new(&issuer.path),
            openapi: Document::new(&openapi::document(&issuer, &routes::table())),
            documents: Documents::new(&config.registration),
            client_keys: ClientKeys::new(&config.registration),
            sectors: Sectors::new(&config.registration),
            devices: Throttle::new(60, 60),
            pushing: Throttle::new(300, 60),
            user_codes: [Throttle::new(10, 600), Throttle::new(100, 600)],
            registering: Throttle::new(config.registration.per_address_per_hour, 3600),
            feed_places: Arc::new(Semaphore::new(config.limits.feed_readers)),
            clients: Arc::new(Shelf::new(RECORDS_HELD)),
            resources: Arc::new(Shelf::new(RECORDS_HELD)),
            ending: CancellationToken::new(),
            reload: Reload::default(),
            tls,
            changing: Mutex::new(()),
            config,
            issuer,
            clock,
            store,
            metrics,
            secrets,
            passwords,
            browsers,
            guesses: Guesses::default(),
            second_factors,
            pressed_twice: PressedTwice::default(),
            tickets,
            refresh_keys,
            senders,
            subjects,
            status_lists: StatusLists::default(),
            keyring,
            revocations,
            journal,
            administrator: *administrator,
        });
        let jobs = jobs(&state);
        Ok((Self { state, jobs, dir: Some(dir) }, bootstrap))
    }

    /// The issuer, as tokens carry it.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.state.issuer.text
    }

    /// What has the files of TLS read again.
    #[must_use]
    pub fn reload(&self) -> Reload {
        self.state.reload.clone()
    }

    /// Everything that answers, as a service of its own; [`Authority::serve`] puts it on a socket with
    /// limits and time limits around it.
    pub fn router(&self) -> Router {
        let dispatch = Arc::new(Dispatch::new(&self.state));
        Router::new()
            .fallback(move |request: Request| async move { dispatch.answer(request).await })
    }

    /// Serves until `shutdown` resolves and running requests have ended, then closes.
    pub async fn serve(self, listener: TcpListener, shutdown: impl Future<Output = ()>) {
        let state = &self.state;
        let server = Server {
            dispatch: Arc::new(Dispatch::new(state)),
            limits: state.config.limits.clone(),
            metrics: Arc::clone(&state.metrics),
            tls: Arc::clone(&state.tls),
            ending: state.ending.clone(),
        };
        server.serve(listener, shutdown).await;
        self.close().await;
    }

    /// Carries out what has become due and forgets what has expired; the jobs do the same by
    /// themselves, within a minute.
    pub async fn housekeep(&self) {
        turn(&self.state).await;
        // What could not be written waits for the next time.
        drop(self.state.journal.flush().await);
        forget(&self.state).await;
    }

    /// Ends the jobs, waits until everything is written, and lets go of the data directory.
    pub async fn close(mut self) {
        self.state.ending.cancel();
        while self.jobs.join_next().await.is_some() {}
        self.state.journal.finish().await;
        self.state.store.close().await;
        drop(self.dir.take());
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.state.ending.cancel();
    }
}

async fn open_store(dir: &DataDir) -> Result<Store, OpenError> {
    let path = dir.database();
    let opened = {
        let path = path.clone();
        tokio::task::spawn_blocking(move || Store::open(&path)).await
    };
    match opened {
        Ok(opened) => Ok(opened?),
        Err(_) => Err(OpenError::Store(StoreError::Other {
            path,
            detail: "opening it was cut short".to_owned(),
        })),
    }
}

/// A key that does not open is the master key's fault more often than the database's.
fn keys_refused(error: KeyringError, master: &std::path::Path) -> OpenError {
    match error {
        KeyringError::Store(error) => OpenError::Store(error),
        KeyringError::Key(KeyTrouble::Sealed { kid, reason: SealError::Refused }) => {
            OpenError::MasterKey {
                path: master.to_owned(),
                problem: format!("is not the key that the signing key `{kid}` is sealed under"),
                fix: "put the right file in its place, or set `master_key_file` to it".to_owned(),
            }
        }
        error => OpenError::Key { problem: error.to_string() },
    }
}

fn jobs(state: &Arc<State>) -> JoinSet<()> {
    let mut jobs = JoinSet::new();
    jobs.spawn(Arc::clone(&state.journal).write(state.ending.clone()));
    jobs.spawn(follow(Arc::clone(state)));
    jobs.spawn(housekeeping(Arc::clone(state)));
    jobs.spawn(tls::follow(Arc::clone(state)));
    jobs.spawn(notices::send(Arc::clone(state)));
    jobs
}

/// Takes in every revocation as soon as it is stored.
async fn follow(state: Arc<State>) {
    let mut stored = state.store.watch();
    loop {
        if let Err(error) = state.follow_revocations().await {
            tracing::error!(%error, "revocations could not be read; guards learn them late");
            tokio::time::sleep(Duration::from_millis(200)).await;
            stored.mark_changed();
        }
        tokio::select! {
            changed = stored.changed() => if changed.is_err() { return },
            () = state.ending.cancelled() => return,
        }
    }
}

async fn housekeeping(state: Arc<State>) {
    let every = |period| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let shortest = Duration::from_secs(state.config.signing.publish_ahead_seconds);
    let (mut turns, mut forgetting) = (every(TURN.min(shortest)), every(FORGET));
    loop {
        tokio::select! {
            _ = turns.tick() => turn(&state).await,
            _ = forgetting.tick() => forget(&state).await,
            () = state.ending.cancelled() => return,
        }
    }
}

async fn turn(state: &State) {
    if let Err(error) = state.turn().await {
        tracing::error!(%error, "keys could not be turned; it is tried again in a moment");
    }
}

async fn forget(state: &State) {
    if let Err(error) = state.forget_expired().await {
        tracing::warn!(%error, "what has expired could not be forgotten; it is tried again");
    }
}
