//! The headers of every answer, by what kind of answer it is.

use serde_json::{Value, json};

use crate::access::actions;

/// A header: its name, whether every such answer has it, and what it is.
const HEADERS: &[(&str, bool, &str, &str)] = &[
    ("ETag", true, "The version of the object, to send in `If-Match`.", "^\"[0-9]+\"$"),
    ("Location", true, "The path that reads the object.", "^/v1/"),
    (
        "Link",
        false,
        "The next page, with `rel=\"next\"` (RFC 8288). It is absent on the last page.",
        "^<[^>]+>; rel=\"next\"$",
    ),
    ("Retry-After", true, "The number of seconds to wait before another attempt.", "^[0-9]+$"),
    ("WWW-Authenticate", true, "How to authenticate.", "^Bearer"),
    ("request-id", false, "The id of the request, as in the logs of the service.", "^[0-9a-f-]+$"),
    ("Cache-Control", true, "Nothing is stored in caches.", "^no-store$"),
];

/// Refers from each answer of an operation to its headers.
pub(super) fn declare(operation: &mut Value, versioned: &[String]) {
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let paged = operation["parameters"]
        .as_array()
        .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "limit"));
    let replayed = actions::ALL.contains(&id.as_str()) && actions::facts_of(&id).asks_to_read();
    for (status, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        let body = response["content"]["application/json"]["schema"]["$ref"].as_str().unwrap_or_default();
        let has_version = versioned.iter().any(|name| body.ends_with(&format!("/{name}")));
        let names = match status.as_str() {
            "201" if replayed => vec!["ETag", "Location"],
            "201" => vec!["ETag"],
            "200" if paged => vec!["Link"],
            "200" if has_version => vec!["ETag"],
            "401" => vec!["WWW-Authenticate"],
            "429" => vec!["Retry-After"],
            _ => vec![],
        };
        for name in names.into_iter().chain(["Cache-Control", "request-id"]) {
            response["headers"][name] = json!({"$ref": format!("#/components/headers/{name}")});
        }
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
