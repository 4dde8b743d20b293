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
        assert_header(id, answer, &name, &header);
    }
    let media_type = answer.header("content-type").unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default();
    let Some(content) = response["content"].as_object() else {
        assert!(answer.bytes.is_empty(), "{id} answers {} with a body: {answer:?}", answer.status);
        return;
    };
    assert!(content.contains_key(media_type), "{id} answers {} as {media_type}", answer.status);
    // A test of compression reads the bytes.
    let is_compressed = answer.header("content-encoding").is_some();
    if is_compressed {
        return;
    }
    if media_type == "application/json" || media_type.ends_with("+json") {
        let place = format!("{}/content/{}/schema", place_of(operation, answer.status), escaped(media_type));
        let faults: Vec<String> = validator(&place)
            .iter_errors(&answer.body)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{id} answers {}: {faults:#?}\n{}", answer.status, answer.body);
    }
}

#[track_caller]
fn assert_header(id: &str, answer: &Answer, name: &str, header: &Value) {
    let place = header["$ref"].as_str().expect("headers are defined once");
    let Some(value) = answer.header(name) else {
        let required = document().pointer(&place[1..]).expect("a header")["required"] == true;
        assert!(!required, "{id} answers {} without {name}", answer.status);
        return;
    };
    let as_documented = validator(&format!("{place}/schema")).is_valid(&value.into());
    assert!(as_documented, "{id} answers {} with {name}: {value}", answer.status);
}

fn place_of(operation: &Operation, status: u16) -> String {
    let method = operation.method.as_str().to_lowercase();
    format!("#/paths/{}/{method}/responses/{status}", escaped(&operation.path))
}

fn escaped(part: &str) -> String {
    part.replace('~', "~0").replace('/', "~1")
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
