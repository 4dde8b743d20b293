//! Where the input of an operation has values whose check depends on the request: dates, times and national identity numbers.

use chrono::NaiveDate;
use serde_json::Value;

use super::{FieldError, contract::resolved, faults::Faults};
use crate::kernel::{
    NationalId,
    day::Bounds,
    national_id::{NationalIdError, SyntheticIds},
};

/// The facts by which input is checked, beside the API document.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances {
    /// The day of the request in Norway.
    pub today: NaiveDate,
    /// Whether numbers of invented people are accepted.
    pub synthetic_ids: SyntheticIds,
}

/// The places of one schema.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<(Vec<Step>, Check)>);

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Each,
}

#[derive(Debug, Clone, Copy)]
enum Check {
    Within(Bounds),
    NationalId,
}

impl Places {
    /// Finds the places of a schema.
    ///
    /// # Errors
    /// The place of a date or a time without bounds.
    pub(super) fn of(document: &Value, schema: &Value) -> Result<Self, String> {
        let mut places = Self::default();
        places.add(document, schema, &mut Vec::new())?;
        Ok(places)
    }

    fn add(&mut self, document: &Value, schema: &Value, path: &mut Vec<Step>) -> Result<(), String> {
        let schema = resolved(document, schema);
        match schema["format"].as_str() {
            Some("date" | "date-time") => {
                let bounds = Bounds::of_schema(schema);
                let bounds = bounds.ok_or_else(|| format!("a day or time at {path:?} has no bounds"))?;
                self.0.push((path.clone(), Check::Within(bounds)));
            }
            Some("national-id") => self.0.push((path.clone(), Check::NationalId)),
            _ => {}
        }
        let alternatives = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| schema[word].as_array());
        for part in alternatives.flatten() {
            self.add(document, part, path)?;
        }
        let fields = schema["properties"].as_object().into_iter().flatten();
        let fields = fields.map(|(name, part)| (Step::Field(name.clone()), part));
        let others = ["items", "additionalProperties"].into_iter().filter_map(|word| schema.get(word));
        for (step, part) in fields.chain(others.map(|part| (Step::Each, part))) {
            path.push(step);
            self.add(document, part, path)?;
            path.pop();
        }
        Ok(())
    }

    /// Adds the faults of a value. `start` begins each pointer.
    pub(super) fn find(&self, start: &str, value: &Value, by: Circumstances, faults: &mut Faults) {
        for (path, check) in &self.0 {
            check.all(path, start.to_owned(), value, by, faults);
        }
    }
}

impl Check {
    fn all(self, path: &[Step], pointer: String, value: &Value, by: Circumstances, faults: &mut Faults) {
        // The first level of a query has `?` for `/`.
        let below = |name: &str| {
            if pointer == "?" { format!("?{name}") } else { format!("{pointer}/{name}") }
        };
        match path.split_first() {
            None => {
                if let Some(Err(detail)) = value.as_str().map(|text| self.one(text, by)) {
                    faults.push(FieldError::at(pointer, detail));
                }
            }
            Some((Step::Field(name), rest)) => {
                if let Some(part) = value.get(name) {
                    self.all(rest, below(name), part, by, faults);
                }
            }
            Some((Step::Each, rest)) => {
                for (index, part) in value.as_array().into_iter().flatten().enumerate() {
                    self.all(rest, below(&index.to_string()), part, by, faults);
                }
                for (name, part) in value.as_object().into_iter().flatten() {
                    self.all(rest, below(name), part, by, faults);
                }
            }
        }
    }

    /// A text that the schema refuses has its fault already.
    fn one(self, text: &str, by: Circumstances) -> Result<(), String> {
        match self {
            Self::Within(bounds) => bounds.check_text(text, by.today),
            Self::NationalId => match NationalId::parse_with(text, by.synthetic_ids) {
                Err(synthetic @ NationalIdError::Synthetic) => Err(synthetic.to_string()),
                _ => Ok(()),
            },
        }
    }
}
