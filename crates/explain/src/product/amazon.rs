//! Amazon's issuers: Cognito's user pools, in both kinds of token.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, Product, RIGHTS};

const POOL: &str = "the issuer is `https://cognito-idp.<region>.amazonaws.com/<pool id>`, without a slash, whatever domain \
     the log-in page has: another region or pool means another environment";
const KEYS: &str = "each user pool has two keys of its own, under `<issuer>/.well-known/jwks.json`: take the pool that \
     `iss` names";

static ACCESS: Product = Product {
    name: "Amazon Cognito",
    general: "access tokens carry `client_id` and `token_use` in place of `aud`",
    advice: &[
        (
            &[Code::AudienceMissing, Code::AudienceMismatch, Code::AudienceNearMiss],
            "Cognito's access tokens have no `aud` unless a resource was asked for: let the API check `client_id` \
             against its clients, and that `token_use` is `access`",
        ),
        (
            RIGHTS,
            "scopes of a resource server read `<identifier>/<scope>`; a log-in through the API (`InitiateAuth`) gives \
             `aws.cognito.signin.user.admin` alone, one through the hosted page what was asked for",
        ),
        (ISSUER, POOL),
        (KEY, KEYS),
        (
            &[Code::TokenTypeMismatch, Code::IdTokenAsAccessToken],
            "Cognito writes the kind into `token_use`, not into the header's `typ`: let the API look there",
        ),
    ],
};

static ID: Product = Product {
    name: "Amazon Cognito, ID token",
    general: "`token_use` is `id`: an API takes the `access_token` of the same response",
    advice: &[
        (
            &[Code::IdTokenAsAccessToken, Code::TokenTypeMismatch],
            "`token_use` is `id`: send the `access_token`. Who needs `email` or groups at the API asks `/oauth2/userInfo`, or \
             adds claims to the access token with a pre-token-generation trigger (V2)",
        ),
        (
            AUDIENCE,
            "an ID token's `aud` is the app client's id; an API Gateway authorizer takes it there, an API should not",
        ),
        (ISSUER, POOL),
        (KEY, KEYS),
    ],
};

pub(super) fn by_issuer(issuer: &Issuer, marks: &Marks<'_>) -> Option<&'static Product> {
    let amazon = issuer.is_under("amazonaws.com") || issuer.is_under("amazonaws.com.cn");
    let cognito =
        issuer.begins_with_label("cognito-idp") || issuer.begins_with_label("issuer-cognito-idp");
    (amazon && cognito).then(|| if marks.text("token_use") == "id" { &ID } else { &ACCESS })
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] = &[&ACCESS, &ID];
