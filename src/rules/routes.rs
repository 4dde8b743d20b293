//! The operation on the rules.

use actix_web::{HttpResponse, get};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::{
        KindRule, Kinds, Public, RefusedKind, Rule,
        public::{ListInformationKinds, ListPolicies},
    },
    kernel::Page,
    problem::{Result, docs::PublicProblems},
};

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_policies).service(list_information_kinds);
}

/// Lists the rules of confidentiality: who may do what, and the law each rests on.
#[utoipa::path(
    operation_id = "list_policies", tag = "rules",
    responses((status = 200, body = Page<Rule>, description = "The rules"), PublicProblems),
)]
#[get("/policies")]
async fn list_policies(public: Public<ListPolicies>) -> Result<HttpResponse> {
    let items: Vec<&Rule> = public.policies().rules().collect();
    public.show_page(&Page { items, next_cursor: None })
}

/// Kinds of information.
#[derive(Debug, Serialize, ToSchema)]
struct InformationKindsOut {
    /// Those that may be in the record: who sees them, and who consents to their passing between units.
    kinds: Vec<KindRule>,
    /// Those that must not be, and what to do instead.
    refused: Vec<RefusedKind>,
}

/// Lists the kinds of information: who sees each, who must consent to its sharing and from which age, and those that must
/// not be in the record at all.
#[utoipa::path(
    operation_id = "list_information_kinds", tag = "rules",
    responses((status = 200, body = InformationKindsOut, description = "The kinds"), PublicProblems),
)]
#[get("/information-kinds")]
async fn list_information_kinds(public: Public<ListInformationKinds>) -> Result<HttpResponse> {
    let kinds = InformationKindsOut {
        kinds: Kinds::rules().cloned().collect(),
        refused: Kinds::refused().cloned().collect(),
    };
    public.show(&kinds)
}
