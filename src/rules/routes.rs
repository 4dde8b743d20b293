//! Operations on the rules.

use actix_web::{HttpResponse, get, post};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use super::dto::{AloneRuleOut, KindRuleOut, QuestionIn, RefusedKindOut, RuleOut};
use crate::{
    access::{
        Explanation, Kinds, Permit, Public, Question, Whole,
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

/// Lists the confidentiality rules: who may do what, and the legal basis of each.
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

/// The kinds of information.
#[derive(Debug, Serialize, ToSchema)]
struct InformationKindsOut {
    /// The kinds that may be in the record: who sees them, and who consents to sharing them between units.
    kinds: Vec<KindRuleOut>,
    /// The kinds that must not be in the record, and what to do instead.
    refused: Vec<RefusedKindOut>,
    /// The laws by which one guardian consents alone, and their conditions.
    alone: Vec<AloneRuleOut>,
}

/// Lists the kinds of information: who sees each, who must consent to sharing it and from which age, and the kinds that
/// must not be in the record.
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
        alone: Kinds::alone().iter().map(|rule| AloneRuleOut::on(rule, today)).collect(),
    };
    public.show(&kinds)
}

/// Explains why a person may or may not do something, and what would change the answer.
///
/// The rules are evaluated as for the operation itself. For each way to the opposite answer, the result lists the facts
/// that would have to change, the rules that would then decide, and why the facts are as they are. Anyone may ask about
/// themselves. If the object does not exist or the caller may not know about it, the answer is the same: `deny` with
/// `known` false. An auditor may ask about anyone, within the municipalities they audit. Nothing is changed.
#[utoipa::path(
    operation_id = "explain_access", tag = "rules", request_body = QuestionIn,
    responses((status = 200, body = Explanation, description = "The answer, with ids and dates but no content"), WriteProblems),
)]
#[post("/access/explain")]
async fn explain_access(mut permit: Permit<ExplainAccess>) -> Result<HttpResponse> {
    let QuestionIn { person_id, action, resource, at } = permit.input()?;
    let question = Question {
        person: person_id.unwrap_or(permit.caller().account),
        action: action.to_string(),
        ids: resource,
        day: at.map_or(permit.moment().today, day_in_norway),
    };
    let explanation = permit.explain(question).await?;
    permit.note_shown([explanation.person_id]);
    permit.show(&explanation.whole())
}
