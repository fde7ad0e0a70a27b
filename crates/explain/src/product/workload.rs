//! Issuers of tokens for programs: Kubernetes, build services, load balancers.

use claviger_token::Code;

use super::issuer::Issuer;
use super::recognise::Marks;
use super::{AUDIENCE, ISSUER, KEY, Product};

static KUBERNETES: Product = Product {
    name: "Kubernetes service account",
    general: "ask for the audience: `kubectl create token --audience`",
    advice: &[
        (
            AUDIENCE,
            "the token in a pod is for the API server: ask for one for this service, by `serviceAccountToken.audience` \
             of a projected volume or `kubectl create token <account> --audience <API>`",
        ),
        (
            ISSUER,
            "the issuer is the API server's `--service-account-issuer`: each cluster has its own \
             (`kubectl get --raw /.well-known/openid-configuration`)",
        ),
        (
            KEY,
            "the keys are the cluster's: `kubectl get --raw /openid/v1/jwks`; whoever asks from outside needs the \
             role `system:service-account-issuer-discovery`",
        ),
        (
            &[Code::Expired],
            "a projected token is written anew before it expires: the program must read the file again, and not once \
             at its start (`expirationSeconds`, at least 600)",
        ),
        (
            &[Code::BoundObjectDeleted, Code::TokenInactive, Code::TokenRevoked],
            "it is bound to its pod, secret or node and dies with it: `kubernetes.io` in the claims names the object; \
             a TokenReview says whether it lives",
        ),
        (
            &[Code::ExpiryMissing, Code::LifetimeExcessive],
            "a token from a secret of the old form never expires: use a projected volume or `kubectl create token`",
        ),
        (
            &[Code::SubjectUnmapped, Code::ScopeInsufficient],
            "rights come from roles, not from scopes: `kubectl auth can-i <verb> <resource> --as <sub>`",
        ),
    ],
};

static EKS: Product = Product {
    name: "Kubernetes service account (Amazon EKS)",
    general: "for IAM roles its audience is `sts.amazonaws.com`; it is exchanged at STS and sent to nobody else",
    advice: &[
        (
            AUDIENCE,
            "the token at `AWS_WEB_IDENTITY_TOKEN_FILE` is for `sts.amazonaws.com` alone: for an API ask for a second \
             one by a projected volume with its audience",
        ),
        (
            ISSUER,
            "the issuer is the cluster's (`aws eks describe-cluster --query cluster.identity.oidc.issuer`); the role's \
             trust policy must name the same, and an identity provider in IAM be made for it",
        ),
        (
            &[Code::ClaimMismatch, Code::SubjectUnmapped],
            "the role's trust policy demands `sub` `system:serviceaccount:<namespace>:<account>` letter by letter",
        ),
    ],
};

static GITHUB: Product = Product {
    name: "GitHub Actions",
    general: "the audience is asked for in the job; `sub` names repository and branch",
    advice: &[
        (
            AUDIENCE,
            "without being asked, `aud` is the address of the repository's owner: ask for another by \
             `core.getIDToken('<audience>')` or `&audience=` behind `ACTIONS_ID_TOKEN_REQUEST_URL`",
        ),
        (
            &[Code::ClaimMismatch, Code::SubjectUnmapped],
            "`sub` differs by trigger: `repo:<owner>/<name>:ref:refs/heads/<branch>`, `…:pull_request` or \
             `…:environment:<name>`; a job with an environment has no branch in it",
        ),
        (
            ISSUER,
            "the issuer is `https://token.actions.githubusercontent.com`; an enterprise may have its name behind it, and \
             GitHub Enterprise Server its own host",
        ),
        (
            &[Code::Expired],
            "it lives a few minutes: ask for it in the step that needs it, not at the start of the job",
        ),
    ],
};

static GITLAB: Product = Product {
    name: "GitLab CI",
    general: "name the audience in the job's `id_tokens: NAME: aud:`",
    advice: &[
        (
            &[Code::AudienceMismatch, Code::AudienceNearMiss, Code::AudienceMissing],
            "the job names the audience: `id_tokens: MY_TOKEN: aud: <API>`; `CI_JOB_JWT` of old GitLabs had none and \
             is gone",
        ),
        (
            ISSUER,
            "the issuer is the GitLab instance's own URL (`https://gitlab.com`), without a slash; only the old \
             `CI_JOB_JWT` had the bare host",
        ),
        (
            &[Code::ClaimMismatch, Code::SubjectUnmapped],
            "`sub` is `project_path:<group>/<project>:ref_type:<branch|tag>:ref:<name>`; `ref_protected` and \
             `environment` stand apart, as texts and not as booleans",
        ),
        (
            &[Code::Expired],
            "it lives as long as the job's timeout, five minutes where none is set: use it in its own job",
        ),
    ],
};

static ALB: Product = Product {
    name: "AWS load balancer",
    general: "it comes in `x-amzn-oidc-data`; its key is a PEM of its own under \
              `https://public-keys.auth.elb.<region>.amazonaws.com/<kid>`",
    advice: &[
        (
            &[Code::Base64Padding, Code::SigningInput],
            "the load balancer pads its base64 with `=`, and signs it so: verify the text as it came, with a library \
             that allows it (AWS's `aws-jwt-verify`)",
        ),
        (
            KEY,
            "the key is no member of the identity provider's set: fetch it by `kid` from \
             `https://public-keys.auth.elb.<region>.amazonaws.com/<kid>`",
        ),
        (
            &[Code::AudienceMissing, Code::AudienceMismatch, Code::IssuerMismatch],
            "`iss` and `client` are the identity provider's: check the header's `signer`, the ARN of this load \
             balancer, instead of an audience",
        ),
    ],
};

pub(super) fn by_issuer(issuer: &Issuer, marks: &Marks<'_>) -> Option<&'static Product> {
    if issuer.is("token.actions.githubusercontent.com") {
        return Some(&GITHUB);
    }
    if issuer.begins_with_label("oidc")
        && issuer.is_under("amazonaws.com")
        && issuer.leads_through(&["id"])
    {
        return Some(&EKS);
    }
    if issuer.is("gitlab.com") && marks.has("project_path") {
        return Some(&GITLAB);
    }
    (issuer.is("kubernetes.default.svc") || issuer.is("kubernetes.default.svc.cluster.local"))
        .then_some(&KUBERNETES)
}

/// The issuer of tokens from secrets.
pub(super) fn by_name(text: &str) -> Option<&'static Product> {
    (text == "kubernetes/serviceaccount").then_some(&KUBERNETES)
}

/// The load balancer writes issuer, client and expiry into the header.
pub(super) fn by_load_balancer(marks: &Marks<'_>) -> Option<&'static Product> {
    (marks.in_header("signer") && marks.in_header("client") && marks.in_header("exp"))
        .then_some(&ALB)
}

pub(super) fn by_marks(marks: &Marks<'_>) -> Option<&'static Product> {
    if marks.has("kubernetes.io") || marks.has("kubernetes.io/serviceaccount/namespace") {
        return Some(&KUBERNETES);
    }
    if marks.has("project_path") && marks.has("pipeline_id") && marks.has("ref_protected") {
        return Some(&GITLAB);
    }
    (marks.has("repository_owner") && marks.has("job_workflow_ref")).then_some(&GITHUB)
}

/// All of this module, for the tests of their sentences.
#[cfg(test)]
pub(super) const ALL: &[&Product] = &[&KUBERNETES, &EKS, &GITHUB, &GITLAB, &ALB];
