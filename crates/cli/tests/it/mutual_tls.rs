//! Clients that prove themselves with a certificate (RFC 8705), by curl over real TLS: against the
//! authority itself, and through what a trusted proxy hands on.

use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use claviger_testkit::person::VERIFIER;
use claviger_testkit::pki::{self, Issued, Pki};
use claviger_testkit::{Ask, Person, Process, Sink, now};
use serde_json::{Value, json};

use crate::nginx::Nginx;
use crate::people::PASSWORD;
use crate::stage::{Gate, PATIENCE, claviger};
use crate::tools::{on_path, skip};

struct Stage {
    pki: Pki,
    folder: tempfile::TempDir,
    issuer: String,
    resource: String,
    admin: PathBuf,
    process: Process,
}

impl Stage {
    /// None where there is no curl.
    fn start(config: &str) -> Option<Self> {
        if !on_path("curl") {
            skip("curl is missing");
            return None;
        }
        let pki = Pki::new();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        pki.server().write(path, "server", "");
        std::fs::write(path.join("ca.pem"), pki.certificate()).unwrap();
        let file = path.join("claviger.toml");
        std::fs::write(&file, config.replace("DIR", path.to_str().unwrap())).unwrap();
        let process = Process::spawn(claviger(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--format",
            "json",
            "--config",
            file.to_str().unwrap(),
        ]));
        let ready = process.ready(PATIENCE);
        let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{ready}")).to_owned();
        Some(Self {
            issuer: text(&ready["issuer"]),
            resource: text(&ready["bootstrap"]["resource"]),
            admin: PathBuf::from(text(&ready["bootstrap"]["admin_token_file"])),
            pki,
            folder,
            process,
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn curl(
        &self,
        certificate: Option<(&Path, &Path)>,
        path: &str,
        arguments: &[&str],
    ) -> (u16, Value) {
        let mut command = Command::new("curl");
        command.args(["-s", "-w", "\n%{http_code}", "--cacert"]).arg(self.path("ca.pem"));
        if let Some((certificate, key)) = certificate {
            command.arg("--cert").arg(certificate).arg("--key").arg(key);
        }
        let output =
            command.args(arguments).arg(format!("{}{path}", self.issuer)).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        let (body, status) = said.rsplit_once('\n').unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let status = status.parse().unwrap();
        (status, serde_json::from_str(body).unwrap_or_else(|_| panic!("{status} {body} {errors}")))
    }

    fn make(&self, what: &str, body: &Value) {
        let token = std::fs::read_to_string(&self.admin).unwrap();
        let bearer = format!("authorization: Bearer {}", token.trim());
        let (status, answer) = self.curl(
            None,
            &format!("/admin/v1/{what}"),
            &["-H", &bearer, "-H", "content-type: application/json", "-d", &body.to_string()],
        );
        assert_eq!(status, 201, "{answer}");
    }

    fn token(&self, client: &str, certificate: Option<&(PathBuf, PathBuf)>) -> (u16, Value) {
        let certificate = certificate.map(|(cert, key)| (cert.as_path(), key.as_path()));
        let form = format!("grant_type=client_credentials&client_id={client}");
        self.curl(certificate, "/token", &["-d", &form])
    }
}

fn claims(answer: &Value) -> Value {
    let token = answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}"));
    let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice(&part).unwrap()
}

fn thumbprint(issued: &Issued) -> String {
    URL_SAFE_NO_PAD.encode(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &issued.der))
}

const OWN_TLS: &str =
    "data_dir = 'DIR/data'\n[tls]\ncert_file = 'DIR/server.pem'\nkey_file = 'DIR/server.key'\n";

const BEHIND_A_PROXY: &str = "data_dir = 'DIR/data'\ntrusted_proxy = true\n[tls]\n\
    client_ca_file = 'DIR/ca.pem'\nclient_certificate_header = 'x-client-cert'\n";

#[test]
fn certificates_prove_clients_and_bind_their_tokens() {
    let config = format!("{OWN_TLS}client_ca_file = 'DIR/ca.pem'\nclient_certificates = true\n");
    let Some(stage) = Stage::start(&config) else { return };
    let folder = stage.folder.path();
    let (_, metadata) = stage.curl(None, "/.well-known/oauth-authorization-server", &[]);
    assert_eq!(metadata["tls_client_certificate_bound_access_tokens"], true);
    let methods = metadata["token_endpoint_auth_methods_supported"].to_string();
    assert!(
        methods.contains("\"tls_client_auth\"")
            && methods.contains("\"self_signed_tls_client_auth\"")
    );

    let orders = stage.pki.client("orders");
    let stranger = Pki::new().client("orders").write(folder, "stranger", "");
    let billing = stage.pki.client("billing").write(folder, "billing", "");
    let own = pki::self_signed("lonely");
    let copy = pki::self_signed("lonely").write(folder, "copy", "");
    let jwks = json!({"keys": [{"x5c": [STANDARD.encode(&own.der)]}]});
    let (orders_files, own_files) =
        (orders.write(folder, "orders", ""), own.write(folder, "own", ""));
    for (id, more) in [
        (
            "by-subject",
            json!({"auth_method": "tls_client_auth",
            "certificate": {"tls_client_auth_subject_dn": "CN=orders,O=Example"}}),
        ),
        (
            "by-host",
            json!({"auth_method": "tls_client_auth",
            "certificate": {"tls_client_auth_san_dns": "orders.example"}}),
        ),
        (
            "by-uri",
            json!({"auth_method": "tls_client_auth",
            "certificate": {"tls_client_auth_san_uri": "spiffe://example/orders"}}),
        ),
        ("by-key", json!({"auth_method": "self_signed_tls_client_auth", "jwks": jwks})),
    ] {
        let mut body = json!({"client_id": id, "resources": [stage.resource],
            "tls_client_certificate_bound_access_tokens": id != "by-host"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        stage.make("clients", &body);
    }

    for id in ["by-subject", "by-host", "by-uri"] {
        let (status, answer) = stage.token(id, Some(&orders_files));
        assert_eq!(status, 200, "{id}: {answer}");
        assert_eq!(answer["token_type"], "Bearer");
        let cnf = claims(&answer)["cnf"]["x5t#S256"].clone();
        let expected = if id == "by-host" { Value::Null } else { thumbprint(&orders).into() };
        assert_eq!(cnf, expected, "{id}");
        // A right name from a wrong authority, a right authority for another name, nothing at all.
        for (files, code) in [
            (Some(&stranger), "client-refused"),
            (Some(&billing), "client-refused"),
            (None, "client-unproven"),
        ] {
            let (status, answer) = stage.token(id, files);
            assert_eq!(
                (status, &answer["error"]),
                (401, &"invalid_client".into()),
                "{id}: {answer}"
            );
            assert!(answer.to_string().contains(code), "{id}: {answer}");
        }
    }
    let (status, answer) = stage.token("by-key", Some(&own_files));
    assert_eq!(status, 200, "{answer}");
    assert_eq!(claims(&answer)["cnf"]["x5t#S256"], thumbprint(&own).as_str());
    for files in [Some(&copy), Some(&orders_files), None] {
        assert_eq!(stage.token("by-key", files).0, 401);
    }
    // A certificate is no proof where a secret is registered.
    assert_eq!(stage.token("example-client", Some(&orders_files)).0, 401);
}

#[test]
fn what_a_proxy_hands_on_is_believed_only_where_one_was_announced() {
    let refused = format!("{OWN_TLS}client_certificate_header = 'x-client-cert'\n");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("c.toml");
    std::fs::write(&file, refused).unwrap();
    let output = claviger(&["config", "check"]).arg(&file).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(
        said.contains("tls.client_certificate_header") && said.contains("trusted_proxy"),
        "{said}"
    );

    let Some(stage) = Stage::start(BEHIND_A_PROXY) else { return };
    let orders = json!({
        "client_id": "orders", "resources": [stage.resource], "auth_method": "tls_client_auth",
        "certificate": {"tls_client_auth_san_dns": "orders.example"},
        "tls_client_certificate_bound_access_tokens": true,
    });
    stage.make("clients", &orders);
    let orders = stage.pki.client("orders");
    let ask = |header: Option<String>| {
        let url = format!("{}/token", stage.issuer);
        let ask =
            Ask::post_form(&url, &[("grant_type", "client_credentials"), ("client_id", "orders")]);
        match header {
            Some(value) => ask.header("x-client-cert", &value).send(),
            None => ask.send(),
        }
    };
    let escaped: String = orders
        .certificate
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    for value in [escaped, format!(":{}:", STANDARD.encode(&orders.der))] {
        let answer = ask(Some(value));
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert_eq!(claims(&answer.json())["cnf"]["x5t#S256"], thumbprint(&orders).as_str());
    }
    let stranger = STANDARD.encode(Pki::new().client("orders").der);
    for value in [None, Some("nonsense".to_owned()), Some(stranger)] {
        assert_eq!(ask(value).status, 401);
    }
}

/// RFC 8705 §3: a person's token is worth nothing on a connection without the certificate that it was got with.
#[test]
fn userinfo_answers_the_certificate_that_the_token_is_bound_to_and_no_other() {
    const REDIRECT: &str = "http://127.0.0.1:4711/callback";
    let Some(stage) = Stage::start(&format!("{OWN_TLS}client_certificates = true\n")) else {
        return;
    };
    let folder = stage.folder.path();
    let [own, other] = ["app", "other"].map(|name| pki::self_signed(name).write(folder, name, ""));
    stage.make("users", &json!({ "username": "ada", "password": PASSWORD, "name": "Ada" }));
    let app = json!({
        "client_id": "app", "auth_method": "none", "redirect_uris": [REDIRECT], "first_party": true,
        "scopes": ["openid", "profile"], "tls_client_certificate_bound_access_tokens": true,
    });
    stage.make("clients", &app);
    let mut ada = Person::new(&stage.issuer, "ada", PASSWORD).over(&stage.pki.trusting(None));
    let code = ada.code("app", REDIRECT, "openid profile");
    let form = format!(
        "grant_type=authorization_code&client_id=app&code={code}&redirect_uri={REDIRECT}&code_verifier={VERIFIER}"
    );
    let with = |files: &'_ (PathBuf, PathBuf), path: &str, arguments: &[&str]| {
        stage.curl(Some((&files.0, &files.1)), path, arguments)
    };
    let (status, answer) = stage.curl(None, "/token", &["-d", &form]);
    assert_eq!((status, &answer["code"]), (400, &json!("sender-proof-missing")), "{answer}");
    let (status, tokens) = with(&own, "/token", &["-d", &form]);
    assert_eq!(status, 200, "{tokens}");
    let bearer = format!("authorization: Bearer {}", tokens["access_token"].as_str().unwrap());
    let (status, answer) = with(&own, "/userinfo", &["-H", &bearer]);
    assert_eq!((status, &answer["name"]), (200, &json!("Ada")), "{answer}");
    let (status, answer) = with(&other, "/userinfo", &["-H", &bearer]);
    assert_eq!((status, &answer["code"]), (401, &json!("sender-proof-invalid")), "{answer}");
    let (status, answer) = stage.curl(None, "/userinfo", &["-H", &bearer]);
    assert_eq!((status, &answer["code"]), (401, &json!("sender-proof-missing")), "{answer}");
    // Nor does a refresh with another certificate get anything, and it ends nothing.
    let form = format!(
        "grant_type=refresh_token&client_id=app&refresh_token={}",
        tokens["refresh_token"].as_str().unwrap()
    );
    assert_eq!(with(&other, "/token", &["-d", &form]).0, 400);
    assert_eq!(with(&own, "/token", &["-d", &form]).0, 200);
}

/// Two weeks before the end the log says so; a day earlier it does not.
#[test]
fn a_certificate_is_warned_of_two_weeks_before_its_end() {
    const SAID: &str = "the TLS certificate expires in";
    let Some(stage) = Stage::start(OWN_TLS) else { return };
    let today = u64::try_from(now()).unwrap();
    let fourteen = 14 * 86_400;
    let end_of = |stage: &Stage| {
        let token = std::fs::read_to_string(&stage.admin).unwrap();
        let bearer = format!("authorization: Bearer {}", token.trim());
        let mut command = Command::new("curl");
        command.args(["-s", "--cacert"]).arg(stage.path("ca.pem")).args(["-H", &bearer]);
        let figures = command.arg(format!("{}/metrics", stage.issuer)).output().unwrap();
        let figures = String::from_utf8(figures.stdout).unwrap();
        let name = "claviger_tls_certificate_expiry_timestamp_seconds ";
        let line = figures.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
        line.unwrap_or_else(|| panic!("{figures}"))
    };
    for (end, warned) in [(today + fourteen + 3600, false), (today + fourteen - 60, true)] {
        let next = stage.pki.server_until(end);
        next.write(stage.folder.path(), "server", "");
        let deadline = std::time::Instant::now() + PATIENCE;
        while end_of(&stage) != end.to_string() {
            assert!(
                std::time::Instant::now() < deadline,
                "the new files were not read: {} {end}; {}",
                end_of(&stage),
                stage.process.stderr()
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        if warned {
            let line = stage.process.says(SAID, PATIENCE).expect("a warning");
            assert!(line.contains("in 13 days; renew it"), "{line}");
        }
    }
    let said = stage.process.stderr();
    assert_eq!(said.matches(SAID).count(), 1, "{said}");
}

/// The flags of `claviger client create`, by what the clients that they make then get.
#[test]
fn the_flags_of_the_command_line_make_clients_with_certificates() {
    let Some(stage) = Stage::start(BEHIND_A_PROXY) else { return };
    let folder = stage.folder.path();
    let orders = stage.pki.client("orders");
    let billing = stage.pki.client("billing");
    let own = pki::self_signed("lonely");
    let (file, _) = own.write(folder, "own", "");
    let admin = stage.admin.to_str().unwrap();
    let create = |id: &str, flags: &[&str]| {
        let common = ["--resource", &stage.resource, "--scope", "orders:read", "--format", "json"];
        let reach = ["--authority", &stage.issuer, "--admin-token-file", admin];
        let command = claviger(&[&["client", "create", id], flags, &common, &reach].concat());
        let outcome = Process::run(command, b"");
        assert_eq!(outcome.code, Some(0), "{flags:?}: {}{}", outcome.stdout, outcome.stderr);
        serde_json::from_str::<Value>(&outcome.stdout).unwrap()
    };
    let token = |id: &str, issued: &Issued| {
        let fields = [("grant_type", "client_credentials"), ("client_id", id)];
        let url = format!("{}/token", stage.issuer);
        let header = STANDARD.encode(&issued.der);
        Ask::post_form(&url, &fields).header("x-client-cert", header).send()
    };
    let file = file.to_str().unwrap();
    for (id, flag, value, method) in [
        ("a", "--certificate-subject", "CN=orders,O=Example", "tls_client_auth"),
        ("b", "--certificate-host", "orders.example", "tls_client_auth"),
        ("c", "--certificate-uri", "spiffe://example/orders", "tls_client_auth"),
        ("d", "--certificate", file, "self_signed_tls_client_auth"),
    ] {
        let is_bound = id != "a";
        let bind: &[&str] = if is_bound { &["--bind-certificate"] } else { &[] };
        let made = create(id, &[&[flag, value], bind].concat());
        assert_eq!(made["auth_method"], method, "{made}");
        assert_eq!(made["tls_client_certificate_bound_access_tokens"], is_bound, "{made}");
        assert!(made["client_secret"].is_null(), "{made}");
        let right = if id == "d" { &own } else { &orders };
        let answer = token(id, right);
        assert_eq!(answer.status, 200, "{id}: {}", answer.text());
        let expected = if is_bound { json!(thumbprint(right)) } else { Value::Null };
        assert_eq!(claims(&answer.json())["cnf"]["x5t#S256"], expected, "{id}");
        assert_eq!(token(id, &billing).status, 401, "{id}");
    }
    // What contradicts itself is said before anything is asked.
    for flags in [
        &["--certificate-host", "a.example", "--certificate-uri", "spiffe://a/b"][..],
        &["--certificate", file, "--public"],
        &["--bind-certificate", "--dpop"],
    ] {
        let command = claviger(
            &[&["client", "create", "x", "--resource", "https://a.example"], flags].concat(),
        );
        assert_eq!(Process::run(command, b"").code, Some(2), "{flags:?}");
    }
}

#[test]
fn the_gate_takes_a_bound_token_with_its_certificate_through_a_stock_nginx() {
    let Some(stage) = Stage::start(BEHIND_A_PROXY) else { return };
    let (own, thief) = (pki::self_signed("orders"), pki::self_signed("thief"));
    stage.make(
        "clients",
        &json!({
            "client_id": "orders", "resources": [stage.resource],
            "auth_method": "self_signed_tls_client_auth",
            "jwks": { "keys": [{ "x5c": [STANDARD.encode(&own.der)] }] },
            "tls_client_certificate_bound_access_tokens": true,
        }),
    );
    let form = [("grant_type", "client_credentials"), ("client_id", "orders")];
    let granted = Ask::post_form(&format!("{}/token", stage.issuer), &form)
        .header("x-client-cert", STANDARD.encode(&own.der))
        .send();
    assert_eq!(granted.status, 200, "{}", granted.text());
    let token = granted.json()["access_token"].as_str().unwrap().to_owned();

    let sink = Sink::start();
    let further = ["--trusted-proxy", "127.0.0.1", "--client-certificate-header", "Client-Cert"];
    let gate = Gate::start(&sink.url(), &stage.issuer, &stage.resource, &further);
    let pki = stage.folder.path().to_str().unwrap().to_owned();
    let values = [("GATE", gate.url.as_str()), ("UPSTREAM", &sink.url()), ("PKI", &pki)];
    let Some(nginx) = Nginx::start("nginx-mutual-tls.conf", &values) else { return };
    let at = nginx.url.replace("http://", "https://");
    let authorization = format!("authorization: Bearer {token}");
    let call = |issued: Option<&Issued>, path: &str| {
        let pair = issued.map(|issued| issued.write(stage.folder.path(), "caller", ""));
        let mut command = Command::new("curl");
        command.args(["-s", "-o", "/dev/null", "-w", "%{http_code} %header{claviger-code}"]);
        command.arg("--cacert").arg(stage.path("ca.pem")).args(["-H", &authorization]);
        // What a client writes itself is overwritten.
        command.args(["-H", &format!("Client-Cert: :{}:", STANDARD.encode(&own.der))]);
        if let Some((certificate, key)) = &pair {
            command.arg("--cert").arg(certificate).arg("--key").arg(key);
        }
        let output = command.arg(format!("{at}{path}")).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    for path in ["/orders", "/asked/orders"] {
        assert_eq!(call(Some(&own), path), "200", "{path}");
        assert_eq!(call(Some(&thief), path), "401 sender-proof-invalid", "{path}");
        assert_eq!(call(None, path), "401 sender-proof-missing", "{path}");
    }

    // Past nginx, by an address that the gate does not trust, the header proves nothing.
    let alone = ["--trusted-proxy", "192.0.2.1", "--client-certificate-header", "Client-Cert"];
    let gate = Gate::start(&sink.url(), &stage.issuer, &stage.resource, &alone);
    let own = STANDARD.encode(&own.der);
    let claimed = Ask::get(&gate.url).bearer(&token).header("Client-Cert", own).send();
    assert_eq!(claimed.header("claviger-code"), Some("sender-proof-missing"));
    let nobody = ["gate", "--upstream", "http://127.0.0.1:9", "--issuer", "http://127.0.0.1:9"];
    let more = ["--audience", "a", "--client-certificate-header", "Client-Cert"];
    let output = claviger(&[&nobody[..], &more[..]].concat()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("client-cert") && said.contains("proxy"), "{said}");
}
