//! The API document, generated from the code.

use std::sync::{Arc, LazyLock};

use reqwest::Method;
use serde_json::Value;
use stafett::{
    access::{Policies, public},
    app::Description,
    openapi,
};

/// The rules, loaded once per process.
pub fn rules() -> Arc<Policies> {
    static RULES: LazyLock<Arc<Policies>> =
        LazyLock::new(|| Arc::new(Policies::load().expect("valid rules")));
    RULES.clone()
}

/// The description that every world serves.
pub fn description() -> &'static Description {
    static DESCRIPTION: LazyLock<Description> =
        LazyLock::new(|| Description::of(&rules()).expect("a description"));
    &DESCRIPTION
}

/// The document.
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| openapi::document(&rules()).expect("a document"));
    &DOCUMENT
}

/// One operation of the document.
#[derive(Debug, Clone)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// With its parameters, as `/v1/cases/{case_id}`.
    pub path: String,
    /// The operation in the document.
    pub says: Value,
    /// The example of its request body.
    pub example: Option<Value>,
}

impl Operation {
    /// All operations, in the order of the document.
    pub fn all() -> Vec<Self> {
        Self::read().to_vec()
    }

    fn read() -> &'static [Self] {
        static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(Operation::of_document);
        &OPERATIONS
    }

    fn of_document() -> Vec<Self> {
        let document = document();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, says) in item.as_object().expect("operations") {
                let Ok(method) = method.to_uppercase().parse() else { continue };
                let id = says["operationId"].as_str().expect("an operationId").to_owned();
                let example = example(document, says);
                all.push(Self { id, method, path: path.clone(), says: says.clone(), example });
            }
        }
        all
    }

    /// The operation that answers a request, if there is one. A literal path comes before one with parameters.
    pub fn at(method: &Method, path: &str) -> Option<&'static Self> {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut found: Vec<_> = Self::read()
            .iter()
            .filter(|operation| operation.method == *method && is_path(&operation.path, path))
            .collect();
        found.sort_by_key(|operation| operation.path.matches('{').count());
        found.first().copied()
    }

    pub fn named(id: &str) -> Self {
        Self::read().iter().find(|operation| operation.id == id).expect("an operation of this name").clone()
    }

    /// All non-public operations that may change something.
    pub fn writes() -> Vec<Self> {
        let mut writes = Self::all();
        writes.retain(|operation| operation.method != Method::GET && !operation.is_public());
        writes
    }

    pub fn is_public(&self) -> bool {
        public::ALL.contains(&self.id.as_str())
    }

    pub fn takes_body(&self) -> bool {
        !self.says["requestBody"].is_null()
    }

    pub fn wants_if_match(&self) -> bool {
        self.has_parameter("If-Match")
    }

    pub fn takes_idempotency_key(&self) -> bool {
        self.has_parameter("Idempotency-Key")
    }

    /// Returns whether it is a paged list.
    pub fn is_paged(&self) -> bool {
        self.has_parameter("limit")
    }

    fn has_parameter(&self, name: &str) -> bool {
        let parameters = self.says["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
        parameters.iter().any(|parameter| parameter["name"] == name)
    }

    /// The statuses that the document names.
    pub fn statuses(&self) -> Vec<u16> {
        let responses = self.says["responses"].as_object().expect("responses");
        responses.keys().filter_map(|status| status.parse().ok()).collect()
    }

    /// The path with each parameter replaced.
    pub fn path_with(&self, value: impl Fn(&str) -> String) -> String {
        let mut path = String::new();
        let mut rest = self.path.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').expect("a closed parameter");
            path = path + before + &value(name);
            rest = after;
        }
        path + rest
    }

    /// A path to nothing: a random id for each parameter.
    pub fn path_to_nothing(&self) -> String {
        self.path_with(|_| uuid::Uuid::now_v7().to_string())
    }
}

/// Returns whether a path fits a template of the document.
fn is_path(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(given))
                if expected == given || (expected.starts_with('{') && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

fn example(document: &Value, says: &Value) -> Option<Value> {
    let content = &says["requestBody"]["content"]["application/json"];
    let reference = content["schema"]["$ref"].as_str()?;
    let schema = document.pointer(reference.strip_prefix('#')?)?;
    schema.get("example").cloned()
}
