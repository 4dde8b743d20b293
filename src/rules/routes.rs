//! The operations on the rules.

use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dto::{KindRuleOut, QuestionIn, RefusedKindOut, RuleOut};
use crate::{
    access::{
        Explanation, Kinds, Permit, Public, Question,
        actions::ExplainAccess,
        public::{ListInformationKinds, ListPolicies},
    },
    kernel::{Page, clock::day_in_norway},
    problem::{
        Result,
        docs::{PublicProblems, WriteProblems},
    },
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_policies).service(list_information_kinds).service(explain_access);
}

/// Lists the rules of confidentiality: who may do what, and the law each rests on.
#[utoipa::path(
    operation_id = "list_policies", tag = "rules",
    responses((status = 200, body = Page<RuleOut>, description = "The rules"), PublicProblems),
)]
#[get("/policies")]
async fn list_policies(public: Public<ListPolicies>) -> Result<HttpResponse> {
    let today = day_in_norway(public.now());
    let items: Vec<RuleOut> = public.policies().rules().map(|rule| RuleOut::on(rule, today)).collect();
    public.show_page(&Page { items, next_cursor: None })
}

/// Kinds of information.
#[derive(Debug, Serialize, ToSchema)]
struct InformationKindsOut {
    /// Those that may be in the record: who sees them, and who consents to their passing between units.
    kinds: Vec<KindRuleOut>,
    /// Those that must not be, and what to do instead.
    refused: Vec<RefusedKindOut>,
}

/// Lists the kinds of information: who sees each, who must consent to its sharing and from which age, and those that must
/// not be in the record at all.
#[utoipa::path(
    operation_id = "list_information_kinds", tag = "rules",
    responses((status = 200, body = InformationKindsOut, description = "The kinds"), PublicProblems),
)]
#[get("/information-kinds")]
async fn list_information_kinds(public: Public<ListInformationKinds>) -> Result<HttpResponse> {
    let today = day_in_norway(public.now());
    let kinds = InformationKindsOut {
        kinds: Kinds::rules().map(|rule| KindRuleOut::on(rule, today)).collect(),
        refused: Kinds::refused().map(|kind| RefusedKindOut::on(kind, today)).collect(),
    };
    public.show(&kinds)
}

/// Explains why someone may or may not do something, and what would change the answer.
///
/// The rules are asked as for the operation itself. Each way to another answer tells which facts would have to be
/// other ones, which rules would then decide, and why the facts are as they are. About oneself anyone may ask; where
/// there is no such thing, or one may not know of it, the answer is `deny` with `known` false, and the same for both.
/// An auditor asks about anyone, in what is of a municipality that they audit. Nothing is changed.
#[utoipa::path(
    operation_id = "explain_access", tag = "rules", request_body = QuestionIn,
    responses((status = 200, body = Explanation, description = "The answer, with ids and days and no content"), WriteProblems),
)]
#[post("/access/explain")]
async fn explain_access(mut permit: Permit<ExplainAccess>) -> Result<HttpResponse> {
    let QuestionIn { person_id, action, resource, at } = permit.input()?;
    let question = Question {
        person: person_id.unwrap_or(permit.caller().person),
        action: action.to_string(),
        ids: resource,
        day: at.map_or(permit.today(), day_in_norway),
    };
    let explanation = permit.explain(question).await?;
    permit.note_shown([explanation.person_id]);
    permit.show(&explanation)
}
