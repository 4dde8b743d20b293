//! The part of the access log that belongs to another controller: what the staff of its unit did there.

use actix_web::{HttpResponse, get};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};

use super::{
    dto::{EntryOut, LogQuery},
    scope::Scope,
    store,
};
use crate::{
    access::{
        Permit, Whole, actions::SearchUnitAccessLog, children_of_other_auditors_of,
        objects::reviews_of_looks_by,
    },
    fetch_one,
    kernel::Page,
    problem::{Result, docs::ReadProblems},
};

/// The filters of a search in the log of a unit. The path has the unit.
#[derive(Debug)]
pub struct UnitLogQuery(LogQuery);

impl<'de> Deserialize<'de> for UnitLogQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let query = LogQuery::deserialize(deserializer)?;
        if query.unit_id.is_some() {
            return Err(serde::de::Error::custom(
                "unknown field `unit_id`, expected none: the path has the unit",
            ));
        }
        Ok(Self(query))
    }
}

impl IntoParams for UnitLogQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = LogQuery::into_params(place);
        all.retain(|parameter| parameter.name != "unit_id");
        all
    }
}

const SINCE: &str = "SELECT controller_since FROM unit WHERE id = $1";

/// Searches what the staff of a unit of another controller read and wrote, newest first. It is for the controller's auditor.
///
/// The entries are in the log of the municipality that the unit belongs to, from the time since the unit has this controller. They name
/// roles in this unit alone: in a case, the roles that gave access, and otherwise all roles that the person had.
#[utoipa::path(
    operation_id = "search_unit_access_log", tag = "access log", params(("unit_id" = Uuid, Path), UnitLogQuery),
    responses((status = 200, body = Page<EntryOut>, description = "The entries, without content"), ReadProblems),
)]
#[get("/units/{unit_id}/access-log")]
pub(super) async fn search_unit_access_log(mut permit: Permit<SearchUnitAccessLog>) -> Result<HttpResponse> {
    let UnitLogQuery(query) = permit.query()?;
    let unit = permit.object().clone();
    let (caller, now) = (permit.caller().clone(), permit.moment().now);
    let own_children = children_of_other_auditors_of(permit.tx(), &caller, unit.id, now).await?;
    let own_looks = reviews_of_looks_by(permit.tx(), &caller).await?;
    let (before, limit) = (query.page().before()?, query.page().limit());
    let (since,) = fetch_one!(permit.tx(), (Option<DateTime<Utc>>,), SINCE, unit.id)?;
    let scope = Scope::Controller {
        municipality: &unit.municipality,
        unit: unit.id,
        since,
        own_children: &own_children,
        own_looks: &own_looks,
    };
    let rows = store::search(permit.tx(), &scope, &query.in_unit(unit.id), before, limit + 1).await?;
    let page = Page::cut(rows, limit, |row| row.id.uuid());
    permit.note_shown(page.items.iter().map(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}
