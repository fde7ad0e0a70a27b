//! `claviger serve`: the authority as a process.

mod notify;

use std::process::ExitCode;

use claviger_authority::{Authority, Bootstrap, OpenError, Reload, bind};
use serde_json::json;

use crate::args::{Format, Serve};
use crate::command::config;
use crate::say::{self, BOLD, CYAN, DIM, GOOD, GREEN, Stop, YELLOW};

/// Resolves when the process is asked to end: Ctrl-C, or SIGTERM of a service manager.
pub(crate) async fn asked_to_end() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}

/// Resolves when the process is asked to end once more. What was answered is on the disk already.
async fn asked_again(first: tokio::sync::oneshot::Receiver<()>) {
    if first.await.is_ok() {
        asked_to_end().await;
    } else {
        std::future::pending().await
    }
}

/// SIGHUP has the files of TLS read again, as service managers expect; it never ends the process.
async fn hung_up(reload: Reload) {
    let kind = tokio::signal::unix::SignalKind::hangup();
    if let Ok(mut signal) = tokio::signal::unix::signal(kind) {
        while signal.recv().await.is_some() {
            reload.ask();
        }
    }
}

pub(crate) fn run(arguments: &Serve, format: Format) -> Result<ExitCode, Stop> {
    let layered = config::served(&arguments.settings)?;
    let mut config = layered.config.clone();
    crate::runtime()?.block_on(async {
        let refused = |error: OpenError| Stop::unknown(error.to_string());
        let listener = bind(&mut config).await.map_err(refused)?;
        // Judged with the port that was given: the issuer may follow from it.
        config.check().map_err(|error| config::refused(&[layered.locate(error)]))?;
        let data = config.data_dir.display().to_string();
        let (authority, first) = match Authority::open(config).await {
            Err(OpenError::Config(error)) => {
                return Err(config::refused(&[layered.locate(error)]));
            }
            opened => opened.map_err(refused)?,
        };
        tokio::spawn(hung_up(authority.reload()));
        match format {
            Format::Json => say::line(&ready(authority.issuer(), &data, first.as_ref()))?,
            Format::Text => welcome(authority.issuer(), &data, first.as_ref()),
        }
        notify::ready();
        let (asked, hurried) = tokio::sync::oneshot::channel();
        let shutdown = async move {
            asked_to_end().await;
            notify::stopping();
            // Nobody hears it only once everything has ended.
            let _ = asked.send(());
        };
        tokio::select! {
            () = authority.serve(listener, shutdown) => {}
            () = asked_again(hurried) => {
                tracing::warn!("asked to end a second time: running requests are cut off");
            }
        }
        Ok(ExitCode::from(GOOD))
    })
}

/// One line for programs: the process is ready when it comes.
fn ready(issuer: &str, data: &str, first: Option<&Bootstrap>) -> String {
    let bootstrap = first.map(|first| {
        let mut made = json!({"admin_token_file": first.admin_token_file});
        if let Some(example) = &first.example {
            made["client_id"] = json!(example.client_id);
            made["client_secret"] = json!(example.client_secret.expose());
            made["resource"] = json!(example.resource);
            made["scopes"] = json!(example.scopes);
        }
        made
    });
    json!({"issuer": issuer, "data": data, "bootstrap": bootstrap}).to_string()
}

fn welcome(issuer: &str, data: &str, first: Option<&Bootstrap>) {
    say::note(&format!(
        "{GREEN}The authority stands at {issuer}{GREEN:#} {DIM}(Ctrl-C ends it){DIM:#}"
    ));
    say::note(&format!("  {CYAN}metadata{CYAN:#}  {issuer}/.well-known/openid-configuration"));
    say::note(&format!("  {CYAN}keys{CYAN:#}      {issuer}/jwks"));
    say::note(&format!("  {CYAN}data{CYAN:#}      {data}"));
    let Some(first) = first else { return };
    say::note(&format!(
        "  {CYAN}admin{CYAN:#}     the administrator's token is in {}",
        first.admin_token_file.display()
    ));
    let Some(example) = &first.example else { return };
    say::note(&format!(
        "\n{BOLD}An example client and an example API were made.{BOLD:#} {YELLOW}The secret is shown this once.{YELLOW:#}"
    ));
    let (id, secret) = (&example.client_id, example.client_secret.expose());
    say::note("\nGet a token:");
    say::note(&format!(
        "  curl -s -u {id}:{secret} {issuer}/token \\\n    -d grant_type=client_credentials -d resource={}",
        example.resource
    ));
    say::note("Guard an API with it (any API; here on port 9000):");
    say::note(&format!(
        "  claviger gate --upstream http://127.0.0.1:9000 --issuer {issuer} --audience {}",
        example.resource
    ));
    say::note("Have a refusal explained:");
    say::note(&format!(
        "  claviger explain TOKEN --online --issuer {issuer} --audience {}",
        example.resource
    ));
}
