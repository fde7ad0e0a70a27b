//! Agents find their way by themselves: from a 401 over the gate's metadata to the authority, to a client of their own,
//! a person's consent, and the API. Clients and judge are of the Model Context Protocol; nobody here wrote them.

use std::net::TcpListener;

use claviger_testkit::{Ask, Certificate, Reply, Scripted, Sink, Tls};
use serde_json::{Value, json};

use crate::clients::drive;
use crate::people::{PASSWORD, with_person};
use crate::stage::{Authority, Gate, assert_unseen};
use crate::tools::driver;

const REDIRECT: &str = "http://127.0.0.1:4711/callback";

/// An authority where clients may register themselves for an API, and the gate in front of that API, at the very
/// address that tokens are for.
struct Scene {
    authority: Authority,
    gate: Gate,
    _sink: Sink,
}

impl Scene {
    fn new(more: &str) -> Self {
        Self::within(more, &[])
    }

    fn within(more: &str, environment: &[(&str, &str)]) -> Self {
        let sink = Sink::start();
        let port = free_port();
        let server = format!("http://127.0.0.1:{port}");
        let config = format!("[registration]\nmode = \"open\"\nresources = [\"{server}\"]\n{more}");
        let authority = Authority::configured_in(&config, environment);
        authority.administer(&["resource", "create", &server, "--scope", "tools:call"]);
        with_person(&authority);
        let listen = format!("127.0.0.1:{port}");
        let gate = Gate::listening(&listen, &sink.url(), &authority.issuer, &server, &[]);
        Self { authority, gate, _sink: sink }
    }

    fn given(&self, more: &Value) -> Value {
        let mut given = json!({
            "server": format!("{}/mcp", self.gate.url), "redirect": REDIRECT, "username": "ada",
            "password": PASSWORD, "issuer": self.authority.issuer,
        });
        for (name, value) in more.as_object().unwrap() {
            given[name] = value.clone();
        }
        given
    }
}

/// A port that was free a moment ago: the gate's address has to be known before it starts.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn the_typescript_sdk_registers_logs_in_and_calls() {
    let Some(script) = driver("mcp_client.mjs") else { return };
    let scene = Scene::new("");
    let done = drive(script, &scene.given(&json!({})));
    assert_eq!((&done["ok"], &done["scope"]), (&json!(true), &json!("tools:call")), "{done}");
    // With a secret, as servers on machines of their own have one.
    let script = driver("mcp_client.mjs").unwrap();
    drive(script, &scene.given(&json!({"method": "client_secret_post"})));
    let log = scene.authority.log();
    for secret in ["clv_rat_", "clv_cs_", "clv_rt_", PASSWORD] {
        assert!(!log.contains(secret), "{secret} is in the log");
    }
}

#[test]
fn the_python_sdk_registers_logs_in_and_calls() {
    let Some(script) = driver("mcp_client.py") else { return };
    let scene = Scene::new("");
    let done = drive(script, &scene.given(&json!({})));
    assert_eq!((&done["ok"], &done["scope"]), (&json!(true), &json!("tools:call")), "{done}");
}

/// The client's id is the https address of its document; nobody registers anything.
#[test]
fn both_sdks_are_clients_by_the_document_that_they_publish() {
    let (Some(_), Some(_)) = (driver("mcp_client.mjs"), driver("mcp_client.py")) else { return };
    let folder = tempfile::tempdir().unwrap();
    let trust = folder.path().join("trust.pem");
    let tls = Tls::new(Certificate::Good);
    tls.trust(&trust);
    let site = Scripted::start_tls(tls, |heard| {
        let host = heard.header("host")[0];
        let document = json!({
            "client_id": format!("https://{host}{}", heard.path), "client_name": "Published client",
            "redirect_uris": ["http://127.0.0.1/callback"], "token_endpoint_auth_method": "none",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        Reply::status(200).body("application/json", document.to_string())
    });
    let scene = Scene::within(
        "client_id_documents = true\ndanger_client_addresses_on_loopback = true\n",
        &[("SSL_CERT_FILE", trust.to_str().unwrap())],
    );
    let document = format!("{}/client.json", site.url());
    for name in ["mcp_client.mjs", "mcp_client.py"] {
        let done = drive(driver(name).unwrap(), &scene.given(&json!({"document": document})));
        assert_eq!(done["client"], document.as_str(), "{done}");
    }
    assert_eq!(site.heard().len(), 1, "it was remembered");
    let made = scene.authority.administer(&["client", "list"]);
    let ids: Vec<&Value> =
        made["items"].as_array().unwrap().iter().map(|it| &it["client_id"]).collect();
    assert_eq!(ids, ["example-client"], "nothing was registered");
}

#[test]
fn the_conformance_tool_finds_nothing_amiss() {
    let Some(script) = driver("mcp_conformance.mjs") else { return };
    let scene = Scene::new("");
    let body = json!({
        "client_name": "conformance", "token_endpoint_auth_method": "none",
        "redirect_uris": ["http://127.0.0.1/callback"],
    });
    let made = Ask::json("POST", &scene.authority.url("/register"), &body).send();
    assert_eq!(made.status, 201, "{}", made.text());
    let client = made.json()["client_id"].as_str().unwrap().to_owned();
    let given = scene.given(&json!({"client": client, "port": free_port()}));
    let done = drive(script, &given);
    assert_eq!((&done["ok"], &done["visited"]), (&json!(true), &json!(1)), "{done}");
}

#[test]
fn the_operator_lets_clients_in_by_a_token_from_the_command_line() {
    let authority = Authority::configured("[registration]\nmode = \"token\"\n");
    let made = authority.administer(&["registration-token", "create", "--note", "farm"]);
    let token = made["token"].as_str().unwrap();
    let body = json!({"redirect_uris": ["https://app.example/cb"]});
    let url = authority.url("/register");
    assert_eq!(Ask::json("POST", &url, &body).send().status, 401);
    assert_eq!(Ask::json("POST", &url, &body).bearer(token).send().status, 201);
    assert_eq!(Ask::json("POST", &url, &body).bearer(token).send().status, 401, "it served once");
    let listed = authority.administer(&["registration-token", "list"]);
    assert_eq!(listed["items"][0]["used"], 1, "{listed}");
    let id = made["id"].as_str().unwrap();
    authority.administer(&["registration-token", "revoke", id]);
    let listed = authority.administer(&["registration-token", "list"]);
    assert_eq!(listed["items"], json!([]));
    assert_unseen(&authority.log(), token, "the authority's log");
}
