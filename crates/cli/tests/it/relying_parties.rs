//! Relying parties nobody here wrote: a person logs in, the party learns who it is, and the person logs out.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use claviger_testkit::{Ask, Person, Process};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::clients::drive;
use crate::people::{PASSWORD, with_people};
use crate::stage::{Authority, PATIENCE, file};
use crate::tools::{apache_template, driver, rust_driver};

fn with_ada(authority: &Authority) {
    let folder = tempfile::tempdir().unwrap();
    let password = file(folder.path(), "password", format!("{PASSWORD}\n"));
    let ada = ["user", "create", "ada", "--email", "ada@example.org", "--name", "Ada"];
    authority.administer(&[&ada[..], &["--password-file", &password]].concat());
}

#[test]
fn authlib_logs_a_person_in_asks_who_it_is_and_refreshes() {
    let Some(driver) = driver("relying_party.py") else { return };
    let authority = Authority::start();
    with_ada(&authority);
    let made = [
        "client",
        "create",
        "app",
        "--public",
        "--redirect-uri",
        "http://127.0.0.1:4712/callback",
        "--scope",
        "openid",
        "--scope",
        "email",
    ];
    authority.administer(&made);
    let done = drive(
        driver,
        &json!({
            "what": "authlib", "issuer": authority.issuer, "client": {"id": "app"},
            "redirect": "http://127.0.0.1:4712/callback", "scope": "openid email",
            "username": "ada", "password": PASSWORD,
        }),
    );
    assert_eq!(done["ok"], true);
    assert!(!authority.log().contains("ada@example.org"));
}

/// Apache with mod_auth_openidc, registered at an authority.
struct Apache {
    url: String,
    process: Process,
    folder: TempDir,
}

impl Apache {
    fn start(authority: &Authority) -> Option<Self> {
        let mut configuration = apache_template("apache_oidc.conf")?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let url = format!("http://127.0.0.1:{port}");
        let (redirect, bye) = (format!("{url}/redirect"), format!("{url}/bye"));
        let back_channel = format!("{url}/redirect?logout=backchannel");
        let made = authority.administer(&[
            "client",
            "create",
            "site",
            "--redirect-uri",
            &redirect,
            "--scope",
            "openid",
            "--scope",
            "profile",
            "--scope",
            "email",
            "--post-logout-redirect-uri",
            &bye,
            "--backchannel-logout-uri",
            &back_channel,
        ]);
        let folder = tempfile::tempdir().unwrap();
        let values = [
            ("DIR", folder.path().to_str().unwrap()),
            ("LISTEN", url.trim_start_matches("http://")),
            ("ISSUER", &authority.issuer),
            ("ID", "site"),
            ("SECRET", made["client_secret"].as_str().expect("a secret, shown once")),
        ];
        for (name, value) in values {
            configuration = configuration.replace(&format!("@{name}@"), value);
        }
        for (path, content) in [("private", "only for Ada\n"), ("bye", "bye\n")] {
            let path = folder.path().join("htdocs").join(path);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("index.html"), content).unwrap();
        }
        // Its workers are another user, who has to get in.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let path = folder.path().join("apache.conf");
        std::fs::write(&path, configuration).unwrap();
        let debian = Path::new("/usr/sbin/apache2");
        let mut command = Command::new(if debian.exists() { debian } else { Path::new("apache2") });
        command.arg("-DFOREGROUND").arg("-f").arg(&path);
        let apache = Self { url, process: Process::spawn(command), folder };
        let deadline = Instant::now() + PATIENCE;
        while Ask::get(&format!("{}/bye/", apache.url)).try_send().is_err() {
            assert!(Instant::now() < deadline, "Apache does not answer: {}", apache.said());
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(apache)
    }

    fn said(&self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("error.log"));
        self.process.stderr() + &log.unwrap_or_default()
    }

    fn given(&self, authority: &Authority) -> Value {
        json!({
            "what": "mod_auth_openidc", "issuer": authority.issuer, "site": self.url,
            "username": "ada", "password": PASSWORD,
        })
    }
}

#[test]
fn mod_auth_openidc_logs_a_person_in_and_out() {
    let Some(driver) = driver("relying_party.py") else { return };
    let authority = Authority::start();
    let Some(apache) = Apache::start(&authority) else { return };
    with_ada(&authority);
    let done = drive(driver, &apache.given(&authority));
    assert_eq!(done["userinfo"]["name"], "Ada", "{}", apache.said());
    let _ = apache.process.stop(PATIENCE);
}

/// The session ends at the authority; the site learns it through the back channel and asks for a new log-in.
#[test]
fn mod_auth_openidc_is_told_of_a_log_out_elsewhere() {
    let Some(mut driver) = driver("relying_party.py") else { return };
    let authority = Authority::start();
    let Some(apache) = Apache::start(&authority) else { return };
    with_ada(&authority);
    let mut given = apache.given(&authority);
    given["until_ended"] = json!(true);
    driver.arg(given.to_string());
    driver.stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut browser = driver.spawn().unwrap();
    let mut said = std::io::BufReader::new(browser.stdout.take().unwrap());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut said, &mut line).unwrap();
    let told: Value = serde_json::from_str(&line)
        .unwrap_or_else(|error| panic!("{error}: {line} {}", apache.said()));
    let sid = told["id_token"]["sid"].as_str().expect("a session");
    authority.administer(&["revoke", "session", sid]);
    std::io::Write::write_all(&mut browser.stdin.take().unwrap(), b"go on\n").unwrap();
    assert!(browser.wait().unwrap().success(), "{}", apache.said());
    let _ = apache.process.stop(PATIENCE);
}

const LOOPBACK_REDIRECT: &str = "http://127.0.0.1:4711/callback";

#[test]
fn oidc_client_ts_logs_a_person_in() {
    let Some(driver) = driver("oidc_client_ts.mjs") else { return };
    let authority = Authority::start();
    with_people(&authority);
    let given = json!({
        "issuer": authority.issuer, "client": {"id": "app"}, "redirect": LOOPBACK_REDIRECT,
        "resource": authority.resource, "scope": "openid orders:read",
        "username": "ada", "password": PASSWORD,
    });
    assert_eq!(drive(driver, &given)["ok"], true);
}

#[test]
fn the_crate_openidconnect_logs_a_person_in() {
    let Some(driver) = rust_driver("openidconnect-driver") else { return };
    let authority = Authority::start();
    with_people(&authority);
    let step = |name: &str, given: &Value| -> Value {
        let mut command = Command::new(&driver);
        command.args([name, &given.to_string()]);
        let outcome = Process::run(command, b"");
        assert_eq!(outcome.code, Some(0), "{}{}", outcome.stdout, outcome.stderr);
        serde_json::from_str(&outcome.stdout).unwrap()
    };
    let mut given = json!({
        "issuer": authority.issuer, "client": "app", "redirect": LOOPBACK_REDIRECT,
        "scope": "orders:read",
    });
    let started = step("start", &given);
    let url = started["url"].as_str().unwrap();
    let (_, query) = url.split_once('?').expect("a query");
    let mut ada = Person::new(&authority.issuer, "ada", PASSWORD);
    given["answer"] = json!(ada.authorize(query, LOOPBACK_REDIRECT));
    given["kept"] = started["kept"].clone();
    let done = step("finish", &given);
    assert_eq!(done["ok"], true, "{done}");
}
