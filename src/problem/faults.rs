//! The faults that a schema finds in a value, each at its place and in plain words.

use std::collections::BTreeMap;

use jsonschema::{
    Draft, Registry, ValidationError, Validator,
    error::{TypeKind, ValidationErrorKind},
};
use serde_json::Value;

use super::FieldError;

/// The number of faults in one answer.
const AT_MOST: usize = 100;

/// The check of a `format`: the parser that the service uses, with its reason to refuse.
pub type Check = fn(&str) -> Result<(), String>;

/// The checks of all formats.
#[derive(Debug, Clone, Copy)]
pub struct Formats(pub &'static [(&'static str, Check)]);

impl Formats {
    /// Compiles a schema. A format that has no check is an error.
    pub(super) fn validator(
        self,
        schema: &Value,
        registry: &Registry<'_>,
    ) -> Result<Validator, ValidationError<'static>> {
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_registry(registry)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            .with_pattern_options(jsonschema::PatternOptions::regex());
        let checked = self.0.iter().fold(options, |options, (name, check)| {
            options.with_format(*name, |text: &str| check(text).is_ok())
        });
        checked.build(schema)
    }

    fn reason(self, format: &str, value: &Value) -> Option<String> {
        let (_, check) = self.0.iter().find(|(name, _)| *name == format)?;
        check(value.as_str()?).err()
    }
}

/// Faults, one at each place.
#[derive(Debug, Default)]
pub(super) struct Faults(BTreeMap<String, Fault>);

/// The fault at a place. The reason of a format says more than that of a pattern or a length.
#[derive(Debug)]
struct Fault {
    detail: String,
    by_format: bool,
}

impl Faults {
    /// Adds a fault.
    pub(super) fn push(&mut self, error: FieldError) {
        self.add(error.pointer, error.detail, false);
    }

    /// Adds the faults that a schema finds. `start` takes the place of the first `/` of each pointer.
    pub(super) fn find(&mut self, start: &str, schema: &Validator, value: &Value, formats: &Formats) {
        if schema.is_valid(value) {
            return;
        }
        let mut found = Self::default();
        schema.iter_errors(value).take(AT_MOST).for_each(|error| found.describe(&error, *formats));
        for (pointer, fault) in found.0 {
            let pointer = match pointer.strip_prefix('/') {
                Some(rest) if !start.is_empty() => format!("{start}{rest}"),
                _ => pointer,
            };
            self.add(pointer, fault.detail, fault.by_format);
        }
    }

    pub(super) fn into_errors(self) -> Vec<FieldError> {
        let faults = self.0.into_iter().take(AT_MOST);
        faults.map(|(pointer, fault)| FieldError { pointer, detail: fault.detail }).collect()
    }

    fn add(&mut self, pointer: String, detail: String, by_format: bool) {
        let known = self.0.get(&pointer).is_some_and(|known| known.by_format || !by_format);
        if !known {
            self.0.insert(pointer, Fault { detail, by_format });
        }
    }

    fn describe(&mut self, error: &ValidationError<'_>, formats: Formats) {
        let at = error.instance_path().as_str();
        let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        match error.kind() {
            ValidationErrorKind::Required { property } => {
                self.add(below(property.as_str().unwrap_or_default()), "is required".to_owned(), false);
            }
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected.iter().take(AT_MOST) {
                    self.add(below(name), "is not a known field".to_owned(), false);
                }
            }
            ValidationErrorKind::OneOfNotValid { context } | ValidationErrorKind::AnyOf { context } => {
                nearest(context, at).iter().for_each(|error| self.describe(error, formats));
            }
            ValidationErrorKind::UniqueItems => {
                let items = error.instance().as_array().map(Vec::as_slice).unwrap_or_default();
                for index in (1..items.len()).filter(|index| items[..*index].contains(&items[*index])) {
                    self.add(format!("{at}/{index}"), "is listed twice".to_owned(), false);
                }
            }
            ValidationErrorKind::Format { format } => {
                let reason = formats.reason(format, error.instance());
                self.add(at.to_owned(), reason.unwrap_or_else(|| format!("must be a {format}")), true);
            }
            kind => self.add(at.to_owned(), plain(kind), false),
        }
    }
}

/// Returns the errors of the alternative that the value comes nearest to: one of the right type, with the fewest errors.
fn nearest<'a>(
    alternatives: &'a [Vec<ValidationError<'static>>],
    at: &str,
) -> &'a [ValidationError<'static>] {
    let distance = |errors: &&Vec<ValidationError<'static>>| {
        let other_type = |error: &ValidationError<'_>| {
            matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().as_str() == at
        };
        let null = errors.iter().any(|error| other_type(error) && plain(error.kind()) == LEFT_OUT);
        (errors.iter().any(other_type), null, errors.len())
    };
    alternatives.iter().min_by_key(distance).map(Vec::as_slice).unwrap_or_default()
}

const LEFT_OUT: &str = "must be left out";

/// Says what a value must be.
fn plain(kind: &ValidationErrorKind) -> String {
    use ValidationErrorKind as Kind;
    match kind {
        Kind::Type { kind: TypeKind::Single(kind) } => match kind.to_string().as_str() {
            "null" => LEFT_OUT.to_owned(),
            "integer" => "must be a whole number".to_owned(),
            "array" => "must be a list".to_owned(),
            "boolean" => "must be true or false".to_owned(),
            "object" => "must be an object".to_owned(),
            "string" => "must be a text".to_owned(),
            other => format!("must be a {other}"),
        },
        Kind::Type { kind: TypeKind::Multiple(kinds) } => {
            let kinds: Vec<String> = kinds.iter().map(|kind| kind.to_string()).collect();
            format!("must be one of the types {}", kinds.join(", "))
        }
        Kind::Not { .. } => "is required".to_owned(),
        Kind::Enum { options } => format!("must be one of: {}", words(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::MinLength { limit } => format!("must be at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must be at most {limit} characters"),
        Kind::MinItems { limit } => format!("must contain at least {limit}"),
        Kind::MaxItems { limit } => format!("must contain at most {limit}"),
        Kind::MinProperties { limit } => format!("must contain at least {limit} of the fields"),
        Kind::MaxProperties { limit } => format!("must contain at most {limit} of the fields"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::Pattern { pattern } => format!("must match {pattern}"),
        Kind::OneOfMultipleValid { .. } => "must be only one of the alternatives".to_owned(),
        _ => "is not valid".to_owned(),
    }
}

fn words(options: &Value) -> String {
    let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let words: Vec<&str> = options.iter().filter_map(Value::as_str).collect();
    words.join(", ")
}
