//! Near misses: whether two names were meant to be the same, and in what they differ.
//!
//! Decides for issuers and audiences only; real mismatches (another tenant, another host of the public
//! Internet, another realm) are never called near. What is near is still refused: RFC 8725 §3.8 and
//! RFC 7519 §4.1.3 compare exactly.

/// What is compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// A longer path names a part of the same API.
    Audiences,
    /// A longer path names another tenant, unless it is one that products put behind their host.
    Issuers,
}

/// In what two names differ, where they were meant to be the same.
pub(crate) fn near(found: &str, expected: &str, names: Names) -> Option<String> {
    if found == expected || found.is_empty() || expected.is_empty() {
        return None;
    }
    if names == Names::Issuers && is_template_of(expected, found) {
        return Some("a placeholder that was never filled in".to_owned());
    }
    if names == Names::Issuers
        && let Some(said) = entra(found, expected)
    {
        return Some(said.to_owned());
    }
    // All normalisations together; then those are left out, from the last, that were not needed.
    let mut taken: Vec<&Step> = STEPS.iter().collect();
    let Some(rest) = equal(found, expected, names, &taken) else { return typing(found, expected) };
    for nth in (0..taken.len()).rev() {
        let one = taken.remove(nth);
        if equal(found, expected, names, &taken) != Some(rest) {
            taken.insert(nth, one);
        }
    }
    let mut needed: Vec<&'static str> = taken.into_iter().map(|step| step.name).collect();
    needed.extend(rest);
    Some(needed.join(", "))
}

/// Whether two names are equal after these steps: nothing more is needed, or a word for what is.
fn equal(
    found: &str,
    expected: &str,
    names: Names,
    steps: &[&Step],
) -> Option<Option<&'static str>> {
    let reduced = |text: &str| steps.iter().fold(text.to_owned(), |text, step| (step.make)(&text));
    let (left, right) = (reduced(found), reduced(expected));
    if left.is_empty() || right.is_empty() {
        return None;
    }
    if left == right {
        return Some(None);
    }
    alias(&left, &right, names, [found, expected]).or_else(|| path(&left, &right, names)).map(Some)
}

/// Whether a name is what a discovery document for many tenants names: `https://…/{tenantid}/v2.0`.
fn is_template_of(template: &str, name: &str) -> bool {
    let Some((before, rest)) = template.split_once('{') else { return false };
    let Some((_, behind)) = rest.split_once('}') else { return false };
    name.strip_prefix(before)
        .and_then(|rest| rest.strip_suffix(behind))
        .is_some_and(|filled| !filled.is_empty() && !filled.contains('/'))
}

struct Step {
    name: &'static str,
    make: fn(&str) -> String,
}

const STEPS: &[Step] = &[
    Step { name: "blanks around it", make: |text| text.trim().to_owned() },
    Step { name: "quotes around it", make: |text| text.trim_matches(['"', '\'', '`']).to_owned() },
    Step { name: "a percent-encoding", make: percent },
    Step { name: "a trailing slash", make: |text| text.trim_end_matches('/').to_owned() },
    Step { name: "brackets around it", make: |text| text.trim_matches(BRACKETS).to_owned() },
    Step { name: "letter case", make: |text| text.to_lowercase() },
    Step { name: "the prefix (`api://`, `urn:`, `spn:`)", make: prefix },
    Step { name: "the scheme", make: scheme },
    Step { name: "a default port", make: default_port },
    Step { name: "the port", make: port },
    Step { name: "`www.`", make: www },
    Step { name: "a dot at the host's end", make: host_dot },
    Step { name: "a doubled slash", make: doubled_slash },
    Step { name: "a version in the path", make: version },
    Step { name: "a hyphen", make: |text| text.replace('_', "-") },
];

const BRACKETS: [char; 8] = ['{', '}', '<', '>', '[', ']', '(', ')'];

fn percent(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| text.get(at + 1..at + 3).and_then(|code| u8::from_str_radix(code, 16).ok()))
            .flatten();
        match code {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

fn prefix(text: &str) -> String {
    ["api://", "spn:", "urn:", "app://", "aud:", "client:"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text)
        .to_owned()
}

fn scheme(text: &str) -> String {
    ["https://", "http://", "https:/", "http:/", "//"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .unwrap_or(text)
        .to_owned()
}

/// The scheme with its slashes, the host with its port, and the rest from the slash on.
fn parts(text: &str) -> (&str, &str, &str) {
    let scheme = text.find(":/").filter(|at| text[..*at].bytes().all(|b| b.is_ascii_alphabetic()));
    let start = scheme.map_or(0, |at| text.len() - text[at + 1..].trim_start_matches('/').len());
    let (scheme, behind) = text.split_at(start);
    let (host, rest) = behind.split_at(behind.find('/').unwrap_or(behind.len()));
    (scheme, host, rest)
}

fn default_port(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    let bare = host.strip_suffix(":443").or_else(|| host.strip_suffix(":80")).unwrap_or(host);
    format!("{scheme}{bare}{rest}")
}

fn port(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    match host.rsplit_once(':') {
        Some((bare, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) =>
        {
            format!("{scheme}{bare}{rest}")
        }
        _ => text.to_owned(),
    }
}

fn www(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    format!("{scheme}{}{rest}", host.strip_prefix("www.").unwrap_or(host))
}

fn host_dot(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    format!("{scheme}{}{rest}", host.strip_suffix('.').unwrap_or(host))
}

fn doubled_slash(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    format!("{scheme}{host}{}", rest.replace("//", "/"))
}

/// `/v2.0`, `/v1`, and Keycloak's `/auth` before its realms (gone since version 17).
fn version(text: &str) -> String {
    let (scheme, host, rest) = parts(text);
    let is_version = |part: &str| {
        part.strip_prefix('v').is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        })
    };
    let kept: Vec<&str> = rest
        .split('/')
        .filter(|part| !part.is_empty() && !is_version(part) && *part != "auth")
        .collect();
    if kept.is_empty() {
        format!("{scheme}{host}")
    } else {
        format!("{scheme}{host}/{}", kept.join("/"))
    }
}

/// Entra ID writes one tenant's name in two ways: `sts.windows.net/T/` in tokens of version 1,
/// `login.microsoftonline.com/T/v2.0` in those of version 2.
fn entra(left: &str, right: &str) -> Option<&'static str> {
    const HOSTS: [&str; 3] = ["sts.windows.net", "login.microsoftonline.com", "login.windows.net"];
    let tenant = |text: &str| {
        let mut parts = text.strip_prefix("https://")?.split('/').map(str::to_ascii_lowercase);
        let host = parts.next()?;
        HOSTS.contains(&host.as_str()).then(|| parts.next()).flatten()
    };
    let same = tenant(left).filter(|tenant| !tenant.is_empty()) == tenant(right);
    (same && tenant(left).is_some())
        .then_some("the version of the endpoint: Entra ID writes `iss` in another way in each")
}

/// Two host names of one machine: the inside and the outside one, or two spellings of this machine. The
/// `texts` are the two as they were written.
fn alias(left: &str, right: &str, names: Names, texts: [&str; 2]) -> Option<&'static str> {
    let ((left_scheme, left_host, left_path), (right_scheme, right_host, right_path)) =
        (parts(left), parts(right));
    if left_path != right_path || left_host == right_host || left_scheme != right_scheme {
        return None;
    }
    let loopback = |host: &str| matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "0.0.0.0");
    let (left_name, left_port) = named(left_host);
    let (right_name, right_port) = named(right_host);
    if loopback(left_name) && loopback(right_name) && left_port == right_port {
        return Some("two names of this machine");
    }
    // `web` and `account` are names of clients; a host is written with its scheme or its port.
    let is_host = |text: &str| text.contains(':') || text.contains('.');
    if !texts.iter().all(|text| is_host(text)) {
        return None;
    }
    let (left_inside, right_inside) = (is_internal(left_host), is_internal(right_host));
    // `a.svc` and `a.svc.cluster.local`, `keycloak` and `keycloak.example.com`: one says more of the same.
    let (short, long) = if left_name.len() < right_name.len() {
        (left_name, right_name)
    } else {
        (right_name, left_name)
    };
    let more = long.strip_prefix(short).is_some_and(|rest| rest.starts_with('.'));
    if more && (left_inside || right_inside) {
        return Some("an internal and a public host name");
    }
    // One issuer has one host outside and perhaps another inside; of APIs there are many on each side, so
    // without a path `http://billing` and `http://api` are two.
    let comparable = !left_path.is_empty() && left_path != "/";
    let apart = left_inside != right_inside;
    // A cluster is an issuer of its own, and no other's inside name.
    let cluster = [left_name, right_name].iter().any(|name| name.starts_with("kubernetes."));
    let first = |host: &str| host.split('.').next().unwrap_or(host).to_owned();
    if (apart && first(left_name) == first(right_name))
        || (names == Names::Issuers && apart && !cluster)
        || (comparable && (left_inside || right_inside))
    {
        return Some("an internal and a public host name");
    }
    None
}

/// A host's name without its port, and the port.
fn named(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, ""),
    }
}

fn is_internal(host: &str) -> bool {
    let (host, _) = named(host);
    let private = |host: &str| {
        let mut bytes = host.split('.').map(|part| part.parse::<u8>().ok());
        match [bytes.next(), bytes.next(), bytes.next(), bytes.next()] {
            [Some(Some(10)), ..] | [Some(Some(127)), ..] => host.split('.').count() == 4,
            [Some(Some(192)), Some(Some(168)), ..] => true,
            [Some(Some(172)), Some(Some(second)), ..] => (16..32).contains(&second),
            _ => false,
        }
    };
    host == "localhost"
        || host == "[::1]"
        || (!host.contains('.') && !host.is_empty())
        || [
            ".local",
            ".internal",
            ".svc",
            ".cluster.local",
            ".lan",
            ".docker.internal",
            ".localhost",
            ".test.internal",
        ]
        .iter()
        .any(|suffix| host.ends_with(suffix))
        || private(host)
}

/// What products put behind an issuer's host.
const USUAL_PARTS: &[&str] = &[
    "auth",
    "oauth",
    "oauth2",
    "oidc",
    "openid",
    "openid-connect",
    "connect",
    "protocol",
    "identity",
    "idp",
    "sso",
    "default",
    "authorize",
    "token",
    "oauth2.0",
    ".well-known",
    "openid-configuration",
    "oauth-authorization-server",
    "jwks",
    "jwks.json",
    "certs",
    "common",
    "login",
];

/// One is the other with a longer path: `https://api` and `https://api/v1/orders`.
fn path(left: &str, right: &str, names: Names) -> Option<&'static str> {
    let (short, long) = if left.len() < right.len() { (left, right) } else { (right, left) };
    let looks_like_host =
        short.contains('.') || short.contains(':') || short.contains('/') || short == "localhost";
    let usual = |rest: &str| {
        let mut parts = rest.split(['/', '#', '?']).filter(|part| !part.is_empty());
        parts.all(|part| USUAL_PARTS.contains(&part))
    };
    let extends = long.strip_prefix(short).is_some_and(|rest| {
        rest.starts_with(['/', '#', '?']) && (names == Names::Audiences || usual(rest))
    });
    (extends && looks_like_host && short.len() >= 4).then_some("the path")
}

/// One letter mistyped in a long word of a long name. Digits number things: `api1` and `api2` are two; so are
/// `id` and `idp`, where a letter makes another word.
fn typing(found: &str, expected: &str) -> Option<String> {
    if found.len() < 12 || expected.len() < 12 || !found.contains(['.', '/', ':']) {
        return None;
    }
    let words =
        |text: &str| -> Vec<String> { text.split(['.', '/', ':']).map(str::to_owned).collect() };
    let (left, right) = (words(found), words(expected));
    let other: Vec<(&String, &String)> =
        left.iter().zip(&right).filter(|(left, right)| left != right).collect();
    let long = match other.as_slice() {
        [(one, two)] if left.len() == right.len() => {
            one.len().min(two.len()) + 1 >= LONG_WORD && one.len().max(two.len()) >= LONG_WORD
        }
        // A separator itself is wrong.
        _ => true,
    };
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    if !long || digits(found) != digits(expected) {
        return None;
    }
    (distance(found, expected, 1)? == 1).then(|| "one letter".to_owned())
}

/// A found name that is a wanted one but for one letter, as a question: two names of things may be that near, and
/// only their owners know.
pub(crate) fn mistyped(found: &[String], wanted: &[String]) -> Option<String> {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let long = |text: &str| text.chars().count() >= LONG_WORD;
    let (one, other) = found.iter().find_map(|one| {
        let near = |other: &&String| {
            long(one)
                && long(other)
                && digits(one) == digits(other)
                && distance(one, other, 1) == Some(1)
        };
        Some((one, wanted.iter().find(near)?))
    })?;
    Some(format!("`{one}` is `{other}` but for one letter; is one of them mistyped?"))
}

/// The shortest word in which one letter is a typing error; it may be the letter that is lost.
const LONG_WORD: usize = 4;

/// How many edits (substitution, insertion, deletion, neighbouring swap) part two texts, if no more than `most`.
pub(crate) fn distance(left: &str, right: &str, most: usize) -> Option<usize> {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > most || left.len() > 512 {
        return None;
    }
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i; right.len() + 1];
        for j in 1..=right.len() {
            let substitution = rows[i - 1][j - 1] + usize::from(left[i - 1] != right[j - 1]);
            row[j] = substitution.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[left.len()].last().copied().filter(|found| *found <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_misses_are_told_from_mismatches() {
        for (found, expected, near_by) in [
            ("https://api.example.test/", "https://api.example.test", Some("a trailing slash")),
            ("http://api.example.test", "https://api.example.test", Some("the scheme")),
            ("api.example.test", "https://api.example.test", Some("the scheme")),
            ("HTTPS://API.example.test", "https://api.example.test", Some("letter case")),
            ("https://api.example.test:443", "https://api.example.test", Some("a default port")),
            ("https://api.example.test:8443", "https://api.example.test", Some("the port")),
            ("https://api.example.test:8443", "https://api.example.test:9443", Some("the port")),
            ("api://orders", "orders", Some("the prefix (`api://`, `urn:`, `spn:`)")),
            (" https://api.example.test", "https://api.example.test", Some("blanks around it")),
            (
                "https://api.example.test/v1",
                "https://api.example.test",
                Some("a version in the path"),
            ),
            ("https://api.example.test/orders", "https://api.example.test", Some("the path")),
            (
                "https://id.example.test/auth/realms/a",
                "https://id.example.test/realms/a",
                Some("a version in the path"),
            ),
            (
                "http://keycloak:8080/realms/a",
                "https://id.example.test/realms/a",
                Some("the scheme, an internal and a public host name"),
            ),
            ("http://localhost:8080", "http://127.0.0.1:8080", Some("two names of this machine")),
            ("https://api.exmaple.test", "https://api.example.test", Some("one letter")),
            (
                "https%3A%2F%2Fapi.example.test",
                "https://api.example.test",
                Some("a percent-encoding"),
            ),
            ("https://www.example.test", "https://example.test", Some("`www.`")),
            (
                "https://kubernetes.default.svc",
                "https://kubernetes.default.svc.cluster.local",
                Some("an internal and a public host name"),
            ),
            ("<https://api.example.test>", "https://api.example.test", Some("brackets around it")),
            ("orders_api", "orders-api", Some("a hyphen")),
            (
                "https://api.internal",
                "https://api.example.test",
                Some("an internal and a public host name"),
            ),
            ("api", "https://api.example.test", None),
            ("https://idp.example.test", "https://id.example.test", None),
            ("https://api.example.test/a", "https://api.example.test/b", None),
            ("http://localhost:8080", "https://api.example.test", None),
            ("https://billing.example.test", "https://api.example.test", None),
            ("https://accounts.other.test", "https://id.example.test", None),
            ("https://id.example.test/realms/dev", "https://id.example.test/realms/prod", None),
            ("https://api1.example.test", "https://api2.example.test", None),
            ("web", "https://api.example.test", None),
            (
                "https://login.microsoftonline.com/aaaa-1/v2.0",
                "https://login.microsoftonline.com/aaaa-2/v2.0",
                None,
            ),
            ("orders", "billing", None),
        ] {
            let said = near(found, expected, Names::Audiences);
            assert_eq!(said.as_deref(), near_by, "{found} {expected}");
        }
    }

    #[test]
    fn both_versions_of_one_entra_tenant_are_near() {
        let (first, second) =
            ("https://sts.windows.net/T-1/", "https://login.microsoftonline.com/t-1/v2.0");
        assert!(near(first, second, Names::Issuers).is_some());
        assert!(near(second, first, Names::Issuers).is_some());
        let other = "https://login.microsoftonline.com/t-2/v2.0";
        assert_eq!(near(first, other, Names::Issuers), None);
    }

    #[test]
    fn another_tenant_of_an_issuer_is_no_near_miss() {
        for (found, is_near) in [
            ("https://id.example.test/realms/other", false),
            ("https://id.example.test/tenant-b", false),
            ("https://id.example.test/oauth2/default", true),
            ("https://id.example.test/.well-known/openid-configuration", true),
            ("https://id.example.test/v2.0", true),
            ("http://localhost:8080", true),
            ("http://keycloak:8080", true),
            ("https://id.staging.test", false),
            ("https://kubernetes.default.svc.cluster.local", false),
        ] {
            let said = near(found, "https://id.example.test", Names::Issuers);
            assert_eq!(said.is_some(), is_near, "{found}");
        }
    }

    #[test]
    fn distances_are_counted_with_swaps() {
        assert_eq!(distance("authorisation", "authorization", 2), Some(1));
        assert_eq!(distance("autohrization", "authorization", 2), Some(1));
        assert_eq!(distance("authentication", "authorization", 2), None);
    }
}
