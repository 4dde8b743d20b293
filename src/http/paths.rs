//! The response when no operation matches: 405 if the path supports other methods, otherwise 404.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::header::{self, HeaderValue},
    web,
};
use serde_json::Value;

use crate::problem::{Code, Problem};

/// The paths of the API and their methods, from the API document.
#[derive(Debug)]
pub struct Paths(Vec<(Vec<String>, String)>);

impl Paths {
    /// Reads them from the API document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        Self(
            paths
                .map(|(path, item)| (path.split('/').map(ToOwned::to_owned).collect(), methods(item)))
                .collect(),
        )
    }

    /// Returns the methods of a path; none if it is not in the API.
    fn methods(&self, path: &str) -> Option<&str> {
        let parts: Vec<&str> = path.split('/').collect();
        let fits = |template: &[String]| {
            template.len() == parts.len()
                && template
                    .iter()
                    .zip(&parts)
                    .all(|(t, part)| t == part || (t.starts_with('{') && !part.is_empty()))
        };
        self.0.iter().find(|(template, _)| fits(template)).map(|(_, methods)| methods.as_str())
    }
}

fn methods(item: &Value) -> String {
    let known =
        ["get", "post", "put", "patch", "delete"].into_iter().filter(|method| item.get(method).is_some());
    known.map(str::to_uppercase).collect::<Vec<_>>().join(", ")
}

/// Responds to a request that matches no operation.
pub async fn no_such_route(request: HttpRequest, paths: web::Data<Paths>) -> HttpResponse {
    let Some(methods) = paths.methods(request.path()) else {
        return Problem::not_found().error_response();
    };
    let mut response = Problem::new(Code::MethodNotAllowed).error_response();
    if let Ok(methods) = HeaderValue::from_str(methods) {
        response.headers_mut().insert(header::ALLOW, methods);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_api_is_known_by_its_template() {
        let split = |path: &str| path.split('/').map(ToOwned::to_owned).collect();
        let paths = Paths(vec![(split("/v1/cases/{case_id}"), "GET, PATCH".to_owned())]);
        assert_eq!(paths.methods("/v1/cases/7"), Some("GET, PATCH"));
        assert_eq!(paths.methods("/v1/cases/"), None);
        assert_eq!(paths.methods("/v1/cases/7/8"), None);
    }
}
