//! The API document (OpenAPI 3.1), generated from the code and the rules.

use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, Required,
    path::{Operation, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    access::{Policies, actions, joined, public},
    kernel::page::{Cursor, Limit},
    operations,
    problem::ProblemDocument,
};

const DESCRIPTION: &str = "\
The shared record (stafettlogg) that follows a child who gets help from several municipal services. It shows who is \
contact person, what has been agreed, when it is evaluated, who may see it and why, and who has accessed it.

Log in at `/v1/auth/login` and send the access token as `Authorization: Bearer …`. Errors are problem documents \
(RFC 9457). Objects that the caller may not know about return `404`. Lists are paged with `cursor` and `limit`, and \
contain no totals. Changes require `If-Match` with the `ETag` that was read. A POST may have an `Idempotency-Key`.";

/// Generates the API document. The rules supply who may do what.
#[must_use]
pub fn document(policies: &Policies) -> OpenApi {
    let mut document = operations::describe();
    document.info = InfoBuilder::new()
        .title("Stafett")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(DESCRIPTION))
        .license(Some(
            LicenseBuilder::new().name("MIT OR Apache-2.0").identifier(Some("MIT OR Apache-2.0")).build(),
        ))
        .contact(Some(ContactBuilder::new().name(Some("The Stafett authors")).build()))
        .build();
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), ProblemDocument::schema());
    // These occur only as parameters, which do not bring their schemas.
    components.schemas.insert("Cursor".to_owned(), Cursor::schema());
    components.schemas.insert("Limit".to_owned(), Limit::schema());
    let mut parts = Vec::new();
    ProblemDocument::schemas(&mut parts);
    components.schemas.extend(parts);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(|operation| complete(operation, policies));
        if let Some(post) = &mut item.post
            && post.security.is_some()
            && post.operation_id.as_deref().is_some_and(|id| actions::facts_of(id).takes_key())
        {
            parameter(
                post,
                "Idempotency-Key",
                "A repeated request with the same key is performed only once",
                Required::False,
            );
        }
    }
    document
}

fn complete(operation: &mut Operation, policies: &Policies) {
    let name = operation.operation_id.clone().unwrap_or_default();
    if public::ALL.contains(&name.as_str()) {
        return;
    }
    operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    let mut text = operation.description.take().unwrap_or_default();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    text.push_str("Allowed by these rules:\n");
    for rule in policies.rules().filter(|rule| rule.actions.contains(&name)) {
        text.push_str(&format!("- {} (`{}`; {})\n", rule.summary, rule.id, joined(&rule.legal_basis)));
    }
    operation.description = Some(text);
    if operation.responses.responses.contains_key("412") {
        parameter(operation, "If-Match", "The `ETag` of the version to change", Required::True);
    }
}

fn parameter(operation: &mut Operation, name: &str, description: &str, required: Required) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build();
    operation.parameters.get_or_insert_with(Vec::new).push(parameter.into());
}
