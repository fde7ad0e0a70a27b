//! Tokens that are no JWT: whose they are by prefix and structure, and whether a built-in checksum fits.
//!
//! Decides families; never whether such a token is valid: only its issuer can say. A string of these
//! is a live secret, so nothing of it is repeated.

mod trial;

use crate::shape;

/// What became of a checksum that the format carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checksum {
    /// The format has none that can be recomputed.
    None,
    Good,
    Bad,
}

/// A recognised family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opaque {
    /// Whose: `GitHub personal access token`.
    pub(crate) family: &'static str,
    /// Where it can be used, or who can say what it is worth.
    pub(crate) home: &'static str,
    pub(crate) checksum: Checksum,
}

impl Opaque {
    /// How its holder finds out what it is worth, by a request that changes nothing. Nobody here sends it.
    pub(crate) fn trial(&self) -> Option<&'static str> {
        trial::of(self.family)
    }

    /// Whether whoever holds it can do something with it: then it should not have been pasted anywhere.
    pub(crate) fn is_secret(&self) -> bool {
        let harmless = ["publishable", "key id", "a JWS in its JSON form"];
        !harmless.iter().any(|word| self.family.contains(word))
    }
}

/// Prefix, family, where it belongs. Longer prefixes stand before shorter ones that begin them.
const FAMILIES: &[(&str, &str, &str)] = &[
    ("github_pat_", "a GitHub fine-grained personal access token", "api.github.com"),
    ("ghp_", "a GitHub personal access token", "api.github.com"),
    ("gho_", "a GitHub OAuth token", "api.github.com"),
    ("ghu_", "a GitHub user-to-server token", "api.github.com"),
    ("ghs_", "a GitHub server-to-server token", "api.github.com"),
    ("ghr_", "a GitHub refresh token", "github.com/login/oauth/access_token"),
    ("npm_", "an npm token", "the npm registry"),
    ("glpat-", "a GitLab personal access token", "the GitLab instance that issued it"),
    ("gldt-", "a GitLab deploy token", "the GitLab instance that issued it"),
    ("glptt-", "a GitLab trigger token", "the GitLab instance that issued it"),
    ("glrt-", "a GitLab runner token", "the GitLab instance that issued it"),
    ("glcbt-", "a GitLab CI job token", "the GitLab instance that issued it"),
    ("glft-", "a GitLab feed token", "the GitLab instance that issued it"),
    ("glsoat-", "a GitLab SCIM token", "the GitLab instance that issued it"),
    ("glagent-", "a GitLab agent token", "the GitLab instance that issued it"),
    ("ATATT3", "an Atlassian API token", "api.atlassian.com"),
    ("ATCTT3", "an Atlassian access token", "api.atlassian.com"),
    ("packagist_", "a Packagist token", "packagist.com"),
    ("glsa_", "a Grafana service account token", "the Grafana instance that issued it"),
    ("glc_", "a Grafana Cloud token", "grafana.com"),
    ("eyJrIjoi", "a Grafana API key of the older form", "the Grafana instance that issued it"),
    ("xoxe.xoxp-", "a Slack token with rotation", "slack.com/api/auth.test"),
    ("xoxb-", "a Slack bot token", "slack.com/api/auth.test"),
    ("xoxp-", "a Slack user token", "slack.com/api/auth.test"),
    ("xoxa-", "a Slack workspace token", "slack.com/api/auth.test"),
    ("xoxr-", "a Slack refresh token", "slack.com/api/oauth.v2.access"),
    ("xoxs-", "a Slack session token", "slack.com/api/auth.test"),
    ("xoxe-", "a Slack refresh token", "slack.com/api/oauth.v2.access"),
    ("xapp-", "a Slack app-level token", "slack.com/api/apps.connections.open"),
    ("sk_live_", "a Stripe secret key (live)", "api.stripe.com"),
    ("sk_test_", "a Stripe secret key (test)", "api.stripe.com"),
    ("rk_live_", "a Stripe restricted key (live)", "api.stripe.com"),
    ("rk_test_", "a Stripe restricted key (test)", "api.stripe.com"),
    ("pk_live_", "a Stripe publishable key, which is no secret key", "api.stripe.com"),
    ("pk_test_", "a Stripe publishable key, which is no secret key", "api.stripe.com"),
    ("whsec_", "a Stripe webhook secret, which is no token", "nowhere: it verifies webhooks"),
    ("sk-ant-admin", "an Anthropic admin key", "api.anthropic.com, in the header x-api-key"),
    ("sk-ant-oat", "an Anthropic OAuth token", "api.anthropic.com"),
    ("sk-ant-", "an Anthropic API key", "api.anthropic.com, in the header x-api-key"),
    ("sk-proj-", "an OpenAI project key", "api.openai.com"),
    ("sk-svcacct-", "an OpenAI service account key", "api.openai.com"),
    ("sk-admin-", "an OpenAI admin key", "api.openai.com"),
    ("sk-or-v1-", "an OpenRouter key", "openrouter.ai"),
    ("ya29.", "a Google access token", "oauth2.googleapis.com/tokeninfo"),
    ("1//", "a Google refresh token", "oauth2.googleapis.com/token"),
    ("AIza", "a Google API key, which is no token", "googleapis.com, as the parameter key"),
    ("GOCSPX-", "a Google client secret, which is no token", "oauth2.googleapis.com/token"),
    ("4/0A", "a Google authorization code, which is no token", "oauth2.googleapis.com/token"),
    ("EwA", "a Microsoft account token (compact)", "the Microsoft API that it was requested for"),
    ("EwB", "a Microsoft account token (compact)", "the Microsoft API that it was requested for"),
    ("0.A", "an Entra ID refresh token or code", "login.microsoftonline.com/…/oauth2/v2.0/token"),
    ("1.A", "an Entra ID refresh token or code", "login.microsoftonline.com/…/oauth2/v2.0/token"),
    (
        "FwoGZXIvYXdz",
        "an AWS session token, which is part of a signature",
        "AWS, signed with SigV4",
    ),
    (
        "IQoJb3JpZ2luX2Vj",
        "an AWS session token, which is part of a signature",
        "AWS, signed with SigV4",
    ),
    ("AKIA", "an AWS access key id, which is no token", "AWS, signed with SigV4"),
    ("ASIA", "a temporary AWS access key id, which is no token", "AWS, signed with SigV4"),
    ("hvs.", "a Vault service token", "the Vault server, in the header X-Vault-Token"),
    ("hvb.", "a Vault batch token", "the Vault server, in the header X-Vault-Token"),
    ("hvr.", "a Vault recovery token", "the Vault server, in the header X-Vault-Token"),
    ("s.", "a Vault token of the older form", "the Vault server, in the header X-Vault-Token"),
    (
        "b.",
        "a Vault batch token of the older form",
        "the Vault server, in the header X-Vault-Token",
    ),
    (
        "r.",
        "a Vault recovery token of the older form",
        "the Vault server, in the header X-Vault-Token",
    ),
    ("sha256~", "an OpenShift token", "the cluster's OAuth server"),
    ("sb_publishable_", "a Supabase publishable key", "the Supabase project, in the header apikey"),
    ("sb_secret_", "a Supabase secret key", "the Supabase project, in the header apikey"),
    ("sbp_", "a Supabase personal access token", "api.supabase.com"),
    ("hf_", "a Hugging Face token", "huggingface.co/api/whoami-v2"),
    ("dop_v1_", "a DigitalOcean personal access token", "api.digitalocean.com"),
    ("doo_v1_", "a DigitalOcean OAuth token", "api.digitalocean.com"),
    ("dor_v1_", "a DigitalOcean refresh token", "cloud.digitalocean.com/v1/oauth/token"),
    ("dapi", "a Databricks token", "the Databricks workspace"),
    ("shpat_", "a Shopify access token", "the shop, in the header X-Shopify-Access-Token"),
    ("shpss_", "a Shopify shared secret, which is no token", "the Shopify app"),
    ("SG.", "a SendGrid key", "api.sendgrid.com"),
    ("sl.", "a Dropbox access token", "api.dropboxapi.com"),
    ("dckr_pat_", "a Docker personal access token", "hub.docker.com"),
    ("CCIPAT_", "a CircleCI token", "circleci.com/api"),
    ("dp.pt.", "a Doppler token", "api.doppler.com"),
    ("lin_api_", "a Linear key", "api.linear.app"),
    ("ntn_", "a Notion token", "api.notion.com"),
    ("secret_", "a Notion token of the older form", "api.notion.com"),
    ("cio", "a crates.io token", "crates.io, without a scheme in front"),
    ("PMAK-", "a Postman key", "api.getpostman.com"),
    ("sntrys_eyJ", "a Sentry organisation token", "sentry.io/api"),
    ("sntryu_", "a Sentry user token", "sentry.io/api"),
    ("ops_eyJ", "a 1Password service account token", "1Password"),
    ("AKCp", "an Artifactory API key", "the Artifactory server"),
    ("cmVmd", "an Artifactory reference token", "the Artifactory server"),
    ("pscale_", "a PlanetScale token", "api.planetscale.com"),
    ("rubygems_", "a RubyGems key", "rubygems.org"),
    ("pypi-AgEI", "a PyPI token (a macaroon)", "upload.pypi.org"),
    ("fm2_", "a Fly.io token (a macaroon)", "api.machines.dev"),
    ("FlyV1 ", "a Fly.io token (a macaroon)", "api.machines.dev"),
    ("ory_at_", "an Ory access token", "the Ory server's introspection endpoint"),
    ("ory_rt_", "an Ory refresh token", "the Ory server's token endpoint"),
    ("clv_rt_", "a refresh token of Claviger", "the authority's token endpoint"),
    ("syt_", "a Matrix access token", "the home server"),
    ("mat_", "a Matrix access token", "the home server"),
    ("mar_", "a Matrix refresh token", "the home server"),
    ("gAAAAA", "a Fernet token", "the service that encrypted it"),
    ("biscuit:", "a Biscuit", "the service that issued it"),
    ("MDA", "a macaroon", "the service that issued it"),
];

/// The family of a text that is no JWT; none where nothing speaks for one.
pub(crate) fn recognise(text: &str) -> Option<Opaque> {
    let of = |family, home| Some(Opaque { family, home, checksum: Checksum::None });
    if text.starts_with('{') && text.len() <= 16_384 {
        return in_json(text);
    }
    if text.len() < 16 || text.len() > 16_384 || text.contains(char::is_whitespace) {
        return None;
    }
    if is_paseto(text) {
        return of("a PASETO", "the service that issued it, with its key");
    }
    if is_sd_jwt(text) {
        return of("an SD-JWT", "a verifier of selective disclosure");
    }
    if text.len() > 20 && text.contains(".atlasv1.") {
        return of("a Terraform Cloud token", "app.terraform.io");
    }
    if text.len() > 40 && text.starts_with("sk-") && text.contains("T3BlbkFJ") {
        return of("an OpenAI key", "api.openai.com");
    }
    if is_entra_secret(text) {
        return of(
            "an Entra ID client secret, which is no token",
            "login.microsoftonline.com/…/oauth2/v2.0/token",
        );
    }
    if text.starts_with("sv=") && text.contains("&sig=") {
        return of(
            "an Azure shared access signature, which belongs into the URL",
            "the Azure storage account that it names",
        );
    }
    if is_bootstrap(text) {
        return of("a Kubernetes bootstrap token", "the cluster's API server");
    }
    if is_signed_session(text) {
        return of(
            "a signed session value (itsdangerous, Flask, Discord), not a JWT",
            "the application that made it",
        );
    }
    let (prefix, family, home) =
        FAMILIES.iter().copied().find(|(prefix, _, _)| text.starts_with(prefix))?;
    let rest = &text[prefix.len()..];
    // Short prefixes of letters are met by chance; only what else fits the family counts.
    let fits = match prefix {
        "EwA" | "EwB" => text.len() > 200,
        "MDA" => text.len() > 60 && !text.contains('.'),
        "gAAAAA" => text.len() >= 100 && !text.contains('.'),
        "dapi" => rest.len() >= 32 && rest.chars().all(|c| c.is_ascii_hexdigit() || c == '-'),
        "AKIA" | "ASIA" => text.len() == 20,
        "s." | "b." | "r." => rest.len() == 24 && is_alphanumeric(rest),
        "secret_" => rest.len() == 43 && is_alphanumeric(rest),
        "cio" => rest.len() == 32 && is_alphanumeric(rest),
        "AIza" => text.len() == 39,
        "AKCp" | "cmVmd" => text.len() > 40 && !text.contains('.'),
        "eyJrIjoi" => !text.contains('.'),
        "0.A" | "1.A" | "1//" | "SG." => text.len() > 30,
        "sl." => text.len() > 100,
        _ => true,
    };
    fits.then(|| Opaque { family, home, checksum: checksum(prefix, text, rest) })
}

/// Tokens that are JSON, whatever blanks are in it.
pub(crate) fn in_json(text: &str) -> Option<Opaque> {
    let of = |family, home| Some(Opaque { family, home, checksum: Checksum::None });
    if text.contains("\"payload\"") && text.contains("\"signature") {
        return of(
            "a JWS in its JSON form, not the compact one",
            "whoever reads JWS JSON (RFC 7515 §7.2)",
        );
    }
    let begins: String = text.chars().filter(|c| !c.is_whitespace()).take(6).collect();
    if begins == "{\"v\":2" && text.contains("\"s64\"") {
        return of("a macaroon in its JSON form", "the service that issued it");
    }
    None
}

/// A token with disclosures behind it (RFC 9901 §4), or one that says that it may have some; a tilde behind
/// any other was copied along.
fn is_sd_jwt(text: &str) -> bool {
    let Some((token, rest)) = text.split_once('~') else { return false };
    let disclosed = |part: &str| {
        shape::has_three_parts(part)
            || shape::decode(part).is_some_and(|bytes| bytes.trim_ascii_start().starts_with(b"["))
    };
    let mut parts = rest.split('~').filter(|part| !part.is_empty()).peekable();
    let says = |token: &str| {
        let payload = token.split('.').nth(1).and_then(shape::decode).unwrap_or_default();
        payload.windows(4).any(|bytes| bytes == b"\"_sd")
            || shape::header(token)
                .and_then(|header| Some(header.get("typ")?.as_str()?.contains("sd-jwt")))
                .unwrap_or_default()
    };
    shape::has_three_parts(token) && (parts.peek().is_some() || says(token)) && parts.all(disclosed)
}

/// `v4.public.…` and the like.
fn is_paseto(text: &str) -> bool {
    let mut parts = text.split('.');
    let version = parts.next().unwrap_or_default();
    matches!(version, "v1" | "v2" | "v3" | "v4")
        && matches!(parts.next(), Some("local" | "public"))
        && parts.next().is_some()
}

fn is_alphanumeric(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// `abc8Q~…`: 40 characters with the mark of Entra ID's generator at the fourth.
fn is_entra_secret(text: &str) -> bool {
    text.len() == 40
        && text.get(3..6) == Some("8Q~")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte))
}

fn is_bootstrap(text: &str) -> bool {
    let low =
        |part: &str| part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.split_once('.')
        .is_some_and(|(id, secret)| id.len() == 6 && secret.len() == 16 && low(id) && low(secret))
}

/// Three parts, but the first is data and the second a time: no JOSE header anywhere.
fn is_signed_session(text: &str) -> bool {
    let body = text.strip_prefix('.').unwrap_or(text);
    let parts: Vec<&str> = body.split(['.', ':']).collect();
    let [data, time, mac] = parts.as_slice() else { return false };
    if !(4..=8).contains(&time.len()) || !(20..=90).contains(&mac.len()) || data.len() < 8 {
        return false;
    }
    let is_header = shape::header(body).is_some_and(|header| header.get("alg").is_some());
    !is_header
        && shape::decode(time).is_some_and(|bytes| bytes.len() <= 6 && !bytes.starts_with(b"{"))
}

fn checksum(prefix: &str, text: &str, rest: &str) -> Checksum {
    let judged = |good: bool| if good { Checksum::Good } else { Checksum::Bad };
    match prefix {
        "ghp_" | "gho_" | "ghu_" | "ghs_" | "npm_" if !rest.contains(['_', '.']) => {
            judged(rest.len() == 36 && base62_fits(rest, 6))
        }
        "ghr_" => judged(rest.len() == 76 && base62_fits(rest, 6)),
        "ATATT3" | "ATCTT3" => match text.rsplit_once('=') {
            // Whether the sign between belongs to what is summed is said nowhere.
            Some((body, sum)) if sum.len() == 8 => {
                let sum = u32::from_str_radix(sum, 16);
                let signed = &text[..body.len() + 1];
                judged([body, signed].iter().any(|one| sum == Ok(crc32(one.as_bytes()))))
            }
            _ => Checksum::None,
        },
        _ if prefix.starts_with("gl") && rest.contains('.') => routable(text),
        _ => Checksum::None,
    }
}

const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// GitHub's scheme: the last six characters are the CRC-32 of those before, in base 62.
fn base62_fits(rest: &str, digits: usize) -> bool {
    if !rest.is_ascii() || rest.len() <= digits {
        return false;
    }
    let (body, sum) = rest.split_at(rest.len() - digits);
    let mut value = crc32(body.as_bytes());
    let mut expected = vec![b'0'; digits];
    for digit in expected.iter_mut().rev() {
        *digit = BASE62[(value % 62) as usize];
        value /= 62;
    }
    expected == sum.as_bytes()
}

/// GitLab's routable tokens: the last seven characters are the CRC-32 of all before them, in base 36.
fn routable(text: &str) -> Checksum {
    let Some((_, tail)) = text.rsplit_once('.') else { return Checksum::None };
    if tail.len() != 9 || !text.is_ascii() {
        return Checksum::None;
    }
    let (body, sum) = text.split_at(text.len() - 7);
    match u32::from_str_radix(sum, 36) {
        Ok(value) if value == crc32(body.as_bytes()) => Checksum::Good,
        _ => Checksum::Bad,
    }
}

/// CRC-32 as in IEEE 802.3: a checksum against typing errors, no cryptography.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0u32, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}

/// What a text of no known family looks like, in words.
pub(crate) fn looks(text: &str) -> String {
    let length = text.chars().count();
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let uuid = length == 36
        && text.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if uuid {
        "a UUID: a session id or an opaque access token".to_owned()
    } else if hex && matches!(length, 32 | 40 | 64 | 128) {
        format!("{length} hexadecimal digits: a session id or an opaque access token")
    } else if text.matches('.').count() == 2 {
        format!("a text of {} whose parts are no JSON", counted(length))
    } else {
        format!("a text of {} without the two dots of a JWT", counted(length))
    }
}

fn counted(characters: usize) -> String {
    if characters == 1 { "one character".to_owned() } else { format!("{characters} characters") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
    }

    #[test]
    fn checksums_tell_good_from_mistyped() {
        let body = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ";
        let mut value = crc32(body.as_bytes());
        let mut sum = [b'0'; 6];
        for digit in sum.iter_mut().rev() {
            *digit = BASE62[(value % 62) as usize];
            value /= 62;
        }
        let good = format!("ghp_{body}{}", String::from_utf8_lossy(&sum));
        assert_eq!(recognise(&good).unwrap().checksum, Checksum::Good);
        let bad = good.replacen('z', "y", 1);
        assert_eq!(recognise(&bad).unwrap().checksum, Checksum::Bad);
        assert_eq!(recognise(&good[..30]).unwrap().checksum, Checksum::Bad);
    }

    #[test]
    fn one_character_is_told_as_one() {
        assert_eq!(looks("x"), "a text of one character without the two dots of a JWT");
        assert_eq!(looks("xy"), "a text of 2 characters without the two dots of a JWT");
    }

    #[test]
    fn every_family_says_how_it_is_tried() {
        let of_structure = [
            "a PASETO",
            "a JWS in its JSON form, not the compact one",
            "an SD-JWT",
            "a Terraform Cloud token",
            "an OpenAI key",
            "a macaroon in its JSON form",
            "an Entra ID client secret, which is no token",
            "an Azure shared access signature, which belongs into the URL",
            "a Kubernetes bootstrap token",
            "a signed session value (itsdangerous, Flask, Discord), not a JWT",
        ];
        let families = FAMILIES.iter().map(|(_, family, _)| *family).chain(of_structure);
        for family in families {
            let one = Opaque { family, home: "", checksum: Checksum::None };
            let said =
                one.trial().unwrap_or_else(|| panic!("{family}: nobody knows how to try it"));
            assert!(
                said.len() > 20 && said.len() < 240 && !said.ends_with('.'),
                "{family}: {said}"
            );
            assert_eq!(said.matches('`').count() % 2, 0, "{family}: {said}");
            // Nothing that writes: a trial must not change what it tries.
            for verb in ["-X POST", "-X PUT", "-X DELETE", "-X PATCH", "http://"] {
                assert!(!said.contains(verb), "{family}: {said}");
            }
        }
        let secret = |text: &str| recognise(text).is_some_and(|one| one.is_secret());
        assert!(secret("xoxb-0123456789-0123456789") && !secret("pk_live_0123456789012345"));
    }

    #[test]
    fn no_trial_is_hidden_by_one_before_it() {
        trial::assert_reachable();
    }

    #[test]
    fn families_are_told_from_jwts() {
        assert!(recognise("ya29.a0AfH6SMBx-long-enough-1234567890").is_some());
        assert!(recognise("v4.public.eyJzdWIiOiJhIn0abcdef").is_some());
        assert!(recognise("eyJ1c2VyIjoxfQ.ZfT0Ww.MNwrAbCdEfGhIjKlMnOpQrStUvW").is_some());
        assert!(
            recognise("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.MNwrAbCdEfGhIjKlMnOpQrStUvW").is_none()
        );
        assert!(recognise("abcdef.0123456789abcdef").is_some());
        assert!(recognise("short").is_none());
    }

    #[test]
    fn families_are_told_by_what_marks_them() {
        let letters = "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5zA7bC9dE1fG3hI5jK7";
        for (text, family) in [
            (format!("s.{}", &letters[..24]), "Vault"),
            (format!("b.{}", &letters[..24]), "Vault batch"),
            (format!("hvs.{}", &letters[..40]), "Vault service"),
            (format!("secret_{}", &letters[..43]), "Notion"),
            (format!("cio{}", &letters[..32]), "crates.io"),
            (format!("abc8Q~{}", &letters[..34]), "Entra ID client secret"),
            ("sv=2024-11-04&ss=b&sig=aB3dE5fG7h%3D".to_owned(), "shared access signature"),
            ("{\"v\":2,\"s64\":\"aB3dE5fG7hI9\",\"i\":\"x\"}".to_owned(), "macaroon"),
            (
                format!("ghs_123456_{}.{}.{}", &letters[..20], &letters[..20], &letters[..20]),
                "GitHub",
            ),
            (format!("xoxb-{letters}"), "Slack"),
            (format!("sk-ant-api03-{letters}"), "Anthropic"),
        ] {
            let found = recognise(&text).unwrap_or_else(|| panic!("not recognised: {text}"));
            assert!(found.family.contains(family), "{text}: {}", found.family);
            assert_eq!(found.checksum, Checksum::None, "{text}");
        }
        for text in
            ["s.of.a.sentence.with.dots", "secret_of_the_whole_world", "cioccolato-al-latte"]
        {
            assert!(recognise(text).is_none(), "{text}");
        }
    }

    #[test]
    fn every_checksum_tells_its_own_from_a_mistyped_one() {
        let atlassian = "ATATT3xFfGF0aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3x=";
        let body = &atlassian[..atlassian.len() - 1];
        let good = format!("{body}={:08X}", crc32(body.as_bytes()));
        assert_eq!(recognise(&good).map(|one| one.checksum), Some(Checksum::Good));
        let bad = good.replacen("aB3d", "aB3e", 1);
        assert_eq!(recognise(&bad).map(|one| one.checksum), Some(Checksum::Bad));

        let head = "glpat-aB3dE5fG7hI9jK1lM3nO5pQ7rS9.0y";
        let mut sum = Vec::new();
        let mut value = crc32(head.as_bytes());
        for _ in 0..7 {
            sum.insert(0, b"0123456789abcdefghijklmnopqrstuvwxyz"[(value % 36) as usize]);
            value /= 36;
        }
        let good = format!("{head}{}", String::from_utf8_lossy(&sum));
        assert_eq!(recognise(&good).map(|one| one.checksum), Some(Checksum::Good));
        let bad = good.replacen("aB3d", "aB3e", 1);
        assert_eq!(recognise(&bad).map(|one| one.checksum), Some(Checksum::Bad));
    }
}
