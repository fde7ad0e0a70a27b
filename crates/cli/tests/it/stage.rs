//! The binary's processes as the tests meet them: an authority with its first credentials, a gate.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use claviger_testkit::{Answer, Ask, Process};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a debug binary on a loaded machine may take to be ready.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// The built binary with nothing of this machine in its environment but what it needs to run.
pub(crate) fn claviger(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claviger"));
    command.args(arguments).env_clear();
    for kept in ["PATH", "LLVM_PROFILE_FILE"] {
        if let Some(value) = std::env::var_os(kept) {
            command.env(kept, value);
        }
    }
    command.env("NO_COLOR", "1");
    command
}

/// A party that proves itself with a secret.
#[derive(Clone, Debug)]
pub(crate) struct Party {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Party {
    pub(crate) fn json(&self) -> Value {
        json!({ "id": self.id, "secret": self.secret })
    }
}

/// A running authority in a folder of its own.
#[derive(Debug)]
pub(crate) struct Authority {
    pub(crate) issuer: String,
    /// The example client of the first start.
    pub(crate) client: Party,
    /// The example API of the first start: an audience.
    pub(crate) resource: String,
    /// The scopes that the example client may have there.
    pub(crate) scope: String,
    admin_token_file: String,
    process: Process,
    folder: TempDir,
}

impl Authority {
    pub(crate) fn start() -> Self {
        Self::start_in(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn start_in(folder: TempDir) -> Self {
        Self::start_with(folder, &[], &[])
    }

    /// Under a name and on a port of the caller's choosing.
    pub(crate) fn start_as(issuer: &str, port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let further = ["--listen", &listen, "--issuer", issuer];
        Self::start_with(tempfile::tempdir().expect("a folder"), &further, &[])
    }

    /// With a configuration file of these lines.
    pub(crate) fn configured(lines: &str) -> Self {
        Self::configured_in(lines, &[])
    }

    /// The same with more in its environment.
    pub(crate) fn configured_in(lines: &str, environment: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = file(folder.path(), "claviger.toml", lines);
        Self::start_with(folder, &["--config", &path], environment)
    }

    fn start_with(folder: TempDir, further: &[&str], environment: &[(&str, &str)]) -> Self {
        let data = folder.path().join("data");
        let data = data.to_str().expect("a folder with a plain name").to_owned();
        let mut arguments = vec!["serve", "--data", &data, "--format", "json"];
        if !further.contains(&"--listen") {
            arguments.extend(["--listen", "127.0.0.1:0"]);
        }
        arguments.extend(further);
        let mut command = claviger(&arguments);
        command.envs(environment.iter().copied());
        let process = Process::spawn(command);
        let ready = process.ready(PATIENCE);
        assert!(ready["error"].is_null(), "{ready}");
        let text = |value: &Value| value.as_str().expect("a text when ready").to_owned();
        let bootstrap = &ready["bootstrap"];
        let scopes = bootstrap["scopes"].as_array().expect("scopes when ready");
        Self {
            issuer: text(&ready["issuer"]),
            client: Party {
                id: text(&bootstrap["client_id"]),
                secret: text(&bootstrap["client_secret"]),
            },
            resource: text(&bootstrap["resource"]),
            scope: scopes.iter().map(text).collect::<Vec<_>>().join(" "),
            admin_token_file: text(&bootstrap["admin_token_file"]),
            process,
            folder,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.issuer)
    }

    pub(crate) fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    /// The administrator's token of the first start.
    pub(crate) fn admin_token(&self) -> String {
        let token = std::fs::read_to_string(&self.admin_token_file);
        token.expect("the administrator's token").trim().to_owned()
    }

    /// The file with the administrator's token, and the address to use it at.
    pub(crate) fn reach(&self) -> (String, String) {
        (self.admin_token_file.clone(), self.issuer.clone())
    }

    /// An administration command of the binary, against this authority; its JSON.
    pub(crate) fn administer(&self, arguments: &[&str]) -> Value {
        let admin_token_file = self.admin_token_file.as_str();
        let reach = ["--authority", &self.issuer, "--admin-token-file", admin_token_file];
        let arguments = [arguments, &reach, &["--format", "json"]].concat();
        let outcome = Process::run(claviger(&arguments), b"");
        assert_eq!(outcome.code, Some(0), "{arguments:?}: {}{}", outcome.stdout, outcome.stderr);
        serde_json::from_str(&outcome.stdout)
            .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}", outcome.stdout))
    }

    /// A new client with a secret, for one resource.
    pub(crate) fn register(&self, id: &str, resource: &str, scope: &str) -> Party {
        let made =
            self.administer(&["client", "create", id, "--resource", resource, "--scope", scope]);
        let secret = made["secret"]
            .as_str()
            .or_else(|| made["client_secret"].as_str())
            .expect("the secret, shown once");
        Party { id: id.to_owned(), secret: secret.to_owned() }
    }

    /// An access token for the example API.
    pub(crate) fn token(&self) -> String {
        let fields = [
            ("grant_type", "client_credentials"),
            ("resource", self.resource.as_str()),
            ("scope", self.scope.as_str()),
        ];
        let answer = Ask::post_form(&self.url("/token"), &fields)
            .basic(&self.client.id, &self.client.secret)
            .send();
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["access_token"].as_str().expect("an access token").to_owned()
    }

    pub(crate) fn revoke(&self, token: &str) {
        let answer = Ask::post_form(&self.url("/revoke"), &[("token", token)])
            .basic(&self.client.id, &self.client.secret)
            .send();
        assert_eq!(answer.status, 200, "{}", answer.text());
    }

    /// Everything the process has written so far, but for the line that hands out the first secrets.
    pub(crate) fn log(&self) -> String {
        let stdout = self.process.stdout();
        let later: Vec<_> = stdout.lines().skip(1).collect();
        later.join(
            "
",
        ) + &self.process.stderr()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Kills it (SIGKILL) and starts it again on the same folder and address.
    pub(crate) fn killed(self) -> Self {
        self.killed_while(|| {})
    }

    /// The same, with something that happens while it is away.
    pub(crate) fn killed_while(self, meanwhile: impl FnOnce()) -> Self {
        let Self { issuer, client, resource, scope, admin_token_file, process, folder } = self;
        drop(process);
        meanwhile();
        let data = folder.path().join("data");
        let data = data.to_str().expect("a folder with a plain name").to_owned();
        let listen = issuer.trim_start_matches("http://");
        let arguments = ["serve", "--data", &data, "--listen", listen, "--format", "json"];
        let process = Process::spawn(claviger(&arguments));
        let ready = process.ready(PATIENCE);
        assert!(ready["error"].is_null(), "{ready}");
        Self { issuer, client, resource, scope, admin_token_file, process, folder }
    }

    /// Ends it as a service manager would and gives the folder back.
    pub(crate) fn stop(self) -> (claviger_testkit::process::Outcome, TempDir) {
        (self.process.stop(PATIENCE), self.folder)
    }
}

/// A running gate.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) url: String,
    process: Process,
}

impl Gate {
    pub(crate) fn start(upstream: &str, issuer: &str, audience: &str, further: &[&str]) -> Self {
        Self::listening("127.0.0.1:0", upstream, issuer, audience, further)
    }

    pub(crate) fn listening(
        listen: &str,
        upstream: &str,
        issuer: &str,
        audience: &str,
        further: &[&str],
    ) -> Self {
        let mut arguments = vec!["gate", "--listen", listen, "--upstream", upstream];
        arguments.extend(["--issuer", issuer, "--audience", audience, "--format", "json"]);
        arguments.extend(further);
        let process = Process::spawn(claviger(&arguments));
        let ready = process.ready(PATIENCE);
        assert!(ready["error"].is_null(), "{ready}");
        Self { url: ready["listen"].as_str().expect("an address when ready").to_owned(), process }
    }

    /// In front of an upstream, for the tokens of an authority's example API.
    pub(crate) fn of(authority: &Authority, upstream: &str) -> Self {
        Self::start(upstream, &authority.issuer, &authority.resource, &[])
    }

    pub(crate) fn get(&self, path: &str, token: &str) -> Answer {
        Ask::get(&format!("{}{path}", self.url)).bearer(token).send()
    }

    pub(crate) fn log(&self) -> String {
        self.process.stdout() + &self.process.stderr()
    }

    pub(crate) fn is_running(&mut self) -> bool {
        self.process.is_running()
    }

    /// Ends it as a service manager would.
    pub(crate) fn stop(self) -> claviger_testkit::process::Outcome {
        self.process.stop(PATIENCE)
    }
}

/// Fails where a text shows a token: its signature, which is the part that makes it one.
pub(crate) fn assert_unseen(text: &str, token: &str, place: &str) {
    let signature = token.rsplit('.').next().unwrap_or(token);
    assert!(signature.len() >= 20, "too short to search for");
    assert!(!text.contains(signature), "{place} shows a token:\n{text}");
}

/// Writes a file and returns its path as text.
pub(crate) fn file(folder: &Path, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path.to_str().expect("a plain path").to_owned()
}
