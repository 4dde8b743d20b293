//! The headers of every answer, by what kind of answer it is.

use serde_json::{Value, json};

use crate::access::{ENTITY_TAG, actions};

/// A header: its name, whether every such answer has it, and what it is.
const HEADERS: &[(&str, bool, &str, &str)] = &[
    (
        "ETag",
        true,
        "The version of the object and a hash of the answer, to send in `If-Match` or `If-None-Match`. A reader of a part of the object \
         gets `~` for the version.",
        ENTITY_TAG,
    ),
    ("Location", true, "The path that reads the object.", "^/v1/"),
    (
        "Link",
        false,
        "The next page, with `rel=\"next\"` (RFC 8288). It is absent on the last page.",
        "^<[^>]+>; rel=\"next\"$",
    ),
    ("Retry-After", true, "The number of seconds to wait before another attempt.", "^[0-9]+$"),
    ("WWW-Authenticate", true, "How to authenticate.", "^Bearer"),
    ("request-id", true, "The id of the request, as in the logs of the service.", "^[0-9a-f-]{36}$"),
    ("Cache-Control", true, "Nothing is stored in caches.", "^no-store$"),
];

/// Refers from each answer of an operation to its headers.
pub(super) fn declare(method: &str, operation: &mut Value, versioned: &[String]) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let paged = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "limit"));
    if method == "get" && !paged && has_version(&operation["responses"]["200"], versioned) {
        declare_not_modified(operation);
    }
    let replayed = actions::ALL.contains(&id.as_str()) && actions::facts_of(&id).asks_to_read();
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let names = match status.as_str() {
            "201" if replayed => vec!["ETag", "Location"],
            "201" => vec!["ETag"],
            "200" if paged => vec!["Link"],
            "200" if has_version(response, versioned) => vec!["ETag"],
            "304" => vec!["ETag"],
            "401" => vec!["WWW-Authenticate"],
            "429" | "503" => vec!["Retry-After"],
            _ => vec![],
        };
        for name in names.into_iter().chain(["Cache-Control", "request-id"]) {
            response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
        }
    }
}

fn has_version(response: &Value, versioned: &[String]) -> bool {
    let body = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
    versioned.iter().any(|name| body.ends_with(&format!("/{name}")))
}

/// Adds the answer to a client that has what the caller may see.
fn declare_not_modified(operation: &mut Value) {
    operation["responses"]["304"] = json!({"description": "The client has what the caller may see now."});
    let parameter = json!({
        "name": "If-None-Match", "in": "header", "required": false,
        "description": "The `ETag` of the answer that the client has",
        "schema": {"$ref": "#/components/schemas/IfNoneMatch"},
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
}

/// Defines the headers.
pub(super) fn define(document: &mut Value) {
    for (name, required, description, pattern) in HEADERS {
        document["components"]["headers"][*name] = json!({
            "description": description, "required": required, "schema": {"type": "string", "pattern": pattern},
        });
    }
}
