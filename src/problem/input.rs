//! Strict parsing of bodies and queries. Errors point to the invalid field.

use serde::de::DeserializeOwned;

use super::{Code, Problem};

/// Reads a JSON body.
///
/// # Errors
/// 400 if it is not JSON.
pub(super) fn read_value(body: &[u8]) -> Result<serde_json::Value, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::explained(Code::BadRequest, format!("the body is not valid JSON: {error}")))
}

/// Returns the names and values of a query string.
///
/// # Errors
/// 400 if it is not a query string.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let pairs = actix_web::web::Query::<Vec<(String, String)>>::from_query(query);
    Ok(pairs.map_err(|error| Problem::explained(Code::BadRequest, error.to_string()))?.into_inner())
}

/// Parses a JSON body.
///
/// # Errors
/// 400 if it is not JSON; 422 with a pointer to the field if a field is unknown, missing or invalid.
pub fn parse_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let pointer = json_pointer(error.path());
        let inner = error.into_inner();
        if inner.is_data() {
            invalid(&pointer, &without_position(&inner.to_string()))
        } else if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok() {
            // The JSON parser reports a number in place of a word as a syntax error.
            Problem::field(pointer, "has the wrong type")
        } else {
            Problem::explained(Code::BadRequest, format!("the body is not valid JSON: {inner}"))
        }
    })?;
    // Serde also accepts an array for a struct, but the API does not.
    if body.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::field("", "must be an object"));
    }
    deserializer
        .end()
        .map_err(|_| Problem::explained(Code::BadRequest, "the body contains more than one JSON value"))?;
    Ok(value)
}

/// Parses a query string.
///
/// # Errors
/// 422 with the name of the parameter if one is unknown, missing, repeated or invalid.
pub fn parse_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut object = serde_json::Map::new();
    for (name, value) in pairs(query)? {
        let pointer = format!("?{name}");
        if object.insert(name, value.into()).is_some() {
            return Err(Problem::field(pointer, "is given more than once"));
        }
    }
    serde_path_to_error::deserialize(serde_json::Value::Object(object)).map_err(|error| {
        let pointer = json_pointer(error.path());
        let detail = error.into_inner().to_string();
        let mut problem = invalid(&pointer, &detail);
        for field in &mut problem.errors {
            field.pointer = field.pointer.replacen('/', "?", 1);
        }
        problem
    })
}

/// A missing or unknown field is reported at its own path, not at its parent's.
fn invalid(pointer: &str, detail: &str) -> Problem {
    let named = |start: &str| {
        let rest = detail.strip_prefix(start)?;
        rest.split('`').next()
    };
    if let Some(name) = named("missing field `") {
        return Problem::field(format!("{pointer}/{name}"), "is required");
    }
    if let Some(name) = named("unknown field `") {
        let own = format!("/{name}");
        let place = if pointer.ends_with(&own) { pointer.to_owned() } else { pointer.to_owned() + &own };
        return Problem::field(place, "is not a known field");
    }
    if let Some(name) = named("duplicate field `") {
        return Problem::field(format!("{pointer}/{name}"), "is given more than once");
    }
    Problem::field(pointer, detail)
}

fn json_pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{}", key.replace('~', "~0").replace('/', "~1")),
            Segment::Enum { variant } => format!("/{variant}"),
            Segment::Unknown => String::new(),
        })
        .collect()
}

fn without_position(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(message, _)| message).to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::kernel::{NationalId, Text};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Outer {
        inner: Vec<Inner>,
        #[serde(default)]
        when: Option<chrono::NaiveDate>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Inner {
        title: Text<5>,
        #[serde(default)]
        id: Option<NationalId>,
    }

    fn pointer(body: &str) -> String {
        let problem = parse_json::<Outer>(body.as_bytes()).expect_err("refused");
        problem.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn the_field_at_fault_is_named() {
        assert_eq!(pointer(r#"{"inner":[{"title":"a"},{"title":"too long"}]}"#), "/inner/1/title");
        assert_eq!(pointer(r#"{"inner":[{"title":"a","id":"12345678901"}]}"#), "/inner/0/id");
        assert_eq!(pointer(r#"{"inner":[{"titel":"a"}]}"#), "/inner/0/titel");
        assert_eq!(pointer(r#"{"inner":[{}]}"#), "/inner/0/title");
        assert_eq!(pointer(r#"{"inner":[],"when":"2026-02-30"}"#), "/when");
        assert_eq!(pointer(r#"{"inner":7}"#), "/inner");
        assert_eq!(pointer(r#"{"inner":[],"x":1}"#), "/x");
    }

    #[test]
    fn what_is_not_json_is_a_bad_request() {
        for body in ["", "{", "{}{}", "nonsense"] {
            let problem = parse_json::<serde_json::Value>(body.as_bytes()).err();
            let code = problem.map(|p| p.code());
            assert_eq!(code, Some(Code::BadRequest), "{body}");
        }
    }

    #[test]
    fn a_query_parameter_at_fault_is_named() {
        use crate::kernel::PageQuery;
        let pointer = |query| parse_query::<PageQuery>(query).expect_err("refused").errors[0].pointer.clone();
        assert_eq!(pointer("limit=0"), "?limit");
        assert_eq!(pointer("cursor=x"), "?cursor");
        assert_eq!(pointer("limit=1&limit=2"), "?limit");
        assert_eq!(pointer("sort=name"), "?sort");
        assert_eq!(parse_query::<PageQuery>("limit=7").expect("accepted").limit(), 7);
    }
}
