//! The input of each operation, as the API document states it. A request is checked by the document itself, so the document and the
//! service cannot differ (docs/decisions/0020).

use std::collections::{BTreeMap, HashMap};

use jsonschema::{Registry, Validator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::{
    Code, FieldError, Problem,
    faults::{Faults, Formats},
    input::{pairs, parse_json, parse_query, read_value},
    places::{Circumstances, Places},
};

/// The address of the API document among the schemas.
const DOCUMENT: &str = "stafett:openapi";

/// The input of every operation.
#[derive(Debug)]
pub struct Contract {
    inputs: HashMap<String, Input>,
    formats: Formats,
}

/// The input of an operation.
#[derive(Debug)]
struct Input {
    body: Option<Checked>,
    query: Checked,
    types: BTreeMap<String, Value>,
}

/// A schema, and the places whose check depends on the request.
#[derive(Debug)]
struct Checked {
    schema: Validator,
    places: Places,
}

/// The API document cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("the API document is not valid: {0}")]
pub struct BadDocument(String);

impl Contract {
    /// Reads the API document. `formats` has the check of each `format` of a string.
    ///
    /// # Errors
    /// If a schema is not valid, or has a format without a check.
    pub fn of(document: &Value, formats: Formats) -> Result<Self, BadDocument> {
        let registry = Registry::new()
            .add(DOCUMENT, jsonschema::Draft::Draft202012.create_resource(document.clone()))
            .and_then(|registry| registry.prepare())
            .map_err(|error| BadDocument(error.to_string()))?;
        let paths = document["paths"].as_object().into_iter().flatten();
        let operations = paths.flat_map(|(path, item)| {
            let item = item.as_object().into_iter().flatten();
            item.map(move |(method, operation)| (fragment(path), method, operation))
        });
        let mut inputs = HashMap::new();
        for (path, method, operation) in operations {
            let Some(id) = operation["operationId"].as_str() else { continue };
            let address = format!("{DOCUMENT}#/paths/{path}/{method}");
            let input = Input::of((document, operation), &address, &registry, &formats)
                .map_err(|error| BadDocument(format!("{id}: {error}")))?;
            inputs.insert(id.to_owned(), input);
        }
        Ok(Self { inputs, formats })
    }

    /// Parses a JSON body, and checks the query with it.
    ///
    /// # Errors
    /// 400 if it is not JSON; 422 with every fault.
    pub fn body<T: DeserializeOwned>(
        &self,
        operation: &str,
        (body, query): (&[u8], &str),
        by: Circumstances,
    ) -> Result<T, Problem> {
        let input = self.input(operation)?;
        let value = read_value(body)?;
        let mut faults = Faults::default();
        if let Some(checked) = &input.body {
            faults.find("", &checked.schema, &value, &self.formats);
            checked.places.find("", &value, by, &mut faults);
        }
        self.query_faults(input, query, by, &mut faults)?;
        faults.into_result()?;
        parse_json(body)
    }

    /// Parses a query.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn query<T: DeserializeOwned>(
        &self,
        operation: &str,
        query: &str,
        by: Circumstances,
    ) -> Result<T, Problem> {
        self.check_query(operation, query, by)?;
        parse_query(query)
    }

    /// Checks a query that is not read.
    ///
    /// # Errors
    /// 422 with every fault.
    pub fn check_query(&self, operation: &str, query: &str, by: Circumstances) -> Result<(), Problem> {
        let mut faults = Faults::default();
        self.query_faults(self.input(operation)?, query, by, &mut faults)?;
        faults.into_result()
    }

    fn query_faults(
        &self,
        input: &Input,
        query: &str,
        by: Circumstances,
        faults: &mut Faults,
    ) -> Result<(), Problem> {
        if query.is_empty() && input.types.is_empty() {
            return Ok(());
        }
        let mut object = Map::new();
        for (name, value) in pairs(query)? {
            let value = typed(value, input.types.get(&name));
            if object.contains_key(&name) {
                faults.push(FieldError::at(format!("?{name}"), "is given more than once"));
            }
            object.insert(name, value);
        }
        let object = Value::Object(object);
        faults.find("?", &input.query.schema, &object, &self.formats);
        input.query.places.find("?", &object, by, faults);
        Ok(())
    }

    fn input(&self, operation: &str) -> Result<&Input, Problem> {
        self.inputs
            .get(operation)
            .ok_or_else(|| Problem::internal(format!("the API document does not have {operation}")))
    }
}

impl Input {
    fn of(
        (document, operation): (&Value, &Value),
        address: &str,
        registry: &Registry<'_>,
        formats: &Formats,
    ) -> Result<Self, String> {
        let checked = |schema: Value| {
            let places = Places::of(document, &schema)?;
            let schema = formats.validator(&schema, registry).map_err(|error| error.to_string())?;
            Ok::<_, String>(Checked { schema, places })
        };
        let content = &operation["requestBody"]["content"];
        let body = content.get("application/json").map(|_| {
            let schema = format!("{address}/requestBody/content/application~1json/schema");
            checked(json!({ "$ref": schema }))
        });
        let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        let parameters = parameters.iter().enumerate().filter(|(_, parameter)| parameter["in"] == "query");
        let (mut properties, mut types, mut required) = (Map::new(), BTreeMap::new(), Vec::new());
        for (at, parameter) in parameters {
            let Some(name) = parameter["name"].as_str() else { continue };
            properties.insert(name.to_owned(), json!({"$ref": format!("{address}/parameters/{at}/schema")}));
            types.insert(name.to_owned(), resolved(document, &parameter["schema"])["type"].clone());
            if parameter["required"] == true {
                required.push(name);
            }
        }
        let query = json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        });
        Ok(Self { body: body.transpose()?, query: checked(query)?, types })
    }
}

/// Returns a path of the API as a part of a JSON Pointer in the fragment of an address (RFC 6901, section 6).
fn fragment(path: &str) -> String {
    path.replace('~', "~0").replace('/', "~1").replace('{', "%7B").replace('}', "%7D")
}

/// Returns the schema that a schema refers to.
pub(super) fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let place = schema["$ref"].as_str().and_then(|place| place.strip_prefix(DOCUMENT).or(Some(place)));
    let place = place.and_then(|place| place.strip_prefix('#')).map(unescaped);
    match place.and_then(|place| document.pointer(&place)) {
        Some(found) if found.get("$ref").is_some() => resolved(document, found),
        found => found.unwrap_or(schema),
    }
}

/// Returns a JSON Pointer as it is outside an address.
fn unescaped(pointer: &str) -> String {
    pointer.replace("%7B", "{").replace("%7D", "}")
}

/// A parameter of a query as its schema has it.
fn typed(value: String, kind: Option<&Value>) -> Value {
    let is = |name: &str| match kind {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == name),
        Some(kind) => kind == name,
        None => false,
    };
    if is("integer")
        && let Ok(number) = value.parse::<i64>()
        && number.to_string() == value
    {
        return number.into();
    }
    match value.as_str() {
        "true" if is("boolean") => true.into(),
        "false" if is("boolean") => false.into(),
        _ => value.into(),
    }
}

impl From<BadDocument> for std::io::Error {
    fn from(error: BadDocument) -> Self {
        Self::other(error)
    }
}

impl Faults {
    /// Returns a problem with all faults.
    ///
    /// # Errors
    /// 422 if there is any.
    fn into_result(self) -> Result<(), Problem> {
        let errors = self.into_errors();
        if errors.is_empty() { Ok(()) } else { Err(Problem { errors, ..Problem::new(Code::InvalidInput) }) }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::kernel::SyntheticIds;

    const FORMATS: Formats =
        Formats(&[(
            "even",
            |text| {
                if text.len() % 2 == 0 { Ok(()) } else { Err("must be even".to_owned()) }
            },
        )]);

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Body {
        name: String,
    }

    fn contract() -> Contract {
        let document = json!({
            "paths": {"/v1/{id}/things": {"post": {
                "operationId": "make",
                "parameters": [
                    {"name": "id", "in": "path", "schema": {"type": "string"}},
                    {"name": "limit", "in": "query", "schema": {"$ref": "#/components/schemas/Limit"}},
                    {"name": "word", "in": "query", "required": true, "schema": {"type": "string", "enum": ["a", "b"]}},
                ],
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
            }}},
            "components": {"schemas": {
                "Limit": {"type": "integer", "minimum": 1, "maximum": 200},
                "Name": {"type": "string", "maxLength": 3, "format": "even"},
                "Thing": {
                    "type": "object", "required": ["name"], "additionalProperties": false,
                    "properties": {
                        "name": {"$ref": "#/components/schemas/Name"},
                        "other": {"oneOf": [{"$ref": "#/components/schemas/Name"}, {"type": "null"}]},
                        "parts": {"type": "array", "uniqueItems": true, "items": {"$ref": "#/components/schemas/Name"}},
                        "a": {"type": ["string", "null"]}, "b": {"type": ["string", "null"]},
                    },
                    "allOf": [{"oneOf": [
                        {"required": ["a"], "properties": {"a": {"not": {"type": "null"}}, "b": {"type": "null"}}},
                        {"required": ["b"], "properties": {"b": {"not": {"type": "null"}}, "a": {"type": "null"}}},
                    ]}],
                },
            }},
        });
        Contract::of(&document, FORMATS).expect("a valid document")
    }

    fn circumstances() -> Circumstances {
        let today = "2026-11-29".parse().expect("a day");
        Circumstances { today, synthetic_ids: SyntheticIds::Refused }
    }

    fn faults(body: &str, query: &str) -> Vec<(String, String)> {
        let problem =
            contract().body::<Body>("make", (body.as_bytes(), query), circumstances()).expect_err("refused");
        problem.errors.into_iter().map(|error| (error.pointer, error.detail)).collect()
    }

    fn places(body: &str, query: &str) -> Vec<String> {
        faults(body, query).into_iter().map(|(pointer, _)| pointer).collect()
    }

    #[test]
    fn all_faults_are_named_at_once_each_at_its_place() {
        let body = r#"{"other": "odd", "parts": ["ab", "x", "ab"], "zz": 1, "a": 7}"#;
        assert_eq!(
            places(body, "limit=0&word=c&more=1&limit=9"),
            ["/a", "/name", "/other", "/parts/1", "/parts/2", "/zz", "?limit", "?more", "?word"]
        );
    }

    #[test]
    fn the_reason_is_that_of_the_parser_where_there_is_one() {
        let told = |body| faults(body, "word=a").into_iter().map(|(_, detail)| detail).collect::<Vec<_>>();
        assert_eq!(told(r#"{"name": "abcde", "a": "x"}"#), ["must be even"]);
        assert_eq!(told(r#"{"name": "abcd", "a": "x"}"#), ["must be at most 3 characters"]);
        assert_eq!(told(r#"{"name": 7, "a": "x"}"#), ["must be a text"]);
        assert_eq!(told("[]"), ["must be an object"]);
    }

    #[test]
    fn fields_that_exclude_each_other_are_named() {
        assert_eq!(places(r#"{"name": "ab"}"#, "word=a"), ["/a"]);
        assert_eq!(places(r#"{"name": "ab", "a": "x", "b": "y"}"#, "word=a"), ["/b"]);
        assert_eq!(places(r#"{"name": "ab", "a": null, "b": null}"#, "word=a"), ["/a"]);
        for body in [r#"{"name": "ab", "b": "y"}"#, r#"{"name": "ab", "a": null, "b": "y"}"#] {
            assert!(
                contract()
                    .body::<Body>("make", (body.as_bytes(), "word=b&limit=200"), circumstances())
                    .is_ok(),
                "{body}"
            );
        }
    }

    fn of_one_field(schema: &Value) -> Result<Contract, BadDocument> {
        const PARSED: Formats = Formats(&[("date", |_| Ok(())), ("national-id", |_| Ok(()))]);
        let list = json!({"type": "array", "items": {"$ref": "#/components/schemas/Part"}});
        let document = json!({
            "paths": {"/": {"post": {
                "operationId": "make",
                "parameters": [{"name": "when", "in": "query", "schema": {"$ref": "#/components/schemas/Part"}}],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object", "properties": {"parts": {"oneOf": [list, {"type": "null"}]}},
                }}}},
            }}},
            "components": {"schemas": {"Part": schema}},
        });
        Contract::of(&document, PARSED)
    }

    fn refused(schema: &Value, part: &str) -> Vec<String> {
        let contract = of_one_field(schema).expect("a valid document");
        let body = format!(r#"{{"parts": ["{part}"]}}"#);
        let query = format!("when={part}");
        let answer = contract.body::<Value>("make", (body.as_bytes(), &query), circumstances());
        answer.err().into_iter().flat_map(|problem| problem.errors).map(|error| error.pointer).collect()
    }

    #[test]
    fn a_day_is_within_its_bounds_wherever_it_stands() {
        let day = json!({"type": "string", "format": "date", "x-earliest": "-P1Y", "x-latest": "P0D"});
        assert!(refused(&day, "2025-11-29").is_empty() && refused(&day, "2026-11-29").is_empty());
        for outside in ["2025-11-28", "2026-11-30"] {
            assert_eq!(refused(&day, outside), ["/parts/0", "?when"], "{outside}");
        }
        for unbounded in
            [json!({"type": "string", "format": "date"}), json!({"format": "date", "x-latest": "P0D"})]
        {
            assert!(of_one_field(&unbounded).is_err(), "{unbounded}");
        }
    }

    #[test]
    fn a_synthetic_number_is_refused_wherever_it_stands() {
        let number = json!({"type": "string", "format": "national-id"});
        assert_eq!(refused(&number, "44851521221"), ["/parts/0", "?when"]);
    }

    #[test]
    fn a_format_without_a_check_is_an_error() {
        let document = json!({"paths": {"/": {"get": {
            "operationId": "look", "parameters": [
                {"name": "x", "in": "query", "schema": {"type": "string", "format": "unheard-of"}},
            ],
        }}}});
        assert!(Contract::of(&document, FORMATS).is_err());
    }
}
