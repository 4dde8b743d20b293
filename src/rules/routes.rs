//! The operation on the rules.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use crate::{
    access::{Public, Rule, public::ListPolicies},
    kernel::Page,
    problem::{Result, docs::PublicProblems},
};

/// Adds the operation to the service.
pub fn configure(config: &mut ServiceConfig) {
    config.service(list_policies);
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
