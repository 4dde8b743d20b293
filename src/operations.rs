//! The operations of the API. A new module of the domain is added here.

use std::sync::LazyLock;

use actix_web::{App, guard::fn_guard, http::Method, web};
use utoipa::openapi::{OpenApi, PathItem};
use utoipa_actix_web::{AppExt, scope, service_config::ServiceConfig};

use crate::{
    absences, accounts, audit, births, breaches, care_orders, cases, catalogue, child_welfare_reports,
    children, claims, concerns, conflicts_of_interest, consent_requests, consents, contact_details,
    disclosures, emergency_access, follow_ups, goals, handovers, health, http::Template, identities,
    log_reviews, measures, meetings, next_steps, notes, organisation, records, rights_calendar, rules, teams,
    transitions, waiting_times, withholdings,
};

/// The operations under `/v1`, by module.
const UNDER_V1: &[fn(&mut ServiceConfig<'_>)] = &[
    accounts::configure_sessions,
    accounts::configure,
    identities::configure,
    organisation::configure,
    absences::configure,
    catalogue::configure,
    children::configure,
    births::configure,
    contact_details::configure,
    care_orders::configure,
    concerns::configure,
    cases::configure,
    consents::configure,
    consent_requests::configure,
    rights_calendar::configure,
    teams::configure,
    handovers::configure,
    transitions::configure,
    next_steps::configure,
    waiting_times::configure,
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
    log_reviews::configure,
    breaches::configure,
    rules::configure,
];

/// The module that is registered last, because a parameter of it contains slashes: the index of a tile of the access log.
const LAST_UNDER_V1: fn(&mut ServiceConfig<'_>) = audit::configure;

/// The methods and paths of a module.
struct Doors(Vec<(Method, Template)>);

/// Those of each module in [`UNDER_V1`].
static DOORS: LazyLock<Vec<Doors>> =
    LazyLock::new(|| UNDER_V1.iter().map(|module| Doors::of(&described_under_v1(*module))).collect());

impl Doors {
    fn of(module: &OpenApi) -> Self {
        let doors =
            module.paths.paths.iter().flat_map(|(path, item)| {
                methods(item).into_iter().map(|method| (method, Template::of(path)))
            });
        Self(doors.collect())
    }

    fn fit(&self, method: &Method, path: &str) -> bool {
        self.0.iter().any(|(own, template)| own == method && template.fits(path))
    }
}

fn methods(item: &PathItem) -> Vec<Method> {
    let all = [
        (Method::GET, &item.get),
        (Method::POST, &item.post),
        (Method::PUT, &item.put),
        (Method::PATCH, &item.patch),
        (Method::DELETE, &item.delete),
    ];
    all.into_iter().filter(|(_, operation)| operation.is_some()).map(|(method, _)| method).collect()
}

/// Registers every operation: health, and the API under `/v1`.
///
/// The router tries one operation after the other, each by a regular expression. So that it tries only those of one module, each module
/// has a guard that compares the method and the path before. Each module describes its operations when it registers them. The description
/// is dropped here, module by module, because each worker registers all operations.
pub(crate) fn configure(config: &mut web::ServiceConfig) {
    health::configure(&mut ServiceConfig::new(config));
    config.service(web::scope("/v1").configure(|config| {
        for (module, doors) in UNDER_V1.iter().zip(&*DOORS) {
            let guard = fn_guard(|context| doors.fit(&context.head().method, context.head().uri.path()));
            let guarded = web::scope("").guard(guard);
            config.service(guarded.configure(|config| module(&mut ServiceConfig::new(config))));
        }
        LAST_UNDER_V1(&mut ServiceConfig::new(config));
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
    let under_v1 = UNDER_V1.iter().chain([&LAST_UNDER_V1]);
    std::iter::once(health).chain(under_v1.map(|module| described_under_v1(*module)))
}

fn described_under_v1(module: fn(&mut ServiceConfig<'_>)) -> OpenApi {
    let under_v1 = scope("/v1").configure(module);
    App::new().into_utoipa_app().service(under_v1).split_for_parts().1
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
