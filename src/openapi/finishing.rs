//! Facts about the whole API document, which cannot be stated where its parts are declared.

use serde_json::{Map, Value, json};

use super::{conditions, headers};
use crate::kernel::day::{Bounds, DAY_PATTERN, TIME_PATTERN};

/// Names of ids in paths that are not called by their type.
const PATH_IDS: [(&str, &str); 8] = [
    ("member_id", "TeamMemberId"),
    ("entry_id", "LogEntryId"),
    ("report_id", "ChildWelfareReportId"),
    ("reply_id", "ReportReplyId"),
    ("proposal_id", "RoleProposalId"),
    ("number_proposal_id", "NumberProposalId"),
    ("review_id", "LogReviewId"),
    ("conflict_id", "ConflictOfInterestId"),
];

/// Finishes the document.
pub(super) fn finish(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    let versioned = schemas.clone().filter(|(_, schema)| schema["properties"].get("version").is_some());
    let mut versioned: Vec<String> = versioned.map(|(name, _)| name.clone()).collect();
    let known: Vec<String> = schemas.map(|(name, _)| name.clone()).collect();
    versioned.extend(operations(document).filter_map(|(_, operation)| created(operation)));
    name_pages(document);
    for (name, rules) in conditions::all() {
        document["components"]["schemas"][name]["allOf"] = rules.into();
    }
    for (name, lists) in conditions::UNIQUE {
        for list in *lists {
            document["components"]["schemas"][*name]["properties"][*list]["uniqueItems"] = true.into();
        }
    }
    walk(document, &mut name_days);
    define_days(document);
    for (method, operation) in operations(document) {
        name_path_ids(operation, &known);
        headers::declare(method, operation, &versioned);
        zip_is_binary(operation);
    }
    headers::define(document);
}

/// The operations, with their methods.
fn operations(document: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let items = paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten());
    items.filter(|(_, operation)| operation["operationId"].is_string())
}

/// Returns the schema of the object that an operation creates. Every created object has an entity tag.
fn created(operation: &Value) -> Option<String> {
    let schema = operation.pointer("/responses/201/content/application~1json/schema/$ref")?;
    schema.as_str()?.rsplit('/').next().map(ToOwned::to_owned)
}

/// Visits every object of the document, except in examples.
fn walk(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visit(object);
            object.iter_mut().filter(|(name, _)| *name != "example").for_each(|(_, part)| walk(part, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// Refers from days and times to their schemas.
fn name_days(schema: &mut Map<String, Value>) {
    if schema.contains_key(Bounds::EARLIEST) {
        return order_bounds(schema);
    }
    let name = match schema.get("format").and_then(Value::as_str) {
        Some("date") => "Day",
        Some("date-time") => "Time",
        _ => return,
    };
    schema.remove("format");
    if schema.remove("type").is_some_and(|kind| kind.is_array()) {
        schema.insert("oneOf".to_owned(), json!([reference(name), { "type": "null" }]));
    } else {
        schema.insert("$ref".to_owned(), reference(name)["$ref"].clone());
    }
}

/// Puts the bounds of a day of requests in one order: they come from a hash map.
fn order_bounds(schema: &mut Map<String, Value>) {
    for name in [Bounds::EARLIEST, Bounds::LATEST] {
        if let Some(bound) = schema.shift_remove(name) {
            schema.insert(name.to_owned(), bound);
        }
    }
}

fn define_days(document: &mut Value) {
    document["components"]["schemas"]["Day"] = json!({
        "type": "string", "format": "date", "pattern": DAY_PATTERN, "description": "A day in Norway.",
    });
    document["components"]["schemas"]["Time"] = json!({
        "type": "string", "format": "date-time", "pattern": TIME_PATTERN,
        "description": "A time with its zone (RFC 3339). Answers have it in UTC.",
    });
}

/// Refers from the ids in a path to the schemas of their types.
fn name_path_ids(operation: &mut Value, known: &[String]) {
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        if parameter["in"] != "path" || parameter["schema"]["format"] != "uuid" {
            continue;
        }
        let name = parameter["name"].as_str().unwrap_or_default();
        let named = PATH_IDS.iter().find(|(path, _)| *path == name).map(|(_, schema)| (*schema).to_owned());
        let schema = named.unwrap_or_else(|| camel_case(name));
        if known.contains(&schema) {
            parameter["schema"] = reference(&schema);
        }
    }
}

fn camel_case(name: &str) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    name.split('_').filter(|word| !word.is_empty()).map(capital).collect()
}

fn zip_is_binary(operation: &mut Value) {
    for (_, response) in operation["responses"].as_object_mut().into_iter().flatten() {
        if let Some(archive) = response.pointer_mut("/content/application~1zip") {
            *archive = json!({"schema": {"type": "string", "format": "binary"}});
        }
    }
}

/// Calls a page by its items, which it refers to: `Page_NoteOut` becomes `NotePage`.
fn name_pages(document: &mut Value) {
    const GENERIC: &str = "Page_";
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return };
    let pages: Vec<String> = schemas.keys().filter(|name| name.starts_with(GENERIC)).cloned().collect();
    let mut renamed = Vec::new();
    for page in pages {
        let item = page[GENERIC.len()..].to_owned();
        let Some(mut schema) = schemas.remove(&page) else { continue };
        schema["properties"]["items"]["items"] = reference(&item);
        let name = format!("{}Page", item.strip_suffix("Out").unwrap_or(&item));
        schemas.insert(name.clone(), schema);
        renamed.push((reference(&page), reference(&name)));
    }
    walk(document, &mut |schema: &mut Map<String, Value>| {
        let target = schema.get("$ref").cloned();
        if let Some((_, new)) = renamed.iter().find(|(old, _)| Some(&old["$ref"]) == target.as_ref()) {
            schema.insert("$ref".to_owned(), new["$ref"].clone());
        }
    });
}

fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}
