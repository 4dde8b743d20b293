//! Corrections of a registration: what was corrected, why, by which person and when.

use actix_web::{HttpResponse, get};
use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{changes::NewDetails, dto::ChildOut};
use crate::{
    access::{Permit, Whole, actions::ListCorrections, fields::SeePregnancy},
    db::{DbError, Tx, expect_one},
    execute, fetch_all,
    kernel::{
        Id, NationalId, Page, PageQuery, Slice,
        ids::{Child, Correction, CorrectionId, Guardianship, GuardianshipId, Person, PersonId},
        vocabulary::Capacity,
    },
    problem::{Result, docs::ReadProblems},
    shown,
    vault::{Content, KeyName},
    words,
};

words! {
    /// A detail of a registration that can be corrected.
    CorrectedField {
        /// The child's name.
        ChildName = "child_name",
        /// The child's date of birth.
        BirthDate = "birth_date",
        /// The child's national identity number. It is not shown.
        NationalId = "national_id",
        /// The name of a guardian.
        GuardianName = "guardian_name",
        /// The due date of a pregnant woman. Only those who may know of the pregnancy see it.
        DueOn = "due_on",
    }
}

/// A correction of a registration.
#[derive(Debug, Serialize, ToSchema, sqlx::FromRow)]
pub struct CorrectionOut {
    /// The id of the correction.
    pub id: CorrectionId,
    /// The guardianship, if the name of a guardian was corrected.
    pub guardianship_id: Option<GuardianshipId>,
    /// The detail that was corrected.
    pub field: CorrectedField,
    /// The value before. Left out for a national identity number, and if there was none.
    pub before: Option<Content>,
    /// The value after. Left out for a national identity number, and for a pregnancy that has ended.
    pub after: Option<Content>,
    /// Why it was corrected.
    pub reason: Content,
    /// The person who corrected it.
    pub corrected_by: PersonId,
    /// Their name.
    pub corrected_by_name: Content,
    /// When it was corrected.
    pub corrected_at: DateTime<Utc>,
    /// The capacity of the guardian whose name was corrected.
    #[serde(skip)]
    #[schema(ignore)]
    pub capacity: Option<Capacity>,
    /// Whether it is about the unborn child that the pregnant woman has replaced, or replaces it.
    #[serde(skip)]
    #[schema(ignore)]
    pub of_unborn: bool,
}

shown!(CorrectionOut {
    id,
    guardianship_id,
    field,
    before,
    after,
    reason,
    corrected_by,
    corrected_by_name,
    corrected_at,
    capacity,
    of_unborn,
});

const INSERT: &str = "
    INSERT INTO correction (municipality, id, child_id, guardianship_id, field, before_value, after_value, reason, corrected_by,
                            corrected_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
const LIST: &str = "
    SELECT c.id, c.guardianship_id, c.field, CASE WHEN c.field <> 'national_id' THEN c.before_value END AS before,
           CASE WHEN c.field <> 'national_id' THEN c.after_value END AS after, c.reason, c.corrected_by,
           p.name AS corrected_by_name, c.corrected_at, g.capacity,
           EXISTS (SELECT 1 FROM child k JOIN correction d ON d.municipality = k.municipality AND d.child_id = k.id
                   WHERE k.municipality = c.municipality AND k.id = c.child_id AND k.unborn = 'replaced' AND d.field = 'due_on'
                     AND d.before_value IS NULL AND d.id >= c.id) AS of_unborn
    FROM correction c JOIN person p ON p.id = c.corrected_by
    LEFT JOIN guardianship g ON g.municipality = c.municipality AND g.id = c.guardianship_id
    WHERE c.municipality = $1 AND c.child_id = $2 AND c.id > $3 ORDER BY c.id LIMIT $4";

/// A corrected registration: by which person, why and when.
pub(super) struct Corrected<'a> {
    pub municipality: &'a str,
    pub child: Id<Child>,
    pub guardianship: Option<Id<Guardianship>>,
    pub reason: &'a str,
    pub by: Id<Person>,
    pub now: DateTime<Utc>,
}

impl Corrected<'_> {
    /// Keeps what a correction of a child's details changes.
    pub(super) async fn keep_all(
        &self,
        tx: &mut Tx,
        current: &ChildOut,
        number: Option<&NationalId>,
        new: &NewDetails,
    ) -> Result<(), DbError> {
        if let Some(name) = &new.name {
            self.keep(tx, CorrectedField::ChildName, Some(&current.name), Some(name)).await?;
        }
        let (was, is) = (current.birth_date.to_string(), new.birth_date.to_string());
        self.keep(tx, CorrectedField::BirthDate, Some(&was), Some(&is)).await?;
        if let Some(new) = &new.national_id {
            let before = number.map(NationalId::as_str);
            self.keep(tx, CorrectedField::NationalId, before, Some(new.as_str())).await?;
        }
        let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
        let (was, is) = (day(current.due_on), day(new.due_on));
        self.keep(tx, CorrectedField::DueOn, was.as_deref(), is.as_deref()).await
    }

    /// Keeps what was corrected. Nothing is kept if the value is the same.
    pub(super) async fn keep(
        &self,
        tx: &mut Tx,
        field: CorrectedField,
        before: Option<&str>,
        after: Option<&str>,
    ) -> Result<(), DbError> {
        if before == after {
            return Ok(());
        }
        let Self { municipality, child, guardianship, reason, by, now } = *self;
        let key = KeyName::people(municipality);
        let before = tx.vault().seal_optional(&key, before)?;
        let (after, reason) = (tx.vault().seal_optional(&key, after)?, tx.vault().seal(&key, reason)?);
        let (id, field) = (Id::<Correction>::new(), field.as_str());
        expect_one(execute!(
            tx,
            INSERT,
            municipality,
            id,
            child,
            guardianship,
            field,
            before,
            after,
            reason,
            by,
            now
        )?)
    }
}

/// Lists the corrections of a child's registration, oldest first.
///
/// For the family, the names of foster parents are left out unless there is a care order, as in the list of guardians.
#[utoipa::path(
    operation_id = "list_corrections", tag = "children", params(("child_id" = Uuid, Path), PageQuery),
    responses((status = 200, body = Page<CorrectionOut>, description = "The corrections"), ReadProblems),
)]
#[get("/children/{child_id}/corrections")]
pub(super) async fn list_corrections(mut permit: Permit<ListCorrections>) -> Result<HttpResponse> {
    let query: PageQuery = permit.query()?;
    let child = permit.object().facts.clone();
    let as_family = child.is_guardian || child.is_young_person;
    let fetch = async |tx: &mut Tx, Slice { after, limit }: Slice<Uuid>| {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        fetch_all!(tx, CorrectionOut, LIST, &child.municipality, child.id, after, limit)
    };
    let knows_of_pregnancy = permit.about().sees::<SeePregnancy>();
    let is_shown = |_: &Permit<_>, row: &CorrectionOut| match row.field {
        _ if row.of_unborn || row.field == CorrectedField::DueOn => knows_of_pregnancy,
        _ => !as_family || child.under_care_order || row.capacity != Some(Capacity::FosterParent),
    };
    let page = permit.page(&query, fetch, |row| row.id.uuid(), is_shown).await?;
    permit.note_shown(page.ids(|row| row.id));
    permit.show_page(&page.map(Whole::whole))
}
