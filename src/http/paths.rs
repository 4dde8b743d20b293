//! The paths of the API, their methods and operations; and the response when no operation matches: 405 if the path supports
//! other methods, otherwise 404.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError,
    http::{
        Method,
        header::{self, HeaderValue},
    },
    web,
};
use serde_json::Value;

use super::Template;
use crate::problem::{Code, Problem};

/// The paths of the API and their methods, from the API document.
#[derive(Debug)]
pub struct Paths(Vec<Route>);

/// A path with its operations.
#[derive(Debug)]
struct Route {
    template: Template,
    /// The methods that have an operation, and its name.
    operations: Vec<(Method, String)>,
    allow: String,
}

/// The paths beside the API, and the page at `/docs/` with its files.
const BESIDE: [&str; 4] = ["/openapi.json", "/docs", "/docs/", "/docs/{_:.*}"];

impl Paths {
    /// Reads them from the API document.
    #[must_use]
    pub fn of(document: &Value) -> Self {
        let paths = document["paths"].as_object().into_iter().flatten();
        let paths = paths.map(|(path, item)| Route::new(path, operations(item)));
        let beside =
            BESIDE.map(|path| Route::new(path, vec![(Method::GET, "read_documentation".to_owned())]));
        Self(paths.chain(beside).collect())
    }

    /// Returns the methods of the path of a request; none if it is not in the API.
    #[must_use]
    pub fn allowed_to(request: &HttpRequest) -> Option<HeaderValue> {
        let paths = request.app_data::<web::Data<Self>>()?;
        HeaderValue::from_str(paths.methods(request.path())?).ok()
    }

    /// Returns the name of the operation that a request asks for; none if there is no such operation.
    #[must_use]
    pub fn operation(request: &HttpRequest) -> Option<&str> {
        let paths = request.app_data::<web::Data<Self>>()?;
        let asked = request.method();
        let is_asked = |own: &Method| own == asked || (*own == Method::GET && *asked == Method::HEAD);
        let route = paths.0.iter().find(|route| route.template.fits(request.path()))?;
        let operation = route.operations.iter().find(|(own, _)| is_asked(own));
        operation.map(|(_, name)| name.as_str())
    }

    fn methods(&self, path: &str) -> Option<&str> {
        self.0.iter().find(|route| route.template.fits(path)).map(|route| route.allow.as_str())
    }
}

impl Route {
    fn new(template: &str, operations: Vec<(Method, String)>) -> Self {
        let mut methods: Vec<&str> = operations.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        methods.push("OPTIONS");
        let allow = methods.join(", ");
        Self { template: Template::of(template), operations, allow }
    }
}

fn operations(item: &Value) -> Vec<(Method, String)> {
    let known = [
        (Method::GET, "get"),
        (Method::POST, "post"),
        (Method::PUT, "put"),
        (Method::PATCH, "patch"),
        (Method::DELETE, "delete"),
    ];
    let named = known.into_iter().filter_map(|(method, name)| Some((method, item.get(name)?)));
    let id = |operation: &Value| operation["operationId"].as_str().unwrap_or_default().to_owned();
    named.map(|(method, operation)| (method, id(operation))).collect()
}

/// Responds to a request that matches no operation.
pub async fn no_such_route(request: HttpRequest) -> HttpResponse {
    let Some(methods) = Paths::allowed_to(&request) else {
        return Problem::not_found().error_response();
    };
    let mut response = Problem::new(Code::MethodNotAllowed).error_response();
    response.headers_mut().insert(header::ALLOW, methods);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_api_is_known_by_its_template() {
        let operations = [(Method::GET, "read_case"), (Method::PATCH, "update_case")];
        let operations = operations.map(|(method, name)| (method, name.to_owned())).to_vec();
        let paths = Paths(vec![Route::new("/v1/cases/{case_id}", operations)]);
        assert_eq!(paths.methods("/v1/cases/7"), Some("GET, PATCH, HEAD, OPTIONS"));
        assert_eq!(paths.methods("/v1/cases/"), None);
        assert_eq!(paths.methods("/v1/cases/7/8"), None);
    }
}
