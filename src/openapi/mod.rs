//! The API document (OpenAPI 3.1), generated from the code and the rules.

mod conditions;
mod finishing;
mod headers;

use serde_json::Value;
use utoipa::openapi::{
    Components, ContactBuilder, InfoBuilder, LicenseBuilder, OpenApi, Ref, Required, Server,
    path::{Operation, ParameterBuilder, ParameterIn},
    schema::{ObjectBuilder, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    tag::TagBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use crate::{
    access::{ENTITY_TAGS, IDEMPOTENCY_KEY, Policies, Rule, actions, joined, public},
    accounts::ChosenUsername,
    identity::Password,
    kernel::{NationalId, OrganisationNumber, day, ids, page, text},
    operations,
    problem::{BadDocument, Contract, Formats, ProblemDocument},
};

/// The check of each `format` of a string in the API document: the parser that the service uses.
const FORMATS: Formats = Formats(&[
    ("date", |text| day::parse_day(text).map(|_| ()).map_err(ToOwned::to_owned)),
    ("date-time", |text| day::parse_time(text).map(|_| ()).map_err(ToOwned::to_owned)),
    ("national-id", |text| NationalId::parse(text).map(|_| ()).map_err(|error| error.to_string())),
    ("organisation-number", |text| OrganisationNumber::parse(text).map(|_| ()).map_err(ToOwned::to_owned)),
    ("new-password", |text| Password::parse(text).map(|_| ()).map_err(|error| error.to_string())),
    ("line", text::check_line),
    ("text", text::check_text),
    ("username", |text| ChosenUsername::parse(text).map(|_| ()).map_err(ToOwned::to_owned)),
    ("uuid", |text| ids::parse_uuid(text).map(|_| ()).map_err(|error| error.to_string())),
    // These only help a client to show or hold a value.
    ("password", |_| Ok(())),
    ("int32", |_| Ok(())),
    ("int64", |_| Ok(())),
]);

/// The groups of operations.
const TAGS: &[(&str, &str)] = &[
    (
        "access log",
        "Entries about every access and its ground, with proofs that nothing is changed or missing.",
    ),
    ("accounts", "Accounts of people, and their passwords."),
    ("cases", "Cases: why a child gets help, the level, the contact person and the history."),
    ("catalogue", "What each municipality offers: its guide, its arenas and its measures."),
    ("child welfare reports", "Reports to child welfare, and its replies. They are kept outside the case."),
    ("children", "Children, their guardians, contact details and care orders."),
    ("concerns", "Concerns about a child, until a decision is made."),
    ("conflicts of interest", "Who must not work with a child, beside the child's own family."),
    ("consent requests", "Consent that the contact person asks for, and the answers."),
    ("consents", "Consents to sharing information between services, and their withdrawal."),
    (
        "disclosures",
        "Disclosures without consent, on a statutory basis, and objections to sharing among health personnel.",
    ),
    (
        "emergency access",
        "Access to one case for an hour when a life or a child's health is in danger, and its review.",
    ),
    ("absences", "Members of staff who are away, and those who stand in."),
    ("claims", "What other registrations state about a child."),
    ("follow-ups", "What awaits the caller."),
    ("goals", "The goals of a case."),
    ("next steps", "What happens next in a case, who has it and by when."),
    ("handovers", "Handovers of the role of contact person."),
    ("health", "Whether the service runs and can serve."),
    ("measures", "The measures agreed for a child, and their evaluations."),
    ("meetings", "Meetings on a case, their minutes and decisions."),
    ("notes", "Notes in the record of a case."),
    ("referrals", "Referrals of a child to a service, and the answers."),
    ("organisation", "Municipalities, units, and the roles of staff."),
    ("records", "Records that the family downloads, signed, and what it brings from them to another case."),
    ("rules", "The rules of confidentiality, and why they allow or refuse something."),
    ("sessions", "Logging in and out."),
    ("teams", "The team of a case."),
    ("transitions", "Moves of a child's record to another unit."),
    ("withholdings", "What is withheld from a guardian, and why."),
];

const DESCRIPTION: &str = "\
The shared record (stafettlogg) that follows a child who gets help from several municipal services. It shows who is \
contact person, what has been agreed, when it is evaluated, who may see it and why, and who has accessed it.

Log in at `/v1/auth/login` and send the access token as `Authorization: Bearer …`. Errors are problem documents \
(RFC 9457). Objects that the caller may not know about return `404`. Lists are paged with `cursor` and `limit`, and \
contain no totals. Changes require `If-Match` with the `ETag` that was read. A POST may have an `Idempotency-Key`.

`HEAD` is answered wherever `GET` is. `OPTIONS` is answered 204, and a method that a path lacks 405, both with `Allow`. A \
request that is not HTTP, is too slow or has too large headers is refused with 400, 408 or 431, and its connection ends. \
Every answer has a `request-id`, and a problem document has it as `request_id`.";

/// Generates the API document. The rules supply who may do what.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn document(policies: &Policies) -> serde_json::Result<Value> {
    let mut document = serde_json::to_value(described(policies))?;
    finishing::finish(&mut document);
    Ok(document)
}

/// Reads what each operation takes from the API document.
///
/// # Errors
/// If the document is not valid.
pub fn contract(document: &Value) -> Result<Contract, BadDocument> {
    Contract::of(document, FORMATS)
}

fn described(policies: &Policies) -> OpenApi {
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
    document.servers = Some(vec![Server::new("/")]);
    let tags = TAGS.iter().map(|(name, text)| TagBuilder::new().name(*name).description(Some(*text)).build());
    document.tags = Some(tags.collect());
    let components = document.components.get_or_insert_with(Components::new);
    components.schemas.insert("Problem".to_owned(), ProblemDocument::schema());
    // These occur only as parameters, which do not bring their schemas.
    components.schemas.insert("Cursor".to_owned(), page::Cursor::<uuid::Uuid>::schema());
    components.schemas.insert("Limit".to_owned(), page::Limit::schema());
    components.schemas.insert("LogTime".to_owned(), day::LogTime::schema());
    for (name, pattern) in
        [("IdempotencyKey", IDEMPOTENCY_KEY), ("IfMatch", ENTITY_TAGS), ("IfNoneMatch", ENTITY_TAGS)]
    {
        let schema = ObjectBuilder::new().schema_type(Type::String).pattern(Some(pattern));
        components.schemas.insert(name.to_owned(), schema.into());
    }
    let mut parts = Vec::new();
    ProblemDocument::schemas(&mut parts);
    components.schemas.extend(parts);
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
        operations.into_iter().flatten().for_each(|operation| complete(operation, policies));
        if let Some(post) = &mut item.post
            && post.security.as_ref().is_some_and(|schemes| !schemes.is_empty())
            && post.operation_id.as_deref().is_some_and(|id| actions::facts_of(id).takes_key())
        {
            let text = "A repeated request with the same key is performed only once";
            parameter(post, "Idempotency-Key", text, "IdempotencyKey", Required::False);
        }
    }
    document
}

fn complete(operation: &mut Operation, policies: &Policies) {
    let name = operation.operation_id.clone().unwrap_or_default();
    summarise(operation);
    if public::ALL.contains(&name.as_str()) {
        operation.security = Some(Vec::new());
        let text = operation.description.take().map(|text| text + "\n\n").unwrap_or_default();
        operation.description = Some(format!("{text}No log-in is needed: {}", public::why(&name)));
        return;
    }
    operation.security = Some(vec![SecurityRequirement::new("bearer", Vec::<String>::new())]);
    let mut text = operation.description.take().unwrap_or_default();
    if !text.is_empty() {
        text.push_str("\n\n");
    }
    let about = policies.rules().filter(|rule| rule.actions.contains(&name));
    let (forbid, allow): (Vec<&Rule>, Vec<&Rule>) = about.partition(|rule| rule.forbids);
    push_rules(&mut text, "Allowed by these rules", &allow);
    push_rules(&mut text, "Forbidden by these rules, whatever other rules allow", &forbid);
    operation.description = Some(text);
    if operation.responses.responses.contains_key("412") {
        let text = "The `ETag` of the version to change, or `*`";
        parameter(operation, "If-Match", text, "IfMatch", Required::True);
    }
}

/// Lists rules under a heading, if there are any.
fn push_rules(text: &mut String, heading: &str, rules: &[&Rule]) {
    if rules.is_empty() {
        return;
    }
    if text.ends_with('\n') {
        text.push('\n');
    }
    text.push_str(&format!("{heading}:\n\n"));
    for rule in rules {
        text.push_str(&format!("- {} (`{}`; {})\n", rule.summary, rule.id, joined(&rule.legal_basis)));
    }
}

/// Makes the first sentence the summary. The others of its paragraph lead the description.
fn summarise(operation: &mut Operation) {
    let paragraph = operation.summary.take().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let begins = |word: &&str| word.starts_with(|c: char| c.is_uppercase() || c == '`');
    let ends = (1..words.len()).find(|at| words[at - 1].ends_with('.') && begins(&words[*at]));
    let (first, others) = words.split_at(ends.unwrap_or(words.len()));
    operation.summary = Some(first.join(" "));
    let rest = [Some(others.join(" ")), operation.description.take()];
    let rest: Vec<String> = rest.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    operation.description = (!rest.is_empty()).then(|| rest.join("\n\n"));
}

fn parameter(operation: &mut Operation, name: &str, description: &str, schema: &str, required: Required) {
    let parameter = ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(required)
        .description(Some(description))
        .schema(Some(Ref::from_schema_name(schema)))
        .build();
    operation.parameters.get_or_insert_with(Vec::new).push(parameter.into());
}
