//! The first start: an administrator, a key that signs, and something to try.
//!
//! Everything is stored in one transaction, so that a start which breaks off is a first start again.

use std::path::PathBuf;

use claviger_protocol::{Client, KeyRecord, KeyStep, Resource, Secret, plan};
use claviger_store::seal::MasterKey;
use claviger_store::{FirstStart, Store};
use claviger_token::Algorithm;

use crate::config::Config;
use crate::credential;
use crate::data_dir::DataDir;
use crate::hex;
use crate::key_making;
use crate::keyring;
use crate::open_error::OpenError;
use crate::secrets::Secrets;

/// The setting under which the digest of the administrator's credential is kept.
pub(crate) const ADMINISTRATOR: &str = "administrator";

const EXAMPLE_CLIENT: &str = "example-client";
/// Where `claviger gate` listens when nothing else is said.
const EXAMPLE_RESOURCE: &str = "http://127.0.0.1:8090";
const EXAMPLE_SCOPES: [&str; 2] = ["orders:read", "orders:write"];

/// What the first start made. The secrets are nowhere else but in `admin_token_file`: show them once.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Bootstrap {
    /// The issuer, as tokens carry it.
    pub issuer: String,
    /// The administrator's credential.
    pub admin_token: Secret,
    /// Where it was written, readable by the owner alone.
    pub admin_token_file: PathBuf,
    /// A client and an API to try things with, unless `example = false`.
    pub example: Option<Example>,
}

/// A client with a secret, and the API that it may have tokens for.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Example {
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// The API: the audience of its tokens.
    pub resource: String,
    /// The scopes it may have there.
    pub scopes: Vec<String>,
}

/// Makes and stores everything.
pub(crate) async fn carry_out(
    config: &Config,
    issuer: &str,
    dir: &DataDir,
    store: &Store,
    master: &MasterKey,
    secrets: &Secrets,
    now: i64,
) -> Result<Bootstrap, OpenError> {
    let admin_token = credential::mint(credential::ADMIN)?;
    let mut first = FirstStart {
        settings: vec![(
            ADMINISTRATOR.to_owned(),
            hex::encode(&credential::digest(admin_token.expose())),
        )],
        keys: first_keys(config, master, now)?,
        clients: Vec::new(),
        resources: Vec::new(),
    };
    let example = if config.example {
        let (example, client, resource) = example(secrets, now).await?;
        first.clients.push(client);
        first.resources.push(resource);
        Some(example)
    } else {
        None
    };
    // The file first: a credential that is stored and that nobody has could never be used.
    dir.write_admin_token(admin_token.expose())?;
    store.first_start(first).await?;
    Ok(Bootstrap {
        issuer: issuer.to_owned(),
        admin_token,
        admin_token_file: dir.admin_token(),
        example,
    })
}

fn first_keys(
    config: &Config,
    master: &MasterKey,
    now: i64,
) -> Result<Vec<(KeyRecord, Vec<u8>)>, OpenError> {
    let steps = plan(&[], now, &keyring::settings(config));
    let mut keys = Vec::new();
    for step in steps {
        if let KeyStep::Create { algorithm, state, activates_at } = step {
            let trouble = |problem: String| OpenError::Key { problem };
            let algorithm = Algorithm::from_name(&algorithm)
                .ok_or_else(|| trouble(format!("there is no algorithm `{algorithm}`")))?;
            let bits = config.signing.rsa_bits;
            let made = key_making::make(algorithm, bits, master, state, activates_at, now)
                .map_err(|error| trouble(error.to_string()))?;
            keys.push(made);
        }
    }
    Ok(keys)
}

async fn example(secrets: &Secrets, now: i64) -> Result<(Example, Client, Resource), OpenError> {
    let client_secret = credential::mint(credential::CLIENT)?;
    let hash = secrets.hash(&client_secret).await.map_err(|_| OpenError::Key {
        problem: "the example client's secret could not be hashed (19 MiB of memory are needed)"
            .to_owned(),
    })?;
    let scopes: Vec<String> = EXAMPLE_SCOPES.iter().map(|&scope| scope.to_owned()).collect();
    let client = Client {
        name: "Example client".to_owned(),
        secret_hash: Some(hash),
        scopes: scopes.clone(),
        resources: vec![EXAMPLE_RESOURCE.to_owned()],
        ..Client::new(EXAMPLE_CLIENT, now)
    };
    let resource = Resource {
        name: "Example API".to_owned(),
        scopes: scopes.clone(),
        ..Resource::new(EXAMPLE_RESOURCE, now)
    };
    let example = Example {
        client_id: client.id.clone(),
        client_secret,
        resource: resource.uri.clone(),
        scopes,
    };
    Ok((example, client, resource))
}
