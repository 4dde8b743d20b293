//! The operations of the API. A new module of the domain is added here.

use utoipa_actix_web::{scope, service_config::ServiceConfig};

use crate::{
    accounts, audit, care_orders, cases, catalogue, child_welfare_reports, children, concerns,
    conflicts_of_interest, consents, contact_details, disclosures, emergency_access, follow_ups, goals,
    handovers, health, log_reviews, measures, meetings, notes, organisation, rules, teams, withholdings,
};

/// Registers every operation: health, and the API under `/v1`.
pub(crate) fn configure(config: &mut ServiceConfig) {
    health::configure(config);
    config.service(scope("/v1").configure(under_v1));
}

fn under_v1(config: &mut ServiceConfig) {
    accounts::configure_sessions(config);
    accounts::configure(config);
    organisation::configure(config);
    catalogue::configure(config);
    children::configure(config);
    contact_details::configure(config);
    care_orders::configure(config);
    concerns::configure(config);
    cases::configure(config);
    consents::configure(config);
    teams::configure(config);
    handovers::configure(config);
    goals::configure(config);
    measures::configure(config);
    meetings::configure(config);
    notes::configure(config);
    withholdings::configure(config);
    child_welfare_reports::configure(config);
    disclosures::configure(config);
    follow_ups::configure(config);
    emergency_access::configure(config);
    conflicts_of_interest::configure(config);
    audit::configure(config);
    log_reviews::configure(config);
    rules::configure(config);
}
