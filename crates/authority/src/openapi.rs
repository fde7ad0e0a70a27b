//! The OpenAPI 3.1 document of the admin API, made from the route table: an operation that is served
//! is described, and nothing else is.

use claviger_protocol::GrantType;
use serde_json::{Map, Value, json};

use crate::config::Issuer;
use crate::routes::{Described, Route};

/// The document for these routes.
pub(crate) fn document(issuer: &Issuer, table: &[Route]) -> Value {
    let mut paths = Map::new();
    for route in table {
        let mut item = Map::new();
        for operation in &route.operations {
            if let Some(described) = &operation.described {
                let method = operation.method.as_str().to_ascii_lowercase();
                item.insert(method, described_operation(described));
            }
        }
        if item.is_empty() {
            continue;
        }
        let places: Vec<Value> = places(route.path)
            .map(|name| {
                json!({
                    "name": name,
                    "in": "path",
                    "required": true,
                    "description": "percent-encoded as one path segment",
                    "schema": place(name),
                })
            })
            .collect();
        if !places.is_empty() {
            item.insert("parameters".to_owned(), Value::Array(places));
        }
        paths.insert(route.path.to_owned(), Value::Object(item));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Claviger admin API",
            "version": "1",
            "summary": "Clients, resources, revocations, keys and the journal of one authority",
            "description": "Times are Unix seconds. Secrets are shown once, in the answer that makes \
                            them. Refusals are problems (RFC 9457) with a code, a fix and the id of \
                            the journal's entry.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": issuer.base }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "administrator": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "the credential in `admin.token` of the data directory",
                },
            },
            "schemas": schemas(),
            "responses": {
                "Problem": {
                    "description": "Refused; `code` says why, `fix` what to do",
                    "content": { "application/problem+json": { "schema": reference("Problem") } },
                },
            },
        },
    })
}

/// The names of the places in a path.
pub(crate) fn places(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

/// What stands in a place of a path.
fn place(name: &str) -> Value {
    match name {
        "client_id" => client_id(),
        "kid" => json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,200}$" }),
        "diagnosis" => json!({ "type": "string", "pattern": "^dg_[0-9a-z]{16}$" }),
        _ => json!({
            "type": "string",
            "minLength": 1,
            "maxLength": 500,
            "examples": ["https://api.example"],
        }),
    }
}

fn client_id() -> Value {
    json!({
        "type": "string",
        "pattern": "^[A-Za-z0-9._~@-]{1,200}$",
        "description": "made up where it is left out",
    })
}

fn name() -> Value {
    json!({
        "type": "string",
        "pattern": "\\S",
        "maxLength": 200,
        "description": "for people; no control characters",
    })
}

fn scopes(description: &str) -> Value {
    json!({
        "type": "array",
        "uniqueItems": true,
        "maxItems": 100,
        "items": { "type": "string", "pattern": "^[!#-\\[\\]-~]{1,200}$" },
        "description": description,
    })
}

fn uri(description: &str) -> Value {
    json!({
        "type": "string",
        "format": "uri",
        "maxLength": 500,
        "description": description,
        "examples": ["https://api.example"],
    })
}

fn access_ttl() -> Value {
    nullable(json!({
        "type": "integer",
        "minimum": 1,
        "maximum": 31_622_400,
        "description": "the longest life of its tokens; at most `tokens.access_ttl_max_seconds`",
    }))
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn described_operation(described: &Described) -> Value {
    let mut operation = Map::new();
    operation.insert("operationId".to_owned(), json!(described.id));
    operation.insert("summary".to_owned(), json!(described.summary));
    if described.guarded {
        operation.insert("security".to_owned(), json!([{ "administrator": [] }]));
    }
    if described.paged {
        operation.insert(
            "parameters".to_owned(),
            json!([
                {
                    "name": "after",
                    "in": "query",
                    "description": "`next` of the page before; absent for the first page",
                    "schema": { "type": "string" },
                },
                {
                    "name": "limit",
                    "in": "query",
                    "schema": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 100 },
                },
            ]),
        );
    }
    let own = query(described.id);
    if !own.is_empty() {
        let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
        if let Value::Array(parameters) = parameters {
            parameters.extend(own);
        }
    }
    if let Some(schema) = described.takes {
        operation.insert(
            "requestBody".to_owned(),
            json!({
                "required": true,
                "content": { "application/json": { "schema": reference(schema) } },
            }),
        );
    }
    let (status, schema) = described.gives;
    let mut success = json!({ "description": described.summary });
    if let Some(schema) = schema {
        success["content"] = json!({ "application/json": { "schema": reference(schema) } });
    }
    let mut responses = Map::new();
    responses.insert(status.to_string(), success);
    let problem = json!({ "$ref": "#/components/responses/Problem" });
    if described.guarded {
        responses.insert("401".to_owned(), problem.clone());
    }
    for refused in described.refuses {
        responses.insert(refused.to_string(), problem.clone());
    }
    responses.insert("default".to_owned(), problem);
    operation.insert("responses".to_owned(), Value::Object(responses));
    Value::Object(operation)
}

/// What else an operation reads from its query.
fn query(id: &str) -> Vec<Value> {
    let parameter =
        |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
    match id {
        "rotateKeys" => vec![parameter("algorithm", signing_alg("whose key is followed"))],
        "listJournal" => vec![
            parameter(
                "newest",
                json!({ "type": "boolean", "description": "the newest, still in order" }),
            ),
            parameter("since", time("not before")),
            parameter("kind", journal_kind()),
            parameter("code", text("the cause, or what was done")),
            parameter("client", text("which client")),
            parameter("subject", text("a `sub`, in the clear")),
            parameter("address", text("an address, in the clear")),
        ],
        _ => Vec::new(),
    }
}

fn journal_kind() -> Value {
    json!({ "type": "string", "enum": crate::journal::JOURNAL_KINDS })
}

fn signing_alg(description: &str) -> Value {
    json!({
        "type": "string",
        "maxLength": 20,
        "description": format!("{description}; one that is on (`signing.algorithm`, `signing.also`)"),
        "examples": ["ES256"],
    })
}

fn object(required: &[&str], properties: Value) -> Value {
    json!({
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn text(description: &str) -> Value {
    json!({ "type": "string", "description": description })
}

fn time(description: &str) -> Value {
    json!({ "type": "integer", "description": format!("{description}, Unix seconds") })
}

fn nullable(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

fn list(of: &str) -> Value {
    object(
        &["items", "next"],
        json!({
            "items": { "type": "array", "items": reference(of) },
            "next": nullable(text("put it into `after` for the next page; null on the last")),
        }),
    )
}

fn schemas() -> Value {
    let mut all = Map::new();
    let parts = [
        problem(),
        clients(),
        resources(),
        users(),
        registration_tokens(),
        revocations(),
        keys(),
        journal(),
    ];
    for part in parts {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    Value::Object(all)
}

fn problem() -> Value {
    json!({
        "Problem": {
            "type": "object",
            "required": ["type", "title", "status", "diagnosis"],
            "properties": {
                "type": text("a fault page, or `about:blank`"),
                "title": text("the status, or the fault, in words"),
                "status": { "type": "integer" },
                "detail": text("what happened"),
                "code": text("stable; what a program looks at"),
                "fix": text("what to do"),
                "diagnosis": text("the id of this refusal in the journal"),
            },
        },
    })
}

fn client_members() -> Map<String, Value> {
    let members = json!({
        "name": name(),
        "auth_method": {
            "type": "string",
            "enum": [
                "client_secret_basic",
                "client_secret_post",
                "private_key_jwt",
                "tls_client_auth",
                "self_signed_tls_client_auth",
                "none",
            ],
            "description": "how the client proves who it is; `client_secret_basic` when left out",
        },
        "jwks": nullable(json!({
            "type": "object",
            "description": "public keys, for `private_key_jwt`, or certificates in `x5c`, for `self_signed_tls_client_auth` (RFC 7517 §5)",
        })),
        "jwks_uri": nullable(text("where the client publishes them instead: an https address that is reached from the public Internet")),
        "scopes": scopes("the scopes it may ask for"),
        "resources": {
            "type": "array",
            "uniqueItems": true,
            "maxItems": 100,
            "items": uri("an API that is registered"),
            "description": "the APIs it may have tokens for",
        },
        "pinned": {
            "type": "boolean",
            "description": "may use exactly `auth_method`; else a secret may come in header or form",
        },
        "default_resource": nullable(text("the API of a token request that names none")),
        "access_ttl_seconds": access_ttl(),
        "id_token_signed_response_alg": nullable(signing_alg("what its ID tokens are signed with")),
        "grants": {
            "type": "array",
            "uniqueItems": true,
            "minItems": 1,
            "items": {
                "type": "string",
                "enum": GrantType::ALL.map(GrantType::as_str),
            },
            "description": "what it may ask for; `client_credentials` when left out, with `redirect_uris` the other two",
        },
        "redirect_uris": {
            "type": "array",
            "uniqueItems": true,
            "maxItems": 50,
            "items": { "type": "string", "maxLength": 2000 },
            "description": "where users are sent back to; compared exactly, but for loopback ports",
        },
        "first_party": {
            "type": "boolean",
            "description": "is the operator's own: users are not asked for consent",
        },
        "certificate": nullable(json!({
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
            "properties": certificate_names(),
            "description": "what its certificate has to say, for `tls_client_auth` (RFC 8705 §2.1.2)",
        })),
        "tls_client_certificate_bound_access_tokens": {
            "type": "boolean",
            "description": "gets only tokens that are bound to its certificate (RFC 8705 §3.4)",
        },
        "dpop_bound_access_tokens": {
            "type": "boolean",
            "description": "gets only tokens that are bound to a DPoP key (RFC 9449 §5.2)",
        },
        "require_pushed_authorization_requests": {
            "type": "boolean",
            "description": "has to push its authorization requests (RFC 9126 §6)",
        },
        "rotate_refresh_tokens": nullable(json!({
            "type": "boolean",
            "description": "each use of a refresh token gives a new one; null: for clients that nothing else protects",
        })),
        "refresh_replay_seconds": nullable(json!({
            "type": "integer",
            "minimum": 0,
            "maximum": 120,
            "description": "how long the token before the newest still gets its answer; null: `tokens.refresh_replay_seconds`",
        })),
        "disabled": {
            "type": "boolean",
            "description": "gets no tokens; those it has are revoked",
        },
    });
    let mut all = Map::new();
    for part in [members, about_people()] {
        if let Value::Object(part) = part {
            all.extend(part);
        }
    }
    all
}

/// What a client's record says about people beyond OAuth.
fn about_people() -> Value {
    json!({
        "subject_type": {
            "type": "string",
            "enum": ["public", "pairwise"],
            "description": "whether `sub` is everybody's or one of its sector's own",
        },
        "sector": nullable(json!({
            "type": "string",
            "pattern": "^[a-z0-9.-]{1,253}$",
            "description": "for `pairwise`: a host name; the one of the redirect addresses when left out",
        })),
        "sector_identifier_uri": nullable(json!({
            "type": "string",
            "maxLength": 2000,
            "description": "an https address with a JSON list of redirect addresses, each of the client's among them; its host is the sector, unless `sector` says another (OpenID Connect Core §8.1)",
        })),
        "userinfo_signed_response_alg": nullable(text("`/userinfo` answers with a JWT; JSON when left out")),
        "claims": claims(&["id_token", "access_token", "userinfo"]),
        "post_logout_redirect_uris": {
            "type": "array",
            "uniqueItems": true,
            "maxItems": 50,
            "items": { "type": "string", "maxLength": 2000 },
            "description": "where a log-out may send people back to; compared exactly",
        },
        "backchannel_logout_uri": nullable(json!({
            "type": "string",
            "maxLength": 2000,
            "description": "is told when a log-in ends: https, or http on this machine",
        })),
        "backchannel_logout_session_required": { "type": "boolean" },
        "status_list": {
            "type": "boolean",
            "description": "its access tokens stand in a status list; each is written down until it expires",
        },
    })
}

fn claims(places: &[&str]) -> Value {
    let name = json!({ "type": "string", "minLength": 1, "maxLength": 100 });
    json!({
        "type": "array",
        "maxItems": 50,
        "description": "claims of your own, from people's groups and attributes",
        "items": object(
            &["name", "source", "places"],
            json!({
                "name": name,
                "source": {
                    "oneOf": [
                        { "type": "string", "enum": ["groups", "username"] },
                        object(&["attribute"], json!({ "attribute": name })),
                    ],
                },
                "places": {
                    "type": "array",
                    "minItems": 1,
                    "items": { "type": "string", "enum": places },
                },
                "scope": nullable(text("only where this scope was granted")),
            }),
        ),
    })
}

/// RFC 8705 §2.1.2: one of these.
fn certificate_names() -> Value {
    let mut names = Map::new();
    for kind in ["subject_dn", "san_dns", "san_uri", "san_ip", "san_email"] {
        let text = json!({ "type": "string", "minLength": 1, "maxLength": 1000 });
        names.insert(format!("tls_client_auth_{kind}"), text);
    }
    Value::Object(names)
}

fn with(mut members: Map<String, Value>, more: &[(&str, Value)]) -> Value {
    for (name, schema) in more {
        members.insert((*name).to_owned(), schema.clone());
    }
    Value::Object(members)
}

fn clients() -> Value {
    let id = ("client_id", client_id());
    let has_secret = ("has_secret", json!({ "type": "boolean" }));
    let registered =
        ("registered", json!({ "type": "boolean", "description": "registered itself (RFC 7591)" }));
    let created = ("created_at", time("when it was made"));
    let secret = ("client_secret", nullable(text("shown this once; null for `private_key_jwt`")));
    let given =
        ["client_id", "name", "auth_method", "has_secret", "scopes", "resources", "disabled"];
    let whole = with(
        client_members(),
        &[id.clone(), has_secret.clone(), registered.clone(), created.clone()],
    );
    let with_secret =
        with(client_members(), &[id.clone(), has_secret, registered, created, secret]);
    json!({
        "Client": object(&given, whole),
        "ClientDraft": object(&[], with(client_members(), std::slice::from_ref(&id))),
        "ClientChange": object(&[], Value::Object(client_members())),
        "ClientCreated": object(&given, with_secret),
        "ClientSecret": object(
            &["client_id", "client_secret"],
            json!({ "client_id": id.1, "client_secret": text("shown this once") }),
        ),
        "ClientList": list("Client"),
    })
}

fn resources() -> Value {
    let members = json!({
        "name": name(),
        "scopes": scopes("the scopes this API knows"),
        "access_ttl_seconds": access_ttl(),
        "signing_alg": nullable(signing_alg("what its access tokens are signed with")),
        "claims": claims(&["access_token"]),
        "introspectors": {
            "type": "array",
            "uniqueItems": true,
            "maxItems": 100,
            "items": client_id(),
            "description": "the clients that may introspect tokens for this API",
        },
    });
    let Value::Object(members) = members else {
        return Value::Null;
    };
    let uri = ("uri", uri("absolute, without fragment; the `aud` of its tokens"));
    let created = ("created_at", time("when it was made"));
    json!({
        "Resource": object(
            &["uri", "name", "scopes", "introspectors"],
            with(members.clone(), &[uri.clone(), created]),
        ),
        "ResourceDraft": object(&["uri"], with(members.clone(), &[uri])),
        "ResourceChange": object(&[], Value::Object(members)),
        "ResourceList": list("Resource"),
    })
}

fn username() -> Value {
    json!({
        "type": "string",
        "minLength": 1,
        "maxLength": 100,
        "description": "what they log in with: letters, digits and ._-+@; kept in lower case",
    })
}

/// What is known of a person beside the account itself.
fn person() -> Map<String, Value> {
    let line = |most: usize, what: &str| json!({ "type": "string", "minLength": 1, "maxLength": most, "description": what });
    let plain = |what: &str| nullable(line(200, what));
    let web = |what: &str| {
        nullable(
            json!({ "type": "string", "format": "uri", "maxLength": 2000, "description": what }),
        )
    };
    let flag = |what: &str| json!({ "type": "boolean", "description": what });
    let part = |what: &str| line(1000, what);
    let address = object(
        &[],
        json!({
            "formatted": part("the whole of it, in lines"),
            "street_address": part("street and house"),
            "locality": part("town"),
            "region": part("state or province"),
            "postal_code": part("the town's number"),
            "country": part("country"),
        }),
    );
    let members = json!({
        "name": plain("for people"),
        "email": plain("their e-mail address"),
        "email_verified": flag("whether it was proven to be theirs"),
        "phone": plain("their telephone number"),
        "phone_verified": flag("whether it was proven to be theirs"),
        "address": nullable(address),
        "given_name": plain("first name"),
        "family_name": plain("surname"),
        "middle_name": plain("the name between the two"),
        "nickname": plain("what they like to be called"),
        "profile": web("a page about them"),
        "picture": web("a picture of them"),
        "website": web("a page of theirs"),
        "gender": plain("as they say it"),
        "birthdate": plain("YYYY-MM-DD, 0000-MM-DD or YYYY"),
        "zoneinfo": plain("such as Europe/Berlin"),
        "locale": plain("such as de-CH"),
        "groups": {
            "type": "array",
            "maxItems": 200,
            "items": line(200, "a group"),
            "description": "the groups that they belong to",
        },
        "attributes": {
            "type": "object",
            "maxProperties": 100,
            "description": "what else is known of them, for claims: 8 KiB of JSON, four levels deep",
        },
        "disabled": flag("may not log in; what they had is ended"),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn users() -> Value {
    let password =
        json!({ "type": "string", "minLength": 10, "maxLength": 1024, "writeOnly": true });
    let passkey = object(
        &["id", "name", "synced", "created_at", "used_at"],
        json!({
            "id": text("its credential id"),
            "name": text("what its owner calls it"),
            "synced": { "type": "boolean", "description": "whether it may lie on several devices" },
            "created_at": time("when it was added"),
            "used_at": nullable(time("when it logged in last")),
        }),
    );
    let totp = object(&["created_at"], json!({ "created_at": time("when it was set up") }));
    json!({
        "User": object(
            &["id", "username", "disabled", "created_at"],
            with(person(), &[
                ("id", text("the `sub` of their tokens")),
                ("username", username()),
                ("created_at", time("when the account was made")),
                ("updated_at", nullable(time("when it was changed last"))),
            ]),
        ),
        "UserDraft": object(
            &["username", "password"],
            with(person(), &[("username", username()), ("password", password.clone())]),
        ),
        "UserChange": object(&[], with(person(), &[("username", username())])),
        "UserPassword": object(&["password"], json!({ "password": password })),
        "UserList": list("User"),
        "UserFactors": object(
            &["totp", "passkeys", "recovery_codes"],
            json!({
                "totp": nullable(totp),
                "passkeys": { "type": "array", "items": passkey },
                "recovery_codes": { "type": "integer", "description": "how many are left" },
            }),
        ),
        "Session": object(
            &["sid", "sub", "browser", "amr", "started", "auth_time", "expires"],
            json!({
                "sid": text("its id, as tokens carry it"),
                "sub": text("whose it is"),
                "browser": text("in words"),
                "amr": { "type": "array", "items": { "type": "string" } },
                "started": time("when it began"),
                "auth_time": time("when its owner proved last who they are"),
                "expires": time("when it ends by itself"),
            }),
        ),
        "SessionList": object(
            &["items"],
            json!({ "items": { "type": "array", "items": reference("Session") } }),
        ),
    })
}

fn registration_tokens() -> Value {
    let note = json!({ "type": "string", "maxLength": 200, "description": "what it is for" });
    let uses = nullable(json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000 }));
    let members = json!({
        "id": text("its id"),
        "note": note,
        "created_at": time("when it was made"),
        "expires_at": time("when it ends"),
        "uses_left": nullable(json!({
            "type": "integer",
            "description": "how many clients it may still bring in; null: any number",
        })),
        "used": { "type": "integer", "description": "how many it has brought in" },
    });
    let given = ["id", "note", "created_at", "expires_at", "uses_left", "used"];
    let mut created = members.clone();
    created["token"] = text("shown this once");
    json!({
        "RegistrationToken": object(&given, members),
        "RegistrationTokenCreated": object(&[&given[..], &["token"]].concat(), created),
        "RegistrationTokenDraft": object(&[], json!({
            "note": note,
            "expires_in_seconds": {
                "type": "integer",
                "minimum": 60,
                "maximum": 31_622_400,
                "default": 604_800,
                "description": "its life",
            },
            "uses": with_description(uses, "how many clients it may bring in; 1 when left out, null: any number"),
        })),
        "RegistrationTokenList": list("RegistrationToken"),
    })
}

fn with_description(mut schema: Value, text: &str) -> Value {
    schema["description"] = json!(text);
    schema
}

fn revocations() -> Value {
    let kind = json!({ "type": "string", "enum": claviger_token::revocation::Kind::ALL.map(claviger_token::revocation::Kind::as_str) });
    json!({
        "Revocation": object(
            &["seq", "kind", "hash", "until", "expires"],
            json!({
                "seq": { "type": "integer", "description": "its place in the feed" },
                "kind": kind,
                "value": text("what it was: jti, grant_id, sid, sub, client_id, kid, or `*` for everything"),
                "hash": text("the first 16 bytes of SHA-256 over kind, colon and value, base64url"),
                "until": nullable(time("tokens issued up to then are revoked; null: all")),
                "expires": time("when the last token it can touch has expired"),
            }),
        ),
        "RevocationDraft": {
            "description": "either a whole token of this authority, or a kind and its value",
            "oneOf": [
                object(&["token"], json!({ "token": text("an access token of this authority") })),
                object(
                    &["kind", "value"],
                    json!({
                        "kind": { "type": "string", "enum": ["token", "grant", "session"] },
                        "value": revoked("jti, grant_id or sid"),
                    }),
                ),
                object(
                    &["kind", "value"],
                    json!({
                        "kind": { "type": "string", "enum": ["subject", "client"] },
                        "value": revoked("sub or client_id"),
                        "until": until(),
                    }),
                ),
                object(
                    &["kind"],
                    json!({ "kind": { "type": "string", "const": "all" }, "until": until() }),
                ),
            ],
        },
        "RevocationList": list("Revocation"),
    })
}

fn revoked(what: &str) -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": 1000, "description": what })
}

fn until() -> Value {
    time("tokens issued and log-ins made up to then, at most now; now where it is left out")
}

fn keys() -> Value {
    let when = |what: &str| nullable(time(what));
    json!({
        "SigningKey": object(
            &["kid", "algorithm", "state", "created_at", "activates_at"],
            json!({
                "kid": text("its name in key set and tokens"),
                "algorithm": text("what it signs with"),
                "state": {
                    "type": "string",
                    "enum": ["next", "active", "retiring", "retired", "withdrawn"],
                },
                "created_at": time("when it was made and published"),
                "activates_at": time("when it began to sign, or will"),
                "retires_at": when("when it ceased to sign"),
                "removed_at": when("when it leaves, or left, the key set"),
            }),
        ),
        "KeyList": object(
            &["items"],
            json!({ "items": { "type": "array", "items": reference("SigningKey") } }),
        ),
        "KeyWithdrawn": object(
            &["withdrawn", "active"],
            json!({
                "withdrawn": text("the key that is gone; every token under it is refused from now on"),
                "active": nullable(text("the key that signs now in its place")),
            }),
        ),
    })
}

fn journal() -> Value {
    json!({
        "JournalList": list("JournalEntry"),
        "JournalEntry": {
            "type": "object",
            "required": ["id", "seq", "at", "last_at", "count", "kind", "code"],
            "properties": {
                "id": text("by what it is asked for"),
                "seq": { "type": "integer", "description": "its place" },
                "at": time("when first"),
                "last_at": time("when last"),
                "count": {
                    "type": "integer",
                    "description": "how often: of a flood the first are kept, the rest counted",
                },
                "kind": journal_kind(),
                "code": text("the cause, or what was done"),
                "client": nullable(text("which client")),
                "subject": nullable(text("whom, as a keyed hash")),
                "address": nullable(text("from where, as a keyed hash")),
                "by": text("who did it"),
            },
            "description": "further members by kind; never a secret or a token",
        },
        "Refusal": object(
            &["diagnosis", "at", "endpoint", "status", "code", "detail", "fix", "evidence"],
            json!({
                "diagnosis": text("its id"),
                "at": time("when"),
                "endpoint": text("where"),
                "status": { "type": "integer" },
                "error": text("the OAuth error the client was told"),
                "code": text("the cause"),
                "detail": text("what happened"),
                "fix": text("what to do"),
                "evidence": {
                    "type": "object",
                    "description": "what was known; never a secret or a token",
                },
            }),
        ),
    })
}
