//! How the holder of a token that is no JWT finds out what it is worth: a request that only reads.
//!
//! Says what to type, with the token in a variable and not in the shell's history; sends nothing itself.

/// The begin of a family's name, and how one of it is tried. The longer begin stands first.
const TRIALS: &[(&str, &str)] = &[
    (
        "a GitHub refresh",
        "it is no credential for the API: exchange it at `https://github.com/login/oauth/access_token`, which ends it",
    ),
    (
        "a GitHub server-to-server",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.github.com/installation/repositories`",
    ),
    (
        "a GitHub",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.github.com/user`; the answer's `X-OAuth-Scopes` names its scopes",
    ),
    ("an npm", "`curl -H \"Authorization: Bearer $TOKEN\" <registry>/-/whoami`, or `npm whoami`"),
    (
        "a GitLab personal",
        "`curl -H \"PRIVATE-TOKEN: $TOKEN\" https://gitlab.com/api/v4/personal_access_tokens/self`, with your instance's host",
    ),
    (
        "a GitLab CI job",
        "`curl -H \"JOB-TOKEN: $TOKEN\" https://gitlab.com/api/v4/job`; it dies with its job",
    ),
    (
        "a GitLab deploy",
        "`git ls-remote https://<user>:$TOKEN@<host>/<project>.git`; it opens repositories and registries, not the API",
    ),
    ("a GitLab runner", "`gitlab-runner verify` on the machine of the runner"),
    (
        "a GitLab trigger",
        "it only starts pipelines, so no request tries it without an effect: look at the project's settings, \"Pipeline trigger tokens\"",
    ),
    (
        "a GitLab feed",
        "`curl 'https://<host>/dashboard/projects.atom?feed_token=…'` shows a feed; it opens nothing else",
    ),
    (
        "a GitLab SCIM",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://<host>/api/scim/v2/groups/<group>/Users?count=1`",
    ),
    (
        "a GitLab agent",
        "it connects `agentk` to the instance: look at the cluster's page, \"Last contact\"",
    ),
    (
        "an Atlassian API",
        "`curl -u <e-mail>:$TOKEN https://<site>.atlassian.net/rest/api/3/myself`: it is the password of Basic, not a Bearer token",
    ),
    (
        "an Atlassian access",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.atlassian.com/oauth/token/accessible-resources`",
    ),
    ("a Packagist", "look at the organisation's page on packagist.com, \"Tokens\""),
    (
        "a Grafana Cloud",
        "look at grafana.com, \"Access Policies\": there stands when it was used last",
    ),
    ("a Grafana", "`curl -H \"Authorization: Bearer $TOKEN\" https://<grafana>/api/org`"),
    (
        "a Slack refresh",
        "it is exchanged at `https://slack.com/api/oauth.v2.access` and sent nowhere else",
    ),
    (
        "a Slack app-level",
        "look at the app's page, \"App-Level Tokens\": `apps.connections.open` opens a connection",
    ),
    (
        "a Slack",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://slack.com/api/auth.test`: `ok` says whether it lives, not the status",
    ),
    (
        "a Stripe webhook",
        "it verifies the header `Stripe-Signature` of incoming events: compare it with the endpoint's page",
    ),
    (
        "a Stripe publishable",
        "it may be public and opens nothing by itself: servers send the secret key",
    ),
    (
        "a Stripe",
        "`curl -u \"$TOKEN:\" https://api.stripe.com/v1/balance`; a restricted key needs the right to read it",
    ),
    (
        "an Anthropic admin",
        "`curl -H \"x-api-key: $TOKEN\" -H 'anthropic-version: 2023-06-01' https://api.anthropic.com/v1/organizations/me`",
    ),
    (
        "an Anthropic OAuth",
        "`curl -H \"Authorization: Bearer $TOKEN\" -H 'anthropic-version: 2023-06-01' https://api.anthropic.com/v1/models`",
    ),
    (
        "an Anthropic",
        "`curl -H \"x-api-key: $TOKEN\" -H 'anthropic-version: 2023-06-01' https://api.anthropic.com/v1/models`",
    ),
    (
        "an OpenAI admin",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.openai.com/v1/organization/projects`",
    ),
    ("an OpenAI", "`curl -H \"Authorization: Bearer $TOKEN\" https://api.openai.com/v1/models`"),
    (
        "an OpenRouter",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://openrouter.ai/api/v1/key`",
    ),
    (
        "a Google access",
        "`curl -d \"access_token=$TOKEN\" https://oauth2.googleapis.com/tokeninfo`: the answer names scopes, client and the seconds left",
    ),
    (
        "a Google refresh",
        "it is exchanged at `https://oauth2.googleapis.com/token` with the client's secret and sent nowhere else",
    ),
    (
        "a Google API key",
        "it names a project and no user: look at its restrictions in the console, \"Credentials\"",
    ),
    (
        "a Google client secret",
        "it belongs to a client of the console, \"Credentials\", and goes to the token endpoint alone",
    ),
    (
        "a Google authorization code",
        "it is good once, for minutes, at `https://oauth2.googleapis.com/token`: trying it ends it",
    ),
    (
        "a Microsoft account",
        "only the API that it is for can say: `curl -H \"Authorization: Bearer $TOKEN\" https://graph.microsoft.com/v1.0/me` where that is Graph",
    ),
    (
        "an Entra ID refresh",
        "it is exchanged at `https://login.microsoftonline.com/<tenant>/oauth2/v2.0/token`: trying a code ends it",
    ),
    (
        "an Entra ID client secret",
        "it goes to the token endpoint with `grant_type=client_credentials`, never to an API: compare its first three characters with the app's page",
    ),
    (
        "an AWS session",
        "`aws sts get-caller-identity`, with the key id and the secret key of the same set in the environment",
    ),
    (
        "an AWS access key",
        "`aws sts get-access-key-info --access-key-id <id>` names its account; `aws sts get-caller-identity` tries it with its secret key",
    ),
    (
        "a temporary AWS",
        "`aws sts get-caller-identity`, with the secret key and the session token of the same set in the environment",
    ),
    (
        "a Vault recovery",
        "it is for a server in recovery mode alone: `vault status -address=<server>` says whether it is",
    ),
    (
        "a Vault",
        "`VAULT_TOKEN=$TOKEN vault token lookup`, or `curl -H \"X-Vault-Token: $TOKEN\" <server>/v1/auth/token/lookup-self`",
    ),
    ("an OpenShift", "`oc whoami --token=$TOKEN --server=<API server>`"),
    (
        "a Supabase publishable",
        "`curl -H \"apikey: $TOKEN\" https://<project>.supabase.co/auth/v1/settings`; it may be public",
    ),
    (
        "a Supabase secret",
        "`curl -H \"apikey: $TOKEN\" https://<project>.supabase.co/auth/v1/settings`; it passes row-level security, so servers only",
    ),
    (
        "a Supabase personal",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.supabase.com/v1/projects`",
    ),
    (
        "a Hugging Face",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://huggingface.co/api/whoami-v2`",
    ),
    (
        "a DigitalOcean refresh",
        "it is exchanged at `https://cloud.digitalocean.com/v1/oauth/token` and sent nowhere else",
    ),
    (
        "a DigitalOcean",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://api.digitalocean.com/v2/account`",
    ),
    (
        "a Databricks",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://<workspace>/api/2.0/preview/scim/v2/Me`",
    ),
    (
        "a Shopify access",
        "`curl -H \"X-Shopify-Access-Token: $TOKEN\" https://<shop>.myshopify.com/admin/oauth/access_scopes.json`",
    ),
    (
        "a Shopify shared",
        "it signs webhooks and requests of the app: compare it with the app's page, \"API credentials\"",
    ),
    ("a SendGrid", "`curl -H \"Authorization: Bearer $TOKEN\" https://api.sendgrid.com/v3/scopes`"),
    (
        "a Dropbox",
        "`dbxcli account` shows whose it is; it lives four hours, and the refresh token gives the next",
    ),
    (
        "a Docker",
        "`docker login -u <user> --password-stdin` reads it: it is the password of a user, not a Bearer token",
    ),
    ("a CircleCI", "`curl -H \"Circle-Token: $TOKEN\" https://circleci.com/api/v2/me`"),
    ("a Doppler", "`curl -H \"Authorization: Bearer $TOKEN\" https://api.doppler.com/v3/me`"),
    (
        "a Linear",
        "`curl -H \"Authorization: $TOKEN\" -H 'Content-Type: application/json' -d '{\"query\":\"{viewer{id}}\"}' https://api.linear.app/graphql`, without `Bearer`",
    ),
    (
        "a Notion",
        "`curl -H \"Authorization: Bearer $TOKEN\" -H 'Notion-Version: 2022-06-28' https://api.notion.com/v1/users/me`",
    ),
    (
        "a crates.io",
        "look at the settings of the account, \"API Tokens\": there stands when it was used last",
    ),
    ("a Postman", "`curl -H \"X-Api-Key: $TOKEN\" https://api.getpostman.com/me`"),
    (
        "a Sentry",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://sentry.io/api/0/organizations/`",
    ),
    ("a 1Password", "`OP_SERVICE_ACCOUNT_TOKEN=$TOKEN op whoami`"),
    (
        "an Artifactory API",
        "`curl -H \"X-JFrog-Art-Api: $TOKEN\" https://<server>/artifactory/api/system/version`; such keys are at their end, take an access token",
    ),
    (
        "an Artifactory",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://<server>/access/api/v1/tokens/me`",
    ),
    (
        "a PlanetScale",
        "`curl -H \"Authorization: <id>:$TOKEN\" https://api.planetscale.com/v1/organizations`",
    ),
    (
        "a RubyGems",
        "`curl -H \"Authorization: $TOKEN\" https://rubygems.org/api/v1/gems.json`, without `Bearer`",
    ),
    (
        "a PyPI",
        "it only uploads, as the password of the user `__token__`: look at the account's page, \"API tokens\"",
    ),
    ("a Fly.io", "`FLY_API_TOKEN=$TOKEN fly status --app <app>`"),
    ("an Ory refresh", "it is exchanged at the token endpoint and sent nowhere else"),
    (
        "an Ory",
        "`curl -d \"token=$TOKEN\" <admin address>/admin/oauth2/introspect`: `active` says whether it lives",
    ),
    (
        "a refresh token of Claviger",
        "it is exchanged at the authority's `/token` and sent nowhere else",
    ),
    (
        "a Matrix refresh",
        "it is exchanged at the home server's `/_matrix/client/v3/refresh`, which ends it",
    ),
    (
        "a Matrix",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://<home server>/_matrix/client/v3/account/whoami`",
    ),
    (
        "a Fernet",
        "only who has its key can read it; the time of its making stands in bytes 1 to 8, in the clear",
    ),
    (
        "a Biscuit",
        "`biscuit inspect --raw-input <file>` shows its blocks; with `--public-key` it is verified",
    ),
    (
        "a macaroon",
        "its caveats can be read by anybody and verified by the service that issued it alone",
    ),
    (
        "a PASETO",
        "`public` ones can be read by anybody, with the issuer's key verified; `local` ones by the holder of their key alone",
    ),
    (
        "a JWS in its JSON",
        "write it as `<protected>.<payload>.<signature>` where a Bearer token is due",
    ),
    (
        "an SD-JWT",
        "it is verified with its disclosures; an API that takes JWTs gets the part in front of the first `~`",
    ),
    (
        "a Terraform",
        "`curl -H \"Authorization: Bearer $TOKEN\" https://app.terraform.io/api/v2/account/details`",
    ),
    (
        "an Azure shared access",
        "`GET` the address that it is for with it behind `?`; `se` in it is its end, `sp` its rights, `sr` or `srt` what it opens",
    ),
    (
        "a Kubernetes bootstrap",
        "`kubectl -n kube-system get secret bootstrap-token-<first six characters>`; it lets nodes join and nothing else",
    ),
    (
        "a signed session",
        "the application that made it reads it from its cookie; as a Bearer token nobody does",
    ),
];

/// How a token of this family is tried; none where nobody can.
pub(super) fn of(family: &str) -> Option<&'static str> {
    TRIALS.iter().find(|(begin, _)| family.starts_with(begin)).map(|(_, said)| *said)
}

#[cfg(test)]
pub(super) fn assert_reachable() {
    for (nth, (begin, _)) in TRIALS.iter().enumerate() {
        let hides = TRIALS[..nth].iter().find(|(earlier, _)| begin.starts_with(earlier));
        assert!(hides.is_none(), "{begin} is hidden by {hides:?}");
    }
}
