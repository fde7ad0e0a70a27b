//! The OpenAPI document against the router: the same paths, the same methods, the same members.

use std::collections::BTreeSet;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};

use crate::app::{App, ISSUER};

async fn document(app: &App) -> Value {
    let answer = app.get("/admin/v1/openapi.json").await.is(200);
    assert_eq!(answer.header("content-type"), "application/json");
    answer.json()
}

/// A concrete path for a template.
fn concrete(path: &str) -> String {
    path.split('/')
        .map(|part| if part.starts_with('{') { "nothing" } else { part })
        .collect::<Vec<_>>()
        .join("/")
}

#[tokio::test]
async fn the_document_and_the_router_have_the_same_methods() {
    let app = App::start().await;
    let document = document(&app).await;
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 8, "{paths:?}");
    for (path, item) in paths {
        let described: BTreeSet<String> = item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "parameters")
            .map(|key| key.to_uppercase())
            .collect();
        let options = Request::options(concrete(path)).body(Body::empty()).unwrap();
        let answer = app.send(options).await.is(204);
        let served: BTreeSet<String> = answer
            .header("allow")
            .split(", ")
            .filter(|method| !matches!(*method, "HEAD" | "OPTIONS"))
            .map(str::to_owned)
            .collect();
        assert_eq!(described, served, "{path}");
    }
}

fn references<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                if name == "$ref" {
                    out.push(value.as_str().unwrap());
                }
                references(value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, out)),
        _ => {}
    }
}

#[tokio::test]
async fn the_document_is_whole() {
    let app = App::start().await;
    let document = document(&app).await;
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["servers"][0]["url"], ISSUER);
    let mut all = Vec::new();
    references(&document, &mut all);
    assert!(all.len() > 20);
    for reference in all {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let id = operation["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{id} stands twice");
            assert!(!operation["summary"].as_str().unwrap().is_empty());
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.keys().any(|status| status.starts_with('2')), "{method} {path}");
            for place in path.split('/').filter_map(|part| part.strip_prefix('{')) {
                let place = place.trim_end_matches('}');
                let named = item["parameters"].as_array().unwrap();
                assert!(named.iter().any(|one| one["name"] == place), "{path}");
            }
        }
    }
    assert!(document["components"]["securitySchemes"]["administrator"].is_object());
    for used in ["Client", "ClientDraft", "Resource", "Revocation", "SigningKey", "Refusal"] {
        assert!(document["components"]["schemas"][used].is_object(), "{used}");
    }
}

#[tokio::test]
async fn what_needs_the_administrator_says_so_and_does() {
    let app = App::start().await;
    let document = document(&app).await;
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if method == "parameters" {
                continue;
            }
            let request = Request::builder()
                .method(method.to_uppercase().as_str())
                .uri(concrete(path))
                .body(Body::empty())
                .unwrap();
            let status = app.send(request).await.status.as_u16();
            assert_eq!(operation["security"].is_array(), status == 401, "{method} {path}");
        }
    }
}

/// The members of real answers are those of the schemas, so the document does not age.
#[tokio::test]
async fn answers_have_the_members_of_their_schemas() {
    let app = App::start().await;
    let document = document(&app).await;
    let schemas = &document["components"]["schemas"];
    let fits = |schema: &str, value: &Value| {
        let properties = schemas[schema]["properties"].as_object().unwrap();
        let value = value.as_object().unwrap_or_else(|| panic!("{schema}: {value}"));
        for name in value.keys() {
            assert!(properties.contains_key(name), "{schema} does not describe {name}");
        }
        for name in schemas[schema]["required"].as_array().unwrap() {
            assert!(value.contains_key(name.as_str().unwrap()), "{schema} lacks {name}: {value:?}");
        }
    };
    let list = app.admin("GET", "/clients", None).await.is(200).json();
    fits("ClientList", &list);
    fits("Client", &list["items"][0]);
    let id = list["items"][0]["client_id"].as_str().unwrap();
    fits("Client", &app.admin("GET", &format!("/clients/{id}"), None).await.is(200).json());
    let created = app.admin("POST", "/clients", Some(json!({ "name": "n" }))).await.is(201).json();
    fits("ClientCreated", &created);
    let id = created["client_id"].as_str().unwrap();
    let path = format!("/clients/{id}/secret");
    fits("ClientSecret", &app.admin("POST", &path, None).await.is(200).json());
    let list = app.admin("GET", "/resources", None).await.is(200).json();
    fits("ResourceList", &list);
    fits("Resource", &list["items"][0]);
    let draft = json!({ "kind": "session", "value": "s" });
    let revoked = app.admin("POST", "/revocations", Some(draft)).await.is(201).json();
    fits("Revocation", &revoked);
    let list = app.admin("GET", "/revocations", None).await.is(200).json();
    fits("RevocationList", &list);
    fits("Revocation", &list["items"][0]);
    let keys = app.admin("GET", "/keys", None).await.is(200).json();
    fits("KeyList", &keys);
    fits("SigningKey", &keys["items"][0]);
    let problem = app.admin("GET", "/clients/nothing", None).await.is(404);
    assert_eq!(problem.header("content-type"), "application/problem+json");
    fits("Problem", &problem.json());
}
