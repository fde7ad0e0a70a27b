//! Tokens for others: an API goes on in its caller's name, and a device in its person's. The clients are ones that nobody
//! here wrote.

use claviger_testkit::Sink;
use serde_json::json;

use crate::clients::drive;
use crate::people::{PASSWORD, with_person};
use crate::stage::{Authority, Gate, assert_unseen};
use crate::tools::driver;

const REDIRECT: &str = "http://127.0.0.1:4711/callback";
const STOCK: &str = "https://stock.example";

#[test]
fn an_api_exchanges_its_caller_s_token_and_the_next_gate_lets_it_in_until_the_log_out() {
    let Some(script) = driver("exchange.mjs") else { return };
    let authority = Authority::start();
    with_person(&authority);
    authority.administer(&["resource", "create", STOCK, "--scope", "orders:read"]);
    // The API in the middle: tokens for it are its to exchange, for the stock API alone.
    let orders = "https://orders.example";
    authority.administer(&[
        "resource",
        "create",
        orders,
        "--scope",
        "orders:read",
        "--scope",
        "admin",
        "--introspector",
        "orders-api",
    ]);
    authority.administer(&[
        "client",
        "create",
        "app",
        "--public",
        "--redirect-uri",
        "http://127.0.0.1/callback",
        "--resource",
        orders,
        "--scope",
        "orders:read",
    ]);
    let made = authority.administer(&[
        "client",
        "create",
        "orders-api",
        "--resource",
        STOCK,
        "--scope",
        "orders:read",
        "--grant",
        "token-exchange",
        "--grant",
        "client-credentials",
    ]);
    let given = json!({
        "issuer": authority.issuer, "app": {"id": "app"}, "redirect": REDIRECT, "resource": orders,
        "username": "ada", "password": PASSWORD, "target": STOCK, "scope": "orders:read",
        "api": {"id": "orders-api", "secret": made["client_secret"]},
    });
    let done = drive(script, &given);
    assert_eq!(done["ok"], true, "{done}");
    let token = done["access_token"].as_str().unwrap();
    let sink = Sink::start();
    let gate = Gate::start(&sink.url(), &authority.issuer, STOCK, &[]);
    assert_eq!(gate.get("/stock", token).status, 200);
    assert_eq!(gate.get("/stock", done["subject"].as_str().unwrap()).status, 401, "not for here");
    authority.administer(&["revoke", "session", done["sid"].as_str().unwrap()]);
    let refused = (0..50).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        gate.get("/stock", token).status == 401
    });
    assert!(refused, "a second after the log-in ended the exchanged token still serves");
    assert_unseen(&authority.log(), token, "the authority's log");
}

#[test]
fn a_device_is_allowed_in_a_browser_elsewhere() {
    let Some(script) = driver("device_flow.mjs") else { return };
    let authority = Authority::start();
    with_person(&authority);
    let resource = authority.resource.clone();
    authority.administer(&[
        "client",
        "create",
        "tv",
        "--name",
        "Television",
        "--public",
        "--grant",
        "device-code",
        "--grant",
        "refresh-token",
        "--resource",
        &resource,
        "--scope",
        "openid",
        "--scope",
        "orders:read",
    ]);
    let given = json!({
        "issuer": authority.issuer, "client": {"id": "tv", "name": "Television"},
        "scope": "openid orders:read", "resource": resource, "username": "ada",
        "password": PASSWORD,
    });
    let done = drive(script, &given);
    assert_eq!(done["ok"], true, "{done}");
    let sink = Sink::start();
    let gate = Gate::of(&authority, &sink.url());
    assert_eq!(gate.get("/orders", done["access_token"].as_str().unwrap()).status, 200);
    assert!(!authority.log().contains(PASSWORD));
}
