//! The access log as a stream of any length. It is read in batches, with at most one batch in memory.

use actix_web::{HttpResponse, get, web::Bytes};
use futures_util::stream;
use serde::{Deserialize, Deserializer};
use utoipa::{
    IntoParams,
    openapi::path::{Parameter, ParameterIn},
};
use utoipa_actix_web::service_config::ServiceConfig;
use uuid::Uuid;

use super::{
    csv,
    dto::{EntryOut, ExportFormat, LogQuery},
    fhir,
    scope::Scope,
    store,
};
use crate::{
    access::{
        BrokenOff, Permit, Reader, actions::ExportAccessLog, children_of_other_reviewers,
        objects::reviews_of_looks_by,
    },
    db::DbError,
    problem::{Problem, Result, docs::ReadProblems},
};

/// The number of entries in a batch.
const BATCH: usize = 500;

pub(super) fn configure(config: &mut ServiceConfig) {
    config.service(export_access_log);
}

/// Exports the access log of the municipalities that the caller audits, newest first: all matching entries, without a
/// limit. `ndjson` has one entry per line, as in the search. `csv` is for spreadsheets (RFC 4180). `fhir` has one
/// AuditEvent per line (FHIR R4, based on the IHE BALP patterns).
#[utoipa::path(
    operation_id = "export_access_log", tag = "access log",
    params(("export_format" = String, Path, example = "csv", description = "`ndjson`, `csv` or `fhir`"), ExportQuery),
    responses(
        (status = 200, description = "The entries, without content", content(
            (String = "application/x-ndjson"), (String = "text/csv"), (String = "application/fhir+ndjson"),
        )),
        ReadProblems,
    ),
)]
#[get("/access-log/export/{export_format}")]
async fn export_access_log(permit: Permit<ExportAccessLog>) -> Result<HttpResponse> {
    let ExportQuery(query) = permit.query()?;
    let format = ExportFormat::try_from(permit.path_text("export_format").to_owned());
    let format = format.map_err(|_| Problem::not_found())?;
    let export = Export { before: query.page().before()?, query, format, begun: false };
    permit.stream(format.content_type(), |reader| {
        stream::try_unfold((reader, Some(export)), |(reader, export)| async move {
            let Some(export) = export else { return Ok(None) };
            let (batch, rest) = export.batch(&reader).await?;
            Ok::<_, BrokenOff>(Some((batch, (reader, rest))))
        })
    })
}

/// The filters of a search, without a limit: an export contains all matching entries.
#[derive(Debug)]
pub struct ExportQuery(LogQuery);

impl<'de> Deserialize<'de> for ExportQuery {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let query = LogQuery::deserialize(deserializer)?;
        if query.limit.is_some() {
            return Err(serde::de::Error::custom(
                "unknown field `limit`, expected none: an export contains all entries",
            ));
        }
        Ok(Self(query))
    }
}

impl IntoParams for ExportQuery {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = LogQuery::into_params(place);
        all.retain(|parameter| parameter.name != "limit");
        all
    }
}

/// The rest of an export.
#[derive(Debug)]
struct Export {
    query: LogQuery,
    format: ExportFormat,
    before: Option<Uuid>,
    begun: bool,
}

impl Export {
    /// The next batch, and the rest of the export.
    async fn batch(mut self, reader: &Reader) -> Result<(Bytes, Option<Self>), BrokenOff> {
        // The caller's rights are checked for each batch, because roles and conflicts of interest can change during an export.
        let (mut tx, caller, now) = reader.read().await?;
        let municipalities: Vec<String> = caller.audits().map(ToOwned::to_owned).collect();
        let own_children = children_of_other_reviewers(&mut tx, &caller, now).await?;
        let own_looks = reviews_of_looks_by(&mut tx, &caller).await?;
        let scope = Scope::Auditor {
            municipalities: &municipalities,
            own_children: &own_children,
            own_looks: &own_looks,
        };
        let entries = store::search(&mut tx, &scope, &self.query, self.before, BATCH).await?;
        tx.rollback().await?;
        let mut text = if self.begun { String::new() } else { self.format.head() };
        for entry in &entries {
            text += &self.format.line(entry)?;
        }
        self.begun = true;
        self.before = entries.last().map(|entry| entry.id.uuid());
        Ok((text.into(), (entries.len() == BATCH).then_some(self)))
    }
}

impl ExportFormat {
    fn content_type(self) -> &'static str {
        match self {
            Self::Ndjson => "application/x-ndjson",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Fhir => "application/fhir+ndjson",
        }
    }

    fn head(self) -> String {
        if self == Self::Csv { csv::head() } else { String::new() }
    }

    fn line(self, entry: &EntryOut) -> Result<String, DbError> {
        let json = match self {
            Self::Csv => return Ok(csv::line(entry)),
            Self::Ndjson => serde_json::to_string(entry),
            Self::Fhir => serde_json::to_string(&fhir::audit_event(entry)),
        };
        let json = json.map_err(|error| DbError::Engine(sqlx::Error::Encode(Box::new(error))))?;
        Ok(json + "\n")
    }
}
