use super::*;
use crate::{Site, assets};
use claviger_token::{Class, Code};

const HOSTILE: &str = "\"><script>alert('x')</script>&<img src=x onerror=y>";

/// Every page with ordinary values, by name.
fn specimens(site: &Site) -> Vec<(String, String)> {
    let mut pages: Vec<(String, String)> = Code::ALL
        .iter()
        .map(|code| (format!("fault {code}"), FaultPage { site, code: *code }.html().unwrap()))
        .collect();
    pages.push(("fault index".to_owned(), FaultIndexPage { site }.html().unwrap()));
    let front = FrontPage::new(site, "https://id.example", "0.1.0");
    pages.push(("front".to_owned(), front.html().unwrap()));
    for path in ["/nowhere", "/faults/expird", "/faults/zzzzzzzzzzzz", ""] {
        let page = NotFoundPage { site, path };
        pages.push((format!("not found {path:?}"), page.html().unwrap()));
    }
    pages.extend(people(site, "Orders", "ada"));
    pages
}

/// The pages with forms, with these words from outside.
fn people(site: &Site, application: &str, username: &str) -> Vec<(String, String)> {
    let log_in = log_in(site, application, username);
    let scope = format!("openid {application}");
    let asked = Asked {
        application,
        publisher: Some(application),
        username,
        scope: &scope,
        resource: Some(application),
    };
    let consent = ConsentPage {
        site,
        asked,
        destination: application,
        problem: Some(application),
        proof: username,
        request: application,
    };
    let device = DevicePage { site, code: application, problem: Some(username), proof: username };
    let device_consent = DeviceConsentPage { site, asked, code: application, proof: username };
    let message = MessagePage {
        site,
        title: application,
        text: username,
        fix: application,
        diagnosis: "dg_1",
    };
    let members = [("state", application), (application, username)];
    let form_post = FormPostPage {
        site,
        title: application,
        action: application,
        destination: application,
        members: &members,
    };
    vec![
        ("form: post".to_owned(), form_post.html().unwrap()),
        ("form: log in".to_owned(), log_in.html().unwrap()),
        ("form: consent".to_owned(), consent.html().unwrap()),
        (
            "form: log out".to_owned(),
            LogOutPage {
                site,
                application: Some(username),
                username,
                proof: username,
                request: username,
            }
            .html()
            .unwrap(),
        ),
        ("form: device".to_owned(), device.html().unwrap()),
        ("form: device consent".to_owned(), device_consent.html().unwrap()),
        ("message".to_owned(), message.html().unwrap()),
    ]
    .into_iter()
    .chain(factors(site, application, username))
    .collect()
}

fn log_in<'a>(site: &'a Site, application: &'a str, username: &'a str) -> LogInPage<'a> {
    LogInPage {
        site,
        application: Some(application),
        username,
        problem: Some(application),
        proof: username,
        request: application,
        passkey: Some(PasskeyAsk { options: application, ticket: username }),
    }
}

/// The account and its second factors, with these words from outside.
fn factors(site: &Site, application: &str, username: &str) -> Vec<(String, String)> {
    let ask = PasskeyAsk { options: application, ticket: username };
    let log_in = log_in(site, application, username);
    let second = SecondFactorPage {
        log_in,
        step: username,
        totp: true,
        recovery: true,
        wrong: Some(WrongField::Recovery),
    };
    let offer = TotpOffer { secret: application, otpauth: username };
    let add_totp =
        AddTotpPage { site, problem: Some(application), proof: username, ticket: username, offer };
    let add_passkey = AddPasskeyPage { site, problem: None, proof: username, name: username, ask };
    let codes = [application.to_owned(), username.to_owned()];
    let log_in =
        LogIn { sid: username, browser: application, started: 0, auth_time: 1, current: true };
    let passkey = PasskeyEntry {
        id: username,
        name: application,
        created_at: 0,
        used_at: Some(1),
        synced: true,
    };
    let account = AccountPage {
        site,
        username,
        name: Some(application),
        email: Some(application),
        done: Some(application),
        problem: Some(application),
        password_problem: Some(application),
        proof: username,
        log_out_proof: username,
        log_ins: &[log_in, LogIn { current: false, ..log_in }],
        applications: &[Application {
            client: username,
            name: application,
            resource: username,
            scope: application,
            at: 0,
        }],
        totp: Some(0),
        passkeys: &[passkey, PasskeyEntry { used_at: None, synced: false, ..passkey }],
        passkeys_possible: true,
        recovery_codes: Some(1),
    };
    let bare = AccountPage {
        name: None,
        email: None,
        done: None,
        problem: None,
        password_problem: None,
        log_ins: &[log_in],
        applications: &[],
        totp: None,
        passkeys: &[],
        passkeys_possible: false,
        recovery_codes: None,
        ..account
    };
    vec![
        ("form: second factor".to_owned(), second.html().unwrap()),
        ("form: add totp".to_owned(), add_totp.html().unwrap()),
        ("form: add passkey".to_owned(), add_passkey.html().unwrap()),
        (
            "recovery codes".to_owned(),
            RecoveryCodesPage { site, done: username, codes: &codes }.html().unwrap(),
        ),
        ("form: account".to_owned(), account.html().unwrap()),
        ("form: bare account".to_owned(), bare.html().unwrap()),
    ]
}

#[test]
fn every_field_of_a_form_has_a_label_and_every_reference_its_target() {
    for (name, html) in people(&Site::new(""), "Orders", "ada") {
        for tag in html.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
            if tag.contains("type=\"hidden\"") || tag.contains("aria-hidden=\"true\"") {
                continue;
            }
            let id = tag.split_once("id=\"").and_then(|(_, rest)| rest.split('"').next());
            let id = id.unwrap_or_else(|| panic!("{name}: <input {tag}>"));
            assert!(html.contains(&format!("<label for=\"{id}\"")), "{name}: {id} has no label");
            assert!(tag.contains("autocomplete=\""), "{name}: <input {tag}>");
        }
        for ids in html.split("aria-describedby=\"").skip(1) {
            for id in ids.split('"').next().unwrap().split(' ') {
                assert!(html.contains(&format!(" id=\"{id}\"")), "{name}: nothing has the id {id}");
            }
        }
        for button in html.split("<button ").skip(1) {
            assert!(button.starts_with("type=\"submit\""), "{name}: <button {button}");
        }
    }
}

#[test]
fn only_pages_that_speak_to_an_authenticator_load_the_script() {
    let script = site_script();
    for (name, html) in specimens(&Site::new("")) {
        let speaks = html.contains("data-passkey=");
        assert_eq!(html.contains(&script), speaks, "{name}");
    }
}

#[test]
fn what_applications_call_themselves_is_text() {
    for (name, html) in people(&Site::new(""), HOSTILE, HOSTILE) {
        check_whole(&name, &html);
        let scripts = html.matches("<script").count();
        let loads = html.contains("data-passkey=");
        assert_eq!(scripts, usize::from(name == "form: post" || loads), "{name}");
        assert!(!html.contains("<img src=x"), "{name}");
    }
}

/// Walks the tags: each that opens is closed, in order, and none carries what the policy forbids.
fn check_markup(name: &str, html: &str) {
    const VOID: &[&str] = &["!doctype", "meta", "link", "img", "br", "input"];
    let mut open: Vec<String> = Vec::new();
    let mut ids: Vec<&str> = Vec::new();
    let mut rest = html;
    while let Some((_, behind)) = rest.split_once('<') {
        let (tag, after) = behind.split_once('>').unwrap_or_else(|| panic!("{name}: open tag"));
        rest = after;
        if let Some(closed) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(closed), "{name}: </{closed}>");
            continue;
        }
        let element = tag.split_whitespace().next().unwrap_or_default();
        assert!(
            element.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '!'),
            "{name}: <{tag}>"
        );
        let is_own_script = name == "form: post"
            && tag == "script"
            && rest.starts_with("document.forms[0].submit()</script>");
        // The one other script is a file.
        let is_file = tag.starts_with("script src=\"")
            && tag.contains("/assets/claviger-")
            && rest.starts_with("</script>");
        assert!(is_own_script || is_file || element != "script", "{name}: <{tag}>");
        assert!(!["style", "iframe", "object"].contains(&element), "{name}: <{tag}>");
        assert!(element != "form" || name.starts_with("form:"), "{name}: <{tag}>");
        // The names of the attributes alone: what stands in quotes is a value.
        let names: String = tag.split('"').step_by(2).collect();
        for attribute in [" style=", " onerror=", " onclick=", " onload="] {
            assert!(!names.contains(attribute), "{name}: <{tag}>");
        }
        if let Some((_, id)) = tag.split_once(" id=\"") {
            let id = id.split('"').next().unwrap_or_default();
            assert!(!ids.contains(&id), "{name}: the id {id} stands twice");
            ids.push(id);
        }
        if !VOID.contains(&element) {
            open.push(element.to_owned());
        }
    }
    assert!(open.is_empty(), "{name}: {open:?} stay open");
    for target in html.split("href=\"#").skip(1).chain(html.split("aria-labelledby=\"").skip(1)) {
        let target = target.split('"').next().unwrap_or_default();
        assert!(ids.contains(&target), "{name}: nothing has the id {target}");
    }
}

/// What every page has.
fn check_whole(name: &str, html: &str) {
    assert!(html.starts_with("<!doctype html>\n<html lang=\"en\">"), "{name}");
    assert!(html.trim_end().ends_with("</html>"), "{name}");
    assert_eq!(html.matches("<h1>").count(), 1, "{name}");
    for part in ["<meta charset=\"utf-8\">", "name=\"viewport\"", "<main id=\"content\"", "<title>"]
    {
        assert!(html.contains(part), "{name}: {part}");
    }
    for asset in
        assets().iter().filter(|asset| asset.path.ends_with("css") || asset.path.ends_with("svg"))
    {
        assert!(html.contains(asset.path), "{name}: {}", asset.path);
    }
    assert!(!html.contains("{{") || html.contains("{{token}}"), "{name}: a template shows");
    assert!(!html.contains("{%"), "{name}: a template shows");
    check_markup(name, html);
}

#[test]
fn every_page_is_whole() {
    for base in ["", "/auth", "https://id.example"] {
        for (name, html) in specimens(&Site::new(base)) {
            check_whole(&name, &html);
        }
    }
}

#[test]
fn every_link_on_a_page_leads_somewhere() {
    let site = Site::new("");
    for (name, html) in specimens(&site) {
        for link in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let code = link.strip_prefix("/faults/");
            let known = code.is_some_and(|code| code.parse::<Code>().is_ok())
                || link.strip_prefix("/faults").is_some_and(|rest| {
                    rest.is_empty()
                        || Class::ALL
                            .iter()
                            .any(|class| rest.strip_prefix('#') == Some(class.as_str()))
                })
                || link.starts_with('#')
                || ["/", "/account"].contains(&link)
                || crate::find_asset(link).is_some()
                || Endpoint::USUAL.iter().any(|endpoint| endpoint.path == link)
                || link.starts_with("https://www.rfc-editor.org/rfc/rfc")
                || link.starts_with("https://openid.net/specs/")
                || link.starts_with("https://fetch.spec.whatwg.org/")
                || link.starts_with("https://kubernetes.io/docs/");
            assert!(known, "{name}: {link}");
        }
    }
}

#[test]
fn hostile_values_stay_text() {
    let site = Site::new(&format!("https://id.example/{HOSTILE}"));
    let mut pages = specimens(&site);
    pages.push((
        "hostile path".to_owned(),
        NotFoundPage { site: &site, path: &format!("/faults/{HOSTILE}") }.html().unwrap(),
    ));
    let mut front = FrontPage::new(&site, HOSTILE, HOSTILE);
    front.endpoints.push(Endpoint {
        name: HOSTILE,
        path: "javascript:alert(1)",
        purpose: "`<script>` <script>",
        readable: true,
    });
    front.endpoints.push(Endpoint { name: "x", path: HOSTILE, purpose: "", readable: true });
    front.steps.push(Step { what: HOSTILE.to_owned(), command: HOSTILE.to_owned() });
    pages.push(("hostile front".to_owned(), front.html().unwrap()));
    for (name, html) in pages {
        let speaks = name == "form: post" || html.contains("data-passkey=");
        assert_eq!(html.matches("<script").count(), usize::from(speaks), "{name}");
        assert!(!html.contains("href=\"javascript:"), "{name}");
        assert!(!html.contains("<img src=x"), "{name}");
        check_whole(&name, &html);
    }
}

#[test]
fn a_fault_page_says_everything_that_is_known() {
    let site = Site::new("https://id.example");
    for code in Code::ALL {
        let html = FaultPage { site: &site, code: *code }.html().unwrap();
        let row = code.row();
        for text in [row.code, row.title, row.clause] {
            assert!(html.contains(&escaped(text)), "{code}: {text}");
        }
        let paragraph: String = pieces(row.explanation).iter().map(|piece| piece.text).collect();
        assert!(stripped(&html).contains(&escaped(&paragraph)), "{code}: {paragraph}");
        for heading in
            ["What to do", "What it means", "What it looks like", "What a guard answers", "Source"]
        {
            assert!(html.contains(heading), "{code}: {heading}");
        }
        assert!(html.contains(&format!("HTTP/1.1 {}", row.status)), "{code}");
        assert!(html.contains("application/problem+json"), "{code}");
    }
}

#[test]
fn the_index_lists_every_cause_in_its_class() {
    let html = FaultIndexPage { site: &Site::new("/auth") }.html().unwrap();
    for code in Code::ALL {
        assert!(html.contains(&format!("href=\"/auth/faults/{code}\"")), "{code}");
    }
    for class in Class::ALL {
        assert!(html.contains(&format!("<section id=\"{class}\"")), "{class}");
    }
}

#[test]
fn the_front_page_names_the_issuer_and_what_to_type() {
    let site = Site::new("http://127.0.0.1:8600");
    let html = FrontPage::new(&site, "http://127.0.0.1:8600", "0.1.0").html().unwrap();
    assert!(html.contains("<code>http://127.0.0.1:8600</code>"));
    assert!(html.contains("http://127.0.0.1:8600/token"));
    assert!(html.contains("href=\"http://127.0.0.1:8600/jwks\""));
    // What a browser cannot read is shown, and is no link.
    assert!(
        html.contains("<code>/token</code>")
            && !html.contains("href=\"http://127.0.0.1:8600/token\"")
    );
    // An issuer that a shell would take apart is quoted in the commands.
    let odd = FrontPage::new(&site, "http://id.example/a b", "0.1.0");
    assert!(odd.steps.iter().all(|step| step.command.contains("'http://id.example/a b")));
}

#[test]
fn a_mistyped_code_is_led_to_its_neighbours() {
    let site = Site::new("");
    let html = NotFoundPage { site: &site, path: "/faults/audience-missmatch" }.html().unwrap();
    assert!(html.contains("href=\"/faults/audience-mismatch\""));
    let long = "x".repeat(100_000);
    assert!(NotFoundPage { site: &site, path: &long }.html().unwrap().len() < 5_000);
}

#[test]
fn no_template_switches_escaping_off() {
    // `|safe` and `escape = "none"` are the two ways; no page needs either.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let template = std::fs::read_to_string(&path).unwrap();
        let switched = template.replace(' ', "").contains("|safe") || template.contains("escape");
        assert!(!switched, "{}", path.display());
        read += 1;
    }
    assert!(read > 20, "only {read} templates were found");
}

/// As askama writes text.
fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

fn stripped(html: &str) -> String {
    html.replace("<code class=\"short\">", "").replace("<code>", "").replace("</code>", "")
}

fn site_script() -> String {
    Site::new("").script()
}

/// A screen reader is told of the field that was wrong, and of none where a passkey was.
#[test]
fn the_field_that_was_wrong_is_marked() {
    let site = Site::new("https://id.example");
    for (wrong, marked) in [
        (None, None),
        (Some(WrongField::Code), Some("code")),
        (Some(WrongField::Recovery), Some("recovery")),
    ] {
        let log_in = log_in(&site, "app", "ada");
        let page = SecondFactorPage { log_in, step: "s", totp: true, recovery: true, wrong };
        let html = page.html().unwrap();
        for id in ["code", "recovery"] {
            let field = html.split(&format!("<input id=\"{id}\"")).nth(1).unwrap();
            let field = field.split('>').next().unwrap();
            let is_marked = marked == Some(id);
            assert_eq!(field.contains("aria-invalid"), is_marked, "{wrong:?} {id}");
            assert_eq!(field.contains("autofocus"), is_marked, "{wrong:?} {id}");
        }
        assert_eq!(html.contains("<details class=\"more\" open>"), marked == Some("recovery"));
    }
}
