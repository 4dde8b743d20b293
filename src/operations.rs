//! The operations of the API. A new module of the domain is added here.

use actix_web::{App, web};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt, scope, service_config::ServiceConfig};

use crate::{
    accounts, audit, breaches, care_orders, cases, catalogue, child_welfare_reports, children, claims,
    concerns, conflicts_of_interest, consents, contact_details, disclosures, emergency_access, follow_ups,
    goals, handovers, health, identities, log_reviews, measures, meetings, next_steps, notes, organisation,
    records, rights_calendar, rules, teams, withholdings,
};

/// The operations under `/v1`, by module.
const UNDER_V1: &[fn(&mut ServiceConfig<'_>)] = &[
    accounts::configure_sessions,
    accounts::configure,
    identities::configure,
    organisation::configure,
    catalogue::configure,
    children::configure,
    contact_details::configure,
    care_orders::configure,
    concerns::configure,
    cases::configure,
    consents::configure,
    rights_calendar::configure,
    teams::configure,
    handovers::configure,
    next_steps::configure,
    goals::configure,
    measures::configure,
    meetings::configure,
    notes::configure,
    records::configure,
    withholdings::configure,
    child_welfare_reports::configure,
    disclosures::configure,
    follow_ups::configure,
    emergency_access::configure,
    conflicts_of_interest::configure,
    claims::configure,
    audit::configure,
    log_reviews::configure,
    breaches::configure,
    rules::configure,
];

/// Registers every operation: health, and the API under `/v1`.
///
/// Each module describes its operations when it registers them. The description is dropped here, module by module, because each
/// worker registers all operations.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    health::configure(&mut ServiceConfig::new(config));
    config.service(web::scope("/v1").configure(|config| {
        for module in UNDER_V1 {
            module(&mut ServiceConfig::new(config));
        }
    }));
}

/// Returns the description of every operation.
pub(crate) fn describe() -> OpenApi {
    let mut all = OpenApi::default();
    described().for_each(|module| all.merge(module));
    all
}

/// Returns the description of each module.
fn described() -> impl Iterator<Item = OpenApi> {
    let (_, health) = App::new().into_utoipa_app().configure(health::configure).split_for_parts();
    let under_v1 = UNDER_V1.iter().map(|module| {
        let under_v1 = scope("/v1").configure(module);
        App::new().into_utoipa_app().service(under_v1).split_for_parts().1
    });
    std::iter::once(health).chain(under_v1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn no_two_modules_give_different_schemas_the_same_name() {
        let mut known = BTreeMap::new();
        for (name, schema) in described().filter_map(|module| module.components).flat_map(|all| all.schemas) {
            if let Some(other) = known.get(&name) {
                assert!(&schema == other, "{name} names two schemas");
            }
            known.insert(name, schema);
        }
        assert!(known.len() > 100, "{} schemas", known.len());
    }
}
