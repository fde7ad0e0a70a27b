//! `claviger demo`: an authority, an API and a gate on loopback; every class of refusal provoked over
//! real HTTP, and each explained. It comes out good only if each came out right.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use claviger_authority::{Authority, Config, bind};
use claviger_explain::{Surroundings, TextStyle};
use claviger_gate::{Gate, GateConfig};
use claviger_token::{Policy, base64url};
use http::Method;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::args::Format;
use crate::http::send;
use crate::say::{self, BAD, BOLD, CYAN, DIM, GOOD, GREEN, RED, Stop};

/// The API's name, as its tokens carry it.
const API: &str = "https://orders.example.test";
/// Another API of the same company.
const OTHER: &str = "https://billing.example.test";
/// The API again, under a name whose tokens live a second.
const SHORT: &str = "https://orders.example.test/short";

/// One way to be refused.
struct Scene {
    class: &'static str,
    story: &'static str,
    /// The request, byte for byte.
    request: String,
    gate: SocketAddr,
    /// What the gate must answer: status and code.
    status: u16,
    code: &'static str,
    /// What explain must put first, given the same request; none where only the gate can know.
    explained: Option<&'static str>,
}

/// The processes of the demo, as tasks of this one.
struct Stage {
    issuer: String,
    admin: String,
    gate: SocketAddr,
    /// A gate whose issuer is down, and a good token of that issuer.
    lost: (SocketAddr, String),
    secret: String,
    leeway: u64,
    _folder: tempfile::TempDir,
}

fn broken(what: &str) -> impl Fn(String) -> Stop {
    move |error| Stop::unknown(format!("{what}: {error}"))
}

async fn listener() -> Result<TcpListener, Stop> {
    TcpListener::bind("127.0.0.1:0")
        .await
        .map_err(|error| Stop::unknown(format!("cannot listen on loopback: {error}")))
}

/// The sample API: says who it was told the caller is.
async fn orders(listener: TcpListener) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(async move {
            let service = hyper::service::service_fn(
                |request: http::Request<hyper::body::Incoming>| async move {
                    let header = |name: &str| {
                        request
                            .headers()
                            .get(name)
                            .and_then(|value| value.to_str().ok())
                            .map(str::to_owned)
                    };
                    let body = json!({
                        "orders": [{"id": 1, "item": "key ring"}],
                        "you": header("claviger-subject"), "scope": header("claviger-scope"),
                    });
                    Ok::<_, Infallible>(http::Response::new(Full::new(Bytes::from(
                        body.to_string(),
                    ))))
                },
            );
            // A client that goes away early is no matter for a sample.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn gate_for(
    upstream: SocketAddr,
    issuer: &str,
    audiences: Vec<String>,
    leeway: u64,
) -> Result<SocketAddr, Stop> {
    let config = GateConfig {
        issuers: vec![issuer.to_owned()],
        audiences,
        leeway,
        ..GateConfig::new(format!("http://{upstream}"))
    };
    let gate = Gate::new(config).map_err(|error| Stop::unknown(error.to_string()))?;
    let listener = listener().await?;
    let address = listener.local_addr().map_err(|error| broken("the gate")(error.to_string()))?;
    gate.ready(Duration::from_secs(3)).await;
    tokio::spawn(gate.serve(listener, std::future::pending()));
    Ok(address)
}

/// Posts a form as a client that proves itself with its secret.
async fn ask(issuer: &str, path: &str, client: (&str, &str), form: String) -> Result<Value, Stop> {
    use base64::Engine as _;
    let pair = format!("{}:{}", client.0, client.1);
    let authorization = format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair));
    let headers = [
        ("authorization", authorization.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let url = format!("{issuer}{path}");
    let answer =
        send(Method::POST, &url, &headers, Some(form)).await.map_err(broken("the authority"))?;
    if !answer.status.is_success() {
        return Err(Stop::unknown(format!("{path} answered {}: {}", answer.status, answer.body)));
    }
    Ok(serde_json::from_str(&answer.body).unwrap_or(Value::Null))
}

fn access_token(answer: &Value) -> Result<String, Stop> {
    answer["access_token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Stop::unknown("the authority gave no access token"))
}

impl Stage {
    async fn set() -> Result<Self, Stop> {
        let folder = tempfile::tempdir()
            .map_err(|error| Stop::unknown(format!("no temporary folder: {error}")))?;
        let mut config = Config { data_dir: folder.path().join("data"), ..Config::default() };
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let started = |error: claviger_authority::OpenError| Stop::unknown(error.to_string());
        let authority_listener = bind(&mut config).await.map_err(started)?;
        let (authority, first) = Authority::open(config).await.map_err(started)?;
        let first = first.ok_or_else(|| Stop::unknown("the demo's authority is not new"))?;
        let issuer = authority.issuer().to_owned();
        tokio::spawn(authority.serve(authority_listener, std::future::pending()));

        let api = listener().await?;
        let upstream = api.local_addr().map_err(|error| broken("the API")(error.to_string()))?;
        tokio::spawn(orders(api));
        let leeway = 0;
        let open =
            gate_for(upstream, &issuer, vec![API.to_owned(), SHORT.to_owned()], leeway).await?;
        let lost = Self::lost(folder.path(), upstream).await?;
        let admin = first.admin_token.expose().to_owned();
        let mut stage = Self {
            issuer,
            admin,
            gate: open,
            lost,
            secret: String::new(),
            leeway,
            _folder: folder,
        };
        for (uri, ttl) in [(API, Value::Null), (OTHER, Value::Null), (SHORT, json!(1))] {
            let scopes = ["orders:read"];
            stage
                .administer(
                    "/resources",
                    json!({"uri": uri, "scopes": scopes, "access_ttl_seconds": ttl}),
                )
                .await?;
        }
        let client = json!({
            "client_id": "demo", "resources": [API, OTHER, SHORT], "scopes": ["orders:read"]
        });
        let made = stage.administer("/clients", client).await?;
        stage.secret = made["client_secret"].as_str().unwrap_or_default().to_owned();
        Ok(stage)
    }

    /// Another authority gives a token and goes down before the gate in front of its API starts.
    async fn lost(
        folder: &std::path::Path,
        upstream: SocketAddr,
    ) -> Result<(SocketAddr, String), Stop> {
        let mut config = Config { data_dir: folder.join("down"), ..Config::default() };
        config.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let started = |error: claviger_authority::OpenError| Stop::unknown(error.to_string());
        let listener = bind(&mut config).await.map_err(started)?;
        let (authority, first) = Authority::open(config).await.map_err(started)?;
        let issuer = authority.issuer().to_owned();
        let example = first
            .and_then(|first| first.example)
            .ok_or_else(|| Stop::unknown("the second authority has no example client"))?;
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(authority.serve(listener, async move { drop(ended.await) }));
        let form = format!("grant_type=client_credentials&resource={}", example.resource);
        let answer =
            ask(&issuer, "/token", (&example.client_id, example.client_secret.expose()), form)
                .await?;
        // Whoever waits for it is told by the task's end; a dropped end ends it too.
        let _ = end.send(());
        let _ = serving.await;
        let gate = gate_for(upstream, &issuer, vec![example.resource], 0).await?;
        Ok((gate, access_token(&answer)?))
    }

    async fn administer(&self, path: &str, body: Value) -> Result<Value, Stop> {
        let authorization = format!("Bearer {}", self.admin);
        let headers =
            [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let url = format!("{}/admin/v1{path}", self.issuer);
        let answer = send(Method::POST, &url, &headers, Some(body.to_string()))
            .await
            .map_err(broken("the admin API"))?;
        if !answer.status.is_success() {
            return Err(Stop::unknown(format!(
                "the admin API answered {}: {}",
                answer.status, answer.body
            )));
        }
        Ok(serde_json::from_str(&answer.body).unwrap_or(Value::Null))
    }

    async fn ask(&self, path: &str, form: String) -> Result<Value, Stop> {
        ask(&self.issuer, path, ("demo", &self.secret), form).await
    }

    async fn token(&self, resource: &str) -> Result<String, Stop> {
        let form = format!("grant_type=client_credentials&resource={resource}");
        access_token(&self.ask("/token", form).await?)
    }

    /// The scenes, each with a token of its own.
    async fn scenes(&self) -> Result<Vec<Scene>, Stop> {
        let bearer = |token: &str| request(&format!("Authorization: Bearer {token}"));
        let short = self.token(SHORT).await?;
        let good = self.token(API).await?;
        let revoked = self.token(API).await?;
        self.ask("/revoke", format!("token={revoked}")).await?;
        // The short one lives a second; the revocation needs less to reach the gate.
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        let scene = |class, story, request, code, explained| Scene {
            class,
            story,
            request,
            gate: self.gate,
            status: 401,
            code,
            explained,
        };
        Ok(vec![
            scene(
                "header",
                "the framework writes its own scheme in front of a good token",
                request(&format!("Authorization: Token {good}")),
                "scheme-wrong",
                Some("scheme-wrong"),
            ),
            scene(
                "malformed",
                "the quotes of a JSON file travelled along",
                bearer(&format!("\"{good}\"")),
                "base64-invalid",
                Some("quoted"),
            ),
            scene(
                "tampered",
                "somebody made themselves an administrator",
                bearer(&promoted(&good)),
                "signature-mismatch",
                None,
            ),
            scene(
                "expired",
                "the token lived one second",
                bearer(&short),
                "expired",
                Some("expired"),
            ),
            scene(
                "revoked",
                "the client revoked the token a moment ago",
                bearer(&revoked),
                "token-revoked",
                None,
            ),
            scene(
                "audience-scope",
                "the token was requested for another API",
                bearer(&self.token(OTHER).await?),
                "audience-mismatch",
                Some("audience-mismatch"),
            ),
            Scene {
                gate: self.lost.0,
                status: 503,
                ..scene(
                    "server",
                    "the issuer is down and the gate has no keys: not the token's fault, so no 401",
                    bearer(&self.lost.1),
                    "key-set-unreachable",
                    None,
                )
            },
        ])
    }

    /// What a developer has in hand: the issuer's published keys and the API's policy.
    async fn surroundings(&self) -> Result<Surroundings, Stop> {
        let keys = send(Method::GET, &format!("{}/jwks", self.issuer), &[], None)
            .await
            .map_err(broken("the key set"))?;
        let mut policy = Policy::access(self.issuer.as_str(), API);
        policy.audiences.push(SHORT.to_owned());
        policy.leeway = self.leeway;
        let now = jiff::Timestamp::now().as_second();
        Ok(Surroundings::new(policy, now)
            .with_key_set("the issuer's key set", keys.body.as_bytes()))
    }
}

fn request(authorization: &str) -> String {
    format!(
        "GET /orders HTTP/1.1\r\nHost: orders.example.test\r\n{authorization}\r\nConnection: close\r\n\r\n"
    )
}

/// The token with another subject in its claims, under the old signature.
fn promoted(token: &str) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let claims = base64url::decode(parts.get(1).copied().unwrap_or_default()).unwrap_or_default();
    let mut claims: Value = serde_json::from_slice(&claims).unwrap_or(Value::Null);
    claims["sub"] = json!("administrator");
    let signature = parts.get(2).copied().unwrap_or_default();
    format!(
        "{}.{}.{signature}",
        parts.first().copied().unwrap_or_default(),
        base64url::encode(claims.to_string())
    )
}

/// Sends bytes as they are, and reads the answer.
async fn raw(to: SocketAddr, request: &str) -> Result<(u16, String, String), Stop> {
    let failed = |error: std::io::Error| Stop::unknown(format!("the gate at {to}: {error}"));
    let mut stream = TcpStream::connect(to).await.map_err(failed)?;
    stream.write_all(request.as_bytes()).await.map_err(failed)?;
    let mut answer = Vec::new();
    let mut limited = stream.take(1 << 20);
    let reading = limited.read_to_end(&mut answer);
    tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .map_err(|_| Stop::unknown(format!("the gate at {to} did not answer within 10 s")))?
        .map_err(failed)?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    // The one chunk of a chunked answer, or the body as it stands.
    let body = match body.find('{').zip(body.rfind('}')) {
        Some((start, end)) => body[start..=end].to_owned(),
        None => body.to_owned(),
    };
    Ok((status, head.to_owned(), body))
}

/// A request line by line, its token shortened.
fn shown(request: &str) -> Vec<String> {
    request
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("Connection"))
        .map(|line| match line.strip_prefix("Authorization: ") {
            Some(value) if value.len() > 60 => {
                format!(
                    "Authorization: {}…{}",
                    &value[..28],
                    if value.ends_with('"') { "\"" } else { "" }
                )
            }
            _ => line.to_owned(),
        })
        .collect()
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

pub(crate) fn run(format: Format) -> Result<ExitCode, Stop> {
    crate::runtime()?.block_on(async {
        if format == Format::Text {
            say::note("Starting an authority, an API and a gate on loopback …");
        }
        let stage = Stage::set().await?;
        let mut results = Vec::new();
        let mut wrong = 0;

        let good = request(&format!("Authorization: Bearer {}", stage.token(API).await?));
        let (status, _, body) = raw(stage.gate, &good).await?;
        if format == Format::Text {
            say::line(&format!("\n{BOLD}0  a good token{BOLD:#}"))?;
            for line in shown(&good) {
                say::line(&format!("   {DIM}>{DIM:#} {line}"))?;
            }
            say::line(&format!("   {DIM}<{DIM:#} {GREEN}{status}{GREEN:#} {body}"))?;
        }
        if status != 200 {
            wrong += 1;
        }
        for (nth, scene) in stage.scenes().await?.iter().enumerate() {
            let result = play(nth + 1, scene, &stage, format).await?;
            if result["right"] != true {
                wrong += 1;
            }
            results.push(result);
        }
        let all = results.len();
        match format {
            Format::Json => {
                say::print(&json!({"good": status, "causes": results, "wrong": wrong}))?
            }
            Format::Text if wrong == 0 => say::line(&format!(
                "\n{GREEN}All {all} causes were provoked, refused and named.{GREEN:#} \
                 Next: claviger serve, claviger explain TOKEN, claviger faults"
            ))?,
            Format::Text => say::line(&format!("\n{RED}{wrong} came out wrong.{RED:#}"))?,
        }
        Ok(ExitCode::from(if wrong == 0 { GOOD } else { BAD }))
    })
}

/// Plays one scene: the request, the gate's answer, the explanation.
async fn play(nth: usize, scene: &Scene, stage: &Stage, format: Format) -> Result<Value, Stop> {
    let (status, head, body) = raw(scene.gate, &scene.request).await?;
    let problem: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
    let code = header(&head, "claviger-code").unwrap_or_default();
    let report = claviger_explain::explain(scene.request.as_bytes(), &stage.surroundings().await?);
    let first = report.first().map(|first| first.fault.code.as_str());
    let right = status == scene.status
        && code == scene.code
        && scene.explained.is_none_or(|expected| first == Some(expected));
    if format == Format::Text {
        say::line(&format!("\n{BOLD}{nth}  {}{BOLD:#}: {}", scene.class, scene.story))?;
        for line in shown(&scene.request) {
            say::line(&format!("   {DIM}>{DIM:#} {line}"))?;
        }
        say::line(&format!("   {DIM}<{DIM:#} {RED}{status}{RED:#} {CYAN}{code}{CYAN:#}"))?;
        if let Some(challenge) = header(&head, "www-authenticate") {
            say::line(&format!("   {DIM}<{DIM:#} WWW-Authenticate: {challenge}"))?;
        }
        let fix = problem["fix"].as_str().unwrap_or_default();
        say::line(&format!(
            "   {DIM}<{DIM:#} {}. {fix}",
            problem["title"].as_str().unwrap_or_default()
        ))?;
        if scene.explained.is_some() || scene.class == "tampered" {
            let style = TextStyle {
                color: say::color(),
                width: say::width().saturating_sub(5),
                show_repaired: false,
            };
            say::line(&format!("   {CYAN}claviger explain, given the request:{CYAN:#}"))?;
            // The whole list of checks is for those who ask for it: here the answer is enough.
            let text = claviger_explain::text(&report, &style);
            for line in text.lines().take_while(|line| !line.contains("checks")) {
                say::line(&format!("     {line}"))?;
            }
        } else {
            say::line(&format!(
                "   {CYAN}The token itself is good:{CYAN:#} only the gate can know this cause, and it says so; \
                 its diagnosis id is {}.",
                header(&head, "claviger-diagnosis").unwrap_or_default()
            ))?;
        }
        if !right {
            say::line(&format!(
                "   {RED}wrong:{RED:#} expected {} {} and {:?} from explain",
                scene.status, scene.code, scene.explained
            ))?;
        }
    }
    Ok(json!({
        "class": scene.class, "story": scene.story, "status": status, "code": code,
        "answer": problem, "explained": report.to_json(false), "right": right,
    }))
}
