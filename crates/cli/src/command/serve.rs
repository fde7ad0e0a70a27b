//! `claviger serve`: the authority as a process.

mod notify;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use claviger_authority::{Authority, Bootstrap, OpenError, Reload, bind};
use claviger_telemetry::Wanted;
use serde_json::json;
use tokio::signal::unix::Signal;

use crate::args::Format;
use crate::args::serve::Settings;
use crate::command::signals::{EndSignals, hang_up};
use crate::command::{config, traces};
use crate::say::{self, BOLD, CYAN, DIM, GOOD, GREEN, Stop, YELLOW};

/// SIGHUP has the files of TLS read again, as service managers expect; it never ends the process.
async fn hung_up(mut signal: Signal, reload: Reload) {
    while signal.recv().await.is_some() {
        reload.ask();
    }
}

pub(crate) fn run(settings: &Settings, format: Format) -> Result<ExitCode, Stop> {
    let layered = config::served(settings)?;
    let mut config = layered.config.clone();
    crate::runtime()?.block_on(async {
        let named = config.telemetry.clone();
        let wanted = Wanted {
            endpoint: named.otlp_endpoint.as_deref(),
            service_name: named.service_name.as_deref(),
            sample_ratio: named.sample_ratio,
        };
        let traces = traces::start(&wanted, "claviger")?;
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
        tokio::spawn(hung_up(hang_up()?, authority.reload()));
        let mut signals = EndSignals::listen()?;
        match format {
            Format::Json => say::line(&ready(authority.issuer(), &data, first.as_ref()))?,
            Format::Text => welcome(authority.issuer(), &data, first.as_ref()),
        }
        notify::ready();
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let again = async move {
            signals.next().await;
            notify::stopping();
            // Nobody hears it only once everything has ended.
            let _ = stop.send(());
            signals.next().await;
        };
        tokio::select! {
            () = authority.serve(listener, async { drop(stopped.await) }) => {}
            // What was answered is on the disk already.
            () = again => {
                tracing::warn!("asked to end a second time: running requests are cut off");
                return Ok(ExitCode::from(GOOD));
            }
        }
        traces::finish(traces).await;
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
    // What is no terminal is a log, and logs are kept and sent on.
    let shown = std::io::stderr().is_terminal();
    let made = format!("\n{BOLD}An example client and an example API were made.{BOLD:#}");
    let id = &example.client_id;
    let secret = if shown {
        say::note(&format!("{made} {YELLOW}The secret is shown this once.{YELLOW:#}"));
        example.client_secret.expose()
    } else {
        say::note(&format!(
            "{made} The client's secret is not written into a log; a new one is made by:"
        ));
        say::note(&format!("  claviger client rotate-secret {id}"));
        "SECRET"
    };
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
