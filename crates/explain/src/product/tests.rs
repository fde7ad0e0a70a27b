//! Tokens as the products write them; and issuers that only look like theirs.

use claviger_token::Code;
use serde_json::{Value, json};

use super::recognise;

fn name(claims: &Value) -> Option<&'static str> {
    recognise(&json!({"alg": "RS256", "kid": "k"}), claims).map(|product| product.name)
}

/// The advice for a fault of such a token.
fn advice(claims: &Value, code: Code) -> &'static str {
    let product = recognise(&json!({"alg": "RS256"}), claims).expect("a product");
    product.advice(code).unwrap_or_else(|| product.general())
}

const TENANT: &str = "9122040d-6c67-4c5b-b112-36a304b66dad";

#[test]
fn every_product_is_known_by_its_issuer_or_its_marks() {
    for (claims, expected) in [
        (
            json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "aud": "api://orders", "tid": TENANT, "ver": "1.0", "appid": "c"}),
            "Entra ID, v1 token",
        ),
        (
            json!({"iss": format!("https://login.microsoftonline.com/{TENANT}/v2.0"), "aud": "g", "azp": "c", "tid": TENANT, "ver": "2.0"}),
            "Entra ID, v2 token",
        ),
        (
            json!({"iss": format!("https://login.microsoftonline.us/{TENANT}/v2.0"), "ver": "2.0"}),
            "Entra ID, v2 token",
        ),
        (json!({"aud": "api://orders", "tid": TENANT, "ver": "1.0"}), "Entra ID, v1 token"),
        (
            json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "aud": "00000003-0000-0000-c000-000000000000", "ver": "1.0"}),
            "Entra ID, token for Microsoft Graph",
        ),
        (
            json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "aud": "https://graph.microsoft.com", "ver": "1.0"}),
            "Entra ID, token for Microsoft Graph",
        ),
        (
            json!({"iss": format!("https://acme.b2clogin.com/{TENANT}/v2.0/"), "tfp": "B2C_1_signin"}),
            "Azure AD B2C",
        ),
        (
            json!({"iss": format!("https://login.microsoftonline.com/tfp/{TENANT}/b2c_1_signin/v2.0/")}),
            "Azure AD B2C",
        ),
        (
            json!({"iss": format!("https://{TENANT}.ciamlogin.com/{TENANT}/v2.0"), "tid": TENANT}),
            "Entra External ID",
        ),
        (
            json!({"iss": "http://sts.corp.example/adfs/services/trust", "apptype": "Public"}),
            "AD FS",
        ),
        (json!({"iss": "https://sts.corp.example/adfs"}), "AD FS"),
        (
            json!({"iss": "https://accounts.google.com", "azp": "1-a.apps.googleusercontent.com"}),
            "Google",
        ),
        (json!({"iss": "accounts.google.com"}), "Google"),
        (
            json!({"iss": "https://securetoken.google.com/shop-prod", "aud": "shop-prod", "firebase": {"sign_in_provider": "password"}}),
            "Firebase",
        ),
        (
            json!({"iss": "https://session.firebase.google.com/shop-prod", "aud": "shop-prod"}),
            "Firebase, session cookie",
        ),
        (
            json!({"iss": "sdk@shop.iam.gserviceaccount.com", "aud": "https://identitytoolkit.googleapis.com/google.identity.identitytoolkit.v1.IdentityToolkit", "uid": "1"}),
            "Firebase, custom token",
        ),
        (
            json!({"iss": "job@shop.iam.gserviceaccount.com", "aud": "https://oauth2.googleapis.com/token"}),
            "Google, signed by a service account",
        ),
        (
            json!({"iss": "https://cloud.google.com/iap", "aud": "/projects/1/global/backendServices/2"}),
            "Google, identity-aware proxy",
        ),
        (
            json!({"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC", "token_use": "access", "client_id": "c"}),
            "Amazon Cognito",
        ),
        (
            json!({"iss": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC", "token_use": "id", "aud": "c"}),
            "Amazon Cognito, ID token",
        ),
        (
            json!({"iss": "https://acme.eu.auth0.com/", "aud": ["https://api", "https://acme.eu.auth0.com/userinfo"]}),
            "Auth0",
        ),
        (
            json!({"iss": "https://login.acme.example/", "sub": "c@clients", "gty": "client-credentials"}),
            "Auth0",
        ),
        (json!({"iss": "https://login.acme.example/", "sub": "auth0|5f7"}), "Auth0"),
        (
            json!({"iss": "https://acme.okta.com", "aud": "https://acme.okta.com", "cid": "c", "scp": ["openid"]}),
            "Okta, org authorization server",
        ),
        (
            json!({"iss": "https://acme.okta.com/oauth2/default", "aud": "api://default", "cid": "c", "scp": ["a"]}),
            "Okta",
        ),
        (
            json!({"iss": "https://id.acme.example/oauth2/aus1", "jti": "AT.x", "cid": "c", "scp": ["a"]}),
            "Okta",
        ),
        (
            json!({"iss": "https://kubernetes.default.svc.cluster.local", "kubernetes.io": {"namespace": "shop"}}),
            "Kubernetes service account",
        ),
        (json!({"iss": "https://kubernetes.default.svc"}), "Kubernetes service account"),
        (
            json!({"iss": "kubernetes/serviceaccount", "kubernetes.io/serviceaccount/namespace": "shop"}),
            "Kubernetes service account",
        ),
        (
            json!({"iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/ABC", "aud": ["sts.amazonaws.com"], "kubernetes.io": {}}),
            "Kubernetes service account (Amazon EKS)",
        ),
        (
            json!({"iss": "https://token.actions.githubusercontent.com", "aud": "https://github.com/acme", "sub": "repo:acme/shop:ref:refs/heads/main"}),
            "GitHub Actions",
        ),
        (
            json!({"iss": "https://gitlab.com", "project_path": "acme/shop", "pipeline_id": "1", "ref_protected": "true"}),
            "GitLab CI",
        ),
        (
            json!({"iss": "https://git.acme.example", "project_path": "acme/shop", "pipeline_id": "1", "ref_protected": "true"}),
            "GitLab CI",
        ),
        (
            json!({"iss": "https://id.acme.example/realms/shop", "typ": "Bearer", "azp": "web"}),
            "Keycloak",
        ),
        (json!({"iss": "http://keycloak:8080/auth/realms/shop"}), "Keycloak"),
        (json!({"realm_access": {"roles": ["a"]}}), "Keycloak"),
        (json!({"iss": "https://abc.supabase.co/auth/v1", "role": "authenticated"}), "Supabase"),
        (json!({"iss": "supabase", "ref": "abc", "role": "anon"}), "Supabase"),
        (
            json!({"iss": "https://sure-fox-1.clerk.accounts.dev", "sid": "sess_1", "sub": "user_1"}),
            "Clerk",
        ),
        (
            json!({"iss": "https://clerk.acme.example", "sid": "sess_1", "sub": "user_1", "azp": "https://acme.example"}),
            "Clerk",
        ),
        (json!({"iss": "https://x-1.projects.oryapis.com", "scp": []}), "Ory"),
        (
            json!({"iss": "https://hydra.acme.example", "client_id": "c", "ext": {}, "scp": ["a"]}),
            "Ory",
        ),
        (json!({"iss": "https://acme-1.zitadel.cloud"}), "Zitadel"),
        (
            json!({"iss": "https://id.acme.example", "urn:zitadel:iam:org:project:roles": {}}),
            "Zitadel",
        ),
        (json!({"iss": "https://auth.acme.example/application/o/shop/"}), "authentik"),
        (json!({"iss": "https://dex.acme.example:5556/dex", "aud": "web"}), "Dex"),
        (
            json!({"iss": "https://localhost:9443/oauth2/token", "aut": "APPLICATION"}),
            "WSO2 Identity Server",
        ),
        (json!({"iss": "https://api.asgardeo.io/t/acme/oauth2/token"}), "WSO2 Identity Server"),
        (json!({"iss": "https://auth.pingone.eu/1/as", "env": "1"}), "PingOne"),
        (
            json!({"iss": "https://am.acme.example/am/oauth2/alpha", "tokenName": "access_token"}),
            "ForgeRock / PingAM",
        ),
        (json!({"iss": "https://acme.my.salesforce.com"}), "Salesforce"),
        (json!({"iss": "https://appleid.apple.com", "aud": "example.shop"}), "Apple"),
    ] {
        assert_eq!(name(&claims), Some(expected), "{claims}");
    }
}

#[test]
fn a_well_known_name_elsewhere_in_an_issuer_makes_nobody_well_known() {
    for host in [
        "login.microsoftonline.com",
        "sts.windows.net",
        "acme.b2clogin.com",
        "acme.ciamlogin.com",
        "accounts.google.com",
        "securetoken.google.com",
        "cognito-idp.eu-west-1.amazonaws.com",
        "oidc.eks.eu-west-1.amazonaws.com",
        "acme.auth0.com",
        "acme.okta.com",
        "token.actions.githubusercontent.com",
        "kubernetes.default.svc",
        "abc.supabase.co",
        "a.clerk.accounts.dev",
        "appleid.apple.com",
        "auth.pingone.com",
        "login.salesforce.com",
    ] {
        for issuer in [
            format!("https://evil.example/{host}"),
            format!("https://evil.example/?{host}"),
            format!("https://evil.example#{host}"),
            format!("https://{host}.evil.example/x"),
            format!("https://evil-{host}.example/x"),
            format!("https://{host}@evil.example/x"),
            format!("https://x{}", host.replace('.', "-")),
            format!("evil {host}"),
        ] {
            assert_eq!(name(&json!({"iss": issuer})), None, "{issuer}");
        }
    }
    // Nor do marks, where the issuer is a stranger.
    let copied = json!({"iss": "https://evil.example", "tid": TENANT, "ver": "2.0"});
    assert_eq!(name(&copied), None);
    for claims in
        [json!({}), Value::Null, json!({"iss": 1}), json!({"iss": "https://id.example"}), json!([])]
    {
        assert_eq!(name(&claims), None, "{claims}");
    }
}

#[test]
fn what_has_no_claims_is_known_by_its_header() {
    let encrypted = json!({"alg": "dir", "enc": "A256GCM", "iss": "https://acme.auth0.com/"});
    let found = recognise(&encrypted, &Value::Null).expect("a product");
    assert_eq!(found.name, "Auth0");
    assert!(found.advice(Code::TokenEncrypted).is_some_and(|said| said.contains("audience=")));
    let balancer = json!({"alg": "ES256", "signer": "arn:aws:elasticloadbalancing:x", "client": "c", "exp": 1, "iss": "https://acme.okta.com"});
    let found = recognise(&balancer, &json!({"sub": "a"})).expect("a product");
    assert_eq!(found.name, "AWS load balancer");
}

#[test]
fn the_advice_is_for_the_fault() {
    let v1 = json!({"iss": format!("https://sts.windows.net/{TENANT}/"), "ver": "1.0"});
    assert!(advice(&v1, Code::IssuerMismatch).contains("requestedAccessTokenVersion"));
    assert!(advice(&v1, Code::AudienceMismatch).contains("api://"));
    let graph = json!({"iss": v1["iss"], "aud": "00000003-0000-0000-c000-000000000000"});
    assert!(advice(&graph, Code::SignatureMismatch).contains("nonce"));
    let keycloak = json!({"iss": "https://id.example/realms/shop"});
    for (code, word) in [
        (Code::AudienceMissing, "Audience mapper"),
        (Code::IssuerNearMiss, "KC_HOSTNAME"),
        (Code::ScopeShape, "realm_access"),
        (Code::RefreshTokenAsAccessToken, "HS256"),
        (Code::TokenTypeMismatch, "`Bearer`"),
        (Code::Expired, "audience mapper"),
    ] {
        assert!(advice(&keycloak, code).contains(word), "{code}: {}", advice(&keycloak, code));
    }
    let org = json!({"iss": "https://acme.okta.com"});
    assert!(advice(&org, Code::KeyUnknown).contains("must not be validated here"));
    let cognito =
        json!({"iss": "https://cognito-idp.us-east-1.amazonaws.com/p", "token_use": "access"});
    assert!(advice(&cognito, Code::AudienceMissing).contains("client_id"));
    let kubernetes = json!({"kubernetes.io": {}});
    assert!(advice(&kubernetes, Code::BoundObjectDeleted).contains("dies with it"));
}

#[test]
fn every_advice_is_one_readable_sentence_for_one_fault() {
    use super::{amazon, google, hosted, microsoft, self_hosted, workload};
    let all =
        [microsoft::ALL, google::ALL, amazon::ALL, hosted::ALL, self_hosted::ALL, workload::ALL];
    let mut names = Vec::new();
    for product in all.into_iter().flatten() {
        names.push(product.name);
        let mut codes: Vec<Code> =
            product.advice.iter().flat_map(|(codes, _)| codes.iter().copied()).collect();
        codes.sort();
        let count = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), count, "{}: two sentences for one fault", product.name);
        for said in product.advice.iter().map(|(_, said)| *said).chain([product.general]) {
            assert!((20..=300).contains(&said.len()), "{}: {said}", product.name);
            assert!(!said.ends_with('.') && !said.contains("  "), "{}: {said}", product.name);
            assert_eq!(said.matches('`').count() % 2, 0, "{}: {said}", product.name);
            // It stands in Markdown: what looks like HTML is in code.
            let outside: String = said.split('`').step_by(2).collect();
            assert!(!outside.contains(['<', '*', '|']), "{}: {said}", product.name);
        }
    }
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!((names.len(), count), (34, 34));
}
