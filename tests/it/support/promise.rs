//! The promises of the API document about answers: their statuses, headers and bodies.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex},
};

use jsonschema::{Draft, Registry, Validator};
use serde_json::{Value, json};

use super::{
    api::{Operation, document},
    client::Answer,
};

/// Headers that an answer has only if the document says so.
const DECLARED: [&str; 5] = ["etag", "location", "link", "retry-after", "www-authenticate"];

/// Requires the answer to be as the document says.
#[track_caller]
pub fn assert_promised(operation: &Operation, answer: &Answer) {
    let id = &operation.id;
    let response = &operation.says["responses"][answer.status.to_string()];
    assert!(!response.is_null(), "{id} answers {}, which is not documented\n{answer:?}", answer.status);
    let headers = response["headers"].as_object().cloned().unwrap_or_default();
    for name in DECLARED.into_iter().filter(|name| answer.header(name).is_some()) {
        let declared = headers.keys().any(|header| header.eq_ignore_ascii_case(name));
        assert!(declared, "{id} sends {name} with {}, which is not documented", answer.status);
    }
    for (name, header) in headers {
        let header = resolved(&header);
        if header["required"] == true {
            assert!(answer.header(&name).is_some(), "{id} answers {} without {name}", answer.status);
        }
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let Some(content) = response["content"].as_object() else {
        assert!(answer.bytes.is_empty(), "{id} answers {} with a body: {answer:?}", answer.status);
        return;
    };
    assert!(content.contains_key(media_type), "{id} answers {} as {media_type}", answer.status);
    if media_type == "application/json" || media_type.ends_with("+json") {
        let place = format!("{}/content/{}/schema", place_of(operation, answer.status), escaped(media_type));
        let faults: Vec<String> = validator(&place)
            .iter_errors(&answer.body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{id} answers {}: {faults:#?}\n{}", answer.status, answer.body);
    }
}

fn place_of(operation: &Operation, status: u16) -> String {
    let method = operation.method.as_str().to_lowercase();
    format!("#/paths/{}/{method}/responses/{status}", escaped(&operation.path))
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
}

fn resolved(part: &Value) -> Value {
    let place = part["$ref"].as_str().and_then(|place| place.strip_prefix('#'));
    place.and_then(|place| document().pointer(place)).unwrap_or(part).clone()
}

/// The validator of the schema at a place of the document.
pub fn validator(place: &str) -> Arc<Validator> {
    static KNOWN: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);
    let mut known = KNOWN.lock().expect("a lock");
    let new = || {
        let resource = Draft::Draft202012.create_resource(document().clone());
        let registry = Registry::new().add("stafett:openapi", resource).expect("a document");
        let registry = registry.prepare().expect("a document without faults");
        let options = jsonschema::options().with_draft(Draft::Draft202012).with_registry(&registry);
        let schema =
            json!({ "$ref": format!("stafett:openapi{}", place.replace('{', "%7B").replace('}', "%7D")) });
        Arc::new(options.build(&schema).unwrap_or_else(|error| panic!("{place}: {error}")))
    };
    known.entry(place.to_owned()).or_insert_with(new).clone()
}
