//! Operations on the catalogue. All are public.

use actix_web::{HttpResponse, get};
use utoipa_actix_web::service_config::ServiceConfig;

use super::{
    consent_texts::{self, ConsentTextOut},
    dto::{ArenaOut, CatalogueMeasureOut, GuideLevelOut, GuideQuery, MeasureQuery, MunicipalityOut},
    store,
};
use crate::{
    access::{
        Public,
        public::{
            ListArenas, ListCatalogueMeasures, ListConsentTexts, ListGuideLevels, ListMunicipalities,
            ReadCatalogueMeasure,
        },
    },
    kernel::{Page, PageQuery},
    problem::{Problem, Result, docs::PublicProblems},
};

/// Adds the operations to the service.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(list_municipalities)
        .service(list_arenas)
        .service(list_guide_levels)
        .service(list_consent_texts)
        .service(list_catalogue_measures)
        .service(read_catalogue_measure);
}

/// Lists the municipalities that use the service, and the plan that the data of each comes from.
#[utoipa::path(
    operation_id = "list_municipalities", tag = "catalogue",
    responses((status = 200, body = Page<MunicipalityOut>, description = "The municipalities"), PublicProblems),
)]
#[get("/municipalities")]
async fn list_municipalities(public: Public<ListMunicipalities>) -> Result<HttpResponse> {
    let mut tx = public.read().await?;
    let items = store::municipalities(&mut tx).await?;
    public.show_page(&Page { items, next_cursor: None })
}

/// Lists the arenas where a municipality's services meet.
#[utoipa::path(
    operation_id = "list_arenas", tag = "catalogue",
    params(("municipality" = String, Path, example = "4014"), PageQuery),
    responses((status = 200, body = Page<ArenaOut>, description = "The arenas"), PublicProblems),
)]
#[get("/municipalities/{municipality}/arenas")]
async fn list_arenas(public: Public<ListArenas>) -> Result<HttpResponse> {
    let query: PageQuery = public.query()?;
    let mut tx = public.read().await?;
    let municipality = public.municipality(&mut tx).await?;
    let rows = store::arenas(&mut tx, &municipality, query.slice()?.after, query.limit() + 1).await?;
    public.show_page(&Page::cut(rows, query.limit(), |row| row.id.uuid()))
}

/// Lists the consent texts of a municipality, newest version first.
#[utoipa::path(
    operation_id = "list_consent_texts", tag = "catalogue", params(("municipality" = String, Path, example = "4014")),
    responses((status = 200, body = Page<ConsentTextOut>, description = "The texts"), PublicProblems),
)]
#[get("/municipalities/{municipality}/consent-texts")]
async fn list_consent_texts(public: Public<ListConsentTexts>) -> Result<HttpResponse> {
    let mut tx = public.read().await?;
    let municipality = public.municipality(&mut tx).await?;
    let items = consent_texts::list(&mut tx, &municipality).await?;
    public.show_page(&Page { items, next_cursor: None })
}

/// Lists the levels of a municipality's guide (handlingsveileder), with their steps.
#[utoipa::path(
    operation_id = "list_guide_levels", tag = "catalogue", params(("municipality" = String, Path, example = "4014"), GuideQuery),
    responses((status = 200, body = Page<GuideLevelOut>, description = "The levels"), PublicProblems),
)]
#[get("/municipalities/{municipality}/guide")]
async fn list_guide_levels(public: Public<ListGuideLevels>) -> Result<HttpResponse> {
    let query: GuideQuery = public.query()?;
    let mut tx = public.read().await?;
    let municipality = public.municipality(&mut tx).await?;
    let items = store::guide_levels(&mut tx, &municipality, query.version.map(|version| version.0)).await?;
    public.show_page(&Page { items, next_cursor: None })
}

/// Searches the measures offered, by municipality, prevention level, age and words.
#[utoipa::path(
    operation_id = "list_catalogue_measures", tag = "catalogue", params(MeasureQuery),
    responses((status = 200, body = Page<CatalogueMeasureOut>, description = "The measures"), PublicProblems),
)]
#[get("/catalogue/measures")]
async fn list_catalogue_measures(public: Public<ListCatalogueMeasures>) -> Result<HttpResponse> {
    let query: MeasureQuery = public.query()?;
    let page = query.page();
    let mut tx = public.read().await?;
    let rows = store::measures(&mut tx, &query, page.slice()?.after, page.limit() + 1).await?;
    public.show_page(&Page::cut(rows, page.limit(), |row| row.id.uuid()))
}

/// Returns a measure from the catalogue.
#[utoipa::path(
    operation_id = "read_catalogue_measure", tag = "catalogue", params(("catalogue_measure_id" = Uuid, Path)),
    responses((status = 200, body = CatalogueMeasureOut, description = "The measure"), PublicProblems),
)]
#[get("/catalogue/measures/{catalogue_measure_id}")]
async fn read_catalogue_measure(public: Public<ReadCatalogueMeasure>) -> Result<HttpResponse> {
    let id = public.path("catalogue_measure_id").parse().map_err(|_| Problem::not_found())?;
    let mut tx = public.read().await?;
    let measure = store::measure(&mut tx, id).await?.ok_or_else(Problem::not_found)?;
    public.show(&measure)
}
